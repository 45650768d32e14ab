//! A request of the client API, and the records that its address names.

use axum::extract::{FromRequest, Request};

use crate::endpoint::PathParams;
use crate::model::{ContactInbox, Conversation, Inbox};
use crate::params::Params;
use crate::refusal::Refusal;
use crate::rules::identity::{self, Proof};
use crate::state::AppState;
use crate::store::{Turn, accounts, contacts, conversations};

/// Made by anybody: an inbox's identifier, a source_id and a conversation's number lead to what they name.
pub struct ClientRequest {
    pub path: PathParams,
    pub params: Params,
}

impl FromRequest<AppState> for ClientRequest {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let path = PathParams::of(&mut parts).await?;
        let params = Params::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self { path, params })
    }
}

impl ClientRequest {
    pub fn inbox(&self, turn: &Turn<'_>) -> Result<Inbox, Refusal> {
        Ok(accounts::inbox_by_identifier(turn.db, self.path.text("inbox")?)?)
    }

    /// The contact's place in the address's inbox.
    pub fn contact_inbox(&self, turn: &Turn<'_>) -> Result<ContactInbox, Refusal> {
        let inbox = self.inbox(turn)?;
        contacts::contact_inbox_by_source(turn.db, inbox.id, self.path.text("source")?)?.ok_or(Refusal::NotFound)
    }

    /// Lets the request through if it proves the contact's identity, or needs no proof.
    pub fn prove(&self, inbox: &Inbox) -> Result<Proof, Refusal> {
        let (identifier, hash) = (self.params.text("identifier"), self.params.text("identifier_hash"));
        identity::check(inbox, identifier.as_deref(), hash.as_deref())
    }

    pub fn conversation(&self, turn: &Turn<'_>) -> Result<Conversation, Refusal> {
        conversation_of_device(turn, &self.contact_inbox(turn)?, self.path.id("id")?)
    }

    /// A conversation as the messages' addresses find it: since 4.14 as show does, before that of the contact, whichever
    /// device.
    pub fn conversation_of_messages(&self, turn: &Turn<'_>) -> Result<Conversation, Refusal> {
        if turn.is_4_16() {
            return self.conversation(turn);
        }
        conversation_of_contact(turn, &self.contact_inbox(turn)?, self.path.id("id")?)
    }
}

/// A conversation as show and the like find it: of this device, or of any verified device of a verified contact; since
/// 4.7 a verified device finds all of its contact's, of every inbox.
fn conversation_of_device(turn: &Turn<'_>, place: &ContactInbox, display_id: i64) -> Result<Conversation, Refusal> {
    let conversation = conversation_of_contact(turn, place, display_id)?;
    if conversation.contact_inbox_id == place.id {
        return Ok(conversation);
    }
    if turn.is_4_16() {
        return if place.hmac_verified { Ok(conversation) } else { Err(Refusal::NotFound) };
    }
    let other = contacts::contact_inbox(turn.db, conversation.contact_inbox_id)?;
    let is_shared = place.hmac_verified && other.hmac_verified && other.inbox_id == place.inbox_id;
    if is_shared { Ok(conversation) } else { Err(Refusal::NotFound) }
}

fn conversation_of_contact(turn: &Turn<'_>, place: &ContactInbox, display_id: i64) -> Result<Conversation, Refusal> {
    let contact = contacts::contact(turn.db, place.contact_id)?;
    let conversation = conversations::by_display_id(turn.db, contact.account_id, display_id)?;
    if conversation.contact_id == contact.id { Ok(conversation) } else { Err(Refusal::NotFound) }
}
