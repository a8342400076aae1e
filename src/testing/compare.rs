//! Finds the differences between responses, and decides which of them are confirmed by repetition.
//!
//! A difference that shows once may come from a race or from another client. So both requests are
//! repeated before a difference is reported.

use std::collections::BTreeSet;

use super::aspect::{Aspect, Aspects};
use super::form;
use super::frequency::Frequency;

/// How often both requests are repeated. A value with even odds on both sides passes for a confirmed
/// difference once in four million.
pub(super) const REPEATS: usize = 11;

/// A difference between the responses for the concealed path and for the missing one.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Difference {
    pub(super) aspect: Aspect,
    /// The value on each side, `None` if it is absent.
    pub(super) concealed: Option<Vec<u8>>,
    pub(super) missing: Option<Vec<u8>>,
    /// Whether the value is new in every response on one side at least.
    pub(super) unsteady: bool,
    /// In how many responses the difference shows, if not in all.
    pub(super) frequency: Option<Frequency>,
}

impl Difference {
    /// The difference as far as it is the same in every variant that shows the same cause.
    pub(super) fn cause(&self) -> Self {
        match self.aspect.varies_by_request() || self.unsteady || self.frequency.is_some() {
            true => self.without_values(),
            false => self.clone(),
        }
    }

    /// The difference without its values: only whether each side has one.
    pub(super) fn without_values(&self) -> Self {
        let presence = |value: &Option<Vec<u8>>| value.as_ref().map(|_| Vec::new());
        Self {
            aspect: self.aspect.clone(),
            concealed: presence(&self.concealed),
            missing: presence(&self.missing),
            unsteady: self.unsteady,
            frequency: None,
        }
    }
}

/// The differences between two responses.
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

/// The result of comparing two series of responses.
#[derive(Debug, Default)]
pub(super) struct Confirmed {
    pub(super) differences: Vec<Difference>,
    /// The aspects that differ between some responses of the two sides, and not between all.
    pub(super) mixed: BTreeSet<Aspect>,
    /// The aspects whose values are new in every response, and of the same form on both sides.
    pub(super) noise: Vec<Aspect>,
}

/// Compares two series of responses.
pub(super) fn confirmed(concealed: &[Aspects], missing: &[Aspects]) -> Confirmed {
    let aspects: BTreeSet<_> = concealed.iter().chain(missing).flat_map(Aspects::keys).collect();
    let mut result = Confirmed::default();
    for aspect in aspects {
        let values = |series: &[Aspects]| -> BTreeSet<_> {
            series.iter().map(|aspects| aspects.get(aspect).cloned()).collect()
        };
        let (concealed_values, missing_values) = (values(concealed), values(missing));
        if !concealed_values.is_disjoint(&missing_values) {
            if concealed_values != missing_values {
                result.mixed.insert(aspect.clone());
            }
            continue;
        }
        // Several values on each side and none on both: a certain difference if only few values are
        // possible, otherwise an id or a counter.
        let varies = [concealed_values.len(), missing_values.len()]
            .map(|values| values > 1 && !aspect.may_race());
        let first = |values: BTreeSet<Option<Vec<u8>>>| values.into_iter().next().flatten();
        let mut difference = Difference {
            aspect: aspect.clone(),
            concealed: first(concealed_values),
            missing: first(missing_values),
            unsteady: varies != [false, false],
            frequency: None,
        };
        let present_values = [present(concealed, aspect), present(missing, aspect)];
        let lengths = present_values.each_ref().map(Vec::len);
        if varies == [true, true] && lengths == [concealed.len(), missing.len()] {
            let Some([concealed, missing]) =
                form::difference(&present_values[0], &present_values[1])
            else {
                result.noise.push(aspect.clone());
                continue;
            };
            (difference.concealed, difference.missing) = (Some(concealed), Some(missing));
        }
        result.differences.push(difference);
    }
    result.differences = without_consequences(result.differences);
    if result.noise.contains(&Aspect::Body) {
        // Both follow from the body.
        result
            .differences
            .retain(|difference| !matches!(difference.aspect, Aspect::Length | Aspect::Chunks));
    }
    result
}

/// The values of an aspect in the responses that have it.
pub(super) fn present<'a>(series: &'a [Aspects], aspect: &Aspect) -> Vec<&'a [u8]> {
    series.iter().filter_map(|aspects| aspects.get(aspect)).map(|value| &value[..]).collect()
}

/// Removes the differences that only follow from others.
pub(super) fn without_consequences(mut differences: Vec<Difference>) -> Vec<Difference> {
    if differences.iter().any(|difference| difference.aspect == Aspect::Outcome) {
        differences.retain(|difference| difference.aspect <= Aspect::Early);
        return differences;
    }
    let has = |matches: fn(&Difference) -> bool| differences.iter().any(matches);
    let names = has(|difference| {
        let is_header = matches!(difference.aspect, Aspect::Header(_) | Aspect::Length);
        is_header && difference.concealed.is_some() != difference.missing.is_some()
    });
    let status = has(|difference| difference.aspect == Aspect::Status);
    let framing = has(|difference| difference.aspect == Aspect::Framing);
    let body = has(|difference| difference.aspect == Aspect::Body);
    differences.retain(|difference| match difference.aspect {
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
    fn a_constant_difference_is_a_leak() {
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
    fn values_that_are_sometimes_equal_are_no_leak() {
        let connection = Aspect::Connection;
        let concealed = series(&connection, ["open", "closed", "open"]);
        let found = confirmed(&concealed, &series(&connection, ["closed"; 3]));
        assert!(found.differences.is_empty() && !found.mixed.is_empty());
        let found = confirmed(&concealed, &series(&connection, ["closed", "open", "open"]));
        assert!(found.differences.is_empty() && found.mixed.is_empty());
    }

    #[test]
    fn values_that_are_always_new_and_of_one_form_are_noise() {
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
