//! The credentials of an exchange, read in one place for all that look for them.
//!
//! What hides credentials counts everything that may be one; what reports an echo counts only certain ones.

pub(crate) mod headers;
mod names;

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::header::{
    AUTHORIZATION, CONTENT_LOCATION, COOKIE, LOCATION, PROXY_AUTHORIZATION, REFERER, SET_COOKIE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::challenge::{Credentials, scheme};

use super::exchange::Sent;
use headers::Holds;

pub(super) use names::{calls_secret, may_be_secret, may_hold_secret};

/// A credential of a request or a response.
pub(super) struct Credential<'a> {
    /// The header that has it; `None` for the target.
    pub(super) header: Option<&'a HeaderName>,
    pub(super) part: Part<'a>,
    pub(super) bytes: Cow<'a, [u8]>,
}

/// What of a credential it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// What follows the scheme, or all of the line if that is without a scheme.
    Token,
    /// All parameters that follow the scheme. Some of them are no secrets.
    Params,
    /// One parameter that is a secret.
    Param,
    /// A user and a password, with a colon between them, as they were before they were encoded.
    Login,
    /// The value of a header that is for keys, or that is declared to be a credential
    /// ([`HeaderValue::is_sensitive`]).
    Key,
    /// The value of a cookie.
    Cookie { name: &'a [u8], is_declared: bool },
    /// A value that may be a key or a token, by the name of its header or its parameter.
    Perhaps,
}

/// The longest token that is decoded, in bytes.
const MAX_DECODED: usize = 64 * 1024;

/// Names of schemes that are in use and not registered.
const SCHEMES: [&str; 7] =
    ["ApiKey", "AWS4-HMAC-SHA256", "Hawk", "JWT", "Kerberos", "NTLM", "Token"];

/// Base64 as programs write it: with or without padding.
static BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// All that may be a credential in this request.
pub(super) fn of_request(sent: Sent<'_>) -> Vec<Credential<'_>> {
    let mut found = Found(Vec::new());
    let authority = sent.target.authority().map(http::uri::Authority::as_str);
    if let Some((user, _)) = authority.and_then(|it| it.rsplit_once('@')) {
        found.add(None, Part::Login, user.as_bytes());
    }
    sent.target.path().split(';').skip(1).for_each(|it| found.add_pairs(None, it));
    found.add_pairs(None, sent.target.query().unwrap_or_default());
    found.add_headers(sent.headers);
    found.0
}

/// All that may be a credential in the headers of this response.
pub(super) fn of_response(headers: &HeaderMap) -> Vec<Credential<'_>> {
    let mut found = Found(Vec::new());
    found.add_headers(headers);
    found.0
}

/// The headers of the request with the credentials of a user: `Authorization`, keys, cookies of sessions,
/// and what is declared to be one.
pub(super) fn credential_headers(headers: &HeaderMap) -> Vec<&HeaderName> {
    let is_own = |name: &&HeaderName| {
        let mut lines = headers.get_all(*name).iter();
        match **name {
            AUTHORIZATION | PROXY_AUTHORIZATION => true,
            COOKIE => lines.any(|line| {
                cookies(line.as_bytes())
                    .any(|(name, value)| is_of_session(name, value, line.is_sensitive()))
            }),
            _ => {
                headers::of_name(name) == Holds::Credential || lines.any(HeaderValue::is_sensitive)
            }
        }
    };
    let mut names: Vec<_> = headers.keys().filter(is_own).collect();
    names.sort_by_key(|name| (**name != AUTHORIZATION, **name == COOKIE));
    names
}

/// Whether a header of a request may hold a token, beside those that are made for credentials.
pub(super) fn may_hold_token(name: &HeaderName, value: &HeaderValue) -> bool {
    headers::of_name(name) != Holds::Nothing || value.is_sensitive()
}

/// Whether a cookie certainly is a credential: by its name, or because it is declared to be one and is as
/// long as one. HTTP/2 marks short cookies as well.
pub(super) fn is_of_session(name: &[u8], value: &[u8], is_declared: bool) -> bool {
    const SHORTEST: usize = 16;
    let is_declared = is_declared && value.len() >= SHORTEST && !names::is_against_forgery(name);
    (names::is_session(name) || is_declared) && !matches!(value, b"" | b"deleted")
}

/// The name and the value of each cookie of a line. What has no name is a value.
pub(super) fn cookies(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    line.split(|byte| *byte == b';').map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = equals.map_or((&b""[..], pair), |at| (&pair[..at], &pair[at + 1..]));
        (name.trim_ascii(), unquoted(value.trim_ascii()))
    })
}

/// Base64 or base64url, with or without padding; `None` if it is neither.
pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let standard = text.iter().map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => *byte,
    });
    BASE64.decode(standard.collect::<Vec<u8>>()).ok()
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(value)
}

struct Found<'a>(Vec<Credential<'a>>);

