//! J59, J60: which responses are those of a token for this resource.

use portcullis::oauth::TokenError::{self, Audience, Bound, Claim, Claims, Inactive, Issuer, Type};
use portcullis::{HasAuthentication, HasRoles, HasScopes, Verify};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fake::{Fake, active, response};
use crate::{RESOURCE, introspection, is_unavailable, verdict};

/// A right response with these members, too. `null` removes one.
fn with(members: Value) -> Value {
    let mut body = json!({ "active": true, "sub": "ann", "aud": RESOURCE });
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => body.as_object_mut().unwrap().remove(name),
            value => body.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    body
}

async fn judged(body: Value) -> Result<String, TokenError> {
    verdict(introspection(&Fake::json(body)).verify("token").await)
}

#[tokio::test]
async fn j59_a_token_is_active_if_active_is_true_and_nothing_else() {
    assert_eq!(judged(with(json!({}))).await, Ok("ann".to_owned()));
    // Whatever else it says.
    assert_eq!(judged(with(json!({ "active": false }))).await, Err(Inactive));
    assert_eq!(judged(json!({ "active": false })).await, Err(Inactive));
    for active in [json!("true"), json!(1), json!([true]), json!({}), json!("false"), json!(0)] {
        let fake = Fake::json(with(json!({ "active": active })));
        assert!(is_unavailable(introspection(&fake).verify("token").await), "{active}");
    }
    let fake = Fake::json(with(json!({ "active": null })));
    assert!(is_unavailable(introspection(&fake).verify("token").await));
}

