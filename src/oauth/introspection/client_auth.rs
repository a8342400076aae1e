//! [`ClientAuth`]: how this service authenticates at the introspection endpoint.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::InvalidHeaderValue;
use zeroize::Zeroizing;

use super::form::Form;

/// How this service authenticates at the introspection endpoint, which answers no other (RFC 7662 §2.1).
///
/// `Debug` prints the method, neither the identifier nor the secret. The secret is overwritten when this is
/// dropped; copies remain in the buffers of the HTTP client.
#[derive(Clone)]
pub struct ClientAuth(Method);

#[derive(Clone)]
enum Method {
    Header { scheme: &'static str, credentials: Zeroizing<String> },
    Form { id: String, secret: Zeroizing<String> },
}

impl ClientAuth {
    /// By `Authorization: Basic`, as `client_secret_basic` has it: identifier and secret are form-encoded
    /// first (RFC 6749 §2.3.1).
    pub fn basic(id: &str, secret: &str) -> Self {
        let mut login = Form::default();
        login.encode(id);
        login.raw(":");
        login.encode(secret);
        let credentials = Zeroizing::new(STANDARD.encode(login.as_str()));
        Self(Method::Header { scheme: "Basic", credentials })
    }

    /// By `client_id` and `client_secret` in the form, as `client_secret_post` has it (RFC 6749 §2.3.1).
    pub fn post(id: &str, secret: &str) -> Self {
        Self(Method::Form { id: id.to_owned(), secret: Zeroizing::new(secret.to_owned()) })
    }

    /// By an access token of this service (RFC 7662 §2.1), which has to outlive the service: it is not
    /// renewed.
    ///
    /// # Errors
    ///
    /// [`InvalidHeaderValue`] if a header cannot hold the token.
    pub fn bearer(token: &str) -> Result<Self, InvalidHeaderValue> {
        HeaderValue::from_str(token)?;
        let credentials = Zeroizing::new(token.to_owned());
        Ok(Self(Method::Header { scheme: "Bearer", credentials }))
    }

    /// The value of `Authorization`, marked as sensitive.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let Method::Header { scheme, credentials } = &self.0 else { return None };
        let value = Zeroizing::new(format!("{scheme} {}", **credentials));
        // Base64, or checked when it was configured.
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Adds the parameters of the form.
    pub(super) fn add_to(&self, form: &mut Form) {
        if let Method::Form { id, secret } = &self.0 {
            form.parameter("client_id", id);
            form.parameter("client_secret", secret);
        }
    }
}

impl fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match &self.0 {
            Method::Header { scheme, .. } => scheme,
            Method::Form { .. } => "post",
        };
        f.debug_tuple("ClientAuth").field(&method).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j58_basic_encodes_identifier_and_secret_as_a_form_first() {
        let header = ClientAuth::basic("my client:1", "pa+ss%word/é~").header().unwrap();
        assert!(header.is_sensitive());
        let login = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let login = String::from_utf8(STANDARD.decode(login).unwrap()).unwrap();
        assert_eq!(login, "my+client%3A1:pa%2Bss%25word%2F%C3%A9%7E");
    }

    #[test]
    fn j58_post_puts_both_into_the_form_and_bearer_a_token_into_the_header() {
        let post = ClientAuth::post("a b", "c&d=e");
        assert_eq!(post.header(), None);
        let mut form = Form::default();
        form.parameter("token", "t");
        post.add_to(&mut form);
        assert_eq!(form.as_str(), "token=t&client_id=a+b&client_secret=c%26d%3De");
        let bearer = ClientAuth::bearer("abc").unwrap();
        assert_eq!(bearer.header().unwrap().as_bytes(), b"Bearer abc");
        assert!(ClientAuth::bearer("a\nb").is_err());
    }
}
