//! Errors of the application itself, in the format of the refusals (F14).

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response};

use super::request_state::RequestState;
use crate::body::RefusalBody;
use crate::catch_panic::catch_panic;
use crate::respond::{
    FinishedResponse, ProblemDetails, Respond, is_problem_json, replace_body_headers,
};

/// The problem that the service returned, if the response still is that problem: middleware in between
/// may have replaced it and kept its extensions.
pub(super) fn take<B>(response: &mut Response<B>) -> Option<ProblemDetails> {
    let problem = response.extensions_mut().remove::<ProblemDetails>()?;
    let is_unchanged = problem.status() == response.status()
        && response.headers().get(CONTENT_TYPE).is_some_and(is_problem_json);
    is_unchanged.then_some(problem)
}

/// Replaces the body with what the stage's renderer makes of the problem. If the renderer makes nothing
/// of it or panics, the response stays.
pub(super) fn render<R: Respond, X, B: RefusalBody>(
    respond: &R,
    problem: ProblemDetails,
    state: &mut RequestState<R::Context, X>,
    response: &mut Response<B>,
) {
    let Some(context) = state.context.take() else { return };
    let rendered = catch_panic(|| respond.respond_to_problem(&problem, context));
    let Ok(Some(rendered)) = rendered else { return };
    // With the right length and a type, and without a challenge, as for a refusal (F11).
    let finished = FinishedResponse::new(rendered, problem.status(), HeaderMap::new());
    let (parts, body) = finished.into_response(state.kind.is_head()).into_parts();
    replace_body_headers(response.headers_mut(), parts.headers);
    *response.body_mut() = body;
}
