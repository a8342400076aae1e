//! When is a difference a leak?
//!
//! A difference that was seen once may be a race, or somebody else's doing. So the two requests
//! are repeated, in turn, before anything is said.

use std::collections::BTreeSet;

use super::aspect::{Aspect, Aspects};
use super::tally::HowOften;

/// How often each of both is repeated. Something that is up to chance, with even odds on both
/// sides, looks settled and different once in four million.
pub(super) const REPEATED: usize = 11;

/// A difference that was there whenever it was looked for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Difference {
    pub(super) aspect: Aspect,
    /// `None` where it is absent.
    pub(super) concealed: Option<Vec<u8>>,
    pub(super) missing: Option<Vec<u8>>,
    /// Both are new with every answer.
    pub(super) unsteady: bool,
    /// If it is there in some of the answers, in how many.
    pub(super) how_often: Option<HowOften>,
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
        how_often: None,
    });
    without_consequences(differences.collect())
}

/// What differs between two series of answers; and whether there is something that did not differ
/// every time.
pub(super) fn settled(concealed: &[Aspects], missing: &[Aspects]) -> (Vec<Difference>, bool) {
    let aspects: BTreeSet<_> = concealed.iter().chain(missing).flat_map(Aspects::keys).collect();
    let mut differences = Vec::new();
    let mut unsettled = false;
    for aspect in aspects {
        let values = |series: &[Aspects]| -> BTreeSet<_> {
            series.iter().map(|aspects| aspects.get(aspect).cloned()).collect()
        };
        let (concealed, missing) = (values(concealed), values(missing));
        if !concealed.is_disjoint(&missing) {
            unsettled |= concealed != missing;
            continue;
        }
        let varies = concealed.len() > 1 && missing.len() > 1;
        // What has several values on both sides, none of them the same, is as good as settled if
        // chance has few values to choose from; otherwise it is an id, or a counter.
        let unsteady = varies && !aspect.may_race();
        let first = |values: BTreeSet<Option<Vec<u8>>>| values.into_iter().next().flatten();
        differences.push(Difference {
            aspect: aspect.clone(),
            concealed: first(concealed),
            missing: first(missing),
            unsteady,
            how_often: None,
        });
    }
    (without_consequences(differences), unsettled)
}

/// What differs between some answers of two series, and not between all.
pub(super) fn mixed(concealed: &[Aspects], missing: &[Aspects]) -> BTreeSet<Aspect> {
    let aspects: BTreeSet<_> = concealed.iter().chain(missing).flat_map(Aspects::keys).collect();
    let is_mixed = |aspect: &&Aspect| {
        let values = |series: &[Aspects]| -> BTreeSet<_> {
            series.iter().map(|aspects| aspects.get(aspect).cloned()).collect()
        };
        let (concealed, missing) = (values(concealed), values(missing));
        concealed != missing && !concealed.is_disjoint(&missing)
    };
    aspects.into_iter().filter(is_mixed).cloned().collect()
}

/// Without what differs only since something else does.
pub(super) fn without_consequences(mut differences: Vec<Difference>) -> Vec<Difference> {
    if differences.iter().any(|it| it.aspect == Aspect::Outcome) {
        differences.retain(|it| it.aspect <= Aspect::Early);
        return differences;
    }
    let has = |matches: fn(&Difference) -> bool| differences.iter().any(matches);
    let names = has(|it| {
        let is_field = matches!(it.aspect, Aspect::Field(_) | Aspect::Length);
        is_field && it.concealed.is_some() != it.missing.is_some()
    });
    let status = has(|it| it.aspect == Aspect::Status);
    let framing = has(|it| it.aspect == Aspect::Framing);
    differences.retain(|it| match it.aspect {
        Aspect::Order => !names,
        Aspect::Reason => !status,
        Aspect::Length => !framing,
        Aspect::Field(ref name) => !(framing && name == "transfer-encoding"),
        _ => true,
    });
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(aspect: Aspect, value: &str) -> Aspects {
        Aspects::from([(aspect, value.into())])
    }

    fn series(aspect: &Aspect, values: [&str; 3]) -> Vec<Aspects> {
        values.map(|value| answer(aspect.clone(), value)).to_vec()
    }

    #[test]
    fn what_always_differs_is_a_leak() {
        let field = Aspect::Field("etag".to_owned());
        let (found, unsettled) =
            settled(&series(&field, ["1", "1", "1"]), &vec![Aspects::new(); 3]);
        assert_eq!((found.len(), unsettled), (1, false));
        assert_eq!((found[0].concealed.as_deref(), &found[0].missing), (Some(&b"1"[..]), &None));
    }

    #[test]
    fn what_is_the_same_now_and_then_is_not() {
        let connection = Aspect::Connection;
        let concealed = series(&connection, ["open", "closed", "open"]);
        let (found, unsettled) = settled(&concealed, &series(&connection, ["closed"; 3]));
        assert_eq!((found.len(), unsettled), (0, true));
        let missing = series(&connection, ["closed", "open", "open"]);
        assert_eq!(settled(&concealed, &missing), (vec![], false));
    }

    #[test]
    fn what_is_new_each_time_is_named_as_such() {
        let id = Aspect::Field("x-request-id".to_owned());
        let found = settled(&series(&id, ["1", "2", "3"]), &series(&id, ["4", "5", "6"])).0;
        assert!(found[0].unsteady);
        let found = settled(&series(&id, ["1", "2", "3"]), &vec![Aspects::new(); 3]).0;
        assert!(!found[0].unsteady, "absent on one is a leak, whatever its value");
    }
}
