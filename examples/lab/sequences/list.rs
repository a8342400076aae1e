//! The list of the sequences, for a person at a terminal.

use axum::extract::OriginalUri;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Json};
use serde_json::{Value, json};

const TOKEN: &str = "a new token: -H 'Authorization: Bearer TOKEN'";

/// Of each its path behind the visitor, what to send, and what happens.
const SEQUENCES: [(&str, &str, &str); 15] = [
    (
        "token",
        "-u lab:secret -d grant_type=client_credentials, or -d grant_type=refresh_token -d \
         refresh_token=REFRESH_TOKEN; -d scope=reports:write and -d acr_values=mfa ask for more",
        "200, a token, and another with which to refresh it",
    ),
    ("401-once", TOKEN, "401 for the first token, then 200 for another one"),
    ("expires-after/3", TOKEN, "200 three times, then 401 until the token is refreshed"),
    ("rotates", TOKEN, "200 twice, then 401 for all tokens that were issued before"),
    ("403-always", TOKEN, "403: no token helps"),
    ("scope", TOKEN, "403, until the token has the scope reports:write"),
    ("step-up", TOKEN, "401, until the token has acr_values=mfa"),
    ("outage", TOKEN, "503 twice, then 200 with the same token"),
    ("redirect-away", TOKEN, "307 to another origin: follow it without the token"),
    ("stale-nonce", "--digest -u alice:wonderland", "401, 401 with stale=true, then 200"),
    (
        "proxy",
        "-x and this server, with http://origin.example in front of the path",
        "407, then 401, then 200",
    ),
    ("hidden/merger", "-u bob:builder", "404, as for a report that does not exist"),
    ("hidden-leaking/merger", "-u bob:builder", "404, with three leaks"),
    ("report", "nothing", "200: what was requested, and how it was answered"),
    ("report", "-X DELETE", "204: begins all sequences anew"),
];

/// All sequences of the visitor.
pub async fn all(OriginalUri(target): OriginalUri) -> impl IntoResponse {
    let visitor = target.path().trim_end_matches('/');
    let sequences = SEQUENCES.iter().map(|(path, send, happens)| {
        json!({ "path": format!("{visitor}/{path}"), "send": send, "happens": happens })
    });
    ([(CACHE_CONTROL, "no-store")], Json(sequences.collect::<Value>()))
}
