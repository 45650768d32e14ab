//! The release bundle as it is uploaded: the loader, and a folder with all that it fetches. The folder's name is a
//! fingerprint of its content, so it can be cached for ever and a page never mixes two versions. The loader and the list
//! `list.json` have the integrity hash of every file.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::files::{create_dir, files_below, is_javascript, read_bytes, read_text, relative_name, write};

/// Files that every chat fetches: the loader has their hashes. `list.json` has those of all others.
const HASHED_IN_LOADER: [&str; 2] = ["panel.js", "natter_bg.wasm"];
const LIST: &str = "list.json";
/// The files and folders of the bundle that the loader fetches. (natter.js is a part of panel.js once that is bundled.)
const FETCHED: [&str; 5] = ["panel.js", "natter.js", "natter_bg.wasm", "parts", "locales"];
/// The placeholder for the hashes in embed.js, before and after minification.
const PLACEHOLDERS: [&str; 2] = ["{ at: \"\", hashes: \"@assets@\" }", "{at:\"\",hashes:\"@assets@\"}"];

/// Moves the fetched files of the bundle in `folder` into the fingerprinted folder, and writes their hashes.
pub fn run(folder: &Path) -> Result<(), String> {
    let fetched: Vec<&str> = FETCHED.into_iter().filter(|name| folder.join(name).exists()).collect();
    let (mut hashes, mut modules) = (Vec::new(), Vec::new());
    for name in &fetched {
        for path in files_below(&folder.join(name))? {
            let name = relative_name(&path, folder);
            if is_javascript(&path) {
                modules.push(name.clone());
            }
            hashes.push((name, integrity(&read_bytes(&path)?)));
        }
    }
    hashes.sort();
    let (in_loader, listed): (Vec<_>, Vec<_>) =
        hashes.into_iter().partition(|(name, _)| HASHED_IN_LOADER.contains(&&**name));
    let list = Value::Object(object(&listed)).to_string();
    let in_loader = [in_loader, vec![(LIST.to_owned(), integrity(list.as_bytes()))]].concat();
    let version: String =
        hex(&Sha256::digest(Value::Object(object(&in_loader)).to_string())).chars().take(12).collect();

    let loader = folder.join("embed.js");
    let assets = loader_assets(&version, &in_loader, imports(folder, &modules)?);
    write(&loader, with_assets(&read_text(&loader)?, &assets)?)?;
    let home = folder.join(version);
    create_dir(&home)?;
    for name in fetched {
        fs::rename(folder.join(name), home.join(name)).map_err(|error| format!("{name} can't be moved: {error}."))?;
    }
    write(&home.join(LIST), list)
}

/// The object that the loader has of its files: the folder, the hashes, and the imports of modules that are not bundled.
fn loader_assets(version: &str, hashes: &[(String, String)], imports: Map<String, Value>) -> String {
    let mut members = object(hashes);
    members.insert("at".to_owned(), format!("{version}/").into());
    if !imports.is_empty() {
        members.insert("imports".to_owned(), imports.into());
    }
    Value::Object(members).to_string()
}

fn with_assets(script: &str, assets: &str) -> Result<String, String> {
    let placeholder = PLACEHOLDERS.iter().find(|placeholder| script.matches(**placeholder).count() == 1);
    placeholder.map(|placeholder| script.replace(placeholder, assets)).ok_or_else(|| {
        "embed.js has no placeholder, or several, for the hashes of the files: see PLACEHOLDERS in fingerprint.rs."
            .to_owned()
    })
}

/// A file's hash as the `integrity` attribute wants it.
fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An object of these strings.
fn object(members: &[(String, String)]) -> Map<String, Value> {
    members.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect()
}

/// For each module that imports others, a list of all that it imports, directly or not. `import()` checks no hash, so
/// the loader has these checked first. Bundled modules import nothing.
fn imports(folder: &Path, modules: &[String]) -> Result<Map<String, Value>, String> {
    let mut imports = Map::new();
    for module in modules {
        let mut found = Vec::new();
        let mut next = vec![module.clone()];
        while let Some(name) = next.pop() {
            for other in direct_imports(&name, &read_text(&folder.join(&name))?) {
                if !found.contains(&other) {
                    next.push(other.clone());
                    found.push(other);
                }
            }
        }
        if !found.is_empty() {
            found.sort();
            imports.insert(module.clone(), found.into());
        }
    }
    Ok(imports)
}

