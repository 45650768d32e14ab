//! A request of the application API: its authentication, and the records that its path names.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;

use crate::endpoint::PathParams;
use crate::error::{ApiError, AppApiError};
use crate::model::{Bot, Contact, Conversation, Inbox, Message, User};
use crate::params::Params;
use crate::rules::Actor;
use crate::state::AppState;
use crate::store::{Transaction, accounts, contacts, conversations, messages};

/// It is made by the holder of the token in its `api_access_token` header, and finds records of their account only.
pub struct AgentRequest {
    pub actor: Actor,
    pub account_id: i64,
    pub params: Params,
    path: PathParams,
}

impl AgentRequest {
    /// An error if the caller is a bot, which may only write messages and change conversations.
    pub fn user(&self) -> Result<&User, ApiError> {
        self.actor.user().ok_or(ApiError::NotAuthorized)
    }

    pub fn administrator(&self) -> Result<&User, ApiError> {
        self.user().and_then(|user| if user.is_administrator() { Ok(user) } else { Err(ApiError::NotAuthorized) })
    }

    /// The conversation whose display id is the path's `id`.
    pub fn conversation(&self, tx: &Transaction<'_>) -> Result<Conversation, ApiError> {
        Ok(conversations::by_display_id(tx.db, self.account_id, self.path.id("id")?)?)
    }

    /// The path's conversation and its `message`.
    pub fn message(&self, tx: &Transaction<'_>) -> Result<(Conversation, Message), ApiError> {
        let conversation = self.conversation(tx)?;
        let message = messages::in_conversation(tx.db, conversation.id, self.path.id("message")?)?;
        Ok((conversation, message))
    }

    /// The contact with the path's `id`.
    pub fn contact(&self, tx: &Transaction<'_>) -> Result<Contact, ApiError> {
        let contact = contacts::contact(tx.db, self.path.id("id")?)?;
        self.check_account(contact.account_id).map(|()| contact)
    }

    /// The inbox with the path's `id`.
    pub fn inbox(&self, tx: &Transaction<'_>) -> Result<Inbox, ApiError> {
        self.inbox_by_id(tx, self.path.id("id")?)
    }

    pub fn inbox_by_id(&self, tx: &Transaction<'_>, inbox_id: i64) -> Result<Inbox, ApiError> {
        let inbox = accounts::inbox(tx.db, inbox_id)?;
        self.check_account(inbox.account_id).map(|()| inbox)
    }

    /// The bot with the path's `id`.
    pub fn bot(&self, tx: &Transaction<'_>) -> Result<Bot, ApiError> {
        self.bot_by_id(tx, self.path.id("id")?)
    }

    pub fn bot_by_id(&self, tx: &Transaction<'_>, bot_id: i64) -> Result<Bot, ApiError> {
        let bot = accounts::bot(tx.db, bot_id)?;
        self.check_account(bot.account_id).map(|()| bot)
    }

    /// An error unless this is the caller's account.
    fn check_account(&self, account_id: i64) -> Result<(), ApiError> {
        if account_id == self.account_id { Ok(()) } else { Err(ApiError::NotFound) }
    }
}

impl FromRequest<AppState> for AgentRequest {
    type Rejection = AppApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AppApiError> {
        let (mut parts, body) = request.into_parts();
        let token = access_token(&parts.headers)?;
        let path = PathParams::of(&mut parts).await?;
        let account = path.id_if_any("account")?;
        let (actor, account_id) = state.store.transaction(move |tx| authenticate(tx, &token, account)).await?;
        // The body is read only after authentication.
        let params = Params::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self { actor, account_id, params, path })
    }
}

fn access_token(headers: &HeaderMap) -> Result<String, ApiError> {
    let header = headers.get("api_access_token").or_else(|| headers.get("api-access-token"));
    Ok(header.ok_or(ApiError::MissingToken)?.to_str().map_err(|_| ApiError::InvalidToken)?.to_owned())
}

/// The token's holder and their account, which must be the path's, if it has one.
fn authenticate(tx: &Transaction<'_>, token: &str, account: Option<i64>) -> Result<(Actor, i64), ApiError> {
    let (actor, home) = match accounts::user_by_access_token(tx.db, token)? {
        Some(user) => (Actor::User(user.clone()), user.account_id),
        None => match accounts::bot_by_access_token(tx.db, token)? {
            Some(bot) => (Actor::Bot(bot.clone()), bot.account_id),
            None => return Err(ApiError::InvalidToken),
        },
    };
    if account.is_some_and(|account| account != home) {
        return Err(ApiError::NotFound);
    }
    Ok((actor, home))
}
