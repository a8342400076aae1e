//! Reads challenges and parameters, byte by byte, in linear time.

use std::borrow::Cow;

use super::bytes::{ByteSet, is_token68};
use super::params::{AuthParam, AuthParams, Quoting, RawChallenge};
use super::{ParseError, ParseErrorKind};

/// `#challenge`, over all lines of a field, which count as if joined by commas (RFC 9110 §5.3).
pub(super) fn challenges<'a, T>(
    lines: impl IntoIterator<Item = &'a T>,
) -> Result<Vec<RawChallenge<'a>>, ParseError>
where
    T: AsRef<[u8]> + ?Sized + 'a,
{
    let mut list = ChallengeList::default();
    for (line, value) in lines.into_iter().enumerate() {
        let mut scanner = Scanner::new(value.as_ref());
        list.read_line(&mut scanner).map_err(|kind| ParseError {
            kind,
            line,
            position: scanner.position(),
        })?;
    }
    Ok(list.challenges)
}

/// `[ 1*SP #auth-param ]`: what stands behind the auth-scheme of credentials.
pub(super) fn auth_params(
    scheme_length: usize,
    behind_scheme: &[u8],
) -> Result<AuthParams<'_>, ParseError> {
    let mut scanner = Scanner::new(behind_scheme);
    scanner.auth_params().map_err(|kind| ParseError {
        kind,
        line: 0,
        position: scheme_length + scanner.position(),
    })
}

/// `#auth-param`, over all lines of a field.
pub(super) fn auth_param_lines<'a, T>(
    lines: impl IntoIterator<Item = &'a T>,
) -> Result<AuthParams<'a>, ParseError>
where
    T: AsRef<[u8]> + ?Sized + 'a,
{
    let mut params = AuthParams::default();
    for (line, value) in lines.into_iter().enumerate() {
        let mut scanner = Scanner::new(value.as_ref());
        scanner.take(ByteSet::SEPARATOR);
        scanner.read_params(&mut params).map_err(|kind| ParseError {
            kind,
            line,
            position: scanner.position(),
        })?;
    }
    Ok(params)
}

/// Whether there is nothing but OWS.
#[inline]
pub(super) fn is_blank(behind_scheme: &[u8]) -> bool {
    ByteSet::OWS.prefix_len(behind_scheme) == behind_scheme.len()
}

/// `1*SP token68 OWS`, and no more, behind the auth-scheme of credentials.
#[inline]
pub(super) fn only_token68(behind_scheme: &[u8]) -> Option<&str> {
    let rest = behind_scheme.strip_prefix(b" ")?;
    // Nearly all tokens are sent without padding and further white space.
    if is_token68(rest) { Some(ascii(rest)) } else { padded_token68(rest) }
}

fn padded_token68(mut rest: &[u8]) -> Option<&str> {
    while let [b' ', behind @ ..] = rest {
        rest = behind;
    }
    // From the back there is nothing to find: what is left of the white space and the `=` signs
    // is all of one class, or it is no token68.
    while let [before @ .., b' ' | b'\t'] = rest {
        rest = before;
    }
    let mut digits = rest;
    while let [before @ .., b'='] = digits {
        digits = before;
    }
    is_token68(digits).then(|| ascii(rest))
}

/// Divides a value behind its auth-scheme.
#[inline]
pub(super) fn scheme(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let (scheme, rest) = value.split_at(ByteSet::TCHAR.prefix_len(value));
    (!scheme.is_empty()).then_some((scheme, rest))
}

/// The challenges read so far; the last of them may still get parameters.
///
/// The comma divides challenges *and* parameters. What decides is the token behind it: a
/// parameter if `=` follows and there is a challenge to take it, else the next auth-scheme.
#[derive(Default)]
struct ChallengeList<'a> {
    challenges: Vec<RawChallenge<'a>>,
    /// Whether the last challenge takes parameters: a space stood behind its scheme, and no
    /// token68. (`Basic , realm="x"` has a realm, and `Basic, realm="x"` is an error.)
    open: bool,
}

impl<'a> ChallengeList<'a> {
    fn read_line(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ParseErrorKind> {
        scanner.take(ByteSet::SEPARATOR);
        while !scanner.rest.is_empty() {
            self.read_element(scanner)?;
            scanner.separators()?;
        }
        Ok(())
    }

    fn read_element(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ParseErrorKind> {
        let token = scanner.token()?;
        if let Some(last) = self.challenges.last_mut()
            && self.open
            && scanner.equals()
        {
            return last.params.push(scanner.value_of(token)?);
        }

        let mut challenge = RawChallenge::new(token);
        self.open = scanner.spaces();
        if self.open && !scanner.element_ends() {
            if let Some(token68) = scanner.token68() {
                challenge.token68 = Some(Cow::Borrowed(token68));
                self.open = false;
            } else {
                challenge.params.push(scanner.auth_param()?)?;
            }
        }
        self.challenges.push(challenge);
        Ok(())
    }
}

/// What is left of a line.
struct Scanner<'a> {
    rest: &'a [u8],
    /// The length of the whole line, to tell positions from what is left.
    length: usize,
}

impl<'a> Scanner<'a> {
    /// OWS around a value is not part of it (RFC 9110 §5.5). In front it is a separator
    /// like any other, and behind it goes here.
    fn new(line: &'a [u8]) -> Self {
        let end =
            line.iter().rposition(|byte| !ByteSet::OWS.contains(*byte)).map_or(0, |last| last + 1);
        Self { rest: &line[..end], length: end }
    }

    fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Takes as many bytes of the class as there are.
    fn take(&mut self, class: ByteSet) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(class.prefix_len(self.rest));
        self.rest = rest;
        taken
    }

    /// `1*SP`, if it is there.
    fn spaces(&mut self) -> bool {
        let before = self.rest.len();
        while let [b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.len() < before
    }

    /// Whether nothing more belongs to this element: `OWS ( "," / end )` is next.
    fn element_ends(&self) -> bool {
        ends_element(self.rest)
    }

    /// `OWS ( "," / end )`, and all the empty elements behind it (RFC 9110 §5.6.1.2).
    fn separators(&mut self) -> Result<(), ParseErrorKind> {
        if !self.element_ends() {
            return Err(ParseErrorKind::Comma);
        }
        self.take(ByteSet::SEPARATOR);
        Ok(())
    }

    fn token(&mut self) -> Result<&'a str, ParseErrorKind> {
        match self.take(ByteSet::TCHAR) {
            [] => Err(ParseErrorKind::Token),
            token => Ok(ascii(token)),
        }
    }

    /// `token68`, if that is the whole element. `qop=` is one and `qop=auth` is a parameter,
    /// so it takes a look at what follows.
    fn token68(&mut self) -> Option<&'a str> {
        let (token68, rest) = self.rest.split_at(token68_length(self.rest)?);
        ends_element(rest).then(|| {
            self.rest = rest;
            ascii(token68)
        })
    }

    /// `BWS "=" BWS`, if it is there.
    fn equals(&mut self) -> bool {
        let (_, behind) = self.rest.split_at(ByteSet::OWS.prefix_len(self.rest));
        let [b'=', rest @ ..] = behind else {
            return false;
        };
        self.rest = rest;
        self.take(ByteSet::OWS);
        true
    }

    fn auth_param(&mut self) -> Result<AuthParam<'a>, ParseErrorKind> {
        let name = self.token()?;
        if !self.equals() {
            return Err(ParseErrorKind::Equals);
        }
        self.value_of(name)
    }

    /// `token / quoted-string`, the value of the parameter `name`.
    fn value_of(&mut self, name: &'a str) -> Result<AuthParam<'a>, ParseErrorKind> {
        let (value, form) = if let [b'"', rest @ ..] = self.rest {
            self.rest = rest;
            (self.quoted()?, Quoting::Quoted)
        } else {
            match self.take(ByteSet::TCHAR) {
                [] => return Err(ParseErrorKind::Value),
                token => (Cow::Borrowed(token), Quoting::Token),
            }
        };
        Ok(AuthParam { name: Cow::Borrowed(name), value, form })
    }

    /// The rest of a `quoted-string` whose opening quote was taken, unescaped.
    fn quoted(&mut self) -> Result<Cow<'a, [u8]>, ParseErrorKind> {
        let mut value = Cow::Borrowed(self.take(ByteSet::QDTEXT));
        loop {
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(value);
                }
                [b'\\', byte, rest @ ..] if ByteSet::QUOTABLE.contains(*byte) => {
                    self.rest = rest;
                    value.to_mut().push(*byte);
                    value.to_mut().extend_from_slice(self.take(ByteSet::QDTEXT));
                }
                [] | [b'\\'] => return Err(ParseErrorKind::Unterminated),
                _ => return Err(ParseErrorKind::Control),
            }
        }
    }

    fn auth_params(&mut self) -> Result<AuthParams<'a>, ParseErrorKind> {
        let mut params = AuthParams::default();
        if !self.spaces() && !self.rest.is_empty() {
            return Err(ParseErrorKind::Space);
        }
        if self.element_ends() {
            self.take(ByteSet::SEPARATOR);
        }
        self.read_params(&mut params)?;
        Ok(params)
    }

    /// As many as there are, up to the end.
    fn read_params(&mut self, params: &mut AuthParams<'a>) -> Result<(), ParseErrorKind> {
        while !self.rest.is_empty() {
            params.push(self.auth_param()?)?;
            self.separators()?;
        }
        Ok(())
    }
}

/// How long the token68 is that `rest` begins with, if it does.
#[inline]
fn token68_length(rest: &[u8]) -> Option<usize> {
    let letters = ByteSet::TOKEN68.prefix_len(rest);
    let (_, behind) = rest.split_at(letters);
    let padding = behind.iter().take_while(|byte| **byte == b'=').count();
    (letters > 0).then_some(letters + padding)
}

/// Whether `OWS ( "," / end )` is next.
fn ends_element(rest: &[u8]) -> bool {
    let (_, behind) = rest.split_at(ByteSet::OWS.prefix_len(rest));
    matches!(behind, [] | [b',', ..])
}

/// Tokens and token68s are ASCII, so they are text and the default is never taken.
#[inline]
pub(super) fn ascii(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}
