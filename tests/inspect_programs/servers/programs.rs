//! Starts the programs of this folder.

use std::path::Path;

use crate::support::{Scratch, Started, Tool};

/// A program of Node with the packages of `target/clients`; `None` if something is not installed.
pub fn node(program: &str) -> Option<Started> {
    let (tool, modules) = (Tool::find("node")?, Tool::find("node/node_modules")?);
    let modules = modules.path().to_str().expect("a path in UTF-8");
    Some(Started::start(&tool, &[&path(program), modules], Scratch::new(), "PORT"))
}

/// A program of Python with the packages of `target/clients`; `None` if something is not installed.
pub fn python(program: &str) -> Option<Started> {
    let tool = Tool::find("python/bin/python")?;
    Some(Started::start(&tool, &[&path(program)], Scratch::new(), "PORT"))
}

pub fn path(program: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inspect_programs/servers");
    folder.join(program).display().to_string()
}
