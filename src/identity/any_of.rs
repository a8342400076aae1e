//! [`any_of`]: several identities at one stage.

use std::future::Future;

use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::members::Members;
use super::{Identity, IdentityInfo};
use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};

/// Several identities at one stage. Returned by [`any_of`].
#[derive(Clone, Debug)]
pub struct AnyOf<T> {
    identities: T,
    members: Members,
}

/// Combines one to eight identities of one principal type; if the types differ,
/// [`map`](Identity::map) each to a common one. Their challenges are offered in this order, equal
/// ones once.
///
/// The first identity whose credentials were sent decides: after its refusal, no identity of another
/// scheme is tried ([A08](crate::semantics#a08)). The identity whose scheme `Authorization` names is
/// called first, because the client chose those credentials, whereas a cookie or a certificate comes
/// along with every request.
///
/// # Several identities of one scheme
///
/// Two issuers of Bearer tokens, two tables of users, two headers of API keys: identities that read
/// the same credentials, by their [description](Identity::describe), are called one after the other.
/// They share
///
/// - a scheme, and both read it from `Authorization`; or
/// - another header that both read; or
/// - a scheme, and each reads headers of its own other than `Cookie`, or both read none.
///
/// The first success wins. If all refuse, the response has one cause and does not tell which of them
/// it is from; of several, the last in this list:
/// [malformed](Unauthenticated::malformed), [invalid](Unauthenticated::invalid),
/// [expired](Unauthenticated::expired), [unavailable](Unauthenticated::unavailable).
/// So while one issuer cannot be reached, a token that the other does not know gets 503 and not 401. Of
/// two equal causes, the last refusal counts, and events have the sources of both. Any other refusal
/// ends the search: a suspended account, right credentials that are [stale](Unauthenticated::stale), a
/// throttled attempt, a request that the client has to correct.
///
/// Put a [`Throttle`](crate::Throttle) around all of them, not around one. Around one it sees only
/// that one's outcome: credentials that are right for a later identity are wrong for this one, so they
/// count, and their owner gets 429 after some requests. One around all of them counts an attempt if one
/// has tested the secret and refused it, also if another could not be reached: otherwise guesses at the
/// first would be free during an outage of the second.
///
/// Two `Digest` identities seldom work: clients answer the first challenge only. With
/// another realm, the users of the second identity have no right response. With the same realm and
/// another key, they get `stale=true` each time. Give one `Digest` a verifier that
/// looks into both tables; or give both the same realm, key and
/// replay store.
///
/// Such requests are decided in [`identify`](Identity::identify), so that no identity judges the same
/// attempt twice.
///
/// ```
/// use portcullis::{Bearer, Unauthenticated, any_of, verify_fn};
///
/// # let ours = verify_fn(|_: &str| Err::<String, _>(Unauthenticated::invalid()));
/// # let partners = verify_fn(|_: &str| Err::<String, _>(Unauthenticated::invalid()));
/// let identity = any_of((Bearer::new("notes", ours)?, Bearer::new("notes", partners)?));
/// // One challenge, since they are equal: WWW-Authenticate: Bearer realm="notes"
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
///
/// # Example
///
/// ```
/// use portcullis::{Basic, Bearer, Login, Unauthenticated, any_of, verify_fn};
///
/// let tokens = verify_fn(|_: &str| Err::<String, _>(Unauthenticated::invalid()));
/// let users = verify_fn(|login: &Login| Ok(login.user().to_owned()));
/// let identity = any_of((Bearer::new("notes", tokens)?, Basic::new("notes", users)?));
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
pub fn any_of<T>(identities: T) -> AnyOf<T>
where
    // The compiler prints the next line when the principal types differ.
    T: IdentityTuple, // all of one principal type: `identity.map(…)` converts it
{
    let members = identities.members();
    AnyOf { identities, members }
}

