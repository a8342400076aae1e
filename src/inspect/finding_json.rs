//! A [`Finding`] as JSON.

use serde_json::{Value, json};

use super::finding::{Finding, Place};

impl Finding {
    /// The finding as a JSON object, for programs that read it.
    ///
    /// `place.kind` is `status`, `absent` (with `header`), `header` (with `header`, `line`, `start`, `end`),
    /// `body` (with `start`, `end`) or `response`. `line` counts the lines of that header from 0; `start` and
    /// `end` are offsets in bytes.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use portcullis::inspect::inspect;
    ///
    /// let request = Request::get("/reports").body(())?;
    /// let response = Response::builder().status(429).header("retry-after", "soon").body(())?;
    /// let finding = inspect(&request, &response, b"")[0].to_json();
    ///
    /// assert_eq!(finding["id"], "wait-syntax");
    /// assert_eq!(finding["severity"], "error");
    /// assert_eq!(finding["place"]["header"], "retry-after");
    /// assert_eq!(finding["place"]["end"], 4);
    /// # Ok::<_, http::Error>(())
    /// ```
    pub fn to_json(&self) -> Value {
        let check = self.check();
        json!({
            "id": check.id(),
            "number": check.number(),
            "severity": self.severity().as_str(),
            "source": check.source(),
            "rows": check.rows(),
            "place": place(self.place()),
            "excerpt": self.excerpt(),
            "detail": self.detail(),
            "remedy": check.remedy(),
        })
    }
}

fn place(place: &Place) -> Value {
    match place {
        Place::Status => json!({ "kind": "status" }),
        Place::Absent(name) => json!({ "kind": "absent", "header": name.as_str() }),
        Place::Header { name, line, bytes } => json!({
            "kind": "header",
            "header": name.as_str(),
            "line": line,
            "start": bytes.start,
            "end": bytes.end,
        }),
        Place::Body(range) => json!({ "kind": "body", "start": range.start, "end": range.end }),
        Place::Response => json!({ "kind": "response" }),
    }
}
