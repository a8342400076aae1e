//! Sends the requests of an inspection, and judges the responses.

use std::time::Duration;

use http::Method;
use http::header::CONNECTION;
use tokio::runtime::Handle;

use crate::inspect::{Asked, Caller, Finding, Question, Recorded, Series, ShownPaths};

use super::allowed::UNANSWERED;
use super::connection::{BODY_TIMEOUT, Conversation};
use super::error::InspectionError;
use super::failure::Failure;
use super::finding::ReportedFinding;
use super::merge::merged;
use super::names::name;
use super::partly;
use super::planned::Planned;
use super::recorded::recorded;
use super::report::{InspectionReport, Unanswered};
use super::settings::Settings;
use super::{Inspection, MAX_REQUESTS};

/// After this many requests in a row without a response in time, no more are sent.
const MAX_TIMEOUTS: usize = 2;
/// After this many bodies that have not ended in time, others are read for a short time only.
const MAX_LATE: usize = 3;
const SHORT_BODY_TIMEOUT: Duration = Duration::from_millis(200);

/// An inspection that runs.
struct Run<'a> {
    inspection: &'a Inspection,
    settings: Settings,
    paths: ShownPaths,
    series: Series,
    /// The names of the exchanges of the series.
    names: Vec<String>,
    unanswered: Vec<Unanswered>,
    requests: usize,
    /// How many requests in a row had no response in time.
    timeouts: usize,
    /// How many bodies have not ended in time.
    late: usize,
}

pub(super) async fn run(inspection: &Inspection) -> Result<InspectionReport, InspectionError> {
    let settings = Settings::new(inspection)?;
    Handle::try_current().map_err(|_| InspectionError::NoRuntime)?;
    let mut run = Run {
        inspection,
        paths: settings.paths(),
        settings,
        series: Series { asked: Vec::new(), is_cross_origin: inspection.origin.is_some() },
        names: Vec::new(),
        unanswered: Vec::new(),
        requests: 0,
        timeouts: 0,
        late: 0,
    };
    run.ask_all().await?;
    Ok(run.into_report())
}

