//! Percent-encoding (RFC 3986 §2.1): two hexadecimal digits stand for a byte.

/// The byte that these two digits stand for.
pub(crate) fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}
