//! The example of the guide is what the command prints.

use portcullis::inspect::Check;

#[test]
fn the_example_of_the_guide_names_the_sources_of_its_check() {
    let guide = include_str!("../../../docs/guides/inspecting.md");
    let check = Check::by_id("known-challenged").expect("a check");
    let rows: Vec<_> = [check.number()].iter().chain(check.rows()).copied().collect();
    let line = format!("\n        {}; rows {}\n", check.source(), rows.join(", "));
    assert!(guide.contains(&line), "{line}");
}
