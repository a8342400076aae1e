//! The HTTP/2 frames of a server's response, including how it resets a stream (D14).

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::Server;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Encodes headers without indexing or compression (RFC 7541 §6.2.2).
fn block(fields: &[(String, String)]) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).expect("a short text");
        assert!(length < 127, "{text}");
        [&[length], text.as_bytes()].concat()
    };
    let line = |(name, value): &(String, String)| [vec![0], text(name), text(value)].concat();
    fields.iter().flat_map(line).collect()
}

/// Calls a method, and returns the frames that come back: their types, and the content of those without
/// headers. The call is complete, or never ends.
pub fn frames(
    server: &Server,
    path: &str,
    fields: &[(String, String)],
    body: &[u8],
    complete: bool,
) -> Vec<String> {
    let mut stream = TcpStream::connect(server.address).expect("a server");
    let pseudo =
        [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost")];
    let mut all: Vec<_> = pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    all.extend_from_slice(fields);
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    sent.extend(frame(SETTINGS, 0, 0, &[]));
    sent.extend(frame(HEADERS, END_HEADERS, 1, &block(&all)));
    sent.extend(frame(DATA, if complete { END_STREAM } else { 0 }, 1, body));
    stream.write_all(&sent).expect("to write");

    let mut seen = Vec::new();
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let mut asked = false;
    while let Some((kind, flags, id, payload)) = read(&mut stream) {
        match kind {
            SETTINGS if flags & ACK == 0 => {
                stream.write_all(&frame(SETTINGS, ACK, 0, &[])).expect("to write");
            }
            PING if flags & ACK == 0 => {
                stream.write_all(&frame(PING, ACK, 0, &payload)).expect("to write");
            }
            PING => {
                // Read until the server is silent.
                let quiet = Duration::from_millis(50);
                stream.set_read_timeout(Some(quiet)).expect("a timeout");
            }
            SETTINGS => {}
            HEADERS => seen.push(format!("HEADERS {flags:#x} of {id}")),
            DATA | RST_STREAM | WINDOW_UPDATE => {
                seen.push(format!("{kind} {flags:#x} of {id}: {payload:?}"));
            }
            _ => seen.push(format!("{kind} {flags:#x} of {id}: {} bytes", payload.len())),
        }
        let ends = matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0;
        if (ends || kind == RST_STREAM) && !asked {
            asked = true;
            stream.write_all(&frame(PING, 0, 0, &[7; 8])).expect("to write");
        }
    }
    assert!(asked, "the answer has no end: {seen:?}");
    seen
}

fn read(stream: &mut TcpStream) -> Option<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    match stream.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            return None;
        }
        Err(error) => panic!("{error}"),
    }
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let mut payload = vec![0; number(&head[..3]) as usize];
    stream.read_exact(&mut payload).expect("a payload");
    Some((head[3], head[4], number(&head[5..]) & 0x7fff_ffff, payload))
}
