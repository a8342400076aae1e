//! [`OriginalTarget`]: the request target that the client has used, where a router or a front server
//! has changed it.

use std::fmt;

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Extensions, Uri};

/// The request target that the client has used, in the extensions of a request.
///
/// A router that nests another one, or a front server that removes a prefix, changes the target that
/// the stage sees. Where an authenticate stage is told how to find the original
/// ([`AuthenticateLayer::original_target`](crate::AuthenticateLayer::original_target),
/// [`AuthenticateLayer::trust_forwarded_prefix`](crate::AuthenticateLayer::trust_forwarded_prefix)), it inserts
/// it here before the identity runs. Digest compares it with the `uri` of the credentials; the
/// [login page](crate::LoginPage) returns to it; events have it. An identity that verifies a target,
/// such as one for DPoP or for signatures, takes it from here too:
///
/// ```
/// use http::request::Parts;
/// use portcullis::OriginalTarget;
///
/// fn signed_path(head: &Parts) -> &str {
///     OriginalTarget::of(head).path()
/// }
/// ```
///
/// No client can insert it. Stages further in find it as well. `Debug` does not print the target,
/// whose query may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct OriginalTarget(pub Uri);

impl OriginalTarget {
    /// Returns the original target of a request. Without one in the extensions, that is the target of
    /// the request itself.
    pub fn of(head: &Parts) -> &Uri {
        Self::known(&head.extensions).unwrap_or(&head.uri)
    }

    /// Takes the original target from an extension of the request, where a router keeps it: a closure for
    /// [`AuthenticateLayer::original_target`](crate::AuthenticateLayer::original_target).
    ///
    /// ```
    /// use axum::Router;
    /// use axum::extract::OriginalUri;
    /// use portcullis::{AuthenticateLayer, Identity, OriginalTarget};
    ///
    /// fn site(notes: Router, identity: impl Identity) -> Router {
    ///     let original = OriginalTarget::in_extension(|OriginalUri(target): &OriginalUri| target);
    ///     let stage = AuthenticateLayer::new(identity).original_target(original);
    ///     Router::new().nest("/notes", notes.layer(stage))
    /// }
    /// ```
    pub fn in_extension<T: Send + Sync + 'static>(
        target: impl Fn(&T) -> &Uri + Send + Sync + 'static,
    ) -> impl Fn(&Parts) -> Option<Uri> + Send + Sync + 'static {
        move |head| head.extensions.get().map(|extension| target(extension).clone())
    }

    /// Returns the host and port that the client has used: of the original target, else of the target
    /// that the stage sees, else of `Host`. `None` also if `Host` is there twice, or is not a host.
    pub(crate) fn authority(head: &Parts) -> Option<Authority> {
        let from_header = || {
            let mut lines = head.headers.get_all(HOST).iter();
            let line = lines.next().filter(|_| lines.next().is_none())?;
            line.to_str().ok()?.parse().ok()
        };
        let named = Self::of(head).authority().or(head.uri.authority()).cloned();
        named.or_else(from_header)
    }

    /// Returns what a stage has found.
    pub(crate) fn known(extensions: &Extensions) -> Option<&Uri> {
        extensions.get::<Self>().map(|Self(target)| target)
    }
}

impl fmt::Debug for OriginalTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginalTarget").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn f06_the_host_is_that_of_the_original_target_then_of_the_target_then_of_the_header() {
        let authority = |original: Option<&str>, target: &str, hosts: &[&str]| {
            let mut request = Request::builder().uri(target);
            for host in hosts {
                request = request.header(HOST, *host);
            }
            let (mut head, ()) = request.body(()).unwrap().into_parts();
            if let Some(original) = original {
                head.extensions.insert(OriginalTarget(original.parse().unwrap()));
            }
            OriginalTarget::authority(&head).map(|authority| authority.to_string())
        };
        let all = authority(Some("https://a.example/x"), "http://b.example/y", &["c.example"]);
        assert_eq!(all.as_deref(), Some("a.example"));
        // As over HTTP/2, behind a front server that names the path alone.
        let path = authority(Some("/x"), "http://b.example/y", &["c.example"]);
        assert_eq!(path.as_deref(), Some("b.example"));
        assert_eq!(authority(Some("/x"), "/y", &["c.example"]).as_deref(), Some("c.example"));
        for hosts in [&[][..], &[""], &["a b"], &["c.example", "c.example"]] {
            assert_eq!(authority(None, "/y", hosts), None, "{hosts:?}");
        }
    }
}