/// The modules that a module imports, by their paths in the bundle. It finds imports that are a line each, as all modules
/// of this project write them.
fn direct_imports(module: &str, text: &str) -> Vec<String> {
    let folder = module.rsplit_once('/').map_or("", |(folder, _)| folder);
    let lines = text.lines().filter(|line| line.starts_with("import ") || line.starts_with("export "));
    let paths = lines.filter_map(|line| line.trim_end_matches(';').rsplit_once(" from \"")?.1.strip_suffix('"'));
    paths
        .map(|path| {
            let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
            for part in path.split('/') {
                match part {
                    "." => {}
                    ".." => drop(parts.pop()),
                    name => parts.push(name),
                }
            }
            parts.join("/")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integrity_is_the_base64_of_the_sha256() {
        // As `openssl dgst -sha256 -binary | base64` prints it.
        assert_eq!(integrity(b"chat"), "sha256-MeBvfYn+uZoObAr/4Zh0jDu1vvXjzJLZXLnplhl9P8M=");
    }

    #[test]
    fn the_loader_placeholder_must_be_there_once() {
        for placeholder in PLACEHOLDERS {
            assert_eq!(with_assets(&format!("const A = {placeholder};"), "{}"), Ok("const A = {};".to_owned()));
            assert!(with_assets(&format!("{placeholder}{placeholder}"), "{}").is_err());
        }
        assert!(with_assets("const A = 1;", "{}").is_err());
    }

    #[test]
    fn the_loader_has_the_placeholder() {
        let embed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../embed/embed.js");
        assert!(with_assets(&fs::read_to_string(embed).unwrap(), "{}").is_ok());
    }

    #[test]
    fn fetched_files_lie_in_a_folder_named_by_their_fingerprint() {
        let folder = bundle(&[
            ("embed.js", PLACEHOLDERS[1]),
            ("panel.js", "p"),
            ("natter_bg.wasm", "w"),
            ("parts/emoji.js", "e"),
            ("locales/de.json", "d"),
            ("index.html", "i"),
        ]);
        let folder = folder.path();
        run(folder).unwrap();
        let loader = fs::read_to_string(folder.join("embed.js")).unwrap();
        let assets: Value = serde_json::from_str(&loader).unwrap();
        let asset = |name: &str| assets[name].as_str().unwrap().to_owned();
        let home = folder.join(asset("at"));
        assert_eq!(asset("panel.js"), integrity(b"p"));
        let list = fs::read_to_string(home.join(LIST)).unwrap();
        assert_eq!(asset(LIST), integrity(list.as_bytes()));
        let listed: Map<String, Value> = serde_json::from_str(&list).unwrap();
        assert_eq!(listed.keys().collect::<Vec<_>>(), ["locales/de.json", "parts/emoji.js"]);
        assert!(home.join("parts/emoji.js").is_file() && folder.join("index.html").is_file());
    }

    #[test]
    fn the_loader_knows_direct_and_indirect_imports() {
        let folder = bundle(&[
            ("embed.js", PLACEHOLDERS[1]),
            (
                "panel.js",
                "// A\nimport initialize, { mount } from \"./natter.js\";\nimport { page } from \"./parts/page.js\";\n",
            ),
            ("natter.js", "export { a };"),
            ("natter_bg.wasm", "w"),
            ("parts/page.js", "export const page = 1;"),
            (
                "parts/voice.js",
                "import { record } from './x';\nimport { record } from \"./recorder.js\";\nconst a = 1;",
            ),
            ("parts/recorder.js", "import { page } from \"../parts/page.js\";"),
            ("locales/de.json", "{}"),
        ]);
        run(folder.path()).unwrap();
        let assets = fs::read_to_string(folder.path().join("embed.js")).unwrap();
        let assets: Value = serde_json::from_str(&assets).unwrap();
        let expected = json!({
            "panel.js": ["natter.js", "parts/page.js"],
            "parts/recorder.js": ["parts/page.js"],
            "parts/voice.js": ["parts/page.js", "parts/recorder.js"],
        });
        assert_eq!(assets["imports"], expected);
    }

    #[test]
    fn every_import_in_embed_is_found() {
        let embed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../embed");
        for path in files_below(&embed).unwrap().iter().filter(|path| is_javascript(path)) {
            let text = fs::read_to_string(path).unwrap();
            let name = relative_name(path, &embed);
            let found = direct_imports(&name, &text);
            let code = text.lines().filter(|line| !line.trim_start().starts_with(['/', '*']));
            let written = code.filter(|line| line.contains("import ") && line.contains(" from ")).count();
            assert_eq!(found.len(), written, "{name}");
            assert!(found.iter().all(|name| name == "natter.js" || embed.join(name).is_file()), "{name}: {found:?}");
        }
    }

    fn bundle(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }
}
