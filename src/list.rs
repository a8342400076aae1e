//! Splits header values that are lists (RFC 9110 §5.6.1).

/// Splits at a separator outside quoted-strings, and trims white space around the parts.
pub(crate) fn split_unquoted(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(move |byte| {
        let literal = std::mem::take(&mut escaped);
        match byte {
            b'\\' if quoted && !literal => escaped = true,
            b'"' if !literal => quoted = !quoted,
            _ => {}
        }
        *byte == separator && !quoted
    });
    parts.map(<[u8]>::trim_ascii)
}
