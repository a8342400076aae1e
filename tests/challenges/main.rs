//! RFC 9110 §11: challenges and credentials, read and written.
//!
//! The grammar of rows A03, A04, A14 and A15. Reading is compared with the published vectors and with
//! a literal reading of the ABNF; what is written is read back by this crate and by `http-auth`.

mod abnf;
mod credentials;
mod properties;
mod reading;
mod vectors;
mod writing;

use portcullis::challenge::{Challenge, Challenges, ParseErrorKind};

/// A challenge as plain values: scheme, token68, parameters.
type Plain = (String, Option<String>, Vec<(String, Vec<u8>)>);

fn plain(challenges: &Challenges) -> Vec<Plain> {
    challenges.iter().map(plain_one).collect()
}

fn plain_one(challenge: &Challenge) -> Plain {
    let params = challenge.params().map(|(name, value)| (name.to_owned(), value.to_vec()));
    (challenge.scheme().to_owned(), challenge.token68().map(str::to_owned), params.collect())
}

fn read(line: &str) -> Challenges {
    Challenges::parse([line]).unwrap_or_else(|error| panic!("{line:?}: {error}"))
}

fn refusal(lines: &[&str]) -> ParseErrorKind {
    match Challenges::parse(lines.iter().copied()) {
        Ok(read) => panic!("{lines:?} was read as {read:?}"),
        Err(error) => error.kind(),
    }
}

/// Code points up to U+00FF, each as the byte of that number.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(char).unwrap()).collect()
}
