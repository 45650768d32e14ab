//! Icons: one component, so that they cost one.

use leptos::prelude::*;

/// Two strokes that cross.
pub const CLOSE: &str = "M6 6l12 12M18 6L6 18";
/// An arrow up.
pub const SEND: &str = "M12 19V5M5.5 11.5L12 5l6.5 6.5";

/// A line drawing on a 24 by 24 grid; it says nothing, its control has the name.
#[component]
pub fn Icon(
    /// An SVG path.
    path: &'static str,
) -> impl IntoView {
    view! {
        <svg class={"icon"} viewBox={"0 0 24 24"} aria-hidden={"true"}>
            <path d={path}/>
        </svg>
    }
}
