//! When is a difference a leak?
//!
//! A difference that was seen once may be a race, or somebody else's doing. So the two requests
//! are repeated, in turn, before anything is said.

use std::collections::BTreeSet;

use super::aspect::{Aspect, Aspects};
use super::form;
use super::tally::Frequency;

/// How often each of both is repeated. Something that is up to chance, with even odds on both
/// sides, looks settled and different once in four million.
pub(super) const REPEATS: usize = 11;

/// A difference that was there whenever it was looked for.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Difference {
    pub(super) aspect: Aspect,
    /// `None` where it is absent.
    pub(super) concealed: Option<Vec<u8>>,
    pub(super) missing: Option<Vec<u8>>,
    /// On one side at least, it is new with every answer.
    pub(super) unsteady: bool,
    /// If it is there in some of the answers, in how many.
    pub(super) frequency: Option<Frequency>,
}

/// What differs between two answers.
pub(super) fn differences(concealed: &Aspects, missing: &Aspects) -> Vec<Difference> {
    let aspects: BTreeSet<_> = concealed.keys().chain(missing.keys()).collect();
    let differs = |aspect: &&Aspect| concealed.get(aspect) != missing.get(aspect);
    let differences = aspects.into_iter().filter(differs).map(|aspect| Difference {
        aspect: aspect.clone(),
        concealed: concealed.get(aspect).cloned(),
        missing: missing.get(aspect).cloned(),
        unsteady: false,
        frequency: None,
    });
    without_consequences(differences.collect())
}

/// What two series of answers show.
#[derive(Debug, Default)]
pub(super) struct Confirmed {
    pub(super) differences: Vec<Difference>,
    /// What differs between some answers of both sides, and not between all.
    pub(super) mixed: BTreeSet<Aspect>,
    /// What was new with every answer, and of the same form on both sides.
    pub(super) noise: Vec<Aspect>,
}

/// What differs between two series of answers.
pub(super) fn confirmed(concealed: &[Aspects], missing: &[Aspects]) -> Confirmed {
    let aspects: BTreeSet<_> = concealed.iter().chain(missing).flat_map(Aspects::keys).collect();
    let mut settled = Confirmed::default();
    for aspect in aspects {
        let values = |series: &[Aspects]| -> BTreeSet<_> {
            series.iter().map(|aspects| aspects.get(aspect).cloned()).collect()
        };
        let (own, others) = (values(concealed), values(missing));
        if !own.is_disjoint(&others) {
            if own != others {
                settled.mixed.insert(aspect.clone());
            }
            continue;
        }
        // What has several values on both sides, none of them the same, is as good as settled if
        // chance has few values to choose from; otherwise it is an id, or a counter.
        let varies = [own.len(), others.len()].map(|values| values > 1 && !aspect.may_race());
        let first = |values: BTreeSet<Option<Vec<u8>>>| values.into_iter().next().flatten();
        let mut difference = Difference {
            aspect: aspect.clone(),
            concealed: first(own),
            missing: first(others),
            unsteady: varies != [false, false],
            frequency: None,
        };
        let (own, others) = (present(concealed, aspect), present(missing, aspect));
        if varies == [true, true] && own.len() == concealed.len() && others.len() == missing.len() {
            let Some([concealed, missing]) = form::form_difference(&own, &others) else {
                settled.noise.push(aspect.clone());
                continue;
            };
            (difference.concealed, difference.missing) = (Some(concealed), Some(missing));
        }
        settled.differences.push(difference);
    }
    settled.differences = without_consequences(settled.differences);
    if settled.noise.contains(&Aspect::Body) {
        // They follow from the body.
        settled.differences.retain(|it| !matches!(it.aspect, Aspect::Length | Aspect::Chunks));
    }
    settled
}

/// The values of an aspect, where it is there.
pub(super) fn present<'a>(series: &'a [Aspects], aspect: &Aspect) -> Vec<&'a [u8]> {
    series.iter().filter_map(|aspects| aspects.get(aspect)).map(|value| &value[..]).collect()
}

