//! J02 over sockets: axum and plain hyper, asked by curl over HTTP/1.1 and HTTP/2.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use portcullis::{AuthenticateLayer, DrainLayer, ResponseBody};
use serde_json::Value;
use tower::ServiceBuilder;

use super::{WELL_KNOWN, inside, notes, tokens};
use crate::support::{Connection, Scratch, Server, Tool, get};

fn axum() -> Server {
    Server::start(inside().layer(AuthenticateLayer::new(tokens())).layer(notes().layer()))
}

fn hyper() -> Server {
    let service = ServiceBuilder::new()
        .layer(notes().layer())
        .layer(AuthenticateLayer::new(tokens()))
        .map_response(ResponseBody::wrap)
        .service_fn(|_: Request<Incoming>| async {
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"in"))))
        });
    Server::start(service)
}

/// The status, the headers in lower case, and the body.
fn ask(curl: &Tool, arguments: &[&str]) -> (u16, String, String) {
    let mut command = curl.command(&Scratch::new());
    command.args(["--silent", "--show-error", "--max-time", "20", "--include", "--noproxy", "*"]);
    let ran = command.args(arguments).output().expect("to run curl");
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), body.to_owned())
}

#[test]
fn j02_curl_gets_the_metadata_over_both_versions_of_http() {
    let Some(tool) = Tool::find("curl") else { return };
    let curl = |arguments: &[&str]| ask(&tool, arguments);
    for server in [axum(), hyper()] {
        let url = format!("http://{}{WELL_KNOWN}/notes", server.address);
        for version in ["--http1.1", "--http2-prior-knowledge"] {
            let (status, head, body) = curl(&[version, &url]);
            assert_eq!(status, 200, "{head}");
            let json: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(json["resource"], "https://api.example.com/notes");
            assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
            let (status, to_head, body) = curl(&[version, "--head", &url]);
            assert_eq!((status, &*body), (200, ""));
            let undated = |head: &str| {
                let lines = head.lines().filter(|line| !line.starts_with("date:"));
                lines.map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(undated(&to_head), undated(&head));
            let (status, head, _) = curl(&[version, "-X", "OPTIONS", &url]);
            assert_eq!(status, 204, "{head}");
            // Without a body: curl over HTTP/2 may lose a response that is sent before its body is read.
            let (status, head, body) = curl(&[version, "-X", "POST", &url]);
            assert_eq!((status, &*body), (405, ""), "{head}");
            assert!(head.contains("\r\nallow: get, head, options"), "{head}");
            let other = format!("http://{}{WELL_KNOWN}", server.address);
            assert_eq!(curl(&[version, "--path-as-is", &other]).0, 401);
            assert_eq!(curl(&[version, "--path-as-is", &format!("{url}/../notes")]).0, 401);
        }
    }
}

#[test]
fn j02_absolute_targets_are_served_and_an_asterisk_passes_through() {
    for server in [axum(), hyper()] {
        let mut connection = Connection::open(server.address);
        let absolute = format!(
            "GET http://other.example{WELL_KNOWN}/notes HTTP/1.1\r\nhost: other.example\r\n\r\n"
        );
        let answer = connection.send(absolute.as_bytes());
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["resource"], "https://api.example.com/notes");
        // The connection goes on.
        let answer = connection.send(b"OPTIONS * HTTP/1.1\r\nhost: api.example.com\r\n\r\n");
        assert_eq!(answer.status, 401);
        assert_eq!(get(server.address, "/", &[]).status, 401);
    }
}

#[test]
fn j02_the_405_of_an_upload_reaches_its_client_inside_a_drain_layer() {
    let app = inside().layer(notes().layer()).layer(DrainLayer::new());
    let server = Server::start(app);
    let mut connection = Connection::open(server.address);
    let body = vec![b'x'; 1 << 20];
    let head = format!(
        "POST {WELL_KNOWN}/notes HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write(head.as_bytes());
    connection.write(&body);
    assert_eq!(connection.answer(false).status, 405);
    let next = format!("GET {WELL_KNOWN}/notes HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(connection.send(next.as_bytes()).status, 200);
}
