//! Cuts a path into parts, wherever a segment ends in any reading.

#[cfg(test)]
use std::cell::Cell;
use std::iter;

use crate::percent;

/// What separates two parts, and in some readings two segments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    Slash,
    Backslash,
    EncodedSlash,
    EncodedBackslash,
}

impl Delimiter {
    /// The delimiter that the text begins with, and its length.
    fn first(text: &[u8]) -> Option<(Self, usize)> {
        match text.first()? {
            b'/' => Some((Self::Slash, 1)),
            b'\\' => Some((Self::Backslash, 1)),
            b'%' => match percent::first(text)? {
                b'/' => Some((Self::EncodedSlash, 3)),
                b'\\' => Some((Self::EncodedBackslash, 3)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A segment, or a part of one in the readings in which a delimiter does not separate.
#[derive(Clone, Copy)]
pub(super) struct SegmentPart<'p> {
    /// The delimiter in front of it.
    pub(super) delimiter: Delimiter,
    pub(super) text: &'p [u8],
    pub(super) kind: Kind,
}

/// The kind of segment that a part is, if it is a whole one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Empty,
    /// `.`
    Current(Dots),
    /// `..`
    Parent(Dots),
    Name,
}

/// How the dots of a dot-segment are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dots {
    Plain,
    Encoded,
}

impl Kind {
    fn of(text: &[u8]) -> Self {
        match text {
            b"" => Self::Empty,
            b"." => Self::Current(Dots::Plain),
            b".." => Self::Parent(Dots::Plain),
            [b'.' | b'%', ..] => match text.len() {
                3 if percent::decode(text).eq(*b".") => Self::Current(Dots::Encoded),
                4 | 6 if percent::decode(text).eq(*b"..") => Self::Parent(Dots::Encoded),
                _ => Self::Name,
            },
            _ => Self::Name,
        }
    }
}

impl SegmentPart<'_> {
    /// Whether it is `..`, with or without its parameters.
    pub(super) fn may_be_parent(&self) -> bool {
        let name = self.text.split(|byte| *byte == b';').next();
        matches!(name.map(Kind::of), Some(Kind::Parent(_)))
    }

    pub(super) fn has_encoded_dots(&self) -> bool {
        matches!(self.kind, Kind::Current(Dots::Encoded) | Kind::Parent(Dots::Encoded))
    }
}

// ==== views ====

/// The answers to try for a yes-or-no question: both, or only `false` if the path is read alike by
/// either answer.
pub(super) fn possible_answers(matters: bool) -> &'static [bool] {
    if matters { &[false, true] } else { &[false] }
}

/// Answers to the questions that decide which bytes of the request target are the path.
#[derive(Clone, Copy)]
pub(super) struct View<'p> {
    pub(super) path: &'p [u8],
    /// Whether `\` separates segments before the path is decoded.
    pub(super) backslash: bool,
    /// Whether a segment ends where its parameters begin.
    pub(super) drops_parameters: bool,
}

impl<'p> View<'p> {
    pub(super) fn all(sent: &'p [u8]) -> impl Iterator<Item = Self> {
        let parameters = possible_answers(sent.contains(&b';'));
        let backslashes = possible_answers(sent.contains(&b'\\'));
        backslashes.iter().flat_map(move |&backslash| {
            let paths = [Some(sent), without_host(sent, backslash)].into_iter().flatten();
            paths.flat_map(move |path| {
                let view = move |&drops_parameters| Self { path, backslash, drops_parameters };
                parameters.iter().map(view)
            })
        })
    }

    pub(super) fn parts(self) -> impl Iterator<Item = SegmentPart<'p>> {
        let path = self.path.strip_prefix(b"/").unwrap_or(self.path);
        let mut rest = Some((Delimiter::Slash, path));
        iter::from_fn(move || {
            let (delimiter, remaining) = rest.take()?;
            let mut next = find(remaining, 0, |_| true);
            let mut text = &remaining[..next.map_or(remaining.len(), |(at, ..)| at)];
            if self.drops_parameters
                && let Some(end) = text.iter().position(|byte| *byte == b';')
            {
                text = &text[..end];
                next = find(remaining, end, |it| separates_before_decoding(it, self.backslash));
            }
            rest = next.map(|(at, length, it)| (it, &remaining[at + length..]));
            Some(SegmentPart { delimiter, text, kind: Kind::of(text) })
        })
    }
}

pub(super) fn separates_before_decoding(delimiter: Delimiter, backslash: bool) -> bool {
    delimiter == Delimiter::Slash || delimiter == Delimiter::Backslash && backslash
}

/// The next delimiter that `is_sought` accepts: its position, its length and which one it is.
fn find(
    text: &[u8],
    from: usize,
    is_sought: impl Fn(Delimiter) -> bool,
) -> Option<(usize, usize, Delimiter)> {
    let may_be_one = |at: &usize| {
        count_step();
        matches!(text[*at], b'/' | b'\\' | b'%')
    };
    (from..text.len()).filter(may_be_one).find_map(|at| {
        let (delimiter, length) = Delimiter::first(&text[at..])?;
        is_sought(delimiter).then_some((at, length, delimiter))
    })
}

/// The path after the host of a network-path reference (RFC 3986 §4.2). For the `url` crate more
/// than two slashes begin one as well.
fn without_host(path: &[u8], backslash: bool) -> Option<&[u8]> {
    let separates = |byte: &u8| *byte == b'/' || *byte == b'\\' && backslash;
    let host = path.iter().position(|byte| !separates(byte)).filter(|at| *at > 1)?;
    let length = path[host..].iter().position(separates)?;
    Some(&path[host + length..])
}

#[cfg(test)]
thread_local! {
    pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts a byte or a part that is inspected, for the tests that bound the work.
pub(super) fn count_step() {
    #[cfg(test)]
    STEPS.set(STEPS.get() + 1);
}