/// Without what differs only since something else does.
pub(super) fn without_consequences(mut differences: Vec<Difference>) -> Vec<Difference> {
    if differences.iter().any(|it| it.aspect == Aspect::Outcome) {
        differences.retain(|it| it.aspect <= Aspect::Early);
        return differences;
    }
    let has = |matches: fn(&Difference) -> bool| differences.iter().any(matches);
    let names = has(|it| {
        let is_header = matches!(it.aspect, Aspect::Header(_) | Aspect::Length);
        is_header && it.concealed.is_some() != it.missing.is_some()
    });
    let status = has(|it| it.aspect == Aspect::Status);
    let framing = has(|it| it.aspect == Aspect::Framing);
    let body = has(|it| it.aspect == Aspect::Body);
    differences.retain(|it| match it.aspect {
        Aspect::Order => !names,
        Aspect::Reason => !status,
        Aspect::Length => !framing,
        Aspect::Chunks => !framing && !body,
        Aspect::Header(ref name) => !(framing && name == "transfer-encoding"),
        _ => true,
    });
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(aspect: Aspect, value: &str) -> Aspects {
        Aspects::from([(aspect, value.into())])
    }

    fn series(aspect: &Aspect, values: [&str; 3]) -> Vec<Aspects> {
        values.map(|value| response(aspect.clone(), value)).to_vec()
    }

    #[test]
    fn what_always_differs_is_a_leak() {
        let header = Aspect::Header("etag".to_owned());
        let found = confirmed(&series(&header, ["1", "1", "1"]), &vec![Aspects::new(); 3]);
        assert!(found.mixed.is_empty());
        let [difference] = &found.differences[..] else { panic!("{found:?}") };
        assert_eq!(
            (difference.concealed.as_deref(), &difference.missing),
            (Some(&b"1"[..]), &None)
        );
    }

    #[test]
    fn what_is_the_same_now_and_then_is_not() {
        let connection = Aspect::Connection;
        let concealed = series(&connection, ["open", "closed", "open"]);
        let found = confirmed(&concealed, &series(&connection, ["closed"; 3]));
        assert!(found.differences.is_empty() && !found.mixed.is_empty());
        let found = confirmed(&concealed, &series(&connection, ["closed", "open", "open"]));
        assert!(found.differences.is_empty() && found.mixed.is_empty());
    }

    #[test]
    fn what_is_new_each_time_and_of_one_form_is_noise() {
        let id = Aspect::Header("x-request-id".to_owned());
        let found = confirmed(&series(&id, ["1", "2", "3"]), &series(&id, ["4", "5", "6"]));
        assert_eq!((found.differences, found.noise), (vec![], vec![id.clone()]));
        let found = confirmed(&series(&id, ["1", "2", "3"]), &vec![Aspects::new(); 3]);
        assert!(found.differences[0].unsteady, "absent on one is a leak, whatever its value");
        let found = confirmed(&series(&id, ["1a", "2a", "3a"]), &series(&id, ["4", "5", "6"]));
        assert!(found.differences[0].unsteady, "of another length");
        let found = confirmed(&series(&id, ["1", "2", "3"]), &series(&id, ["7"; 3]));
        assert!(found.differences[0].unsteady, "the same each time on one side");
    }

    #[test]
    fn of_a_challenge_only_the_nonce_may_be_new() {
        let header = Aspect::Header("www-authenticate".to_owned());
        let with = |realm: &str, nonces: [&str; 3]| {
            let value =
                |nonce| format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"");
            nonces.map(|nonce| response(header.clone(), &value(nonce))).to_vec()
        };
        let missing = with("all", ["Zm9v+A==", "YmFyMg==", "YmF6/g=="]);
        let found = confirmed(&with("all", ["AGZvbw==", "BmFyZg==", "XmF6eg=="]), &missing);
        assert_eq!((found.differences, found.noise), (vec![], vec![header.clone()]));
        let found = confirmed(&with("vault", ["AGZvbw==", "BmFyZg==", "XmF6eg=="]), &missing);
        let [difference] = &found.differences[..] else { panic!("another realm") };
        assert_eq!(difference.concealed.as_deref(), Some(&b"vault"[..]));
        assert!(difference.unsteady);
    }
}
