//! Several schemes at one stage.

use std::future::Future;

use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::Identity;
use crate::challenge::Challenges;
use crate::denial::Unauthenticated;

/// Several identities at one stage; made by [`any_of`].
#[derive(Clone, Debug)]
pub struct AnyOf<T> {
    identities: T,
    explicit: Explicit,
}

/// Which identities of a tuple read `Authorization`: a bit each, so that asking them costs
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct Explicit(u8);

impl Explicit {
    fn new(fields: impl IntoIterator<Item = Vec<HeaderName>>) -> Self {
        let bits = fields.into_iter().enumerate();
        Self(bits.fold(0, |bits, (index, fields)| {
            bits | u8::from(fields.contains(&AUTHORIZATION)) << index
        }))
    }

    fn contains(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }
}

/// Offers several identities, up to eight, of one principal type ([`Identity::map`] unifies
/// them). Their challenges are offered in this order, equal ones once.
///
/// The first whose credentials were sent decides: its refusal is final and never falls through
/// to another (A08). Those that read `Authorization` are asked before the others, since what a
/// client says outranks what it merely carries along. So one scheme belongs here once: to accept
/// two kinds of Bearer tokens, let one verifier try both.
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
    let explicit = identities.explicit();
    AnyOf { identities, explicit }
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
    fn explicit(&self) -> Explicit;

    #[doc(hidden)]
    fn identify(
        &self,
        explicit: Explicit,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send;

    #[doc(hidden)]
    fn identify_now(
        &self,
        explicit: Explicit,
        request: &Parts,
    ) -> Option<Result<Self::Principal, Unauthenticated>>;

    #[doc(hidden)]
    fn challenges(&self) -> Challenges;

    #[doc(hidden)]
    fn fields(&self) -> Vec<HeaderName>;
}

impl<T: IdentityTuple> Identity for AnyOf<T> {
    type Principal = T::Principal;

    fn identify(
        &self,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send {
        self.identities.identify(self.explicit, request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identities.identify_now(self.explicit, request)
    }

    fn challenges(&self) -> Challenges {
        self.identities.challenges()
    }

    fn fields(&self) -> Vec<HeaderName> {
        self.identities.fields()
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

            fn explicit(&self) -> Explicit {
                let ($first, $($rest,)*) = self;
                Explicit::new([$first.fields(), $($rest.fields(),)*])
            }

            async fn identify(
                &self,
                explicit: Explicit,
                request: &Parts,
            ) -> Result<Self::Principal, Unauthenticated> {
                let ($first, $($rest,)*) = self;
                for turn in [true, false] {
                    let mut index = 0;
                    identity_tuple!(@ask $first $($rest)*; |identity| {
                        if explicit.contains(index) == turn {
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

            fn identify_now(
                &self,
                explicit: Explicit,
                request: &Parts,
            ) -> Option<Result<Self::Principal, Unauthenticated>> {
                let ($first, $($rest,)*) = self;
                for turn in [true, false] {
                    let mut index = 0;
                    identity_tuple!(@ask $first $($rest)*; |identity| {
                        if explicit.contains(index) == turn {
                            match identity.identify_now(request)? {
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

            fn fields(&self) -> Vec<HeaderName> {
                let ($first, $($rest,)*) = self;
                let fields = $first.fields().into_iter();
                $(let fields = fields.chain($rest.fields());)*
                fields.collect()
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
