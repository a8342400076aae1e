//! Values that are new with every answer, such as an id or a nonce, are compared by their form:
//! which words are the same each time, and how long the others are and of what characters.

use std::collections::{BTreeMap, BTreeSet};

use super::aspect::Aspect;

/// With fewer characters, that one side lacks a class of them is chance: with this many on the one
/// side and none of as many on the other, it is in less than one of a million.
const ENOUGH: usize = 32;

/// Where words end.
#[derive(Clone, Copy, Debug)]
enum Tokenizer {
    /// At everything but letters, digits, `-` and `_`.
    Fine,
    /// Not at what base64, paths and fractions have in them, either.
    Coarse,
}

impl Tokenizer {
    fn is_word(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || match self {
                Self::Fine => b"-_".contains(&byte),
                Self::Coarse => b"-_+/=.~".contains(&byte),
            }
    }

    /// Words and what is between them.
    fn tokens(self, value: &[u8]) -> Vec<&[u8]> {
        value.chunk_by(|one, next| self.is_word(*one) == self.is_word(*next)).collect()
    }

    /// The tokens of all values, if each has as many, and words where the others have words.
    fn columns<'a>(self, values: &[&'a [u8]]) -> Option<Vec<Vec<&'a [u8]>>> {
        let rows: Vec<_> = values.iter().map(|value| self.tokens(value)).collect();
        let first = rows.first()?;
        let starts_with_word = |row: &[&[u8]]| row.first().is_some_and(|it| self.is_word(it[0]));
        let alike = |row: &Vec<&[u8]>| {
            row.len() == first.len() && starts_with_word(row) == starts_with_word(first)
        };
        let columns = |at| rows.iter().map(|row| row[at]).collect();
        rows.iter().all(alike).then(|| (0..first.len()).map(columns).collect())
    }
}

/// What is known of a word that is new with every answer.
#[derive(Clone, Debug)]
struct Word {
    lengths: [usize; 2],
    /// What all of them begin with.
    start: Vec<u8>,
    classes: [usize; CLASSES],
    /// How far they are apart within one series, if all are numbers. Numbers may be counters or
    /// times, so it does not matter how large they are.
    spread: Option<u128>,
}

impl Word {
    fn of(words: &[&[u8]]) -> Self {
        let lengths = || words.iter().map(|word| word.len());
        Self {
            lengths: [lengths().min().unwrap_or(0), lengths().max().unwrap_or(0)],
            start: common_start(words).to_vec(),
            classes: classes(words),
            spread: numbers(words).map(|[least, most]| most - least),
        }
    }

    /// What is known from two series.
    fn merge(&mut self, other: &Self) {
        self.lengths =
            [self.lengths[0].min(other.lengths[0]), self.lengths[1].max(other.lengths[1])];
        self.start = common_start(&[&self.start, &other.start]).to_vec();
        self.classes.iter_mut().zip(other.classes).for_each(|(own, more)| *own += more);
        self.spread = self.spread.zip(other.spread).map(|(own, more)| own.max(more));
    }

    /// Whether this may be one of them.
    fn admits(&self, word: &[u8]) -> bool {
        let [least, most] = self.lengths;
        let room = most - least;
        let length = (least.saturating_sub(room)..=most + room).contains(&word.len());
        length && word.starts_with(&self.start) && self.lacks_nothing(&classes(&[word]))
    }

    /// Whether these characters are of the classes that were seen, as far as enough were seen.
    fn lacks_nothing(&self, more: &[usize; CLASSES]) -> bool {
        let seen: usize = self.classes.iter().sum();
        let is_known = |(own, more): (&usize, &usize)| *more == 0 || *own > 0;
        seen < 2 * ENOUGH || self.classes.iter().zip(more).all(is_known)
    }

    /// Whether two of one moment may differ as these do.
    fn allows(&self, one: &[u8], other: &[u8]) -> bool {
        match (self.spread, number(one), number(other)) {
            (Some(spread), Some(one), Some(other)) => one.abs_diff(other) <= 2 * spread,
            (Some(_), ..) => false,
            (None, ..) => self.admits(one) && self.admits(other),
        }
    }
}

const CLASSES: usize = 6;

/// How many characters there are of each class.
fn classes(words: &[&[u8]]) -> [usize; CLASSES] {
    let mut counts = [0; CLASSES];
    for byte in words.iter().copied().flatten() {
        let class = match byte {
            b'0'..=b'9' => 0,
            b'a'..=b'f' => 1,
            b'g'..=b'z' => 2,
            b'A'..=b'F' => 3,
            b'G'..=b'Z' => 4,
            _ => 5,
        };
        counts[class] += 1;
    }
    counts
}

