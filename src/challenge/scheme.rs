//! Names of auth-schemes, and what depends on the name alone.
//!
//! A scheme may be any token. These constants are the names of the [IANA registry].
//!
//! [IANA registry]: https://www.iana.org/assignments/http-authschemes

/// `Basic`, RFC 7617.
pub const BASIC: &str = "Basic";
/// `Bearer`, RFC 6750.
pub const BEARER: &str = "Bearer";
/// `Concealed`, RFC 9729.
pub const CONCEALED: &str = "Concealed";
/// `Digest`, RFC 7616.
pub const DIGEST: &str = "Digest";
/// `DPoP`, RFC 9449 §7.1.
pub const DPOP: &str = "DPoP";
/// `GNAP`, RFC 9635 §7.2.
pub const GNAP: &str = "GNAP";
/// `HOBA`, RFC 7486 §3.
pub const HOBA: &str = "HOBA";
/// `Mutual`, RFC 8120.
pub const MUTUAL: &str = "Mutual";
/// `Negotiate`, RFC 4559 §3.
pub const NEGOTIATE: &str = "Negotiate";
/// `OAuth`, RFC 5849 §3.5.1.
pub const OAUTH: &str = "OAuth";
/// `PrivateToken`, RFC 9577 §2.
pub const PRIVATE_TOKEN: &str = "PrivateToken";
/// `SCRAM-SHA-1`, RFC 7804.
pub const SCRAM_SHA_1: &str = "SCRAM-SHA-1";
/// `SCRAM-SHA-256`, RFC 7804.
pub const SCRAM_SHA_256: &str = "SCRAM-SHA-256";
/// `vapid`, RFC 8292 §3.
pub const VAPID: &str = "vapid";

/// The registered spelling of `scheme`, if it is registered.
pub(crate) fn registered(scheme: &str) -> Option<&'static str> {
    [
        BASIC,
        BEARER,
        CONCEALED,
        DIGEST,
        DPOP,
        GNAP,
        HOBA,
        MUTUAL,
        NEGOTIATE,
        OAUTH,
        PRIVATE_TOKEN,
        SCRAM_SHA_1,
        SCRAM_SHA_256,
        VAPID,
    ]
    .into_iter()
    .find(|name| name.eq_ignore_ascii_case(scheme))
}

/// Whether browsers open a dialog for user and password on the challenge in this header line.
pub(crate) fn opens_dialog(line: &[u8]) -> bool {
    let scheme = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    [BASIC, DIGEST].iter().any(|name| name.as_bytes().eq_ignore_ascii_case(scheme))
}

/// Whether challenges of `scheme` carry the `error` codes of RFC 6750 §3.1.
pub(super) fn takes_oauth_error(scheme: &str) -> bool {
    [BEARER, DPOP].iter().any(|name| name.eq_ignore_ascii_case(scheme))
}
