//! [`ReturnOrigins`]: the origins to which a login on another host may return.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::request::Parts;
use http::uri::Authority;

use crate::original_target::OriginalTarget;

/// A scheme, a host and a port, as browsers write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// `https://notes.example`, or `http://notes.example:8080`.
    text: Box<str>,
    scheme_length: usize,
    host_length: usize,
    port: u16,
}

/// The error for a text that is not an origin. The application has configured it, so it is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an origin: write it as browsers do in `Origin`, such as `https://notes.example` or \
     `http://notes.example:8080`; lower-case, without a path, a user or the scheme's own port, \
     international names as `xn--…`"
)]
pub struct InvalidOrigin(String);

/// The origins to which a login on another host may return: those that the application answers for.
///
/// Both ends need the list: the application, so that it never sends a return address from a forged
/// `Host` ([`LoginPage::at_origin`](crate::LoginPage::at_origin)); and the login service, so that it
/// redirects to no other site ([`ReturnAddress::parse`](crate::login::ReturnAddress::parse)).
///
/// ```
/// use portcullis::login::ReturnOrigins;
///
/// let origins = ReturnOrigins::new(["https://notes.example", "https://wiki.example:8443"])?;
/// # Ok::<(), portcullis::login::InvalidOrigin>(())
/// ```
///
/// An origin is an exact scheme, host and port. There are no wildcards: under one, a stranger who can
/// register a host would get the returning users, and what the login adds to the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnOrigins(Box<[Origin]>);

impl ReturnOrigins {
    /// Creates the list. If two origins differ only in their schemes, the first is preferred where a
    /// request does not tell its scheme.
    ///
    /// # Errors
    ///
    /// [`InvalidOrigin`] if a text is not an origin in the form in which browsers write it.
    pub fn new<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidOrigin> {
        origins.into_iter().map(Origin::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Splits an address into its origin, if that is in the list, and the rest.
    pub(super) fn strip<'a>(&self, address: &'a str) -> Option<(&str, &'a str)> {
        self.0.iter().find_map(|Origin { text, .. }| {
            let rest = address.strip_prefix(&**text)?;
            // The origin ends here, and not in the middle of a longer host, of a port or of a user.
            (rest.is_empty() || rest.starts_with('/')).then_some((&**text, rest))
        })
    }

    /// Returns the origin of this request, if it is in the list.
    pub(super) fn of_request(&self, request: &Parts) -> Option<&Origin> {
        let authority = authority(request)?;
        let is_named = |origin: &&Origin| origin.is_at(&authority);
        // Behind a server that ends TLS, the scheme of the request is not the client's.
        let scheme = OriginalTarget::of(request).scheme_str();
        let has_scheme = |origin: &&Origin| Some(origin.scheme()) == scheme;
        let mut both = self.0.iter().filter(is_named).filter(has_scheme);
        both.next().or_else(|| self.0.iter().find(is_named))
    }
}

/// Returns the host and port that the client has used, unless a user is before them.
pub(super) fn authority(request: &Parts) -> Option<Authority> {
    OriginalTarget::authority(request).filter(|authority| !authority.as_str().contains('@'))
}

impl Origin {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        Self::read(text).ok_or_else(|| InvalidOrigin(text.to_owned()))
    }

    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let default_port = default_port(scheme)?;
        let (host, port) = match rest.strip_prefix('[') {
            Some(address) => {
                let length = address.find(']')? + 2;
                (&rest[..length], &rest[length..])
            }
            None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => default_port,
            None => return None,
            Some(digits) => {
                let port: u16 = digits.parse().ok()?;
                let is_canonical = digits == port.to_string() && port != 0;
                (is_canonical && port != default_port).then_some(port)?
            }
        };
        is_host(host).then(|| Self {
            text: text.into(),
            scheme_length: scheme.len(),
            host_length: host.len(),
            port,
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    fn scheme(&self) -> &str {
        &self.text[..self.scheme_length]
    }

    fn host(&self) -> &str {
        let start = self.scheme_length + "://".len();
        &self.text[start..start + self.host_length]
    }

    /// Whether a client that uses this origin sends this host and port.
    pub(super) fn is_at(&self, authority: &Authority) -> bool {
        let port = match authority.as_str().rsplit_once(':') {
            Some((_, digits)) if !digits.ends_with(']') => authority.port_u16(),
            _ => default_port(self.scheme()),
        };
        port == Some(self.port) && authority.host().eq_ignore_ascii_case(self.host())
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Whether this is a host as browsers write it: a lower-case name, or an address in its shortest form.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        // With an IPv4 address in it, browsers write it otherwise.
        return !address.contains('.')
            && address.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address);
    }
    let is_in_name =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_in_name);
    // Browsers take a name whose last label is a number for an IPv4 address, `0x7f` too.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|first: char| first.is_ascii_digit())
        && (last.bytes().all(|byte| byte.is_ascii_digit())
            || last.strip_prefix("0x").is_some_and(|hex| {
                hex.bytes().all(|byte| byte.is_ascii_hexdigit()) //
            }));
    if is_number {
        return host.parse::<Ipv4Addr>().is_ok_and(|parsed| parsed.to_string() == host);
    }
    host.len() <= 253 && host.split('.').all(is_label)
}