fn number(word: &[u8]) -> Option<u128> {
    str::from_utf8(word).ok().filter(|it| it.bytes().all(|it| it.is_ascii_digit()))?.parse().ok()
}

/// The least and the greatest, if all are numbers.
fn numbers(words: &[&[u8]]) -> Option<[u128; 2]> {
    let numbers: Vec<_> = words.iter().map(|word| number(word)).collect::<Option<_>>()?;
    Some([*numbers.iter().min()?, *numbers.iter().max()?])
}

fn common_start<'a>(words: &[&'a [u8]]) -> &'a [u8] {
    let Some((first, others)) = words.split_first() else { return b"" };
    let shared = |other: &&[u8]| first.iter().zip(*other).take_while(|(one, it)| one == it).count();
    &first[..others.iter().map(shared).min().unwrap_or(first.len())]
}

/// What two series of values differ in, if their forms do: an example of either.
pub(super) fn difference(concealed: &[&[u8]], missing: &[&[u8]]) -> Option<[Vec<u8>; 2]> {
    let all = [concealed, missing].concat();
    if all.iter().any(|value| is_blob(value)) {
        let lengths = [concealed, missing].map(|series| series.iter().map(|value| value.len()));
        let [own, others] = lengths.map(|lengths| lengths.collect::<Vec<_>>());
        let near = |own: &usize| others.iter().any(|other| own.abs_diff(*other) <= room(*other));
        return (!own.iter().any(near)).then(|| [concealed[0].to_vec(), missing[0].to_vec()]);
    }
    let some = |one: &[u8], other: &[u8]| Some([one.to_vec(), other.to_vec()]);
    for tokenizer in [Tokenizer::Fine, Tokenizer::Coarse] {
        if let Some(columns) = tokenizer.columns(&all) {
            let split = |column: &Vec<&[u8]>| {
                let (concealed, missing) = column.split_at(concealed.len());
                words_differ(concealed, missing)
                    .then(|| [concealed[0].to_vec(), missing[0].to_vec()])
            };
            return columns.iter().find_map(split);
        }
        if tokenizer.columns(concealed).is_some() && tokenizer.columns(missing).is_some() {
            return some(concealed[0], missing[0]);
        }
    }
    // No words that could be compared one by one.
    let lengths = |series: &[&[u8]]| {
        let lengths = || series.iter().map(|value| value.len());
        lengths().min().unwrap_or(0)..=lengths().max().unwrap_or(0)
    };
    let (own, others) = (lengths(concealed), lengths(missing));
    let spread = own.end() < others.start() || others.end() < own.start();
    (spread || starts_differ(concealed, missing))
        .then(|| [concealed[0].to_vec(), missing[0].to_vec()])
}

fn starts_differ(concealed: &[&[u8]], missing: &[&[u8]]) -> bool {
    let (own, others) = (common_start(concealed), common_start(missing));
    !own.starts_with(others) && !others.starts_with(own)
}

fn words_differ(concealed: &[&[u8]], missing: &[&[u8]]) -> bool {
    let set = |words: &[&[u8]]| words.iter().map(|word| word.to_vec()).collect::<BTreeSet<_>>();
    let (own, others) = (set(concealed), set(missing));
    if !own.is_disjoint(&others) {
        return false;
    }
    if own.len() == 1 || others.len() == 1 {
        return true;
    }
    let (one, other) = (Word::of(concealed), Word::of(missing));
    let lengths = |words: &BTreeSet<Vec<u8>>| words.iter().map(Vec::len).collect::<BTreeSet<_>>();
    let lacking = |(own, others): (&usize, &usize)| {
        (*own >= ENOUGH && *others == 0) || (*others >= ENOUGH && *own == 0)
    };
    lengths(&own).is_disjoint(&lengths(&others))
        || starts_differ(concealed, missing)
        || one.classes.iter().zip(&other.classes).any(lacking)
        || (one.spread.is_none() && places_differ(concealed, missing))
}

/// Whether there is a place where all of the one side have one character that hardly any of the other
/// side has.
fn places_differ(concealed: &[&[u8]], missing: &[&[u8]]) -> bool {
    let length = concealed[0].len();
    if concealed.iter().chain(missing).any(|word| word.len() != length) {
        return false;
    }
    let tells = |own: &[&[u8]], others: &[&[u8]], at: usize| {
        let first = own[0][at];
        let same = |words: &[&[u8]]| words.iter().filter(|word| word[at] == first).count();
        same(own) == own.len() && same(others) * 6 <= others.len()
    };
    (0..length).any(|at| tells(concealed, missing, at) || tells(missing, concealed, at))
}

