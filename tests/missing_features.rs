//! Where a feature is missing, the compiler names it.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// What a user imports, and the feature that has it.
const GATED: [(&str, &str); 4] =
    [("Tokens", "memory"), ("Users", "memory"), ("Digest", "digest"), ("DigestUsers", "digest")];

/// The methods, as a program calls them, and the feature that has them.
const METHODS: [(&str, &str); 4] = [
    ("portcullis::AuthenticateLayer::new(identity).time_limit(limit)", "tokio"),
    ("portcullis::AuthorizeLayer::<()>::new(portcullis::anyone()).time_limit(limit)", "tokio"),
    ("portcullis::ConcealLayer::everywhere().time_floor(limit)", "time-floor"),
    (r#"portcullis::Basic::new("a", ()).unwrap().accept_iso_8859_1()"#, "iso-8859-1"),
];

#[test]
fn a_name_behind_a_feature_is_reported_with_the_feature() {
    let names: Vec<_> = GATED.iter().map(|(name, _)| *name).collect();
    let messages = check("names", &[], &format!("pub use portcullis::{{{}}};\n", names.join(", ")));
    for (name, feature) in GATED {
        assert!(messages.contains(&format!("no `{name}` in the root")), "{name}: {messages}");
        let gate = format!("the item is gated behind the `{feature}` feature");
        assert!(messages.contains(&gate), "{name}: {messages}");
    }
}

#[test]
fn the_types_of_oauth_are_reported_with_the_feature() {
    let messages = check("oauth", &[], "pub use portcullis::oauth::Resource;\n");
    assert!(messages.contains("the item is gated behind the `oauth` feature"), "{messages}");

    let program = "pub use portcullis::oauth::{HttpClient, Jwt};\n";
    let messages = check("of_oauth", &["oauth"], program);
    assert!(messages.contains("the item is gated behind the `fetch` feature"), "{messages}");
    // One of two features: the compiler shows the line that names both.
    let both = r#"#[cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))]"#;
    assert!(messages.contains(both), "{messages}");
}

#[test]
fn a_method_behind_a_feature_is_reported_with_the_feature() {
    for (index, (call, feature)) in METHODS.into_iter().enumerate() {
        let program = format!(
            "pub fn layer(identity: impl portcullis::Identity, limit: std::time::Duration) {{\n    \
             let _ = {call};\n    let _ = identity;\n}}\n"
        );
        let messages = check(&format!("method_{index}"), &[], &program);
        let needed = format!("this method needs the feature `{feature}` of `portcullis`");
        assert!(messages.contains(&needed), "{call}: {messages}");
    }
}

/// What the compiler says of this library, which depends on this crate with these features alone.
fn check(name: &str, features: &[&str], program: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing_features");
    let source = package.join(name);
    fs::create_dir_all(source.join("src")).expect("a directory for the package");
    let manifest = format!(
        "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nportcullis = {{ path = {root:?}, default-features = false, features = {features:?} }}\n"
    );
    fs::write(source.join("Cargo.toml"), manifest).expect("the manifest");
    fs::write(source.join("src/lib.rs"), program).expect("the program");
    // So that nothing is looked up that the tests themselves do not have.
    fs::copy(root.join("Cargo.lock"), source.join("Cargo.lock")).expect("the lock file");

    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet"])
        .current_dir(&source)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .output()
        .expect("cargo");
    assert!(!output.status.success(), "{name} compiles without the features");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
