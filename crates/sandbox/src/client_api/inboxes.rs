//! The inbox, as a visitor sees it.

use super::request::ClientRequest;
use crate::endpoint::{Answer, json};
use crate::error::ApiError;
use crate::serializers::inbox;
use crate::store::Transaction;

pub fn show(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    json(&inbox::for_client_api(&request.inbox(tx)?))
}

/// Routes that exist and answer 404, as recorded.
pub async fn no_list() -> ApiError {
    ApiError::NotFound
}
