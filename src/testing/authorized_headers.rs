//! Request headers made from the responses to authorized callers: entity tag, date, type and others of
//! the resource. Other callers send them too, like a client that has seen the resource before.

use super::ask::Channel;
use super::aspect::{Aspect, Aspects};
use super::error::ProbeError;
use super::probe::LeakProbe;
use super::transport::Transport;
use super::variants::{HeaderLine, RequestVariant};

/// Response headers about the connection, the message or the caller rather than the resource; those
/// about the caller may be secrets.
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
    /// The request headers made from the responses to the authorized callers.
    pub(super) async fn authorized_headers(&self) -> Result<Vec<HeaderLine>, ProbeError> {
        let mut lines = Vec::new();
        // A resource has the same headers over both transports.
        let channel = Channel::own(self.transports.first().copied().unwrap_or(Transport::Http1));
        for caller in &self.authorized_callers {
            for pair in &self.pairs {
                let plain = RequestVariant::plain("GET");
                let response = |path| self.ask(&channel, caller, path, &plain, &pair.missing);
                let concealed = response(&pair.concealed).await?;
                for line in request_headers(&concealed, &response(&pair.missing).await?) {
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
            }
        }
        Ok(lines)
    }
}

/// The request headers made from one response. Headers that the response for the missing path has with
/// the same value are left out.
fn request_headers(concealed: &Aspects, missing: &Aspects) -> Vec<HeaderLine> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: &str| {
        lines.push((name.to_owned().into(), value.to_owned().into()));
    };
    for (aspect, value) in concealed {
        let (Aspect::Header(name), Ok(value)) = (aspect, str::from_utf8(value)) else { continue };
        if NOT_SENT.contains(&&**name)
            || missing.get(aspect).is_some_and(|other| other == value.as_bytes())
        {
            continue;
        }
        match &**name {
            "etag" => {
                let allow_short = match value.strip_prefix("W/") {
                    Some(strong) => strong.to_owned(),
                    None => format!("W/{value}"),
                };
                for value in [value, &allow_short, &format!("\"leak\", {value}")] {
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
    if let Some(length) =
        concealed.get(&Aspect::Length).and_then(|length| str::from_utf8(length).ok())
    {
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
        let header =
            |name: &str, value: &str| (Aspect::Header(name.to_owned()), value.as_bytes().to_vec());
        let concealed = Aspects::from([
            header("etag", "W/\"7\""),
            header("last-modified", "Sat, 29 Oct 1994 19:43:31 GMT"),
            header("set-cookie", "sid=secret"),
            header("x-document", "7"),
            header("x-app", "1"),
            (Aspect::Length, b"5".to_vec()),
        ]);
        let missing = Aspects::from([header("x-app", "1")]);
        let lines = request_headers(&concealed, &missing);
        let text: Vec<_> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        for line in [
            "if-none-match: W/\"7\"",
            "if-match: \"7\"",
            "if-range: W/\"7\"",
            "if-modified-since: Sat, 29 Oct 1994 19:43:31 GMT",
            "x-document: 7",
            "range: bytes=5-",
        ] {
            assert!(text.contains(&line.to_owned()), "{line}: {text:?}");
        }
        assert!(!text.iter().any(|line| line.contains("secret") || line.starts_with("x-app")));
    }
}
