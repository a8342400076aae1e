//! [`Notes`]: what could not be read.

/// The most notes. A text that is something else has many lines that are no headers.
const MAX: usize = 8;

/// What could not be read: each note once, and not more than a person reads.
#[derive(Default)]
pub(super) struct Notes {
    texts: Vec<String>,
    /// How many were left out.
    more: usize,
}

impl Notes {
    pub(super) fn add(&mut self, note: String) {
        if self.texts.contains(&note) {
            return;
        }
        match self.texts.len() < MAX {
            true => self.texts.push(note),
            false => self.more += 1,
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        other.texts.into_iter().for_each(|note| self.add(note));
        self.more += other.more;
    }

    pub(super) fn into_vec(mut self) -> Vec<String> {
        if self.more > 0 {
            self.texts.push(format!("and {} more such lines were not judged", self.more));
        }
        self.texts
    }
}
