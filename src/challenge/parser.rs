//! Reads challenges and parameters, byte by byte, in linear time.

use std::borrow::Cow;
use std::ops::Range;

use super::byte_set::{ByteSet, is_token68};
use super::params::{AuthParam, AuthParams, Quoting, RawChallenge};
use super::{ParseError, ParseErrorKind};

/// `#challenge`, over all lines of a header, read as if joined by commas (RFC 9110 §5.3).
pub(super) fn challenges<'a, T>(
    lines: impl IntoIterator<Item = &'a T>,
) -> Result<Vec<RawChallenge<'a>>, ParseError>
where
    T: AsRef<[u8]> + ?Sized + 'a,
{
    let mut reader = ChallengeReader::new(Vec::new());
    for (line, value) in lines.into_iter().enumerate() {
        let error = |(kind, position)| ParseError { kind, line, position };
        reader.read_line(value.as_ref()).map_err(error)?;
    }
    Ok(reader.sink)
}

/// `[ 1*SP #auth-param ]`, after the auth-scheme of credentials.
pub(super) fn auth_params(
    scheme_length: usize,
    after_scheme: &[u8],
) -> Result<AuthParams<'_>, ParseError> {
    let mut scanner = Scanner::new(after_scheme);
    scanner.auth_params().map_err(|kind| ParseError {
        kind,
        line: 0,
        position: scheme_length + scanner.position(),
    })
}

/// `#auth-param`, over all lines of a header.
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

/// Whether there is only OWS.
#[inline]
pub(super) fn is_blank(after_scheme: &[u8]) -> bool {
    ByteSet::OWS.prefix_len(after_scheme) == after_scheme.len()
}

/// `1*SP token68 OWS`, and no more, after the auth-scheme of credentials.
#[inline]
pub(super) fn only_token68(after_scheme: &[u8]) -> Option<&str> {
    let rest = after_scheme.strip_prefix(b" ")?;
    // Nearly all tokens come without padding and without more white space.
    if is_token68(rest) { Some(ascii(rest)) } else { padded_token68(rest) }
}

/// What stands between the spaces after the auth-scheme and the white space at the end.
pub(super) fn only_word(after_scheme: &[u8]) -> Option<&[u8]> {
    Some(trimmed(after_scheme.strip_prefix(b" ")?))
}

fn trimmed(mut rest: &[u8]) -> &[u8] {
    while let [b' ', after @ ..] = rest {
        rest = after;
    }
    while let [before @ .., b' ' | b'\t'] = rest {
        rest = before;
    }
    rest
}

fn padded_token68(rest: &[u8]) -> Option<&str> {
    // Strip white space and `=` signs from the end: the rest must have bytes of one set only.
    let rest = trimmed(rest);
    let mut digits = rest;
    while let [before @ .., b'='] = digits {
        digits = before;
    }
    is_token68(digits).then(|| ascii(rest))
}

/// Splits a value after its auth-scheme.
#[inline]
pub(super) fn scheme(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let (scheme, rest) = value.split_at(ByteSet::TCHAR.prefix_len(value));
    (!scheme.is_empty()).then_some((scheme, rest))
}

