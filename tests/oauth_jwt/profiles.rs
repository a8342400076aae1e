//! Access tokens and other tokens of real issuers.

use portcullis::oauth::TokenError;
use serde_json::{Value, json};

use crate::mint::Signer;
use crate::{
    ISSUER, NOW, RESOURCE, claims, header, judge, relaxed, verifier, verify, with, without,
};

const REFUSED: Result<(), TokenError> = Err(TokenError::Type);

#[test]
fn j14_typ_is_a_media_type() {
    let key = Signer::shared();
    for (typ, strict, loose) in [
        (json!("at+jwt"), Ok(()), Ok(())),
        (json!("AT+JWT"), Ok(()), Ok(())),
        (json!("application/at+jwt"), Ok(()), Ok(())),
        (json!("Application/At+Jwt"), Ok(()), Ok(())),
        (json!("JWT"), REFUSED, Ok(())),
        (json!("jwt"), REFUSED, Ok(())),
        (json!("application/jwt"), REFUSED, Ok(())),
        (json!(""), REFUSED, REFUSED),
        (json!("at+jwt "), REFUSED, REFUSED),
        (json!("application/"), REFUSED, REFUSED),
        (json!("text/at+jwt"), REFUSED, REFUSED),
        (json!("application/application/at+jwt"), REFUSED, REFUSED),
        (json!("logout+jwt"), REFUSED, REFUSED),
        (json!("dpop+jwt"), REFUSED, REFUSED),
        (json!("id+jwt"), REFUSED, REFUSED),
        (json!("token-introspection+jwt"), REFUSED, REFUSED),
        (json!("at+jw\u{0442}"), REFUSED, REFUSED),
        (json!(7), REFUSED, REFUSED),
        (json!(null), REFUSED, REFUSED),
        (json!(["at+jwt"]), REFUSED, REFUSED),
    ] {
        let header = with(header(key), json!({"typ": typ}));
        assert_eq!(judge(&verifier(key), key, &header, &claims()), strict, "{typ}");
        assert_eq!(judge(&relaxed(key), key, &header, &claims()), loose, "{typ}");
    }
    let header = without(header(key), "typ");
    assert_eq!(judge(&verifier(key), key, &header, &claims()), REFUSED);
    assert_eq!(judge(&relaxed(key), key, &header, &claims()), Ok(()));
}

/// Claims as an issuer puts them into each of its tokens, and these.
fn of(more: Value) -> Value {
    let common =
        json!({"iss": ISSUER, "aud": RESOURCE, "sub": "alice", "exp": NOW + 300, "iat": NOW});
    with(common, more)
}

#[test]
fn j15_access_tokens_of_real_issuers_pass_the_relaxed_profile() {
    let key = Signer::shared();
    for (issuer, typ, claims, client, scopes) in [
        (
            "Keycloak",
            Some("JWT"),
            json!({"typ": "Bearer", "azp": "web", "scope": "openid email", "nonce": "n",
                "realm_access": {"roles": ["user"]}, "acr": "1", "auth_time": NOW}),
            Some("web"),
            "openid email",
        ),
        (
            "Okta",
            None,
            json!({"cid": "web", "scp": ["openid", "notes"], "ver": 1}),
            Some("web"),
            "openid notes",
        ),
        (
            "Entra 1",
            Some("JWT"),
            json!({"appid": "web", "scp": "notes", "acr": "1", "nbf": NOW}),
            Some("web"),
            "notes",
        ),
        (
            "Entra 2",
            Some("JWT"),
            json!({"azp": "web", "azpacr": "1", "scp": "notes", "ver": "2.0"}),
            Some("web"),
            "notes",
        ),
        (
            "Entra 2, a client for itself",
            Some("JWT"),
            json!({"azp": "job", "azpacr": "1", "roles": ["Notes.Read"]}),
            Some("job"),
            "",
        ),
        ("Auth0", Some("JWT"), json!({"azp": "web", "scope": "notes"}), Some("web"), "notes"),
        (
            "Auth0, a client for itself",
            Some("JWT"),
            json!({"azp": "job", "gty": "client-credentials"}),
            Some("job"),
            "",
        ),
        (
            "Cognito",
            None,
            json!({"token_use": "access", "client_id": "web", "scope": "notes"}),
            Some("web"),
            "notes",
        ),
        ("RFC 9068 in all but name", None, json!({"client_id": "web"}), Some("web"), ""),
    ] {
        let header = json!({"alg": "ES256", "kid": "shared"});
        let header = typ.map_or(header.clone(), |typ| with(header, json!({"typ": typ})));
        let result = verify(&relaxed(key), &key.token(&header, &of(claims)));
        let token = result.unwrap_or_else(|error| panic!("{issuer}: {error}"));
        assert_eq!(token.client(), client, "{issuer}");
        assert_eq!(token.scopes().collect::<Vec<_>>().join(" "), scopes, "{issuer}");
    }
}

#[test]
fn j15_other_tokens_of_real_issuers_do_not() {
    let key = Signer::shared();
    for (kind, claims) in [
        ("ID token, the least", json!({})),
        ("ID token", json!({"nonce": "n", "azp": "web", "at_hash": "h", "auth_time": NOW})),
        ("ID token of a code flow", json!({"azp": "web", "email": "a@example.com"})),
        ("ID token with a scope of its own", json!({"scope": "openid", "nonce": "n"})),
        ("ID token with a scope and a hash", json!({"scope": "openid", "at_hash": "h"})),
        ("ID token of a hybrid flow", json!({"scope": "openid", "c_hash": "h"})),
        ("ID token of Keycloak", json!({"typ": "ID", "azp": "web", "scope": "openid"})),
        ("refresh token of Keycloak", json!({"typ": "Refresh", "azp": "web", "scope": "openid"})),
        ("offline token of Keycloak", json!({"typ": "Offline", "azp": "web", "scope": "openid"})),
        ("log-out token of Keycloak", json!({"typ": "Logout", "events": {}})),
        (
            "ID token of Entra, with app roles",
            json!({"ver": "2.0", "roles": ["Admin"], "oid": "o"}),
        ),
        ("ID token of Cognito", json!({"token_use": "id", "cognito:username": "alice"})),
        (
            "log-out token",
            json!({"scope": "x",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
        ),
        ("a declaration of the wrong type", json!({"token_use": ["access"], "scope": "x"})),
        ("two declarations, one of them another", json!({"typ": "Bearer", "token_use": "id"})),
        ("a hash beside the declaration", json!({"typ": "Bearer", "at_hash": "h"})),
        ("an empty declaration", json!({"typ": "", "scope": "x"})),
    ] {
        for typ in [Some("JWT"), None] {
            let header = json!({"alg": "ES256", "kid": "shared"});
            let header = typ.map_or(header.clone(), |typ| with(header, json!({"typ": typ})));
            assert_eq!(judge(&relaxed(key), key, &header, &of(claims.clone())), REFUSED, "{kind}");
        }
    }
}

#[test]
fn j15_scope_goes_before_scp() {
    let key = Signer::shared();
    for members in [json!({"scp": ["b"], "scope": "a"}), json!({"scope": ["a"], "scp": "b"})] {
        let token = key.token(&header(key), &with(without(claims(), "scope"), members));
        let token = verify(&relaxed(key), &token).unwrap();
        assert_eq!(token.scopes().collect::<Vec<_>>(), ["a"]);
    }
    // Not a claim of RFC 9068.
    let token = key.token(&header(key), &with(without(claims(), "scope"), json!({"scp": "b"})));
    assert_eq!(verify(&verifier(key), &token).unwrap().scopes().count(), 0);
}
