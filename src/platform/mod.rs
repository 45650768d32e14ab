//! The platform: performs the core's effects with the browser's web APIs, one file each, and reports what happens as
//! events. It decides nothing.

mod clock;
mod driver;
pub mod executor;
mod http;
mod intl;
mod lazy_modules;
mod page_lifecycle;
mod rng;
mod storage;
mod uploads;
mod web_locks;
mod websocket;

pub use driver::{Driver, Output, Reporter};
pub use intl::IntlFormatter;
pub use lazy_modules::LazyModules;
pub use storage::DeviceStorage;
