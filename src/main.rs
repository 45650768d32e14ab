//! The wasm binary: all it does is to carry the library's exports to JavaScript. On other machines it does nothing.
//! Nothing runs before the first export is called, so a browser downloads no `main` and what Rust puts around it.
#![cfg_attr(target_arch = "wasm32", no_main)]

#[cfg(all(target_arch = "wasm32", feature = "gallery"))]
pub use natter_chat::gallery::gallery;
#[cfg(target_arch = "wasm32")]
pub use natter_chat::mount::{Handle, mount};

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