/// What gets the parts of challenges in order, each with its bytes in the line.
pub(super) trait ChallengeSink<'a> {
    /// The next challenge begins.
    fn challenge(&mut self, scheme: &'a str, bytes: Range<usize>);

    /// The token68 of the challenge that began last.
    fn token68(&mut self, token68: &'a str, bytes: Range<usize>);

    /// A parameter of the challenge that began last.
    fn param(&mut self, param: AuthParam<'a>, bytes: Range<usize>) -> Result<(), ParseErrorKind>;
}

impl<'a> ChallengeSink<'a> for Vec<RawChallenge<'a>> {
    fn challenge(&mut self, scheme: &'a str, _: Range<usize>) {
        self.push(RawChallenge::new(scheme));
    }

    fn token68(&mut self, token68: &'a str, _: Range<usize>) {
        if let Some(last) = self.last_mut() {
            last.token68 = Some(Cow::Borrowed(token68));
        }
    }

    fn param(&mut self, param: AuthParam<'a>, _: Range<usize>) -> Result<(), ParseErrorKind> {
        self.last_mut().map_or(Ok(()), |last| last.params.push(param))
    }
}

/// Reads lines of challenges; the last challenge may still get parameters.
///
/// A comma separates challenges *and* parameters. The token after it decides: it names a parameter if
/// `=` follows and the last challenge takes parameters, else it is the next auth-scheme.
pub(super) struct ChallengeReader<S> {
    pub(super) sink: S,
    /// Whether there is a challenge, and the last one takes parameters: a space and no token68 followed
    /// its scheme. (`Basic , realm="x"` has a realm, and `Basic, realm="x"` is an error.)
    pub(super) open: bool,
    /// Where the element that is being read begins in its line.
    pub(super) element: usize,
}

impl<'a, S: ChallengeSink<'a>> ChallengeReader<S> {
    pub(super) fn new(sink: S) -> Self {
        Self { sink, open: false, element: 0 }
    }

    /// The error is what is wrong, and the byte of the line where reading stopped.
    pub(super) fn read_line(&mut self, line: &'a [u8]) -> Result<(), (ParseErrorKind, usize)> {
        let mut scanner = Scanner::new(line);
        self.read_elements(&mut scanner).map_err(|kind| (kind, scanner.position()))
    }

    fn read_elements(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ParseErrorKind> {
        scanner.take(ByteSet::SEPARATOR);
        while !scanner.rest.is_empty() {
            self.element = scanner.position();
            self.read_element(scanner)?;
            scanner.separators()?;
        }
        Ok(())
    }

    fn read_element(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ParseErrorKind> {
        let token = scanner.token()?;
        if self.open && scanner.equals() {
            let param = scanner.value_of(token)?;
            return self.sink.param(param, self.element..scanner.position());
        }

        self.sink.challenge(token, self.element..scanner.position());
        self.open = scanner.spaces();
        if self.open && !scanner.element_ends() {
            let start = scanner.position();
            if let Some(token68) = scanner.token68() {
                self.sink.token68(token68, start..scanner.position());
                self.open = false;
            } else {
                let param = scanner.auth_param()?;
                self.sink.param(param, start..scanner.position())?;
            }
        }
        Ok(())
    }
}

/// The rest of a line that is being read.
struct Scanner<'a> {
    rest: &'a [u8],
    /// The length of the whole line, to compute positions.
    length: usize,
}

impl<'a> Scanner<'a> {
    /// Removes OWS at the end, which is not part of a value (RFC 9110 §5.5). At the beginning it is
    /// read as a separator.
    fn new(line: &'a [u8]) -> Self {
        let end =
            line.iter().rposition(|byte| !ByteSet::OWS.contains(*byte)).map_or(0, |last| last + 1);
        Self { rest: &line[..end], length: end }
    }

    fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Takes all bytes of the set that come next.
    fn take(&mut self, set: ByteSet) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(set.prefix_len(self.rest));
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

    /// Whether this element ends here: `OWS ( "," / end )` is next.
    fn element_ends(&self) -> bool {
        ends_element(self.rest)
    }

    /// `OWS ( "," / end )`, and all empty elements after it (RFC 9110 §5.6.1.2).
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

    /// `token68`, if that is the whole element. `qop=` is one and `qop=auth` is a parameter, so it
    /// depends on what follows.
    fn token68(&mut self) -> Option<&'a str> {
        let (token68, rest) = self.rest.split_at(token68_length(self.rest)?);
        ends_element(rest).then(|| {
            self.rest = rest;
            ascii(token68)
        })
    }

    /// `BWS "=" BWS`, if it is there.
    fn equals(&mut self) -> bool {
        let (_, after) = self.rest.split_at(ByteSet::OWS.prefix_len(self.rest));
        let [b'=', rest @ ..] = after else {
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
        let (value, quoting) = if let [b'"', rest @ ..] = self.rest {
            self.rest = rest;
            (self.quoted()?, Quoting::Quoted)
        } else {
            match self.take(ByteSet::TCHAR) {
                [] => return Err(ParseErrorKind::Value),
                token => (Cow::Borrowed(token), Quoting::Token),
            }
        };
        Ok(AuthParam { name: Cow::Borrowed(name), value, quoting })
    }

    /// The rest of a `quoted-string` after its opening quote, unescaped.
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

    /// All parameters up to the end.
    fn read_params(&mut self, params: &mut AuthParams<'a>) -> Result<(), ParseErrorKind> {
        while !self.rest.is_empty() {
            params.push(self.auth_param()?)?;
            self.separators()?;
        }
        Ok(())
    }
}

/// The length of the token68 at the beginning of `rest`, if there is one.
#[inline]
fn token68_length(rest: &[u8]) -> Option<usize> {
    let letters = ByteSet::TOKEN68.prefix_len(rest);
    let (_, after) = rest.split_at(letters);
    let padding = after.iter().take_while(|byte| **byte == b'=').count();
    (letters > 0).then_some(letters + padding)
}

/// Whether `OWS ( "," / end )` is next.
fn ends_element(rest: &[u8]) -> bool {
    let (_, after) = rest.split_at(ByteSet::OWS.prefix_len(rest));
    matches!(after, [] | [b',', ..])
}

/// Tokens and token68s are ASCII, so this never returns the default.
#[inline]
pub(super) fn ascii(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}
