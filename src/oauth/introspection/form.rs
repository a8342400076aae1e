//! [`Form`]: `application/x-www-form-urlencoded`.

use bytes::Bytes;
use zeroize::Zeroizing;

/// A form that holds a token. Its memory is overwritten when it is dropped.
#[derive(Default)]
pub(super) struct Form(Zeroizing<String>);

impl Form {
    pub(super) fn parameter(&mut self, name: &str, value: &str) {
        // Room for the longest encoding, since growing would leave a copy behind.
        let needed = self.0.len() + name.len() + 3 * value.len() + 2;
        let mut longer = Zeroizing::new(String::with_capacity(needed));
        longer.push_str(&self.0);
        self.0 = longer;
        if !self.0.is_empty() {
            self.raw("&");
        }
        self.raw(name);
        self.raw("=");
        self.encode(value);
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// RFC 6749 appendix B.
    pub(super) fn encode(&mut self, value: &str) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        for byte in value.bytes() {
            match byte {
                b'*' | b'-' | b'.' | b'_' => self.0.push(byte.into()),
                _ if byte.is_ascii_alphanumeric() => self.0.push(byte.into()),
                b' ' => self.0.push('+'),
                _ => {
                    self.0.push('%');
                    self.0.push(DIGITS[usize::from(byte >> 4)].into());
                    self.0.push(DIGITS[usize::from(byte & 15)].into());
                }
            }
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes, which are overwritten as soon as the HTTP client drops them.
    pub(super) fn into_bytes(self) -> Bytes {
        struct Owner(Zeroizing<String>);

        impl AsRef<[u8]> for Owner {
            fn as_ref(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        Bytes::from_owner(Owner(self.0))
    }
}
