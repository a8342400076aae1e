//! A Digest client, written from RFC 7616 §3.4 alone.

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

use crate::support::Answer;

pub fn hash(algorithm: &str, text: &str) -> String {
    let bytes: Vec<u8> = match algorithm.trim_end_matches("-sess") {
        "MD5" => Md5::digest(text).to_vec(),
        "SHA-256" => Sha256::digest(text).to_vec(),
        "SHA-512-256" => Sha512_256::digest(text).to_vec(),
        other => panic!("{other}"),
    };
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The values that are hashed for the `response` of §3.4.1. Without `qop`, as in RFC 2069.
pub struct ResponseInput<'a> {
    pub algorithm: &'a str,
    pub user: &'a str,
    pub realm: &'a str,
    pub password: &'a str,
    pub nonce: &'a str,
    pub nc: &'a str,
    pub cnonce: &'a str,
    pub qop: Option<&'a str>,
}

impl ResponseInput<'_> {
    pub fn response(&self, method: &str, uri: &str) -> String {
        let Self { algorithm, user, realm, password, nonce, nc, cnonce, qop } = self;
        let hash = |text: String| hash(algorithm, &text);
        let mut a1 = hash(format!("{user}:{realm}:{password}"));
        if algorithm.ends_with("-sess") {
            a1 = hash(format!("{a1}:{nonce}:{cnonce}"));
        }
        let a2 = hash(format!("{method}:{uri}"));
        match qop {
            Some(qop) => hash(format!("{a1}:{nonce}:{nc}:{cnonce}:{qop}:{a2}")),
            None => hash(format!("{a1}:{nonce}:{a2}")),
        }
    }
}

/// A user with a password, and a nonce of the server.
#[derive(Clone, Debug)]
pub struct Client {
    pub user: String,
    pub password: String,
    pub realm: String,
    pub algorithm: String,
    pub nonce: String,
    pub cnonce: String,
    pub count: u32,
    /// Whether it sends its name hashed (§3.4.4).
    pub hashed: bool,
    /// Whether it sends its name as `username*`.
    pub extended: bool,
}

impl Client {
    /// Reads the first Digest challenge of a response.
    #[track_caller]
    pub fn of(answer: &Answer, user: &str, password: &str) -> Self {
        let param = |name| answer.param("Digest", name);
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            realm: param("realm").expect("a realm"),
            algorithm: param("algorithm").expect("an algorithm"),
            nonce: param("nonce").expect("a nonce"),
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".to_owned(),
            count: 0,
            hashed: false,
            extended: false,
        }
    }

    pub fn input<'a>(&'a self, nc: &'a str) -> ResponseInput<'a> {
        ResponseInput {
            algorithm: &self.algorithm,
            user: &self.user,
            realm: &self.realm,
            password: &self.password,
            nonce: &self.nonce,
            nc,
            cnonce: &self.cnonce,
            qop: Some("auth"),
        }
    }

    /// The line of `Authorization` for the next request.
    pub fn line(&mut self, method: &str, uri: &str) -> String {
        self.count += 1;
        self.line_of_count(self.count, method, uri)
    }

    pub fn line_of_count(&self, count: u32, method: &str, uri: &str) -> String {
        let nc = format!("{count:08x}");
        let response = self.input(&nc).response(method, uri);
        let Self { realm, algorithm, nonce, cnonce, .. } = self;
        let name = self.name();
        format!(
            "authorization: Digest {name}, realm=\"{realm}\", uri=\"{uri}\", \
             algorithm={algorithm}, nonce=\"{nonce}\", nc={nc}, cnonce=\"{cnonce}\", qop=auth, \
             response=\"{response}\""
        )
    }

    fn name(&self) -> String {
        if self.hashed {
            let hashed = hash(&self.algorithm, &format!("{}:{}", self.user, self.realm));
            return format!("username=\"{hashed}\", userhash=true");
        }
        if self.extended {
            let encoded: String = self.user.bytes().map(|byte| format!("%{byte:02X}")).collect();
            return format!("username*=UTF-8''{encoded}");
        }
        let escaped = self.user.replace('\\', "\\\\").replace('"', "\\\"");
        format!("username=\"{escaped}\"")
    }
}
