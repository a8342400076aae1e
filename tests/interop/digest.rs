//! Digest: what each client makes of what is offered.
//!
//! A client stands in its room, as a [`Client`]: how it is asked, and what is known of it. What
//! follows from the RFCs is the same for all and stands here. No client here looks at the
//! `rspauth` or the `nextnonce` of an `Authentication-Info`.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use http::Uri;
use portcullis::authenticate::IdentityService;
use portcullis::identity::DigestAlgorithm;
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Digest, DigestUsers, Principal, Tokens, Users, any_of,
};
use serde_json::{Value, json};

use crate::{Noted, Site, Told};

/// A client that has Digest.
pub struct Client {
    pub name: &'static str,
    /// Asks all of it, each session with what the client keeps of a login. `None` if the client is
    /// not installed.
    pub ask: fn(&[&Session]) -> Option<Vec<Told>>,
    /// What it makes of [`OFFERS`]: the algorithm, or the other scheme, that it logs in with; `-`
    /// if it stays with the 401; `fails` if it fails before it answers.
    pub makes: [&'static str; OFFERS.len()],
    /// What it is offered in the other rows.
    pub offer: &'static str,
    /// Whether it uses a nonce again for its next request, and does not ask anew each time.
    pub keeps_nonces: bool,
    /// What comes of a user's name with a quotation mark and a backslash in it.
    pub quoted: u16,
    /// What comes of a user's name beyond ASCII. Such a password is good everywhere.
    pub utf8: u16,
}

/// Requests that are made one after the other, with one login.
pub struct Session {
    pub base: String,
    pub user: &'static str,
    pub password: &'static str,
    /// For clients that want to be told.
    pub algorithm: &'static str,
    pub questions: Vec<Question>,
}

/// Method, path, body.
#[derive(Clone, Copy)]
pub struct Question(pub &'static str, pub &'static str, pub Option<&'static str>);

/// What a server offers: algorithms, or what is said.
pub const OFFERS: [&str; 13] = [
    "SHA-256",
    "MD5",
    "SHA-256, MD5",
    "SHA-512-256",
    "SHA-512-256, SHA-256",
    "SHA-512-256, SHA-256, MD5",
    "SHA-256-sess",
    "MD5-sess",
    "Digest, Bearer and Basic",
    "Bearer, Basic and Digest",
    "userhash",
    "opaque and domain",
    "quotation marks in the realm",
];

const QUOTED: &str = "al\"i\\ce";
const UTF8: [&str; 2] = ["jürgen", "pässwörd"];

const NOTES: [&str; 2] = ["text=a%20note", "text=2"];

/// Targets on which a client and a server may easily disagree.
const TARGETS: [&str; 7] = [
    "/a%20b/c%2Fd?x=%C3%A4&y=a+b",
    "/%E2%82%AC/user",
    "/?q",
    "/list;v=1/(a),'b'?c=;d",
    "/quoted?say=%22hello%22,%5C",
    "/two//slashes/?a=b=c&&d",
    "/everything?next=http://example.org/a?b",
];

impl Session {
    fn of(site: &Site, user: &'static str, password: &'static str, offer: &'static str) -> Self {
        let first = offer.split(", ").next().unwrap_or(offer);
        let algorithm = if first.starts_with(['M', 'S']) { first } else { "SHA-256" };
        let base = format!("http://{}", site.address());
        Self { base, user, password, algorithm, questions: Vec::new() }
    }

    fn gets(mut self, paths: &[&'static str]) -> Self {
        self.questions.extend(paths.iter().map(|path| Question("GET", path, None)));
        self
    }
}

/// As the programs in other languages read it.
pub fn json(sessions: &[&Session]) -> Value {
    let questions = sessions.iter().enumerate().flat_map(|(number, session)| {
        session.questions.iter().map(move |Question(method, path, body)| {
            let mut question = json!({
                "session": number, "base": session.base, "method": method, "path": path,
                "digest": [session.user, session.password], "algorithm": session.algorithm,
            });
            if let Some(body) = body {
                question["body"] = json!(body);
            }
            question
        })
    });
    questions.collect()
}

// ==== the server ====

pub fn site(offer: &str) -> Site {
    lasting(offer, Duration::from_secs(300))
}

/// A site whose nonces live for so long.
fn lasting(offer: &str, lifetime: Duration) -> Site {
    let users = [("alice", "wonderland"), (QUOTED, "wonderland")].into_iter();
    let users = users.chain([(UTF8[0], UTF8[1]), ("alan", UTF8[1])]);
    let realm = if offer.contains("realm") { "the \"inner\" realm" } else { "realm" };
    let table = users
        .fold(DigestUsers::new(realm), |table, (name, password)| table.with(name, password, name));
    let digest = Digest::from_users(table).unwrap().nonce_lifetime(lifetime).unwrap();
    let basic = || {
        Basic::new("basic", Users::new().with("alice", "wonderland", "alice")).unwrap() //
    };
    let bearer = || Bearer::new("bearer", Tokens::new().with("alice-token", "alice")).unwrap();
    match offer {
        "Digest, Bearer and Basic" => {
            let identity = any_of((digest, bearer(), basic()));
            serve(AuthenticateLayer::new(identity).preserve_challenge_order())
        }
        "Bearer, Basic and Digest" => {
            let identity = any_of((bearer(), basic(), digest));
            serve(AuthenticateLayer::new(identity).preserve_challenge_order())
        }
        "quotation marks in the realm" => serve(AuthenticateLayer::new(digest)),
        "userhash" => serve(AuthenticateLayer::new(digest.userhash(true))),
        "opaque and domain" => {
            let digest = digest.opaque("an-opaque-value").unwrap();
            serve(AuthenticateLayer::new(digest.domain(["/"]).unwrap()))
        }
        names => {
            let algorithms = names.split(", ").map(algorithm);
            serve(AuthenticateLayer::new(digest.algorithms(algorithms).unwrap()))
        }
    }
}

fn algorithm(name: &str) -> DigestAlgorithm {
    use DigestAlgorithm::{Md5, Md5Sess, Sha256, Sha256Sess, Sha512_256};
    let all = [Md5, Md5Sess, Sha256, Sha256Sess, Sha512_256];
    all.into_iter().find(|it| it.as_str() == name).expect("an algorithm")
}

/// Says who asked for what, as it came; `/hop/1` redirects twice.
async fn page(user: Principal<&'static str>, uri: Uri, request: Request) -> Response {
    if let Some(left) = uri.path().strip_prefix("/hop/") {
        let left: u32 = left.parse().unwrap();
        return match left {
            0 => Redirect::to("/me").into_response(),
            left => Redirect::to(&format!("/hop/{}", left - 1)).into_response(),
        };
    }
    if uri.path() == "/slow" {
        tokio::time::sleep(Duration::from_millis(2100)).await;
    }
    let method = request.method().clone();
    let body = axum::body::to_bytes(request.into_body(), 1000).await.unwrap();
    format!("{} {method} {uri} ({})", user.0, String::from_utf8_lossy(&body)).into_response()
}

fn serve(stage: AuthenticateLayer<impl IdentityService<Principal = &'static str>>) -> Site {
    // A server that answers before it has read the body may end the connection, and a client that
    // is about to use it again fails. That is between those two: here, bodies are read first.
    let whole = middleware::from_fn(async |request: Request, next: Next| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1000).await.unwrap();
        next.run(Request::from_parts(parts, body.into())).await
    });
    Site::noting(Router::new().fallback(any(page)).layer(stage).layer(whole))
}

// ==== what was sent ====

/// A parameter of Digest credentials, as it stands there, without quotation marks around it.
pub fn param<'a>(noted: &'a Noted, name: &str) -> Option<&'a str> {
    let (_, behind) = noted.field("authorization")?.split_once(&format!("{name}="))?;
    match behind.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => behind.split([',', ' ']).next(),
    }
}

