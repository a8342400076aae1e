//! The two paths that are compared.

/// A concealed path and a missing one, whose responses must not differ.
pub(super) struct Pair {
    pub(super) concealed: String,
    pub(super) missing: String,
}
