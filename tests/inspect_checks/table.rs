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
