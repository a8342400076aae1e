//! The gate: who may go on, what a refusal looks like, and what an answer carries outward.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::admission::Admission;
use super::browser;
use super::caching;
use super::identify::Identify;
use super::login_page::LoginPage;
use super::offer::{Fresh, Offer, Visitor};
use super::proxy;
use super::reads::{Ambiguous, Reads, Seen};
use super::ready::Ready;
use crate::body::RefusalBody;
use crate::challenge::Challenger;
use crate::denial::face::{Challenging, Edge, Face, face, is_absence};
use crate::denial::travel::{Stage, claim, is_denial};
use crate::denial::{Cause, Denial, Unauthenticated};
use crate::event::{self, Event, Hook, Refused};
use crate::guard::guard;
use crate::identity::AnswerFields;
use crate::principal::{Anonymous, Principal};
use crate::respond::{Refusal, Respond, Sealed, append, redirect, render};

/// Everything that a stage was configured with, behind one `Arc`.
pub(super) struct Gate<I, R> {
    pub(super) identify: I,
    pub(super) respond: Arc<R>,
    pub(super) settings: Settings,
    /// Whether a request is looked at for more than its credentials, or what was said of it on
    /// its way out: most stages pay for the question alone.
    looks_closer: bool,
    ready: Ready,
}

/// What does not depend on the identity's type, nor on the renderer's.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) offer: Offer,
    pub(super) reads: Reads,
    pub(super) admission: Admission,
    pub(super) retry_after: HeaderValue,
    pub(super) tells_caches: bool,
    /// Whether the identity has challenges that cannot be written in advance.
    pub(super) has_fresh_challenges: bool,
    /// Whether the identity may put fields on answers.
    pub(super) adds_fields: bool,
    pub(super) hook: Option<Hook>,
    /// Where browsers are sent to log in (F06).
    pub(super) login_page: Option<Arc<LoginPage>>,
    /// Whether scripts are not offered what opens a dialog (F07).
    pub(super) spares_scripts: bool,
}

/// What an identity reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent<'a> {
    pub(super) request: &'a Parts,
    /// The line of `Authorization`, if there is one and the stage reads it.
    pub(super) authorization: Option<&'a HeaderValue>,
}

/// What is remembered of a request until its answer leaves.
#[derive(Debug)]
pub(super) struct Visit<C> {
    context: Option<C>,
    head: bool,
    seen: Seen,
    who: Who,
    /// What few requests have. In a place of its own, since every future has room for it.
    aside: Option<Box<Aside>>,
}

#[derive(Debug, Default)]
struct Aside {
    /// What was wrong with the credentials of who was let through in spite of them.
    failure: Option<Unauthenticated>,
    /// What a browser has asked for that can be sent to a login page.
    to_login: Option<PathAndQuery>,
    /// Where the identity may put what it wants on the answer.
    fields: Option<AnswerFields>,
    /// A script asks, and is spared a dialog.
    spared: bool,
}

#[derive(Clone, Copy, Debug)]
enum Who {
    /// Not decided yet, or refused.
    Nobody,
    /// Let through as nobody in particular, perhaps in spite of credentials that failed.
    Anonymous,
    Verified,
}

impl<I, R> Gate<I, R> {
    pub(super) fn new(identify: I, respond: Arc<R>, settings: Settings) -> Self {
        let ready = Ready::new(settings.offer.len(), settings.spares_scripts);
        let looks_closer = settings.is_at_proxy()
            || settings.adds_fields
            || settings.spares_scripts
            || settings.login_page.is_some();
        Self { identify, respond, settings, looks_closer, ready }
    }
}

