//! [`Payload`]: the claims of a token (RFC 7519 §4, RFC 9068 §2.2).

use std::borrow::Cow;

use serde::de::MapAccess;

use super::members::{self, Members, Value};
use super::profile::Profile;
use crate::oauth::token::MAX_DATE;
use crate::oauth::token_error::TokenError;

type Text<'a> = Option<Cow<'a, str>>;

/// The claims of a token that matter here.
pub(super) struct Payload<'a> {
    pub(super) issuer: Text<'a>,
    /// Whether `aud` names one of the audiences; `None` if there is no `aud`.
    pub(super) is_for_us: Option<bool>,
    pub(super) subject: Text<'a>,
    pub(super) client_id: Text<'a>,
    /// Other names of `client_id`: `azp`, `cid`, `appid`.
    pub(super) other_client: Text<'a>,
    pub(super) id: Text<'a>,
    pub(super) scope: Option<String>,
    pub(super) roles: Roles,
    pub(super) acr: Text<'a>,
    pub(super) expires: Option<f64>,
    pub(super) not_before: Option<f64>,
    pub(super) issued_at: Option<f64>,
    pub(super) auth_time: Option<f64>,
    /// There is a `cnf`.
    pub(super) is_bound: bool,
    pub(super) signs: Signs,
}

/// Roles, one after the other: a stranger may send thousands, which are not to cost an allocation each.
#[derive(Default)]
pub(super) struct Roles {
    text: String,
    ends: Vec<usize>,
}

impl Roles {
    fn push(&mut self, role: &str) {
        self.text.push_str(role);
        self.ends.push(self.text.len());
    }

    pub(super) fn to_boxes(&self) -> Box<[Box<str>]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text[start..*end].into()).collect()
    }
}

/// What tells an access token from other tokens of an issuer that does not say so in `typ`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs {
    /// Keycloak's claim `typ` or Cognito's `token_use`: whether it says that this is an access token.
    pub(super) declared: Option<bool>,
    /// A claim that access tokens have and ID tokens do not.
    pub(super) of_access: bool,
    /// `at_hash`, `c_hash`, `s_hash` of an ID token; `events` of a log-out token.
    pub(super) of_others: bool,
    /// `nonce`, which older releases of Keycloak put into access tokens as well.
    pub(super) nonce: bool,
}

impl<'a> Payload<'a> {
    pub(super) fn read(
        json: &'a str,
        profile: Profile,
        audiences: &[Box<str>],
    ) -> Result<Self, TokenError> {
        let payload = Self {
            issuer: None,
            is_for_us: None,
            subject: None,
            client_id: None,
            other_client: None,
            id: None,
            scope: None,
            roles: Roles::default(),
            acr: None,
            expires: None,
            not_before: None,
            issued_at: None,
            auth_time: None,
            is_bound: false,
            signs: Signs::default(),
        };
        let mut reader = Reader { payload, profile, audiences, scp: None };
        members::read(json, &mut reader)?;
        let Reader { mut payload, scp, .. } = reader;
        payload.scope = payload.scope.or(scp);
        Ok(payload)
    }
}

struct Reader<'a, 'j> {
    payload: Payload<'a>,
    profile: Profile,
    audiences: &'j [Box<str>],
    scp: Option<String>,
}

impl<'a> Members<'a> for Reader<'a, '_> {
    fn read<A: MapAccess<'a>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        let Self { payload, profile, audiences, scp } = self;
        let is_relaxed = *profile == Profile::Relaxed;
        match name {
            "iss" => payload.issuer = Some(value.string(TokenError::Claim("iss"))?),
            "aud" => {
                let mut is_for_us = false;
                value.texts(TokenError::Claim("aud"), &mut |named, _| {
                    is_for_us |= audiences.iter().any(|audience| **audience == *named);
                    true
                })?;
                payload.is_for_us = Some(is_for_us);
            }
            "sub" => payload.subject = Some(identifier(value, "sub")?),
            "client_id" => {
                payload.client_id = Some(identifier(value, "client_id")?);
                payload.signs.of_access = true;
            }
            // OpenID Connect Core §2, in ID tokens as well.
            "azp" => payload.other_client = Some(identifier(value, "azp")?),
            // Okta; Entra, in version 1.
            "cid" | "appid" if is_relaxed => {
                let claim = if name == "cid" { "cid" } else { "appid" };
                payload.other_client = Some(identifier(value, claim)?);
                payload.signs.of_access = true;
            }
            "jti" => payload.id = Some(identifier(value, "jti")?),
            "scope" => {
                payload.scope = Some(scopes(value, "scope", is_relaxed)?);
                payload.signs.of_access = true;
            }
            // Okta, as an array; Entra, as a string.
            "scp" if is_relaxed => {
                *scp = Some(scopes(value, "scp", true)?);
                payload.signs.of_access = true;
            }
            "roles" => {
                let error = (!is_relaxed).then_some(TokenError::Claim("roles"));
                value.values(error, &mut |role, _| {
                    payload.roles.push(role);
                    true
                })?;
            }
            "acr" => payload.acr = Some(value.string(TokenError::Claim("acr"))?),
            "exp" => payload.expires = Some(date(value, "exp")?),
            "nbf" => payload.not_before = Some(date(value, "nbf")?),
            "iat" => payload.issued_at = Some(date(value, "iat")?),
            "auth_time" => payload.auth_time = Some(date(value, "auth_time")?),
            "cnf" => {
                payload.is_bound = true;
                value.skip()?;
            }
            "nonce" => {
                payload.signs.nonce = true;
                value.skip()?;
            }
            "at_hash" | "c_hash" | "s_hash" | "events" => {
                payload.signs.of_others = true;
                value.skip()?;
            }
            // Keycloak: `Bearer`, `ID`, `Refresh`, `Logout`. Cognito: `access`, `id`.
            "typ" | "token_use" if is_relaxed => {
                let declared = value.string(TokenError::Type)?;
                let is_access =
                    ["Bearer", "access"].iter().any(|it| declared.eq_ignore_ascii_case(it));
                let before = payload.signs.declared.unwrap_or(true);
                payload.signs.declared = Some(before && is_access);
            }
            // Entra and Auth0, where a client acts for itself and has no scope.
            "azpacr" | "gty" if is_relaxed => {
                payload.signs.of_access = true;
                value.skip()?;
            }
            _ => value.skip()?,
        }
        Ok(())
    }
}

/// A string that tells one thing from others, so it is not empty.
fn identifier<'de, A: MapAccess<'de>>(
    value: Value<'_, A>,
    claim: &'static str,
) -> Result<Cow<'de, str>, A::Error> {
    value.string_that(TokenError::Claim(claim), |text| !text.is_empty())
}

/// A `NumericDate` (RFC 7519 §2) of this era. It may be a fraction.
fn date<'de, A: MapAccess<'de>>(value: Value<'_, A>, claim: &'static str) -> Result<f64, A::Error> {
    value.number_that(TokenError::Claim(claim), |date| (0.0..=MAX_DATE).contains(&date))
}

/// Scopes, separated by spaces. An array of them has one in each element.
fn scopes<'de, A: MapAccess<'de>>(
    value: Value<'_, A>,
    claim: &'static str,
    or_array: bool,
) -> Result<String, A::Error> {
    let error = TokenError::Claim(claim);
    if !or_array {
        return Ok(value.string(error)?.into_owned());
    }
    let mut scopes = String::new();
    value.texts(error, &mut |text, is_element| {
        if !scopes.is_empty() {
            scopes.push(' ');
        }
        scopes.push_str(text);
        !(is_element && text.contains(' '))
    })?;
    Ok(scopes)
}
