//! An HTTP/1.1 client that sends the bytes it is given, and keeps all that it receives.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Long enough never to be reached by a working server: a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it was on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The field lines, in order, names in lower case. Bytes above ASCII are read as latin-1.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The statuses of interim answers before it (`100 Continue`).
    pub interim: Vec<u16>,
}

impl Answer {
    /// All lines of a field, in order.
    pub fn lines(&self, name: &str) -> Vec<&str> {
        let lines = self.fields.iter().filter(|(found, _)| found == name);
        lines.map(|(_, value)| value.as_str()).collect()
    }

    /// The only line of a field; panics if there are several.
    #[track_caller]
    pub fn field(&self, name: &str) -> Option<&str> {
        let lines = self.lines(name);
        assert!(lines.len() < 2, "{name} is there {} times: {self:#?}", lines.len());
        lines.first().copied()
    }

    /// The members of a list field over all of its lines, in order, in lower case.
    pub fn members(&self, name: &str) -> Vec<String> {
        let lines = self.lines(name).join(",").to_ascii_lowercase();
        lines.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of text")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Without `Date`, which is the only field that may differ between two equal answers.
    pub fn undated(mut self) -> Self {
        self.fields.retain(|(name, _)| name != "date");
        self
    }

    /// Status, fields and body in one text, to search in.
    pub fn everything(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for (name, value) in &self.fields {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text + &String::from_utf8_lossy(&self.body)
    }
}

/// A connection that is kept alive.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a server");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self { stream, received: Vec::new() }
    }

    /// As [`open`](Self::open), from this address of the machine. On Linux all of 127.0.0.0/8 are.
    pub fn open_from(source: [u8; 4], address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let stream = runtime.expect("a runtime").block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
            socket.bind((source, 0).into()).expect("a source address");
            socket.connect(address).await.expect("a server").into_std().expect("a stream")
        });
        stream.set_nonblocking(false).expect("a stream that blocks");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self { stream, received: Vec::new() }
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("to write");
    }

    /// Sends a request and reads its answer.
    #[track_caller]
    pub fn send(&mut self, request: &[u8]) -> Answer {
        self.write(request);
        self.answer(request.starts_with(b"HEAD "))
    }

    /// Reads the next final answer.
    #[track_caller]
    pub fn answer(&mut self, to_head: bool) -> Answer {
        let mut interim = Vec::new();
        let (status, fields) = loop {
            let (status, fields) = self.head();
            if status >= 200 || status == 101 {
                break (status, fields);
            }
            interim.push(status);
        };
        let mut answer = Answer { status, fields, body: Vec::new(), interim };
        if !(to_head || status == 101 || status == 204 || status == 304) {
            answer.body = self.body(&answer);
        }
        answer
    }

    /// Ends the sending half, and returns what the server has sent besides the answers read.
    pub fn rest(mut self) -> Vec<u8> {
        // A server that has closed already is as good.
        let _ = self.stream.shutdown(Shutdown::Write);
        while self.more() {}
        self.received
    }

    /// Waits until the server closes the connection, and returns what it has sent besides the answers
    /// read.
    pub fn received_to_end(mut self) -> String {
        while self.more() {}
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// Reads exactly so many bytes that are no answer, as after an upgrade.
    pub fn read(&mut self, length: usize) -> Vec<u8> {
        while self.received.len() < length {
            assert!(self.more(), "the connection ended early: {:?}", self.received);
        }
        self.received.drain(..length).collect()
    }

    #[track_caller]
    fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let head = self.read_until(b"\r\n\r\n");
        let head: String = head.into_iter().map(char::from).collect();
        let mut lines = head.trim_end_matches("\r\n").split("\r\n");
        let status_line = lines.next().expect("a status line");
        assert!(status_line.starts_with("HTTP/1.1 "), "{head:?}");
        let status = status_line[9..12].parse().expect("a status");
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("{line:?}"));
            (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned())
        };
        (status, lines.map(field).collect())
    }

    #[track_caller]
    fn body(&mut self, answer: &Answer) -> Vec<u8> {
        if answer.members("transfer-encoding").last().is_some_and(|last| last == "chunked") {
            assert_eq!(answer.field("content-length"), None, "two framings: {answer:?}");
            return self.chunks();
        }
        match answer.field("content-length") {
            Some(length) => {
                let digits = length.bytes().all(|byte| byte.is_ascii_digit());
                assert!(digits, "Content-Length is 1*DIGIT: {length:?}");
                self.read(length.parse().expect("a length"))
            }
            None => {
                while self.more() {}
                std::mem::take(&mut self.received)
            }
        }
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = self.read_until(b"\r\n");
            let size = std::str::from_utf8(&line).expect("a chunk size").trim_end();
            let size = usize::from_str_radix(size, 16).expect("a chunk size");
            if size == 0 {
                while self.read_until(b"\r\n") != b"\r\n" {}
                return body;
            }
            body.extend(self.read(size));
            assert_eq!(self.read(2), b"\r\n");
        }
    }

    /// Reads up to and including these bytes.
    pub fn read_until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.received.windows(end.len()).position(|window| window == end) {
                return self.received.drain(..at + end.len()).collect();
            }
            let goes_on = self.more();
            let received = String::from_utf8_lossy(&self.received);
            assert!(goes_on, "the connection ended after {received:?}");
        }
    }

    fn more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

/// The bytes of a request without a body. The field lines are sent as they are, in order.
pub fn request(method: &str, path: &str, fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n").into_bytes();
    for field in fields {
        bytes.extend_from_slice(field);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Sends a request over a connection of its own.
#[track_caller]
pub fn send(address: SocketAddr, method: &str, path: &str, fields: &[&str]) -> Answer {
    let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
    Connection::open(address).send(&request(method, path, &fields))
}

/// `GET`s over a connection of its own.
#[track_caller]
pub fn get(address: SocketAddr, path: &str, fields: &[&str]) -> Answer {
    send(address, "GET", path, fields)
}
