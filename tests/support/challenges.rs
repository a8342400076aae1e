//! The challenges of an answer, read by two parsers that know nothing of each other, and held to
//! what every challenge of ours must keep to (A14, A15).

use headers::{Header, HeaderValue};
use portcullis::challenge::WwwAuthenticate;

use super::client::Answer;

/// Scheme, then parameters: names in lower case, values without quotes and escapes.
type Challenge = (String, Vec<(String, String)>);

impl Answer {
    /// Every challenge, one a line, as `Scheme name=value|name=value`: easy to compare.
    #[track_caller]
    pub fn challenges(&self) -> Vec<String> {
        self.parsed_challenges()
            .into_iter()
            .map(|(scheme, params)| {
                let params: Vec<_> =
                    params.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{scheme} {}", params.join("|"))
            })
            .collect()
    }

    /// The schemes that are offered, in order.
    #[track_caller]
    pub fn schemes(&self) -> Vec<String> {
        self.parsed_challenges().into_iter().map(|(scheme, _)| scheme).collect()
    }

    /// A parameter of the challenge of a scheme.
    #[track_caller]
    pub fn param(&self, scheme: &str, name: &str) -> Option<String> {
        let challenges = self.parsed_challenges();
        let mut params = challenges.into_iter().find(|(found, _)| found == scheme)?.1.into_iter();
        params.find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// What was wrong, by the challenge of a scheme.
    #[track_caller]
    pub fn error(&self, scheme: &str) -> Option<String> {
        self.param(scheme, "error")
    }

    #[track_caller]
    fn parsed_challenges(&self) -> Vec<Challenge> {
        // A proxy asks in a field of its own, and the origin's passes by it.
        let lines = match self.lines("proxy-authenticate") {
            lines if lines.is_empty() => self.lines("www-authenticate"),
            lines => lines,
        };
        if lines.is_empty() {
            return Vec::new();
        }
        let independent: Vec<Challenge> = lines.iter().map(|line| read_alone(line)).collect();
        for (line, challenge) in lines.iter().zip(&independent) {
            check(line, challenge);
        }

        // Joined, as a proxy may join them (RFC 9110 §5.3).
        let joined = lines.join(", ");
        let read = http_auth::parse_challenges(&joined).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.iter().map(plain).collect::<Vec<_>>(), independent, "{joined}");

        let values: Vec<_> =
            lines.iter().map(|line| HeaderValue::from_str(line).unwrap()).collect();
        let WwwAuthenticate(ours) = Header::decode(&mut values.iter()).expect("a field of ours");
        let ours = ours.iter().map(|challenge| {
            let params = challenge.params().map(|(name, value)| {
                (name.to_ascii_lowercase(), String::from_utf8(value.to_vec()).unwrap())
            });
            (challenge.scheme().to_owned(), params.collect())
        });
        assert_eq!(ours.collect::<Vec<Challenge>>(), independent, "{joined}");
        independent
    }
}

/// A15: a line has one challenge.
#[track_caller]
fn read_alone(line: &str) -> Challenge {
    let read = http_auth::parse_challenges(line);
    let read = read.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.len(), 1, "not one challenge: {line}");
    plain(&read[0])
}

fn plain(challenge: &http_auth::ChallengeRef<'_>) -> Challenge {
    let params = challenge.params.iter();
    let params = params.map(|(name, value)| (name.to_ascii_lowercase(), value.to_unescaped()));
    (challenge.scheme.to_owned(), params.collect())
}

#[track_caller]
fn check(line: &str, (scheme, params): &Challenge) {
    assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "not printable: {line:?}");
    assert!(!line.starts_with(',') && !line.ends_with(','), "an empty element: {line}");
    assert!(!line.replace(' ', "").contains(",,"), "an empty element: {line}");

    for (index, (name, value)) in params.iter().enumerate() {
        let again = params[index + 1..].iter().any(|(other, _)| other == name);
        assert!(!again, "{name} is there twice: {line}");
        match name.as_str() {
            "realm" => assert!(line.contains("realm=\""), "an unquoted realm: {line}"),
            "error" | "error_description" | "scope" | "acr_values" => {
                assert!(!value.contains(['"', '\\']), "an escape in {name}: {line}");
            }
            "max_age" => assert!(value.bytes().all(|byte| byte.is_ascii_digit()), "{line}"),
            _ => {}
        }
        for look_alike in ["scope=", "error=", "resource_metadata="] {
            let found = value.to_ascii_lowercase().contains(look_alike);
            assert!(!found, "{look_alike} inside {name}: {line}");
        }
    }
    let has = |wanted: &str| params.iter().any(|(name, _)| name == wanted);
    match scheme.as_str() {
        "Basic" => {
            assert!(has("realm"), "Basic without a realm: {line}");
            assert!(line.contains(r#"charset="UTF-8""#), "Basic without its charset: {line}");
            assert!(!has("error"), "an error on Basic: {line}");
        }
        "Bearer" => assert!(!params.is_empty(), "a bare Bearer: {line}"),
        _ => {}
    }
    assert_eq!(has("error_description"), has("error") && has("error_description"), "{line}");
}
