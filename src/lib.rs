//! natter: a chat bubble for Chatwoot's API channel.
//!
//! [`natter_core`] decides and is pure; [`i18n`] is every sentence; [`paint`] draws what there is to see. On wasm32 there are also `platform`, which performs what the core decides, `ui`, which puts what is
//! painted into the page, and `mount`, where the two meet. ARCHITECTURE.md is the map.

#[cfg(feature = "gallery")]
pub mod gallery;
pub mod i18n;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
pub mod mount;
pub mod paint;
#[cfg(target_arch = "wasm32")]
pub mod platform;
#[cfg(target_arch = "wasm32")]
pub mod ui;

/// Where everything lives: less to download than Rust's own allocator.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
