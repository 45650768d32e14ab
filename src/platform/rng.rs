//! Random numbers from the browser's crypto.

use natter_core::rng::Seed;

/// Draws a seed for a chat client.
#[must_use]
pub fn seed() -> Seed {
    let mut bytes = [0_u8; 64];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    let is_filled = crypto.is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !is_filled {
        // Every browser that runs wasm has crypto; where the host page has broken it, Math.random has to do.
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    let mut words = bytes.chunks_exact(8).map(|word| {
        let mut number = [0; 8];
        number.copy_from_slice(word);
        u64::from_le_bytes(number)
    });
    let mut four = || [(); 4].map(|()| words.next().unwrap_or(1));
    Seed { identity: four(), general: four() }
}
