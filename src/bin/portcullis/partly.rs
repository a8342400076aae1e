//! What to know of a pasted body that was judged in part.

use http::header::CONTENT_LENGTH;

use crate::coding::is_coded;
use crate::paste::Pasted;

/// A note, if a body is compressed, or shorter than its head says. One that is empty may have been left out.
pub(crate) fn note(pasted: &Pasted) -> Option<String> {
    let (headers, body) = (pasted.response.headers(), &pasted.body);
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let why = match () {
        () if body.trim_ascii().is_empty() => return None,
        // What curl has decoded is text, whatever the head says.
        () if is_coded(headers) => match str::from_utf8(body) {
            Ok(_) => return None,
            Err(_) => "is compressed, and was not judged: `curl --compressed` shows it",
        },
        () if length.is_some_and(|length: usize| body.len() < length) => {
            "is shorter than its Content-Length, and was judged as far as it goes"
        }
        () => return None,
    };
    Some(format!("the body of the {} {why}", pasted.response.status().as_u16()))
}

#[cfg(test)]
mod tests {
    use super::note;
    use crate::paste::read;

    #[test]
    fn a_body_that_is_judged_in_part_is_noted() {
        let noted = |headers: &str, body: &[u8]| {
            let head = format!("HTTP/1.1 401 Unauthorized\r\n{headers}\r\n\r\n");
            let text = [head.as_bytes(), body].concat();
            note(&read(&text).unwrap().exchanges[0])
        };
        let short = noted("content-length: 500", b"short").unwrap();
        assert!(short.starts_with("the body of the 401 is shorter"), "{short}");
        let coded = noted("content-encoding: gzip", b"\x1f\x8b\x08\x00\xff\xfe").unwrap();
        assert!(coded.contains("is compressed, and was not judged"), "{coded}");
        assert_eq!(noted("content-encoding: gzip\r\ncontent-length: 90", b"{\"a\": 1}"), None);
        assert_eq!(noted("content-length: 5", b"short"), None);
        // The head alone, as of `curl -I`.
        assert_eq!(noted("content-length: 500", b""), None);
    }
}
