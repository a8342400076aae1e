//! [`ShownPaths`]: the names of requests in reports.

use http::Uri;

use super::{MAX, Secrets, show};
use crate::inspect::exchange::Exchange;
use crate::inspect::shown::clean;

/// Shows paths without the credentials of these exchanges. A user is no credential, and is shown.
pub(crate) struct ShownPaths(Secrets);

impl ShownPaths {
    pub(crate) fn of<'a>(exchanges: impl IntoIterator<Item = Exchange<'a>>) -> Self {
        Self(Secrets::without_users(exchanges))
    }

    /// The path, with `…` for parameters such as `;jsessionid=` and for a query, which may have a token.
    pub(crate) fn show(&self, target: &Uri) -> String {
        let path = target.path();
        let (path, parameters) = path.split_once(';').map_or((path, ""), |(path, _)| (path, ";…"));
        let path = clean(path);
        let query = if target.query().is_some() { "?…" } else { "" };
        let path = show(path.as_bytes(), 0..path.len(), &self.0, MAX);
        format!("{path}{parameters}{query}")
    }
}
