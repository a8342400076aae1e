//! [`ConnectionIdentity`]: callers that are authenticated by their connection.

use std::marker::PhantomData;

use http::request::Parts;

use super::{Identity, IdentityInfo, Verify};
use crate::challenge::Challenges;
use crate::debug::opaque_debug;
use crate::denial::Unauthenticated;

/// Authenticates callers by a value that the acceptor of their connection has put into the
/// request's extensions: a client certificate, the peer of a Unix socket, an address.
///
/// `T` is the type of that value, and a [`Verify<T>`](Verify) verifies it. A request without a `T`
/// has no credentials. A verifier may also return [`missing`](Unauthenticated::missing): do so for
/// a value that every connection has and that belongs to no caller, such as an address that is not
/// on your list; [`any_of`](crate::any_of) then tries the next identity. Refuse a wrong certificate
/// in the handshake. A right certificate of an unknown caller is
/// [`invalid`](Unauthenticated::invalid).
///
/// It reads no request header. So `Authorization` takes precedence in an
/// [`any_of`](crate::any_of) ([A08](crate::semantics#a08)), and responses to its callers are
/// `private` ([A11](crate::semantics#a11)). The value holds for every request of the connection;
/// nothing else is kept from one to the next ([A13](crate::semantics#a13)). Over HTTP/2 and behind
/// a proxy, one connection may carry requests of several callers: store what the acceptor knows
/// about the *caller*, not about the proxy.
///
/// A 401 must carry a challenge (RFC 9110 §15.5.2), but no scheme requests a certificate. Name a
/// challenge that helps the client, for instance that of the other identity in an `any_of`, which
/// is then sent once.
///
/// ```
/// use portcullis::challenge::Challenge;
/// use portcullis::{Bearer, ConnectionIdentity, Unauthenticated, any_of, verify_fn};
///
/// /// Put into the extensions of each request by the acceptor, once the handshake is done.
/// #[derive(Clone)]
/// struct Certificate {
///     subject: String,
/// }
///
/// let machines = verify_fn(|certificate: &Certificate| match &*certificate.subject {
///     "CN=robot" => Ok("robot"),
///     _ => Err(Unauthenticated::invalid()),
/// });
/// # let tokens = verify_fn(|_: &str| Err::<&'static str, _>(Unauthenticated::invalid()));
/// let identity = any_of((
///     Bearer::new("notes", tokens)?,
///     ConnectionIdentity::new(Challenge::bearer("notes")?, machines),
/// ));
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
pub struct ConnectionIdentity<T, V> {
    verifier: V,
    challenges: Challenges,
    value: PhantomData<fn(&T)>,
}

impl<T, V> ConnectionIdentity<T, V> {
    /// Authenticates callers with this verifier. A 401 carries these challenges.
    pub fn new(challenges: impl Into<Challenges>, verifier: V) -> Self {
        Self { verifier, challenges: challenges.into(), value: PhantomData }
    }
}

impl<T, V> Identity for ConnectionIdentity<T, V>
where
    T: Clone + Send + Sync + 'static,
    V: Verify<T>,
{
    type Principal = V::Principal;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.challenges.clone()).reads_headers([])
    }

    async fn identify(&self, request: &Parts) -> Result<Self::Principal, Unauthenticated> {
        match request.extensions.get::<T>() {
            Some(value) => self.verifier.verify(value).await,
            None => Err(Unauthenticated::missing()),
        }
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        match request.extensions.get::<T>() {
            Some(value) => self.verifier.verify_now(value),
            None => Some(Err(Unauthenticated::missing())),
        }
    }
}

impl<T, V: Clone> Clone for ConnectionIdentity<T, V> {
    fn clone(&self) -> Self {
        let (verifier, challenges) = (self.verifier.clone(), self.challenges.clone());
        Self { verifier, challenges, value: PhantomData }
    }
}

opaque_debug!(ConnectionIdentity<T, V>);
