//! The faults, one for each check of the inspector.
//!
//! A fault of one exchange is a right response with one change ([`Shows::InOne`]), and the request to which it
//! is a fault. The others are applications ([`several`](super::several)).

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, AUTHORIZATION,
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, PROXY_AUTHENTICATE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, Request, Response};
use bytes::Bytes;
use serde_json::{Value, json};

/// What a check of the inspector finds.
pub struct Fault {
    /// The number of the check, such as `I01`.
    pub number: &'static str,
    /// The id of the check, such as `challenge-missing`.
    pub id: &'static str,
    pub shows: Shows,
}

/// Where a fault shows.
pub enum Shows {
    /// In one exchange, at `/status/{code}?wrong={number}`.
    InOne {
        code: u16,
        /// The headers to send, so that the response is wrong.
        send: &'static [(&'static str, &'static str)],
        /// Makes the right response wrong.
        spoil: fn(&mut Response<Bytes>, &Request<()>),
    },
    /// Between several exchanges, at `/wrong/{number}/reports`.
    BetweenSeveral,
}

const NOTHING: &[(&str, &str)] = &[];
/// A token that is not valid: that of the examples in RFC 6750.
const TOKEN: &[(&str, &str)] = &[("authorization", "Bearer mF_9.B5f-4.1JqM")];
const SCRIPT: &[(&str, &str)] = &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
const OTHER_ORIGIN: &[(&str, &str)] = &[("origin", "https://app.example")];
/// A host that is not this machine.
const OTHER_HOST: &[(&str, &str)] = &[("host", "lab.example")];

