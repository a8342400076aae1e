//! How often a property of a value shows, and its words in a report.

use std::fmt;

/// A property of a value.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Property {
    /// The value is present.
    Present,
    /// It is these bytes.
    Value(Vec<u8>),
    /// It contains this word.
    Word(Vec<u8>),
    /// It has this many bytes.
    Length(usize),
}

/// How often a property shows.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Frequency {
    pub(super) property: Property,
    /// For [`Property::Present`]: the value, if it is always the same.
    pub(super) value: Option<Vec<u8>>,
    /// In how many responses on concealed, and on missing.
    pub(super) times: [usize; 2],
    /// The number of responses on each side.
    pub(super) of: usize,
}

/// "is present in 52 of 1088 responses on concealed, in 0 on missing".
impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &[u8]| String::from_utf8_lossy(value).escape_debug().to_string();
        match &self.property {
            Property::Present => match &self.value {
                Some(value) => write!(f, "is present (`{}`)", text(value))?,
                None => f.write_str("is present")?,
            },
            Property::Value(value) => write!(f, "is `{}`", text(value))?,
            Property::Word(word) => write!(f, "contains `{}`", text(word))?,
            Property::Length(length) => write!(f, "is {length} bytes long")?,
        }
        let [concealed, missing] = self.times;
        write!(f, " in {concealed} of {} responses on concealed, in {missing} on missing", self.of)
    }
}
