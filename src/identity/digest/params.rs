//! What was sent: the parameters of RFC 7616 §3.4, held to their form.

use super::account::Name;
use super::hex::{self, Hex};
use super::{DigestAlgorithm, ext_value};
use crate::challenge::{AuthParams, Credentials, ParseErrorKind, scheme};
use crate::denial::Unauthenticated;

/// The parameters of the Digest credentials in a field, if there are such.
///
/// A parameter that occurs twice contradicts itself (H03); other breaches of the grammar are
/// malformed (A04).
pub(super) fn params(field: &[u8]) -> Result<AuthParams<'_>, Unauthenticated> {
    let credentials = Credentials::of(scheme::DIGEST, field)
        .filter(|credentials| !credentials.is_bare())
        .ok_or(Unauthenticated::missing())?;
    credentials.params().map_err(|error| match error.kind() {
        ParseErrorKind::Duplicate => invalid_request("a parameter occurs twice"),
        _ => Unauthenticated::malformed().with_source(error),
    })
}

/// Credentials in which every parameter is there that must be, and has its form. Whether they are
/// right for this stage and this request is another question.
///
/// Whether a value stood in quotes makes no difference: of those that must not (`algorithm`,
/// `qop`, `nc`) widely used clients quote the first two or all.
pub(super) struct DigestParams<'a> {
    pub(super) name: Name,
    pub(super) realm: &'a [u8],
    pub(super) nonce: &'a [u8],
    pub(super) uri: &'a str,
    /// MD5, where it was not sent: RFC 7616 §3.3. `None` if it is none that we know.
    pub(super) algorithm: Option<DigestAlgorithm>,
    /// In lower case. It has the length of its algorithm's hash, where we know that.
    pub(super) response: Hex,
    pub(super) cnonce: &'a str,
    /// As it was sent, because it is hashed so.
    pub(super) nc: &'a [u8],
    pub(super) count: u32,
    pub(super) qop: &'a [u8],
    pub(super) opaque: Option<&'a [u8]>,
}

impl<'a> DigestParams<'a> {
    pub(super) fn read(params: &'a AuthParams<'_>) -> Result<Self, Unauthenticated> {
        let needed = |name: &'static str| {
            let missing = || Unauthenticated::invalid_request().with_source(Missing(name));
            params.get(name).ok_or_else(missing)
        };
        let realm = needed("realm")?;
        let nonce = needed("nonce")?;
        let uri = text(needed("uri")?)?;
        let response = needed("response")?;
        let cnonce = text(needed("cnonce")?)?;
        let nc = needed("nc")?;
        let qop = needed("qop")?;
        let [a, b, c, d] = hex::decode(nc).ok_or(Unauthenticated::malformed())?;
        let algorithm = match params.get("algorithm") {
            Some(name) => DigestAlgorithm::named(name),
            None => Some(DigestAlgorithm::Md5),
        };
        let digits = algorithm.map_or(response.len(), |algorithm| algorithm.hash().digits());
        let response = hex::lower_case(response, digits).ok_or(Unauthenticated::malformed())?;
        Ok(Self {
            name: name(params, digits)?,
            realm,
            nonce,
            uri,
            algorithm,
            response,
            cnonce,
            nc,
            count: u32::from_be_bytes([a, b, c, d]),
            qop,
            opaque: params.get("opaque"),
        })
    }
}

/// `username`, hashed or not, or `username*`: one of them.
fn name(params: &AuthParams<'_>, digits: usize) -> Result<Name, Unauthenticated> {
    let hashed = match params.get("userhash") {
        None => false,
        Some(flag) if flag.eq_ignore_ascii_case(b"false") => false,
        Some(flag) if flag.eq_ignore_ascii_case(b"true") => true,
        Some(_) => return Err(Unauthenticated::malformed()),
    };
    let name = match (params.get("username"), params.get("username*")) {
        (None, None) => return Err(invalid_request("neither username nor username*")),
        (Some(_), Some(_)) => return Err(invalid_request("username and username*")),
        (None, Some(_)) if hashed => return Err(invalid_request("username* and userhash")),
        (Some(hash), None) if hashed => {
            let hash = hex::lower_case(hash, digits).ok_or(Unauthenticated::malformed())?;
            return Ok(Name::Hashed(hash));
        }
        (Some(name), None) => String::from_utf8(name.to_vec()).ok(),
        (None, Some(name)) => ext_value::decode(name),
    };
    match name {
        Some(name) if !name.chars().any(char::is_control) => Ok(Name::Plain(name)),
        _ => Err(Unauthenticated::malformed()),
    }
}

/// Printable ASCII.
fn text(value: &[u8]) -> Result<&str, Unauthenticated> {
    let printable = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let text = str::from_utf8(value).ok().filter(|_| printable);
    text.ok_or(Unauthenticated::malformed())
}

pub(super) fn invalid_request(why: &'static str) -> Unauthenticated {
    Unauthenticated::invalid_request().with_source(why)
}

/// For the operators.
#[derive(Debug, thiserror::Error)]
#[error("the parameter {0} is missing")]
struct Missing(&'static str);
