//! Discovery: RFC 8414, OpenID Connect Discovery.

use super::*;
use crate::oauth::keys::FetchKeysError;

const SERVER: &str = "https://issuer.example/.well-known/oauth-authorization-server";
const OPENID: &str = "https://issuer.example/.well-known/openid-configuration";

fn metadata(issuer: &str, keys: &str) -> Reply {
    Reply::ok(format!(r#"{{"issuer":"{issuer}","jwks_uri":"{keys}","more":[1]}}"#))
}

#[tokio::test(start_paused = true)]
async fn j30_the_addresses_are_tried_in_turn() {
    let behind = "https://issuer.example/t/1/.well-known/openid-configuration";
    let addresses = [format!("{SERVER}/t/1"), format!("{OPENID}/t/1"), behind.to_owned()];
    for (n, address) in addresses.iter().enumerate() {
        let issuer = Issuer::with_keys(&["a"]);
        let name = "https://issuer.example/t/1";
        issuer.set(address, metadata(name, KEYS_URL));
        let keys = Keys::of_issuer(name, issuer.clone()).unwrap();
        assert_eq!(has(&keys, "a").await, Ok(true));
        let mut expected = addresses[..=n].to_vec();
        expected.push(KEYS_URL.to_owned());
        assert_eq!(issuer.asked(), expected);
        // And not again for the next set.
        assert_eq!(has(&keys, "b").await, Ok(false));
        assert_eq!(issuer.asked(), [KEYS_URL]);
    }
}

#[tokio::test(start_paused = true)]
async fn j30_a_page_of_html_at_one_address_does_not_hide_the_next() {
    let issuer = Issuer::with_keys(&["a"]);
    issuer.set(SERVER, Reply::ok("<!doctype html>"));
    issuer.set(OPENID, metadata(ISSUER, KEYS_URL));
    assert_eq!(has(&issuer.discovered(), "a").await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn j30_without_metadata_the_failure_names_every_address() {
    let issuer = Issuer::with_keys(&["a"]);
    let error = issuer.discovered().load().await.unwrap_err().to_string();
    assert!(error.contains(SERVER) && error.contains(OPENID) && error.contains("404"), "{error}");
    issuer.asked();
    // A server that does not respond is asked once.
    issuer.set(SERVER, Reply::Refused);
    let error = issuer.discovered().load().await.unwrap_err().to_string();
    assert!(error.contains("connection refused"), "{error}");
    assert_eq!(issuer.asked(), [SERVER]);
}

#[tokio::test(start_paused = true)]
async fn j31_the_issuer_of_the_metadata_is_exactly_the_configured_one() {
    for (configured, found) in [
        (ISSUER, "https://issuer.example/"),
        ("https://issuer.example/", ISSUER),
        (ISSUER, "https://issuer.example:443"),
        (ISSUER, "https://Issuer.example"),
        (ISSUER, "https://evil.example"),
        (ISSUER, ""),
    ] {
        let issuer = Issuer::with_keys(&["a"]);
        for address in [SERVER, OPENID] {
            issuer.set(address, metadata(found, KEYS_URL));
        }
        let keys = Keys::of_issuer(configured, issuer.clone()).unwrap();
        let error = keys.load().await.unwrap_err();
        let FetchKeysError::NotDiscovered(errors) = &error else { panic!("{error}") };
        assert!(matches!(&errors[0], FetchKeysError::WrongIssuer { .. }), "{error}");
        assert!(error.to_string().contains(&format!("{found:?}")), "{error}");
        assert!(!issuer.asked().contains(&KEYS_URL.to_owned()));
    }
    let issuer = Issuer::with_keys(&["a"]);
    issuer.set(SERVER, metadata("https://issuer.example/", KEYS_URL));
    let keys = Keys::of_issuer("https://issuer.example/", issuer).unwrap();
    assert_eq!(has(&keys, "a").await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn j31_a_long_or_hostile_issuer_is_quoted_in_part() {
    let issuer = Issuer::empty();
    issuer.set(SERVER, metadata(&format!("x\\n{}", "y".repeat(100_000)), KEYS_URL));
    let error = issuer.discovered().load().await.unwrap_err().to_string();
    assert!(error.len() < 2000 && !error.contains('\n'), "{}", error.len());
}

#[tokio::test(start_paused = true)]
async fn j32_a_url_of_keys_that_fills_the_log_is_not_used() {
    let long = |length: usize| format!("https://issuer.example/{}", "k".repeat(length - 23));
    for (length, is_used) in [(2048, true), (2049, false)] {
        let issuer = Issuer::empty();
        issuer.set(SERVER, metadata(ISSUER, &long(length)));
        let error = issuer.discovered().load().await.unwrap_err().to_string();
        assert_eq!(issuer.asked().contains(&long(length)), is_used);
        assert!(error.len() < 3000, "{}", error.len());
    }
}

#[tokio::test(start_paused = true)]
async fn j32_the_url_of_the_keys_is_https() {
    let at_home = "http://127.0.0.1:9/keys";
    for url in ["", "keys", "/keys", "http://issuer.example/keys", at_home, "file:///etc/passwd"] {
        let issuer = Issuer::with_keys(&["a"]);
        issuer.set(SERVER, metadata(ISSUER, url));
        let error = issuer.discovered().load().await.unwrap_err();
        let FetchKeysError::NotDiscovered(errors) = &error else { panic!("{error}") };
        assert!(matches!(&errors[0], FetchKeysError::KeysUrl { .. }), "{error}");
        assert!(!issuer.asked().contains(&url.to_owned()));
    }
    // Of an issuer on this machine, which is for development.
    let issuer = Issuer::empty();
    let name = "http://127.0.0.1:9";
    issuer.set(&format!("{name}/.well-known/openid-configuration"), metadata(name, at_home));
    issuer.set(at_home, Reply::ok(key_set(&["a"])));
    assert_eq!(has(&Keys::of_issuer(name, issuer).unwrap(), "a").await, Ok(true));
    // And with a path of two slashes.
    let issuer = Issuer::empty();
    issuer.set(SERVER, metadata(ISSUER, "https://issuer.example//jwks"));
    issuer.set("https://issuer.example//jwks", Reply::ok(key_set(&["a"])));
    assert_eq!(has(&issuer.discovered(), "a").await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn j32_keys_that_have_moved_are_found() {
    let issuer = Issuer::with_keys(&["a"]);
    issuer.set(SERVER, metadata(ISSUER, KEYS_URL));
    let keys = issuer.discovered();
    keys.load().await.unwrap();
    let moved = "https://issuer.example/moved";
    issuer.set(SERVER, metadata(ISSUER, moved));
    issuer.set(KEYS_URL, Reply::Hangs);
    issuer.set(moved, Reply::ok(key_set(&["b"])));
    assert!(has(&keys, "b").await.is_err());
    sleep(SECOND).await;
    assert_eq!(has(&keys, "b").await, Ok(true));
    // Also if the old address still responds: within the hour.
    let again = "https://issuer.example/again";
    issuer.set(SERVER, metadata(ISSUER, again));
    issuer.set(again, Reply::ok(key_set(&["c"])));
    sleep(71 * 60 * SECOND).await;
    assert!(key(&keys.current().unwrap(), "c").is_some());
}

#[tokio::test(start_paused = true)]
async fn j32_metadata_that_are_out_of_order_do_not_stop_the_keys() {
    for failure in [Reply::Hangs, Reply::Refused, Reply::ok("<"), Reply::status(404)] {
        let issuer = Issuer::with_keys(&["a"]);
        issuer.set(SERVER, metadata(ISSUER, KEYS_URL));
        let keys = issuer.discovered();
        keys.load().await.unwrap();
        issuer.set(SERVER, failure.clone());
        issuer.set(OPENID, failure);
        // The keys as well, for a moment.
        issuer.set(KEYS_URL, Reply::status(500));
        assert!(has(&keys, "b").await.is_err());
        issuer.set_keys(&["b"]);
        sleep(9 * SECOND).await;
        assert!(keys.last_failure().is_none());
        assert!(key(&keys.current().unwrap(), "b").is_some());
        issuer.set_keys(&["c"]);
        sleep(3 * 3600 * SECOND).await;
        assert!(key(&keys.current().unwrap(), "c").is_some());
        assert!(keys.last_failure().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn j32_a_distant_issuer_names_no_keys_on_this_machine() {
    for url in [
        "https://127.0.0.1/keys",
        "https://127.0.0.1:8443/keys",
        "https://127.9.9.9/keys",
        "https://0.0.0.0/keys",
        "https://[::1]/keys",
        "https://[::ffff:127.0.0.1]/keys",
        "https://localhost/keys",
        "https://LocalHost./keys",
        "https://a.localhost/keys",
    ] {
        let issuer = Issuer::with_keys(&["a"]);
        issuer.set(SERVER, metadata(ISSUER, url));
        issuer.set(url, Reply::ok(key_set(&["a"])));
        let error = issuer.discovered().load().await.unwrap_err();
        let FetchKeysError::NotDiscovered(errors) = &error else { panic!("{error}") };
        assert!(matches!(&errors[0], FetchKeysError::KeysUrl { .. }), "{error}");
        assert!(!issuer.asked().contains(&url.to_owned()), "{url}");
    }
    let name = "https://localhost:8443";
    let issuer = Issuer::empty();
    let keys = "http://127.0.0.1:9/keys";
    issuer.set(&format!("{name}/.well-known/openid-configuration"), metadata(name, keys));
    issuer.set(keys, Reply::ok(key_set(&["a"])));
    assert_eq!(has(&Keys::of_issuer(name, issuer).unwrap(), "a").await, Ok(true));
}
