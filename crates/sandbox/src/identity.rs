//! Proof of identity: the HMAC of a contact's identifier under the inbox's key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::refusal::Refusal;
use crate::store::accounts::Inbox;

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

pub fn hmac_hex(key: &str, text: &str) -> String {
    // A key of any length is good for HMAC; the empty one stands for the case that can't be.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    mac.map(|mac| hex::encode(mac.chain_update(text.as_bytes()).finalize().into_bytes())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_the_recordings_accept() {
        let hash = hmac_hex("hmacTokenMain00000000001", "hm-1");
        assert_eq!(hash, "7d45512d5bcd95bb51f645c5d19219c5db19b22615afdb42d96183805bc55672");
    }
}
