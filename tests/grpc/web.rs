//! Clients of gRPC-Web: one by hand over HTTP/1.1, tonic's, connect-web, and the library grpc-web on a
//! page of another origin.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::header::AUTHORIZATION;
use http::{HeaderName, Method};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portcullis::{AuthenticateLayer, AuthorizeLayer, ResponseBody};
use serde::Deserialize;
use serde_json::Value;
use tonic::transport::server::{Server as Tonic, TcpIncoming};
use tonic_web::{GrpcWebClientLayer, GrpcWebLayer};
use tower::ServiceBuilder;
use tower::util::MapResponseLayer;
use tower_http::cors::{Any, CorsLayer};

use crate::app::{
    Case, Table, Told, User, block_on, by_method, identity, restore_denial, tonic_call,
};
use crate::calls::frame;
use crate::clients::calls;
use crate::notes::NotesServer;
use crate::support::{Connection, Scratch, Server, Tool, run};

/// A server whose translation of gRPC-Web is inside the stages. CORS exposes no header.
fn server() -> Server {
    let cors = CorsLayer::new().allow_origin(Any).allow_methods([Method::POST]).allow_headers([
        AUTHORIZATION,
        HeaderName::from_static("content-type"),
        HeaderName::from_static("grpc-accept-encoding"),
        HeaderName::from_static("x-grpc-web"),
        HeaderName::from_static("x-user-agent"),
    ]);
    let server = Tonic::builder()
        .accept_http1(true)
        .layer(cors)
        .layer(AuthenticateLayer::new(identity(Arc::new(AtomicUsize::new(0)))))
        .layer(AuthorizeLayer::<User>::new(by_method()))
        .layer(MapResponseLayer::new(restore_denial))
        .layer(MapResponseLayer::new(ResponseBody::wrap))
        .layer(GrpcWebLayer::new())
        .add_service(NotesServer::new(Table));
    Server::running(|listener| server.serve_with_incoming(TcpIncoming::from(listener)))
}

/// The same with the translation outside, so that the stages see gRPC.
fn server_behind_translation() -> Server {
    let server = Tonic::builder()
        .accept_http1(true)
        .layer(GrpcWebLayer::new())
        .layer(AuthenticateLayer::new(identity(Arc::new(AtomicUsize::new(0)))))
        .layer(AuthorizeLayer::<User>::new(by_method()))
        .layer(MapResponseLayer::new(restore_denial))
        .layer(MapResponseLayer::new(ResponseBody::wrap))
        .add_service(NotesServer::new(Table));
    Server::running(|listener| server.serve_with_incoming(TcpIncoming::from(listener)))
}

/// The calls that a script can make: it sends one value of `authorization`.
fn web_calls() -> Vec<(Case, bool)> {
    let mut calls = calls();
    calls.retain(|(case, _)| case.tokens.len() < 2);
    calls
}

#[test]
fn f08_a_frame_of_trailers_arrives_over_http1() {
    let server = server();
    for (content_type, is_text) in
        [("application/grpc-web+proto", false), ("application/grpc-web-text", true)]
    {
        for (case, _) in calls() {
            let mut message =
                vec![0, 0, 0, 0, case.name.len() as u8 + 2, 0x0a, case.name.len() as u8];
            message.extend_from_slice(case.name.as_bytes());
            let message = if is_text { BASE64.encode(message).into_bytes() } else { message };
            let mut request = format!(
                "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\n\
                 accept: {content_type}\r\ncontent-length: {}\r\n",
                case.path(),
                message.len(),
            );
            for token in case.tokens {
                request.push_str(&format!("authorization: Bearer {token}\r\n"));
            }
            let request = [request.as_bytes(), b"\r\n", &message].concat();
            let answer = Connection::open(server.address).send(&request);
            assert_eq!(answer.status, 200, "{case:?}");
            if case.code == 0 {
                continue;
            }
            let answered_in = answer.field("content-type").unwrap();
            assert_eq!(answered_in, content_type.trim_end_matches("+proto"));
            assert_eq!(answer.field("grpc-status"), None);
            let body = if is_text { BASE64.decode(&answer.body).unwrap() } else { answer.body };
            let trailers = frame(&body);
            assert_eq!(trailers["grpc-status"], case.code.to_string(), "{case:?}");
            let challenge = trailers.get("www-authenticate").map(|value| value.to_str().unwrap());
            assert_eq!(challenge.is_some(), case.challenge.is_some(), "{case:?}");
            assert!(challenge.unwrap_or_default().contains(case.challenge.unwrap_or_default()));
        }
    }
}

