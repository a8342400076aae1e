//! Values that counters have as labels and spans as attributes.

use std::borrow::Cow;

use super::CredentialScheme;

/// The scheme of credentials that the stage does not offer.
const OTHER: &str = "other";

/// Whether the caller is known.
pub(crate) const fn caller(is_anonymous: bool) -> &'static str {
    if is_anonymous { "anonymous" } else { "known" }
}

impl<'a> CredentialScheme<'a> {
    /// The scheme in lower case; `None` for a request without credentials.
    ///
    /// An application may offer a scheme called `none` or `other`. No scheme has a colon in its name
    /// (RFC 9110 §11.1), so its value is not that of a request without credentials, or with others.
    pub(crate) fn label(self) -> Option<Cow<'a, str>> {
        let Self::Offered(name) = self else {
            return (self == Self::Other).then_some(Cow::Borrowed(OTHER));
        };
        let is_reserved = ["none", OTHER].iter().any(|it| name.eq_ignore_ascii_case(it));
        let has_upper_case = name.bytes().any(|byte| byte.is_ascii_uppercase());
        Some(match (is_reserved, has_upper_case) {
            (true, _) => format!("offered:{}", name.to_ascii_lowercase()).into(),
            (false, true) => name.to_ascii_lowercase().into(),
            (false, false) => name.into(),
        })
    }
}
