//! The versions of the tools that the project is built and tested with. The version of wasm-bindgen's command-line tool
//! must equal that of the library, so it is read from Cargo.lock.

use crate::env::Env;
use crate::steps::stdout_of;

/// Builds and serves the widget. Trunk 0.22 needs a newer compiler than Cargo.toml's rust-version.
pub const TRUNK: &str = "0.21.14";
/// The npm package `binaryen`, whose major number is what `wasm-opt --version` prints.
pub const BINARYEN: &str = "132.0.0";
/// Minifies the release bundle's JavaScript and CSS.
pub const ESBUILD: &str = "0.28.2";
/// Finds accessibility faults in the gallery.
pub const AXE_CORE: &str = "4.14.1";
/// Checks the types of the API.
pub const TYPESCRIPT: &str = "5.9.3";
/// Navigates without loading pages (Hotwire).
pub const TURBO: &str = "8.0.23";
/// The last Turbo that removes unknown elements from the body when it renders a page again.
pub const TURBO_OLDER: &str = "8.0.4";
/// Replaces parts of pages; both release lines in use.
pub const HTMX: [&str; 2] = ["2.0.11", "4.0.1"];
/// Renders pages as a whole; both release lines in use.
pub const REACT_DOM: [&str; 2] = ["18.3.1", "19.3.1"];
/// Its modal dialogs trap the focus.
pub const BOOTSTRAP: &str = "5.3.9";
/// Traps the focus in any element.
pub const FOCUS_TRAP: &str = "8.2.4";
/// Replaces the global `Promise`, as on every classic Angular site.
pub const ZONE_JS: &str = "0.15.1";
/// Replaces the global `Promise`, too.
pub const BLUEBIRD: &str = "3.7.2";
/// Checks licences, sources, bans and advisories.
pub const CARGO_DENY: &str = "0.20.2";

/// The version of wasm-bindgen in Cargo.lock.
pub fn wasm_bindgen(env: &Env) -> Result<String, String> {
    // `registry+https://…#wasm-bindgen@0.2.130`
    stdout_of(env.command("cargo").args(["pkgid", "wasm-bindgen"]))
        .and_then(|id| Some(id.rsplit_once('@')?.1.to_owned()))
        .ok_or_else(|| "Cargo.lock names no wasm-bindgen; `cargo generate-lockfile` writes it anew.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_wasm_bindgen_is_that_of_the_lock_file() {
        let env = Env::detect().unwrap();
        let version = wasm_bindgen(&env).unwrap();
        let lock = std::fs::read_to_string(env.project.join("Cargo.lock")).unwrap();
        let pinned = format!("name = \"wasm-bindgen\"\nversion = \"{version}\"\n");
        assert!(lock.contains(&pinned), "{version}");
        let other = env.project.join("examples/leptos-app/Cargo.lock");
        let other = std::fs::read_to_string(other).unwrap();
        assert!(other.contains(&pinned), "{version}: the example application is built with the same tool");
    }

    #[test]
    fn trunk_asks_for_the_wasm_opt_that_setup_installs() {
        let trunk = std::fs::read_to_string(Env::detect().unwrap().project.join("Trunk.toml")).unwrap();
        let major = BINARYEN.split('.').next().unwrap();
        assert!(trunk.contains(&format!("wasm_opt = \"version_{major}\"")), "{trunk}");
    }
}
