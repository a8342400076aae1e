//! Well-formed credentials that are not valid: A06, A08, A09.

use portcullis::{AuthenticateLayer, Bearer, Unauthenticated, any_of, verify_fn};

use crate::support::{Server, get};
use crate::{Name, Session, Waiting, api_key, basic, bearer, login, site};

#[test]
fn a06_unknown_user_and_wrong_password_are_the_same_bytes() {
    let identity = any_of((bearer(), basic()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let wrong_password = get(server.address, "/", &[&login("user", "wrong")]).undated();
    assert_eq!(wrong_password.status, 401);
    assert_eq!(
        wrong_password.challenges(),
        ["Bearer realm=test", "Basic realm=test|charset=UTF-8"]
    );
    for (user, password) in
        [("nobody", "passwd"), ("nobody", ""), ("User", "passwd"), ("", ""), ("user", ":passwd")]
    {
        let answer = get(server.address, "/", &[&login(user, password)]).undated();
        assert_eq!(answer, wrong_password, "{user}:{password}");
    }
    assert_eq!(get(server.address, "/", &[&login("user", "passwd")]).text(), "user");
    assert_eq!(get(server.address, "/", &[&login("", "none")]).text(), "empty");
}

#[test]
fn a06_a_cause_has_a_fixed_description_and_no_trace_of_the_token() {
    let tokens = verify_fn(|token: &str| {
        Err::<Name, _>(match token {
            "expired" => Unauthenticated::expired().with_source(format!("{token} of alice")),
            "stale" => Unauthenticated::stale(),
            _ => Unauthenticated::invalid().with_source(format!("{token} of alice")),
        })
    });
    let identity = Bearer::new("test", tokens).unwrap();
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let cases = [
        ("expired", "The access token expired", "The credentials have expired."),
        ("stale", "The access token expired", "The credentials have expired."),
        ("bad-signature", "The access token is not valid", "The credentials are not valid."),
        ("wrong-audience", "The access token is not valid", "The credentials are not valid."),
        ("not-yet-valid", "The access token is not valid", "The credentials are not valid."),
    ];
    for (token, description, detail) in cases {
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {token}")]);
        assert_eq!(answer.status, 401, "{token}");
        let challenge =
            format!("Bearer realm=test|error=invalid_token|error_description={description}");
        assert_eq!(answer.challenges(), [challenge], "{token}");
        assert_eq!(answer.json()["detail"], detail, "{token}");
        assert!(!answer.everything().contains("alice"), "{answer:?}");
    }
    assert!(
        !get(server.address, "/", &["authorization: Bearer s3cr3t"])
            .everything()
            .contains("s3cr3t")
    );
}

#[test]
fn a06_an_expired_token_of_the_table_gets_its_own_description() {
    let server = Server::start(site().layer(AuthenticateLayer::new(bearer())));
    let answer = get(server.address, "/", &["authorization: Bearer tok-old"]);
    assert_eq!(answer.status, 401);
    let description = answer.param("Bearer", "error_description");
    assert_eq!(description.as_deref(), Some("The access token expired"));
}

#[test]
fn a08_a_failure_never_falls_through_to_another_scheme_or_to_anonymous() {
    let orders = [
        Server::start(site().layer(
            AuthenticateLayer::new(any_of((Session, api_key(), basic(), bearer()))).optional(),
        )),
        Server::start(site().layer(
            AuthenticateLayer::new(any_of((bearer(), basic(), api_key(), Session))).optional(),
        )),
        Server::start(site().layer(
            AuthenticateLayer::new(any_of((basic(), Session, bearer(), api_key()))).optional(),
        )),
    ];
    let cookie = "cookie: sid=s1";
    let key = "x-api-key: key-1";
    let wrong = login("user", "wrong");
    let right = login("user", "passwd");
    for server in &orders {
        let bad_token = get(server.address, "/", &["authorization: Bearer nope", key, cookie]);
        assert_eq!(bad_token.status, 401);
        assert_eq!(bad_token.error("Bearer").as_deref(), Some("invalid_token"));
        assert_eq!(bad_token.schemes().len(), 4);

        let bad_password = get(server.address, "/", &[&wrong, key, cookie]);
        assert_eq!(bad_password.status, 401);
        assert_eq!(bad_password.error("Bearer"), None);

        let bad_key = get(server.address, "/", &["x-api-key: nope"]);
        assert_eq!(bad_key.status, 401);
        assert_eq!(bad_key.error("Bearer"), None);

        assert_eq!(get(server.address, "/", &[&right, key, cookie]).text(), "user");
        let token = "authorization: Bearer tok-rw";
        assert_eq!(get(server.address, "/", &[token, key, cookie]).text(), "writer");
        assert_eq!(get(server.address, "/", &[cookie]).text(), "session");
        assert_eq!(get(server.address, "/", &[]).text(), "nobody");
    }
}

#[test]
fn a08_explicit_credentials_outrank_ambient_ones_in_a_nested_any_of_too() {
    let identity = any_of((any_of((Session, bearer())), basic()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let cookie = "cookie: sid=s1";
    let answer = get(server.address, "/", &[&login("user", "passwd"), cookie]);
    assert_eq!(answer.text(), "user");
    let answer = get(server.address, "/", &[&login("user", "wrong"), cookie]);
    assert_eq!(answer.status, 401, "a wrong password went on as {:?}", answer.text());
}

#[test]
fn a08_the_error_is_on_the_scheme_that_failed_and_on_no_other() {
    let identity = any_of((bearer(), basic(), api_key()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    // No token follows `Bearer`, so the attempted scheme is the API key.
    let answer = get(server.address, "/", &["authorization: Bearer", "x-api-key: nope"]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.error("Bearer"), None, "{:?}", answer.challenges());
}

#[test]
fn a08_waiting_identities_keep_the_same_order() {
    fn any_token(token: &str) -> Result<Name, Unauthenticated> {
        if token == "tok-read" { Ok("reader") } else { Err(Unauthenticated::invalid()) }
    }
    let waiting = || Bearer::new("test", Waiting(any_token)).unwrap();
    let identity = any_of((Session, api_key(), waiting()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity).optional()));
    let bad = get(server.address, "/", &["authorization: Bearer nope", "cookie: sid=s1"]);
    assert_eq!(bad.status, 401);
    let good = get(server.address, "/", &["authorization: Bearer tok-read", "cookie: sid=s1"]);
    assert_eq!(good.text(), "reader");
    assert_eq!(get(server.address, "/", &["cookie: sid=s1"]).text(), "session");
}

#[test]
fn a09_invalid_credentials_are_anonymous_only_if_that_is_configured() {
    let identity = || any_of((bearer(), basic()));
    let strict = Server::start(site().layer(AuthenticateLayer::new(identity()).optional()));
    let ignore_invalid_credentials = Server::start(
        site().layer(AuthenticateLayer::new(identity()).ignore_invalid_credentials()),
    );
    let wrong = login("user", "wrong");
    let failing = [
        &wrong,
        "authorization: Bearer nope",
        "authorization: Bearer tok-old",
        "authorization: Basic %",
    ];
    for field in failing {
        let answer = get(strict.address, "/", &[field]);
        assert_eq!(answer.status, 401, "{field}");
        let answer = get(ignore_invalid_credentials.address, "/", &[field]);
        assert_eq!((answer.status, answer.text()), (200, "nobody"), "{field}");
    }
    for server in [strict, ignore_invalid_credentials] {
        let answer = get(server.address, "/", &["authorization: Bearer tok-read"]);
        assert_eq!(answer.text(), "reader");
    }
}

#[test]
fn a09_lenient_stages_still_refuse_credentials_that_are_not_merely_wrong() {
    let tokens = verify_fn(|token: &str| {
        Err::<Name, _>(match token {
            "down" => Unauthenticated::unavailable(),
            "locked" => Unauthenticated::suspended(),
            "invalid_request" => Unauthenticated::invalid_request(),
            _ => Unauthenticated::ambiguous(),
        })
    });
    let identity = Bearer::new("test", tokens).unwrap();
    let server =
        Server::start(site().layer(AuthenticateLayer::new(identity).ignore_invalid_credentials()));
    for (token, status) in
        [("down", 503), ("locked", 403), ("twice", 400), ("invalid_request", 400)]
    {
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {token}")]);
        assert_eq!(answer.status, status, "{token}");
        let error = (status == 400).then_some("invalid_request");
        assert_eq!(answer.error("Bearer").as_deref(), error, "{token}");
    }
}
