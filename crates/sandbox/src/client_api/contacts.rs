//! The contact's own record.

use super::request::ClientRequest;
use crate::endpoint::{Answer, json};
use crate::error::ApiError;
use crate::model::ContactInbox;
use crate::rules::contacts as rules;
use crate::rules::identity::Proof;
use crate::serializers::contact as serializers;
use crate::store::Transaction;
use crate::store::contacts as rows;

pub fn create(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let inbox = request.inbox(tx)?;
    // A hash is checked here but doesn't verify the contact inbox, as recorded.
    request.check_identity(&inbox)?;
    let source_id = request.params.text("source_id");
    let (contact, contact_inbox) = rules::find_or_create(tx, &inbox, source_id, &request.params.contact())?;
    json(&serializers::for_client_api(&contact, &contact_inbox))
}

pub fn show(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let contact_inbox = contact_inbox(tx, &request)?;
    json(&serializers::for_client_api(&rows::contact(tx.db, contact_inbox.contact_id)?, &contact_inbox))
}

pub fn update(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let contact_inbox = contact_inbox(tx, &request)?;
    let contact = rows::contact(tx.db, contact_inbox.contact_id)?;
    let contact = rules::identify(tx, contact, &request.params.contact())?;
    if tx.is_4_16() {
        return json(&serializers::for_client_api(&contact, &contact_inbox));
    }
    json(&serializers::record(tx, &contact))
}

/// The path's contact inbox. A request with a valid identifier_hash verifies it.
fn contact_inbox(tx: &Transaction<'_>, request: &ClientRequest) -> Result<ContactInbox, ApiError> {
    let contact_inbox = request.contact_inbox(tx)?;
    if request.check_identity(&request.inbox(tx)?)? == Proof::Given {
        rows::verify(tx.db, contact_inbox.id, tx.now)?;
    }
    Ok(contact_inbox)
}
