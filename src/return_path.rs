//! [`ReturnPath`]: where a caller goes back to once they have logged in.

use std::fmt;
use std::str::FromStr;

use http::{HeaderValue, Uri};

use crate::percent;

/// A path of this very site, to come back to after a login.
///
/// A login page that redirects to whatever its address says is an *open redirect*: a link to the
/// honest site that ends at another. So both ends use this type: the
/// [`LoginPage`](crate::LoginPage) writes one into the address, and the handler of the login reads
/// it back, as it reads anything that a stranger may have written:
///
/// ```
/// use portcullis::ReturnPath;
///
/// fn after_login(next: Option<&str>) -> String {
///     let next = next.and_then(|next| ReturnPath::parse(next).ok());
///     next.map_or("/".to_owned(), |next| next.to_string())
/// }
/// assert_eq!(after_login(Some("/notes/7?page=2")), "/notes/7?page=2");
/// assert_eq!(after_login(Some("//evil.example/notes")), "/");
/// assert_eq!(after_login(Some("/%5Cevil.example")), "/");
/// ```
///
/// # What it accepts
///
/// An absolute path and perhaps a query (RFC 9112 §3.2.1: origin-form), in the characters that
/// browsers send, of 2048 bytes at most. Read as the most forgiving of readers might, that is with
/// `\` as `/` and percent-encoding undone however often it was done, it has
///
/// - no control character,
/// - no empty segment but the last, so that `//` names no host, neither at once nor after somebody
///   has taken something away,
/// - no `.` and no `..`, which browsers resolve before they ask, so that no honest address has
///   them.
///
/// So it stays on its origin wherever a browser resolves it, and it is fit to be a `Location`.
/// Which path it is does not say that its reader may see it: that is for the stages to judge, once
/// it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReturnPath(Box<str>);

/// No path to come back to. The text itself is not repeated: a stranger wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReturnPath {
    /// It does not begin with `/`: it is an address elsewhere, or relative to who knows what.
    #[error("a return path begins with `/`")]
    NotAbsolute,
    /// It has a character that no path or query has: whitespace, a control character, a backslash,
    /// a fragment, anything but ASCII, or a `%` without two digits.
    #[error(
        "a return path has only characters that a path or a query may have, or `%` and two digits"
    )]
    Character,
    /// It has `//`, `.` or `..`, plainly or encoded, so it may lead elsewhere.
    #[error("a return path has no empty segment, and no `.` or `..`")]
    Segment,
    /// It is too long to be carried along.
    #[error("a return path has no more than 2048 bytes")]
    TooLong,
}

const LONGEST: usize = 2048;

impl ReturnPath {
    /// Reads a path that came from outside.
    ///
    /// # Errors
    ///
    /// [`InvalidReturnPath`] if it might lead to another site, or is nothing to redirect to.
    pub fn parse(text: &str) -> Result<Self, InvalidReturnPath> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// The path of this request target, and its query. A host in it does not count.
    ///
    /// # Errors
    ///
    /// [`InvalidReturnPath`] as [`parse`](Self::parse).
    pub fn of(target: &Uri) -> Result<Self, InvalidReturnPath> {
        let target = target.path_and_query().ok_or(InvalidReturnPath::NotAbsolute)?;
        Self::parse(target.as_str())
    }

    /// As it is written in a `Location`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What [`ReturnPath::parse`] would say.
pub(crate) fn check(text: &str) -> Result<(), InvalidReturnPath> {
    if !text.starts_with('/') {
        return Err(InvalidReturnPath::NotAbsolute);
    }
    if text.len() > LONGEST {
        return Err(InvalidReturnPath::TooLong);
    }
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    if !path.bytes().all(is_in_path) || !query.bytes().all(is_in_query) {
        return Err(InvalidReturnPath::Character);
    }
    let path = decode(path).ok_or(InvalidReturnPath::Character)?;
    let query = decode(query).ok_or(InvalidReturnPath::Character)?;
    if path.iter().chain(&query).any(u8::is_ascii_control) {
        return Err(InvalidReturnPath::Character);
    }
    let mut segments = path.split(|byte| matches!(byte, b'/' | b'\\')).skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if matches!(segment, b"." | b"..") || (segment.is_empty() && !is_last) {
            return Err(InvalidReturnPath::Segment);
        }
    }
    Ok(())
}

/// Whether browsers leave the byte as it is in a path: `pchar` (RFC 3986 §3.3), and what the URL
/// Standard does not encode besides.
fn is_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%[]|^".contains(&byte)
}

/// The same of a query.
fn is_in_query(byte: u8) -> bool {
    is_in_path(byte) || b"?{}`".contains(&byte)
}

/// Undoes percent-encoding until there is none; `None` where a `%` was sent that encodes nothing.
///
/// What an encoding has encoded is undone as its last digit is read, so that a text of nothing but
/// `%25` takes no longer than another.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    let mut decoded = Vec::with_capacity(text.len());
    for (index, byte) in text.iter().enumerate() {
        if *byte == b'%' {
            percent::byte(*text.get(index + 1)?, *text.get(index + 2)?)?;
        }
        decoded.push(*byte);
        while let [.., b'%', high, low] = decoded[..]
            && let Some(byte) = percent::byte(high, low)
        {
            decoded.truncate(decoded.len() - 3);
            decoded.push(byte);
        }
    }
    Some(decoded)
}

impl fmt::Display for ReturnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AsRef<str> for ReturnPath {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl FromStr for ReturnPath {
    type Err = InvalidReturnPath;

    fn from_str(text: &str) -> Result<Self, InvalidReturnPath> {
        Self::parse(text)
    }
}

/// So that `#[serde(try_from = "String")]` reads one.
impl TryFrom<String> for ReturnPath {
    type Error = InvalidReturnPath;

    fn try_from(text: String) -> Result<Self, InvalidReturnPath> {
        check(&text)?;
        Ok(Self(text.into()))
    }
}

/// For `Location`.
impl From<&ReturnPath> for HeaderValue {
    fn from(path: &ReturnPath) -> Self {
        // Visible ASCII alone, so this does not fail.
        Self::from_str(path.as_str()).unwrap_or(Self::from_static("/"))
    }
}
