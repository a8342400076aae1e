//! https: certificates of an authority that is trusted, and those that are refused.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::ran::{Ran, run};
use super::server::{honest, serve, start};
use crate::support::Server;

const AUTHORITY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oauth_keys/certificates/authority.pem");
const SECRETS: &[(&str, &str)] =
    &[("PORTCULLIS_PASSWORD_ALICE", "wonderland"), ("PORTCULLIS_PASSWORD_BOB", "builder")];

fn start_tls() -> Server {
    let certificate = CertificateDer::from_pem_slice(include_bytes!(
        "../../oauth_keys/certificates/localhost.pem"
    ));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!(
        "../../oauth_keys/certificates/localhost-key.pem"
    ));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Server::running(move |listener: TcpListener| async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, honest).await;
                }
            });
        }
    })
}

fn inspect(url: &str, arguments: &[&str]) -> Ran {
    let callers = ["inspect", url, "--as", "alice:-", "--but-not", "bob:-"];
    run(&[&callers, arguments].concat(), SECRETS, b"")
}

#[test]
fn an_authority_that_is_trusted() {
    let server = start_tls();
    let url = format!("https://localhost:{}/reports", server.address.port());
    let ran = inspect(&url, &["--ca-file", AUTHORITY]);
    assert_eq!(ran.status, 0, "{ran:?}");
}

/// Where `--ca-file` is not given. The variable stands for the file of the system.
#[test]
#[cfg(target_os = "linux")]
fn the_authorities_of_the_system() {
    let server = start_tls();
    let url = format!("https://localhost:{}/reports", server.address.port());
    let inspect = |variables: &[(&str, &str)]| {
        run(&["inspect", &url, "--as", "alice:-"], &[SECRETS, variables].concat(), b"")
    };
    let ran = inspect(&[("SSL_CERT_FILE", AUTHORITY)]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let none = inspect(&[("SSL_CERT_FILE", "/dev/null")]);
    assert_eq!(none.status, 2, "{none:?}");
    assert!(none.err.contains("this system has no certificate authorities"), "{none:?}");
    // Those that come with this machine, if any do, have not signed the certificate of this test.
    let strangers = inspect(&[]);
    assert_eq!(strangers.status, 2, "{strangers:?}");
    assert!(strangers.err.contains("--ca-file"), "{strangers:?}");
}

#[test]
fn certificates_that_are_refused() {
    let server = start_tls();
    let port = server.address.port();
    let other = inspect(&format!("https://127.0.0.1:{port}/reports"), &["--ca-file", AUTHORITY]);
    assert_eq!(other.status, 2, "{other:?}");
    assert!(other.err.contains("the certificate is not for 127.0.0.1"), "{other:?}");
    // The certificate of the server is no authority.
    let stranger =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oauth_keys/certificates/localhost.pem");
    let unknown = inspect(&format!("https://localhost:{port}/reports"), &["--ca-file", stranger]);
    assert_eq!(unknown.status, 2, "{unknown:?}");
    assert!(unknown.err.contains("certificate"), "{unknown:?}");
}

#[test]
fn a_server_without_tls() {
    // As servers answer what is no request.
    let server = Server::running(|listener: TcpListener| async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ =
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
            let _ = stream.read(&mut [0; 4096]).await;
        }
    });
    let url = format!("https://localhost:{}/reports", server.address.port());
    let ran = inspect(&url, &["--ca-file", AUTHORITY]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("does not speak TLS"), "{ran:?}");
    // Or they wait for the end of a head.
    let server = start(honest);
    let url = format!("https://localhost:{}/reports", server.address.port());
    let ran = inspect(&url, &["--ca-file", AUTHORITY]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("does not finish the TLS handshake"), "{ran:?}");
}