impl<'a> Found<'a> {
    fn add(
        &mut self,
        header: Option<&'a HeaderName>,
        part: Part<'a>,
        bytes: impl Into<Cow<'a, [u8]>>,
    ) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.0.push(Credential { header, part, bytes });
        }
    }

    fn add_headers(&mut self, headers: &'a HeaderMap) {
        for (name, value) in headers {
            let (header, bytes) = (Some(name), value.as_bytes());
            let is_declared = value.is_sensitive();
            match *name {
                AUTHORIZATION | PROXY_AUTHORIZATION => {
                    self.add_authorization(name, bytes.trim_ascii())
                }
                COOKIE => {
                    for (name, value) in cookies(bytes) {
                        self.add(header, Part::Cookie { name, is_declared }, value);
                    }
                }
                SET_COOKIE => {
                    if let Some((name, value)) = cookies(bytes).next() {
                        self.add(header, Part::Cookie { name, is_declared }, value);
                    }
                }
                _ if is_declared => self.add(header, Part::Key, bytes.trim_ascii()),
                LOCATION | CONTENT_LOCATION | REFERER => {
                    self.add_address(header, str::from_utf8(bytes).unwrap_or_default());
                }
                _ if is_info(name) => self.add_info(name, bytes),
                _ => match headers::of_name(name) {
                    Holds::Credential => self.add(header, Part::Key, bytes.trim_ascii()),
                    // A list, perhaps, of which some are names.
                    Holds::Perhaps => {
                        for item in bytes.split(|byte| matches!(byte, b',' | b' ' | b';')) {
                            self.add(header, Part::Perhaps, unquoted(item.trim_ascii()));
                        }
                    }
                    Holds::Nothing => {}
                },
            }
        }
    }

    fn add_address(&mut self, header: Option<&'a HeaderName>, address: &'a str) {
        let mut parts = address.split(['?', '#', ';']);
        let authority = parts.next().and_then(|it| it.split_once("//")).map_or("", |it| it.1);
        let authority = authority.split('/').next().unwrap_or_default();
        if let Some((user, _)) = authority.rsplit_once('@') {
            self.add(header, Part::Login, user.as_bytes());
        }
        for part in parts {
            self.add_pairs(header, part);
        }
    }

    /// Those parameters of a query, a fragment or a segment that are keys or tokens.
    fn add_pairs(&mut self, header: Option<&'a HeaderName>, query: &'a str) {
        for (_, value) in
            names::pairs(query).filter(|(name, value)| names::may_be_secret(name, value))
        {
            self.add(header, Part::Perhaps, value.as_bytes());
        }
    }

    fn add_authorization(&mut self, name: &'a HeaderName, value: &'a [u8]) {
        let header = Some(name);
        let sent = Credentials::parse(value);
        // What begins with a token and goes on with other than a space has no scheme, such as `dG9r==`.
        let rest = sent.map(|sent| &value[sent.scheme().len()..]);
        let (is_basic, token) = match (sent, rest) {
            (Some(sent), Some(b"")) if is_scheme(sent.scheme()) => return,
            (Some(sent), Some(rest @ [b' ', ..])) => {
                if sent.token68().is_none() && self.add_params(name, sent) {
                    return self.add(header, Part::Params, rest.trim_ascii());
                }
                (sent.is(scheme::BASIC), rest.trim_ascii())
            }
            _ => (false, value),
        };
        self.add(header, Part::Token, token);
        let login = Some(token).filter(|token| token.len() <= MAX_DECODED).and_then(decode_base64);
        let is_text = |login: &[u8]| {
            str::from_utf8(login).is_ok_and(|login| !login.contains(char::is_control))
        };
        if let Some(login) = login
            && login.contains(&b':')
            && (is_basic || is_text(&login))
        {
            self.add(header, Part::Login, login);
        }
    }

    /// Adds the parameters that are secrets; `false` if these credentials have no parameters.
    fn add_params(&mut self, name: &'a HeaderName, sent: Credentials<'_>) -> bool {
        let Ok(params) = sent.params() else { return false };
        for (_, value) in params.iter().filter(|(name, _)| names::is_secret_param(name)) {
            self.add(Some(name), Part::Param, value.to_vec());
        }
        true
    }

    fn add_info(&mut self, name: &'a HeaderName, value: &'a [u8]) {
        let as_credentials = [b"Info ", value].concat();
        if !Credentials::parse(&as_credentials).is_some_and(|info| self.add_params(name, info)) {
            self.add(Some(name), Part::Perhaps, value);
        }
    }
}

/// Whether a word is the name of a scheme, and no token.
fn is_scheme(word: &str) -> bool {
    scheme::registered(word).is_some() || SCHEMES.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// `Authentication-Info` and `Proxy-Authentication-Info`.
fn is_info(name: &HeaderName) -> bool {
    name.as_str().ends_with("authentication-info")
}
