//! Identity by a fact about the connection, such as a client certificate: A08, A11, A13, A16. A line
//! before the first request takes the place of the TLS handshake.

use std::net::{SocketAddr, TcpListener};

use axum::Router;
use http::Extensions;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use portcullis::challenge::Challenge;
use portcullis::{
    ApiKey, AuthenticateLayer, ConnectionIdentity, Identity, Unauthenticated, Verify, any_of,
    verify_fn,
};
use tokio::io::AsyncReadExt;
use tower::ServiceExt;

use crate::support::{Connection, request};
use crate::{Name, Session, Waiting, bearer, login, site};

/// The fact that the handshake proved.
#[derive(Clone)]
struct Certificate {
    subject: String,
}

fn judge(certificate: &Certificate) -> Result<Name, Unauthenticated> {
    match &*certificate.subject {
        "CN=robot" => Ok("robot"),
        "CN=revoked" => Err(Unauthenticated::invalid()),
        "CN=locked" => Err(Unauthenticated::suspended()),
        "CN=down" => Err(Unauthenticated::unavailable()),
        _ => Err(Unauthenticated::missing()),
    }
}

fn certificates() -> impl Verify<Certificate, Principal = Name> {
    verify_fn(judge)
}

fn peer(verifier: impl Verify<Certificate, Principal = Name>) -> impl Identity<Principal = Name> {
    ConnectionIdentity::new(Challenge::bearer("test").unwrap(), verifier)
}

/// Listens as a TLS acceptor would: each connection begins with a "handshake", a line with or without
/// the subject of the client's certificate. The fact that it proves is inserted into the extensions
/// of each request on the connection.
fn listen(app: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((mut stream, _)) = listener.accept().await {
                let app = app.clone();
                tokio::spawn(async move {
                    let mut line = Vec::new();
                    while line.last() != Some(&b'\n') {
                        line.push(stream.read_u8().await?);
                    }
                    let subject = String::from_utf8(line).unwrap().trim_end().to_owned();
                    let proved = (!subject.is_empty()).then_some(Certificate { subject });
                    let service = app.map_request(move |mut request: http::Request<_>| {
                        insert(request.extensions_mut(), proved.clone());
                        request
                    });
                    let builder = auto::Builder::new(TokioExecutor::new());
                    let service = TowerToHyperService::new(service);
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                    std::io::Result::Ok(())
                });
            }
        });
    });
    address
}

fn insert(extensions: &mut Extensions, proved: Option<Certificate>) {
    if let Some(certificate) = proved {
        extensions.insert(certificate);
    }
}

/// A connection with a certificate of this subject.
fn connect(address: SocketAddr, subject: &str) -> Connection {
    let mut connection = Connection::open(address);
    connection.write(format!("{subject}\n").as_bytes());
    connection
}

fn ask(connection: &mut Connection, sent: &[&str]) -> crate::support::Answer {
    let sent: Vec<_> = sent.iter().map(|field| field.as_bytes()).collect();
    connection.send(&request("GET", "/", &sent))
}

/// A stage whose verifier has a result at once, and one whose verifier waits.
fn both() -> [SocketAddr; 2] {
    [false, true].map(|waits| listen(alone(waits)))
}

fn alone(waits: bool) -> Router {
    match waits {
        false => site().layer(AuthenticateLayer::new(peer(certificates()))),
        true => site().layer(AuthenticateLayer::new(peer(Waiting(judge)))),
    }
}

#[test]
fn a13_a_certificate_holds_for_its_connection_and_for_no_other() {
    for address in both() {
        let mut robot = connect(address, "CN=robot");
        let mut anonymous = connect(address, "");
        for _ in 0..2 {
            assert_eq!(ask(&mut robot, &[]).text(), "robot");
            let answer = ask(&mut anonymous, &[]);
            assert_eq!((answer.status, answer.schemes()), (401, vec!["Bearer".to_owned()]));
            assert_eq!(answer.error("Bearer"), None);
        }
    }
}

