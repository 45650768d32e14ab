//! HMAC-SHA256 signatures: of identifiers, links to files and webhooks.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 in hex.
pub fn hmac_hex(key: &str, text: &str) -> String {
    // HMAC takes keys of any length, so this never fails.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    mac.map(|mac| hex::encode(mac.chain_update(text.as_bytes()).finalize().into_bytes())).unwrap_or_default()
}

/// Signs what the sandbox puts into its own links: the first 40 digits of the HMAC-SHA256.
pub fn signature(secret: &str, text: &str) -> String {
    let mut signature = hmac_hex(secret, text);
    signature.truncate(40);
    signature
}

/// The key that signs what is posted to a bot, from the database's own secret.
pub fn bot_secret(secret: &str, bot_id: i64) -> String {
    signature(secret, &format!("bot {bot_id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_hash_is_as_recorded() {
        let hash = hmac_hex("hmacTokenMain00000000001", "hm-1");
        assert_eq!(hash, "7d45512d5bcd95bb51f645c5d19219c5db19b22615afdb42d96183805bc55672");
    }
}
