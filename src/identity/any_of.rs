//! Several schemes at one stage.

use std::future::Future;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

use super::Identity;
use crate::challenge::{Challenges, Credentials};
use crate::denial::{Cause, Unauthenticated};

/// Several identities at one stage; made by [`any_of`].
#[derive(Clone, Debug)]
pub struct AnyOf<T> {
    identities: T,
    order: Order,
}

/// In which order the identities of a tuple are asked: those first whose scheme `Authorization`
/// names, since what a client says outranks what it merely carries along.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Order {
    /// The schemes of each; none are kept where all read `Authorization` alone, since then the
    /// order makes no difference.
    schemes: Box<[Box<[Box<str>]>]>,
}

/// Which identities are asked in a turn, a bit each.
type IdentityMask = u8;

impl Order {
    fn new(identities: impl IntoIterator<Item = (Challenges, Vec<HeaderName>)>) -> Self {
        let mut matters = false;
        let schemes = identities.into_iter().map(|(challenges, fields)| {
            matters |= fields != [AUTHORIZATION];
            let reads = fields.contains(&AUTHORIZATION);
            challenges.iter().filter(|_| reads).map(|challenge| challenge.scheme().into()).collect()
        });
        let schemes: Box<[_]> = schemes.collect();
        Self { schemes: if matters { schemes } else { Box::default() } }
    }

    fn in_order(&self, authorization: Option<&HeaderValue>) -> [IdentityMask; 2] {
        let first = self.named(authorization);
        [first, !first]
    }

    /// Those whose scheme `Authorization` names.
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
            .fold(0, |turn, (index, schemes)| turn | IdentityMask::from(is_named(schemes)) << index)
    }
}

/// Offers several identities, up to eight, of one principal type: where they differ, give each one
/// a [`map`](Identity::map) to a common one. Their challenges are offered in this order, equal ones
/// once.
///
/// The first whose credentials were sent decides: its refusal is final and never falls through
/// to another (A08). The one whose scheme `Authorization` names is asked before the others, since
/// what a client says outranks what it merely carries along. So one scheme belongs here once: to
/// accept two kinds of Bearer tokens, let one verifier try both.
///
/// ```
/// use portcullis::{Basic, Bearer, Login, Unauthenticated, any_of, verify_fn};
///
/// let tokens = verify_fn(|_: &str| Err::<String, _>(Unauthenticated::invalid()));
/// let users = verify_fn(|login: &Login| Ok(login.user().to_owned()));
/// let identity = any_of((Bearer::new("notes", tokens)?, Basic::new("notes", users)?));
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
pub fn any_of<T: IdentityTuple>(identities: T) -> AnyOf<T> {
    let order = identities.order();
    AnyOf { identities, order }
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
    fn order(&self) -> Order;

    #[doc(hidden)]
    fn identify(
        &self,
        order: &Order,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send;

    #[doc(hidden)]
    fn identify_now_by(
        &self,
        order: &Order,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>>;

    #[doc(hidden)]
    fn challenges(&self) -> Challenges;

    #[doc(hidden)]
    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges>;

    #[doc(hidden)]
    fn adds_response_headers(&self) -> bool;

    #[doc(hidden)]
    fn credential_headers(&self) -> Vec<HeaderName>;

    #[doc(hidden)]
    fn account(&self, order: &Order, request: &Parts) -> Option<String>;
}

impl<T: IdentityTuple> Identity for AnyOf<T> {
    type Principal = T::Principal;

    fn identify(
        &self,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send {
        self.identities.identify(&self.order, request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identify_now_by(request, request.headers.get(AUTHORIZATION))
    }

    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identities.identify_now_by(&self.order, request, authorization)
    }

    fn challenges(&self) -> Challenges {
        self.identities.challenges()
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identities.per_response_challenges(cause, attempted)
    }

    fn adds_response_headers(&self) -> bool {
        self.identities.adds_response_headers()
    }

    fn credential_headers(&self) -> Vec<HeaderName> {
        self.identities.credential_headers()
    }

    fn account(&self, request: &Parts) -> Option<String> {
        self.identities.account(&self.order, request)
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

            fn order(&self) -> Order {
                let ($first, $($rest,)*) = self;
                Order::new([
                    ($first.challenges(), $first.credential_headers()),
                    $(($rest.challenges(), $rest.credential_headers()),)*
                ])
            }

            async fn identify(
                &self,
                order: &Order,
                request: &Parts,
            ) -> Result<Self::Principal, Unauthenticated> {
                let ($first, $($rest,)*) = self;
                for turn in order.in_order(request.headers.get(AUTHORIZATION)) {
                    let mut index = 0;
                    identity_tuple!(@ask $first $($rest)*; |identity| {
                        if turn >> index & 1 == 1 {
                            match identity.identify(request).await {
                                Err(unauthenticated) if unauthenticated.is_missing() => {}
                                answer => return answer,
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
                order: &Order,
                request: &Parts,
                authorization: Option<&HeaderValue>,
            ) -> Option<Result<Self::Principal, Unauthenticated>> {
                let ($first, $($rest,)*) = self;
                for turn in order.in_order(authorization) {
                    let mut index = 0;
                    identity_tuple!(@ask $first $($rest)*; |identity| {
                        if turn >> index & 1 == 1 {
                            match identity.identify_now_by(request, authorization)? {
                                Err(unauthenticated) if unauthenticated.is_missing() => {}
                                answer => return Some(answer),
                            }
                        }
                        index += 1;
                    });
                    let _ = index;
                }
                Some(Err(Unauthenticated::missing()))
            }

            fn challenges(&self) -> Challenges {
                let ($first, $($rest,)*) = self;
                let challenges = $first.challenges();
                $(let challenges = $rest.challenges().into_iter().fold(challenges, Challenges::and);)*
                challenges
            }

            fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
                let ($first, $($rest,)*) = self;
                let fresh = $first.per_response_challenges(cause, attempted);
                let any = fresh.is_some();
                let challenges = fresh.unwrap_or_else(|| $first.challenges());
                $(
                    let fresh = $rest.per_response_challenges(cause, attempted);
                    let any = any | fresh.is_some();
                    let challenges = fresh
                        .unwrap_or_else(|| $rest.challenges())
                        .into_iter()
                        .fold(challenges, Challenges::and);
                )*
                any.then_some(challenges)
            }

            fn adds_response_headers(&self) -> bool {
                let ($first, $($rest,)*) = self;
                $first.adds_response_headers() $(|| $rest.adds_response_headers())*
            }

            fn credential_headers(&self) -> Vec<HeaderName> {
                let ($first, $($rest,)*) = self;
                let fields = $first.credential_headers().into_iter();
                $(let fields = fields.chain($rest.credential_headers());)*
                fields.collect()
            }

            fn account(&self, order: &Order, request: &Parts) -> Option<String> {
                let ($first, $($rest,)*) = self;
                for turn in order.in_order(request.headers.get(AUTHORIZATION)) {
                    let mut index = 0;
                    identity_tuple!(@ask $first $($rest)*; |identity| {
                        if turn >> index & 1 == 1 {
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
    (@ask $($identity:ident)*; |$name:ident| $ask:block) => {
        $({
            let $name = $identity;
            $ask
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
