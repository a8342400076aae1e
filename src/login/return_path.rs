//! [`ReturnPath`]: the path to which a login redirects.

use std::fmt;
use std::str::FromStr;

use http::{HeaderValue, Uri};

use crate::percent;

/// A path of this site to which a login redirects.
///
/// A login that redirects to any address in its query is an *open redirect*: a link to the honest
/// site that ends at another one. Both ends use this type: the [`LoginPage`](crate::LoginPage) writes
/// one into the query, and the handler of the login parses it, as untrusted input:
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
/// An absolute path with an optional query (RFC 9112 §3.2.1: origin-form), in the characters that
/// browsers send, of at most 2048 bytes. Even for the most lenient parser, which takes `\` for `/`
/// and undoes percent-encoding any number of times, it has
///
/// - no control character,
/// - no empty segment except the last, so that no `//` can name a host, not even after a prefix of
///   the path was removed,
/// - no `.` and no `..`, which browsers resolve before they send a request, so that no honest
///   address has them.
///
/// So it stays on its origin wherever a browser resolves it, and is a valid `Location`. It is not a
/// permission: the stages judge the request that follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReturnPath(Box<str>);

/// The error for a text that is not a [`ReturnPath`]. It does not repeat the text, which is untrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReturnPath {
    /// It does not begin with `/`: it is an address of another site, or relative.
    #[error("a return path begins with `/`")]
    NotAbsolute,
    /// It has a character that no path or query has: whitespace, a control character, a backslash,
    /// `#`, a character outside ASCII, or a `%` without two hexadecimal digits.
    #[error(
        "a return path has only characters that a path or a query may have, or `%` and two digits"
    )]
    Character,
    /// It has `//`, `.` or `..`, plain or encoded, so it may lead to another site.
    #[error("a return path has no empty segment, and no `.` or `..`")]
    Segment,
    /// It has more than 2048 bytes.
    #[error("a return path has no more than 2048 bytes")]
    TooLong,
}

const MAX_LENGTH: usize = 2048;

impl ReturnPath {
    /// Parses an untrusted path.
    ///
    /// # Errors
    ///
    /// [`InvalidReturnPath`] if it might lead to another site, or is not a valid path.
    pub fn parse(text: &str) -> Result<Self, InvalidReturnPath> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// Takes the path and the query of a request target, and drops its host.
    ///
    /// # Errors
    ///
    /// [`InvalidReturnPath`], as [`parse`](Self::parse).
    pub fn of(target: &Uri) -> Result<Self, InvalidReturnPath> {
        let target = target.path_and_query().ok_or(InvalidReturnPath::NotAbsolute)?;
        Self::parse(target.as_str())
    }

    /// Returns the path and the query, as they stand in a `Location`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks a text by the rules of [`ReturnPath`].
fn check(text: &str) -> Result<(), InvalidReturnPath> {
    if !text.starts_with('/') {
        return Err(InvalidReturnPath::NotAbsolute);
    }
    if text.len() > MAX_LENGTH {
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

/// Whether browsers leave the byte unencoded in a path: `pchar` (RFC 3986 §3.3), and further bytes
/// that the URL Standard does not encode.
fn is_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%[]|^".contains(&byte)
}

/// Whether browsers leave the byte unencoded in a query.
fn is_in_query(byte: u8) -> bool {
    is_in_path(byte) || b"?{}`".contains(&byte)
}

/// Undoes percent-encoding until none is left. Returns `None` if the text has a `%` without two
/// hexadecimal digits.
///
/// Nested encodings are undone as their last digit is read, so that a text of nothing but `%25` takes
/// no longer than another.
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

/// For `#[serde(try_from = "String")]`.
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
        // A return path is visible ASCII, so this does not fail.
        Self::from_str(path.as_str()).unwrap_or(Self::from_static("/"))
    }
}
