//! The tools: a user's notes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::request::Parts;
use portcullis::oauth::Token;
use portcullis::policy::{InvalidScopeToken, Scope};
use portcullis::{Policy, Principal, scope};
use rmcp::handler::server::common::FromContextPart;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ErrorData, schemars, tool, tool_router};
use serde::Deserialize;

use super::responses::Refusal;

/// The most notes that a user keeps.
const MOST: usize = 100;

/// The most bytes of a note.
const LONGEST: usize = 10_000;

/// An issuer, and one of its users.
type User = (Option<String>, Option<String>);

/// The notes of all users.
#[derive(Clone)]
pub struct Notes {
    notes: Arc<Mutex<HashMap<User, Vec<String>>>>,
    write: Scope,
}

/// The arguments of `add_note`.
#[derive(Deserialize, schemars::JsonSchema)]
struct NewNote {
    /// The text of the note.
    text: String,
}

impl Notes {
    pub fn new() -> Result<Self, InvalidScopeToken> {
        Ok(Self { notes: Arc::default(), write: scope("notes:write")? })
    }
}

#[tool_router(server_handler)]
impl Notes {
    #[tool(
        description = "Who the user is, and which client acts for it",
        annotations(read_only_hint = true)
    )]
    fn whoami(&self, caller: Caller) -> String {
        let unknown = "unknown";
        let user = caller.token.subject().unwrap_or(unknown);
        format!("{user}, by the client {}", caller.token.client().unwrap_or(unknown))
    }

    #[tool(description = "Lists the notes of the user", annotations(read_only_hint = true))]
    fn list_notes(&self, caller: Caller) -> String {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(&caller.user()).map_or_else(String::new, |notes| notes.join("\n"))
    }

    #[tool(description = "Adds a note")]
    async fn add_note(
        &self,
        caller: Caller,
        Parameters(note): Parameters<NewNote>,
    ) -> Result<String, ErrorData> {
        caller.check(&self.write).await?;
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let notes = notes.entry(caller.user()).or_default();
        if notes.len() == MOST || note.text.len() > LONGEST {
            let message = "there are too many notes, or this one is too long";
            return Err(ErrorData::invalid_request(message, None));
        }
        notes.push(note.text);
        Ok(format!("added as number {}", notes.len()))
    }
}

/// The caller of a tool. Every tool can take one as an argument.
struct Caller {
    token: Token,
    refusal: Refusal,
}

impl Caller {
    /// Whose notes these are: a subject is unique within its issuer only.
    fn user(&self) -> User {
        (self.token.issuer().map(str::to_owned), self.token.subject().map(str::to_owned))
    }

    /// Returns if the policy permits the caller. Otherwise the error ends the tool, and the client
    /// gets the denial as an HTTP response.
    #[expect(
        clippy::manual_async_fn,
        reason = "`#[tool]` needs `Send`, which is not inferred here"
    )]
    fn check<'a>(
        &'a self,
        policy: &'a impl Policy<Token, ()>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + 'a {
        async move { policy.check(&self.token, &()).await.map_err(|denial| self.refusal.set(denial)) }
    }
}

impl FromContextPart<ToolCallContext<'_, Notes>> for Caller {
    fn from_context_part(call: &mut ToolCallContext<'_, Notes>) -> Result<Self, ErrorData> {
        let request = call.request_context.extensions.get::<Parts>();
        let token = request.and_then(|request| Principal::<Token>::of(&request.extensions));
        let refusal = request.and_then(|request| request.extensions.get::<Refusal>());
        match (token, refusal) {
            (Some(token), Some(refusal)) => {
                Ok(Self { token: token.clone(), refusal: refusal.clone() })
            }
            _ => Err(ErrorData::internal_error("the stages are missing", None)),
        }
    }
}