#[test]
fn f08_the_web_client_of_tonic_reports_the_code_the_message_and_the_challenge() {
    for server in [server(), server_behind_translation()] {
        block_on(async {
            let client = Client::builder(TokioExecutor::new()).build_http();
            let channel = ServiceBuilder::new().layer(GrpcWebClientLayer::new()).service(client);
            for (case, streams) in calls() {
                let told = tonic_call(channel.clone(), server.address, &case, streams).await;
                case.check("tonic-web", &told);
            }
        });
    }
}

/// Runs a program of Node with the packages of `target/clients`.
fn node(program: &str, arguments: &[&str]) -> Option<String> {
    let (tool, modules) = (Tool::find("node")?, Tool::find("node/node_modules")?);
    let program = format!("{}/tests/interop/{program}", env!("CARGO_MANIFEST_DIR"));
    let home = Scratch::new();
    let mut command = tool.command(&home);
    let ran = run(command.env("NODE_PATH", modules.path()).arg(program).args(arguments));
    assert_eq!(ran.code, 0, "{ran:#?}");
    Some(ran.out)
}

fn questions(calls: &[(Case, bool)]) -> String {
    let questions: Value = calls.iter().map(|(case, streams)| case.json(*streams)).collect();
    questions.to_string()
}

#[test]
fn f08_connect_web_reports_the_code_the_message_and_the_challenge() {
    // It knows of each method whether its answer streams.
    let mut calls = web_calls();
    calls.retain(|(case, streams)| (case.method == "Follow") == *streams);
    for server in [server(), server_behind_translation()] {
        let base = format!("http://{}", server.address);
        let Some(said) = node("node_grpc_web.cjs", &[&base, &questions(&calls)]) else { return };
        let told: Vec<Told> = serde_json::from_str(&said).unwrap();
        assert_eq!(told.len(), calls.len());
        for ((case, _), told) in calls.iter().zip(&told) {
            case.check("connect-web", told);
        }
    }
}

/// It reads the status although CORS exposes no header, and reports it once.
#[test]
fn f08_the_library_grpc_web_on_a_page_of_another_origin_reports_each_refusal_once() {
    #[derive(Deserialize)]
    struct TwiceTold {
        #[serde(flatten)]
        told: Told,
        errors: usize,
    }

    let Some(chromium) = Tool::find("chromium") else { return };
    let server = server();
    let base = format!("http://{}", server.address);
    let page = Router::new().route("/", get(Html("<!doctype html><title>a page</title>")));
    let other = Server::start(page);
    let page = format!("http://{}/", other.address);
    let calls = web_calls();
    for format in ["binary", "text"] {
        let program = chromium.path().to_str().unwrap();
        let arguments = [program, &page, &base, format, &questions(&calls)];
        let Some(said) = node("chromium_grpc_web.cjs", &arguments) else { return };
        let told: Vec<TwiceTold> = serde_json::from_str(&said).unwrap();
        assert_eq!(told.len(), calls.len());
        for ((case, _), TwiceTold { told, errors }) in calls.iter().zip(&told) {
            case.check(format, told);
            assert_eq!(*errors, usize::from(case.code != 0), "{format}: {case:?}");
        }
    }
}
