//! [`Text`]: the body of the response as text, if it can be read as text.

use std::cell::OnceCell;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method};

use super::coding::is_coded;
use super::json::{JsonFault, Member, members};
use super::view::View;

/// Read once, when a check asks for it.
#[derive(Default)]
pub(super) struct TextOnce<'a>(OnceCell<Option<Text<'a>>>);

/// A body that is UTF-8 and has no content coding any more.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) is_complete: Complete,
    members: OnceCell<Result<Option<Vec<Member<'a>>>, JsonFault>>,
}

/// The most bytes of a body that are searched for what it shows.
const LONGEST_SEARCHED: usize = 512 * 1024;

/// The byte order mark.
pub(super) const MARK: char = '\u{feff}';

/// Whether the exchange holds all of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Complete {
    /// `Content-Length` says so.
    Yes,
    /// The body is shorter than `Content-Length`, or ends within a character.
    No,
    /// The response does not say how long its body is.
    Unknown,
}

/// The media types that the checks tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    Html,
    Json,
    ProblemJson,
    PlainText,
    /// Another type, none, or a malformed one.
    Other,
}

impl<'a> View<'a> {
    /// The body as text; `None` if there is none, or it is not text.
    pub(super) fn text(&self) -> Option<&Text<'a>> {
        self.text.0.get_or_init(|| Text::read(self)).as_ref()
    }

    /// Whether a response to this request has no body, whatever its headers say.
    pub(super) fn has_no_body(&self) -> bool {
        let status = self.status().as_u16();
        let method = self.request().map(|sent| sent.method);
        status < 200
            || matches!(status, 204 | 205 | 304)
            || method == Some(&Method::HEAD)
            || (method == Some(&Method::CONNECT) && self.status().is_success())
    }

    /// The bytes of the body that are searched, in whatever charset; `None` if there are none, or they still
    /// have a content coding.
    pub(super) fn searched(&self) -> Option<&'a [u8]> {
        let body = self.body();
        let is_read = self.text().is_some() || !is_coded(self.headers());
        (is_read && !self.has_no_body() && !body.is_empty())
            .then(|| &body[..body.len().min(LONGEST_SEARCHED)])
    }

    /// The media type of the body.
    pub(super) fn media(&self) -> Media {
        Media::of(self.headers())
    }
}

impl Media {
    /// The type that `Content-Type` names. Suffixes count as JSON, so `application/vnd.api+json` is.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Self::Other };
        let name = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        let name = name.trim_ascii();
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        let ends = |suffix: &[u8]| {
            name.len() > suffix.len()
                && name[name.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
        };
        match () {
            () if is("text/html") || is("application/xhtml+xml") => Self::Html,
            () if is("application/problem+json") => Self::ProblemJson,
            () if is("application/json") || is("text/json") || ends(b"+json") => Self::Json,
            () if is("text/plain") => Self::PlainText,
            () => Self::Other,
        }
    }
}

impl<'a> Text<'a> {
    fn read(view: &View<'a>) -> Option<Self> {
        let body = view.body();
        if view.has_no_body() || body.is_empty() {
            return None;
        }
        let (text, is_cut) = match str::from_utf8(body) {
            Ok(text) => (text, false),
            // The last character was not read to its end.
            Err(error) if error.error_len().is_none() => {
                (str::from_utf8(&body[..error.valid_up_to()]).ok()?, true)
            }
            Err(_) => return None,
        };
        let is_coded = is_coded(view.headers());
        // A body that the caller of this function has decoded is text; one that is still compressed is not.
        if is_coded && (is_cut || text.bytes().any(is_binary)) {
            return None;
        }
        let length = view.headers().get(CONTENT_LENGTH).filter(|_| !is_coded);
        let length = length.and_then(|length| length.to_str().ok()?.trim().parse::<u64>().ok());
        let is_complete = match length {
            _ if is_cut => Complete::No,
            None => Complete::Unknown,
            Some(length) if length > body.len() as u64 => Complete::No,
            Some(_) => Complete::Yes,
        };
        Some(Self { text, is_complete, members: OnceCell::new() })
    }

    /// The members of the JSON object that the text is; `Ok(None)` if it is JSON of another kind.
    pub(super) fn members(&self) -> Result<Option<&[Member<'a>]>, JsonFault> {
        let read = self.members.get_or_init(|| {
            // Some servers write a mark in front of JSON, and clients skip it (RFC 8259 §8.1).
            let Some(text) = self.text.strip_prefix(MARK) else { return members(self.text) };
            let mut read = members(text);
            for member in read.iter_mut().flatten().flatten() {
                member.place =
                    member.place.start + MARK.len_utf8()..member.place.end + MARK.len_utf8();
            }
            read
        });
        read.as_ref().map(|object| object.as_deref()).map_err(|fault| *fault)
    }

    /// The members of the JSON object that the text is; none if it is anything else.
    pub(super) fn object(&self) -> &[Member<'a>] {
        self.members().ok().flatten().unwrap_or_default()
    }
}

fn is_binary(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)
}
