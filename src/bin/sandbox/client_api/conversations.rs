//! Conversations of the visitor.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{conversation_of_device, done, inbox, json, place};
use crate::app::App;
use crate::params::Params;
use crate::refusal::Refusal;
use crate::rules::{Actor, conversations as rules, telling};
use crate::shapes;
use crate::store::Turn;
use crate::store::contacts as contact_rows;
use crate::store::conversations::{self as rows, Conversation, Status, Whose};

pub async fn list(
    State(app): State<App>,
    Path((identifier, source)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let place = place(turn, &inbox(turn, &identifier)?, &source)?;
            if place.hmac_verified {
                // A bug of the real server, fixed in later versions: clients must live with it.
                return Err(Refusal::fault("the list of a verified contact fails on this version"));
            }
            let conversations = rows::list(turn.db, Whose::ContactInbox(place.id))?;
            let shapes: Vec<_> =
                conversations.iter().map(|row| shapes::conversation::own(turn, row)).collect::<Result<_, _>>()?;
            json(&shapes)
        })
        .await
}

pub async fn create(
    State(app): State<App>,
    Path((identifier, source)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let place = place(turn, &inbox(turn, &identifier)?, &source)?;
            let custom_attributes = params.object("custom_attributes");
            let conversation = rules::open(turn, &place, custom_attributes, None)?;
            json(&shapes::conversation::own(turn, &conversation)?)
        })
        .await
}

type Address = Path<(String, String, String)>;

pub async fn show(State(app): State<App>, Path(address): Address) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            json(&shapes::conversation::own(turn, &conversation)?)
        })
        .await
}

/// Only ever resolves.
pub async fn toggle_status(
    State(app): State<App>,
    Path(address): Address,
    _params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            let actor = visitor(turn, &conversation)?;
            // Answered before the survey, which the server sends in a job of its own.
            let resolved = Conversation { status: Status::Resolved, ..conversation.clone() };
            let answer = json(&shapes::conversation::own(turn, &resolved)?)?;
            rules::set_status(turn, &conversation, Status::Resolved, None, Some(&actor))?;
            Ok(answer)
        })
        .await
}

/// An unknown word is well received and does nothing.
pub async fn toggle_typing(
    State(app): State<App>,
    Path(address): Address,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            let actor = visitor(turn, &conversation)?;
            match params.text("typing_status").as_deref() {
                Some("on") => telling::typing(turn, &conversation, &actor, true, false)?,
                Some("off") => telling::typing(turn, &conversation, &actor, false, false)?,
                _ => {}
            }
            Ok(done())
        })
        .await
}

pub async fn update_last_seen(
    State(app): State<App>,
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
