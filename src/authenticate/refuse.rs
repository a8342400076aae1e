//! How a denial becomes a response of this stage.

use http::{Extensions, HeaderMap, HeaderValue, Response};

use super::challenge_set::{ChallengeTarget, DynamicChallenges, Replacements};
use super::grpc::mark_call;
use super::identity_service::IdentityService;
use super::report::Reported;
use super::request_state::{AuthState, RequestState};
use super::stage::{AuthenticateStage, delay_seconds};
use crate::body::RefusalBody;
use crate::denial::propagate::Stage;
use crate::denial::public_outcome::{
    ChallengeSelection, PublicOutcome, RenderContext, is_not_found, public_outcome,
};
use crate::denial::{Cause, Denial};
use crate::login::NoDialog;
use crate::observe::{Observe, Refused};
use crate::respond::{FinishedResponse, Refusal, Respond, render};

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// Builds the response to a denial. `inherited` are the headers of the response that it
    /// replaces, `extensions` those of the new response.
    pub(super) fn refuse<B: RefusalBody>(
        &self,
        denial: Denial,
        stage: Stage,
        mut state: RequestState<R::Context, O::Context>,
        inherited: HeaderMap,
        extensions: Extensions,
    ) -> Response<B> {
        let denial = state.restore_original_failure(denial);
        let attempted = state.credentials.attempted();
        let render_context = RenderContext::Stage {
            challenger: self.settings.challenges.role(),
            offers_token_scheme: self.settings.challenges.any_takes_oauth_error(),
            authenticated_by_token: matches!(state.auth, AuthState::Verified)
                && attempted.is_some_and(|index| self.settings.challenges.takes_oauth_error(index)),
            has_login_page: state.redirects_to_login(),
        };
        let outcome = public_outcome(&denial, render_context);
        let grpc = state.kind.grpc();
        let reported = Reported {
            status: outcome.status,
            grpc_code: grpc.map(|_| outcome.grpc_code()),
            is_from_inner_layer: false,
            is_repaired: false,
            refused: Some(Refused { denial: &denial, stage }),
        };
        let mut extensions = extensions;
        self.report(&mut state, reported, &mut extensions);

        let is_reusable =
            self.respond.is_fixed() && (denial.is_concealed() || !denial.has_public_parts());
        let inherits = !inherited.is_empty() && !is_not_found(outcome.status);
        let replacements = match outcome.challenge {
            ChallengeSelection::None => Replacements::default(),
            _ => self.replacements(Some(&denial), outcome.cause, &state),
        };
        let context = state.context.take();
        let target = ChallengeTarget {
            attempted,
            suppresses_dialogs: state.suppresses_dialogs(),
            is_dialog_free: NoDialog::is_on(&extensions) && !self.settings.is_at_proxy(),
        };
        if denial.own_log_out().is_some() {
            // A login that returns to a log-out would log the user out again, for ever.
            state.forget_return_target();
        }
        let login = self.login_response(&state, outcome, &Refusal::new(outcome, &denial));
        let hx_redirect = self.hx_redirect(&state, outcome);
        let is_reusable =
            is_reusable && login.is_none() && hx_redirect.is_none() && !target.is_dialog_free;
        let slot = self.rendered.get(outcome.cause, attempted, target.suppresses_dialogs);
        let mut response = match (grpc, slot) {
            (Some(framing), _) => self
                .render_call(framing, &denial, outcome, target, &replacements, inherited)
                .into_response(false),
            (None, Some(slot)) if is_reusable && !inherits && replacements.is_empty() => slot
                .get_or_init(|| {
                    let rendered = self.render(&denial, outcome, context, HeaderMap::new());
                    let none = &Replacements::default();
                    self.finish(rendered, &denial, outcome, target, none, None)
                })
                .to_response(state.kind.is_head()),
            _ => {
                let rendered = match login {
                    Some(login) => FinishedResponse::new(login, outcome.status, inherited),
                    None => self.render(&denial, outcome, context, inherited),
                };
                let finished =
                    self.finish(rendered, &denial, outcome, target, &replacements, hx_redirect);
                finished.into_response(state.kind.is_head())
            }
        };
        self.apply_response_headers(state.rare, outcome.status, response.headers_mut());
        *response.extensions_mut() = extensions;
        if let Some(framing) = grpc {
            mark_call(framing, outcome, response.extensions_mut());
        }
        response
    }

    /// Renders a denial.
    fn render(
        &self,
        denial: &Denial,
        outcome: PublicOutcome,
        context: Option<R::Context>,
        inherited: HeaderMap,
    ) -> FinishedResponse {
        render(&*self.respond, context, &Refusal::new(outcome, denial), inherited)
    }

    /// Adds `Retry-After`, challenges, and the headers that lead to the login page.
    fn finish(
        &self,
        mut finished: FinishedResponse,
        denial: &Denial,
        outcome: PublicOutcome,
        target: ChallengeTarget,
        replacements: &Replacements,
        hx_redirect: Option<HeaderValue>,
    ) -> FinishedResponse {
        if outcome.has_retry_after() {
            let wait = denial.own_retry_after();
            finished.retry_after(wait.map_or(self.settings.retry_after.clone(), delay_seconds));
        }
        let challenges = &self.settings.challenges;
        let values = challenges.values(outcome.challenge, denial, target, replacements);
        finished.challenge(&challenges.role().challenge_header(), values);
        self.settings.expose_challenges(finished.headers_mut());
        self.add_login_headers(&mut finished, outcome.status, hx_redirect);
        if let Some(log_out) = denial.own_log_out()
            && !is_not_found(outcome.status)
        {
            finished.log_out(log_out);
        }
        finished
    }

    /// Returns the identity's challenges for this one response, if it has such.
    pub(super) fn per_response_challenges(
        &self,
        cause: Cause,
        attempted: Option<u8>,
    ) -> Option<DynamicChallenges> {
        if !self.settings.has_dynamic_challenges {
            return None;
        }
        let challenges = &self.settings.challenges;
        let scheme = attempted.and_then(|index| challenges.scheme(index));
        challenges.dynamic(self.identify.per_response_challenges(cause, scheme)?)
    }
}