#[tokio::test]
async fn j59_a_response_with_a_member_twice_is_a_failure_of_the_endpoint() {
    for twice in [
        format!(r#"{{"active":false,"active":true,"aud":"{RESOURCE}"}}"#),
        format!(r#"{{"active":true,"aud":"other","aud":"{RESOURCE}"}}"#),
        format!(r#"{{"active":true,"aud":"{RESOURCE}","extra":{{"a":1,"a":1}}}}"#),
    ] {
        let fake = Fake::new(move |_| {
            let mut once = response(&Value::Null);
            *once.body_mut() = twice.clone().into();
            Ok(once)
        });
        assert!(is_unavailable(introspection(&fake).verify("token").await));
    }
}

#[tokio::test]
async fn j60_the_audience_has_to_be_this_resource() {
    let judged = |aud: Value| async move { judged(with(json!({ "aud": aud }))).await };
    for right in [json!(RESOURCE), json!([RESOURCE]), json!(["other", RESOURCE])] {
        assert_eq!(judged(right).await, Ok("ann".to_owned()));
    }
    let longer = format!("{RESOURCE}/");
    for wrong in
        [json!("notes"), json!([]), json!(["a", "b"]), json!(""), json!(longer), json!(null)]
    {
        assert_eq!(judged(wrong.clone()).await, Err(Audience), "{wrong}");
    }
    for odd in [json!(1), json!({ RESOURCE: true }), json!([RESOURCE, 1]), json!([[RESOURCE]])] {
        assert_eq!(judged(odd.clone()).await, Err(Claim("aud")), "{odd}");
    }
}

#[tokio::test]
async fn j60_other_audiences_and_none_are_accepted_only_if_that_is_configured() {
    for (aud, other, missing) in [
        (json!(RESOURCE), true, true),
        (json!("account"), true, false),
        (json!(["else", "account"]), true, false),
        (json!("else"), false, false),
        (json!(null), false, true),
        (json!([]), false, true),
    ] {
        let fake = Fake::json(with(json!({ "aud": aud })));
        let named = introspection(&fake).and_audience("account");
        assert_eq!(named.verify("token").await.is_ok(), other, "{aud}");
        let opted_out = introspection(&fake).accept_missing_audience();
        assert_eq!(opted_out.verify("token").await.is_ok(), missing, "{aud}");
    }
}

#[tokio::test]
async fn j60_another_issuer_is_refused_if_the_issuer_is_configured() {
    let issuer = "https://login.example.com";
    for (iss, expected) in [
        (json!(issuer), Ok("ann".to_owned())),
        (json!(null), Ok("ann".to_owned())),
        (json!("https://login.example.com/"), Err(Issuer)),
        (json!([issuer]), Err(Claim("iss"))),
    ] {
        let fake = Fake::json(with(json!({ "iss": iss })));
        let token = introspection(&fake).issuer(issuer).verify("token").await;
        if let Ok(token) = &token {
            assert_eq!(token.issuer(), Some(issuer));
        }
        assert_eq!(verdict(token), expected, "{iss}");
    }
}

#[tokio::test]
async fn j60_tokens_of_other_kinds_are_refused() {
    for (members, expected) in [
        (json!({ "token_type": "Bearer" }), None),
        (json!({ "token_type": "bearer", "typ": "Bearer" }), None),
        (json!({ "token_type": "access_token" }), None),
        (json!({ "token_use": "access_token" }), None),
        (json!({ "token_type": "refresh_token" }), Some(Type)),
        (json!({ "token_type": "mac" }), Some(Type)),
        (json!({ "token_type": 1 }), Some(Type)),
        (json!({ "typ": "Refresh" }), Some(Type)),
        (json!({ "typ": "Offline" }), Some(Type)),
        (json!({ "typ": "ID" }), Some(Type)),
        (json!({ "token_use": "refresh_token", "token_type": "Bearer" }), Some(Type)),
        (json!({ "token_type": "DPoP" }), Some(Bound)),
        (json!({ "cnf": { "jkt": "x" } }), Some(Bound)),
        (json!({ "cnf": {} }), Some(Bound)),
        (json!({ "cnf": "", "token_type": "Bearer" }), Some(Bound)),
    ] {
        assert_eq!(judged(with(members.clone())).await.err(), expected, "{members}");
    }
}

#[tokio::test]
async fn j60_members_of_the_wrong_type_are_refused() {
    for (members, name) in [
        (json!({ "sub": 5 }), "sub"),
        (json!({ "exp": "4102444800" }), "exp"),
        (json!({ "exp": 4_102_444_800_000_u64 }), "exp"),
        (json!({ "exp": -1 }), "exp"),
        (json!({ "nbf": true }), "nbf"),
        (json!({ "scope": 1 }), "scope"),
        (json!({ "scope": ["a b"] }), "scope"),
        (json!({ "client_id": {} }), "client_id"),
        (json!({ "jti": [] }), "jti"),
    ] {
        assert_eq!(judged(with(members.clone())).await, Err(Claim(name)), "{members}");
    }
}

#[tokio::test]
async fn j60_a_token_tells_what_the_endpoint_has_said() {
    #[derive(Debug, Deserialize)]
    struct Extra {
        tenant: String,
    }
    let fake = Fake::json(with(json!({
        "scope": "notes:read notes:write", "client_id": "app", "username": "Ann", "exp": 4_102_444_800_u64,
        "jti": "id-1", "acr": "gold", "auth_time": 1_700_000_000, "tenant": "north",
        "roles": ["admin", { "value": "editor" }, 7],
    })));
    let token = introspection(&fake).claims::<Extra>().verify("token").await.unwrap();
    assert_eq!(token.subject(), Some("ann"));
    assert_eq!((token.client(), token.id()), (Some("app"), Some("id-1")));
    assert!(token.has_scope("notes:write") && !token.has_scope("notes"));
    assert!(token.has_role("admin") && token.has_role("editor"));
    assert_eq!(token.acr(), Some("gold"));
    assert!(token.expires().is_some() && token.authenticated_at().is_some());
    assert_eq!(token.extra().tenant, "north");
    // Claims that the program does not expect.
    let other = introspection(&Fake::json(with(json!({ "tenant": 5 })))).claims::<Extra>();
    assert_eq!(verdict(other.verify("token").await), Err(Claims));
    let array = Fake::json(with(json!({ "scope": ["a", "b"], "azp": "app", "sub": "" })));
    let token = introspection(&array).verify("token").await.unwrap();
    assert_eq!(token.scopes().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((token.client(), token.subject()), (Some("app"), None));
}

/// What oidc-provider answers to a JWT. A later attempt would not get another answer.
#[tokio::test(start_paused = true)]
async fn j61_an_endpoint_that_does_not_introspect_tokens_of_this_type_refuses_the_token() {
    let refusal = |status: u16, body: &str| {
        let mut answer = response(&Value::Null);
        *answer.body_mut() = body.to_owned().into();
        *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
        answer
    };
    let unsupported = r#"{"error":"unsupported_token_type","error_description":"no JWTs"}"#;
    let answer = refusal(400, unsupported);
    let fake =
        Fake::new(move |token| Ok(if token == "right" { active(token) } else { answer.clone() }));
    let tokens = introspection(&fake).cached(100, std::time::Duration::from_secs(30));
    for id in 0..20 {
        let token = format!("e30.e30.{id}");
        for _ in 0..2 {
            assert_eq!(verdict(tokens.verify(&token).await), Err(TokenError::Type));
        }
        // Remembered as other refusals are (J54).
        assert_eq!(fake.calls(), id + 1);
    }
    assert_eq!(verdict(tokens.verify("right").await), Ok("right".to_owned()));
    // Anything like it says nothing of the token.
    let mut others =
        vec![refusal(401, unsupported), refusal(403, unsupported), refusal(500, unsupported)];
    for body in [
        r#"{"error":"invalid_request"}"#,
        r#"{"error":["unsupported_token_type"]}"#,
        r#"{"error":"unsupported_token_type","error":"unsupported_token_type"}"#,
        "unsupported_token_type",
        "",
    ] {
        others.push(refusal(400, body));
    }
    let mut page = refusal(400, unsupported);
    page.headers_mut().insert("content-type", "text/html".parse().unwrap());
    others.push(page);
    for other in others {
        let fake = Fake::new(move |_| Ok(other.clone()));
        assert!(is_unavailable(introspection(&fake).verify("e30.e30.0").await));
    }
}
