//! Conversations of the visitor.

use super::request::ClientRequest;
use crate::endpoint::{Answer, empty, json};
use crate::model::{Conversation, Status};
use crate::refusal::Refusal;
use crate::rules::{Actor, conversations as rules, typing};
use crate::serializers::conversation as serializers;
use crate::store::conversations::{self as rows, Whose};
use crate::store::{Turn, contacts};

pub fn list(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let place = request.contact_inbox(turn)?;
    let whose = match (place.hmac_verified, turn.is_4_16()) {
        (false, _) => Whose::ContactInbox(place.id),
        // Those of every inbox, whoever's device they were begun on.
        (true, true) => Whose::Contact(place.contact_id),
        // A bug of the real server, fixed in 4.7.0: clients must live with it.
        (true, false) => return Err(Refusal::fault("the list of a verified contact fails on this version")),
    };
    let mut conversations = rows::list(turn.db, whose)?;
    if turn.is_4_16() {
        // What the server's database does with rows that it doesn't sort: the last written comes last.
        conversations.sort_by_key(|row| row.last_activity_at.max(row.updated_at));
    }
    let listed: Vec<_> = conversations.iter().map(|row| serializers::own(turn, row)).collect::<Result<_, _>>()?;
    json(&listed)
}

pub fn create(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let place = request.contact_inbox(turn)?;
    let conversation = rules::open(turn, &place, request.params.object("custom_attributes"), None)?;
    json(&serializers::own(turn, &conversation)?)
}

pub fn show(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    json(&serializers::own(turn, &conversation)?)
}

/// Only ever resolves.
pub fn toggle_status(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let actor = visitor(turn, &conversation)?;
    // Answered before the survey, which the server sends in a job of its own.
    let resolved = Conversation { status: Status::Resolved, ..conversation.clone() };
    let answer = json(&serializers::own(turn, &resolved)?)?;
    rules::set_status(turn, &conversation, Status::Resolved, None, Some(&actor))?;
    Ok(answer)
}

/// An unknown word is well received and does nothing.
pub fn toggle_typing(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let actor = visitor(turn, &conversation)?;
    typing::set(turn, &conversation, &actor, request.params.text("typing_status").as_deref(), false)?;
    empty()
}

pub fn update_last_seen(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    rules::seen_by_contact(turn, &conversation)?;
    empty()
}

fn visitor(turn: &Turn<'_>, conversation: &Conversation) -> Result<Actor, Refusal> {
    Ok(Actor::Contact(contacts::contact(turn.db, conversation.contact_id)?))
}
