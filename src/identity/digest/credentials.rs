//! The credentials of a request: parsing their parameters (RFC 7616 §3.4), and comparing their
//! `uri` with the request target.

use http::header::HOST;
use http::request::Parts;
use http::uri::{Authority, Scheme};
use http::{Method, Uri};

use super::DigestAlgorithm;
use super::account::Name;
use super::hash::{Hex, decode_hex, parse_hex};
use crate::challenge::{AuthParams, Credentials, ParseErrorKind, scheme};
use crate::denial::Unauthenticated;
use crate::original_target::OriginalTarget;
use crate::percent;

/// Parses the parameters of the Digest credentials in a header value.
///
/// # Errors
///
/// Missing if there are no Digest credentials, an invalid request if a parameter occurs twice
/// (H03), and malformed for any other violation of the grammar (A04).
pub(super) fn params(value: &[u8]) -> Result<AuthParams<'_>, Unauthenticated> {
    let credentials = Credentials::of(scheme::DIGEST, value)
        .filter(|credentials| !credentials.is_bare())
        .ok_or(Unauthenticated::missing())?;
    credentials.params().map_err(|error| match error.kind() {
        ParseErrorKind::Duplicate => invalid_request("a parameter occurs twice"),
        _ => Unauthenticated::malformed().with_source(error),
    })
}

/// Credentials with all required parameters, each well-formed. They are not yet compared with the
/// challenge and the request.
///
/// Quotes around a value are ignored: widely used clients quote `algorithm` and `qop`, or `nc` too,
/// although the RFC forbids it.
pub(super) struct DigestCredentials<'a> {
    pub(super) name: Name,
    pub(super) realm: &'a [u8],
    pub(super) nonce: &'a [u8],
    pub(super) uri: &'a str,
    /// MD5 if it was not sent (RFC 7616 §3.3). `None` for an unknown algorithm.
    pub(super) algorithm: Option<DigestAlgorithm>,
    /// In lower case, and as long as a hash value of the algorithm if that is known.
    pub(super) response: Hex,
    pub(super) cnonce: &'a str,
    /// As it was sent, because that is what the client hashed.
    pub(super) nc: &'a [u8],
    pub(super) count: u32,
    pub(super) qop: &'a [u8],
    pub(super) opaque: Option<&'a [u8]>,
}

impl<'a> DigestCredentials<'a> {
    pub(super) fn from_params(params: &'a AuthParams<'_>) -> Result<Self, Unauthenticated> {
        let required = |name: &'static str| {
            let missing = || Unauthenticated::invalid_request().with_source(MissingParam(name));
            params.get(name).ok_or_else(missing)
        };
        let realm = required("realm")?;
        let nonce = required("nonce")?;
        // A target has no other characters (RFC 9112 §3.2), so that the client has to correct it.
        let uri = text(required("uri")?).map_err(|_| invalid_request("the uri is not ASCII"))?;
        let response = required("response")?;
        let cnonce = text(required("cnonce")?)?;
        let nc = required("nc")?;
        let qop = required("qop")?;
        let [a, b, c, d] = decode_hex(nc).ok_or(Unauthenticated::malformed())?;
        let algorithm = match params.get("algorithm") {
            Some(name) => DigestAlgorithm::named(name),
            None => Some(DigestAlgorithm::Md5),
        };
        let digits = algorithm.map_or(response.len(), |algorithm| algorithm.hash().digits());
        let response = parse_hex(response, digits).ok_or(Unauthenticated::malformed())?;
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

/// Reads the user's name, which is in exactly one of `username` (hashed or not) and `username*`.
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
            let hash = parse_hex(hash, digits).ok_or(Unauthenticated::malformed())?;
            return Ok(Name::Hashed(hash));
        }
        (Some(name), None) => String::from_utf8(name.to_vec()).ok(),
        (None, Some(name)) => decode_ext_value(name),
    };
    match name {
        Some(name) if !name.chars().any(char::is_control) => Ok(Name::Plain(name)),
        _ => Err(Unauthenticated::malformed()),
    }
}

/// Reads a value of printable ASCII.
fn text(value: &[u8]) -> Result<&str, Unauthenticated> {
    let printable = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let text = str::from_utf8(value).ok().filter(|_| printable);
    text.ok_or(Unauthenticated::malformed())
}

pub(super) fn invalid_request(why: &'static str) -> Unauthenticated {
    Unauthenticated::invalid_request().with_source(why)
}

