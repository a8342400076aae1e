//! Splits header values that are lists (RFC 9110 §5.6.1).

/// Splits at a separator outside quoted-strings, and trims white space around the parts.
pub(crate) fn split_unquoted(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let mut index = 0;
        while let Some(byte) = text.get(index) {
            if *byte == separator {
                rest = Some(&text[index + 1..]);
                return Some(text[..index].trim_ascii());
            }
            index += if *byte == b'"' { quoted_string(&text[index..]) } else { 1 };
        }
        Some(text.trim_ascii())
    })
}

/// The length of the quoted-string that the text begins with; all of the text if it does not end.
fn quoted_string(text: &[u8]) -> usize {
    let mut escaped = true; // the first quote does not end it
    let end = text.iter().position(|byte| {
        let literal = std::mem::take(&mut escaped);
        escaped = *byte == b'\\' && !literal;
        *byte == b'"' && !literal
    });
    end.map_or(text.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        split_unquoted(text.as_bytes(), b',').map(|part| str::from_utf8(part).unwrap()).collect()
    }

    #[test]
    fn a11_lists_are_split_outside_quoted_strings() {
        assert_eq!(split(""), [""]);
        assert_eq!(split(" a ,\tb,, c"), ["a", "b", "", "c"]);
        assert_eq!(split(","), ["", ""]);
        assert_eq!(split("a=\"b,c\",d"), ["a=\"b,c\"", "d"]);
        assert_eq!(split("\"\",a"), ["\"\"", "a"]);
        assert_eq!(split(r#""a\",b",c"#), [r#""a\",b""#, "c"]);
        assert_eq!(split(r#""a\\",b"#), [r#""a\\""#, "b"]);
        assert_eq!(split("\"a,b"), ["\"a,b"]);
        assert_eq!(split(r"a\,b"), [r"a\", "b"], "no escape outside of quotes");
        assert_eq!(split(r#"\"a,b"#), [r#"\"a,b"#]);
    }
}
