//! J04: what the challenges of access tokens name.

use http::header::WWW_AUTHENTICATE;
use portcullis::oauth::{AccessTokens, Resource, Resources};
use portcullis::{AuthenticateLayer, Identity, any_of};

use super::{inside, notes, request, send, tokens};

async fn challenge(identity: impl Identity, authorization: Option<&str>) -> String {
    let app = inside().layer(AuthenticateLayer::new(identity));
    let mut request = request("GET", "/");
    if let Some(value) = authorization {
        request.headers_mut().insert("authorization", value.parse().unwrap());
    }
    let response = send(&app, request).await;
    response.headers()[WWW_AUTHENTICATE].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn j04_every_challenge_names_the_metadata_and_the_scopes_to_begin_with() {
    let identity = tokens().ask_for("notes:read").unwrap().metadata(&notes());
    let url = notes().metadata_url().to_owned();
    let plain =
        format!("Bearer realm=\"notes\", scope=\"notes:read\", resource_metadata=\"{url}\"");
    assert_eq!(challenge(identity.clone(), None).await, plain);
    let wrong = challenge(identity.clone(), Some("Bearer nope")).await;
    let error = ", error=\"invalid_token\", error_description=\"The access token is not valid\"";
    assert_eq!(wrong, format!("{plain}{error}"));
    let malformed = challenge(identity, Some("Bearer a b")).await;
    assert!(malformed.starts_with(&plain) && malformed.contains("invalid_token"), "{malformed}");
}

#[tokio::test]
async fn j04_the_order_of_the_configuration_does_not_matter_much() {
    let first = tokens().metadata(&notes()).ask_for("notes:read").unwrap();
    let line = challenge(first, None).await;
    assert!(
        line.contains(notes().metadata_url()) && line.contains("scope=\"notes:read\""),
        "{line}"
    );
    // The last one counts.
    let other = Resource::new("https://api.example.com/other").unwrap();
    let line = challenge(tokens().metadata(&notes()).metadata(&other), None).await;
    assert_eq!(line.matches("resource_metadata=").count(), 1);
    assert!(line.contains(other.metadata_url()), "{line}");
}

#[test]
fn j04_what_no_challenge_can_name_is_refused_when_it_is_built() {
    let realm = |realm| AccessTokens::new(realm, ()).is_ok();
    assert!(realm("notes") && !realm("a\r\nb") && !realm("scope=\"a\""));
    assert!(tokens().ask_for("a  b").is_err());
    assert!(tokens().ask_for("").is_err());
}

/// Two issuers, each with an identity and with scopes of its own, and the second one for several tenants.
#[tokio::test]
async fn a15_a_challenge_of_the_request_has_the_scopes_of_its_own_realm() {
    let tenants = Resources::chosen_by(|_| Some("notes")).with("notes", notes());
    let of_realm = |realm, scope| {
        let identity = AccessTokens::new(realm, super::no_token()).unwrap();
        identity.ask_for(scope).unwrap()
    };
    let second = of_realm("b", "b:read").metadata_by_request(&tenants);
    let layer = AuthenticateLayer::new(any_of((of_realm("a", "a:read"), second)));
    let response = send(&inside().layer(layer), request("GET", "/")).await;
    let lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let lines: Vec<_> = lines.map(|line| line.to_str().unwrap()).collect();
    let url = notes().metadata_url().to_owned();
    assert_eq!(
        lines,
        [
            "Bearer realm=\"a\", scope=\"a:read\"",
            &format!("Bearer realm=\"b\", resource_metadata=\"{url}\", scope=\"b:read\""),
        ]
    );
}
