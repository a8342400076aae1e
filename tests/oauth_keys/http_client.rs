//! The HTTP client: J43.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use portcullis::oauth::{Fetch, FetchError, HttpClient, NoRootCertificates};
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use crate::issuer::{Issuer, KEYS, Sent};
use crate::service::{AUTHORITY, client};

/// The task of a connection runs meanwhile, and makes it ready for the next request.
const PAUSE: Duration = Duration::from_millis(20);

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

pub async fn get(client: &HttpClient, url: &str, max_body: usize) -> Result<Bytes, FetchError> {
    let request = Request::get(url).body(Bytes::new()).unwrap();
    Ok(client.fetch(request, max_body).await?.into_body())
}

#[test]
fn j43_a_body_may_be_exactly_as_long_as_the_limit() {
    let issuer = Issuer::start(&[]);
    issuer.set("/five", Sent::ok("12345"));
    runtime().block_on(async {
        let url = issuer.url("/five");
        assert_eq!(get(&client(), &url, 5).await.unwrap(), "12345");
        let error = get(&client(), &url, 4).await.unwrap_err().to_string();
        assert!(error.contains("longer than 4 bytes"), "{error}");
    });
}

#[test]
fn j43_connections_are_kept_open() {
    let issuer = Issuer::start(&["a"]);
    runtime().block_on(async {
        let client = client();
        for _ in 0..5 {
            get(&client.clone(), &issuer.url(KEYS), 10_000).await.unwrap();
            sleep(PAUSE).await;
        }
    });
    assert_eq!(issuer.connections(), 1);
}

#[test]
fn j43_a_connection_that_the_server_closes_is_no_outage() {
    let issuer = Issuer::start(&["a"]);
    // The server reads the second request of a connection, and closes it without a response.
    issuer.close_after_one();
    runtime().block_on(async {
        let client = client();
        for _ in 0..3 {
            get(&client, &issuer.url(KEYS), 10_000).await.unwrap();
            sleep(PAUSE).await;
        }
    });
    assert_eq!(issuer.connections(), 3);
    // A server that never responds is asked twice.
    issuer.set("/closed", Sent::Closed);
    let failed = runtime().block_on(get(&client(), &issuer.url("/closed"), 10_000));
    assert!(failed.unwrap_err().to_string().contains("connection closed"));
    assert_eq!(issuer.asked("/closed"), 2);
}

#[test]
fn j43_http_is_for_this_machine_alone() {
    runtime().block_on(async {
        for url in ["http://issuer.example/keys", "http://127.0.0.2/keys", "http://10.0.0.1/"] {
            let error = get(&client(), url, 100).await.unwrap_err().to_string();
            assert!(error.contains("must begin with `https://`"), "{error}");
        }
    });
}

#[test]
fn j43_certificates_that_cannot_be_read_are_refused() {
    let authority = std::str::from_utf8(AUTHORITY).unwrap();
    let one_broken = format!("{authority}{}", authority.replace("MIIB", "AAAA"));
    for pem in ["", "no PEM", &authority[..100], &one_broken] {
        let error = HttpClient::trusting_only(pem.as_bytes()).unwrap_err();
        assert!(matches!(error, NoRootCertificates::Given(_)), "{error}");
    }
    assert!(HttpClient::trusting_only(format!("{authority}{authority}").as_bytes()).is_ok());
}
