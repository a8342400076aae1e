//! Challenges as they were written, for those who judge them: with the quotes that [`Challenge`](super::Challenge)
//! forgets, with the bytes that each part has in its line, and with the mistakes.

use std::ops::Range;

use http::HeaderValue;

use super::byte_set::ByteSet;
use super::params::{AuthParam, Quoting};
use super::parser::{ChallengeReader, ChallengeSink};
use super::{MAX_PARAMS, ParseErrorKind};

/// The most challenges that are kept, and the most errors.
const MAX: usize = 64;

/// What was read from all lines of a `WWW-Authenticate` or `Proxy-Authenticate` header.
///
/// The grammar is that of [`Challenges::parse`](super::Challenges::parse). But a line that breaks it does not
/// hide the other lines, and a parameter may occur twice. At most 64 challenges are kept, and at most
/// [`MAX_PARAMS`] parameters of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReceivedChallenges<'a> {
    pub(crate) list: Vec<ReceivedChallenge<'a>>,
    pub(crate) errors: Vec<ReceivedError>,
}

/// A challenge that was received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedChallenge<'a> {
    scheme: &'a str,
    token68: Option<&'a str>,
    params: Vec<ReceivedParam<'a>>,
    /// The line on which it begins, counted from 0.
    pub(crate) line: usize,
    /// Its bytes on this line.
    pub(crate) bytes: Range<usize>,
    /// Whether it may have parameters that were not read: an error follows it, or it has too many. So what
    /// seems to be missing in it may be there.
    pub(crate) is_cut: bool,
}

/// A parameter that was received.
#[derive(Clone)]
pub(crate) struct ReceivedParam<'a> {
    param: AuthParam<'a>,
    /// The line on which it is, counted from 0.
    pub(crate) line: usize,
    /// Its bytes on this line: name, `=`, and value with quotes.
    pub(crate) bytes: Range<usize>,
}

/// Where a line breaks the grammar. The rest of the line is not read.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedError {
    pub(crate) kind: ParseErrorKind,
    pub(crate) line: usize,
    /// The byte at which reading stopped, which is no space.
    pub(crate) position: usize,
    /// The bytes from the beginning of the element up to there, with the byte at which reading stopped.
    pub(crate) bytes: Range<usize>,
}

impl<'a> ReceivedChallenges<'a> {
    pub(crate) fn parse(lines: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let mut errors = Vec::new();
        let mut reader = ChallengeReader::new(Sink::default());
        for (line, value) in lines.into_iter().enumerate() {
            reader.sink.line = line;
            let value = value.as_bytes();
            if let Err((kind, position)) = reader.read_line(value) {
                // After a closed challenge, only what follows it without a comma can belong to it.
                match kind {
                    ParseErrorKind::Comma => reader.sink.cut_or_drop(),
                    _ if reader.open => reader.sink.cut(),
                    _ => {}
                }
                let after = value.get(position..).unwrap_or_default();
                let position = position + ByteSet::OWS.prefix_len(after);
                if errors.len() < MAX {
                    let bytes = reader.element..value.len().min(position + 1);
                    errors.push(ReceivedError { kind, line, position, bytes });
                }
            }
        }
        Self { list: reader.sink.list, errors }
    }
}

impl<'a> ReceivedChallenge<'a> {
    pub(crate) const fn scheme(&self) -> &'a str {
        self.scheme
    }

    pub(crate) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    pub(crate) const fn token68(&self) -> Option<&'a str> {
        self.token68
    }

    /// All parameters; a name may occur twice.
    pub(crate) fn params(&self) -> &[ReceivedParam<'a>] {
        &self.params
    }

    /// The first parameter of this name, compared without case.
    pub(crate) fn param(&self, name: &str) -> Option<&ReceivedParam<'a>> {
        self.params.iter().find(|param| param.is(name))
    }

    /// Whether a parameter of this name is certainly not there.
    pub(crate) fn lacks(&self, name: &str) -> bool {
        !self.is_cut && self.param(name).is_none()
    }
}

impl ReceivedParam<'_> {
    pub(crate) fn name(&self) -> &str {
        &self.param.name
    }

    /// The value without quotes and escapes.
    pub(crate) fn value(&self) -> &[u8] {
        &self.param.value
    }

    pub(crate) fn is_quoted(&self) -> bool {
        self.param.quoting == Quoting::Quoted
    }

    /// Whether this is its name, compared without case.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.param.is(name)
    }
}

