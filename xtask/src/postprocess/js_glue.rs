//! Edits the JavaScript glue that wasm-bindgen generates, as text. Glue that does not have the form expected here is
//! refused with a sentence.

use super::ShortNames;
use std::collections::BTreeSet;

/// The module name of the glue in the wasm's imports.
pub const MODULE: &str = "./natter_bg.js";

const IMPORTS_BEGIN: &str = "    const import0 = {\n        __proto__: null,\n";
const IMPORTS_END: &str = "\n    };\n";
/// The whitespace before an import's name.
const INDENT: &str = "        ";
/// The text before an export's name where the glue calls it.
const EXPORTS: &str = "wasm.";

/// Removes `initSync`, which the element does not call, and all classes but these.
pub fn remove_unused(glue: &str, classes: &[&str]) -> Result<String, String> {
    let class_of = |line: &str| Some(line.strip_prefix("export class ")?.strip_suffix(" {")?.to_owned());
    let unused: Vec<String> =
        glue.lines().filter_map(class_of).filter(|class| !classes.contains(&class.as_str())).collect();
    let mut glue = replaced(glue, "export { initSync, ", "export { ")?;
    for class in unused {
        glue = without(&glue, &format!("export class {class} {{\n"), "\n}\n")?;
        glue = without(&glue, &format!("if (Symbol.dispose) {class}."), "\n")?;
        glue = without(&glue, &format!("const {class}Finalization = "), ";\n")?;
        if glue.contains(&class) {
            return Err(format!("The glue uses its class `{class}`, which was expected to be unused."));
        }
    }
    Ok(glue)
}

/// The glue's start function as `embed/panel.js` calls it: once, with a promise of the response that has the wasm. It does
/// not compile while the response streams, since a response with `integrity` is available only as a whole.
const START_FUNCTION: &str = "\
async function __wbg_init({ module_or_path }) {
    const bytes = await (await module_or_path).arrayBuffer();
    const { instance, module } = await WebAssembly.instantiate(bytes, __wbg_get_imports());
    return __wbg_finalize_init(instance, module);
}

";
/// The replacement for a FinalizationRegistry, which all browsers of the widget have.
const REGISTRY_FALLBACK: &str =
    "(typeof FinalizationRegistry === 'undefined')\n    ? { register: () => {}, unregister: () => {} }\n    : ";

/// Replaces the glue's start function, and removes fallbacks for features that all browsers of the widget have.
pub fn shorten_start(glue: &str) -> Result<String, String> {
    let [before, _, after] = split_around(glue, "async function __wbg_load(", "\nexport {")?;
    let glue = [before, START_FUNCTION, "export {", after].concat();
    let glue = without(&glue, "if (!('encodeInto' in cachedTextEncoder)) {\n", "\n}\n")?;
    let glue = without(&glue, "if (Symbol.dispose) Handle.", "\n")?;
    if !glue.contains(REGISTRY_FALLBACK) {
        return Err("The glue has no FinalizationRegistry of the form that was expected.".to_owned());
    }
    let glue = glue.replace(REGISTRY_FALLBACK, "");
    // The element calls `destroy` on its handle, so neither `free` nor a finalizer is needed.
    let glue = without(&glue, "    free() {\n", "\n    }\n")?;
    let kept: Vec<&str> = glue.lines().filter(|line| !line.contains("HandleFinalization")).collect();
    let glue = kept.join("\n") + "\n";
    let [before, _, after] = split_around(&glue, DECODE_TEXT_BEGIN, "\n}\n")?;
    Ok([before, DECODE_TEXT, after].concat())
}

/// The glue replaces Safari's text decoder before it has decoded 2 GB, after which it fails. No chat has that much text.
const DECODE_TEXT_BEGIN: &str = "const MAX_SAFARI_DECODE_BYTES = ";
const DECODE_TEXT: &str = "function decodeText(bytes) {\n    return cachedTextDecoder.decode(bytes);\n}\n";

