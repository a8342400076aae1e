//! The pieces that readings of a path are made of: it is cut wherever segments end in any reading.

#[cfg(test)]
use std::cell::Cell;
use std::iter;

use crate::percent;

/// What separates two pieces, and in some readings two segments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    Slash,
    Backslash,
    EncodedSlash,
    EncodedBackslash,
}

impl Delimiter {
    /// What the text begins with, and how long it is.
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

/// A segment, or a part of one in the readings that take a delimiter for a letter.
#[derive(Clone, Copy)]
pub(super) struct Piece<'p> {
    /// What stands before it.
    pub(super) delimiter: Delimiter,
    pub(super) text: &'p [u8],
    pub(super) kind: Kind,
}

/// What a piece is if it is a whole segment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Empty,
    /// `.`
    Here(Dots),
    /// `..`
    Back(Dots),
    Name,
}

/// How the dots of a dot-segment are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dots {
    AsTheyAre,
    Encoded,
}

impl Kind {
    fn of(text: &[u8]) -> Self {
        match text {
            b"" => Self::Empty,
            b"." => Self::Here(Dots::AsTheyAre),
            b".." => Self::Back(Dots::AsTheyAre),
            [b'.' | b'%', ..] => match text.len() {
                3 if percent::decode(text).eq(*b".") => Self::Here(Dots::Encoded),
                4 | 6 if percent::decode(text).eq(*b"..") => Self::Back(Dots::Encoded),
                _ => Self::Name,
            },
            _ => Self::Name,
        }
    }
}

impl Piece<'_> {
    /// Whether it is `..` to those who drop its parameters or those who do not.
    pub(super) fn may_go_back(&self) -> bool {
        let name = self.text.split(|byte| *byte == b';').next();
        matches!(name.map(Kind::of), Some(Kind::Back(_)))
    }

    pub(super) fn has_encoded_dots(&self) -> bool {
        matches!(self.kind, Kind::Here(Dots::Encoded) | Kind::Back(Dots::Encoded))
    }
}

// ==== views ====

/// Both answers to a question that the path poses, or the one to a question that it does not.
pub(super) fn either(is_posed: bool) -> &'static [bool] {
    if is_posed { &[false, true] } else { &[false] }
}

/// The answers to the first questions: which bytes of what was sent are the path?
#[derive(Clone, Copy)]
pub(super) struct View<'p> {
    pub(super) path: &'p [u8],
    /// Whether `\` separates segments as it is sent.
    pub(super) backslash: bool,
    /// Whether a segment ends where its parameters begin.
    pub(super) drops_parameters: bool,
}

impl<'p> View<'p> {
    pub(super) fn all(sent: &'p [u8]) -> impl Iterator<Item = Self> {
        let parameters = either(sent.contains(&b';'));
        let backslashes = either(sent.contains(&b'\\'));
        backslashes.iter().flat_map(move |&backslash| {
            let paths = [Some(sent), behind_host(sent, backslash)].into_iter().flatten();
            paths.flat_map(move |path| {
                let view = move |&drops_parameters| Self { path, backslash, drops_parameters };
                parameters.iter().map(view)
            })
        })
    }

    pub(super) fn pieces(self) -> impl Iterator<Item = Piece<'p>> {
        let path = self.path.strip_prefix(b"/").unwrap_or(self.path);
        let mut rest = Some((Delimiter::Slash, path));
        iter::from_fn(move || {
            let (delimiter, behind) = rest.take()?;
            let mut next = find(behind, 0, |_| true);
            let mut text = &behind[..next.map_or(behind.len(), |(at, ..)| at)];
            if self.drops_parameters
                && let Some(end) = text.iter().position(|byte| *byte == b';')
            {
                text = &text[..end];
                next = find(behind, end, |it| separates_as_sent(it, self.backslash));
            }
            rest = next.map(|(at, length, it)| (it, &behind[at + length..]));
            Some(Piece { delimiter, text, kind: Kind::of(text) })
        })
    }
}

pub(super) fn separates_as_sent(delimiter: Delimiter, backslash: bool) -> bool {
    delimiter == Delimiter::Slash || delimiter == Delimiter::Backslash && backslash
}

/// Where such a delimiter is, how long it is, and which.
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

/// What is behind the host of a network-path reference (RFC 3986 §4.2), which more than two slashes
/// begin as well for the `url` crate.
fn behind_host(path: &[u8], backslash: bool) -> Option<&[u8]> {
    let separates = |byte: &u8| *byte == b'/' || *byte == b'\\' && backslash;
    let host = path.iter().position(|byte| !separates(byte)).filter(|at| *at > 1)?;
    let length = path[host..].iter().position(separates)?;
    Some(&path[host + length..])
}

#[cfg(test)]
thread_local! {
    pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts a byte or a piece that is looked at, for the tests that bound the work.
pub(super) fn count_step() {
    #[cfg(test)]
    STEPS.set(STEPS.get() + 1);
}
