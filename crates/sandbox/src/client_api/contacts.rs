//! The contact.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{inbox, json, place};
use crate::model::Inbox;
use crate::params::Params;
use crate::refusal::Refusal;
use crate::rules::contacts::{self as rules, Said};
use crate::rules::identity::{self, Proof};
use crate::serializers;
use crate::state::AppState;
use crate::store::contacts as rows;

pub async fn create(
    State(app): State<AppState>,
    Path(identifier): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let inbox = inbox(turn, &identifier)?;
            // A proof given here lets the request in, but verifies nothing: so it is recorded.
            prove(&inbox, &params)?;
            let source_id = params.text("source_id");
            let (contact, place) = rules::arrive(turn, &inbox, source_id, &said(&params))?;
            json(&serializers::contact::own(&contact, &place))
        })
        .await
}

pub async fn show(
    State(app): State<AppState>,
    Path((identifier, source)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let inbox = inbox(turn, &identifier)?;
            let place = place(turn, &inbox, &source)?;
            if prove(&inbox, &params)? == Proof::Given {
                rows::verify(turn.db, place.id, turn.now)?;
            }
            json(&serializers::contact::own(&rows::contact(turn.db, place.contact_id)?, &place))
        })
        .await
}

pub async fn update(
    State(app): State<AppState>,
    Path((identifier, source)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let inbox = inbox(turn, &identifier)?;
            let place = place(turn, &inbox, &source)?;
            if prove(&inbox, &params)? == Proof::Given {
                rows::verify(turn.db, place.id, turn.now)?;
            }
            let contact = rows::contact(turn.db, place.contact_id)?;
            let contact = rules::identify(turn, contact, &said(&params))?;
            if turn.is_4_16() {
                return json(&serializers::contact::own(&contact, &place));
            }
            json(&serializers::contact::raw(turn, &contact))
        })
        .await
}

fn prove(inbox: &Inbox, params: &Params) -> Result<Proof, Refusal> {
    let (identifier, hash) = (params.text("identifier"), params.text("identifier_hash"));
    identity::check(inbox, identifier.as_deref(), hash.as_deref())
}

fn said(params: &Params) -> Said {
    Said {
        name: params.text("name"),
        email: params.text("email"),
        phone_number: params.text("phone_number"),
        identifier: params.text("identifier"),
        avatar_url: params.text("avatar_url"),
        custom_attributes: params.object("custom_attributes"),
    }
}
