//! natter: a chat bubble for Chatwoot's API channel.
//!
//! [`natter_core`] decides and is pure; [`i18n`] has the texts; [`components`] show the view, and dispatch what visitors do
//! through their context, [`chat`]. On wasm32 there are also `platform`, which performs what the core decides, `panel`,
//! which mounts and updates the components, and `mount`, where the two meet. With the feature `component` it has the chat as
//! a component for other applications. ARCHITECTURE.md is the map.

pub mod chat;
#[cfg(feature = "component")]
pub mod component;
pub mod components;
#[cfg(feature = "gallery")]
pub mod gallery;
pub mod i18n;
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "native builds run no JavaScript"))]
mod js;
#[cfg(target_arch = "wasm32")]
pub mod mount;
#[cfg(target_arch = "wasm32")]
pub mod panel;
#[cfg(target_arch = "wasm32")]
pub mod platform;
pub mod transcript;

#[cfg(feature = "component")]
pub use component::{Chat, ChatHandle, ChatProps};

/// The example for Leptos applications is compiled as a documentation test.
#[cfg(all(doctest, feature = "component"))]
#[doc = include_str!("../docs/embedding.md")]
pub struct Embedding;
