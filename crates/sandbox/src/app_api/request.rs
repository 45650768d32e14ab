//! A request of the application API: who makes it, and the records that its address names.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;

use crate::endpoint::PathParams;
use crate::model::{Bot, Contact, Conversation, Inbox, Message, User};
use crate::params::Params;
use crate::refusal::{AgentRefusal, Refusal};
use crate::rules::Actor;
use crate::state::AppState;
use crate::store::{Turn, accounts, contacts, conversations, messages};

/// Made by whoever has the token in its `api_access_token` header. All records are those of the caller's account:
/// others are not found.
pub struct AgentRequest {
    pub actor: Actor,
    pub account_id: i64,
    pub params: Params,
    path: PathParams,
}

impl AgentRequest {
    /// An agent or administrator; a bot may only talk.
    pub fn user(&self) -> Result<&User, Refusal> {
        self.actor.user().ok_or(Refusal::NotAllowed)
    }

    pub fn administrator(&self) -> Result<&User, Refusal> {
        self.user().and_then(|user| if user.is_administrator() { Ok(user) } else { Err(Refusal::NotAllowed) })
    }

    /// The conversation whose display id is the address's `id`.
    pub fn conversation(&self, turn: &Turn<'_>) -> Result<Conversation, Refusal> {
        Ok(conversations::by_display_id(turn.db, self.account_id, self.path.id("id")?)?)
    }

    /// The address's conversation, and its `message` there.
    pub fn message(&self, turn: &Turn<'_>) -> Result<(Conversation, Message), Refusal> {
        let conversation = self.conversation(turn)?;
        let message = messages::in_conversation(turn.db, conversation.id, self.path.id("message")?)?;
        Ok((conversation, message))
    }

    /// The contact with the address's `id`.
    pub fn contact(&self, turn: &Turn<'_>) -> Result<Contact, Refusal> {
        let contact = contacts::contact(turn.db, self.path.id("id")?)?;
        self.own(contact.account_id).map(|()| contact)
    }

    /// The inbox with the address's `id`.
    pub fn inbox(&self, turn: &Turn<'_>) -> Result<Inbox, Refusal> {
        self.inbox_by_id(turn, self.path.id("id")?)
    }

    pub fn inbox_by_id(&self, turn: &Turn<'_>, inbox_id: i64) -> Result<Inbox, Refusal> {
        let inbox = accounts::inbox(turn.db, inbox_id)?;
        self.own(inbox.account_id).map(|()| inbox)
    }

    /// The bot with the address's `id`.
    pub fn bot(&self, turn: &Turn<'_>) -> Result<Bot, Refusal> {
        self.bot_by_id(turn, self.path.id("id")?)
    }

    pub fn bot_by_id(&self, turn: &Turn<'_>, bot_id: i64) -> Result<Bot, Refusal> {
        let bot = accounts::bot(turn.db, bot_id)?;
        self.own(bot.account_id).map(|()| bot)
    }

    fn own(&self, account_id: i64) -> Result<(), Refusal> {
        if account_id == self.account_id { Ok(()) } else { Err(Refusal::NotFound) }
    }
}

impl FromRequest<AppState> for AgentRequest {
    type Rejection = AgentRefusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AgentRefusal> {
        let (mut parts, body) = request.into_parts();
        let token = access_token(&parts.headers)?;
        let path = PathParams::of(&mut parts).await?;
        let account = path.id_if_any("account")?;
        let (actor, account_id) = state.store.perform(move |turn| authenticate(turn, &token, account)).await?;
        // The body is read for those only who may send one.
        let params = Params::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self { actor, account_id, params, path })
    }
}

fn access_token(headers: &HeaderMap) -> Result<String, Refusal> {
    let header = headers.get("api_access_token").or_else(|| headers.get("api-access-token"));
    Ok(header.ok_or(Refusal::SignInFirst)?.to_str().map_err(|_| Refusal::UnknownToken)?.to_owned())
}

/// The token's holder and their account, which must be the one that the address names, if it names one.
fn authenticate(turn: &Turn<'_>, token: &str, account: Option<i64>) -> Result<(Actor, i64), Refusal> {
    let (actor, home) = match accounts::user_by_access_token(turn.db, token)? {
        Some(user) => (Actor::User(user.clone()), user.account_id),
        None => match accounts::bot_by_access_token(turn.db, token)? {
            Some(bot) => (Actor::Bot(bot.clone()), bot.account_id),
            None => return Err(Refusal::UnknownToken),
        },
    };
    if account.is_some_and(|account| account != home) {
        return Err(Refusal::NotFound);
    }
    Ok((actor, home))
}
