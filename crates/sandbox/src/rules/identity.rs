//! Identity validation: a contact's `identifier_hash` is the HMAC of its identifier under the inbox's key.

use subtle::ConstantTimeEq;

use crate::error::ApiError;
use crate::model::Inbox;
use crate::signing::hmac_hex;

/// Checks the hash that a request has, if any. The server takes a missing identifier for an empty one, and answers a
/// wrong or missing hash with 500, as recorded.
pub fn check(inbox: &Inbox, identifier: Option<&str>, hash: Option<&str>) -> Result<Proof, ApiError> {
    let hash = hash.filter(|hash| !hash.trim().is_empty());
    let Some(hash) = hash else {
        return if inbox.hmac_mandatory {
            Err(ApiError::internal("the inbox requires an identifier_hash and there is none"))
        } else {
            Ok(Proof::NotNeeded)
        };
    };
    let expected = hmac_hex(&inbox.hmac_token, identifier.unwrap_or(""));
    if bool::from(expected.as_bytes().ct_eq(hash.as_bytes())) {
        Ok(Proof::Given)
    } else {
        Err(ApiError::internal("the identifier_hash is not that of the identifier"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Given,
    NotNeeded,
}
