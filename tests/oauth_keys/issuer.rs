//! An issuer on a loopback port that can be killed, started again, and out of order in many ways.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

pub const AUDIENCE: &str = "https://api.example.com/notes";
pub const KEYS: &str = "/keys";
pub const METADATA: &str = "/.well-known/oauth-authorization-server";

/// What the issuer sends for one path.
#[derive(Clone)]
pub enum Sent {
    /// A status line with headers, and a body.
    Response(String, Vec<u8>),
    /// Nothing, ever.
    Nothing,
    /// The head of a response of 100 MB, and as much of it as the client reads.
    HundredMegabytes { with_length: bool },
    /// A body one byte at a time, each after a tenth of a second.
    SlowDrip,
    /// The connection is closed without a response.
    Closed,
    /// 1 MB of headers.
    LongHead,
    /// Half of the body, and then the connection is closed.
    Half(Vec<u8>),
}

impl Sent {
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Response("200 OK\r\nContent-Type: application/json".to_owned(), body.into())
    }

    pub fn head(head: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Response(head.to_owned(), body.into())
    }
}

#[derive(Default)]
struct Script {
    paths: HashMap<String, Sent>,
    /// How many requests there were for each path.
    asked: HashMap<String, usize>,
    connections: usize,
    /// Whether connections are kept open for a second request, of which the first of a connection was
    /// served.
    closes_after_one: bool,
    open: Vec<TcpStream>,
    is_down: bool,
}

pub struct Issuer {
    pub address: SocketAddr,
    script: Arc<Mutex<Script>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Issuer {
    /// With metadata, and keys of these names.
    pub fn start(names: &[&str]) -> Self {
        let issuer = Self::at((Ipv4Addr::LOCALHOST, 0).into());
        let metadata = json!({"issuer": issuer.name(), "jwks_uri": issuer.url(KEYS)});
        issuer.set(METADATA, Sent::ok(metadata.to_string()));
        issuer.set_keys(names);
        issuer
    }

    fn at(address: SocketAddr) -> Self {
        let mut issuer = Self { address, script: Arc::default(), thread: None };
        issuer.listen();
        issuer
    }

    fn listen(&mut self) {
        let listener = TcpListener::bind(self.address).expect("a port");
        self.address = listener.local_addr().expect("an address");
        let script = self.script.clone();
        script.lock().unwrap().is_down = false;
        self.thread = Some(thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                {
                    let mut script = script.lock().unwrap();
                    if script.is_down {
                        return;
                    }
                    script.connections += 1;
                    script.open.push(stream.try_clone().expect("a clone"));
                }
                let script = script.clone();
                thread::spawn(move || {
                    serve(&stream, &script);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        }));
    }

    /// Refuses connections from now on, and closes those that there are.
    pub fn kill(&mut self) {
        let open = {
            let mut script = self.script.lock().unwrap();
            script.is_down = true;
            std::mem::take(&mut script.open)
        };
        for stream in open {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the issuer");
        }
    }

    pub fn start_again(&mut self) {
        self.listen();
    }

    /// An issuer that is not there yet.
    pub fn not_started(names: &[&str]) -> Self {
        let mut issuer = Self::start(names);
        issuer.kill();
        issuer
    }

    pub fn name(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn set(&self, path: &str, sent: Sent) {
        self.script.lock().unwrap().paths.insert(path.to_owned(), sent);
    }

    pub fn set_keys(&self, names: &[&str]) {
        self.set(KEYS, Sent::ok(key_set(names)));
    }

    pub fn close_after_one(&self) {
        self.script.lock().unwrap().closes_after_one = true;
    }

    pub fn asked(&self, path: &str) -> usize {
        self.script.lock().unwrap().asked.get(path).copied().unwrap_or_default()
    }

    pub fn connections(&self) -> usize {
        self.script.lock().unwrap().connections
    }

    /// A token of this issuer, signed with the key of this name.
    pub fn token(&self, key: &str) -> String {
        token(&self.name(), key)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn pair(name: &str) -> Ed25519KeyPair {
    let mut seed = [7; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    Ed25519KeyPair::from_seed_unchecked(&seed).expect("a key")
}

pub fn key_set(names: &[&str]) -> String {
    let keys = names.iter().map(|name| {
        let x = BASE64_URL_SAFE_NO_PAD.encode(pair(name).public_key());
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": name, "x": x})
    });
    json!({"keys": keys.collect::<Vec<_>>()}).to_string()
}

pub fn token(issuer: &str, key: &str) -> String {
    Signer::new(issuer, key).token(1)
}

/// An issuer's key, for many tokens.
pub struct Signer {
    issuer: String,
    name: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    pub fn new(issuer: &str, name: &str) -> Self {
        Self { issuer: issuer.to_owned(), name: name.to_owned(), pair: pair(name) }
    }

    /// A token with this `jti`.
    pub fn token(&self, id: u64) -> String {
        let message = self.message(&self.name, id);
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// Header and claims of a token that names this key.
    pub fn message(&self, key: &str, id: u64) -> String {
        let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": key});
        let claims = json!({
            "iss": self.issuer, "aud": AUDIENCE, "sub": "alice", "client_id": "tests",
            "iat": 1_600_000_000, "exp": 4_000_000_000_u64, "jti": id.to_string(),
            "scope": "notes:read",
        });
        let encode = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", encode(&header), encode(&claims))
    }
}

fn serve(stream: &TcpStream, script: &Mutex<Script>) {
    let mut served = 0;
    while let Some(path) = requested(stream) {
        let sent = {
            let mut script = script.lock().unwrap();
            *script.asked.entry(path.clone()).or_default() += 1;
            if script.closes_after_one && served > 0 {
                return;
            }
            script.paths.get(&path).cloned()
        };
        served += 1;
        let sent = sent.unwrap_or_else(|| Sent::head("404 Not Found", Vec::new()));
        if !send(stream, sent) {
            return;
        }
    }
}

/// The path of the next request, if there is one.
fn requested(mut stream: &TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    assert!(head.starts_with("GET "), "{head}");
    assert!(!head.to_lowercase().contains("authorization:"), "{head}");
    head.split(' ').nth(1).map(str::to_owned)
}

/// Whether the connection can serve another request.
fn send(mut stream: &TcpStream, sent: Sent) -> bool {
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    match sent {
        Sent::Response(status, body) => {
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
            return stream.write_all(&[head.as_bytes(), &*body].concat()).is_ok();
        }
        Sent::Nothing => {
            let _ = stream.read(&mut [0]);
        }
        Sent::HundredMegabytes { with_length } => {
            let start = if with_length {
                head(100_000_000)
            } else {
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned()
            };
            let mut is_open = stream.write_all(start.as_bytes()).is_ok();
            for _ in 0..100 {
                is_open = is_open && stream.write_all(&[b' '; 1_000_000]).is_ok();
            }
        }
        Sent::SlowDrip => {
            let mut is_open = stream.write_all(head(1_000).as_bytes()).is_ok();
            while is_open {
                is_open = stream.write_all(b" ").is_ok();
                thread::sleep(Duration::from_millis(100));
            }
        }
        Sent::Closed => {}
        Sent::LongHead => {
            let line = format!("x: {}\r\n", "y".repeat(10_000)).repeat(100);
            let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{line}\r\n").as_bytes());
        }
        Sent::Half(body) => {
            let _ = stream.write_all(head(body.len()).as_bytes());
            let _ = stream.write_all(&body[..body.len() / 2]);
        }
    }
    false
}
