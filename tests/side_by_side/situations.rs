//! What is sent. Each row is one or more requests, the same bytes to every server but for the
//! address and the name of the field at a proxy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::Deserialize;

/// Where Digest is asked for.
pub const DIGEST: &str = "/digest/hello";

/// A row of the table.
pub struct Situation {
    /// Of the semantics, or `vector` and the id of a line of `credentials.jsonl`.
    pub row: String,
    pub what: String,
    pub method: &'static str,
    pub path: &'static str,
    /// The values of the credential field, a line each, as bytes.
    pub sent: Vec<Vec<u8>>,
    /// What was sent before on the same connection.
    pub before: Option<Vec<u8>>,
    /// What the semantics say, for an origin; a proxy says 407 for 401.
    pub expect: u16,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    target: String,
    fields: Vec<String>,
    expect: u16,
}

/// Credentials in Basic's own form.
fn basic(user_pass: &[u8]) -> Vec<u8> {
    [b"Basic ", STANDARD.encode(user_pass).as_bytes()].concat()
}

fn row(row: &str, what: &str, sent: &[&[u8]], expect: u16) -> Situation {
    Situation {
        row: row.to_owned(),
        what: what.to_owned(),
        method: "GET",
        path: "/hello",
        sent: sent.iter().map(|value| value.to_vec()).collect(),
        before: None,
        expect,
    }
}

pub fn situations() -> Vec<Situation> {
    let right = basic(b"user:passwd");
    let admin = basic(b"admin:secret");
    let wrong = basic(b"user:wrong");
    let one = |id: &str, what: &str, user_pass: &[u8], expect| {
        row(id, what, &[&basic(user_pass)], expect)
    };
    let at = |path, situation| Situation { path, ..situation };
    let by = |method, situation| Situation { method, ..situation };
    #[rustfmt::skip]
    let mut all = vec![
        row("A01", "no credentials", &[], 401),
        by("HEAD", row("A01", "no credentials, by HEAD", &[], 401)),
        by("OPTIONS", row("A01", "no credentials, by OPTIONS", &[], 401)),
        at("/nothing", row("A01", "no credentials, for a path that does not exist", &[], 401)),
        row("A03", "another scheme", &[b"Negotiate YWJj"], 401),
        row("A03", "an empty header", &[b""], 401),
        row("A10", "the right password", &[&right], 200),
        row("A10", "`BASIC`", &[&[b"BASIC", &right[5..]].concat()], 200),
        one("A10", "a password with a colon", b"colon:pass:wd", 200),
        one("A10", "a password beyond ASCII, in UTF-8", "umlaut:pässwörd".as_bytes(), 200),
        row("A10", "`+` and `/` in the base64", &[b"Basic c3ltYm9sczo+Pj4/Pz8="], 200),
        row("A04", "the same in the URL-safe alphabet", &[b"Basic c3ltYm9sczo-Pj4_Pz8="], 401),
        row("A04", "non-zero trailing bits: `…d2R=` for `…d2Q=`", &[b"Basic dXNlcjpwYXNzd2R="], 401),
        row("A04", "`==` for `=`", &[b"Basic dXNlcjpwYXNzd2Q=="], 401),
        row("A04", "the right ones, followed by `!`", &[&[&right, &b"!"[..]].concat()], 401),
        row("A04", "`!` within the right ones", &[b"Basic dXNlcjpw!YXNzd2Q="], 401),
        row("A04", "a tab after the scheme", &[&[b"Basic\t", &right[6..]].concat()], 401),
        row("A04", "a colon after the scheme", &[&[b"Basic: ", &right[6..]].concat()], 401),
        one("A04", "the right password, NUL, and more", b"user:passwd\0more", 401),
        one("A04", "the right user, NUL, and more", b"user\0more:passwd", 401),
        one("A04", "the right password, and a line feed", b"user:passwd\n", 401),
        one("A04", "a control character that is part of the password", b"bell:bell\x07", 401),
        row("A04", "a byte above ASCII in the header", &[b"Basic \xE9"], 401),
        one("A06", "a wrong password", b"user:wrong", 401),
        one("A06", "an unknown user", b"mallory:passwd", 401),
        one("A06", "no password", b"user:", 401),
        one("A06", "the name in capitals", b"USER:passwd", 401),
        one("A06", "a password of 5,000 bytes", &[&b"user:"[..], &[b'x'; 5000]].concat(), 401),
        row("A05", "two lines, the right one first", &[&right, &wrong], 400),
        row("A05", "two lines, the right one last", &[&wrong, &right], 400),
        row("A05", "two lines, two users, both right", &[&right, &admin], 400),
        Situation { before: Some(right.clone()), ..row("A13", "no credentials, after the right password on this connection", &[], 401) },
        at("/nothing", row("A10", "the right password, for a path that does not exist", &[&right], 404)),
        at("/admin/hello", row("A10", "a user who may", &[&admin], 200)),
        at("/admin/hello", row("C02", "a user who may not", &[&right], 403)),
        at("/outage/hello", row("A07", "the right password, while it cannot be checked", &[&right], 503)),
    ];
    let vectors = include_str!("../vectors/credentials.jsonl").lines();
    let vectors = vectors.map(|line| serde_json::from_str::<Vector>(line).expect("a vector"));
    all.extend(vectors.filter(|vector| vector.target == "basic").map(|vector| {
        let latin1 = |text: &String| -> Vec<u8> {
            text.chars().map(|it| u8::try_from(it).expect("a byte")).collect()
        };
        let sent: Vec<_> = vector.fields.iter().map(latin1).collect();
        let what: Vec<_> = vector.fields.iter().map(|text| describe(text)).collect();
        let sent: Vec<&[u8]> = sent.iter().map(Vec::as_slice).collect();
        row(&format!("vector {}", vector.id), &what.join(" and "), &sent, vector.expect)
    }));
    all
}