/// The private source of a denial.
#[derive(Debug, thiserror::Error)]
#[error("the parameter {0} is missing")]
struct MissingParam(&'static str);

// ==== ext-value ====

/// Decodes an `ext-value` (RFC 8187), the value of a parameter whose name ends in `*`:
/// `UTF-8'language'percent-encoded`. `None` if it is malformed, not UTF-8, or of another charset
/// (RFC 8187 §3.2 allows only this one).
fn decode_ext_value(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let (charset, language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let is_tag = language.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    if !charset.eq_ignore_ascii_case(b"UTF-8") || !is_tag {
        return None;
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    loop {
        match rest {
            [] => return String::from_utf8(bytes).ok(),
            [b'%', high, low, behind @ ..] => {
                bytes.push(percent::byte(*high, *low)?);
                rest = behind;
            }
            [byte, behind @ ..] if is_attr_char(*byte) => {
                bytes.push(*byte);
                rest = behind;
            }
            _ => return None,
        }
    }
}

/// Whether this is an `attr-char`, which is not percent-encoded (RFC 8187 §3.2.1).
fn is_attr_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte)
}

// ==== request target ====

/// Whether the `uri` of the credentials is the original target of this request (RFC 7616 §3.4.6).
///
/// The form of the request target depends on the route: a client sends the absolute form to a
/// proxy, which forwards the origin form; HTTP/2 has no request line. So path and query must be
/// equal, byte for byte. If `uri` has a scheme and an authority, those must be equal too.
pub(super) fn is_target(uri: &str, request: &Parts) -> bool {
    let target = OriginalTarget::of(request);
    if uri == "*" {
        return request.method == Method::OPTIONS && target.path() == "*";
    }
    if is_authority_form(target) {
        let named = target.authority().map(Authority::as_str);
        return named.is_some_and(|named| named.eq_ignore_ascii_case(uri));
    }
    if uri.starts_with('/') {
        return uri == path_and_query(target);
    }
    let Ok(absolute) = uri.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (absolute.scheme(), absolute.authority()) else {
        return false;
    };
    let same_scheme = match target.scheme() {
        Some(target) => target == scheme,
        // Only these schemes have an origin form (RFC 9110 §4.2).
        None => *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS,
    };
    same_scheme
        && path_and_query(&absolute) == path_and_query(target)
        && is_host(authority, scheme, request)
}

/// Whether this is the target of `CONNECT`: only the authority form has no path. The extended
/// `CONNECT` of HTTP/2 has one (RFC 8441).
fn is_authority_form(target: &Uri) -> bool {
    target.path_and_query().is_none()
}

fn path_and_query(uri: &Uri) -> String {
    match uri.query() {
        // `path` returns `/` for an empty path before a query (RFC 9110 §4.2.3).
        Some(query) => format!("{}?{query}", uri.path()),
        None => uri.path().to_owned(),
    }
}

/// Whether the request is for this host. Without `Host` and authority, every host matches.
fn is_host(expected: &Authority, scheme: &Scheme, request: &Parts) -> bool {
    let Some(host) = OriginalTarget::authority(request) else {
        return !request.headers.contains_key(HOST);
    };
    let default_port = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let port = |authority: &Authority| authority.port_u16().or(default_port);
    expected.host().eq_ignore_ascii_case(host.host()) && port(expected) == port(&host)
}

#[cfg(test)]
mod tests {
    use super::decode_ext_value as decode;

    #[test]
    fn decodes_the_examples_of_the_rfcs() {
        let mufasa = decode(b"UTF-8''J%C3%A4s%C3%B8n%20Doe");
        assert_eq!(mufasa.as_deref(), Some("J\u{e4}s\u{f8}n Doe"));
        assert_eq!(decode(b"utf-8'en'%c2%a3%20rates").as_deref(), Some("\u{a3} rates"));
        assert_eq!(decode(b"UTF-8''").as_deref(), Some(""));
    }

    #[test]
    fn refuses_other_forms() {
        let refused: [&[u8]; 11] = [
            b"",
            b"alice",
            b"UTF-8'alice",
            b"ISO-8859-1''%E4",
            b"''alice",
            b"UTF-8'e n'alice",
            b"UTF-8''a b",
            b"UTF-8''a'b",
            b"UTF-8''%",
            b"UTF-8''%e4",
            b"UTF-8''%zz",
        ];
        for value in refused {
            assert_eq!(decode(value), None, "{}", value.escape_ascii());
        }
    }
}
