//! Compares values that are new in every response, such as an id or a nonce, by their form: which words
//! are constant, and the lengths and characters of the others.

use std::collections::{BTreeMap, BTreeSet};

use super::aspect::Aspect;

/// With fewer characters, one side may lack a class of them by chance. With this many of the class on
/// the one side and none on the other, that happens in less than one case of a million.
const MIN_CHARACTERS: usize = 32;

/// Splits a value into words.
#[derive(Clone, Copy, Debug)]
enum Tokenizer {
    /// Words consist of letters, digits, `-` and `_`.
    Fine,
    /// Words also contain the other characters of base64, paths and fractions.
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

    /// The words and the separators between them.
    fn tokens(self, value: &[u8]) -> Vec<&[u8]> {
        value.chunk_by(|byte, next| self.is_word(*byte) == self.is_word(*next)).collect()
    }

    /// The tokens of all values by place, if all have the same number of tokens, with words in the same
    /// places.
    fn columns<'a>(self, values: &[&'a [u8]]) -> Option<Vec<Vec<&'a [u8]>>> {
        let rows: Vec<_> = values.iter().map(|value| self.tokens(value)).collect();
        let first = rows.first()?;
        let starts_with_word =
            |row: &[&[u8]]| row.first().is_some_and(|token| self.is_word(token[0]));
        let alike = |row: &Vec<&[u8]>| {
            row.len() == first.len() && starts_with_word(row) == starts_with_word(first)
        };
        let columns = |at| rows.iter().map(|row| row[at]).collect();
        rows.iter().all(alike).then(|| (0..first.len()).map(columns).collect())
    }
}

/// The form of a word that is new in every response.
#[derive(Clone, Debug)]
struct Word {
    lengths: [usize; 2],
    /// The common prefix.
    prefix: Vec<u8>,
    classes: [usize; CLASSES],
    /// The range of the values within one series, if all are numbers. Numbers may be counters or times,
    /// so their size does not matter.
    spread: Option<u128>,
}

impl Word {
    fn of(words: &[&[u8]]) -> Self {
        let lengths = || words.iter().map(|word| word.len());
        Self {
            lengths: [lengths().min().unwrap_or(0), lengths().max().unwrap_or(0)],
            prefix: common_prefix(words).to_vec(),
            classes: classes(words),
            spread: numbers(words).map(|[least, most]| most - least),
        }
    }

    /// Extends the form by that of another series.
    fn merge(&mut self, other: &Self) {
        self.lengths =
            [self.lengths[0].min(other.lengths[0]), self.lengths[1].max(other.lengths[1])];
        self.prefix = common_prefix(&[&self.prefix, &other.prefix]).to_vec();
        self.classes.iter_mut().zip(other.classes).for_each(|(own, more)| *own += more);
        self.spread = self.spread.zip(other.spread).map(|(own, more)| own.max(more));
    }

    /// Whether the word has this form.
    fn admits(&self, word: &[u8]) -> bool {
        let [least, most] = self.lengths;
        let margin = most - least;
        let length = (least.saturating_sub(margin)..=most + margin).contains(&word.len());
        length && word.starts_with(&self.prefix) && self.has_known_classes(&classes(&[word]))
    }

    /// Whether these characters belong to the classes that were seen, if enough characters were seen.
    fn has_known_classes(&self, more: &[usize; CLASSES]) -> bool {
        let seen: usize = self.classes.iter().sum();
        let is_known = |(own, more): (&usize, &usize)| *more == 0 || *own > 0;
        seen < 2 * MIN_CHARACTERS || self.classes.iter().zip(more).all(is_known)
    }

    /// Whether two words of one moment may differ in this way.
    fn allows(&self, concealed: &[u8], missing: &[u8]) -> bool {
        match (self.spread, number(concealed), number(missing)) {
            (Some(spread), Some(concealed), Some(missing)) => {
                concealed.abs_diff(missing) <= 2 * spread
            }
            (Some(_), ..) => false,
            (None, ..) => self.admits(concealed) && self.admits(missing),
        }
    }
}

