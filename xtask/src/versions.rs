//! The versions of every tool the project is built and tested with. wasm-bindgen's is not here:
//! the command-line tool must be of exactly the library's version, so Cargo.lock decides.

use std::path::Path;

/// Trunk 0.22 wants a newer compiler than rust-version promises.
pub const TRUNK: &str = "0.21.14";
/// The npm package `binaryen`, whose major number is what `wasm-opt --version` prints.
pub const BINARYEN: &str = "132.0.0";
/// Minifies the release bundle's JavaScript.
pub const ESBUILD: &str = "0.28.2";
/// Finds what keeps people from using the panel.
pub const AXE_CORE: &str = "4.14.1";
/// Checks the types of the API.
pub const TYPESCRIPT: &str = "5.9.3";
/// Changes a site's pages without loading them.
pub const TURBO: &str = "8.0.23";
/// Turbo that removes, when it renders a page anew, what it does not know of. (Later ones do it otherwise.)
pub const TURBO_OLDER: &str = "8.0.4";
/// Changes a site's pages without loading them, too; both lines that are in use.
pub const HTMX: [&str; 2] = ["2.0.11", "4.0.1"];
/// Renders pages as a whole; both lines that are in use.
pub const REACT_DOM: [&str; 2] = ["18.3.1", "19.3.1"];
/// Keeps the focus in its modal dialogs.
pub const BOOTSTRAP: &str = "5.3.9";
/// Keeps the focus in anybody's dialogs.
pub const FOCUS_TRAP: &str = "8.2.4";
/// Replaces a page's `Promise`, as on every classic Angular site.
pub const ZONE_JS: &str = "0.15.1";
/// Replaces a page's `Promise`, too.
pub const BLUEBIRD: &str = "3.7.2";
/// Licences, sources, bans and advisories.
pub const CARGO_DENY: &str = "0.20.2";

/// The version of wasm-bindgen that the project's lock file holds.
pub fn wasm_bindgen(project: &Path) -> Result<String, String> {
    let path = project.join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
    locked_version(&lock, "wasm-bindgen")
        .map(str::to_owned)
        .ok_or_else(|| "Cargo.lock names no wasm-bindgen; `cargo generate-lockfile` writes it anew.".to_owned())
}

fn locked_version<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    lock.split("[[package]]").find_map(|block| (value(block, "name")? == package).then(|| value(block, "version"))?)
}

fn value<'lock>(block: &'lock str, key: &str) -> Option<&'lock str> {
    block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "wasm-bindgen-futures"
version = "0.4.70"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
dependencies = [
 "wasm-bindgen-macro",
]
"#;

    #[test]
    fn the_locked_version_is_that_of_the_package_with_exactly_this_name() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm-bindgen-futures"), Some("0.4.70"));
    }

    #[test]
    fn a_package_that_is_not_locked_has_no_version() {
        assert_eq!(locked_version(LOCK, "wasm"), None);
        assert_eq!(locked_version("", "wasm-bindgen"), None);
    }

    #[test]
    fn trunk_asks_for_the_wasm_opt_that_setup_installs() {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let trunk = std::fs::read_to_string(project.join("Trunk.toml")).unwrap();
        let major = BINARYEN.split('.').next().unwrap();
        assert!(trunk.contains(&format!("wasm_opt = \"version_{major}\"")), "{trunk}");
    }
}
