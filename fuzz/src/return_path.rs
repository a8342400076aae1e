//! [`ReturnPath`]: F06. What it accepts stays on its origin, whatever a browser makes of it.
//!
//! The input is the text.

use http::{HeaderValue, Uri};
use portcullis::ReturnPath;
use url::{Position, Url};

use crate::reference;

pub fn check(data: &[u8]) -> Option<()> {
    let text = str::from_utf8(data).ok()?;
    match ReturnPath::parse(text) {
        Ok(path) => {
            assert_eq!((path.as_str(), path.to_string()), (text, text.to_owned()));
            assert_eq!(HeaderValue::from(&path), text);
            assert_stays(text);
            assert_stays_changed(text);
        }
        Err(error) => assert!(!is_honest(text), "{text:?}: {error}"),
    }
    if let Ok(target) = text.parse::<Uri>() {
        let path = target.path_and_query().map(|it| ReturnPath::parse(it.as_str()).ok());
        assert_eq!(ReturnPath::of(&target).ok(), path.flatten());
    }
    Some(())
}

/// A browser that is at one of these pages stays on their origin.
#[track_caller]
fn assert_stays(path: &str) {
    for base in
        ["https://app.example/", "https://app.example/login?next=x", "http://app.example:81/a/"]
    {
        let base = Url::parse(base).expect("a base");
        let url = base.join(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert_eq!(url.origin(), base.origin(), "{path:?}");
        assert_eq!((url.username(), url.password()), ("", None), "{path:?}");
        assert!(!url.path().starts_with("//"), "{path:?} is {url}");
        // Nor does it leave when what it was resolved to is resolved again.
        assert_eq!(base.join(&url[Position::BeforePath..]), Ok(url), "{path:?}");
    }
}

/// Nor does it leave when something on the way decodes it, turns its slashes, or takes off its
/// first segments.
fn assert_stays_changed(path: &str) {
    let mut decoded = path.as_bytes().to_vec();
    loop {
        assert!(!decoded.iter().any(u8::is_ascii_control), "{path:?}");
        let text = String::from_utf8_lossy(&decoded);
        for changed in [text.replace('\\', "/"), text.replace('/', "\\"), text.to_lowercase()] {
            assert_same_origin(&changed);
        }
        let end = text.find('?').unwrap_or(text.len());
        for (slash, _) in text[..end].match_indices(['/', '\\']) {
            assert_same_origin(&text[slash..]);
        }
        let once_more = reference::percent_decode(&decoded);
        if once_more == decoded {
            return;
        }
        decoded = once_more;
    }
}

#[track_caller]
fn assert_same_origin(path: &str) {
    let base = Url::parse("https://app.example/login").expect("a base");
    if let Ok(url) = base.join(path) {
        assert_eq!(url.origin(), base.origin(), "{path:?}");
    }
}

/// Whether a browser that is somewhere on the site has this in its address bar, with nothing in it
/// that a trick needs, as a backslash is: then it must be accepted.
fn is_honest(text: &str) -> bool {
    let base = Url::parse("https://app.example/").expect("a base");
    let as_shown = base.join(text).is_ok_and(|url| url[Position::BeforePath..] == *text);
    if !as_shown || !text.starts_with('/') || text.contains(['#', '\\']) || text.len() > 2048 {
        return false;
    }
    // A `%` that encodes nothing is in no honest address.
    let encodes = |digits: &str| {
        digits.get(..2).is_some_and(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()))
    };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let (path, query) = (decoded(path), decoded(query));
    let mut segments = path.split(['/', '\\']).skip(1).peekable();
    let has_trick = std::iter::from_fn(|| Some((segments.next()?, segments.peek().is_none())))
        .any(|(segment, is_last)| matches!(segment, "." | "..") || segment.is_empty() && !is_last);
    text.split('%').skip(1).all(encodes)
        && ![&path, &query].into_iter().any(|it| it.chars().any(|it| it.is_ascii_control()))
        && !has_trick
}

/// Percent-encoding undone until there is none.
fn decoded(text: &str) -> String {
    let (mut decoded, mut once_more) = (Vec::new(), text.as_bytes().to_vec());
    while decoded != once_more {
        decoded = once_more;
        once_more = reference::percent_decode(&decoded);
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
