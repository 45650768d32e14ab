//! The contact.

use super::request::ClientRequest;
use crate::endpoint::{Answer, json};
use crate::model::ContactInbox;
use crate::refusal::Refusal;
use crate::rules::contacts as rules;
use crate::rules::identity::Proof;
use crate::serializers::contact as serializers;
use crate::store::Turn;
use crate::store::contacts as rows;

pub fn create(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let inbox = request.inbox(turn)?;
    // A proof given here lets the request in, but verifies nothing: so it is recorded.
    request.prove(&inbox)?;
    let source_id = request.params.text("source_id");
    let (contact, place) = rules::arrive(turn, &inbox, source_id, &request.params.contact())?;
    json(&serializers::own(&contact, &place))
}

pub fn show(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let place = proven(turn, &request)?;
    json(&serializers::own(&rows::contact(turn.db, place.contact_id)?, &place))
}

pub fn update(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let place = proven(turn, &request)?;
    let contact = rows::contact(turn.db, place.contact_id)?;
    let contact = rules::identify(turn, contact, &request.params.contact())?;
    if turn.is_4_16() {
        return json(&serializers::own(&contact, &place));
    }
    json(&serializers::raw(turn, &contact))
}

/// The address's contact inbox, verified from now on if the request proves the contact's identity.
fn proven(turn: &Turn<'_>, request: &ClientRequest) -> Result<ContactInbox, Refusal> {
    let place = request.contact_inbox(turn)?;
    if request.prove(&request.inbox(turn)?)? == Proof::Given {
        rows::verify(turn.db, place.id, turn.now)?;
    }
    Ok(place)
}
