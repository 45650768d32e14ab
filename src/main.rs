//! The wasm binary: all it does is to carry the library's exports to JavaScript. On other machines it does nothing.

#[cfg(all(target_arch = "wasm32", feature = "gallery"))]
pub use natter::gallery::gallery;
#[cfg(target_arch = "wasm32")]
pub use natter::mount::{Handle, mount};

fn main() {}
