//! [`Challenges`], one or more.

use std::{iter, slice, vec};

use super::parser;
use super::{Challenge, ParseError, ParseErrorKind};

/// The challenges of one response, in the server's order of preference: at least one, because a 401
/// must have one (RFC 9110 §15.5.2).
///
/// ```
/// use portcullis::challenge::{Challenge, Challenges};
///
/// let challenges = Challenges::new(Challenge::bearer("api")?)
///     .and(Challenge::basic("api")?)
///     .and(Challenge::bearer("api")?); // ignored: an equal one is there
/// assert_eq!(challenges.len(), 2);
/// # Ok::<_, portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Challenges {
    first: Challenge,
    rest: Vec<Challenge>,
}

#[expect(clippy::len_without_is_empty, reason = "there is always one")]
impl Challenges {
    /// One challenge.
    pub fn new(first: Challenge) -> Self {
        Self { first, rest: Vec::new() }
    }

    /// Appends `next`, unless an equal challenge is already there.
    #[must_use]
    pub fn and(mut self, next: Challenge) -> Self {
        self.extend([next]);
        self
    }

    /// The challenge that is sent first.
    pub fn first(&self) -> &Challenge {
        &self.first
    }

    /// How many there are: one or more.
    pub fn len(&self) -> usize {
        1 + self.rest.len()
    }

    /// All of them, in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(iter::once(&self.first).chain(&self.rest))
    }

    /// Applies `change` to each challenge.
    #[must_use]
    pub fn map(self, mut change: impl FnMut(Challenge) -> Challenge) -> Self {
        Self { first: change(self.first), rest: self.rest.into_iter().map(change).collect() }
    }

    /// The challenges for which `keep` returns true, or `None` if there are none.
    pub fn filter(self, mut keep: impl FnMut(&Challenge) -> bool) -> Option<Self> {
        let mut kept = self.into_iter().filter(|challenge| keep(challenge));
        Some(Self { first: kept.next()?, rest: kept.collect() })
    }

    /// Reads all lines of a `WWW-Authenticate` or `Proxy-Authenticate` header. Each line may have
    /// several challenges: RFC 9110 §11.6.1. The [module](super) says what is accepted.
    ///
    /// The lines are read as if they were joined by commas (RFC 9110 §5.3).
    ///
    /// ```
    /// use portcullis::challenge::Challenges;
    ///
    /// let challenges = Challenges::parse([r#"Negotiate, Basic realm="a", charset="UTF-8""#])?;
    /// let schemes: Vec<_> = challenges.iter().map(|challenge| challenge.scheme()).collect();
    /// assert_eq!(schemes, ["Negotiate", "Basic"]);
    /// # Ok::<_, portcullis::challenge::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The lines do not match the grammar, or have no challenge.
    pub fn parse<'a, T>(lines: impl IntoIterator<Item = &'a T>) -> Result<Self, ParseError>
    where
        T: AsRef<[u8]> + ?Sized + 'a,
    {
        let error = |kind| ParseError { kind, line: 0, position: 0 };
        let mut challenges = parser::challenges(lines)?.into_iter().map(|parts| {
            // The parser accepts no byte that a header value may not have, so this does not fail.
            Challenge::new(parts.into_owned()).map_err(|_| error(ParseErrorKind::Control))
        });
        let first = challenges.next().ok_or(error(ParseErrorKind::Empty))??;
        Ok(Self { first, rest: challenges.collect::<Result<_, _>>()? })
    }
}

impl From<Challenge> for Challenges {
    fn from(challenge: Challenge) -> Self {
        Self::new(challenge)
    }
}

/// Appends every challenge that is not yet there.
impl Extend<Challenge> for Challenges {
    fn extend<I: IntoIterator<Item = Challenge>>(&mut self, challenges: I) {
        for challenge in challenges {
            if !self.iter().any(|known| *known == challenge) {
                self.rest.push(challenge);
            }
        }
    }
}

/// Iterates over [`Challenges`] by reference.
#[derive(Clone, Debug)]
pub struct Iter<'a>(iter::Chain<iter::Once<&'a Challenge>, slice::Iter<'a, Challenge>>);

/// Iterates over [`Challenges`] by value.
#[derive(Clone, Debug)]
pub struct IntoIter(iter::Chain<iter::Once<Challenge>, vec::IntoIter<Challenge>>);

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Challenge;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl Iterator for IntoIter {
    type Item = Challenge;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<'a> IntoIterator for &'a Challenges {
    type Item = &'a Challenge;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Challenges {
    type Item = Challenge;
    type IntoIter = IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        IntoIter(iter::once(self.first).chain(self.rest))
    }
}
