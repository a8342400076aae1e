//! TLS: J43.

use std::net::SocketAddr;
use std::sync::Arc;

use portcullis::oauth::{HttpClient, Keys};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion, version};

use crate::http_client::{get, runtime};
use crate::issuer::key_set;
use crate::service::client;
use crate::support::Server;

/// Serves a key set to everyone over this version of TLS.
fn start(version: &'static SupportedProtocolVersion) -> Server {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("certificates/localhost.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/localhost-key.pem"));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Server::running(move |listener: TcpListener| async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let body = key_set(&["a"]);
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length";
            let _ =
                stream.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
}

fn url(name: &str, address: SocketAddr) -> String {
    format!("https://{name}:{}/keys", address.port())
}

#[test]
fn j43_tls_by_a_private_authority() {
    for version in [&version::TLS12, &version::TLS13] {
        let server = start(version);
        let keys = Keys::at("https://issuer.example", &url("localhost", server.address), client());
        runtime().block_on(keys.unwrap().load()).unwrap();
    }
}

#[test]
fn j43_certificates_of_others_are_refused() {
    let server = start(&version::TLS13);
    runtime().block_on(async {
        // Of another name.
        let error = get(&client(), &url("127.0.0.1", server.address), 10_000).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
        // Of an authority that the system does not know.
        if let Ok(client) = HttpClient::new() {
            let error = get(&client, &url("localhost", server.address), 10_000).await.unwrap_err();
            assert!(error.to_string().contains("certificate"), "{error}");
        }
    });
}

#[test]
fn j43_the_default_provider_of_the_process_is_neither_used_nor_set() {
    let _ = HttpClient::new();
    let _ = client();
    assert!(tokio_rustls::rustls::crypto::CryptoProvider::get_default().is_none());
}
