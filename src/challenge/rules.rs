//! Rules for challenges that are sent, beyond the grammar.

use super::byte_set::ByteSet;
use super::params::{AuthParam, Quoting, RawChallenge};
use super::{InvalidChallenge, scheme};

/// Text that clients mistake for a parameter if they search for it instead of parsing.
const LOOK_ALIKES: [&str; 3] = ["scope=", "error=", "resource_metadata="];

/// Parameters of Digest whose value senders must quote: RFC 7616 §3.3. `realm` is one of every scheme.
const DIGEST_QUOTED: [&str; 4] = ["domain", "nonce", "opaque", "qop"];

/// Parameters of Digest whose value senders must not quote: RFC 7616 §3.3.
const DIGEST_UNQUOTED: [&str; 2] = ["algorithm", "stale"];

/// Whether `text` can be an `error_description` as it is: RFC 6750 §3.
///
/// It has to be printable ASCII without `"` and `\`, not empty, and without text that careless clients
/// mistake for another parameter (`scope=`, `error=`, `resource_metadata=`). Replace a text from
/// outside that does not fit; do not repair it.
///
/// ```
/// use portcullis::challenge::fits_error_description;
///
/// assert!(fits_error_description("The access token expired"));
/// assert!(!fits_error_description("abgelaufen – bitte erneuern"));
/// assert!(!fits_error_description("try scope=admin"));
/// ```
pub fn fits_error_description(text: &str) -> bool {
    ByteSet::NQSCHAR.contains_all(text.as_bytes())
        && look_alike("error_description", text.as_bytes()).is_none()
}

/// Whether `text` is one scope (RFC 6749 §3.3), or one authentication context class
/// (RFC 9470 §3): printable ASCII without space, `"` and `\`, and not empty.
///
/// ```
/// use portcullis::challenge::is_scope_token;
///
/// assert!(is_scope_token("reports:read"));
/// assert!(!is_scope_token("reports read"));
/// ```
pub fn is_scope_token(text: &str) -> bool {
    is_nqchars(text.as_bytes())
}

/// Checks a challenge that has the general syntax before it is sent.
pub(super) fn check(parts: &RawChallenge<'_>) -> Result<(), InvalidChallenge> {
    for param in &parts.params.list {
        check_quoting(&parts.scheme, param)?;
        check_oauth(param)?;
        if let Some(found) = look_alike(&param.name, &param.value) {
            return Err(InvalidChallenge::LookAlike {
                name: param.name.clone().into_owned(),
                found,
            });
        }
    }
    let is = |name: &str| parts.scheme.eq_ignore_ascii_case(name);
    if is(scheme::BASIC) && parts.params.get("realm").is_none() {
        return Err(InvalidChallenge::MissingRealm);
    }
    if is(scheme::BEARER) && parts.params.is_empty() {
        return Err(InvalidChallenge::MissingParam);
    }
    Ok(())
}

fn check_quoting(scheme: &str, param: &AuthParam<'_>) -> Result<(), InvalidChallenge> {
    let digest = scheme.eq_ignore_ascii_case(scheme::DIGEST);
    let is_one_of = |names: &[&str]| names.iter().any(|name| param.is(name));
    let name = || param.name.clone().into_owned();
    match param.quoting {
        Quoting::Token if param.is("realm") || digest && is_one_of(&DIGEST_QUOTED) => {
            Err(InvalidChallenge::Unquoted { name: name() })
        }
        Quoting::Quoted if digest && is_one_of(&DIGEST_UNQUOTED) => {
            Err(InvalidChallenge::Quoted { name: name() })
        }
        Quoting::Token | Quoting::Quoted => Ok(()),
    }
}

/// Checks that OAuth parameters have only the characters that are allowed in them. None of those
/// needs an escape.
///
/// It does not depend on the scheme, because clients look for these names in any challenge.
fn check_oauth(param: &AuthParam<'_>) -> Result<(), InvalidChallenge> {
    type Rule = (&'static str, fn(&[u8]) -> bool, &'static str);
    const TEXT: &str = r#"printable ASCII without `"` and `\`"#;
    const LIST: &str = r#"a list of printable ASCII without `"` and `\`, divided by single spaces"#;
    const RULES: [Rule; 6] = [
        ("error", is_nqschars, TEXT),
        ("error_description", is_nqschars, TEXT),
        ("error_uri", is_nqchars, r#"a URI: printable ASCII without space, `"` and `\`"#),
        ("scope", is_scope_list, LIST),
        ("acr_values", is_scope_list, LIST),
        ("max_age", is_digits, "a number of seconds in digits"),
    ];
    match RULES.iter().find(|(name, ..)| param.is(name)) {
        Some((_, fits, expected)) if !fits(&param.value) => Err(InvalidChallenge::OAuthValue {
            name: param.name.clone().into_owned(),
            wanted: expected,
        }),
        _ => Ok(()),
    }
}

fn is_nqschars(value: &[u8]) -> bool {
    ByteSet::NQSCHAR.contains_all(value)
}

fn is_nqchars(value: &[u8]) -> bool {
    ByteSet::NQCHAR.contains_all(value)
}

fn is_scope_list(value: &[u8]) -> bool {
    value.split(|byte| *byte == b' ').all(is_nqchars)
}

fn is_digits(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_digit)
}

/// The text in the value of the parameter `name` that looks like another parameter.
fn look_alike(name: &str, value: &[u8]) -> Option<&'static str> {
    LOOK_ALIKES.into_iter().find(|look_alike| {
        let own = look_alike.trim_end_matches('=').eq_ignore_ascii_case(name);
        !own && value
            .windows(look_alike.len())
            .any(|window| window.eq_ignore_ascii_case(look_alike.as_bytes()))
    })
}
