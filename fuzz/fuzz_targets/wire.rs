//! Fuzz target: gives the fuzzer's input to every parser of the core, and runs it as a script of events on a client.
//!
//! ```sh
//! mkdir -p fuzz/corpus/wire
//! cargo +nightly fuzz run wire fuzz/corpus/wire fuzz/seeds crates/core/tests/fixtures/chatwoot -- -dict=fuzz/wire.dict
//! ```
//!
//! Add each finding to `crates/core/tests/hostile` as a test.
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
