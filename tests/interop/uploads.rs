//! A refusal of a large upload reaches the client (A26).

use std::path::Path;

use axum::Router;
use axum::routing::post;
use portcullis::{AuthenticateLayer, Bearer, DrainLayer, Tokens};

use crate::node::node;
use crate::python::python;
use crate::support::{Scratch, Server, Tool, run};

/// More than the buffers of two sockets hold, so that a client is still sending when it is refused.
const BYTES: &str = "30000000";

/// How often each client uploads.
const TIMES: &str = "8";

fn app() -> Router {
    let identity = Bearer::new("uploads", Tokens::<&'static str>::new()).unwrap();
    let routes = Router::new().route("/upload", post(|body: String| async move { body }));
    let app = routes.layer(AuthenticateLayer::new(identity));
    Router::new().fallback_service(app)
}

/// What a client reports for each of its uploads: a status, or an error.
fn told(client: &str, app: Router) -> Option<Vec<String>> {
    let server = Server::start(app);
    let url = format!("http://{}/upload", server.address);
    let said = match client {
        "fetch" | "http" => node(
            &Tool::find("node")?,
            Path::new(""),
            "node_upload.cjs",
            &[client, &url, BYTES, TIMES],
        ),
        "urllib" => {
            python(&Tool::find("python3")?, "python_upload.py", &[client, &url, BYTES, TIMES])
        }
        "requests" | "httpx" => {
            let tool = Tool::find("python/bin/python")?;
            python(&tool, "python_upload.py", &[client, &url, BYTES, TIMES])
        }
        _ => {
            let (tool, home) = (Tool::find("curl")?, Scratch::new());
            let file = home.write("upload", vec![b'x'; BYTES.parse().unwrap()]);
            let once = || {
                let mut command = tool.command(&home);
                command.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "expect:"]);
                let ran =
                    run(command.arg("--data-binary").arg(format!("@{}", file.display())).arg(&url));
                if ran.code == 0 { ran.out } else { format!("exit {} after {}", ran.code, ran.out) }
            };
            return Some((0..TIMES.parse().unwrap()).map(|_| once()).collect());
        }
    };
    Some(serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
}

#[track_caller]
fn each_refusal_arrives(client: &str) {
    let Some(told) = told(client, app().layer(DrainLayer::new())) else { return };
    assert_eq!(told, ["401"; 8], "{client}");
}

#[test]
fn a26_node_fetch_reads_each_refusal_of_an_upload() {
    each_refusal_arrives("fetch");
}

#[test]
fn a26_node_http_reads_each_refusal_of_an_upload() {
    each_refusal_arrives("http");
}

#[test]
fn a26_python_urllib_reads_each_refusal_of_an_upload() {
    each_refusal_arrives("urllib");
}

#[test]
fn a26_python_requests_reads_each_refusal_of_an_upload() {
    each_refusal_arrives("requests");
}

#[test]
fn a26_python_httpx_reads_each_refusal_of_an_upload() {
    each_refusal_arrives("httpx");
}

#[test]
fn a26_curl_reads_each_refusal_of_an_upload() {
    each_refusal_arrives("curl");
}

/// What the layer is for. Not asserted, since it is a race: `cargo test --test interop -- --ignored
/// --nocapture a26`.
#[test]
#[ignore = "prints what the clients get without the layer"]
fn a26_without_the_layer() {
    for client in ["fetch", "http", "urllib", "requests", "httpx", "curl"] {
        println!("{client}: without {:?}", told(client, app()));
        println!("{client}: with    {:?}", told(client, app().layer(DrainLayer::new())));
    }
}
