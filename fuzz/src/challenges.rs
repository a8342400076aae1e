//! `WWW-Authenticate` and `Proxy-Authenticate`: A14, A15 and the grammar of RFC 9110 §11.
//!
//! The input is the field's lines.

use std::collections::BTreeSet;

use headers::HeaderMapExt;
use http::{HeaderMap, HeaderValue};
use portcullis::challenge::{
    Challenge, ChallengeBuilder, Challenges, MAX_PARAMS, ParseError, ParseErrorKind,
    ProxyAuthenticate, WwwAuthenticate,
};

use crate::{Plain, abnf, reference};

/// An input longer than this has too many readings to try them all.
const SHORT: usize = 16;

pub fn check(data: &[u8]) -> Option<()> {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let read = Challenges::parse(lines.iter().copied());
    match &read {
        Ok(read) => {
            assert_read_back(read);
            read.iter().for_each(assert_built_is_safe);
        }
        Err(error) => assert_tells_where(error, &lines),
    }
    if data.len() <= SHORT && lines.len() == 1 && data.iter().all(reference::is_field_byte) {
        assert_as_the_abnf(data, &read);
    }
    if let Ok(field) = String::from_utf8(lines.join(&b", "[..])) {
        // White space around a field is not part of it (RFC 9110 §5.5), and `http-auth` takes none.
        assert_as_http_auth(field.trim_matches([' ', '\t']), lines.len(), &read);
    }
    Some(())
}

/// What is written is read as it was, and written the same again.
fn assert_read_back(read: &Challenges) {
    let written: Vec<&HeaderValue> = read.iter().map(Challenge::header_value).collect();
    for line in &written {
        assert!(line.as_bytes().iter().all(reference::is_field_byte), "{line:?}");
    }
    let again = Challenges::parse(written.iter().copied()).expect("what is written is read");
    assert_eq!(&again, read);
    assert_eq!(plain(&again), plain(read));
    assert!(again.iter().map(Challenge::header_value).eq(written.iter().copied()));

    let mut headers = HeaderMap::new();
    headers.typed_insert(WwwAuthenticate(read.clone()));
    headers.typed_insert(ProxyAuthenticate(read.clone()));
    assert_eq!(headers.get_all("www-authenticate").iter().count(), read.len());
    assert_eq!(headers.typed_get(), Some(WwwAuthenticate(read.clone())));
    assert_eq!(headers.typed_get(), Some(ProxyAuthenticate(read.clone())));
}

/// What can be built from what was read is printable ASCII, and others read it alike (A14, A15).
fn assert_built_is_safe(read: &Challenge) {
    assert!(read.params().count() <= MAX_PARAMS);
    assert_safe(read.to_builder());
    for (name, value) in read.params() {
        let Ok(value) = str::from_utf8(value) else { continue };
        let builder = || Challenge::builder(read.scheme()).realm("notes");
        assert_safe(builder().param(name, value));
        assert_safe(builder().token_param(name, value));
        assert_safe(Challenge::builder(read.scheme()).realm(value));
        assert_safe(builder().set_param("error_description", value));
        assert_safe(builder().set_param("scope", value));
    }
}

fn assert_safe(builder: ChallengeBuilder) {
    let Ok(built) = builder.build() else { return };
    let line = built.header_value();
    assert!(line.as_bytes().iter().all(reference::is_printable), "{line:?}");
    if built.token68().is_none() {
        let text = line.to_str().expect("ASCII");
        assert_eq!(reference::challenges(text), Some(vec![plain_one(&built)]), "{text}");
    }
    for (name, value) in built.params() {
        // Other characters would need escapes, or look like another parameter to some clients.
        let name = name.to_ascii_lowercase();
        if matches!(&*name, "error" | "error_description" | "scope" | "acr_values") {
            assert!(!value.iter().any(|byte| matches!(byte, b'"' | b'\\')), "{line:?}");
        }
        let text = String::from_utf8_lossy(value).to_ascii_lowercase();
        for other in ["scope", "error", "resource_metadata"].iter().filter(|it| **it != name) {
            assert!(!text.contains(&format!("{other}=")), "{line:?}");
        }
    }
}

fn assert_tells_where(error: &ParseError, lines: &[&[u8]]) {
    if error.kind() != ParseErrorKind::Empty {
        assert!(error.position() <= lines[error.line()].len());
    }
}

/// Every way to read the input by the ABNF, and what RFC 9110 §11.2 says in prose.
fn assert_as_the_abnf(input: &[u8], read: &Result<Challenges, ParseError>) {
    let is_distinct = |params: &[(String, Vec<u8>)]| {
        let names = params.iter().map(|(name, _)| name.to_ascii_lowercase());
        names.collect::<BTreeSet<_>>().len() == params.len()
    };
    let mut readings = abnf::read(input.trim_ascii());
    assert!(readings.len() <= 1, "ambiguous: {readings:?}");
    let expected = readings.pop_first().filter(|challenges| {
        !challenges.is_empty() && challenges.iter().all(|(.., params)| is_distinct(params))
    });
    assert_eq!(read.as_ref().ok().map(plain), expected);
}

/// Where both accept a field they read the same. Where one does not, a listed deviation is why.
fn assert_as_http_auth(field: &str, lines: usize, read: &Result<Challenges, ParseError>) {
    match (read, reference::challenges(field)) {
        (Ok(read), Some(theirs)) => assert_eq!(plain(read), theirs),
        (Ok(read), None) => {
            let has_token68 = read.iter().any(|challenge| challenge.token68().is_some());
            assert!(has_token68 || !field.is_ascii() || has_odd_space(field), "{field:?}");
        }
        (Err(error), Some(_)) => match error.kind() {
            ParseErrorKind::Duplicate | ParseErrorKind::TooMany => {}
            // Joined by a comma the lines are a quoted-string; apart nobody knows what was meant.
            ParseErrorKind::Unterminated => assert!(lines > 1, "{field:?}"),
            _ => panic!("{field:?}: {error}"),
        },
        (Err(_), None) => {}
    }
}

/// Whether there may be white space where `http-auth` takes none.
fn has_odd_space(field: &str) -> bool {
    field.contains("  ") || field.contains(" ,") || field.contains('\t')
}

fn plain(challenges: &Challenges) -> Vec<Plain> {
    challenges.iter().map(plain_one).collect()
}

fn plain_one(challenge: &Challenge) -> Plain {
    let params = challenge.params().map(|(name, value)| (name.to_owned(), value.to_vec()));
    (challenge.scheme().to_owned(), challenge.token68().map(str::to_owned), params.collect())
}
