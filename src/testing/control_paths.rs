//! Control paths: other missing paths. A difference that also shows between two of them reveals nothing
//! about the concealed path.
//!
//! The entity tag of a page that contains the path, a compressed page, an error message with one letter
//! of the path, the length in a response to `HEAD`: each is constant for one path, and different for
//! every path.

use std::collections::BTreeSet;

use super::aspect::{Aspect, Aspects};
use super::compare::Difference;
use super::form;
use super::rng::SplitMix64;

/// How many control paths are requested.
pub(super) const CONTROL_PATHS: usize = 8;

/// Paths that differ from the missing one where that differs from the concealed one, and are as long as
/// the concealed one if possible.
pub(super) fn paths(concealed: &str, missing: &str, seed: u64) -> Vec<String> {
    let missing_segments: Vec<_> = missing.split('/').collect();
    let concealed_segments: Vec<_> = concealed.split('/').collect();
    let mut rng = SplitMix64::new(seed);
    let mut paths = BTreeSet::new();
    // Short names may have fewer alternatives than needed.
    for _ in 0..100 * CONTROL_PATHS {
        let path = match missing_segments.len() == concealed_segments.len() {
            true => {
                let segment = |(missing, concealed): (&&str, &&str)| match missing == concealed {
                    true => (*missing).to_owned(),
                    false => resembling(missing, concealed.len(), &mut rng),
                };
                missing_segments
                    .iter()
                    .zip(&concealed_segments)
                    .map(segment)
                    .collect::<Vec<_>>()
                    .join("/")
            }
            false => {
                let (parents, last) = missing.rsplit_once('/').unwrap_or(("", missing));
                let rest = concealed.len().saturating_sub(parents.len() + 1);
                let length = if rest == 0 { last.len() } else { rest };
                format!("{parents}/{}", resembling(last, length, &mut rng))
            }
        };
        if path != missing && path != concealed {
            paths.insert(path);
        }
        if paths.len() == CONTROL_PATHS {
            break;
        }
    }
    paths.into_iter().collect()
}

/// A name of this length with digits, letters and other characters in the same places as this one.
fn resembling(name: &str, length: usize, rng: &mut SplitMix64) -> String {
    const DIGITS: &[u8] = b"0123456789";
    const HEX: &[u8] = b"0123456789abcdef";
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    let is_hex =
        name.len() >= 16 && name.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    // The extension may select the handler.
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 && length > name.len() - dot => name.split_at(dot),
        _ => (name, ""),
    };
    let stem = stem.as_bytes();
    let mut kept = 0;
    let mut like = |at: usize| {
        let octet = stem.get(at).or(stem.last()).copied().unwrap_or(b'a');
        if octet == b'%' {
            kept = 3;
        }
        if kept > 0 {
            kept -= 1;
            return if at < stem.len() { octet } else { b'a' };
        }
        let set = match octet {
            b'0'..=b'9' if !is_hex => DIGITS,
            b'0'..=b'9' | b'a'..=b'f' if is_hex => HEX,
            b'a'..=b'z' | b'A'..=b'Z' => LETTERS,
            other => return if at < stem.len() { other } else { b'a' },
        };
        // Numbers rarely begin with a zero.
        let drawn = set[match at == 0 && set == DIGITS {
            true => 1 + rng.below(9),
            false => rng.below(set.len()),
        }];
        if octet.is_ascii_uppercase() { drawn.to_ascii_uppercase() } else { drawn }
    };
    let length = length.saturating_sub(extension.len());
    let mut made: String = (0..length).map(|at| char::from(like(at))).collect();
    // A percent sign at the end would not be a valid encoding.
    if let Some(percent) = made.rfind('%').filter(|percent| percent + 2 >= made.len()) {
        made.replace_range(percent.., &"a".repeat(length - percent));
    }
    made + extension
}

/// The meaning of a difference, by the responses for the control paths.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Judgement {
    /// The difference is between the concealed path and all missing paths.
    Leak,
    /// The concealed path has the value of each missing path of the same length.
    SameForThisLength,
    /// Every path has a different value, of one form.
    DifferentForEveryPath,
}

/// Whether the aspect may differ from path to path without revealing anything.
pub(super) const fn may_differ_by_path(aspect: &Aspect) -> bool {
    matches!(
        aspect,
        Aspect::Header(_)
            | Aspect::Body
            | Aspect::Length
            | Aspect::Trailers
            | Aspect::Interim
            | Aspect::Chunks
    )
}

