//! The requests of an inspection.

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, LOCATION, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Response, Uri};

use crate::inspect::{Caller, Question};

use super::imitation::Imitations;
use super::planned::{Body, Lines, Planned};
use super::settings::Settings;

/// What is sent unless the user sets it.
const DEFAULTS: [(HeaderName, &str); 3] = [
    (USER_AGENT, concat!("portcullis-inspection/", env!("CARGO_PKG_VERSION"))),
    (ACCEPT, "*/*"),
    // What has a coding is not read.
    (ACCEPT_ENCODING, "identity"),
];

/// In the form that large crawlers use.
const CRAWLER: &str = "Mozilla/5.0 (compatible; portcullis-inspection; crawler)";

/// The last segment of a path at which there is nothing.
const NOTHING: &str = "nothing-is-here-7d3c91";

impl Settings {
    /// A request without a body.
    fn plan(&self, caller: Caller, question: Question, method: Method) -> Planned {
        let target = match question {
            Question::UnknownPath | Question::CrawlerUnknown => self.unknown(),
            _ => self.target.clone(),
        };
        Planned::new(caller, question, method, &target).with(&self.common())
    }

    /// The headers of every request.
    fn common(&self) -> Lines {
        let is_set = |name: &HeaderName| self.headers.iter().any(|(own, _)| own == name);
        let defaults = DEFAULTS.into_iter().filter(|(name, _)| !is_set(name));
        let defaults = defaults.map(|(name, value)| (name, HeaderValue::from_static(value)));
        defaults.chain(self.headers.iter().cloned()).collect()
    }

    /// A path beside the target.
    fn unknown(&self) -> Uri {
        let path = self.target.path().trim_end_matches('/');
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        format!("{parent}/{NOTHING}").parse().unwrap_or_default()
    }

    pub(super) fn anonymous(&self, question: Question, method: Method) -> Planned {
        self.plan(Caller::Anonymous, question, method)
    }

    /// `GET` of the target by each permitted caller.
    pub(super) fn by_permitted(&self) -> impl Iterator<Item = Planned> {
        self.permitted.iter().map(|(name, headers)| {
            let caller = Caller::Permitted(name.clone());
            self.plan(caller, Question::Get, Method::GET).with(headers)
        })
    }

    /// `GET` of the target by all others, and all other questions.
    pub(super) fn rest(&self, anonymous: &Response<impl Sized>) -> Vec<Planned> {
        let imitations = self.imitations(anonymous);
        let mut plan = self.by_others(&imitations);
        plan.extend(self.other_questions());
        for method in &self.methods {
            plan.extend(self.with_method(method, &imitations));
        }
        plan
    }

    fn imitations(&self, anonymous: &Response<impl Sized>) -> Imitations {
        let named = self.permitted.iter().chain(&self.refused).map(|(_, headers)| headers);
        let mut credentials = named.chain(&self.expired);
        Imitations::new(credentials.next(), Some(anonymous.headers()))
    }

    /// `GET` of the target by all but the permitted callers.
    fn by_others(&self, imitations: &Imitations) -> Vec<Planned> {
        let get =
            |caller, headers: &Lines| self.plan(caller, Question::Get, Method::GET).with(headers);
        let mut plan = Vec::new();
        plan.extend(imitations.malformed.as_ref().map(|lines| get(Caller::Malformed, lines)));
        plan.extend(imitations.wrong.as_ref().map(|lines| get(Caller::Wrong, lines)));
        plan.extend(self.expired.as_ref().map(|lines| get(Caller::Expired, lines)));
        plan.extend(self.twice(imitations).iter().map(|lines| get(Caller::Twice, lines)));
        let refused = self.refused.iter();
        plan.extend(refused.map(|(name, headers)| get(Caller::Refused(name.clone()), headers)));
        plan
    }

    /// Two lines of `Authorization`, of which one is wrong, in both orders.
    fn twice(&self, imitations: &Imitations) -> Vec<Lines> {
        let is_authorization = |(name, _): &&(HeaderName, HeaderValue)| name == AUTHORIZATION;
        let Some(wrong) = imitations.wrong.iter().flatten().find(is_authorization) else {
            return Vec::new();
        };
        let Some((_, permitted)) = self.permitted.first() else {
            return vec![vec![wrong.clone(), wrong.clone()]];
        };
        if !permitted.iter().any(|line| is_authorization(&line)) {
            return Vec::new();
        }
        let behind = permitted.iter().chain([wrong]).cloned().collect();
        let in_front = [wrong].into_iter().chain(permitted).cloned().collect();
        vec![behind, in_front]
    }