impl Run<'_> {
    async fn ask_all(&mut self) -> Result<(), InspectionError> {
        let first = self.settings.anonymous(Question::Get, Method::GET);
        let anonymous = self.must_respond(&first).await?;
        let mut rest = self.settings.rest(&anonymous.response);
        self.keep(&first, anonymous);
        let crawler = match self.inspection.is_crawler {
            true => self.settings.by_crawler(),
            false => Vec::new(),
        };
        // One more for `Next`, and one for a redirect.
        let permitted: Vec<_> = self.settings.by_permitted().collect();
        let requests = 1 + permitted.len() + rest.len() + 1 + crawler.len() + 1;
        if requests > MAX_REQUESTS {
            return Err(InspectionError::TooManyRequests { requests });
        }
        for planned in &permitted {
            let recorded = self.must_respond(planned).await?;
            must_be_permitted(planned, &recorded, &self.paths)?;
            self.keep(planned, recorded);
        }
        let next = rest.iter().position(|planned| planned.question == Question::Next);
        let next = next.map(|place| rest.remove(place));
        for planned in &rest {
            self.ask(planned).await;
        }
        if let (Some(next), Some(permitted)) = (next, permitted.first()) {
            self.ask_next(permitted, &next).await;
        }
        for planned in &crawler {
            self.ask(planned).await;
        }
        self.follow().await;
        Ok(())
    }

    /// Sends a request without whose response there is nothing to judge.
    async fn must_respond(&mut self, planned: &Planned) -> Result<Recorded, InspectionError> {
        self.exchange(planned).await.map_err(|failure| match failure {
            Failure::Connect(error) => InspectionError::Connect(error),
            failure => InspectionError::NoResponse {
                request: name(planned, &self.paths),
                why: failure.to_string(),
            },
        })
    }

    /// Sends a request on a connection of its own, and keeps the exchange.
    async fn ask(&mut self, planned: &Planned) {
        let outcome = match self.timeouts {
            0..MAX_TIMEOUTS => self.exchange(planned).await,
            _ => Err(Failure::NotSent),
        };
        self.conclude(planned, outcome);
    }

    /// Sends a request with credentials, and one without on the same connection.
    async fn ask_next(&mut self, permitted: &Planned, next: &Planned) {
        if self.timeouts >= MAX_TIMEOUTS {
            return self.conclude(next, Err(Failure::NotSent));
        }
        let Ok(mut conversation) = Conversation::open(&self.inspection.server).await else {
            return;
        };
        let before = self.exchange_on(&mut conversation, permitted).await;
        let may_go_on =
            before.as_ref().is_ok_and(|before| before.is_body_known && !announces_end(before));
        self.conclude(permitted, before);
        if may_go_on {
            match self.exchange_on(&mut conversation, next).await {
                // A server may close a connection after any response.
                Err(Failure::Read(_)) => {}
                outcome => self.conclude(next, outcome),
            }
        }
    }

    /// Asks for the page to which a crawler is redirected.
    async fn follow(&mut self) {
        let target = self.series.of(Question::CrawlerTarget).next();
        let page = target
            .filter(|asked| asked.status().is_redirection())
            .and_then(|asked| self.settings.redirected(&asked.recorded.response));
        if let Some(page) = page {
            self.ask(&page).await;
        }
    }

    async fn exchange(&mut self, planned: &Planned) -> Result<Recorded, Failure> {
        let mut conversation = Conversation::open(&self.inspection.server).await?;
        self.exchange_on(&mut conversation, planned).await
    }

    async fn exchange_on(
        &mut self,
        conversation: &mut Conversation,
        planned: &Planned,
    ) -> Result<Recorded, Failure> {
        self.requests += 1;
        let host = &self.settings.host;
        let body_timeout = if self.late < MAX_LATE { BODY_TIMEOUT } else { SHORT_BODY_TIMEOUT };
        let received = conversation.ask(planned.to_bytes(host), body_timeout).await?;
        self.late += usize::from(received.is_late);
        recorded(planned.to_request(host), received, self.inspection.is_encrypted)
    }

    /// Keeps an exchange, or says why there is none.
    fn conclude(&mut self, planned: &Planned, outcome: Result<Recorded, Failure>) {
        let failure = match outcome {
            Ok(recorded) => {
                self.timeouts = 0;
                return self.keep(planned, recorded);
            }
            Err(failure) => failure,
        };
        match failure {
            // This is what `Expect` is for.
            Failure::AwaitsBody => return,
            Failure::TimedOut => self.timeouts += 1,
            _ => {}
        }
        self.unanswered
            .push(Unanswered { request: name(planned, &self.paths), why: failure.to_string() });
    }

    fn keep(&mut self, planned: &Planned, recorded: Recorded) {
        self.names.push(name(planned, &self.paths));
        let (caller, question) = (planned.caller.clone(), planned.question);
        self.series.asked.push(Asked { caller, question, recorded });
    }

    fn into_report(self) -> InspectionReport {
        let notes = partly::notes(&self.series, &self.names);
        let found = self.series.findings();
        let found = found.into_iter().map(|found| (found.finding, found.shown_by));
        let mut found: Vec<(Finding, Vec<usize>)> = found.collect();
        let is_allowed = |id: &'static str| self.inspection.allowed.contains(&id);
        found.retain(|(finding, _)| !is_allowed(finding.id()));
        let findings = merged(found).into_iter().map(|(finding, shown_by)| {
            let shown_by = shown_by.into_iter();
            let shown_by = shown_by
                .map(|place| (self.names[place].clone(), self.series.asked[place].status()));
            ReportedFinding { finding, shown_by: shown_by.collect() }
        });
        InspectionReport {
            findings: findings.collect(),
            unanswered: if is_allowed(UNANSWERED) { Vec::new() } else { self.unanswered },
            requests: self.requests,
            notes,
        }
    }
}

/// Whether the server closes the connection. Some read on for a while, and answer no more.
fn announces_end(recorded: &Recorded) -> bool {
    let mut lines = recorded.response.headers().get_all(CONNECTION).iter();
    lines.any(|line| {
        let mut options = line.as_bytes().split(|byte| *byte == b',');
        options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
    })
}

fn must_be_permitted(
    planned: &Planned,
    recorded: &Recorded,
    paths: &ShownPaths,
) -> Result<(), InspectionError> {
    let status = recorded.response.status();
    match &planned.caller {
        Caller::Permitted(caller) if !status.is_success() => Err(InspectionError::NotPermitted {
            caller: caller.clone(),
            request: name(planned, paths),
            status,
        }),
        _ => Ok(()),
    }
}
