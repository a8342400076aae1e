//! The formats of a refusal's body, and which of them a client prefers.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

use super::PROBLEM_JSON;
use crate::accept::{WeightedRange, weighted_ranges};

/// A format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `application/problem+json` (RFC 9457).
    ProblemJson,
    /// `application/json`, with the same members.
    Json,
    /// `text/html`: a page for people.
    Html,
    /// `text/plain`: the status, the title and the detail.
    Text,
}

impl Format {
    const COUNT: usize = 4;
    pub(super) const ALL: [Self; Self::COUNT] =
        [Self::ProblemJson, Self::Json, Self::Html, Self::Text];

    pub(super) const fn content_type(self) -> HeaderValue {
        match self {
            Self::ProblemJson => PROBLEM_JSON,
            Self::Json => HeaderValue::from_static("application/json"),
            Self::Html => HeaderValue::from_static("text/html; charset=utf-8"),
            Self::Text => HeaderValue::from_static("text/plain; charset=utf-8"),
        }
    }

    const fn media_type(self) -> [&'static [u8]; 2] {
        match self {
            Self::ProblemJson => [b"application", b"problem+json"],
            Self::Json => [b"application", b"json"],
            Self::Html => [b"text", b"html"],
            Self::Text => [b"text", b"plain"],
        }
    }

    /// How exactly a range names this format; `None` if it does not match.
    ///
    /// A range with parameters matches: it is about another variant of the media type, and closer to
    /// this one than a wildcard is. `application/json;version=1` asks for JSON.
    fn specificity(self, range: WeightedRange<'_>) -> Option<u8> {
        let slash = range.range.iter().position(|byte| *byte == b'/')?;
        let (sent_type, sent_subtype) = (&range.range[..slash], &range.range[slash + 1..]);
        let [type_, subtype] = self.media_type();
        if sent_type.eq_ignore_ascii_case(type_) {
            match sent_subtype {
                b"*" => Some(1),
                _ if !sent_subtype.eq_ignore_ascii_case(subtype) => None,
                _ => Some(if range.has_parameters { 2 } else { 3 }),
            }
        } else {
            (range.range == b"*/*").then_some(0)
        }
    }
}

/// The offered format that `Accept` gives the most weight; `None` if the header is absent, cannot be
/// read, or accepts none of them (F05).
pub(super) fn preferred(offered: &[Format], headers: &HeaderMap) -> Option<Format> {
    // For each format the most specific range that matches it, and the weight of that range.
    let mut found = [None; Format::COUNT];
    for range in weighted_ranges(headers, &ACCEPT) {
        for (format, found) in offered.iter().zip(&mut found) {
            if let Some(specificity) = format.specificity(range) {
                *found = (*found).max(Some((specificity, range.weight)));
            }
        }
    }
    let acceptable = offered.iter().zip(found).filter_map(|(format, found)| {
        found
            .filter(|(_, weight)| *weight > 0)
            .map(|(specificity, weight)| (weight, specificity, *format))
    });
    // Of equal ones `max_by_key` takes the last.
    acceptable
        .rev()
        .max_by_key(|(weight, specificity, _)| (*weight, *specificity))
        .map(|best| best.2)
}

#[cfg(test)]
mod tests {
    use super::Format::{Html, Json, ProblemJson, Text};
    use super::*;

    fn choose(offered: &[Format], accept: &str) -> Option<Format> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        preferred(offered, &headers)
    }

    #[test]
    fn f05_the_most_specific_range_gives_the_weight() {
        let all = |accept| choose(&Format::ALL, accept);
        assert_eq!(all("text/*;q=0.3, text/html;q=0.7, text/html;level=1"), Some(Html));
        assert_eq!(all("text/*, text/html;q=0.1"), Some(Text));
        assert_eq!(all("text/*;q=0.9, text/html;q=0"), Some(Text));
        assert_eq!(all("*/*, application/problem+json;q=0, application/json;q=0.5"), Some(Html));
        assert_eq!(all("*/*;q=0, text/plain;q=0.001"), Some(Text));
        assert_eq!(all("application/*"), Some(ProblemJson));
        // The order in which the ranges were sent does not count.
        assert_eq!(all("text/html;q=0.7, text/*"), Some(Text));
        // A parameter does not make the media type another one.
        assert_eq!(all("application/json; charset=utf-8"), Some(Json));
        assert_eq!(all("text/html;level=1, text/html;q=0.5, text/plain;q=0.6"), Some(Text));
        assert_eq!(all("TEXT/Html"), Some(Html));
    }

    #[test]
    fn f05_of_equal_weights_the_one_named_more_exactly_and_then_the_first_offered_counts() {
        let all = |accept| choose(&Format::ALL, accept);
        assert_eq!(all("text/html, */*"), Some(Html));
        assert_eq!(all("*/*, text/*"), Some(Html));
        assert_eq!(all("application/json, text/plain, */*"), Some(Json));
        assert_eq!(all("text/plain, application/problem+json"), Some(ProblemJson));
        assert_eq!(
            choose(&[Text, ProblemJson], "text/plain, application/problem+json"),
            Some(Text)
        );
        assert_eq!(choose(&[Html, ProblemJson], "*/*"), Some(Html));
    }

    #[test]
    fn f05_what_is_not_offered_or_not_acceptable_is_not_chosen() {
        for accept in [
            "",
            "*",
            "text",
            "/",
            "html",
            "text/",
            "/html",
            "*/html",
            "text/htmlx",
            "text/event-stream",
            "image/*",
            "*/*;q=0",
            "text/html;q=0",
            "text/html;q=x",
            "application/vnd.api+json",
            "text /html",
        ] {
            assert_eq!(choose(&Format::ALL, accept), None, "{accept}");
        }
        assert_eq!(choose(&[ProblemJson], "text/html"), None);
        assert_eq!(preferred(&Format::ALL, &HeaderMap::new()), None);
    }
}
