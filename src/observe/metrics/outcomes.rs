//! Which status can the refusal of each cause have? Asked of the function that decides it.

use std::sync::LazyLock;
use std::time::Duration;

use http::StatusCode;

use super::labels::{STATUSES, status_index};
use crate::challenge::ServerRole;
use crate::denial::public_outcome::{RenderContext, public_outcome};
use crate::denial::{Cause, Denial, Requirement};

/// What the labels say of a refusal: its cause, its status, and whether it is concealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) cause: Cause,
    /// Index in [`STATUSES`].
    pub(super) status: usize,
    pub(super) is_concealed: bool,
    /// Whether a stage of an origin server, or of a proxy, can send it.
    pub(super) from: [bool; 2],
}

pub(super) const ORIGIN: usize = 0;
pub(super) const PROXY: usize = 1;

/// All refusals that a stage can send.
pub(super) struct Outcomes {
    pub(super) refusals: Vec<Refusal>,
    index: [[[Option<usize>; 2]; STATUSES.len()]; Cause::ALL.len()],
}

/// Every refusal that `public_outcome` makes of any denial in any stage.
pub(super) static OUTCOMES: LazyLock<Outcomes> = LazyLock::new(|| {
    let mut outcomes =
        Outcomes { refusals: Vec::new(), index: [[[None; 2]; STATUSES.len()]; Cause::ALL.len()] };
    for cause in Cause::ALL {
        for denial in denials(cause) {
            for (role, context) in contexts() {
                outcomes.add(&denial, public_outcome(&denial, context).status, role);
            }
        }
    }
    outcomes
});

impl Outcomes {
    /// The index in `refusals`. `None` for one that no stage sends.
    #[inline]
    pub(super) fn index(&self, denial: &Denial, status: StatusCode) -> Option<usize> {
        let by_status = &self.index[denial.cause() as usize][status_index(status)];
        by_status[usize::from(denial.is_concealed())]
    }

    fn add(&mut self, denial: &Denial, status: StatusCode, role: usize) {
        let (cause, is_concealed) = (denial.cause(), denial.is_concealed());
        let status = status_index(status);
        let slot = &mut self.index[cause as usize][status][usize::from(is_concealed)];
        let index = *slot.get_or_insert_with(|| {
            self.refusals.push(Refusal { cause, status, is_concealed, from: [false; 2] });
            self.refusals.len() - 1
        });
        self.refusals[index].from[role] = true;
    }
}

/// A denial of each kind that this cause can have.
fn denials(cause: Cause) -> [Denial; 4] {
    let bare = Denial::new(cause);
    let with_terms = match cause {
        Cause::InsufficientAuthentication => {
            Denial::insufficient(Requirement::max_age(Duration::from_secs(300)))
        }
        _ => bare.clone(),
    };
    [bare.clone(), bare.concealed(), with_terms.clone(), with_terms.concealed()]
}

/// Every authenticate stage that can render a denial.
fn contexts() -> impl Iterator<Item = (usize, RenderContext)> {
    (0..16_u8).map(|bits| {
        let is_on = |bit: u8| bits & (1 << bit) != 0;
        let (role, challenger) =
            if is_on(0) { (PROXY, ServerRole::Proxy) } else { (ORIGIN, ServerRole::Origin) };
        let context = RenderContext::Stage {
            challenger,
            offers_token_scheme: is_on(1),
            authenticated_by_token: is_on(2),
            has_login_page: is_on(3),
        };
        (role, context)
    })
}
