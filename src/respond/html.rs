//! HTML in which text is escaped, and the built-in page.

use super::ProblemDetails;

/// A piece of HTML that is written by the program, with text in it that need not be trusted.
///
/// [`markup`](Self::markup) takes text of the program only; [`text`](Self::text) escapes what it takes.
/// So the detail of a denial cannot become markup.
///
/// ```
/// use portcullis::respond::Html;
///
/// let html = Html::new().markup("<p title=\"").text("\"><script>").markup("\">").text("a & b");
/// assert_eq!(html.as_str(), "<p title=\"&quot;&gt;&lt;script&gt;\">a &amp; b");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Html(String);

impl Html {
    /// An empty piece.
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses a finished piece, for instance of a template engine that has escaped the text in it.
    ///
    /// Nothing is escaped here. Do not make it of a `detail` by `format!`.
    pub fn from_trusted(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    /// Appends markup, as it is.
    pub fn markup(mut self, markup: &'static str) -> Self {
        self.0.push_str(markup);
        self
    }

    /// Appends text, for the content of an element or for an attribute in quotes. `&`, `<`, `>`, `"` and
    /// `'` are escaped; a control character that HTML does not have becomes U+FFFD.
    ///
    /// Escaping does not make the text a safe value of an attribute that holds a script or a URL.
    pub fn text(mut self, text: &str) -> Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                _ => self.0.push(printable(character)),
            }
        }
        self
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends what `append` appends, if there is a value.
    fn maybe<T>(self, value: Option<T>, append: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => append(self, value),
            None => self,
        }
    }
}

impl From<Html> for String {
    fn from(html: Html) -> Self {
        html.0
    }
}

/// The character, or U+FFFD in place of a control character that is no white space: a terminal would
/// obey it.
pub(super) fn printable(character: char) -> char {
    let is_space = matches!(character, '\n' | '\r' | '\t');
    if character.is_control() && !is_space { char::REPLACEMENT_CHARACTER } else { character }
}

/// The built-in page: the status, the title, the detail, and the instance if there is one.
pub(super) fn page(problem: &ProblemDetails) -> Html {
    let status = problem.status();
    Html::new()
        .markup("<!doctype html>\n<html lang=\"")
        .text(problem.language().unwrap_or("en"))
        .markup(HEAD)
        .text(status.as_str())
        .markup(" ")
        .text(problem.title())
        .markup(STYLE)
        .text(status.as_str())
        .markup("</p>\n<h1>")
        .text(problem.title())
        .markup("</h1>\n")
        .maybe(problem.detail(), |html, detail| html.markup("<p>").text(detail).markup("</p>\n"))
        .maybe(problem.instance(), |html, instance| {
            html.markup("<p class=\"instance\"><code>").text(instance).markup("</code></p>\n")
        })
        .markup("</main>\n</body>\n</html>\n")
}

const HEAD: &str = "\" dir=\"auto\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"robots\" content=\"noindex\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>";

// Contrast of text to background: 7:1 and more, light and dark (WCAG 2.2, 1.4.6).
const STYLE: &str = "</title>
<style>
:root { --page: #f4f5f7; --card: #fff; --text: #1b1f24; --soft: #4a5260; --line: #d9dde3; --mark: #9a3412 }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f1216; --card: #181c22; --text: #e9ecf0; --soft: #aeb6c2; --line: #2c323b; --mark: #fdba74 }
}
body {
  margin: 0; min-height: 100vh; min-height: 100svh; box-sizing: border-box; padding: 1.5rem;
  display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 1.0625rem/1.6 system-ui, sans-serif;
}
main {
  box-sizing: border-box; width: 100%; max-width: 34rem; padding: 2.25rem 2.5rem; background: var(--card);
  border: 1px solid var(--line); box-shadow: inset 0 4px var(--mark); border-radius: .5rem;
  overflow-wrap: anywhere;
}
h1 { margin: .25rem 0 .75rem; font-size: 1.75rem; line-height: 1.25; letter-spacing: -.01em }
p { margin: 0; color: var(--soft); white-space: pre-line }
.status { color: var(--mark); font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: .08em }
.instance { margin-top: 1.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem }
code { font-family: ui-monospace, monospace }
@media (max-width: 30rem) { main { padding: 1.5rem } }
</style>
</head>
<body>
<main>
<p class=\"status\">";