/// What is known to be new with every answer, or with every path: by the aspect, and by the words
/// that stand in front of it.
#[derive(Debug, Default)]
pub(super) struct Forms {
    words: BTreeMap<(Aspect, Vec<u8>), Word>,
    /// Where there are values without words.
    blobs: BTreeSet<Aspect>,
}

impl Forms {
    /// Remembers what differs within a series.
    pub(super) fn learn(&mut self, aspect: &Aspect, series: &[&[u8]]) {
        let has_words = !series.iter().any(|value| is_blob(value));
        for tokenizer in [Tokenizer::Fine, Tokenizer::Coarse].into_iter().filter(|_| has_words) {
            let Some(columns) = tokenizer.columns(series) else { continue };
            for (at, column) in columns.iter().enumerate() {
                if column.iter().all(|word| *word == column[0]) {
                    continue;
                }
                let constant =
                    |at: usize| columns.get(at).filter(|it| it.iter().all(|word| *word == it[0]));
                let place = place(at, |at| constant(at).map(|column| column[0]));
                let word = Word::of(column);
                let known = self.words.entry((aspect.clone(), place));
                known.and_modify(|known| known.merge(&word)).or_insert(word);
            }
            return;
        }
        self.blobs.insert(aspect.clone());
    }

    /// Whether two values differ only in what is known to be new each time.
    pub(super) fn explain(&self, aspect: &Aspect, one: &[u8], other: &[u8]) -> bool {
        if is_blob(one) && is_blob(other) {
            let near = one.len().abs_diff(other.len()) <= room(one.len());
            return near && self.blobs.contains(aspect);
        }
        for tokenizer in [Tokenizer::Fine, Tokenizer::Coarse] {
            let Some(columns) = tokenizer.columns(&[one, other]) else { continue };
            let same = |at: usize| columns.get(at).filter(|it| it[0] == it[1]).map(|it| it[0]);
            let is_known = |at: usize| {
                // The words in front may be the same by chance.
                let places = [
                    place(at, same),
                    place(at, |before| same(before).filter(|_| before + 2 != at)),
                ];
                let mut known =
                    places.into_iter().map(|place| self.words.get(&(aspect.clone(), place)));
                known.any(|word| word.is_some_and(|it| it.allows(columns[at][0], columns[at][1])))
            };
            if (0..columns.len()).all(|at| same(at).is_some() || is_known(at)) {
                return true;
            }
        }
        false
    }
}

/// Whether it has no words: what is compressed, or encrypted.
fn is_blob(value: &[u8]) -> bool {
    str::from_utf8(value).is_err()
}

/// How much longer or shorter one of two such values may be: how far a name can be compressed
/// depends on its letters.
const fn room(length: usize) -> usize {
    16 + length / 8
}

/// Whether the value has the form of the series, whose values are new with every path.
pub(super) fn fits(value: &[u8], series: &[&[u8]]) -> bool {
    if series.iter().any(|value| is_blob(value)) {
        let near = |other: &&[u8]| value.len().abs_diff(other.len()) <= room(other.len());
        return is_blob(value) && series.iter().any(near);
    }
    for tokenizer in [Tokenizer::Fine, Tokenizer::Coarse] {
        let Some(columns) = tokenizer.columns(series) else { continue };
        let own = tokenizer.tokens(value);
        let fits = |(column, own): (&Vec<&[u8]>, &&[u8])| {
            let word = Word::of(column);
            let near = match (numbers(column), number(own)) {
                (Some([least, most]), Some(own)) => {
                    (least.saturating_sub(most - least)..=most + (most - least)).contains(&own)
                }
                _ => true,
            };
            column.contains(own)
                || (near && column.iter().any(|it| *it != column[0]) && word.admits(own))
        };
        return own.len() == columns.len() && columns.iter().zip(&own).all(fits);
    }
    let lengths = || series.iter().map(|value| value.len());
    let (least, most) = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
    let room = (most - least).max(2);
    (least.saturating_sub(room)..=most + room).contains(&value.len())
        && value.starts_with(common_start(series))
}

/// The words in front of a place, as far as they are the same.
fn place<'a>(at: usize, same: impl Fn(usize) -> Option<&'a [u8]>) -> Vec<u8> {
    let before = |back: usize| match at.checked_sub(back) {
        Some(at) => same(at).unwrap_or(b"*"),
        None => b"^",
    };
    [before(2), before(1)].concat()
}

#[cfg(test)]
mod tests;