/// The exports of the wasm that the glue calls.
pub fn called_exports(glue: &str) -> BTreeSet<&str> {
    calls(glue).map(|(_, name)| name).collect()
}

/// Renames the exports of the wasm in the glue.
pub fn rename_exports(glue: &str, exports: &ShortNames) -> Result<String, String> {
    let mut renamed = String::with_capacity(glue.len());
    let mut copied = 0;
    for (at, name) in calls(glue) {
        let short =
            exports.short(name).ok_or_else(|| format!("The glue calls `{name}`, which the wasm does not export."))?;
        renamed.extend([&glue[copied..at], short]);
        copied = at + name.len();
    }
    renamed.push_str(&glue[copied..]);
    Ok(renamed)
}

/// Gives the glue this module name, renames its imports, and removes those that the wasm does not import.
pub fn rename_imports(glue: &str, module: &str, imports: &ShortNames) -> Result<String, String> {
    let glue = replaced(glue, &format!("{MODULE:?}: import0"), &format!("{module:?}: import0"))?;
    let [before, entries, after] = split_around(&glue, IMPORTS_BEGIN, IMPORTS_END)?;
    let entries = import_entries(entries);
    let mut renamed = format!("{before}{}", IMPORTS_BEGIN.trim_end());
    for (name, short) in &imports.0 {
        let mut bodies = entries.iter().filter(|(other, _)| other == name).map(|(_, body)| body);
        match (bodies.next(), bodies.next()) {
            (Some(body), None) => renamed.extend(["\n", INDENT, short, body]),
            (None, _) => return Err(format!("The wasm imports `{name}`, which the glue does not have.")),
            (Some(_), Some(_)) => return Err(format!("The glue has `{name}` more than once.")),
        }
    }
    Ok(format!("{renamed}{IMPORTS_END}{after}"))
}

/// The positions of the exports' names in the glue, and the names.
fn calls(glue: &str) -> impl Iterator<Item = (usize, &str)> {
    glue.match_indices(EXPORTS)
        .filter(|(at, _)| !glue[..*at].ends_with(is_identifier_char))
        .map(|(at, _)| (at + EXPORTS.len(), identifier_at(&glue[at + EXPORTS.len()..])))
}

/// The imports by name, each with the text of its function from behind the name.
fn import_entries(object: &str) -> Vec<(&str, String)> {
    let mut entries: Vec<(&str, String)> = Vec::new();
    for line in object.lines() {
        let name = line.strip_prefix(INDENT).map(identifier_at).unwrap_or_default();
        match entries.last_mut() {
            Some((_, body)) if name.is_empty() => body.extend(["\n", line]),
            _ => entries.push((name, line.trim_start()[name.len()..].to_owned())),
        }
    }
    entries
}

fn identifier_at(text: &str) -> &str {
    text.split(|letter| !is_identifier_char(letter)).next().unwrap_or_default()
}

fn is_identifier_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$')
}

fn replaced(glue: &str, old: &str, new: &str) -> Result<String, String> {
    let [before, _, after] = split_around(glue, old, "")?;
    Ok([before, new, after].concat())
}

fn without(glue: &str, begin: &str, end: &str) -> Result<String, String> {
    let [before, _, after] = split_around(glue, begin, end)?;
    Ok([before, after].concat())
}

/// The text before `begin`, which must occur once, between it and the next `end`, and after that.
fn split_around<'glue>(glue: &'glue str, begin: &str, end: &str) -> Result<[&'glue str; 3], String> {
    let missing = |what: &str| format!("The glue has no `{}` where one was expected, or more than one.", what.trim());
    let (before, rest) = glue.split_once(begin).filter(|(_, rest)| !rest.contains(begin)).ok_or(missing(begin))?;
    let (between, after) = rest.split_once(end).ok_or(missing(end))?;
    Ok([before, between, after])
}
