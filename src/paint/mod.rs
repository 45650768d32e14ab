//! What there is to see, drawn as trees of [`Node`]s: pure functions from the view's slices and the visitor's language.
//!
//! The browser's side (`ui`) makes elements of them and changes as little as it can when they are drawn again. So what
//! is painted in any state can be told, and tested, without a browser.

mod asked;
mod composer;
mod conversations;
mod face;
mod files;
mod header;
mod icon;
mod introduction;
mod markdown;
mod menu;
mod node;
mod previews;
mod row;
mod thread;
mod transcript;
mod wish;
mod words;

pub use composer::composer;
pub use header::header;
pub use node::{Act, Element, Node, Parts, Place, el};
pub use previews::previews;
pub use thread::thread;
pub use transcript::transcript;
pub use wish::Wish;
pub use words::Words;
