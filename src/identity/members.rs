//! What [`any_of`](super::any_of) knows of its identities without calling them: in which order they
//! are called, and which of them read the same credentials.

use std::iter;

use http::HeaderValue;
use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use http::request::Parts;

use super::IdentityInfo;
use crate::challenge::{Challenges, Credentials};
use crate::denial::Unauthenticated;

/// What [`AnyOf`](super::AnyOf) knows of its identities.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Members {
    /// Of all of them together.
    pub(super) info: IdentityInfo,
    /// The challenges that each identity has prepared.
    prepared: Box<[Challenges]>,
    /// The schemes that each identity reads from `Authorization`. Empty if none of them reads
    /// anything else: `Authorization` then names one scheme, and their order makes no difference.
    schemes: Box<[Box<[Box<str>]>]>,
    /// Empty if no two identities read the same credentials.
    sharing: Box<[Sharing]>,
}

/// What an identity reads, and which others read the same credentials.
#[derive(Clone, Debug)]
struct Sharing {
    with: IdentityMask,
    headers: Box<[HeaderName]>,
    schemes: Box<[Box<str>]>,
}

/// A set of identities, a bit each.
pub(super) type IdentityMask = u8;

impl Members {
    pub(super) fn new(first: IdentityInfo, rest: Vec<IdentityInfo>) -> Self {
        let infos: Vec<&IdentityInfo> = iter::once(&first).chain(&rest).collect();
        let order_matters = infos.iter().any(|info| info.headers() != [AUTHORIZATION]);
        let schemes = infos.iter().filter(|_| order_matters).map(|info| {
            if info.headers().contains(&AUTHORIZATION) { schemes(info) } else { Box::default() }
        });
        let schemes = schemes.collect();
        let prepared = infos.iter().map(|info| info.challenges().clone()).collect();
        let sharing = sharing(&infos);
        let info = rest.into_iter().fold(first, IdentityInfo::and);
        Self { info, prepared, schemes, sharing }
    }

    /// The identities in the order in which they are called: first those whose scheme
    /// `Authorization` names, because the client chose it, then the others, whose credentials may be
    /// ambient, such as a cookie or a certificate.
    pub(super) fn in_order(&self, authorization: Option<&HeaderValue>) -> [IdentityMask; 2] {
        let first = self.named(authorization);
        [first, !first]
    }

    /// The identities whose scheme `Authorization` names.
    pub(super) fn named(&self, authorization: Option<&HeaderValue>) -> IdentityMask {
        if self.schemes.is_empty() {
            return 0;
        }
        let credentials = authorization.and_then(|value| Credentials::parse(value.as_bytes()));
        let Some(credentials) = credentials else { return 0 };
        mask(&self.schemes, |schemes| schemes.iter().any(|it| credentials.is(it)))
    }

    /// Whether two identities would be called with the same credentials of this request.
    #[inline]
    pub(super) fn are_several_addressed(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> bool {
        !self.sharing.is_empty() && self.do_several_read(request, authorization)
    }

    fn do_several_read(&self, request: &Parts, authorization: Option<&HeaderValue>) -> bool {
        let sent = authorization.and_then(|value| Credentials::parse(value.as_bytes()));
        let addressed = mask(&self.sharing, |it| {
            it.headers.is_empty()
                || it.headers.iter().any(|name| match *name {
                    AUTHORIZATION => {
                        sent.is_some_and(|sent| it.schemes.iter().any(|it| sent.is(it)))
                    }
                    _ => request.headers.contains_key(name),
                })
        });
        self.sharing.iter().enumerate().any(|(index, it)| {
            let own = 1 << index;
            addressed & own != 0 && addressed & it.with & !own != 0
        })
    }

    /// The identities that are still called after one has said this.
    #[cold]
    pub(super) fn still_asked(&self, index: usize, failure: &Unauthenticated) -> IdentityMask {
        if failure.is_missing() {
            return IdentityMask::MAX;
        }
        let sharing = self.sharing.get(index).filter(|_| !failure.is_final());
        sharing.map_or(0, |sharing| sharing.with)
    }

    pub(super) fn prepared(&self, index: usize) -> Option<&Challenges> {
        self.prepared.get(index)
    }

    /// The challenges that the identities made for one request. An identity that made none for a
    /// scheme, although another did, has its prepared one: otherwise that would be replaced.
    pub(super) fn request_challenges(
        &self,
        made: impl IntoIterator<Item = Option<Challenges>>,
    ) -> Option<Challenges> {
        let made: Vec<_> = made.into_iter().collect();
        let is_made = |scheme: &str| made.iter().flatten().flatten().any(|it| it.is(scheme));
        let of_member = |(made, prepared): (&Option<Challenges>, &Challenges)| {
            let has = |scheme| made.iter().flatten().any(|own| own.is(scheme));
            let kept = prepared.iter().filter(|it| is_made(it.scheme()) && !has(it.scheme()));
            made.iter().flatten().chain(kept).cloned().collect::<Vec<_>>()
        };
        let mut all = made.iter().zip(&self.prepared).flat_map(of_member);
        let first = Challenges::new(all.next()?);
        Some(all.fold(first, Challenges::and))
    }
}

fn schemes(info: &IdentityInfo) -> Box<[Box<str>]> {
    info.challenges().iter().map(|challenge| challenge.scheme().into()).collect()
}

fn mask<T>(members: &[T], is_in: impl Fn(&T) -> bool) -> IdentityMask {
    let bits = members.iter().enumerate();
    bits.fold(0, |mask, (index, member)| mask | IdentityMask::from(is_in(member)) << index)
}

/// Which identities read the same credentials; empty if no two do.
fn sharing(infos: &[&IdentityInfo]) -> Box<[Sharing]> {
    let sharing = infos.iter().map(|info| Sharing {
        with: mask(infos, |other| reads_same(info, other)),
        headers: info.headers().into(),
        schemes: schemes(info),
    });
    let sharing: Box<[Sharing]> = sharing.collect();
    let others = |(index, it): (usize, &Sharing)| it.with & !(1 << index);
    if sharing.iter().enumerate().all(|it| others(it) == 0) { Box::default() } else { sharing }
}

/// Whether two identities read the same credentials, by their descriptions. The scheme alone does not
/// say so: a session or a certificate names the challenge of another scheme (A08).
fn reads_same(one: &IdentityInfo, other: &IdentityInfo) -> bool {
    let have_one_scheme = one
        .challenges()
        .iter()
        .any(|challenge| other.challenges().iter().any(|it| it.is(challenge.scheme())));
    let in_authorization = |info: &IdentityInfo| info.headers().contains(&AUTHORIZATION);
    let in_own_header = |info: &IdentityInfo| {
        info.headers().iter().any(|name| ![AUTHORIZATION, COOKIE].contains(name))
    };
    let in_no_header = |info: &IdentityInfo| info.headers().is_empty();
    let both = |reads: &dyn Fn(&IdentityInfo) -> bool| reads(one) && reads(other);
    let have_one_header =
        one.headers().iter().any(|name| *name != AUTHORIZATION && other.headers().contains(name));
    let is_one_kind = both(&in_authorization) || both(&in_own_header) || both(&in_no_header);
    have_one_header || (have_one_scheme && is_one_kind)
}
