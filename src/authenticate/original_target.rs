//! How a stage finds the [`OriginalTarget`] of a request.

use std::sync::Arc;

use bytes::BytesMut;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, Uri};

use super::identity_service::IdentityService;
use super::layer::AuthenticateLayer;
use crate::catch_panic::catch_panic;
use crate::observe::Observe;
use crate::original_target::OriginalTarget;
use crate::respond::Respond;

const X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateLayer<I, R, O> {
    /// Tells the stage the [original target](OriginalTarget) of a request, where a router or a front
    /// server has changed it. Where the closure returns `None`, or panics, the stage takes the target
    /// that it sees.
    ///
    /// For a stage inside axum's `nest`, which removes the prefix and keeps the whole as `OriginalUri`,
    /// there is [`OriginalTarget::in_extension`]:
    ///
    /// ```
    /// use axum::extract::OriginalUri;
    /// use portcullis::{AuthenticateLayer, Identity, OriginalTarget};
    ///
    /// # fn layer(identity: impl Identity) {
    /// let stage = AuthenticateLayer::new(identity)
    ///     .original_target(OriginalTarget::in_extension(|OriginalUri(target): &OriginalUri| target));
    /// # }
    /// ```
    ///
    /// Behind a front server that writes the whole target into a header, as nginx does with
    /// `proxy_set_header X-Original-URI $request_uri`. Read such a header only if no client can reach
    /// the application without that server:
    ///
    /// ```
    /// # use portcullis::{AuthenticateLayer, Identity};
    /// # fn layer(identity: impl Identity) {
    /// let stage = AuthenticateLayer::new(identity)
    ///     .original_target(|head| head.headers.get("x-original-uri")?.to_str().ok()?.parse().ok());
    /// # }
    /// ```
    ///
    /// The answer decides for which request Digest credentials are good: with a target that a client
    /// can choose, recorded credentials are good for any target until they expire, once. It decides
    /// nothing else: routes, policies and concealed areas see the target of the request.
    pub fn original_target(
        self,
        target: impl Fn(&Parts) -> Option<Uri> + Send + Sync + 'static,
    ) -> Self {
        self.with(|settings| settings.original_target.target = Some(Arc::new(target)))
    }

    /// Puts the prefix that a front server has removed, and has written into `X-Forwarded-Prefix`,
    /// before the [original target](OriginalTarget).
    ///
    /// Clients can send this header too. The closure says whether the front server has sent the
    /// request; it gets the request head, whose extensions have the address of the peer where the
    /// server puts it there:
    ///
    /// ```
    /// use std::net::{IpAddr, Ipv4Addr, SocketAddr};
    /// use axum::extract::ConnectInfo;
    /// use portcullis::{AuthenticateLayer, Identity};
    ///
    /// const FRONT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
    ///
    /// # fn layer(identity: impl Identity) {
    /// let stage = AuthenticateLayer::new(identity).trust_forwarded_prefix(|head| {
    ///     head.extensions.get::<ConnectInfo<SocketAddr>>().is_some_and(|peer| peer.ip() == FRONT)
    /// });
    /// # }
    /// ```
    ///
    /// Such a front server must replace the header and not add to what the client has sent, as with
    /// `proxy_set_header X-Forwarded-Prefix /app` of nginx. Several prefixes, in one line or in
    /// several, are joined: the first one was removed first. A prefix that is not an absolute path is
    /// ignored, all of the header with it.
    ///
    /// Digest compares bytes. A front server that decodes and encodes the path anew, as nginx does
    /// with a `proxy_pass` that has a path, changes `%7E` to `~`, and those requests get 400: let it
    /// send the whole target, and use [`original_target`](Self::original_target).
    ///
    /// With both, the prefix is put before what `original_target` returns: a front server is outside
    /// of every router.
    pub fn trust_forwarded_prefix(
        self,
        is_front_server: impl Fn(&Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.with(|settings| {
            settings.original_target.trusts_prefix = Some(Arc::new(is_front_server))
        })
    }
}

type TargetFn = Arc<dyn Fn(&Parts) -> Option<Uri> + Send + Sync>;
type TrustFn = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// How a stage finds the original target.
#[derive(Clone, Default)]
pub(super) struct TargetSource {
    target: Option<TargetFn>,
    trusts_prefix: Option<TrustFn>,
}

impl TargetSource {
    /// Whether the stage was told how.
    pub(super) fn is_configured(&self) -> bool {
        self.target.is_some() || self.trusts_prefix.is_some()
    }

    /// Inserts the original target into the request's extensions, if the stage can find it.
    pub(super) fn insert(&self, request: &mut Parts) {
        // A panic of the application's closures leaves the target that the stage sees.
        if let Ok(Some(target)) = catch_panic(|| self.find(request)) {
            request.extensions.insert(OriginalTarget(target));
        }
    }

    fn find(&self, request: &Parts) -> Option<Uri> {
        let told = self.target.as_ref().and_then(|target| target(request));
        let seen = match &told {
            Some(told) => told,
            // A stage further out has found it, with every prefix.
            None if OriginalTarget::known(&request.extensions).is_some() => return None,
            None => &request.uri,
        };
        let trusts = self.trusts_prefix.as_ref().is_some_and(|trusts| trusts(request));
        let prefix = if trusts { forwarded_prefix(request) } else { None };
        prefix.and_then(|prefix| with_prefix(&prefix, seen)).or(told)
    }
}

/// Returns the prefix in `X-Forwarded-Prefix`: absolute paths, without the slashes at their ends.
/// `None` if there is none, or if one of them is not an absolute path.
fn forwarded_prefix(request: &Parts) -> Option<String> {
    let mut joined = String::new();
    for line in request.headers.get_all(X_FORWARDED_PREFIX) {
        for prefix in line.to_str().ok()?.split(',') {
            let prefix = prefix.trim_matches([' ', '\t']).trim_end_matches('/');
            let is_path = prefix.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
                && !prefix.contains(['?', '#'])
                && !prefix.contains("//");
            if !is_path || !(prefix.is_empty() || prefix.starts_with('/')) {
                return None;
            }
            joined.push_str(prefix);
        }
    }
    (!joined.is_empty()).then_some(joined)
}

/// Returns the target with this prefix before its path. `None` for the forms without a path, `*` and
/// the authority of `CONNECT`.
fn with_prefix(prefix: &str, target: &Uri) -> Option<Uri> {
    let path = target.path_and_query().filter(|path| path.as_str().starts_with(['/', '?']))?;
    let mut whole = BytesMut::with_capacity(prefix.len() + path.as_str().len());
    whole.extend_from_slice(prefix.as_bytes());
    whole.extend_from_slice(path.as_str().as_bytes());
    let mut parts = target.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(whole.freeze()).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn prefix(lines: &[&str]) -> Option<String> {
        let request = lines.iter().fold(Request::builder(), |request, line| {
            request.header(X_FORWARDED_PREFIX, *line) //
        });
        forwarded_prefix(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn h03_prefixes_are_joined_in_the_order_in_which_they_were_removed() {
        for (lines, expected) in [
            (&["/app"][..], "/app"),
            (&["/app/"], "/app"),
            (&["/a/b"], "/a/b"),
            (&["/a, /b"], "/a/b"),
            (&["/a", "/b/"], "/a/b"),
            (&["/a,/", "/b"], "/a/b"),
            (&["/caf%C3%A9"], "/caf%C3%A9"),
        ] {
            assert_eq!(prefix(lines).as_deref(), Some(expected), "{lines:?}");
        }
    }

    #[test]
    fn h03_a_prefix_that_is_not_an_absolute_path_is_ignored() {
        let ignored: [&[&str]; 12] = [
            &[],
            &[""],
            &["/"],
            &["app"],
            &["https://evil.example"],
            &["//evil.example"],
            &["/a//b"],
            &["/a", "//b"],
            &["/\\evil.example"],
            &["/a?b"],
            &["/a#b"],
            &["/a b"],
        ];
        for lines in ignored {
            assert_eq!(prefix(lines), None, "{lines:?}");
        }
    }

    #[test]
    fn h03_the_prefix_is_put_before_the_path_of_any_form_that_has_one() {
        let with = |target: &str| with_prefix("/app", &target.parse().unwrap());
        for (target, expected) in [
            ("/", "/app/"),
            ("/a%7Eb?c=%41", "/app/a%7Eb?c=%41"),
            ("/?", "/app/?"),
            ("http://example.org", "http://example.org/app/"),
            ("http://example.org/a?b", "http://example.org/app/a?b"),
        ] {
            assert_eq!(with(target).unwrap(), expected, "{target}");
        }
        for target in ["*", "example.org:443"] {
            assert_eq!(with(target), None, "{target}");
        }
    }
}
