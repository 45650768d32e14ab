//! Every reader of the core, and a widget's whole life, on whatever the fuzzer comes up with.
//!
//! ```sh
//! mkdir -p fuzz/corpus/wire
//! cargo +nightly fuzz run wire fuzz/corpus/wire fuzz/seeds crates/core/tests/fixtures/wire -- -dict=fuzz/wire.dict
//! ```
//!
//! What it finds belongs into `crates/core/tests/hostile` as well, where it is tried for good.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/support/surfaces.rs"]
mod surfaces;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for (_, read) in surfaces::READERS {
        read(&text);
    }
    surfaces::live_through(&text);
});
