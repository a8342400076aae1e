//! [`Words`]: finds the first of several words in a text, in one pass.

use std::ops::Range;

pub(super) struct Words {
    words: &'static [&'static str],
    /// For each byte, whether a word begins with it.
    begins: [bool; 256],
}

impl Words {
    /// None of the words may be empty, or begin with other than ASCII.
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        let mut begins = [false; 256];
        let mut index = 0;
        while index < words.len() {
            begins[words[index].as_bytes()[0] as usize] = true;
            index += 1;
        }
        Self { words, begins }
    }

    /// The first place of the text where one of the words is.
    pub(super) fn find(&self, text: &str) -> Option<Range<usize>> {
        self.all(text).next()
    }

    /// The places of the text where one of the words is, in order.
    pub(super) fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let bytes = text.as_bytes();
        let starts = bytes.iter().enumerate().filter(|(_, byte)| self.begins[usize::from(**byte)]);
        starts.filter_map(move |(at, _)| {
            let word = self.words.iter().find(|word| bytes[at..].starts_with(word.as_bytes()))?;
            Some(at..at + word.len())
        })
    }
}
