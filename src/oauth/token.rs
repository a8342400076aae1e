//! [`Token`]: what a verified access token says.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::policy::{HasAuthentication, HasRoles, HasScopes};

/// What a verified access token says of its caller. `E` holds the claims of your own.
///
/// Cloning it copies a pointer. It does not hold the token itself, so nothing can send it on.
///
/// ```
/// use portcullis::oauth::Token;
/// use portcullis::policy::{HasRoles, HasScopes};
///
/// /// The claims of your own, for `Jwt::claims`.
/// #[derive(serde::Deserialize)]
/// struct Extra {
///     tenant: Option<String>,
/// }
///
/// fn may_write(token: &Token<Extra>, tenant: &str) -> bool {
///     token.has_scope("notes:write") && token.extra().tenant.as_deref() == Some(tenant)
///         || token.has_role("administrator")
/// }
/// ```
///
/// Its policies are those of every principal: [`scope`](crate::policy::scope),
/// [`role`](crate::policy::role), [`acr`](crate::policy::acr), [`max_age`](crate::policy::max_age).
pub struct Token<E = ()>(Arc<Claims<E>>);

/// The last second of the year 9999. A later date is a mistake of the issuer, such as milliseconds.
pub(super) const MAX_DATE: f64 = 253_402_300_799.0;

/// The claims of a verified token.
#[derive(Debug)]
pub(super) struct Claims<E> {
    pub(super) issuer: Option<Arc<str>>,
    pub(super) subject: Option<Box<str>>,
    pub(super) client: Option<Box<str>>,
    /// Scopes, separated by spaces.
    pub(super) scope: Box<str>,
    pub(super) roles: Box<[Box<str>]>,
    /// `exp` in seconds since 1970.
    pub(super) expires: Option<f64>,
    /// `nbf` in seconds since 1970.
    pub(super) not_before: Option<f64>,
    /// `auth_time` in seconds since 1970.
    pub(super) auth_time: Option<f64>,
    pub(super) acr: Option<Box<str>>,
    pub(super) id: Option<Box<str>>,
    pub(super) extra: E,
}

impl<E> Claims<E> {
    /// About how many bytes the claims keep on the heap, without what `extra` keeps there.
    #[allow(dead_code)]
    pub(super) fn weight(&self) -> usize {
        let texts = [&self.subject, &self.client, &self.acr, &self.id];
        let texts = texts.into_iter().flatten().map(|text| text.len()).sum::<usize>();
        let roles = self.roles.iter().map(|role| size_of_val(role) + role.len()).sum::<usize>();
        size_of::<Self>() + self.scope.len() + texts + roles
    }
}

impl<E> Token<E> {
    pub(super) fn new(claims: Claims<E>) -> Self {
        Self(Arc::new(claims))
    }

    pub(super) fn claims(&self) -> &Claims<E> {
        &self.0
    }

    /// The issuer (`iss`). A JWT always has one.
    pub fn issuer(&self) -> Option<&str> {
        self.0.issuer.as_deref()
    }

    /// The user, or the client where it acts for itself (`sub`). Unique within the issuer. A token of
    /// the profile of RFC 9068 always has one.
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// The client that got the token (`client_id`, or `azp` if that is missing). A token of the profile of
    /// RFC 9068 always has one.
    pub fn client(&self) -> Option<&str> {
        self.0.client.as_deref()
    }

    /// The identifier of the token (`jti`).
    pub fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// The scopes (`scope`, RFC 9068 §2.2.3), in the order of the token.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.scope.split(' ').filter(|scope| !scope.is_empty())
    }

    /// The roles (`roles`, RFC 9068 §2.2.3.1), in the order of the token. Groups, entitlements, and roles
    /// that an issuer writes elsewhere are for [`extra`](Self::extra).
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.0.roles.iter().map(|role| &**role)
    }

    /// When it expires (`exp`). A stream that outlives it has to be ended by its handler
    /// ([A23](crate::semantics#a23)).
    pub fn expires(&self) -> Option<SystemTime> {
        self.0.expires.and_then(time)
    }

    /// The claims of your own.
    pub fn extra(&self) -> &E {
        &self.0.extra
    }
}

fn time(seconds: f64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

impl<E> Clone for Token<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E> HasScopes for Token<E> {
    fn has_scope(&self, scope: &str) -> bool {
        // As bytes, which are split in half the time.
        let mut granted = self.0.scope.as_bytes().split(|byte| *byte == b' ');
        !scope.is_empty() && granted.any(|granted| granted == scope.as_bytes())
    }
}

impl<E> HasRoles for Token<E> {
    fn has_role(&self, role: &str) -> bool {
        self.roles().any(|granted| granted == role)
    }
}

impl<E> HasAuthentication for Token<E> {
    fn acr(&self) -> Option<&str> {
        self.0.acr.as_deref()
    }

    fn authenticated_at(&self) -> Option<SystemTime> {
        self.0.auth_time.and_then(time)
    }
}

impl<E> fmt::Debug for Token<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("issuer", &self.issuer())
            .field("subject", &self.subject())
            .field("client", &self.client())
            .field("scope", &self.0.scope)
            .finish_non_exhaustive()
    }
}
