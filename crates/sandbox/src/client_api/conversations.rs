//! Conversations of the visitor.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{conversation_of_device, done, inbox, json, place};
use crate::model::{Conversation, Status};
use crate::params::Params;
use crate::refusal::Refusal;
use crate::rules::{Actor, conversations as rules, typing};
use crate::serializers;
use crate::state::AppState;
use crate::store::Turn;
use crate::store::contacts as contact_rows;
use crate::store::conversations::{self as rows, Whose};

pub async fn list(
    State(app): State<AppState>,
    Path((identifier, source)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let place = place(turn, &inbox(turn, &identifier)?, &source)?;
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
            let shapes: Vec<_> =
                conversations.iter().map(|row| serializers::conversation::own(turn, row)).collect::<Result<_, _>>()?;
            json(&shapes)
        })
        .await
}

pub async fn create(
    State(app): State<AppState>,
    Path((identifier, source)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let place = place(turn, &inbox(turn, &identifier)?, &source)?;
            let custom_attributes = params.object("custom_attributes");
            let conversation = rules::open(turn, &place, custom_attributes, None)?;
            json(&serializers::conversation::own(turn, &conversation)?)
        })
        .await
}

type Address = Path<(String, String, String)>;

pub async fn show(State(app): State<AppState>, Path(address): Address) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            json(&serializers::conversation::own(turn, &conversation)?)
        })
        .await
}

/// Only ever resolves.
pub async fn toggle_status(
    State(app): State<AppState>,
    Path(address): Address,
    _params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            let actor = visitor(turn, &conversation)?;
            // Answered before the survey, which the server sends in a job of its own.
            let resolved = Conversation { status: Status::Resolved, ..conversation.clone() };
            let answer = json(&serializers::conversation::own(turn, &resolved)?)?;
            rules::set_status(turn, &conversation, Status::Resolved, None, Some(&actor))?;
            Ok(answer)
        })
        .await
}

/// An unknown word is well received and does nothing.
pub async fn toggle_typing(
    State(app): State<AppState>,
    Path(address): Address,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            let actor = visitor(turn, &conversation)?;
            typing::set(turn, &conversation, &actor, params.text("typing_status").as_deref(), false)?;
            Ok(done())
        })
        .await
}

pub async fn update_last_seen(
    State(app): State<AppState>,
    Path(address): Address,
    _params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            rules::seen_by_contact(turn, &conversation)?;
            Ok(done())
        })
        .await
}

fn find(turn: &Turn<'_>, (identifier, source, id): &(String, String, String)) -> Result<Conversation, Refusal> {
    let place = place(turn, &inbox(turn, identifier)?, source)?;
    conversation_of_device(turn, &place, id)
}

fn visitor(turn: &Turn<'_>, conversation: &Conversation) -> Result<Actor, Refusal> {
    Ok(Actor::Contact(contact_rows::contact(turn.db, conversation.contact_id)?))
}
