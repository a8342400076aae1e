//! Extension members of problem details (RFC 9457 §3.2).

use std::borrow::Cow;
use std::fmt;

/// The name of an extension member: ASCII letters, digits and `_`, beginning with a letter, at most 64
/// of them, and none of the names that RFC 9457 defines (`type`, `title`, `status`, `detail`,
/// `instance`).
///
/// ```
/// use portcullis::respond::MemberName;
///
/// const BALANCE: MemberName = MemberName::from_static("balance");
///
/// assert!(MemberName::new("status").is_err());
/// assert!(MemberName::new("balance\":0,\"x").is_err());
/// # let _ = BALANCE;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemberName(&'static str);

/// The text is not the name of an extension member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` cannot name a member of problem details: use at most 64 ASCII letters, digits and `_`, \
     begin with a letter, and avoid type, title, status, detail and instance"
)]
pub struct InvalidMemberName {
    name: &'static str,
}

impl MemberName {
    /// A name, checked when the program runs.
    ///
    /// # Errors
    ///
    /// [`InvalidMemberName`] for a name that is not as described above.
    pub const fn new(name: &'static str) -> Result<Self, InvalidMemberName> {
        if is_member_name(name) { Ok(Self(name)) } else { Err(InvalidMemberName { name }) }
    }

    /// A name, checked when the program is compiled: write `const NAME: MemberName =
    /// MemberName::from_static("name")`.
    ///
    /// # Panics
    ///
    /// If the name is not as described above. In a `const` the compiler reports it.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(
            is_member_name(name),
            "a member's name has at most 64 ASCII letters, digits and `_`, begins with a letter, and \
             is not one of type, title, status, detail and instance"
        );
        Self(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

const fn is_member_name(name: &str) -> bool {
    let name = name.as_bytes();
    if name.is_empty() || name.len() > 64 || !name[0].is_ascii_alphabetic() {
        return false;
    }
    let mut index = 0;
    while index < name.len() {
        if !name[index].is_ascii_alphanumeric() && name[index] != b'_' {
            return false;
        }
        index += 1;
    }
    !matches!(name, b"type" | b"title" | b"status" | b"detail" | b"instance")
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The value of an extension member, made of a string, a number, a `bool`, or several strings.
///
/// ```
/// use portcullis::respond::MemberValue;
///
/// let values: [MemberValue; 5] =
///     ["text".into(), 30.into(), 0.5.into(), true.into(), ["/account/12", "/account/67"].into()];
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MemberValue(pub(crate) MemberKind);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MemberKind {
    Integer(i128),
    Float(f64),
    Bool(bool),
    String(Cow<'static, str>),
    Strings(Vec<Cow<'static, str>>),
}

macro_rules! from {
    ($kind:ident: $($type:ty),*) => {$(
        impl From<$type> for MemberValue {
            fn from(value: $type) -> Self {
                Self(MemberKind::$kind(value.into()))
            }
        }
    )*};
}

from!(Integer: i8, i16, i32, i64, u8, u16, u32, u64);
from!(Bool: bool);
from!(String: &'static str, String, Cow<'static, str>);

/// A number that JSON does not have, such as `f64::NAN`, becomes `null`.
impl From<f64> for MemberValue {
    fn from(value: f64) -> Self {
        Self(MemberKind::Float(value))
    }
}

impl From<usize> for MemberValue {
    fn from(value: usize) -> Self {
        Self(MemberKind::Integer(value as i128))
    }
}

impl<T: Into<Cow<'static, str>>> From<Vec<T>> for MemberValue {
    fn from(values: Vec<T>) -> Self {
        Self(MemberKind::Strings(values.into_iter().map(Into::into).collect()))
    }
}

impl<T: Into<Cow<'static, str>>, const N: usize> From<[T; N]> for MemberValue {
    fn from(values: [T; N]) -> Self {
        Self(MemberKind::Strings(values.into_iter().map(Into::into).collect()))
    }
}

/// Extension members, in the order in which they were added, each name once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MemberList(Vec<(MemberName, MemberValue)>);

impl MemberList {
    pub(crate) const EMPTY: Self = Self(Vec::new());

    /// Adds a member, or replaces the one with this name.
    pub(crate) fn set(&mut self, name: MemberName, value: MemberValue) {
        match self.0.iter_mut().find(|(found, _)| *found == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (MemberName, &MemberValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// These members, with `others` added; of two with the same name the other one is kept.
    pub(crate) fn with_all(&self, others: &Self) -> Self {
        let mut all = self.clone();
        for (name, value) in &others.0 {
            all.set(*name, value.clone());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f01_names_of_members_are_checked() {
        for name in ["a", "balance", "retry_after_2", "Plan", "types"] {
            assert_eq!(MemberName::new(name).map(MemberName::as_str), Ok(name));
        }
        let long = "x".repeat(65).leak();
        for name in [
            "", "2", "_a", "a b", "a-b", "a\"", "a\\", "é", "a.b", "a\0", "type", "title",
            "status", "detail", "instance", long,
        ] {
            assert_eq!(MemberName::new(name), Err(InvalidMemberName { name }), "{name}");
        }
        assert!(MemberName::new(&long[1..]).is_ok());
    }
}
