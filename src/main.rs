//! The wasm entry.
fn main() {}
