//! The release bundle without what nobody needs: wasm-bindgen names everything for people to read, and exports what
//! crates below ours offer to pages. No visitor reads the one, no page calls the other.

mod functions;
mod glue;
mod hints;
mod likeness;
mod wasm;

use crate::workbench::Workbench;
use std::fs;
use std::path::Path;

/// The glue's classes that pages get to see. All others are of crates below ours.
const CLASSES: [&str; 1] = ["Handle"];

/// What the wasm is to call its glue.
const MODULE: &str = "a";

/// Slims the wasm in `folder` and its glue. They know each other by their names: it is done to both or to neither.
pub fn run(bench: &Workbench, folder: &Path) -> Result<(), String> {
    let (glue_path, wasm_path) = (folder.join("natter.js"), folder.join("natter_bg.wasm"));
    let under_way = folder.join("natter_slim.wasm");
    let glue = String::from_utf8(read(&glue_path)?).map_err(|_| "The glue is no UTF-8.".to_owned())?;
    let (glue, wasm) = without_unused(&glue, &read(&wasm_path)?)?;
    write(&under_way, &wasm)?;
    optimise(bench, &under_way)?;
    let (glue, wasm) = with_short_names(&glue, &read(&under_way)?)?;
    fs::remove_file(&under_way).map_err(|error| format!("{} can't be removed: {error}.", under_way.display()))?;
    write(&wasm_path, &wasm)?;
    write(&glue_path, glue.as_bytes())
}

/// The glue without classes that no page sees, and the wasm without the exports that nobody else called.
fn without_unused(glue: &str, wasm: &[u8]) -> Result<(String, Vec<u8>), String> {
    let glue = glue::with_short_start(&glue::without_unused(glue, &CLASSES)?)?;
    let called = glue::called(&glue);
    let wasm = wasm::with_exports(wasm, |name| called.contains(name).then_some(name))?;
    Ok((glue, wasm))
}

/// wasm-opt takes out what the exports alone led to, and is more thorough than trunk lets it be. No wasm-opt of the
/// bench's, no second look: a bundle without it is larger and no worse.
fn optimise(bench: &Workbench, wasm: &Path) -> Result<(), String> {
    let Some(wasm_opt) = bench.which("wasm-opt") else { return Ok(()) };
    match bench.command(wasm_opt).args(THOROUGH).arg(wasm).arg("-o").arg(wasm).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("wasm-opt did not make the bundle smaller ({status}).")),
        Err(error) => Err(format!("wasm-opt can't be started: {error}.")),
    }
}

const THOROUGH: [&str; 8] = [
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "-Oz",
    "-Oz",
    // The stack lies lowest: nothing but a stack that overflows is ever at an address below 1024.
    "--low-memory-unused",
    // Their order is ours to choose, when all names are short.
    "--skip-pass=reorder-functions",
];

/// Glue and wasm with names as short as can be, given in the order of the wasm's imports and exports.
fn with_short_names(glue: &str, wasm: &[u8]) -> Result<(String, Vec<u8>), String> {
    let imports = Names::shortened(wasm::imports(wasm, glue::MODULE)?);
    let exports = Names::shortened(wasm::exports(wasm)?);
    let glue = glue::with_imports(glue, MODULE, &imports)?;
    let glue = glue::with_exports(&glue, &exports)?;
    let wasm = wasm::with_imports(wasm, MODULE, |name| imports.short(name))?;
    let wasm = wasm::with_exports(&wasm, |name| exports.short(name))?;
    let wasm = hints::dropped(&wasm::without_notes(&wasm)?)?;
    Ok((glue, functions::alike_together(&wasm)?))
}

/// Names and what they are to be, in order.
struct Names(Vec<(String, String)>);

impl Names {
    fn shortened(names: Vec<String>) -> Self {
        Self(names.into_iter().zip((0..).map(short)).collect())
    }

    fn short(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(long, _)| long == name).map(|(_, short)| short.as_str())
    }
}

/// a, b, … z, A, … Z, aa, ba, …
fn short(mut number: usize) -> String {
    const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut name = String::new();
    loop {
        name.push(char::from(LETTERS[number % LETTERS.len()]));
        match number / LETTERS.len() {
            0 => return name,
            more => number = more - 1,
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{} can't be read: {error}.", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, CustomSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
        Module, TypeSection,
    };

    /// A module that imports `now` and `said`, and exports `mount`, `handle_call` and two `…_free`.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        for name in ["__wbg_said_0f", "__wbg_now_0e"] {
            imports.import("./natter_bg.js", name, EntityType::Function(0));
        }
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut exports = ExportSection::new();
        for name in ["mount", "__wbg_source_free", "__wbg_handle_free", "handle_call"] {
            exports.export(name, ExportKind::Func, 2);
        }
        let mut code = CodeSection::new();
        let mut body = Function::new([]);
        body.instructions().end();
        code.function(&body);
        let note = CustomSection { name: "producers".into(), data: b"somebody".into() };
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&exports).section(&code).section(&note);
        module.finish()
    }

    const GLUE: &str = r#"
