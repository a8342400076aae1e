//! The table of the checks is whole.

use std::collections::BTreeSet;

use portcullis::inspect::Check;

#[test]
fn i01_each_check_has_all_its_texts() {
    let (mut ids, mut numbers) = (BTreeSet::new(), Vec::new());
    for check in Check::all() {
        let id = check.id();
        assert!(ids.insert(id), "{id} twice");
        assert!(
            id.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-'),
            "{id}"
        );
        numbers.push(check.number());
        assert_eq!(Check::by_id(&id.to_uppercase()), Some(check));
        assert_eq!(Check::by_id(&check.number().to_lowercase()), Some(check));
        assert!(
            check.source() == "ours"
                || check.source().contains('§')
                || check.source().starts_with("Fetch"),
            "{id}"
        );
        assert!(check.remedy().ends_with('.'), "{id}: {}", check.remedy());
        assert!(!check.wrong().ends_with('.'), "{id}: {}", check.wrong());
        assert!(check.rows().iter().all(|row| row.len() == 3), "{id}: {:?}", check.rows());
    }
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert!(Check::by_id("").is_none());
}

/// Whoever inspects a server in another language has none of the types of portcullis.
#[test]
fn i01_each_remedy_is_for_servers_of_every_kind() {
    const OWN: [&str; 4] = ["Layer", "Challenge::", "LoginPage", "the identity"];
    for check in Check::all() {
        let (id, remedy) = (check.id(), check.remedy());
        let general = remedy.split(" (in portcullis: ").next().unwrap_or_default();
        assert!(!OWN.iter().any(|name| general.contains(name)), "{id}: {remedy}");
        assert!(!remedy.ends_with(" does."), "{id}: {remedy}");
    }
    let page = Check::by_id("challenge-missing").unwrap().page();
    assert!(page.contains("WWW-Authenticate: Form realm=\"site\""), "{page}");
}

#[test]
fn i01_each_page_fits_a_terminal() {
    for check in Check::all().filter(|check| check.number() < "I20") {
        let (id, lines) = (check.id(), check.page().lines());
        let count = lines.clone().filter(|line| !line.is_empty()).count();
        assert!((5..=16).contains(&count), "{id} has {count} lines");
        for line in lines {
            assert!(line.chars().count() <= 92, "{id}: {line}");
            assert_eq!(line, line.trim_end(), "{id}");
        }
        assert!(check.page().contains("portcullis"), "{id} does not say how portcullis does it");
    }
}

#[test]
fn i01_the_table_says_what_the_semantics_say() {
    let semantics = include_str!("../../../docs/semantics.md");
    let mut rows = semantics.lines().filter_map(|line| line.strip_prefix("| <a id=\"i"));
    for check in Check::all() {
        let number = check.number();
        let row = rows.next().unwrap_or_else(|| panic!("no row {number}"));
        let cells: Vec<_> = row.trim_end_matches(" |").split(" | ").map(str::trim).collect();
        let &[anchor, id, severity, finds, exchanges, own_rows, source] = &cells[..] else {
            panic!("{number}: {cells:#?}");
        };
        assert!(anchor.ends_with(number), "{number}: {anchor}");
        assert_eq!(id.trim_matches('`'), check.id(), "{number}");
        let first = severity.split([';', ' ']).next();
        assert_eq!(first, Some(&check.severity().to_string()[..]), "{number}");
        assert!(finds.starts_with(|c: char| !c.is_lowercase()), "{number}: {finds}");
        assert!(finds.ends_with('.'), "{number}: {finds}");
        assert_eq!(exchanges == "one", check.needs_one_exchange(), "{number}: {exchanges}");
        let own_rows: Vec<_> = own_rows.split(", ").filter(|row| !row.is_empty()).collect();
        assert_eq!(own_rows, check.rows(), "{number}");
        assert_eq!(source.replace('*', ""), check.source(), "{number}");
    }
    assert_eq!(rows.next(), None);
}
