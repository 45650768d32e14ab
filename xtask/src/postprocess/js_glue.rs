//! The module that wasm-bindgen writes between page and wasm, changed as text. What is relied upon of its form is named
//! here; where the glue has another, it is refused, and nothing is guessed.

use super::Names;
use std::collections::BTreeSet;

/// What the wasm calls the glue when it imports from it.
pub const MODULE: &str = "./natter_bg.js";

const IMPORTS_BEGIN: &str = "    const import0 = {\n        __proto__: null,\n";
const IMPORTS_END: &str = "\n    };\n";
/// What stands before an import's name.
const INDENT: &str = "        ";
/// What stands before an export's name, wherever the glue calls it.
const EXPORTS: &str = "wasm.";

/// The glue without `initSync`, which the element has no use for, and with no classes but these.
pub fn without_unused(glue: &str, classes: &[&str]) -> Result<String, String> {
    let class_of = |line: &str| Some(line.strip_prefix("export class ")?.strip_suffix(" {")?.to_owned());
    let unused = glue.lines().filter_map(class_of).filter(|class| !classes.contains(&class.as_str()));
    let mut slim = replaced(glue, "export { initSync, ", "export { ")?;
    for class in unused {
        slim = without(&slim, &format!("export class {class} {{\n"), "\n}\n")?;
        slim = without(&slim, &format!("if (Symbol.dispose) {class}."), "\n")?;
        slim = without(&slim, &format!("const {class}Finalization = "), ";\n")?;
        if slim.contains(&class) {
            return Err(format!("The glue makes use of its class `{class}`, which was thought to be of none."));
        }
    }
    Ok(slim)
}

/// The glue as `embed/panel.js` starts it: with what promises an answer that holds the wasm, and once. Streaming would
/// gain nothing: an answer whose integrity is checked is held back until it is whole.
const START: &str = "\
async function __wbg_init({ module_or_path }) {
    const bytes = await (await module_or_path).arrayBuffer();
    const { instance, module } = await WebAssembly.instantiate(bytes, __wbg_get_imports());
    return __wbg_finalize_init(instance, module);
}

";
/// What browsers of the last years have, and the glue would do without.
const WITHOUT_REGISTRY: &str =
    "(typeof FinalizationRegistry === 'undefined')\n    ? { register: () => {}, unregister: () => {} }\n    : ";

/// The glue without ways to start that nobody goes, and without stand-ins for what every browser has that the widget runs
/// in.
pub fn with_short_start(glue: &str) -> Result<String, String> {
    let [before, _, after] = parted(glue, "async function __wbg_load(", "\nexport {")?;
    let glue = [before, START, "export {", after].concat();
    let glue = without(&glue, "if (!('encodeInto' in cachedTextEncoder)) {\n", "\n}\n")?;
    let glue = without(&glue, "if (Symbol.dispose) Handle.", "\n")?;
    if !glue.contains(WITHOUT_REGISTRY) {
        return Err("The glue has no FinalizationRegistry of the form that was expected.".to_owned());
    }
    let glue = glue.replace(WITHOUT_REGISTRY, "");
    // The element ends its handle itself: nobody has to find out that it was forgotten.
    let glue = without(&glue, "    free() {\n", "\n    }\n")?;
    let kept: Vec<&str> = glue.lines().filter(|line| !line.contains("HandleFinalization")).collect();
    let glue = kept.join("\n") + "\n";
    let [before, _, after] = parted(&glue, SINCE_WHEN, "\n}\n")?;
    Ok([before, DECODE, after].concat())
}

/// One browser's decoder fails after 2 GB; no chat has that many words.
const SINCE_WHEN: &str = "const MAX_SAFARI_DECODE_BYTES = ";
const DECODE: &str = "function decodeText(bytes) {\n    return cachedTextDecoder.decode(bytes);\n}\n";

/// The wasm's exports that the glue speaks of.
pub fn called(glue: &str) -> BTreeSet<&str> {
    calls(glue).map(|(_, name)| name).collect()
}

/// The glue speaking of exports by these names.
pub fn with_exports(glue: &str, exports: &Names) -> Result<String, String> {
    let mut renamed = String::with_capacity(glue.len());
    let mut copied = 0;
    for (at, name) in calls(glue) {
        let short = exports.short(name).ok_or_else(|| format!("The glue calls `{name}`, which the wasm has not."))?;
        renamed.extend([&glue[copied..at], short]);
        copied = at + name.len();
    }
    renamed.push_str(&glue[copied..]);
    Ok(renamed)
}

/// The glue as a module of this name, with these imports under their new names and no others.
pub fn with_imports(glue: &str, module: &str, imports: &Names) -> Result<String, String> {
    let glue = replaced(glue, &format!("{MODULE:?}: import0"), &format!("{module:?}: import0"))?;
    let [before, entries, after] = parted(&glue, IMPORTS_BEGIN, IMPORTS_END)?;
    let entries = entries_of(entries);
    let mut renamed = format!("{before}{}", IMPORTS_BEGIN.trim_end());
    for (name, short) in &imports.0 {
        let mut bodies = entries.iter().filter(|(other, _)| other == name).map(|(_, body)| body);
        match (bodies.next(), bodies.next()) {
            (Some(body), None) => renamed.extend(["\n", INDENT, short, body]),
            (None, _) => return Err(format!("The wasm imports `{name}`, which the glue has not.")),
            (Some(_), Some(_)) => return Err(format!("The glue has `{name}` more than once.")),
        }
    }
    Ok(format!("{renamed}{IMPORTS_END}{after}"))
}

/// Where the glue speaks of the wasm's exports, and by which names.
fn calls(glue: &str) -> impl Iterator<Item = (usize, &str)> {
    glue.match_indices(EXPORTS)
        .filter(|(at, _)| !glue[..*at].ends_with(is_of_a_name))
        .map(|(at, _)| (at + EXPORTS.len(), name_at(&glue[at + EXPORTS.len()..])))
}

/// The imports by name, each with the lines that tell what it does, from behind its name.
fn entries_of(object: &str) -> Vec<(&str, String)> {
    let mut entries: Vec<(&str, String)> = Vec::new();
    for line in object.lines() {
        let name = line.strip_prefix(INDENT).map(name_at).unwrap_or_default();
        match entries.last_mut() {
            Some((_, body)) if name.is_empty() => body.extend(["\n", line]),
            _ => entries.push((name, line.trim_start()[name.len()..].to_owned())),
        }
    }
    entries
}

fn name_at(text: &str) -> &str {
    text.split(|letter| !is_of_a_name(letter)).next().unwrap_or_default()
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$')
}

fn replaced(glue: &str, had: &str, has: &str) -> Result<String, String> {
    let [before, _, after] = parted(glue, had, "")?;
    Ok([before, has, after].concat())
}

fn without(glue: &str, begin: &str, end: &str) -> Result<String, String> {
    let [before, _, after] = parted(glue, begin, end)?;
    Ok([before, after].concat())
}

/// What lies before `begin`, which must be there once, between it and the next `end`, and after that.
fn parted<'glue>(glue: &'glue str, begin: &str, end: &str) -> Result<[&'glue str; 3], String> {
    let missing = |what: &str| format!("The glue has no `{}` where one was expected, or more than one.", what.trim());
    let (before, rest) = glue.split_once(begin).filter(|(_, rest)| !rest.contains(begin)).ok_or(missing(begin))?;
    let (between, after) = rest.split_once(end).ok_or(missing(end))?;
    Ok([before, between, after])
}
