//! Proof of identity: the HMAC of a contact's identifier under the inbox's key.

use subtle::ConstantTimeEq;

use crate::model::Inbox;
use crate::refusal::Refusal;
use crate::signing::hmac_hex;

/// Lets a request through that proves itself, or needs no proof. The server hashes a missing identifier as an empty one.
pub fn check(inbox: &Inbox, identifier: Option<&str>, hash: Option<&str>) -> Result<Proof, Refusal> {
    let hash = hash.filter(|hash| !hash.trim().is_empty());
    let Some(hash) = hash else {
        return if inbox.hmac_mandatory {
            Err(Refusal::fault("the inbox asks for an identifier_hash and none came"))
        } else {
            Ok(Proof::NotNeeded)
        };
    };
    let expected = hmac_hex(&inbox.hmac_token, identifier.unwrap_or(""));
    if bool::from(expected.as_bytes().ct_eq(hash.as_bytes())) {
        Ok(Proof::Given)
    } else {
        Err(Refusal::fault("the identifier_hash does not fit the identifier"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Given,
    NotNeeded,
}
