//! Facts from below HTTP: who is at the other end of the connection?

use std::marker::PhantomData;

use http::request::Parts;

use super::{Identity, IdentityInfo, Verify};
use crate::challenge::Challenges;
use crate::debug::opaque_debug;
use crate::denial::Unauthenticated;

/// Identifies callers by what the acceptor of their connection has put into the request's
/// extensions: a client certificate, the user at the other end of a Unix socket, an address.
///
/// `T` is what was put there, and a [`Verify<T>`](Verify) judges it. A request without it has no
/// credentials (A01, A02). The same goes for one whose `T` the verifier calls
/// [`missing`](Unauthenticated::missing): say so of a fact that every connection has and that
/// names nobody, such as an address that is not on your list, and others are asked. A certificate
/// that is wrong is better refused in the handshake; one that is right and nobody's is
/// [`invalid`](Unauthenticated::invalid), and asking the user for another does not help.
///
/// It reads no field, so what `Authorization` says outranks it in an
/// [`any_of`](crate::any_of) (A08), and answers to its callers are `private` (A11). It is a fact of
/// the connection: it holds for each request that comes over it, which nothing else does (A13).
/// Over HTTP/2 and behind a proxy one connection may carry requests of several callers: put
/// there what the acceptor knows of the *caller*, not of the proxy.
///
/// A 401 must carry a challenge (RFC 9110 §15.5.2), and no scheme asks for a certificate: name
/// what helps, the challenge of the identity beside it for instance, which then is offered once.
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
    fact: PhantomData<fn(&T)>,
}

impl<T, V> ConnectionIdentity<T, V> {
    /// Peers judged by this verifier. A 401 offers these challenges.
    pub fn new(challenges: impl Into<Challenges>, verifier: V) -> Self {
        Self { verifier, challenges: challenges.into(), fact: PhantomData }
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
            Some(fact) => self.verifier.verify(fact).await,
            None => Err(Unauthenticated::missing()),
        }
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        match request.extensions.get::<T>() {
            Some(fact) => self.verifier.verify_now(fact),
            None => Some(Err(Unauthenticated::missing())),
        }
    }
}

impl<T, V: Clone> Clone for ConnectionIdentity<T, V> {
    fn clone(&self) -> Self {
        let (verifier, challenges) = (self.verifier.clone(), self.challenges.clone());
        Self { verifier, challenges, fact: PhantomData }
    }
}

opaque_debug!(ConnectionIdentity<T, V>);
