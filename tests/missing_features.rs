//! Where a feature is missing, the compiler names it.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// What a user imports, and the feature that has it.
const GATED: [(&str, &str); 4] =
    [("Tokens", "memory"), ("Users", "memory"), ("Digest", "digest"), ("DigestUsers", "digest")];

#[test]
fn a_name_behind_a_feature_is_reported_with_the_feature() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing_features");
    fs::create_dir_all(package.join("src")).expect("a directory for the package");
    let manifest = format!(
        "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nportcullis = {{ path = {root:?}, default-features = false }}\n"
    );
    let names: Vec<_> = GATED.iter().map(|(name, _)| *name).collect();
    let program = format!("pub use portcullis::{{{}}};\n", names.join(", "));
    fs::write(package.join("Cargo.toml"), manifest).expect("the manifest");
    fs::write(package.join("src/lib.rs"), program).expect("the program");
    // So that nothing is looked up that the tests themselves do not have.
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).expect("the lock file");

    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .output()
        .expect("cargo");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it compiles without the features");
    for (name, feature) in GATED {
        assert!(messages.contains(&format!("no `{name}` in the root")), "{name}: {messages}");
        let gate = format!("the item is gated behind the `{feature}` feature");
        assert!(messages.contains(&gate), "{name}: {messages}");
    }
}
