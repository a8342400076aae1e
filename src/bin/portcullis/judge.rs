//! Judges text that was pasted.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, IsTerminal, Read};

use http::HeaderValue;
use http::header::REFERER;
use portcullis::inspect::{Exchange, Finding, Severity};
use serde_json::{Value, json};

use crate::args::Settings;
use crate::failure::Failure;
use crate::outcome::{Filter, Found, Outcome};
use crate::partly;
use crate::paste::{self, PasteError, Pasted};
use crate::terminal;

/// The longest text that is read.
const MAX: u64 = 16 * 1024 * 1024;

/// Judges the text on the standard input.
pub(crate) fn pasted(settings: &Settings) -> Result<Outcome, Failure> {
    if let Some(argument) = settings.only_for_servers() {
        return Err(Failure::new(format!(
            "{argument} is for the inspection of a URL, and - judges text that was pasted"
        )));
    }
    let filter = Filter::new(settings)?;
    if io::stdin().is_terminal() {
        terminal::hint(
            "Paste the output of `curl -si` or `curl -sv`, then press Ctrl-D on an empty line.",
        );
    }
    let mut text = Vec::new();
    let read = io::stdin().lock().take(MAX + 1).read_to_end(&mut text);
    read.map_err(|error| Failure::new(format!("cannot read the standard input: {error}")))?;
    if text.len() as u64 > MAX {
        return Err(Failure::new("the standard input has more than 16 MiB"));
    }
    judge(&text, &filter).map_err(|error| Failure::new(error.describe()))
}

fn judge(text: &[u8], filter: &Filter) -> Result<Outcome, PasteError> {
    let paste = paste::read(text)?;
    let is_one = paste.exchanges.len() == 1;
    let mut found: Vec<Found> = Vec::new();
    let mut places: HashMap<(&'static str, Severity, String), usize> = HashMap::new();
    for (place, pasted) in paste.exchanges.iter().enumerate() {
        let name = name(pasted, (!is_one).then_some(place + 1));
        let request = (name, pasted.response.status());
        for finding in findings(pasted).into_iter().filter(|finding| filter.keeps(finding)) {
            let said = (finding.id(), finding.severity(), finding.detail().to_owned());
            let place = *places.entry(said).or_insert(found.len());
            match found.get_mut(place) {
                // The first shows the place of the finding.
                Some(Found { requests, .. }) if requests.last() == Some(&request) => {}
                Some(Found { requests, .. }) => requests.push(request.clone()),
                None => {
                    let requests = vec![request.clone()];
                    found.push(Found { finding, json: Value::Null, requests });
                }
            }
        }
    }
    for Found { finding, json, requests } in &mut found {
        *json = to_json(finding, requests);
    }
    // The gravest first, as where a URL is inspected.
    found.sort_by_key(|found| Reverse(found.finding.severity()));
    let mut notes = paste.notes;
    notes.extend(paste.exchanges.iter().find_map(partly::note));
    if paste.exchanges.iter().any(|pasted| pasted.request.is_none()) {
        notes.push(
            "without the request some checks find nothing: `curl -sv … 2>&1` shows it as well"
                .to_owned(),
        );
    }
    let (inspected, requests) = ("-".to_owned(), paste.exchanges.len());
    Ok(Outcome { inspected, requests, found, unanswered: Vec::new(), notes })
}

fn findings(pasted: &Pasted) -> Vec<Finding> {
    let Pasted { request, response, body, .. } = pasted;
    let mut hidden = pasted.unread.clone();
    let mut exchange = match request {
        Some(request) if pasted.is_request_read => Exchange::new(request, response, body),
        // What it has not sent is not known, and what it has sent is not shown.
        Some(request) => {
            hidden.extend(request.headers().clone());
            if let Ok(target) = HeaderValue::from_str(&request.uri().to_string()) {
                hidden.append(REFERER, target);
            }
            Exchange::of_response(response, body)
        }
        None => Exchange::of_response(response, body),
    };
    exchange = exchange.hiding(&hidden);
    if let Some(is_encrypted) = pasted.is_encrypted {
        exchange = exchange.encrypted(is_encrypted);
    }
    exchange.partial(!pasted.is_body_known).findings()
}

/// The request, without its query, which may have a token; and which of several it is.
fn name(pasted: &Pasted, number: Option<usize>) -> String {
    let request = pasted.request.as_ref().and_then(|request| {
        Exchange::new(request, &pasted.response, b"").hiding(&pasted.unread).request_name()
    });
    match (request, number) {
        (Some(request), None) => request,
        (Some(request), Some(number)) => format!("{number}. {request}"),
        (None, Some(number)) => format!("response {number}"),
        (None, None) => "the response".to_owned(),
    }
}

fn to_json(finding: &Finding, requests: &[(String, http::StatusCode)]) -> Value {
    let requests = requests.iter();
    let requests =
        requests.map(|(name, status)| json!({ "request": name, "status": status.as_u16() }));
    let mut value = finding.to_json();
    value["requests"] = requests.collect();
    value
}

impl PasteError {
    fn describe(self) -> &'static str {
        match self {
            Self::Empty => {
                "the standard input is empty: paste the output of `curl -si` or `curl -sv`"
            }
            Self::NoResponse => {
                "no HTTP: no line begins with a status line such as `HTTP/1.1 401 Unauthorized`; print the head \
                 of the response with `curl -si`, or with `curl -sv … 2>&1`"
            }
            Self::OnlyRequests => "there is a request and no response: paste the response as well",
            Self::OnlyInterim => "there are only 1xx responses: paste the final response as well",
        }
    }
}
