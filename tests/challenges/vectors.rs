//! The published vectors.

use portcullis::challenge::{Challenges, Credentials};
use serde::Deserialize;

use crate::{Plain, latin1, plain};

#[derive(Deserialize)]
struct Vector {
    id: String,
    fields: Vec<String>,
    expect: serde_json::Value,
}

#[derive(Deserialize)]
struct Expected {
    scheme: String,
    token68: Option<String>,
    #[serde(default)]
    params: Vec<(String, String)>,
}

fn vectors(lines: &str) -> Vec<Vector> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_challenge_vector_is_read_as_expected() {
    let mut failed = Vec::new();
    for vector in vectors(include_str!("../vectors/challenges.jsonl")) {
        // RFC 9112 §5.2: a fold is replaced by a space before the value is read.
        let fields = vector.fields.iter().map(|field| latin1(&field.replace("\r\n ", " ")));
        let fields: Vec<_> = fields.collect();
        let expected = match &vector.expect {
            serde_json::Value::String(_) => None,
            list => {
                let list: Vec<Expected> = serde_json::from_value(list.clone()).unwrap();
                let plain = list.into_iter().map(|challenge| {
                    let params = challenge.params.into_iter();
                    (
                        challenge.scheme,
                        challenge.token68,
                        params.map(|(name, value)| (name, latin1(&value))).collect(),
                    )
                });
                Some(plain.collect::<Vec<Plain>>())
            }
        };
        let found = Challenges::parse(&fields).ok().map(|list| plain(&list));
        if found != expected {
            failed.push(format!("{}: {found:?}", vector.id));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a04_exactly_the_malformed_credential_vectors_have_no_token68() {
    let without: Vec<_> = vectors(include_str!("../vectors/credentials.jsonl"))
        .into_iter()
        .filter(|vector| {
            let mut fields = vector.fields.iter();
            !fields.all(|field| {
                let bytes = latin1(field);
                Credentials::parse(&bytes).is_some_and(|sent| sent.token68().is_some())
            })
        })
        .map(|vector| vector.id)
        .collect();
    assert_eq!(without, ["scheme-only", "trailing-junk", "comma-two", "b-only", "b-trailing"]);
}
