//! What all cases share: the service, its users, and the requests that it gets.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{Ipv4Addr, SocketAddr};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::ConnectInfo;
use constant_time_eq::constant_time_eq;
use http::HeaderValue;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use portcullis::{Bearer, HasRoles, Identity, Unauthenticated, verify_fn};
use tower::Service;

pub type Request = http::Request<Body>;
pub type Response<B = Body> = http::Response<B>;

pub const REALM: &str = "bench";

/// 256 bits in base64url, as is usual.
pub const TOKEN: &str = "rL0Y20zC-Fzt72VPzMSk2A_k7vTpZ8bqQ1w9XcN4m3s";

#[derive(Clone, Copy, Debug)]
pub struct User {
    pub roles: &'static [&'static str],
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.roles.contains(&role)
    }
}

pub const ALICE: User = User { roles: &["editor", "admin"] };

/// A role of Alice, and one that she has not.
pub const ROLE: &str = "admin";
pub const OTHER_ROLE: &str = "owner";

/// The service behind the gate: it answers at once, with a `Content-Type` as real ones do.
#[derive(Clone, Copy, Debug)]
pub struct Inner;

impl Service<Request> for Inner {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        let mut response = Response::new(Body::from("the reports"));
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
        ready(Ok(response))
    }
}

/// Drops the request and answers nothing: what denials are counted from.
#[derive(Clone, Copy, Debug)]
pub struct Drops;

impl Service<Request> for Drops {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        ready(Ok(()))
    }
}

// ==== who ====

/// The bench's realm is a good one.
pub const GOOD: &str = "the realm can be written";

/// Knows one token, and whose it is.
pub fn bearer() -> impl Identity<Principal = User> {
    let verifier = verify_fn(|token: &str| {
        if constant_time_eq(token.as_bytes(), TOKEN.as_bytes()) {
            Ok(ALICE)
        } else {
            Err(Unauthenticated::invalid())
        }
    });
    Bearer::new(REALM, verifier).expect(GOOD)
}

/// What a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    Nothing,
    Token,
    WrongToken,
    /// Nothing, or the token; and a server has put something into the extensions already.
    NothingExtended,
    TokenExtended,
}

impl Sends {
    pub const ALL: [Self; 5] =
        [Self::Nothing, Self::Token, Self::WrongToken, Self::NothingExtended, Self::TokenExtended];

    pub fn request(self) -> Request {
        let mut request = Request::new(Body::empty());
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("reports.example"));
        headers.insert(USER_AGENT, HeaderValue::from_static("bench/1.0"));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let authorization = match self {
            Self::Nothing | Self::NothingExtended => None,
            Self::Token | Self::TokenExtended => Some(format!("Bearer {TOKEN}")),
            Self::WrongToken => Some(format!("Bearer {}", wrong_token())),
        };
        if let Some(Ok(value)) = authorization.map(HeaderValue::try_from) {
            headers.insert(AUTHORIZATION, value);
        }
        if matches!(self, Self::NothingExtended | Self::TokenExtended) {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 3000));
            request.extensions_mut().insert(ConnectInfo(address));
        }
        request
    }
}

/// It differs at its end.
fn wrong_token() -> String {
    let (right, _) = TOKEN.split_at(TOKEN.len() - 1);
    format!("{right}A")
}