    /// Safe methods, a preflight, an unknown path, and the next request on a connection.
    fn other_questions(&self) -> Vec<Planned> {
        let questions = [
            (Question::Head, Method::HEAD),
            (Question::Options, Method::OPTIONS),
            (Question::CrossOrigin, Method::GET),
            (Question::OtherMethod, Method::from_bytes(b"PROPFIND").unwrap_or_default()),
            (Question::UnknownPath, Method::GET),
        ];
        let permitted = self.permitted.first();
        let mut plan = Vec::new();
        for (question, method) in questions {
            plan.push(self.anonymous(question, method.clone()));
            plan.extend(permitted.map(|(name, headers)| {
                self.plan(Caller::Permitted(name.clone()), question, method).with(headers)
            }));
        }
        for planned in &mut plan {
            if planned.question == Question::CrossOrigin {
                *planned = planned.clone().of_origin(&self.origin);
            }
        }
        let preflight = self.anonymous(Question::Preflight, Method::OPTIONS);
        plan.push(preflight.preflight(&self.origin));
        if permitted.is_some() {
            plan.push(self.anonymous(Question::Next, Method::GET));
        }
        plan
    }

    /// A method that the user allowed.
    fn with_method(&self, method: &Method, imitations: &Imitations) -> Vec<Planned> {
        let ask = |caller, question, headers: &Lines, body, content_type| {
            let planned = self.plan(caller, question, method.clone()).with(headers);
            planned.with_body(body, content_type)
        };
        let (nothing, empty) = (Lines::new(), Body::Sent(b""));
        let plain = |caller, headers| ask(caller, Question::AllowedMethod, headers, empty, None);
        let mut plan = vec![
            plain(Caller::Anonymous, &nothing),
            ask(
                Caller::Anonymous,
                Question::OtherType,
                &nothing,
                Body::Sent(b"?"),
                Some("application/x-portcullis-inspection"),
            ),
        ];
        let json = Some("application/json");
        for body in [Body::Expected(b"{}"), Body::Huge] {
            plan.push(ask(Caller::Anonymous, Question::Expect, &nothing, body, json));
        }
        plan.extend(imitations.wrong.as_ref().map(|lines| plain(Caller::Wrong, lines)));
        for (name, headers) in &self.refused {
            plan.push(plain(Caller::Refused(name.clone()), headers));
        }
        for (name, headers) in &self.permitted {
            plan.push(plain(Caller::Permitted(name.clone()), headers));
        }
        plan
    }

    /// What a crawler asks.
    pub(super) fn by_crawler(&self) -> Vec<Planned> {
        let robots = Uri::from_static("/robots.txt");
        vec![
            self.of_crawler(Question::Robots, &robots),
            self.of_crawler(Question::CrawlerTarget, &self.target),
            self.of_crawler(Question::CrawlerUnknown, &self.unknown()),
        ]
    }

    /// What a crawler asks when it is redirected to a page of this server.
    pub(super) fn redirected(&self, response: &Response<impl Sized>) -> Option<Planned> {
        let location = response.headers().get(LOCATION)?.to_str().ok()?;
        let page: Uri = location.parse().ok()?;
        let is_here = match page.authority() {
            Some(authority) => authority.as_str().as_bytes() == self.host.as_bytes(),
            None => location.starts_with('/'),
        };
        let page = page.path_and_query().filter(|_| is_here)?;
        let page = Uri::from(page.clone());
        Some(self.of_crawler(Question::CrawlerLogin, &page))
    }

    fn of_crawler(&self, question: Question, target: &Uri) -> Planned {
        let mut headers = self.common();
        headers.retain(|(name, _)| *name != USER_AGENT && *name != ACCEPT);
        Planned::new(Caller::Anonymous, question, Method::GET, target)
            .with_header(USER_AGENT, CRAWLER)
            .with_header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
            .with(&headers)
    }
}