impl<I: Identify, R: Respond> Gate<I, R> {
    /// Inspects the request head before the identity runs, and marks the credentials in it (A25).
    /// Beside what the stage keeps of it, this returns what the identity reads.
    #[inline(always)]
    pub(super) fn visit<'a>(
        &self,
        request: &'a mut Parts,
    ) -> (Visit<R::Context>, Result<Sent<'a>, Ambiguous>) {
        let Settings { reads, offer, .. } = &self.settings;
        let has_authorization = reads.mark(&mut request.headers);
        // The renderer sees the fields where they were sent, and marked. One that cannot even look
        // at them is stood in for, once it is needed.
        let context = guard(|| self.respond.context(request)).ok();
        let head = request.method == Method::HEAD;
        let mut fields = None;
        if self.looks_closer {
            fields = self.step_closer(request);
        }
        let request = &*request;
        // At a proxy, `step_closer` makes the field of another one.
        let may_have_authorization = has_authorization || self.looks_closer;
        let (seen, sent) = match reads.survey(&request.headers, may_have_authorization, offer) {
            Ok((seen, authorization)) => (seen, Ok(Sent { request, authorization })),
            Err(ambiguous) => (Seen::default(), Err(ambiguous)),
        };
        let aside = if self.looks_closer { self.look_closer(request, seen, fields) } else { None };
        (Visit { context, head, seen, who: Who::Nobody, aside }, sent)
    }

    /// Changes the request head as a proxy, or an identity that adds fields, needs it.
    #[cold]
    #[inline(never)]
    fn step_closer(&self, request: &mut Parts) -> Option<AnswerFields> {
        if self.settings.is_at_proxy() {
            proxy::step_in(request);
        }
        let fields = self.settings.adds_fields.then(AnswerFields::default);
        if let Some(fields) = &fields {
            request.extensions.insert(fields.clone());
        }
        fields
    }

    #[cold]
    fn look_closer(
        &self,
        request: &Parts,
        seen: Seen,
        fields: Option<AnswerFields>,
    ) -> Option<Box<Aside>> {
        let to_login = self.to_login(request, seen);
        let spared = self.settings.spares_scripts
            && !self.settings.is_at_proxy()
            && browser::is_by_script(&request.headers);
        let has_any = fields.is_some() || to_login.is_some() || spared;
        has_any.then(|| Box::new(Aside { failure: None, to_login, fields, spared }))
    }

    /// What to come back to, if the caller is a browser that could be sent to a login page. Who
    /// says something in a scheme that is offered speaks HTTP, and must hear that it was wrong:
    /// a browser would repeat it at the login page.
    fn to_login(&self, request: &Parts, seen: Seen) -> Option<PathAndQuery> {
        let page = self.settings.login_page.as_ref()?;
        let said = request.headers.get(AUTHORIZATION).filter(|_| seen.authorization);
        let is_told = seen.attempted.is_some()
            || said.is_some_and(|said| self.settings.offer.names_scheme_of(said));
        if is_told || page.is(&request.uri) || !browser::navigates(request) {
            return None;
        }
        request.uri.path_and_query().cloned()
    }

    /// Lets the request go on, with word of who sent it in its extensions; or refuses.
    #[inline(always)]
    pub(super) fn admit(
        &self,
        answer: Result<I::Principal, Unauthenticated>,
        request: &mut Parts,
        visit: &mut Visit<R::Context>,
    ) -> Result<(), Denial> {
        if self.looks_closer {
            if self.settings.is_at_proxy() {
                proxy::step_out(request, &self.settings.reads);
            }
            // What stages further in collect is their own.
            request.extensions.remove::<AnswerFields>();
        }
        let extensions = &mut request.extensions;
        match answer {
            Ok(principal) => {
                extensions.insert(Principal(principal));
                visit.who = Who::Verified;
                Ok(())
            }
            Err(failure) if self.settings.admission.lets_through(&failure) => {
                if !extensions.is_empty() {
                    // Whoever a stage outside took the caller for, this one does not.
                    extensions.remove::<Principal<I::Principal>>();
                }
                extensions.insert(Anonymous::<I::Principal>::new());
                if !failure.is_missing() {
                    visit.remember(failure);
                }
                visit.who = Who::Anonymous;
                Ok(())
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Completes the service's answer, or replaces it by a refusal that it carries.
    #[inline(always)]
    pub(super) fn leave<B: RefusalBody>(
        &self,
        response: &mut Response<B>,
        visit: Visit<R::Context>,
    ) {
        // Most answers have no extensions, and so neither a denial nor a mark of a stage.
        if self.looks_closer || self.settings.hook.is_some() || !response.extensions().is_empty() {
            return self.leave_closely(response, visit);
        }
        let status = response.status();
        self.amend(status, response.headers_mut(), &visit);
    }

    #[inline(never)]
    fn leave_closely<B: RefusalBody>(&self, response: &mut Response<B>, visit: Visit<R::Context>) {
        if let Some((denial, stage)) = claim(response.extensions_mut()) {
            let headers = mem::take(response.headers_mut());
            let extensions = mem::take(response.extensions_mut());
            *response = self.refuse(denial, stage, visit, headers, extensions);
            return;
        }
        let status = response.status();
        if !is_denial(response.extensions()) {
            self.tell(&visit, None);
            // At a proxy what the origin says is the origin's: its 401, another proxy's 407, its
            // caching.
            if !self.settings.is_at_proxy() {
                self.amend(status, response.headers_mut(), &visit);
            }
        }
        self.put_fields(visit.aside, status, response.headers_mut());
    }

    /// Adds what an answer of the service has to say and does not.
    #[inline]
    fn amend(&self, status: StatusCode, headers: &mut HeaderMap, visit: &Visit<R::Context>) {
        if status == StatusCode::UNAUTHORIZED && !is_challenged(headers) {
            self.challenge(headers, visit);
        }
        if self.settings.tells_caches {
            match visit.who {
                Who::Verified => {
                    caching::verified_answer(headers, &self.settings.reads, visit.seen);
                }
                Who::Anonymous => caching::anonymous_answer(headers, &self.settings.reads),
                Who::Nobody => {}
            }
        }
    }

    /// A12: nobody can answer a 401 that does not say how.
    #[cold]
    fn challenge(&self, headers: &mut HeaderMap, visit: &Visit<R::Context>) {
        headers.remove(WWW_AUTHENTICATE);
        let fresh = self.fresh(Cause::Reauthenticate, None);
        let lines = self.settings.offer.plain_lines(visit.is_spared(), fresh.as_ref());
        append(headers, &WWW_AUTHENTICATE, lines);
        if self.settings.spares_scripts && self.settings.tells_caches {
            caching::spared_answer(headers);
        }
    }

    /// Renders a denial. `inherited` are the fields that the replaced answer had, `extensions`
    /// those that the answer takes along.
    pub(super) fn refuse<B: RefusalBody>(
        &self,
        denial: Denial,
        stage: Stage,
        mut visit: Visit<R::Context>,
        inherited: HeaderMap,
        extensions: Extensions,
    ) -> Response<B> {
        let denial = visit.in_truth(denial);
        let attempted = visit.seen.attempted;
        let edge = Edge::Stage {
            challenger: self.settings.offer.challenger(),
            offers_token: self.settings.offer.any_takes_oauth_error(),
            came_by_token: matches!(visit.who, Who::Verified)
                && attempted.is_some_and(|it| self.settings.offer.takes_oauth_error(it)),
            has_login_page: visit.to_login().is_some(),
        };
        let face = face(&denial, edge);
        self.tell(&visit, Some(Refused { denial: &denial, stage, status: face.status }));

        let is_ordinary = self.respond.is_fixed() && (denial.is_concealed() || denial.is_plain());
        let inherits = !inherited.is_empty() && !is_absence(face.status);
        let fresh = match face.challenge {
            Challenging::No => None,
            _ => self.fresh(face.cause, attempted),
        };
        let context = visit.context.take();
        let visitor = Visitor { attempted, spared: visit.is_spared() };
        let to_login = visit.to_login().filter(|_| face.status == StatusCode::SEE_OTHER);
        let to_login = to_login.zip(self.settings.login_page.as_ref());
        let mut response = match (to_login, self.ready.get(face.cause, attempted, visitor.spared)) {
            (Some((target, page)), _) => {
                let redirect = redirect(&page.location(target));
                Sealed::new(redirect, face.status, inherited).into_response(visit.head)
            }
            (None, Some(kept)) if is_ordinary && !inherits && fresh.is_none() => kept
                .get_or_init(|| {
                    self.render(&denial, face, visitor, None, context, HeaderMap::new())
                })
                .to_response(visit.head),
            _ => {
                let sealed = self.render(&denial, face, visitor, fresh, context, inherited);
                sealed.into_response(visit.head)
            }
        };
        self.put_fields(visit.aside, face.status, response.headers_mut());
        *response.extensions_mut() = extensions;
        response
    }

    /// Makes the answer to a denial.
    fn render(
        &self,
        denial: &Denial,
        face: Face,
        visitor: Visitor,
        fresh: Option<Fresh>,
        context: Option<R::Context>,
        inherited: HeaderMap,
    ) -> Sealed {
        let refusal = Refusal::new(face, denial);
        let mut sealed = render(&*self.respond, context, &refusal, inherited);
        if face.asks_to_wait() {
            let wait = denial.own_retry_after();
            sealed.retry_after(wait.map_or(self.settings.retry_after.clone(), seconds));
        }
        let offer = &self.settings.offer;
        let lines = offer.lines(face.challenge, denial, visitor, fresh.as_ref());
        sealed.challenge(&offer.challenger().field(), lines);
        sealed
    }

    /// Puts on the answer what the identity wants there.
    #[inline]
    fn put_fields(&self, aside: Option<Box<Aside>>, status: StatusCode, headers: &mut HeaderMap) {
        if let Some(aside) = aside
            && let Some(fields) = aside.fields
        {
            fields.apply(status, self.settings.offer.challenger(), headers);
        }
    }

    /// The challenges of this one answer, where the identity has such.
    fn fresh(&self, cause: Cause, attempted: Option<u8>) -> Option<Fresh> {
        if !self.settings.has_fresh_challenges {
            return None;
        }
        let offer = &self.settings.offer;
        let scheme = attempted.and_then(|index| offer.scheme(index));
        offer.fresh(self.identify.fresh_challenges(cause, scheme)?)
    }

    /// Tells the operators how it ended.
    #[inline]
    fn tell(&self, visit: &Visit<R::Context>, refused: Option<Refused<'_>>) {
        if refused.is_none() && self.settings.hook.is_none() {
            return;
        }
        let for_us = match visit.who {
            Who::Nobody => refused.is_some_and(|it| it.denial.cause() != Cause::Missing),
            Who::Anonymous => visit.failure().is_some(),
            Who::Verified => true,
        };
        let event = Event {
            scheme: visit
                .seen
                .attempted
                .filter(|_| for_us)
                .and_then(|it| self.settings.offer.scheme(it)),
            anonymous: !matches!(visit.who, Who::Verified),
            refused,
        };
        event::denied(&event);
        if let Some(hook) = &self.settings.hook {
            // A counter that panics must not take the answer with it.
            let _ = guard(|| hook(&event));
        }
    }
}

impl Settings {
    fn is_at_proxy(&self) -> bool {
        self.offer.challenger() == Challenger::Proxy
    }
}

impl<C> Visit<C> {
    #[cold]
    fn remember(&mut self, failure: Unauthenticated) {
        self.aside.get_or_insert_default().failure = Some(failure);
    }

    fn failure(&self) -> Option<&Unauthenticated> {
        self.aside.as_ref()?.failure.as_ref()
    }

    fn to_login(&self) -> Option<&PathAndQuery> {
        self.aside.as_ref()?.to_login.as_ref()
    }

    fn is_spared(&self) -> bool {
        self.aside.as_ref().is_some_and(|aside| aside.spared)
    }

    /// Where somebody must say who they are, and said so wrongly: what was wrong (C01).
    #[inline]
    fn in_truth(&self, denial: Denial) -> Denial {
        match self.failure() {
            Some(failure) if denial.cause() == Cause::IdentityNeeded && !denial.is_concealed() => {
                Unauthenticated::clone(failure).into()
            }
            _ => denial,
        }
    }
}

/// Whether an answer of the service has a challenge; an empty field is none.
fn is_challenged(headers: &HeaderMap) -> bool {
    headers.get_all(WWW_AUTHENTICATE).iter().any(|line| !line.as_bytes().trim_ascii().is_empty())
}

/// A time to wait, as delay-seconds (RFC 9110 §10.2.3). Rounded up: zero would mean at once.
pub(super) fn seconds(wait: Duration) -> HeaderValue {
    // Cloned, so that it shares its bytes with later clones, which then do not allocate.
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    HeaderValue::from(seconds).clone()
}
