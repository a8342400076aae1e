//! Request bodies, and how they are sent.

use std::fmt;

use super::additions::HeaderList;
use super::bodies::TYPED;

/// A body, its headers, its framing, and when its bytes are sent.
#[derive(Clone, Debug)]
pub(in crate::testing) struct Payload {
    pub(in crate::testing) headers: HeaderList,
    content: Content,
    framing: Framing,
    pub(in crate::testing) delivery: Delivery,
}

#[derive(Clone, Copy, Debug)]
enum Content {
    Bytes(&'static [u8]),
    /// A JSON string of this many bytes, quotes included.
    Huge(usize),
    /// This many nested arrays.
    Nested(usize),
    /// A form with this many fields.
    Form(usize),
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    /// A length that no service accepts.
    Announced(u64),
    Chunked,
    /// With an extension on the chunk, and a trailer.
    Trailers,
    /// A chunk size that is not a number.
    Malformed,
}

/// When the bytes of a body are sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::testing) enum Delivery {
    /// All with the head.
    AtOnce,
    /// A part with the head, and the rest after a response, or after a time without one.
    InPart,
    /// None with the head.
    Later,
    /// Never: the body is too large to send.
    Never,
}

/// A body without its framing in HTTP/1.
pub(in crate::testing) struct Unchunked {
    /// The value of `content-length`, if it is present.
    pub(in crate::testing) length: Option<u64>,
    pub(in crate::testing) first: Vec<u8>,
    pub(in crate::testing) later: Vec<u8>,
    pub(in crate::testing) trailer: Option<(&'static str, &'static str)>,
}

const PART: usize = 16 * 1024;
const HUGE: usize = 256 * 1024;
/// Above the usual limits of frameworks, which are 1 to 2 MiB.
const OVERSIZE: usize = 3 * 1024 * 1024;

const JSON: HeaderList = &[("content-type", "application/json")];
const JSON_ON_CONTINUE: HeaderList =
    &[("content-type", "application/json"), ("expect", "100-continue")];
const FORM: HeaderList = &[("content-type", "application/x-www-form-urlencoded")];
const TEXT: HeaderList = &[("content-type", "text/plain")];

/// One field of a form.
const FORM_FIELD: &[u8] = b"a[]=1&";

const OBJECT: &[u8] = br#"{"name":"leak-probe"}"#;
const BROKEN: &[u8] = b"{]}";

impl Payload {
    const fn new(
        headers: HeaderList,
        content: Content,
        framing: Framing,
        delivery: Delivery,
    ) -> Self {
        Self { headers, content, framing, delivery }
    }

    /// The header that frames the body.
    pub(in crate::testing) fn framing(&self) -> String {
        match self.framing {
            Framing::Length => format!("content-length: {}", self.len()),
            Framing::Announced(length) => format!("content-length: {length}"),
            _ => "transfer-encoding: chunked".to_owned(),
        }
    }

    /// The same body in HTTP/2, which has no chunks; `None` if the chunks are malformed.
    pub(in crate::testing) fn over_http2(&self) -> Option<Unchunked> {
        let length = match self.framing {
            Framing::Length => Some(self.len() as u64),
            Framing::Announced(length) => Some(length),
            Framing::Chunked | Framing::Trailers => None,
            Framing::Malformed => return None,
        };
        let (first, later) = Self { framing: Framing::Length, ..self.clone() }.bytes();
        let trailer = matches!(self.framing, Framing::Trailers).then_some(("x-probe", "1"));
        Some(Unchunked { length, first, later, trailer })
    }

    const fn len(&self) -> usize {
        match self.content {
            Content::Bytes(bytes) => bytes.len(),
            Content::Huge(size) => size,
            Content::Nested(depth) => 2 * depth,
            Content::Form(fields) => fields * FORM_FIELD.len(),
        }
    }

