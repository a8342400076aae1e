//! How other implementations read a target.

use std::sync::LazyLock;

use url::Url;

pub type Path = Vec<u8>;

/// An implementation's name, and the paths that it reads a target as.
pub type Reader = (&'static str, fn(&str) -> Vec<Path>);

pub const READERS: [Reader; 4] = [
    ("RFC 3986", |target| {
        let sent = target.as_bytes();
        let before = remove_dot_segments(sent);
        if !target.contains('%') {
            return vec![sent.into(), before];
        }
        let decoded = decode(&before);
        let both = remove_dot_segments(&decoded);
        let after = remove_dot_segments(&decode(sent));
        vec![sent.into(), before, decoded, both, after]
    }),
    ("the `url` crate, after an origin", |target| {
        let mut url = ORIGIN.clone();
        url.set_path(target);
        once_and_twice(&url)
    }),
    // Otherwise it is the same path as after an origin.
    ("the `url` crate, as a reference", |target| {
        if !target[1..].starts_with(['/', '\\']) {
            return Vec::new();
        }
        ORIGIN.join(target).as_ref().map(once_and_twice).unwrap_or_default()
    }),
    // Jakarta Servlet 6.0 §3.5.2. Without parameters it is the RFC's algorithm on a decoded path.
    ("a servlet container", |target| {
        if !target.contains(';') {
            return Vec::new();
        }
        let segments = target.as_bytes().split(|byte| *byte == b'/');
        let bare = segments.map(|it| it.split(|byte| *byte == b';').next().unwrap_or(it));
        vec![remove_dot_segments(&decode(&bare.collect::<Vec<_>>().join(&b'/')))]
    }),
];

static ORIGIN: LazyLock<Url> = LazyLock::new(|| Url::parse("http://localhost").unwrap());

/// The path that the crate reads, and that path decoded by a file service.
fn once_and_twice(url: &Url) -> Vec<Path> {
    let path = url.path().as_bytes();
    if !path.contains(&b'%') {
        return vec![path.into()];
    }
    let decoded = decode(path);
    vec![path.into(), remove_dot_segments(&decoded), decoded]
}

/// Whether the path is the prefix, or continues it after a slash.
pub fn is_under(path: &[u8], prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

/// The algorithm of the RFC, with its input and output buffers.
fn remove_dot_segments(path: &[u8]) -> Path {
    let mut input = path;
    let mut output = Vec::with_capacity(path.len());
    while !input.is_empty() {
        if let Some(rest) = input.strip_prefix(b"../").or_else(|| input.strip_prefix(b"./")) {
            input = rest; // A
        } else if input.starts_with(b"/./") {
            input = &input[2..]; // B
        } else if input == b"/." {
            input = b"/"; // B
        } else if input.starts_with(b"/../") || input == b"/.." {
            input = if input == b"/.." { b"/" } else { &input[3..] }; // C
            let last = output.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            output.truncate(last);
        } else if matches!(input, b"." | b"..") {
            input = b""; // D
        } else {
            let next = input[1..].iter().position(|byte| *byte == b'/'); // E
            let (segment, rest) = input.split_at(next.map_or(input.len(), |at| at + 1));
            output.extend_from_slice(segment);
            input = rest;
        }
    }
    output
}

/// Decodes once.
pub fn decode(text: &[u8]) -> Path {
    if !text.contains(&b'%') {
        return text.into();
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| text[at] == b'%');
        match digits.and_then(|it| Some(digit(it[0])? * 16 + digit(it[1])?)) {
            Some(byte) => {
                decoded.push(byte as u8);
                at += 3;
            }
            None => {
                decoded.push(text[at]);
                at += 1;
            }
        }
    }
    decoded
}