/// A tuple of one to eight identities with one principal type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of identities with one principal type",
    note = "`any_of` takes a tuple, as in `any_of((bearer, basic))`, of one to eight identities; \
            `identity.map(|principal| …)` gives them one principal type"
)]
pub trait IdentityTuple: Send + Sync + 'static {
    #[doc(hidden)]
    type Principal: Clone + Send + Sync + 'static;

    #[doc(hidden)]
    fn members(&self) -> Members;

    #[doc(hidden)]
    fn identify(
        &self,
        members: &Members,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send;

    #[doc(hidden)]
    fn identify_now_by(
        &self,
        members: &Members,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>>;

    #[doc(hidden)]
    fn per_response_challenges(
        &self,
        members: &Members,
        cause: Cause,
        attempted: Option<&str>,
    ) -> Option<Challenges>;

    #[doc(hidden)]
    fn request_challenges(&self, members: &Members, request: &Parts) -> Option<Challenges>;

    #[doc(hidden)]
    fn account(&self, members: &Members, request: &Parts) -> Option<String>;
}

impl<T: IdentityTuple> Identity for AnyOf<T> {
    type Principal = T::Principal;

    fn describe(&self) -> IdentityInfo {
        self.members.info.clone()
    }

    fn identify(
        &self,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send {
        self.identities.identify(&self.members, request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identify_now_by(request, request.headers.get(AUTHORIZATION))
    }

    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identities.identify_now_by(&self.members, request, authorization)
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identities.per_response_challenges(&self.members, cause, attempted)
    }

    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        self.identities.request_challenges(&self.members, request)
    }

    fn account(&self, request: &Parts) -> Option<String> {
        self.identities.account(&self.members, request)
    }
}

macro_rules! identity_tuple {
    ($first:ident $(, $rest:ident)* $(,)?) => {
        #[allow(non_snake_case)]
        impl<$first, $($rest,)*> IdentityTuple for ($first, $($rest,)*)
        where
            $first: Identity,
            $($rest: Identity<Principal = $first::Principal>,)*
        {
            type Principal = $first::Principal;

            fn members(&self) -> Members {
                let ($first, $($rest,)*) = self;
                Members::new($first.describe(), vec![$($rest.describe(),)*])
            }

            async fn identify(
                &self,
                members: &Members,
                request: &Parts,
            ) -> Result<Self::Principal, Unauthenticated> {
                let ($first, $($rest,)*) = self;
                // Small, because the future keeps these while an identity waits.
                let mut failure = None;
                let mut round = members.named(request.headers.get(AUTHORIZATION));
                let mut is_last = false;
                loop {
                    let mut asked = round;
                    let mut index: u8 = 0;
                    identity_tuple!(@each $first $($rest)*; |identity| {
                        if asked >> index & 1 == 1 {
                            match identity.identify(request).await {
                                Err(missing) if missing.is_bare_missing() => {}
                                Err(refused) => {
                                    asked &= members.still_asked(index.into(), &refused);
                                    failure = Some(refused.and_earlier(failure));
                                }
                                result => return result,
                            }
                        }
                        index += 1;
                    });
                    let _ = (index, asked);
                    if let Some(failure) = failure.take_if(|failure| !failure.is_missing()) {
                        return Err(failure);
                    }
                    if is_last {
                        return Err(failure.unwrap_or(Unauthenticated::missing()));
                    }
                    is_last = true;
                    round = !round;
                }
            }

            fn identify_now_by(
                &self,
                members: &Members,
                request: &Parts,
                authorization: Option<&HeaderValue>,
            ) -> Option<Result<Self::Principal, Unauthenticated>> {
                let ($first, $($rest,)*) = self;
                if members.are_several_addressed(request, authorization) {
                    return None;
                }
                let mut failure: Option<Unauthenticated> = None;
                for round in members.in_order(authorization) {
                    let mut index = 0;
                    identity_tuple!(@each $first $($rest)*; |identity| {
                        if round >> index & 1 == 1 {
                            match identity.identify_now_by(request, authorization)? {
                                Err(missing) if missing.is_bare_missing() => {}
                                // No other reads these credentials.
                                Err(refused) => {
                                    let is_missing = refused.is_missing();
                                    let refused = refused.and_earlier(failure);
                                    if !is_missing {
                                        return Some(Err(refused));
                                    }
                                    failure = Some(refused);
                                }
                                result => return Some(result),
                            }
                        }
                        index += 1;
                    });
                    let _ = index;
                }
                Some(Err(failure.unwrap_or(Unauthenticated::missing())))
            }

            fn per_response_challenges(
                &self,
                members: &Members,
                cause: Cause,
                attempted: Option<&str>,
            ) -> Option<Challenges> {
                let ($first, $($rest,)*) = self;
                let mut index = 0;
                let mut any = false;
                let mut all: Option<Challenges> = None;
                identity_tuple!(@each $first $($rest)*; |identity| {
                    let made = identity.per_response_challenges(cause, attempted);
                    any |= made.is_some();
                    let own = made.or_else(|| members.prepared(index).cloned())?;
                    all = Some(match all {
                        Some(all) => own.into_iter().fold(all, Challenges::and),
                        None => own,
                    });
                    index += 1;
                });
                let _ = index;
                all.filter(|_| any)
            }

            fn request_challenges(
                &self,
                members: &Members,
                request: &Parts,
            ) -> Option<Challenges> {
                let ($first, $($rest,)*) = self;
                let made = [
                    $first.request_challenges(request),
                    $($rest.request_challenges(request),)*
                ];
                members.request_challenges(made)
            }

            fn account(&self, members: &Members, request: &Parts) -> Option<String> {
                let ($first, $($rest,)*) = self;
                for round in members.in_order(request.headers.get(AUTHORIZATION)) {
                    let mut index = 0;
                    identity_tuple!(@each $first $($rest)*; |identity| {
                        if round >> index & 1 == 1 {
                            if let Some(account) = identity.account(request) {
                                return Some(account);
                            }
                        }
                        index += 1;
                    });
                    let _ = index;
                }
                None
            }
        }
    };
    (@each $($identity:ident)*; |$name:ident| $call:block) => {
        $({
            let $name = $identity;
            $call
        })*
    };
}

identity_tuple!(A);
identity_tuple!(A, B);
identity_tuple!(A, B, C);
identity_tuple!(A, B, C, D);
identity_tuple!(A, B, C, D, E);
identity_tuple!(A, B, C, D, E, F);
identity_tuple!(A, B, C, D, E, F, G);
identity_tuple!(A, B, C, D, E, F, G, H);
