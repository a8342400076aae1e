//! [`any_of`]: several identities at one stage.

use std::future::Future;
use std::iter;

use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Identity, IdentityInfo};
use crate::challenge::{Challenges, Credentials};
use crate::denial::{Cause, Unauthenticated};

/// Several identities at one stage. Returned by [`any_of`].
#[derive(Clone, Debug)]
pub struct AnyOf<T> {
    identities: T,
    members: Members,
}

/// What [`AnyOf`] knows of its identities without calling them again.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Members {
    /// Of all of them together.
    info: IdentityInfo,
    /// The challenges that each identity has prepared.
    prepared: Box<[Challenges]>,
    /// The schemes that each identity reads from `Authorization`. Empty if none of them reads
    /// anything else: `Authorization` then names one scheme, and their order makes no difference.
    schemes: Box<[Box<[Box<str>]>]>,
}

/// The identities that are called in one round, a bit each.
type IdentityMask = u8;

impl Members {
    fn new(first: IdentityInfo, rest: Vec<IdentityInfo>) -> Self {
        let infos = || iter::once(&first).chain(&rest);
        let order_matters = infos().any(|info| info.headers() != [AUTHORIZATION]);
        let schemes = infos().filter(|_| order_matters).map(|info| {
            let reads = info.headers().contains(&AUTHORIZATION);
            let challenges = info.challenges().iter().filter(|_| reads);
            challenges.map(|challenge| challenge.scheme().into()).collect()
        });
        let schemes = schemes.collect();
        let prepared = infos().map(|info| info.challenges().clone()).collect();
        Self { info: rest.into_iter().fold(first, IdentityInfo::and), prepared, schemes }
    }

    /// The identities in the order in which they are called: first those whose scheme
    /// `Authorization` names, because the client chose it, then those whose credentials may be
    /// ambient, such as a cookie or a certificate.
    fn in_order(&self, authorization: Option<&HeaderValue>) -> [IdentityMask; 2] {
        let first = self.named(authorization);
        [first, !first]
    }

    /// The identities whose scheme `Authorization` names.
    fn named(&self, authorization: Option<&HeaderValue>) -> IdentityMask {
        if self.schemes.is_empty() {
            return 0;
        }
        let credentials = authorization.and_then(|value| Credentials::parse(value.as_bytes()));
        let Some(credentials) = credentials else { return 0 };
        let is_named = |schemes: &[Box<str>]| schemes.iter().any(|it| credentials.is(it));
        self.schemes
            .iter()
            .enumerate()
            .fold(0, |mask, (index, schemes)| mask | IdentityMask::from(is_named(schemes)) << index)
    }
}

/// Combines one to eight identities of one principal type; if the types differ,
/// [`map`](Identity::map) each to a common one. Their challenges are offered in this order, equal
/// ones once.
///
/// The first identity whose credentials were sent decides: its refusal is final, and no other is
/// tried ([A08](crate::semantics#a08)). The identity whose scheme `Authorization` names is called
/// first, because the client chose those credentials, whereas a cookie or a certificate comes along
/// with every request. Each scheme can be here only once: to accept two kinds of Bearer tokens,
/// let one verifier try both.
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
                for round in members.in_order(request.headers.get(AUTHORIZATION)) {
                    let mut index = 0;
                    identity_tuple!(@each $first $($rest)*; |identity| {
                        if round >> index & 1 == 1 {
                            match identity.identify(request).await {
                                Err(unauthenticated) if unauthenticated.is_missing() => {}
                                result => return result,
                            }
                        }
                        index += 1;
                    });
                    let _ = index;
                }
                Err(Unauthenticated::missing())
            }

            fn identify_now_by(
                &self,
                members: &Members,
                request: &Parts,
                authorization: Option<&HeaderValue>,
            ) -> Option<Result<Self::Principal, Unauthenticated>> {
                let ($first, $($rest,)*) = self;
                for round in members.in_order(authorization) {
                    let mut index = 0;
                    identity_tuple!(@each $first $($rest)*; |identity| {
                        if round >> index & 1 == 1 {
                            match identity.identify_now_by(request, authorization)? {
                                Err(unauthenticated) if unauthenticated.is_missing() => {}
                                result => return Some(result),
                            }
                        }
                        index += 1;
                    });
                    let _ = index;
                }
                Some(Err(Unauthenticated::missing()))
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
                    let own = made.or_else(|| members.prepared.get(index).cloned())?;
                    all = Some(match all {
                        Some(all) => own.into_iter().fold(all, Challenges::and),
                        None => own,
                    });
                    index += 1;
                });
                let _ = index;
                all.filter(|_| any)
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
