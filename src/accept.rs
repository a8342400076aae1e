//! Reads `Accept` and `Accept-Language` (RFC 9110 §12.5.1, §12.5.4), within bounds and without
//! allocating.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::list::split_unquoted;

/// The most bytes that are read, in all lines of the header together. Browsers send about 150.
const MAX_BYTES: usize = 2048;
/// The most ranges that are read, in all lines of the header together. Browsers send about ten.
const MAX_RANGES: usize = 64;

/// The weight of a range without `q`.
pub(crate) const FULL_WEIGHT: u16 = 1000;

/// A range with its weight, as `text/html;level=1;q=0.7` or `de-CH;q=0.9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WeightedRange<'a> {
    /// The range without its parameters, as it was sent.
    pub(crate) range: &'a [u8],
    /// Whether it has parameters, besides its weight.
    pub(crate) has_parameters: bool,
    /// In thousandths; zero if it is malformed.
    pub(crate) weight: u16,
}

/// The ranges of a header, in the order in which they were sent; none if the header is absent, or
/// too long to be read (F05).
pub(crate) fn weighted_ranges<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = WeightedRange<'a>> {
    let lines = headers.get_all(name);
    let lines = is_within_bounds(lines.iter()).then(|| lines.iter());
    let members =
        lines.into_iter().flatten().flat_map(|line| split_unquoted(line.as_bytes(), b','));
    members.map(weighted_range).filter(|range| !range.range.is_empty())
}

/// Whether all lines of the header together are short enough to be read.
fn is_within_bounds<'a>(mut lines: impl Iterator<Item = &'a HeaderValue>) -> bool {
    let (mut bytes, mut ranges) = (0, 0);
    lines.all(|line| {
        bytes += line.len();
        if bytes > MAX_BYTES {
            return false;
        }
        ranges += 1 + line.as_bytes().iter().filter(|byte| **byte == b',').count();
        ranges <= MAX_RANGES
    })
}

fn weighted_range(member: &[u8]) -> WeightedRange<'_> {
    let mut parts = split_unquoted(member, b';');
    let mut read = WeightedRange {
        range: parts.next().unwrap_or_default(),
        has_parameters: false,
        weight: FULL_WEIGHT,
    };
    for part in parts {
        match part {
            // What follows the weight extended `Accept` once, and means nothing today.
            [b'q' | b'Q', b'=', weight @ ..] => {
                read.weight = thousandths(weight).unwrap_or(0);
                break;
            }
            _ => read.has_parameters |= !part.is_empty(),
        }
    }
    read
}

/// Parses a weight, in thousandths (RFC 9110 §12.4.2).
fn thousandths(weight: &[u8]) -> Option<u16> {
    let (whole, fraction) = match weight {
        [whole, b'.', fraction @ ..] => (whole, fraction),
        [whole] => (whole, &[][..]),
        _ => return None,
    };
    if fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |index: usize| fraction.get(index).map_or(0, |digit| u16::from(digit - b'0'));
    let fraction = digit(0) * 100 + digit(1) * 10 + digit(2);
    match (whole, fraction) {
        (b'0', fraction) => Some(fraction),
        (b'1', 0) => Some(FULL_WEIGHT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;

    use super::*;

    fn read(lines: &[&str]) -> Vec<(String, bool, u16)> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_str(line).unwrap());
        }
        let text = |range: &[u8]| String::from_utf8(range.to_vec()).unwrap();
        weighted_ranges(&headers, &ACCEPT)
            .map(|read| (text(read.range), read.has_parameters, read.weight))
            .collect()
    }

    fn range(range: &str, has_parameters: bool, weight: u16) -> (String, bool, u16) {
        (range.to_owned(), has_parameters, weight)
    }

    #[test]
    fn f05_ranges_of_all_lines_are_read_with_their_weights() {
        assert_eq!(read(&[]), []);
        assert_eq!(read(&["", " , ,", ";q=1"]), []);
        assert_eq!(
            read(&["text/html;level=1 ; q=0.7, a/b;Q=0.05", "*/*;q=1.000;x=y"]),
            [range("text/html", true, 700), range("a/b", false, 50), range("*/*", false, 1000)]
        );
        // A weight within a quoted value is none, nor is a comma there the end of a range.
        assert_eq!(
            read(&["a/b;x=\"1;q=0,c/d\", e/f"]),
            [range("a/b", true, 1000), range("e/f", false, 1000)]
        );
    }

    #[test]
    fn f05_a_malformed_weight_is_zero() {
        for weight in ["", ".5", "2", "1.5", "1.001", "0.1234", "-1", "0,5", "high", "0.5x", "+1"] {
            let read = read(&[&format!("a/b;q={weight}")]);
            assert_eq!(read[0], range("a/b", false, 0), "{weight}");
        }
        for (weight, thousandths) in [("0", 0), ("0.", 0), ("1.", 1000), ("0.999", 999)] {
            assert_eq!(read(&[&format!("a/b;q={weight}")])[0].2, thousandths, "{weight}");
        }
    }

    #[test]
    fn f05_nothing_is_read_beyond_the_bounds() {
        let ranges = |count: usize| vec!["a/b"; count].join(",");
        assert_eq!(read(&[&ranges(64)]).len(), 64);
        assert_eq!(read(&[&ranges(65)]).len(), 0);
        assert_eq!(read(&[&ranges(32), &ranges(32)]).len(), 64);
        assert_eq!(read(&[&ranges(32), &ranges(33)]).len(), 0);
        assert_eq!(read(&vec![""; 65]).len(), 0);
        let bytes = |count: usize| format!("a/{}", "b".repeat(count - 2));
        assert_eq!(read(&[&bytes(2048)]).len(), 1);
        assert_eq!(read(&[&bytes(2049)]).len(), 0);
        assert_eq!(read(&[&bytes(1024), &bytes(1025)]).len(), 0);
    }
}
