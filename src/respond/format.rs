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
}

/// What a range of `Accept` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// `*/*`.
    Any,
    /// `application/*`.
    Application,
    /// `text/*`.
    Text,
    Format(Format),
}

impl Named {
    fn by(range: &[u8]) -> Option<Self> {
        const APPLICATION: &[u8] = b"application/";
        const TEXT: &[u8] = b"text/";

        let after = |start: &[u8]| {
            let (sent, rest) = range.split_at_checked(start.len())?;
            sent.eq_ignore_ascii_case(start).then_some(rest)
        };
        let is = |subtype: &[u8], name: &[u8]| subtype.eq_ignore_ascii_case(name);
        if let Some(subtype) = after(TEXT) {
            return match subtype {
                b"*" => Some(Self::Text),
                _ if is(subtype, b"html") => Some(Self::Format(Format::Html)),
                _ if is(subtype, b"plain") => Some(Self::Format(Format::Text)),
                _ => None,
            };
        }
        if let Some(subtype) = after(APPLICATION) {
            return match subtype {
                b"*" => Some(Self::Application),
                _ if is(subtype, b"json") => Some(Self::Format(Format::Json)),
                _ if is(subtype, b"problem+json") => Some(Self::Format(Format::ProblemJson)),
                _ => None,
            };
        }
        (range == b"*/*").then_some(Self::Any)
    }

    /// How exactly this is the format; `None` if it is another one.
    ///
    /// A range with parameters is about another variant of the media type, and closer to this one than
    /// a wildcard is: `application/json;version=1` asks for JSON.
    fn specificity(self, format: Format, has_parameters: bool) -> Option<u8> {
        let is_text = matches!(format, Format::Html | Format::Text);
        match self {
            Self::Any => Some(0),
            Self::Text => is_text.then_some(1),
            Self::Application => (!is_text).then_some(1),
            Self::Format(named) => (named == format).then_some(if has_parameters { 2 } else { 3 }),
        }
    }
}

/// The offered format that `Accept` gives the most weight; `None` if the header is absent, cannot be
/// read, or accepts none of them (F05).
pub(super) fn preferred(offered: &[Format], headers: &HeaderMap) -> Option<Format> {
    // For each format the most specific range that matches it, and the weight of that range.
    let mut found = [None; Format::COUNT];
    for WeightedRange { range, has_parameters, weight } in weighted_ranges(headers, &ACCEPT) {
        let Some(named) = Named::by(range) else { continue };
        for (format, found) in offered.iter().zip(&mut found) {
            if let Some(specificity) = named.specificity(*format, has_parameters) {
                *found = (*found).max(Some((specificity, weight)));
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