/// Judges a difference by the responses for pairs of the concealed path and a control path, in which
/// echoes have been replaced.
pub(super) fn judge(
    difference: &Difference,
    missing: &Aspects,
    controls: &[[Aspects; 2]],
    same_length: bool,
) -> Judgement {
    let aspect = &difference.aspect;
    if !may_differ_by_path(aspect) || controls.is_empty() {
        return Judgement::Leak;
    }
    let is_equal = |control: &[Aspects; 2]| control[0].get(aspect) == control[1].get(aspect);
    if !same_length && controls.iter().all(is_equal) {
        return Judgement::SameForThisLength;
    }
    let control_values = controls.iter().map(|control| control[1].get(aspect));
    let series: Option<Vec<_>> = control_values.chain([missing.get(aspect)]).collect();
    let (Some(series), Some(concealed)) = (series, controls[0][0].get(aspect)) else {
        return Judgement::Leak;
    };
    let distinct = series.iter().collect::<BTreeSet<_>>().len();
    let series: Vec<_> = series.iter().map(|value| &value[..]).collect();
    match distinct * 3 >= series.len() * 2 && form::fits(concealed, &series) {
        true => Judgement::DifferentForEveryPath,
        false => Judgement::Leak,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_paths_resemble_the_missing_one_and_are_as_long_as_the_concealed_one() {
        for (concealed, missing) in [
            ("/vault/notes", "/vault/other"),
            ("/vault/notes/1", "/vault/other/1"),
            ("/items/7", "/items/9"),
            ("/items/1234", "/items/9"),
            ("/files/a-long-name.txt", "/files/other.txt"),
            ("/repos/alice/wonder/issues/1", "/nowhere/at/all"),
            ("/x/%C3%A4b", "/x/%C3%B6bcd"),
        ] {
            let paths = paths(concealed, missing, 1);
            assert!(paths.len() >= 7, "{paths:?}");
            for path in paths {
                assert!(path != concealed && path != missing);
                assert_eq!(path.len(), concealed.len(), "{path}");
                assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
                if concealed.ends_with(".txt") {
                    assert!(path.ends_with(".txt"), "{path}");
                }
                if missing == "/items/9" {
                    assert!(path[7..].bytes().all(|byte| byte.is_ascii_digit()), "{path}");
                }
            }
        }
        let uuid = "00000000-0000-4000-8000-00000000000a";
        let path = &paths(&format!("/o/{uuid}"), &format!("/o/f{}", &uuid[1..]), 1)[0];
        assert!(path[3..].bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()), "{path}");
    }

    fn difference(aspect: &Aspect) -> Difference {
        Difference {
            aspect: aspect.clone(),
            concealed: None,
            missing: None,
            unsteady: false,
            frequency: None,
        }
    }

    /// Judges a value of the concealed path by one of the missing path and those of control paths.
    fn judged(
        aspect: &Aspect,
        concealed: &str,
        missing: &str,
        others: [&str; 8],
        same: bool,
    ) -> Judgement {
        let with = |value: &str| Aspects::from([(aspect.clone(), value.into())]);
        let others = others.map(|other| [with(concealed), with(other)]);
        judge(&difference(aspect), &with(missing), &others, same)
    }

    #[test]
    fn a_value_that_is_different_for_every_path_is_no_leak() {
        let tag = Aspect::Header("etag".to_owned());
        let others =
            ["\"a1\"", "\"b2\"", "\"c3\"", "\"d4\"", "\"e5\"", "\"f6\"", "\"a7\"", "\"b8\""];
        assert_eq!(
            judged(&tag, "\"c9\"", "\"d0\"", others, true),
            Judgement::DifferentForEveryPath
        );
        assert_eq!(judged(&tag, "\"c91\"", "\"d0\"", others, true), Judgement::Leak);
        assert_eq!(judged(&tag, "W/\"c9\"", "\"d0\"", others, true), Judgement::Leak);
        assert_eq!(judged(&tag, "\"c9\"", "\"d0\"", ["\"d0\""; 8], true), Judgement::Leak);
    }

    #[test]
    fn a_value_that_follows_from_the_length_of_the_path_is_no_leak() {
        assert_eq!(
            judged(&Aspect::Length, "12", "15", ["12"; 8], false),
            Judgement::SameForThisLength
        );
        assert_eq!(judged(&Aspect::Length, "12", "15", ["12"; 8], true), Judgement::Leak);
        assert_eq!(judged(&Aspect::Length, "12", "15", ["13"; 8], false), Judgement::Leak);
        assert_eq!(judged(&Aspect::Status, "12", "15", ["12"; 8], false), Judgement::Leak);
    }
}
