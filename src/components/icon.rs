//! Icons: line drawings on a 24 by 24 grid.

use leptos::prelude::*;

/// Two strokes that cross.
pub const CLOSE: &str = "M6 6l12 12M18 6L6 18";
/// An arrow up.
pub const SEND: &str = "M12 19V5M5.5 11.5L12 5l6.5 6.5";
/// A chevron back.
pub const BACK: &str = "M15 5l-7 7 7 7";
/// Three dots.
pub const MORE: &str = "M12 5v.01M12 12v.01M12 19v.01";
/// An arrow down.
pub const DOWN: &str = "M12 5v14M5.5 12.5L12 19l6.5-6.5";
/// A paper clip.
pub const CLIP: &str =
    "M19 11.5l-7.3 7.3a4.6 4.6 0 0 1-6.5-6.5l8-8a3 3 0 0 1 4.3 4.3l-7.6 7.6a1.5 1.5 0 0 1-2.1-2.1l6.9-6.9";
/// A face that smiles.
pub const SMILE: &str = "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8.5 14c1.8 2.7 5.2 2.7 7 0M9 9.5v.5M15 9.5v.5";
/// A microphone on its stand.
pub const MICROPHONE: &str =
    "M12 3.5a2.7 2.7 0 0 1 2.7 2.7v5.3a2.7 2.7 0 0 1-5.4 0v-5.3a2.7 2.7 0 0 1 2.7-2.7zM6 11.5a6 6 0 0 0 12 0M12 17.5v3";
/// A sheet with a folded corner.
pub const FILE: &str = "M6 3.5h8l4.5 4.5v12.5h-12.5zM14 3.5v4.5h4.5";
/// Two links of a chain.
pub const LINK: &str =
    "M10.5 14a4 4 0 0 0 5.7 0l2.6-2.6a4 4 0 0 0-5.7-5.7l-1 1M13.5 10a4 4 0 0 0-5.7 0l-2.6 2.6a4 4 0 0 0 5.7 5.7l1-1";
/// A telephone's receiver.
pub const PHONE: &str = "M8.5 4L5 5.2C4.5 12.5 11.5 19.5 18.8 19l1.2-3.5-4-2-1.8 2c-2.7-1-4.7-3-5.7-5.7l2-1.8z";
/// A pin in a map.
pub const PLACE: &str =
    "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z";

/// An icon. Screen readers skip it: its control has a name.
pub fn icon(path: &'static str) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=path /></svg> }
}
