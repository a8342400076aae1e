//! Which language of its own an application's texts are sent in.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderValue};

use super::ProblemDetails;
use crate::accept::{WeightedRange, weighted_ranges};

/// The texts of a problem in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    pub(super) title: Cow<'static, str>,
    pub(super) detail: Cow<'static, str>,
}

impl Translation {
    /// The title and the detail.
    pub fn new(title: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { title: title.into(), detail: detail.into() }
    }
}

/// The text is not a language tag (RFC 5646 §2.1), or there are too many.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLanguages {
    /// The text is not a language tag.
    #[error("`{0}` is not a language tag: write one as `de`, `pt-BR` or `zh-Hant`")]
    Tag(String),
    /// There are more than 100 languages.
    #[error("more than 100 languages: name only those for which there are texts")]
    TooMany,
}

type Translate = dyn Fn(&ProblemDetails, &str) -> Option<Translation> + Send + Sync;

/// The languages that the application has texts in, and the function that has the texts.
#[derive(Clone)]
pub(super) struct Translations {
    tags: Arc<[HeaderValue]>,
    translate: Arc<Translate>,
}

/// The language of the built-in texts.
const BUILT_IN: &[u8] = b"en";
const MAX_LANGUAGES: usize = 100;

impl Translations {
    pub(super) fn new<'a>(
        tags: impl IntoIterator<Item = &'a str>,
        translate: Arc<Translate>,
    ) -> Result<Self, InvalidLanguages> {
        let tags = tags.into_iter().take(MAX_LANGUAGES + 1).map(|tag| {
            let value = HeaderValue::from_str(tag).ok().filter(|_| is_language_tag(tag));
            let value = value.ok_or_else(|| InvalidLanguages::Tag(tag.to_owned()))?;
            // Cloned once, so that later clones share its bytes and do not allocate.
            Ok(value.clone())
        });
        let tags: Arc<[HeaderValue]> = tags.collect::<Result<_, _>>()?;
        if tags.len() > MAX_LANGUAGES {
            return Err(InvalidLanguages::TooMany);
        }
        Ok(Self { tags, translate })
    }

    /// The language that the client prefers, by its place in the list; `None` for the built-in texts.
    pub(super) fn preferred(&self, headers: &HeaderMap) -> Option<u8> {
        // Of each language, the range that matches it most exactly; then the built-in one.
        let mut found = [None; MAX_LANGUAGES + 1];
        let (built_in, own) = found.split_first_mut()?;
        let has_english = self.tags.iter().any(|tag| tag.as_bytes().eq_ignore_ascii_case(BUILT_IN));
        for (place, range) in weighted_ranges(headers, &ACCEPT_LANGUAGE).enumerate() {
            if !has_english {
                Match::add(built_in, BUILT_IN, place, range);
            }
            for (tag, found) in self.tags.iter().zip(&mut *own) {
                Match::add(found, tag.as_bytes(), place, range);
            }
        }
        let mut best: Option<(Rank, usize)> = None;
        for (index, found) in found.iter().enumerate().take(1 + self.tags.len()) {
            if let Some(rank) = found.and_then(Match::rank)
                && best.is_none_or(|(other, _)| rank > other)
            {
                best = Some((rank, index));
            }
        }
        u8::try_from(best?.1.checked_sub(1)?).ok()
    }

    /// The problem in this language, if the application has texts for it.
    pub(super) fn translate(&self, problem: ProblemDetails, language: u8) -> ProblemDetails {
        let Some(tag) = self.tags.get(usize::from(language)) else { return problem };
        match (self.translate)(&problem, tag.to_str().unwrap_or_default()) {
            Some(Translation { title, detail }) => {
                problem.with_title(title).with_detail(detail).with_language(tag.clone())
            }
            None => problem,
        }
    }
}

/// The range that matches a language most exactly. Of equally exact ones the greatest weight counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    exactness: Exactness,
    weight: u16,
    /// The first range is at 0.
    place: Reverse<u8>,
    /// The length of a tag that is broader than the range.
    closeness: u8,
}

/// How much a client wants a language. The greatest is wanted most: by weight; then the range that was
/// sent earlier, since people list their languages in order; then the more exact match; then the closer
/// one of two broader tags, which for `zh-Hant-TW` is `zh-Hant` and not `zh`.
type Rank = (u16, Reverse<u8>, Exactness, u8);

/// How a range matches a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exactness {
    /// `*`.
    Any,
    /// The client asks for `de-CH`, and there is `de` (lookup, RFC 4647 §3.4).
    Broader,
    /// The client asks for `de`, and there is `de-CH` (filtering, RFC 4647 §3.3.1).
    Narrower,
    Same,
}