/// Without those that a browser makes unasked.
fn lines(noted: &[Noted]) -> Vec<&str> {
    noted.iter().map(|noted| &*noted.line).filter(|line| !line.contains("favicon")).collect()
}

/// What it has logged in with; `-` if with nothing.
fn logged_in_with(noted: &[Noted], told: &Told) -> String {
    let scheme = |noted: &Noted| match noted.line.split(' ').nth(2) {
        Some("Digest") => param(noted, "algorithm").unwrap_or("MD5").to_owned(),
        scheme => scheme.unwrap_or_default().to_owned(),
    };
    match told.status {
        0 => "fails".to_owned(),
        200 => noted.iter().find(|noted| noted.status == 200).map(scheme).expect("a login"),
        _ => "-".to_owned(),
    }
}

// ==== the rows ====

/// What is asked, and what must come of it.
struct Row {
    site: Site,
    session: Session,
    check: Check,
}

/// How the client fared, in everything that was noted of it and all that it was told.
type Check = fn(&Client, &[Noted], &[Told]);

fn rows(client: &Client) -> Vec<Row> {
    let row = |user, password, paths: &[&'static str], check: Check| {
        let site = site(client.offer);
        let session = Session::of(&site, user, password, client.offer).gets(paths);
        Row { site, session, check }
    };
    let mut rows = vec![
        row("alice", "wonderland", &["/me"; 10][..if client.keeps_nonces { 10 } else { 2 }], again),
        row("alice", "wonderland", &TARGETS, targets),
        row("alice", "wrong", &["/me"], refused),
        row("mallory", "wonderland", &["/me"], refused),
        row(QUOTED, "wonderland", &["/me"], a_quoted_name),
        row(UTF8[0], UTF8[1], &["/me"], a_name_beyond_ascii),
        row("alan", UTF8[1], &["/me"], a_password_beyond_ascii),
    ];
    let mut notes = row("alice", "wonderland", &[], writes);
    notes.session.questions = NOTES.map(|body| Question("POST", "/notes", Some(body))).into();
    rows.push(notes);
    if client.keeps_nonces {
        let site = lasting(client.offer, Duration::from_secs(2));
        let session = Session::of(&site, "alice", "wonderland", client.offer);
        let session = session.gets(&["/me", "/slow", "/me"]);
        rows.push(Row { site, session, check: an_outdated_nonce });
    }
    rows
}

