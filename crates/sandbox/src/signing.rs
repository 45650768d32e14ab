//! HMAC-SHA256: proofs of identity, links to files, callbacks.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub fn hmac_hex(key: &str, text: &str) -> String {
    // A key of any length is good for HMAC; the empty one stands for the case that can't be.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    mac.map(|mac| hex::encode(mac.chain_update(text.as_bytes()).finalize().into_bytes())).unwrap_or_default()
}

/// A token that proves an address was given out by us: the first half of the HMAC-SHA256 in hex.
pub fn signature(secret: &str, text: &str) -> String {
    let mut mark = hmac_hex(secret, text);
    mark.truncate(40);
    mark
}

/// Signs what is posted to a bot's URL.
pub fn bot_secret(secret: &str, bot_id: i64) -> String {
    signature(secret, &format!("bot {bot_id}"))
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
