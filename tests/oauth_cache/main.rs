//! J50–J66: the cache of tokens, and introspection.

#[path = "../support/mod.rs"]
mod support;

mod failing;
mod fake;
mod limits;
mod memory;
mod refusals;
mod requests;
mod responses;
mod same_answers;
mod shared_calls;
mod sockets;
mod times;

use counting::Counting;
use portcullis::oauth::{ClientAuth, Introspection, Resource, Token, TokenError};
use portcullis::{Cause, Denial, Unauthenticated};

use crate::fake::Fake;

#[global_allocator]
static COUNTING: Counting = Counting;

const RESOURCE: &str = "https://api.example.com/notes";
const SECRET: &str = "t0p-s3cret";

fn resource() -> Resource {
    Resource::new(RESOURCE).unwrap()
}

fn introspection(fake: &Fake) -> Introspection {
    let auth = ClientAuth::basic("notes", SECRET);
    Introspection::at("https://login.example.com/introspect", fake.clone(), auth, &resource())
        .unwrap()
}

/// The reason for the operators.
fn why(refusal: Unauthenticated) -> TokenError {
    let denial = Denial::from(refusal);
    *denial.private_source().and_then(|source| source.downcast_ref()).expect("a `TokenError`")
}

fn verdict<E>(result: Result<Token<E>, Unauthenticated>) -> Result<String, TokenError> {
    result.map(|token| token.subject().unwrap_or_default().to_owned()).map_err(why)
}

/// Whether the endpoint is said to be at fault: 503.
fn is_unavailable<E>(result: Result<Token<E>, Unauthenticated>) -> bool {
    result.is_err_and(|refusal| {
        refusal.cause() == Cause::Unavailable
            && why(refusal) == TokenError::IntrospectionUnavailable
    })
}
