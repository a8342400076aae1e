//! The WebSocket: what happens, as it happens, for as long as the session lasts.

use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::response::Response;
use portcullis::{Denial, Principal};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};

use crate::identity::User;
use crate::workspace::Shared;

/// The close code for "the session has ended". Codes from 4000 belong to the application (RFC 6455
/// §7.4.2).
const SESSION_ENDED: u16 = 4401;

/// What all open pages are told.
pub type News = broadcast::Sender<String>;

/// The handshake. The stage has authenticated it, as any other request; what follows on the connection
/// is not judged again (A23), so [`serve`] closes it when the session ends.
pub async fn connect(
    State(Shared { news, logins, .. }): State<Shared>,
    Principal(user): Principal<User>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Denial> {
    // Browsers send the cookie with a handshake by any page of a sibling domain.
    if is_from_elsewhere(&headers) {
        return Err(Denial::forbidden().with_detail("A page of another site opened this."));
    }
    let session = match user.login {
        Some(login) => Some(logins.follow(login).ok_or_else(Denial::reauthenticate)?),
        None => None,
    };
    let news = news.subscribe();
    // A client has nothing to say here.
    let upgrade = upgrade.max_message_size(1024);
    Ok(upgrade.on_upgrade(|socket| serve(socket, news, session)))
}

fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_same = |origin: &str| {
        let own = origin.strip_prefix("https://").or(origin.strip_prefix("http://"));
        own.is_some_and(|own| own.eq_ignore_ascii_case(host))
    };
    // Programs send no `Origin`.
    headers.get(ORIGIN).is_some_and(|origin| !origin.to_str().is_ok_and(is_same))
}

async fn serve(mut socket: WebSocket, mut news: broadcast::Receiver<String>, session: Session) {
    let ended = ended(session);
    tokio::pin!(ended);
    loop {
        let message = tokio::select! {
            () = &mut ended => {
                let reason = "The session has ended.".into();
                Message::Close(Some(CloseFrame { code: SESSION_ENDED, reason }))
            }
            news = news.recv() => match news {
                Ok(news) => Message::Text(news.into()),
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            received = socket.recv() => match received {
                Some(Ok(_)) => continue,
                // The client has gone.
                Some(Err(_)) | None => return,
            },
        };
        let is_last = matches!(message, Message::Close(_));
        // A client that does not read is not waited for.
        let sent = timeout(Duration::from_secs(10), socket.send(message)).await;
        if is_last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// When the session expires. `None` for callers without a session.
type Session = Option<watch::Receiver<SystemTime>>;

/// Completes when the session has expired, or its login has ended.
async fn ended(session: Session) {
    let Some(mut expires) = session else { return std::future::pending().await };
    loop {
        let at = *expires.borrow_and_update();
        let left = at.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
        tokio::select! {
            () = sleep(left) => return,
            // It was refreshed, or the login has ended.
            changed = expires.changed() => if changed.is_err() { return },
        }
    }
}