const CLASSES: usize = 6;

/// The number of characters of each class.
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
    str::from_utf8(word)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?
        .parse()
        .ok()
}

/// The least and the greatest number, if all words are numbers.
fn numbers(words: &[&[u8]]) -> Option<[u128; 2]> {
    let numbers: Vec<_> = words.iter().map(|word| number(word)).collect::<Option<_>>()?;
    Some([*numbers.iter().min()?, *numbers.iter().max()?])
}

fn common_prefix<'a>(words: &[&'a [u8]]) -> &'a [u8] {
    let Some((first, others)) = words.split_first() else { return b"" };
    let shared =
        |other: &&[u8]| first.iter().zip(*other).take_while(|(left, right)| left == right).count();
    &first[..others.iter().map(shared).min().unwrap_or(first.len())]
}

/// An example from either series of values, if their forms differ.
pub(super) fn difference(concealed: &[&[u8]], missing: &[&[u8]]) -> Option<[Vec<u8>; 2]> {
    let all = [concealed, missing].concat();
    if all.iter().any(|value| is_blob(value)) {
        let lengths = [concealed, missing].map(|series| series.iter().map(|value| value.len()));
        let [own, others] = lengths.map(|lengths| lengths.collect::<Vec<_>>());
        let near = |own: &usize| {
            others.iter().any(|other| own.abs_diff(*other) <= length_tolerance(*other))
        };
        return (!own.iter().any(near)).then(|| [concealed[0].to_vec(), missing[0].to_vec()]);
    }
    let examples = || Some([concealed[0].to_vec(), missing[0].to_vec()]);
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
            return examples();
        }
    }
    // The words cannot be compared one by one.
    let lengths = |series: &[&[u8]]| {
        let lengths = || series.iter().map(|value| value.len());
        lengths().min().unwrap_or(0)..=lengths().max().unwrap_or(0)
    };
    let (own, others) = (lengths(concealed), lengths(missing));
    let disjoint = own.end() < others.start() || others.end() < own.start();
    (disjoint || prefixes_differ(concealed, missing))
        .then(|| [concealed[0].to_vec(), missing[0].to_vec()])
}

fn prefixes_differ(concealed: &[&[u8]], missing: &[&[u8]]) -> bool {
    let (own, others) = (common_prefix(concealed), common_prefix(missing));
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
    let forms = [Word::of(concealed), Word::of(missing)];
    let lengths = |words: &BTreeSet<Vec<u8>>| words.iter().map(Vec::len).collect::<BTreeSet<_>>();
    let lacking = |(own, others): (&usize, &usize)| {
        (*own >= MIN_CHARACTERS && *others == 0) || (*others >= MIN_CHARACTERS && *own == 0)
    };
    lengths(&own).is_disjoint(&lengths(&others))
        || prefixes_differ(concealed, missing)
        || forms[0].classes.iter().zip(&forms[1].classes).any(lacking)
        || (forms[0].spread.is_none() && characters_differ(concealed, missing))
}

/// Whether there is a place where all words of the one side have a character that hardly any word of the
/// other side has.
fn characters_differ(concealed: &[&[u8]], missing: &[&[u8]]) -> bool {
    let length = concealed[0].len();
    if concealed.iter().chain(missing).any(|word| word.len() != length) {
        return false;
    }
    let distinguishes = |own: &[&[u8]], others: &[&[u8]], at: usize| {
        let first = own[0][at];
        let same = |words: &[&[u8]]| words.iter().filter(|word| word[at] == first).count();
        same(own) == own.len() && same(others) * 6 <= others.len()
    };
    (0..length)
        .any(|at| distinguishes(concealed, missing, at) || distinguishes(missing, concealed, at))
}

