//! The inbox.

use super::request::ClientRequest;
use crate::endpoint::{Answer, json};
use crate::refusal::Refusal;
use crate::serializers::inbox;
use crate::store::Turn;

pub fn show(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    json(&inbox::own(&request.inbox(turn)?))
}

/// Addresses that exist without doing anything.
pub async fn no_list() -> Refusal {
    Refusal::NotFound
}