    /// The bytes that follow the head at once, and the bytes that follow later.
    pub(in crate::testing) fn bytes(&self) -> (Vec<u8>, Vec<u8>) {
        let mut now = match self.framing {
            Framing::Length | Framing::Announced(_) => self.content(),
            Framing::Malformed => b"zz\r\nleak-probe\r\n0\r\n\r\n".to_vec(),
            Framing::Chunked => chunked(&self.content(), "", ""),
            Framing::Trailers => chunked(&self.content(), ";probe=1", "x-probe: 1\r\n"),
        };
        let later = match self.delivery {
            Delivery::AtOnce => Vec::new(),
            Delivery::InPart => now.split_off(now.len().min(PART)),
            Delivery::Later => std::mem::take(&mut now),
            Delivery::Never => {
                now.clear();
                Vec::new()
            }
        };
        (now, later)
    }

    fn content(&self) -> Vec<u8> {
        match self.content {
            Content::Bytes(bytes) => bytes.to_vec(),
            Content::Huge(size) => {
                let mut bytes = vec![b'x'; size];
                if let [first, .., last] = &mut bytes[..] {
                    (*first, *last) = (b'"', b'"');
                }
                bytes
            }
            Content::Nested(depth) => [b"[".repeat(depth), b"]".repeat(depth)].concat(),
            Content::Form(fields) => FORM_FIELD.repeat(fields),
        }
    }
}

/// In chunks of at most 64 KiB.
fn chunked(content: &[u8], extension: &str, trailer: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + 256);
    for chunk in content.chunks(64 * 1024) {
        bytes.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("0\r\n{trailer}\r\n").as_bytes());
    bytes
}

/// The bodies that are tried with every method.
pub(super) fn singles() -> impl Iterator<Item = Payload> {
    use Content::{Bytes, Huge};
    use Delivery::{AtOnce, InPart, Later};
    use Framing::{Chunked, Length, Malformed, Trailers};
    let gzip: HeaderList = &[("content-type", "application/json"), ("content-encoding", "gzip")];
    let unknown: HeaderList =
        &[("content-type", "application/json"), ("content-encoding", "probe")];
    let none: HeaderList = &[];
    [
        Payload::new(none, Bytes(OBJECT), Length, AtOnce),
        Payload::new(none, Bytes(b""), Chunked, AtOnce),
        Payload::new(none, Bytes(OBJECT), Malformed, AtOnce),
        Payload::new(JSON, Bytes(OBJECT), Trailers, AtOnce),
        Payload::new(gzip, Bytes(OBJECT), Length, AtOnce),
        Payload::new(unknown, Bytes(OBJECT), Length, AtOnce),
        Payload::new(JSON_ON_CONTINUE, Bytes(OBJECT), Length, Later),
        Payload::new(JSON_ON_CONTINUE, Bytes(OBJECT), Chunked, Later),
        Payload::new(JSON_ON_CONTINUE, Huge(HUGE), Length, Later),
        Payload::new(JSON, Huge(HUGE), Length, AtOnce),
        Payload::new(JSON, Huge(HUGE), Chunked, AtOnce),
        Payload::new(JSON, Huge(HUGE), Length, InPart),
        Payload::new(JSON, Huge(HUGE), Chunked, InPart),
    ]
    .into_iter()
    .chain(small())
}

/// The bodies that are combined with other additions.
pub(super) fn small() -> impl Iterator<Item = Payload> {
    use Content::Bytes;
    use Delivery::AtOnce;
    use Framing::{Chunked, Length};
    [
        Payload::new(JSON, Bytes(OBJECT), Length, AtOnce),
        Payload::new(JSON, Bytes(OBJECT), Chunked, AtOnce),
        Payload::new(JSON, Bytes(BROKEN), Length, AtOnce),
        Payload::new(FORM, Bytes(b"name=probe"), Length, AtOnce),
        Payload::new(TEXT, Bytes(b"probe"), Length, AtOnce),
    ]
    .into_iter()
}

/// A JSON object.
pub(super) const fn object() -> Payload {
    Payload::new(JSON, Content::Bytes(OBJECT), Framing::Length, Delivery::AtOnce)
}

/// A small body with these headers.
pub(super) const fn of(headers: HeaderList, content: &'static [u8]) -> Payload {
    Payload::new(headers, Content::Bytes(content), Framing::Length, Delivery::AtOnce)
}

/// A JSON object with a trailer behind it.
pub(super) const fn trailing(headers: HeaderList) -> Payload {
    Payload::new(headers, Content::Bytes(OBJECT), Framing::Trailers, Delivery::AtOnce)
}

