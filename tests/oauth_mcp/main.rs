//! The example `mcp_server`, as MCP clients see it: the official SDKs for JavaScript and Python, and what
//! is on the wire.
//!
//! The SDKs are installed by `.ci/clients`. Each gets a plan as JSON, and prints what came of it.

#[path = "../support/mod.rs"]
mod support;

#[path = "../../examples/mcp_server/main.rs"]
#[allow(dead_code, reason = "its `main` is run as a process")]
mod example;

mod sdks;
mod sessions;
mod streams;
mod tokens;

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};

use portcullis::oauth::{Keys, Resource};

use crate::example::issuer::Issuer;
use crate::support::{Answer, Connection, Server, request};

/// The example with its embedded issuer, whose key the test has as well.
struct Site {
    server: Server,
    issuer: Arc<Issuer>,
    resource: String,
}

impl Site {
    fn start() -> Self {
        let (send, received) = mpsc::channel();
        let server = Server::running(move |listener| {
            let url = format!("http://{}", listener.local_addr().expect("an address"));
            let issuer = Arc::new(Issuer::new(&url).expect("an issuer"));
            let _ = send.send(issuer.clone());
            let resource = Resource::new(&format!("{url}/mcp")).expect("a URL");
            let resource = resource.authorization_server(&url).expect("a URL");
            let resource = resource.scopes(["notes:read"]).expect("a scope");
            let keys = Keys::given(&url, &issuer.jwks().to_string()).expect("keys");
            let app = example::app(&resource, keys, issuer.router()).expect("an app");
            async move { axum::serve(listener, app).await }
        });
        let resource = format!("http://{}/mcp", server.address);
        Self { issuer: received.recv().expect("the issuer"), server, resource }
    }

    fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// An access token for this server, in a header.
    fn token(&self, user: &str, scope: &str) -> String {
        bearer(&self.issuer.sign(user, "test", scope, &self.resource, 300))
    }

    /// Sends a JSON-RPC message.
    fn post(&self, fields: &[&str], message: &str) -> Answer {
        let length = format!("Content-Length: {}", message.len());
        let mut all = vec![ACCEPT, "Content-Type: application/json", &*length];
        all.extend(fields);
        self.send("POST", &all, message)
    }

    fn send(&self, method: &str, fields: &[&str], body: &str) -> Answer {
        let fields: Vec<_> = fields.iter().map(|field| field.as_bytes()).collect();
        let mut bytes = request(method, "/mcp", &fields);
        bytes.extend(body.as_bytes());
        Connection::open(self.address()).send(&bytes)
    }

    /// Begins a session; gives the header with its identifier.
    fn begin(&self, token: &str) -> String {
        let answer = self.post(&[token], INITIALIZE);
        assert_eq!(answer.status, 200, "{answer:#?}");
        format!("Mcp-Session-Id: {}", answer.field("mcp-session-id").expect("a session"))
    }
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

const ACCEPT: &str = "Accept: application/json, text/event-stream";

const INITIALIZE: &str = r#"{"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}"#;

/// A call of a tool, within a session.
fn call(tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {{"name": "{tool}", "arguments": {arguments}}}}}"#
    )
}