impl Match {
    /// Keeps the range in `found` if it matches the tag more exactly than the one there.
    fn add(found: &mut Option<Self>, tag: &[u8], place: usize, range: WeightedRange<'_>) {
        let Some(exactness) = Exactness::of(range.range, tag) else { return };
        let length = if exactness == Exactness::Broader { tag.len() } else { 0 };
        let small = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        let (place, closeness) = (Reverse(small(place)), small(length));
        let matched = Self { exactness, weight: range.weight, place, closeness };
        *found = (*found).max(Some(matched));
    }

    fn rank(self) -> Option<Rank> {
        let Self { exactness, weight, place, closeness } = self;
        (weight > 0).then_some((weight, place, exactness, closeness))
    }
}

impl Exactness {
    fn of(range: &[u8], tag: &[u8]) -> Option<Self> {
        let begins_with = |long: &[u8], short: &[u8]| {
            let (start, rest) = long.split_at_checked(short.len()).unwrap_or_default();
            rest.first() == Some(&b'-') && start.eq_ignore_ascii_case(short)
        };
        match () {
            () if range.eq_ignore_ascii_case(tag) => Some(Self::Same),
            () if begins_with(tag, range) => Some(Self::Narrower),
            () if begins_with(range, tag) => Some(Self::Broader),
            () => (range == b"*").then_some(Self::Any),
        }
    }
}

/// Whether the text has the form of a language tag: subtags of one to eight letters or digits, the
/// first one of two letters or more.
fn is_language_tag(tag: &str) -> bool {
    let first = tag.split('-').next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && tag.len() <= 64
        && tag.split('-').all(|subtag| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(tags: &[&'static str], accept: &str) -> Option<&'static str> {
        let translations = Translations::new(tags.iter().copied(), Arc::new(|_, _| None)).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(accept).unwrap());
        translations.preferred(&headers).map(|index| tags[usize::from(index)])
    }

    #[test]
    fn f05_the_language_is_the_one_that_the_client_prefers() {
        let choose = |accept| choose(&["de", "fr", "pt-BR"], accept);
        assert_eq!(choose("de"), Some("de"));
        assert_eq!(choose("DE-ch, de;q=0.9, en;q=0.8"), Some("de"));
        assert_eq!(choose("de-CH"), Some("de"), "there is a broader one");
        assert_eq!(choose("pt"), Some("pt-BR"), "there is a narrower one");
        assert_eq!(choose("fr;q=0.5, de;q=0.4"), Some("fr"));
        assert_eq!(choose("fr, de"), Some("fr"), "the first of the same weight");
        assert_eq!(choose("de, fr"), Some("de"));
        assert_eq!(choose("en, de"), None, "the built-in texts are English");
        assert_eq!(choose("en-GB,en;q=0.9,de;q=0.8"), None);
        assert_eq!(choose("ja, de;q=0.1"), Some("de"));
        assert_eq!(choose("*;q=0.5, de;q=0, fr;q=0.6"), Some("fr"));
        for none in
            ["", "ja", "d", "deu", "de_CH", "*", "de;q=0", "*, de;q=0", "de;q=x", "-", "de-"]
        {
            let wanted = (none == "de-").then_some("de");
            assert_eq!(choose(none), wanted, "{none}");
        }
    }

    #[test]
    fn f05_the_longer_tag_counts_if_a_range_matches_two() {
        assert_eq!(choose(&["zh", "zh-Hant"], "zh-Hant-TW"), Some("zh-Hant"));
        assert_eq!(choose(&["zh-Hant", "zh"], "zh-Hant-TW"), Some("zh-Hant"));
        assert_eq!(choose(&["zh", "zh-Hant"], "zh"), Some("zh"));
        assert_eq!(
            choose(&["fr", "en"], "en, fr;q=0.5"),
            Some("en"),
            "texts of its own in English"
        );
    }

    #[test]
    fn f05_a_language_that_is_no_tag_is_refused() {
        let new = |tag: &'static str| Translations::new([tag], Arc::new(|_, _| None)).err();
        for tag in ["", "d", "*", "de_CH", "de-", "-de", "de--CH", "de CH", "dé", "12", "abcdefghi"]
        {
            assert_eq!(new(tag), Some(InvalidLanguages::Tag(tag.to_owned())));
        }
        let many = Translations::new(["de"; 101], Arc::new(|_, _| None)).err();
        assert_eq!(many, Some(InvalidLanguages::TooMany));
    }
}
