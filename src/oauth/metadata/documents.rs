//! The documents that a layer serves, written once, and which request is for which.

use std::collections::HashMap;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};

use super::resources::Choose;
use crate::body::RefusalBody;
use crate::catch_panic::catch_panic;
use crate::oauth::resource::{Resource, WELL_KNOWN};

/// The methods of the metadata.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// An hour.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const ANY: HeaderValue = HeaderValue::from_static("*");

/// The documents that a layer serves.
#[derive(Clone)]
pub(super) struct Documents {
    by_path: HashMap<Box<str>, Vec<Document>>,
    /// Chooses among resources whose metadata has one path.
    choose: Option<Choose>,
}

/// The metadata of one resource.
#[derive(Clone)]
struct Document {
    /// The name under which the closure chooses it.
    name: Box<str>,
    query: Option<Box<str>>,
    json: Bytes,
    length: HeaderValue,
}

impl Documents {
    pub(super) fn new<'a>(
        resources: impl Iterator<Item = (&'a str, &'a Resource)>,
        choose: Option<Choose>,
    ) -> Self {
        let mut by_path: HashMap<Box<str>, Vec<Document>> = HashMap::new();
        for (name, resource) in resources {
            let (path, query) = path_and_query(resource.metadata_url());
            let json = resource.json();
            let length = HeaderValue::from(json.len());
            let (name, query) = (name.into(), query.map(Into::into));
            let document = Document { name, query, json: json.into(), length };
            by_path.entry(path.into()).or_default().push(document);
        }
        Self { by_path, choose }
    }

    /// Whether a request may be for a document. All others are decided by this comparison alone.
    #[inline]
    pub(super) fn may_have(uri: &Uri) -> bool {
        uri.path().starts_with(WELL_KNOWN)
    }

    /// Returns the response to a request for a document; `None` if it is for something else.
    pub(super) fn respond<B: RefusalBody>(&self, request: &Parts) -> Option<Response<B>> {
        let document = self.find(request)?;
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
        let mut body = B::default();
        let status = match request.method {
            Method::GET | Method::HEAD => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                headers.insert(CONTENT_LENGTH, document.length.clone());
                headers.insert(CACHE_CONTROL, CACHED);
                if request.method == Method::GET {
                    body = document.json.clone().into();
                }
                StatusCode::OK
            }
            Method::OPTIONS => {
                headers.insert(ALLOW, METHODS);
                headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
                // Without credentials, `*` is every header but `Authorization` (Fetch, "CORS protocol
                // and credentials"). MCP clients send `MCP-Protocol-Version`.
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ANY);
                headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
                StatusCode::NO_CONTENT
            }
            _ => {
                headers.insert(ALLOW, METHODS);
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
                StatusCode::METHOD_NOT_ALLOWED
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Some(response)
    }

    /// Of the resources with this path, those with this query; if there is none, those without one. If
    /// there are several, the closure chooses.
    fn find(&self, request: &Parts) -> Option<&Document> {
        let documents = self.by_path.get(request.uri.path())?;
        let query = request.uri.query();
        let has_query = |document: &&Document| document.query.as_deref() == query;
        let has_none = |document: &&Document| document.query.is_none();
        let exact = documents.iter().any(|it| has_query(&it));
        let mut candidates = documents
            .iter()
            .filter(move |it| if exact { has_query(it) } else { has_none(it) })
            .peekable();
        let first = candidates.next()?;
        if candidates.peek().is_none() {
            return Some(first);
        }
        // If it panics, it has chosen none.
        let choose = self.choose.as_ref()?;
        let chosen = catch_panic(|| choose(request)).ok().flatten()?;
        std::iter::once(first).chain(candidates).find(|document| *document.name == *chosen)
    }
}

/// Splits an absolute URL behind its authority.
fn path_and_query(url: &str) -> (&str, Option<&str>) {
    let after_scheme = url.find("://").map_or(0, |index| index + 3);
    let path = url[after_scheme..].find('/').map_or("", |index| &url[after_scheme + index..]);
    path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)))
}
