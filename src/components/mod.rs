//! The panel's components, one file for each thing that a visitor would point at.

pub mod attachments;
pub mod avatar;
pub mod conversation_list;
pub mod form;
pub mod icon;
pub mod interactive;
pub mod keyed_list;
pub mod markdown;
pub mod media_retry;
pub mod message;
pub mod part;
pub mod pre_chat_form;
pub mod scrolling;
pub mod sections;
pub mod thread;