#[test]
fn a01_to_a17_a_certificate_is_judged_as_other_credentials_are() {
    for address in both() {
        for (subject, status) in [
            ("CN=robot", 200),
            ("CN=revoked", 401),
            ("CN=locked", 403),
            ("CN=down", 503),
            // A certificate of an unknown subject.
            ("CN=stranger", 401),
        ] {
            let answer = ask(&mut connect(address, subject), &[]);
            assert_eq!(answer.status, status, "{subject}");
            assert_eq!(answer.schemes().is_empty(), status != 401, "{subject}");
        }
    }
}

#[test]
fn a16_a_certificate_that_the_verifier_misses_counts_as_no_credentials() {
    let layer = AuthenticateLayer::new(any_of((peer(certificates()), Session, bearer())));
    let address = listen(site().layer(layer.optional()));
    for subject in ["", "CN=stranger"] {
        let mut connection = connect(address, subject);
        assert_eq!(ask(&mut connection, &[]).text(), "nobody", "{subject}");
        // The next identity is tried.
        assert_eq!(ask(&mut connection, &["cookie: sid=s1"]).text(), "session", "{subject}");
    }
    // Invalid credentials are refused, on optional stages too (A09).
    assert_eq!(ask(&mut connect(address, "CN=revoked"), &["cookie: sid=s1"]).status, 401);
}

#[test]
fn a08_credentials_in_a_request_outrank_its_connection() {
    for address in [
        listen(site().layer(AuthenticateLayer::new(any_of((peer(certificates()), bearer()))))),
        listen(site().layer(AuthenticateLayer::new(any_of((bearer(), peer(certificates())))))),
    ] {
        let mut robot = connect(address, "CN=robot");
        assert_eq!(ask(&mut robot, &["authorization: Bearer tok-read"]).text(), "reader");
        let answer = ask(&mut robot, &["authorization: Bearer nope"]);
        assert_eq!(answer.error("Bearer").as_deref(), Some("invalid_token"));
        assert_eq!(ask(&mut robot, &[]).text(), "robot");
        // Credentials of another scheme do not count (A03).
        assert_eq!(ask(&mut robot, &[&login("user", "passwd")]).text(), "robot");
        // A certificate that cannot be verified does not matter then.
        let mut down = connect(address, "CN=down");
        assert_eq!(ask(&mut down, &["authorization: Bearer tok-read"]).text(), "reader");
        assert_eq!(ask(&mut down, &[]).status, 503);
    }
}

#[test]
fn a11_responses_to_a_connection_are_private_and_vary_with_no_header() {
    for address in both() {
        let answer = ask(&mut connect(address, "CN=robot"), &[]);
        assert_eq!(answer.members("cache-control"), ["private"]);
        assert_eq!(answer.field("vary"), None);
    }
}

/// If another identity has to wait, all identities are tried again.
#[test]
fn a16_a_missing_certificate_counts_as_no_credentials_if_another_identity_waits() {
    let field = http::HeaderName::from_static("x-api-key");
    let keys = ApiKey::new("test", field, Waiting(|_: &str| Ok("machine"))).unwrap();
    let layer = AuthenticateLayer::new(any_of((peer(certificates()), keys)));
    let address = listen(site().layer(layer));
    assert_eq!(ask(&mut connect(address, ""), &["x-api-key: key"]).text(), "machine");
    assert_eq!(ask(&mut connect(address, "CN=robot"), &["x-api-key: key"]).text(), "robot");
}

/// One challenge is enough for both identities of an `any_of`.
#[test]
fn a15_the_challenge_of_the_identity_beside_it_is_offered_once() {
    let layer = AuthenticateLayer::new(any_of((peer(certificates()), bearer())));
    let address = listen(site().layer(layer));
    assert_eq!(ask(&mut connect(address, ""), &[]).challenges(), ["Bearer realm=test"]);
}