export class Handle {
    static __wrap(ptr) {
        HandleFinalization.register(ptr);
        return ptr;
    }
    free() {
        wasm.__wbg_handle_free(0);
    }
    call() {
        wasm.handle_call();
    }
}
if (Symbol.dispose) Handle.prototype[Symbol.dispose] = Handle.prototype.free;

export class Source {
    free() {
        wasm.__wbg_source_free(0);
    }
}
if (Symbol.dispose) Source.prototype[Symbol.dispose] = Source.prototype.free;
export function mount() {
    wasm.mount();
    wasm.mount();
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_now_0e: function() {
            const now = {
                at: 1,
            };
            return now;
        },
        __wbg_said_0f: function() { return handleError(function (arg0) {
            arg0.said();
        }, arguments); },
        __wbg_left_0d: function() {
            left();
        },
    };
    return {
        __proto__: null,
        "./natter_bg.js": import0,
    };
}
const HandleFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_handle_free(ptr, 1));
const SourceFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_source_free(ptr, 1));
if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = stand_in;
}
const MAX_SAFARI_DECODE_BYTES = 2146435072;
function decodeText(bytes) {
    return again(bytes);
}
async function __wbg_load(module, imports) {
    return await WebAssembly.instantiate(module, imports);
}
export { initSync, __wbg_init as default };
"#;

    const SLIM: &str = r#"
export class Handle {
    static __wrap(ptr) {
        return ptr;
    }
    call() {
        wasm.b();
    }
}

export function mount() {
    wasm.a();
    wasm.a();
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        a: function() { return handleError(function (arg0) {
            arg0.said();
        }, arguments); },
        b: function() {
            const now = {
                at: 1,
            };
            return now;
        },
    };
    return {
        __proto__: null,
        "a": import0,
    };
}
function decodeText(bytes) {
    return cachedTextDecoder.decode(bytes);
}
async function __wbg_init({ module_or_path }) {
    const bytes = await (await module_or_path).arrayBuffer();
    const { instance, module } = await WebAssembly.instantiate(bytes, __wbg_get_imports());
    return __wbg_finalize_init(instance, module);
}

export { __wbg_init as default };
"#;

    fn slimmed(glue: &str) -> Result<(String, Vec<u8>), String> {
        let (glue, wasm) = without_unused(glue, &module())?;
        with_short_names(&glue, &wasm)
    }

    #[test]
    fn glue_and_wasm_call_each_other_by_the_same_short_names_and_nobody_else() {
        let (glue, wasm) = slimmed(GLUE).unwrap();
        assert_eq!(glue, SLIM);
        assert_eq!(wasm::exports(&wasm).unwrap(), ["a", "b"]);
        assert_eq!(wasm::imports(&wasm, "a").unwrap(), ["a", "b"]);
        assert!(!wasm.windows(9).any(|window| window == b"producers"));
    }

    #[test]
    fn a_glue_that_is_written_otherwise_is_refused_in_a_sentence() {
        for (had, has, sentence) in [
            ("__wbg_now_0e: f", "__wbg_then_0e: f", "`__wbg_now_0e`"),
            ("__wbg_left_0d: f", "__wbg_now_0e: f", "`__wbg_now_0e`"),
            ("wasm.mount()", "wasm.mounted()", "`mounted`"),
            ("\"./natter_bg.js\"", "\"./natter.js\"", "./natter_bg.js"),
            ("const import0 = {", "const imports = {", "const import0"),
            ("const SourceFinalization", "const SourceEnd", "const SourceFinalization"),
            ("return now;", "return new Source();", "`Source`"),
            ("initSync, ", "", "initSync"),
            ("'encodeInto' in", "'encode' in", "encodeInto"),
            ("MAX_SAFARI", "MAX_OTHER", "MAX_SAFARI"),
            ("    free() {\n        wasm.__wbg_handle_free", "    free() { wasm.__wbg_handle_free", "free()"),
            ("async function __wbg_load", "function __wbg_load", "__wbg_load"),
            (
                "HandleFinalization = (typeof FinalizationRegistry === 'undefined')",
                "HandleFinalization = (",
                "FinalizationRegistry",
            ),
        ] {
            assert!(GLUE.contains(had), "{had}");
            let refused = slimmed(&GLUE.replace(had, has)).unwrap_err();
            assert!(refused.contains(sentence) && refused.ends_with('.'), "{had}: {refused}");
        }
    }

    #[test]
    fn bytes_that_are_no_wasm_are_refused_in_a_sentence() {
        let refused = wasm::exports(b"<!doctype html>").unwrap_err();
        assert!(refused.starts_with("The wasm can't be read: "), "{refused}");
    }

    #[test]
    fn short_names_are_told_apart() {
        let names: Vec<String> = (0..4_000).map(short).collect();
        assert_eq!([&names[0], &names[51], &names[52], &names[53]], ["a", "Z", "aa", "ba"]);
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
