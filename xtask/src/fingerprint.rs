//! The release bundle as it is uploaded: the loader, and a folder for all it fetches. The folder bears the name of its
//! content, so it can be kept for ever, and a page never mixes two versions; the loader knows what each file must be.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use crate::json;

/// What the loader fetches for every chat, and so knows by itself; of all others there is a list.
const KNOWN: [&str; 2] = ["panel.js", "natter_bg.wasm"];
const LIST: &str = "list.json";
/// What of the bundle is fetched by the loader.
const FETCHED: [&str; 5] = ["panel.js", "natter.js", "natter_bg.wasm", "parts", "locales"];
/// What embed.js says of where the rest is, before and after it was minified.
const PLACES: [&str; 2] = ["{ at: \"\", stamp: \"@assets@\" }", "{at:\"\",stamp:\"@assets@\"}"];

/// Packs the bundle in `folder`.
pub fn run(folder: &Path) -> Result<(), String> {
    let mut files = Vec::new();
    // The glue is a file of its own where nothing was minified.
    let fetched = FETCHED.into_iter().filter(|name| folder.join(name).exists());
    let fetched: Vec<&str> = fetched.collect();
    for name in &fetched {
        files.extend(files_below(&folder.join(name))?);
    }
    let (mut hashes, mut modules) = (Vec::new(), Vec::new());
    for path in files {
        let bytes = fs::read(&path).map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if name.ends_with(".js") {
            modules.push(name.clone());
        }
        hashes.push((name, integrity(&bytes)));
    }
    hashes.sort();
    let (known, listed): (Vec<_>, Vec<_>) = hashes.into_iter().partition(|(name, _)| KNOWN.contains(&&**name));
    let list = object(&listed);
    let mut known = [known, vec![(LIST.to_owned(), integrity(list.as_bytes()))]].concat();
    let version: String = hex(&Sha256::digest(object(&known))).chars().take(12).collect();
    known.insert(0, ("at".to_owned(), format!("{version}/")));
    let mut assets: Vec<(String, String)> =
        known.into_iter().map(|(name, value)| (name, json::string(&value))).collect();
    let imports = imports(folder, &modules)?;
    if !imports.is_empty() {
        assets.push(("imports".to_owned(), members(&imports)));
    }

    let loader = folder.join("embed.js");
    let script = fs::read_to_string(&loader).map_err(|error| format!("embed.js can't be read: {error}."))?;
    write(&loader, &stamped(&script, &members(&assets))?)?;
    let home = folder.join(version);
    fs::create_dir_all(&home).map_err(|error| format!("{} can't be made: {error}.", home.display()))?;
    for name in fetched {
        fs::rename(folder.join(name), home.join(name)).map_err(|error| format!("{name} can't be moved: {error}."))?;
    }
    write(&home.join(LIST), &list)
}

fn stamped(script: &str, assets: &str) -> Result<String, String> {
    let place = PLACES.iter().find(|place| script.matches(**place).count() == 1);
    place.map(|place| script.replace(place, assets)).ok_or_else(|| {
        "embed.js has no place, or several, for what it is to know of the files beside it: see PLACES in pack.rs."
            .to_owned()
    })
}

/// As a page's `integrity` wants it.
fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn object(hashes: &[(String, String)]) -> String {
    json::object(&hashes.iter().map(|(name, hash)| (&**name, json::string(hash))).collect::<Vec<_>>())
}

/// An object of these names and values, which are JSON.
fn members(all: &[(String, String)]) -> String {
    json::object(&all.iter().map(|(name, value)| (&**name, value.clone())).collect::<Vec<_>>())
}

/// What each module imports, and what that imports, as JSON lists: nothing where all are bundled. Browsers don't check
/// what a module imports, so the loader has to know of it.
fn imports(folder: &Path, modules: &[String]) -> Result<Vec<(String, String)>, String> {
    let mut all = Vec::new();
    for module in modules {
        let mut found = Vec::new();
        let mut next = vec![module.clone()];
        while let Some(name) = next.pop() {
            let path = folder.join(&name);
            let text =
                fs::read_to_string(&path).map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
            for other in imported(&name, &text) {
                if !found.contains(&other) {
                    next.push(other.clone());
                    found.push(other);
                }
            }
        }
        if !found.is_empty() {
            found.sort();
            all.push((module.clone(), json::list(&found.iter().map(|name| json::string(name)).collect::<Vec<_>>())));
        }
    }
    Ok(all)
}

