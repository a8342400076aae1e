//! What the pages' scripts and other programs use. Every error is `application/problem+json`.

use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use portcullis::{Denial, Policy, Principal};
use serde_json::{Value, json};

use crate::identity::User;
use crate::refusals::problem;
use crate::workspace::{File, MAX_FILES, Shared, can_change};

pub async fn me(Principal(user): Principal<User>) -> Json<Value> {
    Json(json!({ "name": user.name, "admin": user.is_admin }))
}

pub async fn list_files(State(shared): State<Shared>) -> Json<Value> {
    let files = shared.workspace.files.lock().await;
    let describe = |(name, file): (&String, &File)| json!({ "name": name, "owner": file.owner, "size": file.content.len() });
    Json(files.iter().map(describe).collect())
}

/// Creates or replaces a file.
pub async fn put_file(
    State(shared): State<Shared>,
    Principal(user): Principal<User>,
    name: Result<Path<String>, PathRejection>,
    content: Result<Bytes, BytesRejection>,
) -> Result<Response, Denial> {
    let name = match name {
        Ok(Path(name)) if is_file_name(&name) => name,
        _ => {
            let rule = "A file name has 1 to 80 characters, no control character, and is not a dot or two.";
            return Ok(problem(StatusCode::BAD_REQUEST, rule));
        }
    };
    let content = match content {
        Ok(content) => content,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return Ok(problem(StatusCode::PAYLOAD_TOO_LARGE, "A file has at most 1 MB."));
        }
        Err(rejection) => return Ok(problem(rejection.status(), "The file did not arrive.")),
    };
    let status = {
        let mut files = shared.workspace.files.lock().await;
        let is_full = files.len() >= MAX_FILES;
        match files.get(&name) {
            Some(file) => can_change().check(&user, file).await?,
            None if is_full => {
                return Ok(problem(StatusCode::INSUFFICIENT_STORAGE, "There are too many files."));
            }
            None => {}
        }
        match files.insert(name.clone(), File { owner: user.name, content }) {
            Some(_) => StatusCode::NO_CONTENT,
            None => StatusCode::CREATED,
        }
    };
    // There may be no receiver.
    let _ = shared.news.send(format!("{} uploaded {name}", user.name));
    Ok(status.into_response())
}

pub async fn get_file(
    State(shared): State<Shared>,
    Path(name): Path<String>,
) -> Result<Response, Denial> {
    let files = shared.workspace.files.lock().await;
    let file = files.get(&name).ok_or(Denial::not_found())?;
    // Never shown as a page of this site.
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CONTENT_DISPOSITION, "attachment"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, file.content.clone()).into_response())
}

pub async fn delete_file(
    State(shared): State<Shared>,
    Principal(user): Principal<User>,
    Path(name): Path<String>,
) -> Result<StatusCode, Denial> {
    {
        let mut files = shared.workspace.files.lock().await;
        let file = files.get(&name).ok_or(Denial::not_found())?;
        can_change().check(&user, file).await?;
        files.remove(&name);
    }
    let _ = shared.news.send(format!("{} deleted {name}", user.name));
    Ok(StatusCode::NO_CONTENT)
}

/// The name is shown, and is a path segment of the API.
fn is_file_name(name: &str) -> bool {
    let is_segment = !["", ".", ".."].contains(&name);
    is_segment && name.chars().count() <= 80 && !name.chars().any(char::is_control)
}

/// A path that the API does not have.
pub async fn not_found() -> Denial {
    Denial::not_found()
}

pub async fn no_such_method() -> Response {
    problem(StatusCode::METHOD_NOT_ALLOWED, "This resource does not have that method.")
}
