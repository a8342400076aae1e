//! [`Hidden`]: what the diagnosis of a request does not show.

use axum::http::Request;
use axum::http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use super::diagnosis::{is_fault, is_harmless};

/// The shortest secret, in bytes. Shorter ones are in every text.
const SHORTEST: usize = 4;

/// Base64 as any client writes it, once its padding is removed.
static BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

/// What the hidden headers and the query of a request consist of: keys, tokens, parameters, user and password,
/// cookies.
#[derive(Default)]
pub struct Hidden(Vec<String>);

impl Hidden {
    pub fn of(request: &Request<()>) -> Self {
        let mut found = Self::default();
        for (name, value) in request.headers().iter().filter(|(name, _)| !is_harmless(name)) {
            let line = String::from_utf8_lossy(value.as_bytes());
            let credentials = match *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION {
                true => line.split_once(' ').map_or(&*line, |(_, credentials)| credentials),
                false => &line,
            };
            found.add_line(credentials.trim());
            if *name == COOKIE {
                found.add_signed(&line);
            }
        }
        let query = request.uri().query().unwrap_or_default();
        for pair in query.split('&').filter(|pair| !is_fault(pair)) {
            found.add(pair.split_once('=').map_or(pair, |(_, value)| value));
        }
        found
    }

    /// Whether one of them is in the text, or may be, since the text has escapes.
    pub fn are_in(&self, text: &str) -> bool {
        let may_have_escapes =
            text.contains(['%', '\\']) || (text.contains('&') && text.contains(';'));
        (may_have_escapes && !self.0.is_empty())
            || self.0.iter().any(|secret| text.contains(secret.as_str()))
    }

    fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let decoded = percent_decoded(secret);
        if decoded != secret {
            self.0.push(decoded);
        }
        self.0.push(secret.to_owned());
    }

    /// Adds a line of credentials as a whole, and its parts.
    fn add_line(&mut self, line: &str) {
        self.add(line);
        let token = line.trim_end_matches('=').replace('-', "+").replace('_', "/");
        if let Ok(login) = BASE64.decode(token) {
            let login = String::from_utf8_lossy(&login);
            login.split(':').for_each(|part| self.add(part));
        }
        for part in line.split([',', ';', ' ', '&', '?', '#']) {
            let (name, value) = part.split_once('=').unwrap_or_default();
            // The `uri` of Digest is that of the request.
            if name != "uri" {
                self.add(part);
                self.add(value.trim_matches('"'));
            }
        }
    }

    /// Adds what identifies a session, of cookies that have a signature behind it: `s:ID.SIGNATURE`.
    fn add_signed(&mut self, cookies: &str) {
        percent_decoded(cookies).split([';', '=', ':', '.']).for_each(|part| self.add(part.trim()));
    }
}

/// The text with its percent-encoded bytes decoded (RFC 3986 §2.1).
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
