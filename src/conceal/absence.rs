//! The answer that there is nothing, and when it leaves.

use std::task::{Context, Poll};

use http::Response;

#[cfg(feature = "time-floor")]
use super::curtain::no_timer;
use crate::respond::Sealed;

/// A finished answer on its way.
#[derive(Debug)]
pub(super) struct Absence {
    answer: Option<Sealed>,
    /// Whether it answers a `HEAD`.
    head: bool,
    #[cfg(feature = "time-floor")]
    wait: Option<super::floor::Wait>,
}

impl Absence {
    /// Leaves at once.
    pub(super) fn new(answer: Sealed, head: bool) -> Self {
        Self {
            answer: Some(answer),
            head,
            #[cfg(feature = "time-floor")]
            wait: None,
        }
    }

    /// Leaves after the wait.
    #[cfg(feature = "time-floor")]
    pub(super) fn after(self, wait: super::floor::Wait) -> Self {
        Self { wait: Some(wait), ..self }
    }

    pub(super) fn poll<B: From<bytes::Bytes>>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Response<B>> {
        #[cfg(feature = "time-floor")]
        if let Some(wait) = &mut self.wait
            && std::task::ready!(wait.poll(cx)).is_err()
        {
            self.answer = Some(no_timer());
        }
        // The context is for the wait alone, and there may be none.
        let _ = cx;
        match self.answer.take() {
            Some(answer) => Poll::Ready(answer.into_response(self.head)),
            None => Poll::Pending,
        }
    }
}