/// The forms of values that are new in every response, or different for every path, by the aspect and
/// the words in front of each value.
#[derive(Debug, Default)]
pub(super) struct Forms {
    words: BTreeMap<(Aspect, Vec<u8>), Word>,
    /// The aspects with values without words.
    blobs: BTreeSet<Aspect>,
}

impl Forms {
    /// Learns which words differ within a series, and their forms.
    pub(super) fn learn(&mut self, aspect: &Aspect, series: &[&[u8]]) {
        let has_words = !series.iter().any(|value| is_blob(value));
        for tokenizer in [Tokenizer::Fine, Tokenizer::Coarse].into_iter().filter(|_| has_words) {
            let Some(columns) = tokenizer.columns(series) else { continue };
            for (at, column) in columns.iter().enumerate() {
                if column.iter().all(|word| *word == column[0]) {
                    continue;
                }
                let constant = |at: usize| {
                    columns.get(at).filter(|column| column.iter().all(|word| *word == column[0]))
                };
                let place = place(at, |at| constant(at).map(|column| column[0]));
                let word = Word::of(column);
                let known = self.words.entry((aspect.clone(), place));
                known.and_modify(|known| known.merge(&word)).or_insert(word);
            }
            return;
        }
        self.blobs.insert(aspect.clone());
    }

    /// Whether two values differ only in words that are known to be new each time.
    pub(super) fn explain(&self, aspect: &Aspect, concealed: &[u8], missing: &[u8]) -> bool {
        if is_blob(concealed) && is_blob(missing) {
            let near = concealed.len().abs_diff(missing.len()) <= length_tolerance(concealed.len());
            return near && self.blobs.contains(aspect);
        }
        for tokenizer in [Tokenizer::Fine, Tokenizer::Coarse] {
            let Some(columns) = tokenizer.columns(&[concealed, missing]) else { continue };
            let same =
                |at: usize| columns.get(at).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
            let is_known = |at: usize| {
                // The words in front may be equal by chance.
                let places = [
                    place(at, same),
                    place(at, |before| same(before).filter(|_| before + 2 != at)),
                ];
                let mut known =
                    places.into_iter().map(|place| self.words.get(&(aspect.clone(), place)));
                known.any(|word| {
                    word.is_some_and(|word| word.allows(columns[at][0], columns[at][1]))
                })
            };
            if (0..columns.len()).all(|at| same(at).is_some() || is_known(at)) {
                return true;
            }
        }
        false
    }
}

/// Whether the value has no words: it is compressed or encrypted.
fn is_blob(value: &[u8]) -> bool {
    str::from_utf8(value).is_err()
}

/// How much the lengths of two such values may differ: how well a name compresses depends on its
/// letters.
const fn length_tolerance(length: usize) -> usize {
    16 + length / 8
}

/// Whether the value has the form of the series, whose values are different for every path.
pub(super) fn fits(value: &[u8], series: &[&[u8]]) -> bool {
    if series.iter().any(|value| is_blob(value)) {
        let near =
            |other: &&[u8]| value.len().abs_diff(other.len()) <= length_tolerance(other.len());
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
                || (near && column.iter().any(|word| *word != column[0]) && word.admits(own))
        };
        return own.len() == columns.len() && columns.iter().zip(&own).all(fits);
    }
    let lengths = || series.iter().map(|value| value.len());
    let (least, most) = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
    let margin = (most - least).max(2);
    (least.saturating_sub(margin)..=most + margin).contains(&value.len())
        && value.starts_with(common_prefix(series))
}

/// The two tokens in front of a place, as far as they are constant.
fn place<'a>(at: usize, same: impl Fn(usize) -> Option<&'a [u8]>) -> Vec<u8> {
    let before = |back: usize| match at.checked_sub(back) {
        Some(at) => same(at).unwrap_or(b"*"),
        None => b"^",
    };
    [before(2), before(1)].concat()
}

#[cfg(test)]
mod tests;
