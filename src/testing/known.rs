//! What the resource says to those who may see it: its tag, its date, its type. Those who may not
//! see it say it back, as somebody does who has seen it before, or has been told.

use super::ask::Over;
use super::aspect::{Aspect, Aspects};
use super::error::ProbeError;
use super::probe::LeakProbe;
use super::transport::Transport;
use super::variants::{Line, RequestVariant};

/// Fields that say something about the connection, the message or the caller rather than the
/// resource; those of the caller may be secrets.
const NOT_SENT: &[&str] = &[
    "authentication-info",
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "server",
    "set-cookie",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "www-authenticate",
];

impl LeakProbe {
    /// The lines that are made of what the witnesses get to see.
    pub(super) async fn known(&self) -> Result<Vec<Line>, ProbeError> {
        let mut lines = Vec::new();
        // What a resource says of itself it says over both.
        let over = Over::own(self.transports.first().copied().unwrap_or(Transport::Http1));
        for witness in &self.authorized_callers {
            for pair in &self.pairs {
                let plain = RequestVariant::plain("GET");
                let answer = |path| self.ask(&over, witness, path, &plain, &pair.missing);
                let concealed = answer(&pair.concealed).await?;
                for line in of(&concealed, &answer(&pair.missing).await?) {
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
            }
        }
        Ok(lines)
    }
}

/// The lines that are made of one answer; fields that the other one has as well say nothing.
fn of(concealed: &Aspects, missing: &Aspects) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: &str| {
        lines.push((name.to_owned().into(), value.to_owned().into()));
    };
    for (aspect, value) in concealed {
        let (Aspect::Field(name), Ok(value)) = (aspect, str::from_utf8(value)) else { continue };
        if NOT_SENT.contains(&&**name)
            || missing.get(aspect).is_some_and(|it| it == value.as_bytes())
        {
            continue;
        }
        match &**name {
            "etag" => {
                let weak = match value.strip_prefix("W/") {
                    Some(strong) => strong.to_owned(),
                    None => format!("W/{value}"),
                };
                for value in [value, &weak, &format!("\"leak\", {value}")] {
                    line("if-none-match", value);
                    line("if-match", value);
                }
                line("if-range", value);
            }
            "last-modified" => {
                for name in ["if-modified-since", "if-unmodified-since", "if-range"] {
                    line(name, value);
                }
            }
            "content-type" => line("accept", value),
            "schedule-tag" => line("if-schedule-tag-match", value),
            "content-language" => line("accept-language", value),
            name => line(name, value),
        }
    }
    if let Some(length) = concealed.get(&Aspect::Length).and_then(|it| str::from_utf8(it).ok()) {
        line("range", &format!("bytes={length}-"));
        line("range", &format!("bytes=0-{length}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_dates_become_conditions() {
        let field =
            |name: &str, value: &str| (Aspect::Field(name.to_owned()), value.as_bytes().to_vec());
        let concealed = Aspects::from([
            field("etag", "W/\"7\""),
            field("last-modified", "Sat, 29 Oct 1994 19:43:31 GMT"),
            field("set-cookie", "sid=secret"),
            field("x-document", "7"),
            field("x-app", "1"),
            (Aspect::Length, b"5".to_vec()),
        ]);
        let missing = Aspects::from([field("x-app", "1")]);
        let lines = of(&concealed, &missing);
        let told: Vec<_> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        for line in [
            "if-none-match: W/\"7\"",
            "if-match: \"7\"",
            "if-range: W/\"7\"",
            "if-modified-since: Sat, 29 Oct 1994 19:43:31 GMT",
            "x-document: 7",
            "range: bytes=5-",
        ] {
            assert!(told.contains(&line.to_owned()), "{line}: {told:?}");
        }
        assert!(!told.iter().any(|line| line.contains("secret") || line.starts_with("x-app")));
    }
}