/// In the order of their numbers.
pub static FAULTS: &[Fault] = &[
    in_one("I01", "challenge-missing", 401, NOTHING, |response, _| {
        remove(response, WWW_AUTHENTICATE);
    }),
    in_one("I02", "proxy-challenge-missing", 407, NOTHING, |response, _| {
        remove(response, PROXY_AUTHENTICATE);
    }),
    in_one("I03", "challenge-of-the-other", 407, NOTHING, |response, _| {
        let lines = response.headers().get_all(PROXY_AUTHENTICATE).iter().cloned();
        for line in lines.collect::<Vec<_>>() {
            response.headers_mut().append(WWW_AUTHENTICATE, line);
        }
        remove(response, PROXY_AUTHENTICATE);
    }),
    in_one("I04", "challenge-syntax", 401, NOTHING, |response, _| {
        challenge(response, r#"Bearer realm="lab"#);
    }),
    in_one("I05", "challenge-param-twice", 401, NOTHING, |response, _| {
        challenge(response, r#"Bearer realm="lab", realm="laboratory""#);
    }),
    in_one("I06", "realm-unquoted", 401, NOTHING, |response, _| {
        challenge(response, "Bearer realm=lab");
    }),
    in_one("I07", "basic-realm", 401, NOTHING, |response, _| {
        challenge(response, r#"Basic charset="UTF-8""#);
    }),
    in_one("I08", "basic-charset", 401, NOTHING, |response, _| {
        challenge(response, r#"Basic realm="lab""#);
    }),
    in_one("I09", "bearer-params", 401, NOTHING, |response, _| {
        challenge(response, "Bearer");
    }),
    in_one("I10", "bearer-error-unasked", 401, NOTHING, |response, _| {
        challenge(response, r#"Bearer realm="lab", error="invalid_token""#);
    }),
    in_one("I11", "bearer-error-missing", 401, TOKEN, |response, _| {
        challenge(response, r#"Bearer realm="lab""#);
    }),
    in_one("I12", "bearer-error-status", 401, TOKEN, |response, _| {
        challenge(response, r#"Bearer realm="lab", error="insufficient_scope", scope="reports""#);
    }),
    in_one("I13", "bearer-text", 401, TOKEN, |response, _| {
        let text = r#"error_description="the field \"exp\" is in the past""#;
        challenge(response, &format!(r#"Bearer realm="lab", error="invalid_token", {text}"#));
    }),
    in_one("I14", "digest-incomplete", 401, NOTHING, |response, _| {
        challenge(response, r#"Digest realm="lab", algorithm=SHA-256"#);
    }),
    in_one("I15", "digest-md5-only", 401, NOTHING, |response, _| {
        challenge(
            response,
            r#"Digest realm="lab", nonce="7ypf/xlj9XXwfDPE", qop="auth", algorithm=MD5"#,
        );
    }),
    in_one("I16", "challenges-on-one-line", 401, NOTHING, |response, _| {
        challenge(response, r#"Bearer realm="lab", Basic realm="lab", charset="UTF-8""#);
    }),
    // The response is right on this machine and with TLS.
    in_one("I17", "basic-in-the-clear", 401, OTHER_HOST, |_, _| {}),
    in_one("I18", "dialog-for-script", 401, SCRIPT, |response, _| {
        challenge(response, r#"Basic realm="lab", charset="UTF-8""#);
    }),
    in_one("I19", "forbidden-with-challenge", 403, NOTHING, |response, _| {
        challenge(response, r#"Bearer realm="lab""#);
    }),
    in_one("I20", "soft-refusal", 200, NOTHING, |response, _| {
        json_body(response, &json!({ "success": false, "error": "Access denied" }));
    }),
    in_one("I21", "login-redirect-for-programs", 302, NOTHING, |response, _| {
        set(response, LOCATION, "/login?next=%2Freports");
    }),
    // As Django REST framework answers `APIException("Invalid token.", code=401)`.
    in_one("I22", "fault-for-credentials", 500, TOKEN, |response, _| {
        set(response, CONTENT_TYPE, "application/json");
        json_body(response, &json!({ "detail": "Invalid token." }));
    }),
    in_one("I23", "outage-challenged", 503, NOTHING, |response, _| {
        challenge(response, r#"Bearer realm="lab""#);
    }),
    in_one("I24", "wait-missing", 429, NOTHING, |response, _| remove(response, RETRY_AFTER)),
    in_one("I25", "wait-syntax", 503, NOTHING, |response, _| set(response, RETRY_AFTER, "soon")),
    in_one("I26", "allow-missing", 405, NOTHING, |response, _| remove(response, ALLOW)),
    in_one("I27", "content-type-missing", 403, NOTHING, |response, _| {
        remove(response, CONTENT_TYPE);
    }),
    in_one("I28", "problem-mismatch", 403, NOTHING, |response, _| {
        let mut problem: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        problem["status"] = 500.into();
        json_body(response, &problem);
    }),
    in_one("I29", "internals-shown", 500, NOTHING, |response, _| {
        set(response, CONTENT_TYPE, "text/plain; charset=utf-8");
        body(response, TRACE);
    }),
    in_one("I30", "credential-echoed", 401, TOKEN, |response, request| {
        let sent = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = sent.unwrap_or_default().trim_start_matches("Bearer ");
        let mut problem: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        problem["detail"] = format!("The token {token} is not valid.").into();
        json_body(response, &problem);
    }),
    in_one("I31", "refusal-storable", 403, NOTHING, |response, _| {
        set(response, CACHE_CONTROL, "max-age=600");
    }),
    in_one("I32", "absence-storable", 404, NOTHING, |response, _| remove(response, CACHE_CONTROL)),
    in_one("I33", "personal-storable", 200, TOKEN, |response, _| {
        set(response, CACHE_CONTROL, "public, max-age=600");
    }),
    in_one("I34", "cors-wildcard-credentials", 200, OTHER_ORIGIN, |response, _| {
        set(response, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(response, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }),
    between_several("I35", "preflight-refused"),
    between_several("I36", "anonymous-forbidden"),
    between_several("I37", "known-challenged"),
    between_several("I38", "credentials-ignored"),
    between_several("I39", "checked-too-late"),
    between_several("I40", "cause-hidden"),
    between_several("I41", "crawler-soft-404"),
    between_several("I42", "crawler-indexes-refusal"),
    between_several("I43", "crawler-robots-refused"),
    in_one("I44", "digest-quoting", 401, NOTHING, |response, _| {
        challenge(
            response,
            r#"Digest realm="lab", nonce="7ypf/xlj9XXwfDPE", qop=auth, algorithm=SHA-256"#,
        );
    }),
    between_several("I45", "fault-for-wrong-credentials"),
];

const TRACE: &str = "Traceback (most recent call last):
  File \"/srv/lab/app.py\", line 12, in report
    rows = database.execute(query)
psycopg2.errors.UndefinedTable: relation \"reports\" does not exist
";

const fn in_one(
    number: &'static str,
    id: &'static str,
    code: u16,
    send: &'static [(&'static str, &'static str)],
    spoil: fn(&mut Response<Bytes>, &Request<()>),
) -> Fault {
    Fault { number, id, shows: Shows::InOne { code, send, spoil } }
}

const fn between_several(number: &'static str, id: &'static str) -> Fault {
    Fault { number, id, shows: Shows::BetweenSeveral }
}

impl Fault {
    /// The fault that the check with this number or id finds, in any case.
    pub fn find(wrong: &str) -> Option<&'static Self> {
        FAULTS.iter().find(|fault| {
            fault.number.eq_ignore_ascii_case(wrong) || fault.id.eq_ignore_ascii_case(wrong)
        })
    }

    /// Number and id.
    pub fn name(&self) -> String {
        format!("{} {}", self.number, self.id)
    }

    /// Where it is.
    pub fn path(&self) -> String {
        match self.shows {
            Shows::InOne { code, .. } => format!("/status/{code}?wrong={}", self.number),
            Shows::BetweenSeveral => format!("/wrong/{}/reports", self.number),
        }
    }

    /// The headers to send. Without them the response is right.
    pub const fn send(&self) -> &'static [(&'static str, &'static str)] {
        match self.shows {
            Shows::InOne { send, .. } => send,
            Shows::BetweenSeveral => NOTHING,
        }
    }
}

// ==== changes ====

fn remove(response: &mut Response<Bytes>, name: HeaderName) {
    response.headers_mut().remove(name);
}

fn set(response: &mut Response<Bytes>, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// Replaces all challenges.
fn challenge(response: &mut Response<Bytes>, value: &str) {
    let value = HeaderValue::from_str(value).expect("the table has valid headers");
    response.headers_mut().insert(WWW_AUTHENTICATE, value);
}

fn json_body(response: &mut Response<Bytes>, value: &Value) {
    body(response, &value.to_string());
}

fn body(response: &mut Response<Bytes>, text: &str) {
    *response.body_mut() = Bytes::copy_from_slice(text.as_bytes());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
}
