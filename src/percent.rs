//! Percent-encoding (RFC 3986 §2.1): two hexadecimal digits stand for a byte.

/// Returns the byte for these two hexadecimal digits.
pub(crate) fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Returns the byte that the text begins with, if it is percent-encoded.
pub(crate) fn first(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => byte(*high, *low),
        _ => None,
    }
}

/// Decodes the text once. A `%` without two hexadecimal digits stays.
pub(crate) fn decode(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (byte, length) = match first(rest) {
            Some(byte) => (byte, 3),
            None => (*rest.first()?, 1),
        };
        rest = &rest[length..];
        Some(byte)
    })
}
