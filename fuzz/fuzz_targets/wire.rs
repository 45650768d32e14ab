//! Every reader of the core, and a widget's whole client, on whatever the fuzzer comes up with.
//!
//! ```sh
//! mkdir -p fuzz/corpus/wire
//! cargo +nightly fuzz run wire fuzz/corpus/wire fuzz/seeds crates/core/tests/fixtures/chatwoot -- -dict=fuzz/wire.dict
//! ```
//!
//! What it finds belongs into `crates/core/tests/hostile` as well, where it is tried for good.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/core/tests/support/fuzz_harness.rs"]
mod fuzz_harness;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for (_, read) in fuzz_harness::PARSERS {
        read(&text);
    }
    fuzz_harness::run_script(&text);
});