/// Puts every row to a client, all in one call of it, and holds what comes of it to what is known.
#[track_caller]
pub fn every_row(client: &Client) {
    let offered = OFFERS.into_iter().map(|offer| {
        let site = site(offer);
        let session = Session::of(&site, "alice", "wonderland", offer).gets(&["/me"]);
        Row { site, session, check: |_, _, _| {} }
    });
    let rows: Vec<_> = rows(client).into_iter().chain(offered).collect();
    let sessions: Vec<_> = rows.iter().map(|row| &row.session).collect();
    let Some(told) = (client.ask)(&sessions) else { return };
    let mut told = &told[..];
    let mut made = Vec::new();
    for row in &rows {
        let own = told.split_off(..row.session.questions.len()).expect("an answer to each");
        let noted = row.site.noted();
        (row.check)(client, &noted, own);
        made.push(logged_in_with(&noted, own.last().expect("an answer")));
    }
    let made = &made[made.len() - OFFERS.len()..];
    for ((offer, made), makes) in OFFERS.iter().zip(made).zip(client.makes) {
        assert_eq!(made, makes, "{} makes of {offer}", client.name);
    }
}

/// One challenge; after that the nonce is used again, and the count goes up.
fn again(client: &Client, noted: &[Noted], told: &[Told]) {
    let Client { name, keeps_nonces, .. } = client;
    assert!(told.iter().all(|told| told.status == 200), "{name}: {told:?}");
    if !keeps_nonces {
        let each = ["GET /me - 401", "GET /me Digest 200"];
        assert_eq!(lines(noted), [each; 2].concat(), "{name}");
        return;
    }
    let (asked, others) = noted.split_first().expect("a request");
    assert_eq!(asked.line, "GET /me - 401", "{name}");
    assert_eq!(lines(others), ["GET /me Digest 200"; 10], "{name}");
    let nonce = param(&others[0], "nonce");
    assert!(others.iter().all(|noted| param(noted, "nonce") == nonce), "{name}: {noted:#?}");
    let mut counts: Vec<_> = others.iter().filter_map(|noted| param(noted, "nc")).collect();
    // What a browser asks for by itself may overtake what it is told to.
    counts.sort_unstable();
    let count = |number: usize| match *name {
        // It counts in decimal digits, against RFC 7616 §3.4. Gaps do no harm.
        "digest-fetch" => format!("{number:08}"),
        _ => format!("{number:08x}"),
    };
    assert_eq!(counts, (1..=others.len()).map(count).collect::<Vec<_>>(), "{name}");
}

/// H03: `uri` is the request target.
fn targets(client: &Client, noted: &[Noted], told: &[Told]) {
    for (target, told) in TARGETS.iter().zip(told) {
        let page = format!("alice GET {target} ()");
        assert_eq!(told.body.as_deref(), Some(&*page), "{}: {noted:#?}", client.name);
    }
}

fn writes(client: &Client, noted: &[Noted], told: &[Told]) {
    for (body, told) in NOTES.iter().zip(told) {
        let page = format!("alice POST /notes ({body})");
        assert_eq!(told.body.as_deref(), Some(&*page), "{}: {noted:#?}", client.name);
    }
}

/// H02: the client goes on by itself.
fn an_outdated_nonce(client: &Client, noted: &[Noted], told: &[Told]) {
    let Client { name, .. } = client;
    assert!(told.iter().all(|told| told.status == 200), "{name}: {noted:#?}");
    let outdated = |noted: &Noted| noted.status == 401 && noted.field("authorization").is_some();
    // A browser may have two requests on the way.
    assert!(noted.iter().any(outdated), "{name}: {noted:#?}");
}

/// A06: it tries once, and does not loop.
fn refused(client: &Client, noted: &[Noted], told: &[Told]) {
    assert_eq!(told[0].status, 401, "{}", client.name);
    assert_eq!(lines(noted), ["GET /me - 401", "GET /me Digest 401"], "{}", client.name);
}

fn a_quoted_name(client: &Client, noted: &[Noted], told: &[Told]) {
    assert_eq!(told[0].status, client.quoted, "{}: {noted:#?}", client.name);
}

fn a_name_beyond_ascii(client: &Client, noted: &[Noted], told: &[Told]) {
    assert_eq!(told[0].status, client.utf8, "{}: {noted:#?}", client.name);
}

fn a_password_beyond_ascii(client: &Client, noted: &[Noted], told: &[Told]) {
    assert_eq!(told[0].status, 200, "{}: {noted:#?}", client.name);
}
