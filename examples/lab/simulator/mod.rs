//! Every status, right or with one fault.
//!
//! ```text
//! # A right response with this status:
//! curl -i ADDRESS/status/401
//! # With the one fault that the check I01 finds:
//! curl -i 'ADDRESS/status/401?wrong=I01'
//! # The same, by its id:
//! curl -i 'ADDRESS/status/401?wrong=challenge-missing'
//! # All faults, where each is, and what to send:
//! curl -i ADDRESS/wrong
//! # An application with a fault between its responses:
//! curl -i -u bob:builder ADDRESS/wrong/I37/reports
//! ```
//!
//! The right responses are those of portcullis: refusals are made by stages and denials ([`statuses`]). Each
//! fault is one change of such a response ([`faults`]). What shows only when several exchanges are compared
//! is an application of its own ([`several`]). The body of each says how the request was received, and what a
//! client may conclude from the response ([`diagnosis`]).

pub mod diagnosis;
pub mod faults;
mod hidden;
pub mod several;
pub mod statuses;

use std::convert::Infallible;
use std::error::Error;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request};
use axum::http::header::CACHE_CONTROL;
use axum::http::{Method, Response, StatusCode};
use axum::response::{IntoResponse, Json};
use axum::routing::{any, get};
use bytes::Bytes;
use futures_util::stream;
use portcullis::ProblemDetails;
use portcullis::respond::MemberName;
use serde::Deserialize;
use serde_json::{Value, json};

pub use self::faults::{FAULTS, Fault, Shows};
pub use self::statuses::{STATUSES, Status};

/// The response with this status to a request; with a fault, the one that its check finds.
///
/// A response to `HEAD` has the headers of that to `GET`, and no body. Nor has one with 204 or 304.
pub fn simulate(
    request: &http::Request<()>,
    status: &Status,
    fault: Option<&Fault>,
) -> Response<Bytes> {
    let is_head = request.method() == Method::HEAD;
    let mut request = request.clone();
    if is_head {
        *request.method_mut() = Method::GET;
    }
    let mut response = status.respond(&request);
    diagnosis::diagnose(&request, &mut response, Some(status.source));
    if let Some(Fault { shows: Shows::InOne { spoil, .. }, .. }) = fault {
        spoil(&mut response, &request);
        diagnosis::renew_advice(&mut response);
    }
    if is_head {
        *response.body_mut() = Bytes::new();
    }
    response
}

/// The addresses of the simulator.
pub fn routes() -> Result<Router, Box<dyn Error>> {
    Ok(Router::new()
        .route("/status/{code}", any(respond))
        .route("/wrong", get(list))
        .route("/wrong/{name}", any(elsewhere))
        .route("/wrong/{name}/{*rest}", any(elsewhere))
        .merge(several::routes()?))
}

#[derive(Deserialize)]
struct Wanted {
    wrong: Option<String>,
}

async fn respond(
    Path(code): Path<String>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Result<Response<Body>, ProblemDetails> {
    let status = code.parse().ok().and_then(Status::find).ok_or_else(unknown_status)?;
    let fault = match wanted.wrong {
        Some(wrong) => Some(fault_on(&wrong, status).map_err(unusable)?),
        None => None,
    };
    let (head, _) = request.into_parts();
    let request = http::Request::from_parts(head, ());
    let has_body = status.has_body();
    Ok(simulate(&request, status, fault).map(|body| match has_body {
        true => Body::from(body),
        // axum gives a body of known length a `Content-Length`, also on a response to `HEAD`.
        false => Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()),
    }))
}

fn unknown_status() -> ProblemDetails {
    let known = STATUSES.iter().map(|status| status.code.to_string());
    ProblemDetails::new(StatusCode::NOT_FOUND)
        .with_detail("The lab sends the statuses of this list.")
        .with_member(MemberName::from_static("statuses"), known.collect::<Vec<_>>())
}

/// The fault of this name, if it is one of this status; otherwise what to tell the client.
fn fault_on(wrong: &str, status: &Status) -> Result<&'static Fault, String> {
    let fault = Fault::find(wrong)
        .ok_or_else(|| "`wrong` names none of the faults in this list.".to_owned())?;
    match fault.shows {
        Shows::InOne { code, .. } if code == status.code => Ok(fault),
        _ => Err(format!("This fault is at {}.", fault.path())),
    }
}

fn unusable(detail: String) -> ProblemDetails {
    let known = FAULTS.iter().map(Fault::name).collect::<Vec<_>>();
    ProblemDetails::new(StatusCode::BAD_REQUEST)
        .with_detail(detail)
        .with_member(MemberName::from_static("faults"), known)
}

/// What is not below `/wrong`, and where it is.
async fn elsewhere(Path(names): Path<Vec<(String, String)>>) -> ProblemDetails {
    let name = names.iter().find(|(key, _)| key == "name").map_or("", |(_, name)| name);
    let detail = match Fault::find(name) {
        Some(fault) => format!("This fault is at {}.", fault.path()),
        None => "No fault has this name. All of them are listed at /wrong.".to_owned(),
    };
    ProblemDetails::new(StatusCode::NOT_FOUND).with_detail(detail)
}

/// All faults: where they are, and what to send.
async fn list() -> impl IntoResponse {
    let faults = FAULTS
        .iter()
        .map(|fault| json!({ "fault": fault.name(), "path": fault.path(), "send": fault.send() }));
    ([(CACHE_CONTROL, "no-store")], Json(faults.collect::<Value>()))
}
