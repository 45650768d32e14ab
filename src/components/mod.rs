//! The panel's components, one file for each thing that a visitor would point at.

pub mod announcements;
pub mod attachments;
pub mod avatar;
pub mod button;
pub mod composer;
pub mod conversation_list;
pub mod form;
pub mod header;
pub mod icon;
pub mod interactive;
pub mod keyed_list;
pub mod markdown;
pub mod media_retry;
pub mod menu;
pub mod message;
pub mod part;
pub mod pre_chat_form;
pub mod previews;
pub mod row;
pub mod scrolling;
pub mod sections;
pub mod thread;
