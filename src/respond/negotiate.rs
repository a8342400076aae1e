//! A renderer that gives each client the format and the language that it prefers.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response};

use super::format::{Format, preferred};
use super::html::{Html, page, printable};
use super::language::{InvalidLanguages, Translation, Translations};
use super::{Problem, ProblemDetails, Refusal, Respond};
use crate::catch_panic::catch_panic;
use crate::denial::public_outcome::is_not_found;

/// Renders refusals in the format that the client prefers by `Accept`: problem details for programs, a
/// page for people ([F05](crate::semantics#f05)).
///
/// 1. Of the offered formats, the one to which `Accept` gives the most weight (RFC 9110 §12.5.1); of
///    the same weight, the one that is named more exactly, then the one that is offered first.
/// 2. The default, which is the first one offered, if `Accept` is missing, malformed or longer than
///    2,048 bytes or 64 ranges, or accepts none of them. The response is never 406.
/// 3. `Vary: Accept` on every refusal.
///
/// `*/*`, which `fetch`, curl and most libraries send, gets the default: `application/problem+json`
/// unless [configured](Self::offer) otherwise. Browsers that navigate get the page.
///
/// ```
/// use portcullis::{AuthenticateLayer, Identity, respond::Negotiate};
///
/// # fn layer(identity: impl Identity) {
/// let layer = AuthenticateLayer::new(identity).respond_with(Negotiate::new());
/// # }
/// ```
///
/// # Deployment
///
/// A permitted request pays as well, less than a microsecond: the stage reads `Accept` before it
/// knows whether it will refuse. [`Problem`] reads nothing, and renders its responses in advance.
///
/// A 404 is the same for a concealed and a missing resource, also with everything here switched on: its
/// format and language depend on the two headers alone, and it has no `instance`. In front of a
/// concealed area the [`ConcealLayer`](crate::ConcealLayer) renders the 404 with its own renderer; give it
/// the same `Negotiate`, so that its pages look alike.
#[derive(Clone)]
pub struct Negotiate {
    problem: Problem,
    /// The default first; each once.
    offered: Arc<[Format]>,
    page: Option<Arc<Page>>,
    instance: Option<Arc<Instance>>,
    translations: Option<Translations>,
}

type Page = dyn Fn(&ProblemDetails) -> Html + Send + Sync;
type Instance = dyn Fn(&Parts) -> Option<String> + Send + Sync;

/// What a [`Negotiate`] needs of a request to render a refusal of it.
#[derive(Clone)]
pub struct Negotiated {
    format: Format,
    language: Option<u8>,
    instance: Option<Box<str>>,
}

/// The longest `instance` that is sent, in bytes.
const MAX_INSTANCE: usize = 2048;

impl Negotiate {
    /// Offers all formats, with `application/problem+json` as the default.
    pub fn new() -> Self {
        Self {
            problem: Problem::new(),
            offered: Format::ALL.into(),
            page: None,
            instance: None,
            translations: None,
        }
    }

    /// Sets the `type` and the members of problem details, as `Problem` has them.
    ///
    /// ```
    /// use portcullis::{Problem, respond::Negotiate};
    ///
    /// let problem = Problem::new().type_base("https://api.example/problems/");
    /// let negotiate = Negotiate::new().problem(problem);
    /// ```
    #[must_use]
    pub fn problem(mut self, problem: Problem) -> Self {
        self.problem = problem;
        self
    }

    /// Offers the default and these other formats, in this order.
    ///
    /// ```
    /// use portcullis::respond::{Format, Negotiate};
    ///
    /// // For a site that is read by people.
    /// let negotiate = Negotiate::new().offer(Format::Html, [Format::ProblemJson]);
    /// ```
    #[must_use]
    pub fn offer(mut self, default: Format, others: impl IntoIterator<Item = Format>) -> Self {
        let mut offered = vec![default];
        for format in others.into_iter().take(100) {
            if !offered.contains(&format) {
                offered.push(format);
            }
        }
        self.offered = offered.into();
        self
    }

    /// Renders `text/html` with this closure instead of the built-in page.
    ///
    /// The text of a problem need not be trusted: [`Html::text`] escapes it. Link no style sheet or image
    /// that needs a login.
    ///
    /// ```
    /// use portcullis::respond::{Html, Negotiate};
    ///
    /// let negotiate = Negotiate::new().page(|problem| {
    ///     Html::new()
    ///         .markup("<!doctype html><html lang=en><title>")
    ///         .text(problem.title())
    ///         .markup("</title><link rel=stylesheet href=/public/site.css><h1>")
    ///         .text(problem.title())
    ///         .markup("</h1><p>")
    ///         .text(problem.detail().unwrap_or_default())
    /// });
    /// ```
    #[must_use]
    pub fn page(mut self, page: impl Fn(&ProblemDetails) -> Html + Send + Sync + 'static) -> Self {
        self.page = Some(Arc::new(page));
        self
    }

    /// Names each occurrence with a URI (`instance`, RFC 9457 §3.1.5), such as the id of the request,
    /// so that a client can report it and operators find it.
    ///
    /// The closure sees each request before the stage has decided, also those that are permitted. What
    /// it returns is sent to the client. It is left out if it has other characters than a URI or more than
    /// 2,048 bytes, if the closure panics, and on every 404.
    ///
    /// ```
    /// use portcullis::respond::Negotiate;
    ///
    /// let negotiate = Negotiate::new().instance(|request| {
    ///     // Set by tower-http's `SetRequestIdLayer`, outside this stage.
    ///     let id = request.headers.get("x-request-id")?.to_str().ok()?;
    ///     Some(format!("https://api.example/requests/{id}"))
    /// });
    /// ```
    #[must_use]
    pub fn instance(
        mut self,
        instance: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.instance = Some(Arc::new(instance));
        self
    }

