//! What the members of a response have to say (RFC 7662 §2.2).

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::oauth::clock::Clock;
use crate::oauth::token::{Claims, MAX_DATE, Token};
use crate::oauth::token_error::TokenError;

type Members = Map<String, Value>;

/// What a token has to be.
pub(super) struct Rules {
    pub(super) audiences: Vec<Box<str>>,
    pub(super) accepts_missing_audience: bool,
    pub(super) issuer: Option<Arc<str>>,
    pub(super) leeway: Duration,
    pub(super) clock: Clock,
}

impl Rules {
    /// Reads what the endpoint says of an active token, and checks what does not change with time.
    pub(super) fn read<E: DeserializeOwned + 'static>(
        &self,
        members: Members,
    ) -> Result<Token<E>, TokenError> {
        check_kind(&members)?;
        let issuer = self.issuer(&members)?;
        self.check_audience(&members)?;
        let client = text(&members, "client_id")?;
        Ok(Token::new(Claims {
            issuer,
            subject: text(&members, "sub")?,
            client: client.map_or_else(|| text(&members, "azp"), |client| Ok(Some(client)))?,
            scope: scope(&members)?,
            roles: roles(&members),
            expires: date(&members, "exp")?,
            not_before: date(&members, "nbf")?,
            auth_time: date(&members, "auth_time")?,
            acr: text(&members, "acr")?,
            id: text(&members, "jti")?,
            extra: extra(members)?,
        }))
    }

    fn issuer(&self, members: &Members) -> Result<Option<Arc<str>>, TokenError> {
        let named = text(members, "iss")?;
        match (&self.issuer, named) {
            (Some(expected), Some(named)) if **expected != *named => Err(TokenError::Issuer),
            (Some(expected), _) => Ok(Some(expected.clone())),
            (None, named) => Ok(named.map(Arc::from)),
        }
    }

    fn check_audience(&self, members: &Members) -> Result<(), TokenError> {
        let named = match members.get("aud") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(one)) => vec![&**one],
            Some(Value::Array(several)) => several
                .iter()
                .map(|one| one.as_str().ok_or(TokenError::Claim("aud")))
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(TokenError::Claim("aud")),
        };
        let is_for_us = match &named[..] {
            [] => self.accepts_missing_audience,
            named => self.audiences.iter().any(|audience| named.contains(&&**audience)),
        };
        if is_for_us { Ok(()) } else { Err(TokenError::Audience) }
    }

    /// Checks what changes with time.
    pub(super) fn judge<E>(&self, token: &Token<E>) -> Result<(), TokenError> {
        let Claims { expires, not_before, .. } = token.claims();
        if expires.is_none() && not_before.is_none() {
            return Ok(());
        }
        let (now, leeway) = (self.clock.now(), self.leeway.as_secs_f64());
        if expires.is_some_and(|expires| now >= expires + leeway) {
            return Err(TokenError::Expired);
        }
        if not_before.is_some_and(|not_before| now < not_before - leeway) {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }
}

/// Refuses tokens of other kinds, which are active too: refresh tokens, ID tokens, and those that need a
/// proof of possession.
fn check_kind(members: &Members) -> Result<(), TokenError> {
    if !matches!(members.get("cnf"), None | Some(Value::Null)) {
        return Err(TokenError::Bound);
    }
    // RFC 6749 §5.1. glewlwyd has `access_token` and `refresh_token` here.
    match members.get("token_type") {
        None | Some(Value::Null) => {}
        Some(Value::String(kind)) if is(kind, "Bearer") || is(kind, "access_token") => {}
        Some(Value::String(kind)) if is(kind, "DPoP") || is(kind, "PoP") => {
            return Err(TokenError::Bound);
        }
        Some(_) => return Err(TokenError::Type),
    }
    // Keycloak has the first, Hydra the second.
    for name in ["typ", "token_use"] {
        let others = ["refresh", "refresh_token", "offline", "id", "id_token", "logout"];
        match members.get(name) {
            Some(Value::String(kind)) if others.iter().any(|other| is(kind, other)) => {
                return Err(TokenError::Type);
            }
            _ => {}
        }
    }
    Ok(())
}

fn is(kind: &str, expected: &str) -> bool {
    kind.eq_ignore_ascii_case(expected)
}

/// A text. `null` and the empty text are as a member that is missing.
fn text(members: &Members, name: &'static str) -> Result<Option<Box<str>>, TokenError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(&**text).filter(|it| !it.is_empty()).map(Box::from)),
        Some(_) => Err(TokenError::Claim(name)),
    }
}

/// A `NumericDate` (RFC 7519 §2) of this era. It may be a fraction.
fn date(members: &Members, name: &'static str) -> Result<Option<f64>, TokenError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_f64()
            .filter(|date| (0.0..=MAX_DATE).contains(date))
            .map(Some)
            .ok_or(TokenError::Claim(name)),
    }
}

/// `scope`, which some servers write as an array.
fn scope(members: &Members) -> Result<Box<str>, TokenError> {
    match members.get("scope") {
        None | Some(Value::Null) => Ok(Box::default()),
        Some(Value::String(scope)) => Ok((&**scope).into()),
        Some(Value::Array(scopes)) => {
            let mut names = Vec::with_capacity(scopes.len());
            for scope in scopes {
                let name = scope.as_str().filter(|name| !name.contains(' '));
                names.push(name.ok_or(TokenError::Claim("scope"))?);
            }
            Ok(names.join(" ").into())
        }
        Some(_) => Err(TokenError::Claim("scope")),
    }
}

/// `roles`, an array of texts, or of objects with the text in `value` (RFC 7643 §4.1.2). RFC 7662 does not
/// know the member, so one of another form is not an error: the token then has no roles.
fn roles(members: &Members) -> Box<[Box<str>]> {
    let Some(Value::Array(roles)) = members.get("roles") else { return Box::default() };
    roles
        .iter()
        .filter_map(|role| role.as_str().or_else(|| role.get("value")?.as_str()))
        .map(Box::from)
        .collect()
}

/// The claims of the program.
fn extra<E: DeserializeOwned + 'static>(members: Members) -> Result<E, TokenError> {
    // `()` is read from `null` only.
    let is_unit = TypeId::of::<E>() == TypeId::of::<()>();
    let members = if is_unit { Value::Null } else { Value::Object(members) };
    serde_json::from_value(members).map_err(|_| TokenError::Claims)
}
