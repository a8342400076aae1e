//! [`OriginalTarget`]: the request target that the client has used, where a router or a front server
//! has changed it.

use std::fmt;

use http::request::Parts;
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
