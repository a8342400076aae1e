//! The form of a refusal: a page for people, problem details for scripts and programs.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use portcullis::respond::Html;
use portcullis::{Negotiate, ProblemDetails};

use crate::pages::{escape, shell};

/// Renders refusals, and the application's own errors, as a page if the client prefers HTML, otherwise as
/// problem details.
pub fn refusals() -> Negotiate {
    Negotiate::new().page(page)
}

fn page(problem: &ProblemDetails) -> Html {
    let home = r#"<a class="button" href="/">Back to the overview</a>"#;
    let detail = problem.detail().unwrap_or_default();
    let (title, text, action) = match problem.status() {
        StatusCode::UNAUTHORIZED => (
            "Please log in",
            "You have not logged in, or your session has ended.",
            r#"<a class="button primary" href="/login">Log in</a>"#,
        ),
        StatusCode::FORBIDDEN => ("No permission", detail, home),
        StatusCode::NOT_FOUND => {
            ("There is no such page", "The address may be mistyped, or the page was removed.", home)
        }
        StatusCode::TOO_MANY_REQUESTS => ("Too many attempts", detail, home),
        StatusCode::SERVICE_UNAVAILABLE => {
            let text =
                "Your login cannot be checked. You have not been logged out: try again later.";
            ("Temporarily unavailable", text, home)
        }
        _ => (problem.title(), detail, home),
    };
    let main = format!(
        r#"<section class="refusal card">
          <p class="status" aria-hidden="true">{status}</p>
          <h1>{title}</h1>
          <p>{text}</p>
          <p class="actions">{action}</p>
        </section>"#,
        status = problem.status().as_u16(),
        title = escape(title),
        text = escape(text),
    );
    // The pages of this application escape what they show.
    Html::from_trusted(shell(title, None, &main))
}

/// The application's own errors, in the format of the refusals.
pub fn problem(status: StatusCode, detail: &'static str) -> Response {
    ProblemDetails::new(status).with_detail(detail).into_response()
}