impl std::fmt::Debug for ReceivedParam<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Gathers challenges from the lines.
#[derive(Default)]
struct Sink<'a> {
    list: Vec<ReceivedChallenge<'a>>,
    line: usize,
    /// Whether the challenge that is being read is one too many.
    is_full: bool,
}

impl<'a> Sink<'a> {
    fn last(&mut self) -> Option<&mut ReceivedChallenge<'a>> {
        if self.is_full { None } else { self.list.last_mut() }
    }

    fn cut(&mut self) {
        if let Some(last) = self.last() {
            last.is_cut = true;
        }
    }

    /// A token that nothing belongs to, and that no comma follows, is perhaps no scheme at all.
    fn cut_or_drop(&mut self) {
        let line = self.line;
        let is_word = |it: &mut ReceivedChallenge<'_>| {
            it.line == line && it.params.is_empty() && it.token68.is_none()
        };
        self.cut();
        if self.last().is_some_and(is_word) {
            self.list.pop();
        }
    }
}

impl<'a> ChallengeSink<'a> for Sink<'a> {
    fn challenge(&mut self, scheme: &'a str, bytes: Range<usize>) {
        self.is_full = self.list.len() == MAX;
        if !self.is_full {
            let (token68, params, line) = (None, Vec::new(), self.line);
            let is_cut = false;
            self.list.push(ReceivedChallenge { scheme, token68, params, line, bytes, is_cut });
        }
    }

    fn token68(&mut self, token68: &'a str, bytes: Range<usize>) {
        if let Some(last) = self.last() {
            last.token68 = Some(token68);
            last.bytes.end = bytes.end;
        }
    }

    fn param(&mut self, param: AuthParam<'a>, bytes: Range<usize>) -> Result<(), ParseErrorKind> {
        let line = self.line;
        match self.last() {
            Some(last) if last.params.len() < MAX_PARAMS => {
                if last.line == line {
                    last.bytes.end = bytes.end;
                }
                last.params.push(ReceivedParam { param, line, bytes });
            }
            Some(last) => last.is_cut = true,
            None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(lines: &'a [HeaderValue]) -> ReceivedChallenges<'a> {
        ReceivedChallenges::parse(lines)
    }

    fn lines<const N: usize>(lines: [&'static str; N]) -> [HeaderValue; N] {
        lines.map(HeaderValue::from_static)
    }

    #[test]
    fn each_part_has_its_bytes() {
        let lines = lines([
            r#" , Negotiate , Basic  realm = "a\"b" ,charset="UTF-8", Bearer abc== ,"#,
            r#"Digest qop="auth","#,
            r#"nonce=x"#,
        ]);
        let received = read(&lines);
        let bytes = |line: usize, bytes: &Range<usize>| {
            str::from_utf8(&lines[line].as_bytes()[bytes.clone()]).unwrap().to_owned()
        };
        let list: Vec<_> =
            received.list.iter().map(|it| (it.line, bytes(it.line, &it.bytes))).collect();
        assert_eq!(list[0], (0, "Negotiate".to_owned()));
        assert_eq!(list[1], (0, r#"Basic  realm = "a\"b" ,charset="UTF-8""#.to_owned()));
        assert_eq!(list[2], (0, "Bearer abc==".to_owned()));
        assert_eq!(list[3], (1, r#"Digest qop="auth""#.to_owned()));
        let params = |index: usize| -> Vec<_> {
            received.list[index].params.iter().map(|it| bytes(it.line, &it.bytes)).collect()
        };
        assert_eq!(params(1), [r#"realm = "a\"b""#, r#"charset="UTF-8""#]);
        assert_eq!(params(3), [r#"qop="auth""#, "nonce=x"]);
        assert_eq!(received.list[3].params[1].line, 2);
        assert!(received.errors.is_empty());
    }

    #[test]
    fn a_line_that_breaks_the_grammar_does_not_hide_the_others() {
        let lines = lines([
            "Basic",
            r#"Bearer realm="a", error"invalid_token""#,
            r#"scope="b""#,
            r#"Digest realm="c"#,
            "Negotiate",
        ]);
        let received = read(&lines);
        let schemes: Vec<_> = received.list.iter().map(|it| (it.scheme(), it.is_cut)).collect();
        let expected =
            [("Basic", false), ("Bearer", false), ("Digest", true), ("Negotiate", false)];
        assert_eq!(schemes, expected);
        let errors: Vec<_> =
            received.errors.iter().map(|it| (it.kind, it.line, it.position)).collect();
        assert_eq!(errors[0], (ParseErrorKind::Comma, 1, 23));
        assert_eq!(errors.last(), Some(&(ParseErrorKind::Unterminated, 3, 15)));
    }
}
