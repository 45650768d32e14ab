//! A request of the client API, and the records that its path names.

use axum::extract::{FromRequest, Request};

use crate::endpoint::PathParams;
use crate::error::ApiError;
use crate::model::{ContactInbox, Conversation, Inbox};
use crate::params::Params;
use crate::rules::identity::{self, Proof};
use crate::state::AppState;
use crate::store::{Transaction, accounts, contacts, conversations};

/// It needs no token: whoever knows an inbox's identifier, a source_id and a display id may read what they name.
pub struct ClientRequest {
    pub path: PathParams,
    pub params: Params,
}

impl FromRequest<AppState> for ClientRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let path = PathParams::of(&mut parts).await?;
        let params = Params::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self { path, params })
    }
}

impl ClientRequest {
    pub fn inbox(&self, tx: &Transaction<'_>) -> Result<Inbox, ApiError> {
        Ok(accounts::inbox_by_identifier(tx.db, self.path.text("inbox")?)?)
    }

    /// The path's contact inbox.
    pub fn contact_inbox(&self, tx: &Transaction<'_>) -> Result<ContactInbox, ApiError> {
        let inbox = self.inbox(tx)?;
        contacts::contact_inbox_by_source(tx.db, inbox.id, self.path.text("source")?)?.ok_or(ApiError::NotFound)
    }

    /// An error if the request has a wrong identifier_hash, or none that the inbox requires.
    pub fn check_identity(&self, inbox: &Inbox) -> Result<Proof, ApiError> {
        let (identifier, hash) = (self.params.text("identifier"), self.params.text("identifier_hash"));
        identity::check(inbox, identifier.as_deref(), hash.as_deref())
    }

    /// The path's conversation, if the contact inbox may use it.
    pub fn conversation(&self, tx: &Transaction<'_>) -> Result<Conversation, ApiError> {
        usable_conversation(tx, &self.contact_inbox(tx)?, self.path.id("id")?)
    }

    /// The path's conversation for the messages' routes. Up to 4.13 these find all conversations of the contact, since 4.14
    /// the same as the other routes.
    pub fn conversation_for_messages(&self, tx: &Transaction<'_>) -> Result<Conversation, ApiError> {
        if tx.is_4_16() {
            return self.conversation(tx);
        }
        conversation_of_contact(tx, &self.contact_inbox(tx)?, self.path.id("id")?)
    }
}

/// A conversation that a contact inbox may use: its own. If it is verified, in a 4.0 those of the contact's other verified
/// contact inboxes in the same inbox as well, and in a 4.16 all of the contact's.
fn usable_conversation(
    tx: &Transaction<'_>,
    contact_inbox: &ContactInbox,
    display_id: i64,
) -> Result<Conversation, ApiError> {
    let conversation = conversation_of_contact(tx, contact_inbox, display_id)?;
    if conversation.contact_inbox_id == contact_inbox.id {
        return Ok(conversation);
    }
    if tx.is_4_16() {
        return if contact_inbox.hmac_verified { Ok(conversation) } else { Err(ApiError::NotFound) };
    }
    let other = contacts::contact_inbox(tx.db, conversation.contact_inbox_id)?;
    let is_shared = contact_inbox.hmac_verified && other.hmac_verified && other.inbox_id == contact_inbox.inbox_id;
    if is_shared { Ok(conversation) } else { Err(ApiError::NotFound) }
}

fn conversation_of_contact(
    tx: &Transaction<'_>,
    contact_inbox: &ContactInbox,
    display_id: i64,
) -> Result<Conversation, ApiError> {
    let contact = contacts::contact(tx.db, contact_inbox.contact_id)?;
    let conversation = conversations::by_display_id(tx.db, contact.account_id, display_id)?;
    if conversation.contact_id == contact.id { Ok(conversation) } else { Err(ApiError::NotFound) }
}
