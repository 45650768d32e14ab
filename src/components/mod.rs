//! The panel's components, one file for each thing that a visitor would point at.

pub mod keyed_list;
pub mod media_retry;
pub mod part;
pub mod scrolling;
pub mod sections;
