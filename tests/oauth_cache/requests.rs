//! J58, J64: what the endpoint is asked.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use portcullis::Verify;
use portcullis::oauth::{ClientAuth, Introspection, InvalidUrl, TokenError};

use crate::fake::Fake;
use crate::{introspection, resource, verdict};

#[tokio::test]
async fn j58_a_request_is_a_form_with_the_token_and_the_credentials_of_the_service() {
    let fake = Fake::right();
    let tokens = introspection(&fake);
    assert!(tokens.verify("a~b+/=&x y").await.is_err());
    let request = fake.last();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://login.example.com/introspect");
    assert_eq!(request.body(), "token=a%7Eb%2B%2F%3D%26x+y&token_type_hint=access_token");
    let headers = request.headers();
    assert_eq!(headers[ACCEPT], "application/json");
    assert_eq!(headers[CONTENT_TYPE], "application/x-www-form-urlencoded");
    // `notes:t0p-s3cret`.
    assert_eq!(headers[AUTHORIZATION], "Basic bm90ZXM6dDBwLXMzY3JldA==");
    assert!(headers[AUTHORIZATION].is_sensitive());
    assert_eq!(headers.len(), 3);

    let url = "http://127.0.0.1:9/a/introspect?x=1";
    let auth = ClientAuth::post("notes", "p&w");
    let tokens = Introspection::at(url, fake.clone(), auth, &resource()).unwrap();
    assert!(tokens.verify("right").await.is_ok());
    let request = fake.last();
    assert_eq!(request.uri(), url);
    let form = "token=right&token_type_hint=access_token&client_id=notes&client_secret=p%26w";
    assert_eq!(request.body(), form);
    assert!(!request.headers().contains_key(AUTHORIZATION));
}

#[test]
fn j58_an_endpoint_without_tls_is_refused_when_it_is_configured() {
    for url in ["http://login.example.com/introspect", "/introspect", "https://u:p@host/", ""] {
        let auth = ClientAuth::basic("notes", "secret");
        let built = Introspection::at(url, Fake::right(), auth, &resource());
        let _: InvalidUrl = built.map(drop).unwrap_err();
    }
}

#[tokio::test]
async fn j64_tokens_that_cannot_be_right_are_not_sent() {
    let fake = Fake::right();
    let (plain, cached) =
        (introspection(&fake), introspection(&fake).cached(100, crate::times::TTL));
    let longest = format!("right{}", "A".repeat(16 * 1024 - 5));
    for (token, expected) in
        [(format!("{longest}A"), TokenError::TooLong), (String::new(), TokenError::Inactive)]
    {
        assert_eq!(verdict(plain.verify(&token).await), Err(expected));
        assert_eq!(verdict(cached.verify(&token).await), Err(expected));
    }
    assert_eq!(fake.calls(), 0);
    assert!(plain.verify(&longest).await.is_ok());
    assert!(cached.verify(&longest).await.is_ok());
    assert_eq!(fake.calls(), 2);
}
