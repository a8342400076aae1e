//! Errors of the application itself, in the format of the refusals (F14).

use http::Response;
use http::header::CONTENT_TYPE;

use super::request_state::RequestState;
use crate::body::RefusalBody;
use crate::catch_panic::catch_panic;
use crate::respond::{ProblemDetails, Respond, is_problem_json, replace_body_headers};

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
pub(super) fn render<R: Respond, B: RefusalBody>(
    respond: &R,
    problem: ProblemDetails,
    state: &mut RequestState<R::Context>,
    response: &mut Response<B>,
) {
    let Some(context) = state.context.take() else { return };
    let rendered = catch_panic(|| respond.respond_to_problem(&problem, context));
    let Ok(Some(rendered)) = rendered else { return };
    let (parts, body) = rendered.into_parts();
    replace_body_headers(response.headers_mut(), parts.headers);
    *response.body_mut() = if state.is_head { B::default() } else { body.into() };
}
