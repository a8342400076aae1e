//! What an identity has to say on the answer.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Extensions, StatusCode};

use crate::challenge::ServerRole;
use crate::denial::public_outcome::is_not_found;

/// Fields that an identity wants on the answer to the request, as Digest wants
/// `Authentication-Info` (RFC 7615).
///
/// The stage puts it into the request's extensions before it asks an identity that says it
/// [adds fields](crate::Identity::adds_response_headers), and takes it out again once that has answered.
/// The fields go on whatever leaves, the service's answer or a refusal, but on no 404: what that
/// carries must not depend on who asked (D01, D04).
///
/// A clone is a handle on the same fields.
///
/// ```
/// use http::header::{COOKIE, SET_COOKIE};
/// use http::request::Parts;
/// use http::HeaderValue;
/// use portcullis::challenge::Challenges;
/// use portcullis::{Identity, IdentityInfo, ResponseHeaders, Unauthenticated};
///
/// # struct Sessions { login: Challenges }
/// # impl Sessions {
/// #     async fn renew(&self, _: &Parts) -> Result<(u32, HeaderValue), Unauthenticated> {
/// #         Ok((1, HeaderValue::from_static("session=2")))
/// #     }
/// # }
/// impl Identity for Sessions {
///     type Principal = u32;
///
///     fn describe(&self) -> IdentityInfo {
///         // Without `adds_response_headers` there are no `ResponseHeaders`, and the cookie is lost.
///         IdentityInfo::new(self.login.clone()).reads_headers([COOKIE]).adds_response_headers()
///     }
///
///     async fn identify(&self, request: &Parts) -> Result<u32, Unauthenticated> {
///         let (user, cookie) = self.renew(request).await?;
///         if let Some(headers) = ResponseHeaders::of(&request.extensions) {
///             headers.append(SET_COOKIE, cookie);
///         }
///         Ok(user)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use portcullis::{AuthenticateLayer, challenge::Challenge};
/// # use tower::{ServiceBuilder, ServiceExt};
/// # let login = Challenges::new(Challenge::basic("notes")?);
/// # let service = ServiceBuilder::new().layer(AuthenticateLayer::new(Sessions { login })).service_fn(
/// #     |_: http::Request<()>| async { Ok::<_, std::convert::Infallible>(http::Response::new(bytes::Bytes::new())) },
/// # );
/// # let answer = service.oneshot(http::Request::new(())).await?;
/// # assert_eq!(answer.headers()[SET_COOKIE], "session=2");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct ResponseHeaders {
    added: Arc<Mutex<Vec<Added>>>,
}

struct Added {
    name: HeaderName,
    value: HeaderValue,
    /// Instead of what the answer has of that name.
    replaces: bool,
}

impl ResponseHeaders {
    /// Those of the request with these extensions; `None` if no stage collects any.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Puts a field on the answer, in place of every line of that name.
    pub fn insert(&self, name: HeaderName, value: HeaderValue) {
        self.added().push(Added { name, value, replaces: true });
    }

    /// Puts another line of a field on the answer.
    pub fn append(&self, name: HeaderName, value: HeaderValue) {
        self.added().push(Added { name, value, replaces: false });
    }

    /// The one place where they become fields of an answer.
    pub(crate) fn apply(self, status: StatusCode, who: ServerRole, headers: &mut HeaderMap) {
        if is_not_found(status) {
            return;
        }
        for Added { name, value, replaces } in self.added().drain(..) {
            let name = who.info_header(name);
            if replaces {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
    }

    /// A panic while they were held has left nothing half done.
    fn added(&self) -> MutexGuard<'_, Vec<Added>> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ResponseHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let added = self.added();
        f.debug_list().entries(added.iter().map(|added| &added.name)).finish()
    }
}
