//! [`NoDialog`]: the marker of a login handler's own 401 (A12).

use http::{Extensions, Response};

/// Response marker: the 401 of a handler that has its own way to log in, such as a login form that a
/// script sends. No browser opens a dialog for it ([A12](crate::semantics#a12)).
///
/// A 401 needs a challenge (RFC 9110 §15.5.2), so the authenticate stage adds its own to one that has
/// none. Beside this marker it leaves out those for which browsers open a dialog, Basic and Digest. If
/// no other remains, it adds `Form realm="…"`, with the realm of the first: no registered scheme stands
/// for a login by a form, and browsers and HTTP libraries ignore a scheme that they do not know. A
/// handler that sends a challenge of its own needs no marker, since the stage leaves that alone.
///
/// In axum it is a part of a response, `(StatusCode::UNAUTHORIZED, NoDialog, "wrong password")`. A
/// [`Denial`](crate::Denial) can have it too, `(NoDialog, Denial::reauthenticate())`. At a
/// [proxy](crate::AuthenticateLayer::at_proxy) it has no effect.
///
/// ```
/// use http::{Response, StatusCode};
/// use portcullis::login::NoDialog;
///
/// let mut response = Response::new("wrong user or password");
/// *response.status_mut() = StatusCode::UNAUTHORIZED;
/// let response = NoDialog::mark(response);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoDialog;

impl NoDialog {
    /// The scheme of the challenge if all others would open a dialog.
    pub(crate) const SCHEME: &str = "Form";

    /// Marks a response.
    #[must_use]
    pub fn mark<B>(mut response: Response<B>) -> Response<B> {
        response.extensions_mut().insert(Self);
        response
    }

    pub(crate) fn is_on(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}
