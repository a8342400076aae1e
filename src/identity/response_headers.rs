//! [`ResponseHeaders`]: headers that an identity adds to the response.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Extensions, StatusCode};

use crate::challenge::ServerRole;
use crate::denial::public_outcome::is_not_found;

/// Collects headers that an identity adds to the response, such as Digest's `Authentication-Info`
/// (RFC 7615).
///
/// If the identity [adds response headers](crate::IdentityInfo::adds_response_headers), the stage
/// puts this into the request's extensions before it calls the identity, and removes it afterwards.
/// The headers are added to the service's response and to a refusal, but not to a 404, which must
/// not depend on the caller ([D01](crate::semantics#d01), [D04](crate::semantics#d04)).
///
/// A clone collects into the same list.
///
/// ```
/// use http::header::{COOKIE, SET_COOKIE};
/// use http::request::Parts;
/// use http::HeaderValue;
/// use portcullis::challenge::Challenges;
/// use portcullis::identity::ResponseHeaders;
/// use portcullis::{Identity, IdentityInfo, Unauthenticated};
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
///         // Without `adds_response_headers` the cookie is lost.
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
/// # let response = service.oneshot(http::Request::new(())).await?;
/// # assert_eq!(response.headers()[SET_COOKIE], "session=2");
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
    /// Whether it replaces the headers of that name in the response.
    replaces: bool,
}

impl ResponseHeaders {
    /// Returns the collector in the extensions of a request; `None` if the stage collects nothing.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Adds a header to the response, in place of every header of that name.
    pub fn insert(&self, name: HeaderName, value: HeaderValue) {
        self.added().push(Added { name, value, replaces: true });
    }

    /// Adds a header to the response, and keeps others of that name.
    pub fn append(&self, name: HeaderName, value: HeaderValue) {
        self.added().push(Added { name, value, replaces: false });
    }

    /// Adds the collected headers to a response.
    pub(crate) fn apply(self, status: StatusCode, role: ServerRole, headers: &mut HeaderMap) {
        if is_not_found(status) {
            return;
        }
        for Added { name, value, replaces } in self.added().drain(..) {
            let name = role.info_header(name);
            if replaces {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
    }

    /// Locks the list. A panic of another holder leaves it consistent, so that poison is ignored.
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
