//! Who calls: by the `api_access_token` header, an agent or a bot.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::model::{Conversation, User};
use crate::refusal::{AgentRefusal, Refusal};
use crate::rules::Actor;
use crate::state::AppState;
use crate::store::Turn;
use crate::store::accounts;
use crate::store::conversations as conversation_rows;

/// Someone with a token, and the account their address names.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    pub account_id: i64,
}

impl Caller {
    /// An agent or administrator; a bot may only talk.
    pub fn user(&self) -> Result<&User, Refusal> {
        self.actor.user().ok_or(Refusal::NotAllowed)
    }

    pub fn administrator(&self) -> Result<&User, Refusal> {
        self.user().and_then(|user| if user.is_administrator() { Ok(user) } else { Err(Refusal::NotAllowed) })
    }

    pub fn conversation(&self, turn: &Turn<'_>, display_id: &str) -> Result<Conversation, Refusal> {
        Ok(conversation_rows::by_display_id(turn.db, self.account_id, super::id(display_id)?)?)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = AgentRefusal;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, AgentRefusal> {
        let header = parts.headers.get("api_access_token").or_else(|| parts.headers.get("api-access-token"));
        let token = header.ok_or(Refusal::SignInFirst)?.to_str().map_err(|_| Refusal::UnknownToken)?.to_owned();
        let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Refusal::NotFound)?;
        let path: HashMap<&str, &str> = path.iter().collect();
        let account = path.get("account").map(|text| super::id(text)).transpose()?;
        let caller = app.store.perform(move |turn| {
            let (actor, home) = match accounts::user_by_access_token(turn.db, &token)? {
                Some(user) => (Actor::User(user.clone()), user.account_id),
                None => match accounts::bot_by_access_token(turn.db, &token)? {
                    Some(bot) => (Actor::Bot(bot.clone()), bot.account_id),
                    None => return Err(Refusal::UnknownToken),
                },
            };
            if account.is_some_and(|account| account != home) {
                return Err(Refusal::NotFound);
            }
            Ok(Self { actor, account_id: home })
        });
        Ok(caller.await?)
    }
}
