//! Logging in, refreshing the session, and logging out.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use portcullis::login::LogOut;
use portcullis::{Attempt, Cause, Denial, Login, ReturnPath, Users, Verify};
use serde::Deserialize;
use tower_sessions::Session;

use crate::identity::{LOGIN, User};
use crate::logins::Logins;
use crate::pages;
use crate::tries::Tries;

#[derive(Clone)]
pub struct Accounts {
    pub users: Users<User>,
    pub tries: Arc<Tries>,
    pub logins: Logins,
}

/// Where to go after the login.
#[derive(Deserialize)]
pub struct Next {
    next: Option<String>,
}

impl Next {
    /// The path, if it is valid. Another site may have written it, so it is not trusted.
    fn path(&self) -> Option<ReturnPath> {
        self.next.as_deref().and_then(|next| ReturnPath::parse(next).ok())
    }

    fn redirect(&self) -> Redirect {
        Redirect::to(self.path().as_ref().map_or("/", ReturnPath::as_str))
    }
}

/// The form; with a session that can be refreshed, a redirect to the page that was requested.
pub async fn login_page(
    State(accounts): State<Accounts>,
    session: Session,
    Query(next): Query<Next>,
) -> Result<Response, Denial> {
    if login_of(&session).await?.is_some_and(|login| accounts.logins.refresh(login)) {
        return Ok(next.redirect().into_response());
    }
    Ok(Html(pages::login("", "", next.path())).into_response())
}

/// The fields of the login form.
#[derive(Deserialize)]
pub struct LoginForm {
    user: String,
    password: String,
    #[serde(flatten)]
    next: Next,
}

pub async fn log_in(
    State(accounts): State<Accounts>,
    session: Session,
    request: Parts,
    Form(form): Form<LoginForm>,
) -> Result<Response, Denial> {
    let login = Login::new(&form.user, &form.password);
    let attempt = Attempt::new(&request, Some(form.user));
    let verified = attempt.limited_by(&accounts.tries, || accounts.users.verify(&login)).await;
    let user = match verified {
        Ok(user) => user,
        Err(why) if why.cause() == Cause::Invalid => {
            // Not 401: it asks for credentials in `Authorization`, for which a browser opens a dialog.
            let message = "The name or the password is wrong.";
            let page = pages::login(message, login.user(), form.next.path());
            return Ok((StatusCode::FORBIDDEN, Html(page)).into_response());
        }
        // Too many attempts: 429. Or the users cannot be looked up: 503.
        Err(why) => return Err(why.into()),
    };
    end(&accounts, &session).await?;
    let login =
        accounts.logins.begin(user).map_err(|error| Denial::unavailable().with_source(error))?;
    // A new identifier, so that an attacker who planted the old one does not know it.
    session.cycle_id().await.map_err(unavailable)?;
    session.insert(LOGIN, login).await.map_err(unavailable)?;
    Ok(form.next.redirect().into_response())
}

/// What a page calls after a 401: 204, or 401 if the user has to log in.
pub async fn refresh(
    State(accounts): State<Accounts>,
    session: Session,
) -> Result<StatusCode, Denial> {
    match login_of(&session).await? {
        Some(login) if accounts.logins.refresh(login) => Ok(StatusCode::NO_CONTENT),
        _ => Err(Denial::reauthenticate()),
    }
}

/// For trying it out: the session expires now, and can be refreshed.
pub async fn expire(
    State(accounts): State<Accounts>,
    session: Session,
) -> Result<StatusCode, Denial> {
    if let Some(login) = login_of(&session).await? {
        accounts.logins.expire(login);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// For trying it out: the login ends while its pages are open, as if another device had ended it.
pub async fn revoke(
    State(accounts): State<Accounts>,
    session: Session,
) -> Result<StatusCode, Denial> {
    if let Some(login) = login_of(&session).await? {
        accounts.logins.end(login);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Logs out, also with a session that has expired.
pub async fn log_out(
    State(accounts): State<Accounts>,
    session: Session,
) -> Result<(LogOut, Redirect), Denial> {
    end(&accounts, &session).await?;
    session.flush().await.map_err(unavailable)?;
    // So that the browser shows no page from before.
    Ok((LogOut::new().clear_cache(), Redirect::to("/login")))
}

/// Ends the login of this session, if there is one.
async fn end(accounts: &Accounts, session: &Session) -> Result<(), Denial> {
    if let Some(login) = login_of(session).await? {
        accounts.logins.end(login);
    }
    Ok(())
}

async fn login_of(session: &Session) -> Result<Option<u64>, Denial> {
    session.get(LOGIN).await.map_err(unavailable)
}

fn unavailable(error: tower_sessions::session::Error) -> Denial {
    Denial::unavailable().with_source(error)
}