/// Bodies of types for which frameworks have readers.
pub(super) fn typed() -> impl Iterator<Item = Payload> {
    TYPED.iter().map(|(headers, content)| of(headers, content))
}

/// The bodies of WebDAV methods.
pub(super) fn webdav() -> impl Iterator<Item = Payload> {
    const XML: HeaderList = &[("content-type", "application/xml"), ("depth", "1")];
    let contents: [&[u8]; 4] = [
        b"<D:propfind xmlns:D=\"DAV:\"><D:allprop/></D:propfind>",
        b"<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype>\
          <D:write/></D:locktype></D:lockinfo>",
        b"<C:calendar-query xmlns:C=\"urn:ietf:params:xml:ns:caldav\"/>",
        b"<D:broken",
    ];
    contents.into_iter().map(|content| {
        Payload::new(XML, Content::Bytes(content), Framing::Length, Delivery::AtOnce)
    })
}

/// The small bodies that are sent at once.
pub(super) fn at_once() -> impl Iterator<Item = Payload> {
    let is_small = |payload: &Payload| payload.delivery == Delivery::AtOnce && payload.len() < HUGE;
    singles().chain(matrix()).chain(typed()).chain(webdav()).filter(is_small)
}

/// Content type × content × framing, for the methods whose handlers read bodies.
pub(super) fn matrix() -> impl Iterator<Item = Payload> {
    let types: [HeaderList; 10] = [
        &[],
        JSON,
        FORM,
        TEXT,
        &[("content-type", "multipart/form-data")],
        &[("content-type", "application/xml")],
        &[("content-type", "application/grpc")],
        &[("content-type", "application/json; charset=utf-16")],
        &[("content-type", "not a type")],
        &[("content-type", "application/json"), ("content-encoding", "br")],
    ];
    let contents: [&[u8]; 4] = [b"", OBJECT, BROKEN, b"\xff\xfe"];
    types.into_iter().flat_map(move |headers| {
        contents.into_iter().flat_map(move |content| {
            [Framing::Length, Framing::Chunked].into_iter().map(move |framing| {
                Payload::new(headers, Content::Bytes(content), framing, Delivery::AtOnce)
            })
        })
    })
}

/// Bodies above the limits of services.
pub(super) fn oversize() -> impl Iterator<Item = Payload> {
    use Content::{Bytes, Form, Huge, Nested};
    use Delivery::{AtOnce, Later, Never};
    use Framing::{Announced, Chunked, Length};
    [
        Payload::new(JSON, Huge(OVERSIZE), Length, AtOnce),
        Payload::new(JSON, Huge(OVERSIZE), Chunked, AtOnce),
        Payload::new(JSON_ON_CONTINUE, Huge(OVERSIZE), Length, Later),
        Payload::new(JSON, Bytes(b""), Announced(1 << 40), Never),
        Payload::new(JSON_ON_CONTINUE, Bytes(b""), Announced(1 << 40), Never),
        Payload::new(JSON, Nested(200), Length, AtOnce),
        Payload::new(JSON, Nested(5_000), Length, AtOnce),
        Payload::new(FORM, Form(2_000), Length, AtOnce),
    ]
    .into_iter()
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.framing {
            Framing::Announced(length) => return write!(f, "{length} bytes announced, none sent"),
            Framing::Malformed => return f.write_str("a malformed chunk"),
            Framing::Length => {}
            Framing::Chunked => f.write_str("a chunked body: ")?,
            Framing::Trailers => f.write_str("a chunked body with a trailer: ")?,
        }
        match self.content {
            Content::Bytes(b"") => f.write_str("no bytes"),
            Content::Bytes(bytes) => write!(f, "`{}`", bytes.escape_ascii()),
            Content::Huge(size) => write!(f, "{} KiB", size / 1024),
            Content::Nested(depth) => write!(f, "{depth} nested arrays"),
            Content::Form(fields) => write!(f, "{fields} fields of a form"),
        }?;
        match self.delivery {
            Delivery::InPart => f.write_str(", most of them held back"),
            Delivery::Later => f.write_str(", held back"),
            Delivery::AtOnce | Delivery::Never => Ok(()),
        }
    }
}
