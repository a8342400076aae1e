//! Whether a body has a content coding. The command `portcullis` reads this file as well.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// Whether a header says that the body has a content coding (RFC 9110 §8.4).
pub(crate) fn is_coded(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    codings.any(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    })
}
