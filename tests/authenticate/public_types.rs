//! Which public types there are, by the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all types that are declared `pub` in the sources, re-exported or not.
pub fn public_types(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.append(&mut public_types(&path));
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        let declared = source.lines().filter_map(|line| {
            let line = line.trim_start().strip_prefix("pub ")?;
            let kind = ["struct ", "enum ", "union "];
            let name = kind.iter().find_map(|kind| line.strip_prefix(kind))?;
            Some(name.split(|it: char| !it.is_alphanumeric() && it != '_').next()?.to_owned())
        });
        names.extend(declared);
    }
    names
}