    /// Sends `title` and `detail` in the language that the client prefers by `Accept-Language`, of these
    /// and English, with `Content-Language`. Every refusal then has `Vary: Accept-Language`.
    ///
    /// The closure gets the problem with its texts, and a language of the list. If it returns `None`,
    /// the texts stay as they are. It must depend on nothing else, or concealed and missing would differ.
    ///
    /// # Errors
    ///
    /// [`InvalidLanguages`] for a text that is not a language tag, and for more than 100 languages.
    ///
    /// ```
    /// use portcullis::Cause;
    /// use portcullis::respond::{Negotiate, Translation};
    ///
    /// let negotiate = Negotiate::new().translate(["de", "fr"], |problem, language| {
    ///     let (title, detail) = match (language, problem.cause()?) {
    ///         ("de", Cause::Forbidden) => ("Verboten", "Das dürfen Sie nicht."),
    ///         ("de", Cause::NotFound) => ("Nicht gefunden", "Hier ist nichts."),
    ///         ("fr", Cause::Forbidden) => ("Interdit", "Vous n’y êtes pas autorisé."),
    ///         _ => return None,
    ///     };
    ///     Some(Translation::new(title, detail))
    /// })?;
    /// # Ok::<(), portcullis::respond::InvalidLanguages>(())
    /// ```
    pub fn translate<'a>(
        mut self,
        languages: impl IntoIterator<Item = &'a str>,
        translate: impl Fn(&ProblemDetails, &str) -> Option<Translation> + Send + Sync + 'static,
    ) -> Result<Self, InvalidLanguages> {
        self.translations = Some(Translations::new(languages, Arc::new(translate))?);
        Ok(self)
    }

    /// Renders a problem outside a stage, for a client whose preferences were
    /// [taken](Respond::context) from its request. The response has the status of the problem.
    pub fn render(&self, problem: ProblemDetails, client: Negotiated) -> Response<Bytes> {
        let status = problem.status();
        let mut problem = match (&self.translations, client.language) {
            (Some(translations), Some(language)) => translations.translate(problem, language),
            _ => problem,
        };
        if let Some(instance) = client.instance
            && problem.instance().is_none()
            && !is_not_found(status)
        {
            problem = problem.with_instance(String::from(instance));
        }
        let body = match client.format {
            Format::ProblemJson | Format::Json => problem.to_json(),
            Format::Html => match &self.page {
                Some(page) => page(&problem).into(),
                None => page(&problem).into(),
            },
            Format::Text => text(&problem),
        };
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, client.format.content_type());
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        if let Some(language) = problem.content_language() {
            headers.insert(CONTENT_LANGUAGE, language.clone());
        }
        self.add_vary(&mut headers);
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    fn add_vary(&self, headers: &mut HeaderMap) {
        let value = match (self.offered.len() > 1, self.translations.is_some()) {
            (true, true) => "accept, accept-language",
            (true, false) => "accept",
            (false, true) => "accept-language",
            (false, false) => return,
        };
        headers.insert(VARY, HeaderValue::from_static(value));
    }
}

impl Default for Negotiate {
    fn default() -> Self {
        Self::new()
    }
}

impl Respond for Negotiate {
    type Context = Negotiated;

    fn is_fixed(&self) -> bool {
        self.offered.len() == 1 && self.instance.is_none() && self.translations.is_none()
    }

    fn context(&self, request: &Parts) -> Negotiated {
        let headers = &request.headers;
        let default = self.offered.first().copied().unwrap_or(Format::ProblemJson);
        let format = match &self.offered[..] {
            [_] => default,
            offered => preferred(offered, headers).unwrap_or(default),
        };
        let language = self.translations.as_ref().and_then(|own| own.preferred(headers));
        // If the closure panics, only the instance is missing: the format of a 404 may not depend on it.
        let instance = self.instance.as_ref();
        let instance = instance.and_then(|instance| catch_panic(|| instance(request)).ok()?);
        let instance = instance.filter(|uri| is_uri_reference(uri)).map(Into::into);
        Negotiated { format, language, instance }
    }

    fn respond(&self, refusal: &Refusal<'_>, client: Negotiated) -> Response<Bytes> {
        let is_json = matches!(client.format, Format::ProblemJson | Format::Json);
        if is_json && client.language.is_none() && client.instance.is_none() {
            // Most of these were written in advance.
            let mut response = self.problem.respond(refusal, ());
            response.headers_mut().insert(CONTENT_TYPE, client.format.content_type());
            self.add_vary(response.headers_mut());
            return response;
        }
        self.render(self.problem.details(refusal), client)
    }

    fn respond_to_problem(
        &self,
        problem: &ProblemDetails,
        client: Negotiated,
    ) -> Option<Response<Bytes>> {
        Some(self.render(problem.clone(), client))
    }
}

impl fmt::Debug for Negotiate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Negotiate").field("offered", &self.offered).finish_non_exhaustive()
    }
}

impl fmt::Debug for Negotiated {
    /// Without the instance, which the application makes of the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Negotiated").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Whether all characters may be in a URI reference (RFC 3986 §2), and it is not too long.
fn is_uri_reference(text: &str) -> bool {
    let may_be =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    !text.is_empty() && text.len() <= MAX_INSTANCE && text.bytes().all(may_be)
}

/// The problem as plain text.
fn text(problem: &ProblemDetails) -> String {
    let status = problem.status();
    let mut text = format!("{} {}\n", status.as_str(), problem.title());
    for part in [problem.detail(), problem.instance()].into_iter().flatten() {
        text.push('\n');
        text.push_str(part);
        text.push('\n');
    }
    text.chars().map(printable).collect()
}