/// What a module imports beside it or above it, as the bundle's modules write it: a line each, before all else. Bundled
/// modules have none.
fn imported(module: &str, text: &str) -> Vec<String> {
    let folder = module.rsplit_once('/').map_or("", |(folder, _)| folder);
    let lines = text.lines().filter(|line| line.starts_with("import ") || line.starts_with("export "));
    let written = lines.filter_map(|line| line.trim_end_matches(';').rsplit_once(" from \"")?.1.strip_suffix('"'));
    written
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

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

/// A file, or all files in a folder and those in it.
pub fn files_below(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error| format!("{} can't be read: {error}.", path.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        files.extend(files_below(&entry.map_err(unreadable)?.path())?);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_what_is_in_it() {
        // As `openssl dgst -sha256 -binary | base64` has it.
        assert_eq!(integrity(b"chat"), "sha256-MeBvfYn+uZoObAr/4Zh0jDu1vvXjzJLZXLnplhl9P8M=");
    }

    #[test]
    fn the_loader_is_told_once_or_the_want_of_a_place_is() {
        for place in PLACES {
            assert_eq!(stamped(&format!("const A = {place};"), "{}"), Ok("const A = {};".to_owned()));
            assert!(stamped(&format!("{place}{place}"), "{}").is_err());
        }
        assert!(stamped("const A = 1;", "{}").is_err());
    }

    #[test]
    fn the_loader_itself_has_the_place() {
        let embed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../embed/embed.js");
        assert!(stamped(&fs::read_to_string(embed).unwrap(), "{}").is_ok());
    }

    #[test]
    fn what_is_fetched_lies_in_a_folder_of_its_contents_name() {
        let folder = tempfile();
        for (name, text) in [
            ("embed.js", PLACES[1]),
            ("panel.js", "p"),
            ("natter_bg.wasm", "w"),
            ("parts/emoji.js", "e"),
            ("locales/de.json", "d"),
            ("index.html", "i"),
        ] {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), text).unwrap();
        }
        run(&folder).unwrap();
        let loader = fs::read_to_string(folder.join("embed.js")).unwrap();
        let assets = json::read(&loader).unwrap();
        let said = |name: &str| assets.object().unwrap().get(name).unwrap().text().unwrap().to_owned();
        let home = folder.join(said("at"));
        assert_eq!(said("panel.js"), integrity(b"p"));
        let list = fs::read_to_string(home.join(LIST)).unwrap();
        assert_eq!(said(LIST), integrity(list.as_bytes()));
        let listed = json::read(&list).unwrap();
        let names: Vec<&str> = listed.object().unwrap().names().collect();
        assert_eq!(names, ["locales/de.json", "parts/emoji.js"]);
        assert!(home.join("parts/emoji.js").is_file() && folder.join("index.html").is_file());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_modules_import_is_known_to_the_loader_and_what_that_imports() {
        let folder = std::env::temp_dir().join(format!("natter-imports-{}", std::process::id()));
        for (name, text) in [
            ("embed.js", PLACES[1]),
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
        ] {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), text).unwrap();
        }
        run(&folder).unwrap();
        let assets = fs::read_to_string(folder.join("embed.js")).unwrap();
        let assets = json::read(&assets).unwrap();
        let imports = assets.object().unwrap().get("imports").unwrap().object().unwrap();
        let of = |name: &str| -> Vec<String> {
            let all = imports.get(name).unwrap().items().unwrap();
            all.iter().map(|name| name.text().unwrap().to_owned()).collect()
        };
        assert_eq!(imports.names().collect::<Vec<_>>(), ["panel.js", "parts/recorder.js", "parts/voice.js"]);
        assert_eq!(of("panel.js"), ["natter.js", "parts/page.js"]);
        assert_eq!(of("parts/voice.js"), ["parts/page.js", "parts/recorder.js"]);
        fs::remove_dir_all(folder).unwrap();
    }

    /// The modules of this project are written so that their imports are found.
    #[test]
    fn every_import_is_written_as_it_is_looked_for() {
        let embed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../embed");
        for path in files_below(&embed).unwrap().iter().filter(|path| path.extension().is_some_and(|kind| kind == "js"))
        {
            let text = fs::read_to_string(path).unwrap();
            let name = path.strip_prefix(&embed).unwrap().to_string_lossy().into_owned();
            let found = imported(&name, &text);
            let code = text.lines().filter(|line| !line.trim_start().starts_with(['/', '*']));
            let written = code.filter(|line| line.contains("import ") && line.contains(" from ")).count();
            assert_eq!(found.len(), written, "{name}");
            assert!(found.iter().all(|name| name == "natter.js" || embed.join(name).is_file()), "{name}: {found:?}");
        }
    }

    fn tempfile() -> PathBuf {
        std::env::temp_dir().join(format!("natter-pack-{}", std::process::id()))
    }
}