/// As it is sent, and what it says.
fn describe(value: &str) -> String {
    let said = value.strip_prefix("Basic ").and_then(|it| STANDARD.decode(it.trim()).ok());
    let said = said.map(|it| format!(": `{}`", it.escape_ascii())).unwrap_or_default();
    format!("`{value}`{said}")
}

/// What is sent where Digest is asked for, with a nonce of the server.
pub fn digests(nonce: &str) -> Vec<Situation> {
    const WHOLE: &str = ", qop=auth, nc=00000001, cnonce=\"a\"";
    let at = |situation| Situation { path: DIGEST, ..situation };
    let digest = |id: &str, what: &str, uri: &str, nonce: &str, more: &str, expect| {
        let value = format!(
            "Digest username=\"user\", realm=\"test\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"00000000000000000000000000000000\"{more}"
        );
        at(row(id, what, &[value.as_bytes()], expect))
    };
    let right_for = |nonce: &str, nc: u32| {
        let hash = |text: String| -> String {
            Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let (user, target) = (hash("user:test:passwd".into()), hash(format!("GET:{DIGEST}")));
        let response = hash(format!("{user}:{nonce}:{nc:08x}:a:auth:{target}"));
        let value = format!(
            "Digest username=\"user\", realm=\"test\", nonce=\"{nonce}\", uri=\"{DIGEST}\", \
             response=\"{response}\", algorithm=MD5, qop=auth, nc={nc:08x}, cnonce=\"a\""
        );
        value.into_bytes()
    };
    let right = |nc| right_for(nonce, nc);
    let after = |before, id: &str, what: &str, nc, expect| {
        at(Situation { before: Some(right(before)), ..row(id, what, &[&right(nc)], expect) })
    };
    let sha = format!("{WHOLE}, algorithm=SHA-256");
    let int = WHOLE.replace("auth", "auth-int");
    // As one that was issued before a restart: only the proof in it is another.
    let other_end = if nonce.ends_with('0') { "1" } else { "0" };
    let other_key = format!("{}{other_end}", &nonce[..nonce.len().saturating_sub(1)]);
    let invented = nonce.chars().rev().collect::<String>();
    vec![
        at(row("H01", "no credentials", &[], 401)),
        at(row("A03", "Basic, and right", &[&basic(b"user:passwd")], 401)),
        at(row("A03", "`Digest` alone", &[b"Digest"], 401)),
        at(row("H03", "a user name and nothing else", &[b"Digest username=\"user\""], 400)),
        digest("H03", "another `uri` than the request's", "/hello", nonce, WHOLE, 400),
        digest("H03", "a `qop` without `nc` and `cnonce`", DIGEST, nonce, ", qop=auth", 400),
        digest("A06", "a wrong response", DIGEST, nonce, WHOLE, 401),
        digest("A06", "an invented nonce", DIGEST, &invented, WHOLE, 401),
        at(row(
            "H02",
            "a right response for a nonce of another key",
            &[&right_for(&other_key, 1)],
            401,
        )),
        digest("H06", "an algorithm that is not offered", DIGEST, nonce, &sha, 401),
        digest("H06", "a `qop` that is not offered", DIGEST, nonce, &int, 401),
        at(row("A10", "a right response", &[&right(1)], 200)),
        after(3, "H04", "a right one with the count 2, after one with 3", 2, 200),
        after(4, "H04", "a right one, after the same one", 4, 401),
    ]
}
