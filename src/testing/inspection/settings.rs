//! [`Settings`]: what the user has set, checked.

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, ORIGIN, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri};

use crate::testing::caller::Caller;
use crate::testing::variants::HeaderLine;

use super::Inspection;
use super::error::InspectionError;
use super::planned::Lines;
use crate::inspect::{Exchange, ShownPaths};

/// The origin of no server.
const UNKNOWN_ORIGIN: &str = "https://portcullis-inspection.invalid";

/// What the user has set, in the types of `http`.
pub(super) struct Settings {
    pub(super) host: HeaderValue,
    pub(super) target: Uri,
    pub(super) origin: HeaderValue,
    /// Sent with every request.
    pub(super) headers: Lines,
    pub(super) permitted: Vec<(String, Lines)>,
    pub(super) refused: Vec<(String, Lines)>,
    pub(super) expired: Option<Lines>,
    pub(super) methods: Vec<Method>,
}

impl Settings {
    pub(super) fn new(inspection: &Inspection) -> Result<Self, InspectionError> {
        let origin = inspection.origin.as_deref().unwrap_or(UNKNOWN_ORIGIN);
        Ok(Self {
            host: value("host", &inspection.host)?,
            target: target(&inspection.target)?,
            origin: value("origin", origin)?,
            headers: lines(&inspection.headers, false)?,
            permitted: callers(&inspection.permitted)?,
            refused: callers(&inspection.refused)?,
            expired: inspection.expired.as_deref().map(|it| lines(it, true)).transpose()?,
            methods: inspection
                .methods
                .iter()
                .map(|name| method(name))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Settings {
    /// What shows the paths of the requests.
    pub(super) fn paths(&self) -> ShownPaths {
        let mut request = Request::new(());
        *request.uri_mut() = self.target.clone();
        let callers = self.permitted.iter().chain(&self.refused).map(|(_, lines)| lines);
        let lines = callers.chain(&self.expired).chain([&self.headers]);
        for (name, value) in lines.flatten() {
            // There are fewer than a map can have.
            let _ = request.headers_mut().try_append(name, value.clone());
        }
        ShownPaths::of([Exchange::new(&request, &Response::new(()), b"")])
    }
}

fn target(text: &str) -> Result<Uri, InspectionError> {
    let error = || {
        // What follows may be a token.
        let end = text.find(['?', '#', ';']).unwrap_or(text.len());
        let more = if end < text.len() { "…" } else { "" };
        InspectionError::Target { target: format!("{}{more}", &text[..end]) }
    };
    let is_sendable = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    // `//host/path` would be read as an authority, or not at all.
    if !is_sendable || text.contains('#') || text.starts_with("//") {
        return Err(error());
    }
    text.parse().map_err(|_| error())
}

fn callers(callers: &[Caller]) -> Result<Vec<(String, Lines)>, InspectionError> {
    callers.iter().map(|caller| Ok((caller.name.clone(), lines(&caller.headers, true)?))).collect()
}

/// The lines of a caller are credentials, whatever their names; they are marked as sensitive, so that no
/// finding shows them.
fn lines(lines: &[HeaderLine], are_credentials: bool) -> Result<Lines, InspectionError> {
    let line = |(name, text): &HeaderLine| {
        let error = || InspectionError::Header { name: name.to_string() };
        let parsed: HeaderName = name.parse().map_err(|_| error())?;
        // Those that the inspection sets, or that would change the framing of its requests.
        let own = [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE, EXPECT, ORIGIN];
        if own.contains(&parsed) {
            return Err(error());
        }
        let mut value = value(name, text)?;
        value.set_sensitive(are_credentials);
        Ok((parsed, value))
    };
    lines.iter().map(line).collect()
}

fn value(name: &str, text: &str) -> Result<HeaderValue, InspectionError> {
    HeaderValue::from_str(text).map_err(|_| InspectionError::Header { name: name.to_owned() })
}

fn method(name: &str) -> Result<Method, InspectionError> {
    let error = || InspectionError::Method { method: name.to_owned() };
    match name.parse() {
        // It asks for a tunnel to an authority, and not for a target.
        Ok(Method::CONNECT) | Err(_) => Err(error()),
        Ok(method) => Ok(method),
    }
}
