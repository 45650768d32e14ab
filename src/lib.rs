//! natter: a chat bubble for Chatwoot's API channel.
//!
//! [`natter_core`] decides and is pure; [`i18n`] is every sentence; [`paint`] draws what there is to see. On wasm32 there are also `platform`, which performs what the core decides, `ui`, which puts what is
//! painted into the page, and `mount`, where the two meet. ARCHITECTURE.md is the map.

// clippy.toml says what is not for visitors to download.
#![cfg_attr(target_arch = "wasm32", warn(clippy::disallowed_macros, clippy::disallowed_methods))]

pub mod chat;
pub mod components;
#[cfg(feature = "gallery")]
#[allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "no visitor downloads it")]
pub mod gallery;
pub mod i18n;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
pub mod mount;
#[cfg(target_arch = "wasm32")]
pub mod panel;
#[cfg(target_arch = "wasm32")]
pub mod platform;
pub mod transcript;
