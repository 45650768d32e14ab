//! Makes the release bundle's wasm and JavaScript glue smaller: it removes exports that nothing calls, which wasm-bindgen
//! generates for dependencies, and gives imports and exports short names.

mod alignment;
mod dead_functions;
mod function_order;
mod js_glue;
mod similarity;
mod wasm_names;

use crate::env::Env;
use crate::files::{read_bytes, read_text, write};
use crate::setup::MissingTools;
use crate::subprocess;
use std::path::Path;

/// The classes of the glue that pages use. All others belong to dependencies.
const CLASSES: [&str; 1] = ["Handle"];

/// Parts of the names of functions that are not called: those of Leptos' server functions, whose streams wasm-bindgen
/// exports, and those for delegated events, a feature that is off. 4 kB of an open chat.
const UNUSED_FUNCTIONS: [&str; 5] = [
    "wasm_streams",
    "server_fn",
    "add_event_listener_delegated",
    "borrow::Cow<str>, ())>>::reserve_rehash",
    "BuildHasher>::hash_one::<&alloc",
];

/// The short name of the glue as a module that the wasm imports from.
const MODULE: &str = "a";

/// Processes the wasm in `folder` and its glue. Each has the names of the other's imports and exports, so both change or,
/// when this fails because the glue has an unknown form, neither.
/// `has_exact_names` says that each function has its own name, which it has not where the compiler merges equal functions.
pub fn run(env: &Env, folder: &Path, has_exact_names: bool, missing: MissingTools) -> Result<(), String> {
    let (glue_path, wasm_path) = (folder.join("natter.js"), folder.join("natter_bg.wasm"));
    let temporary = env.target_dir().join("natter_optimised.wasm");
    // wasm-bindgen's output, which has the functions' names: trunk's wasm-opt drops them.
    let named = env.target_dir().join("wasm-bindgen/release/natter_bg.wasm");
    let (glue, wasm) = remove_unused(&read_text(&glue_path)?, &read_bytes(&named)?)?;
    let wasm = if has_exact_names { dead_functions::empty(&wasm, &UNUSED_FUNCTIONS)? } else { wasm };
    write(&temporary, &wasm)?;
    optimise(env, &temporary, missing)?;
    let (glue, wasm) = shorten_names(&glue, &read_bytes(&temporary)?)?;
    write(&wasm_path, &wasm)?;
    write(&glue_path, glue)
}

/// Removes the classes that pages don't use from the glue, and the exports that the glue then doesn't call from the wasm.
fn remove_unused(glue: &str, wasm: &[u8]) -> Result<(String, Vec<u8>), String> {
    let glue = js_glue::shorten_start(&js_glue::remove_unused(glue, &CLASSES)?)?;
    let called = js_glue::called_exports(&glue);
    let wasm = wasm_names::rename_exports(wasm, |name| called.contains(name).then_some(name))?;
    Ok((glue, wasm))
}

/// Runs wasm-opt, which removes what only the removed exports called, with more passes than trunk asks for.
fn optimise(env: &Env, wasm: &Path, missing: MissingTools) -> Result<(), String> {
    let Some(wasm_opt) = env.which("wasm-opt") else {
        return missing.report("There is no wasm-opt on PATH: the bundle is larger, and works as well.");
    };
    let status = subprocess::run(env.command(wasm_opt).args(WASM_OPT_PASSES).arg(wasm).arg("-o").arg(wasm))?;
    if status.success() { Ok(()) } else { Err(format!("wasm-opt failed on the bundle ({status}).")) }
}

const WASM_OPT_PASSES: [&str; 11] = [
    // Before anything else: functions of the same generic code become neighbours.
    "--reorder-functions-by-name",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "-Oz",
    "-Oz",
    // What they make smaller, brotli makes smaller still as repetitions: without them it saves 1.4 kB of an open chat.
    "--skip-pass=local-cse",
    "--skip-pass=simplify-locals",
    // The stack lies lowest in memory: only an overflowing stack uses addresses below 1024.
    "--low-memory-unused",
    // `sort_by_similarity` orders them.
    "--skip-pass=reorder-functions",
];

/// Gives imports and exports short names, in the order of the wasm's sections, and rewrites the wasm so that it compresses
/// better.
fn shorten_names(glue: &str, wasm: &[u8]) -> Result<(String, Vec<u8>), String> {
    let imports = ShortNames::new(wasm_names::imports(wasm, js_glue::MODULE)?);
    let exports = ShortNames::new(wasm_names::exports(wasm)?);
    let glue = js_glue::rename_imports(glue, MODULE, &imports)?;
    let glue = js_glue::rename_exports(&glue, &exports)?;
    let wasm = wasm_names::rename_imports(wasm, MODULE, |name| imports.short(name))?;
    let wasm = wasm_names::rename_exports(&wasm, |name| exports.short(name))?;
    let wasm = alignment::remove_hints(&wasm_names::remove_custom_sections(&wasm)?)?;
    Ok((glue, function_order::sort_by_similarity(&wasm)?))
}

/// Names with their short names, in order.
struct ShortNames(Vec<(String, String)>);

impl ShortNames {
    fn new(names: Vec<String>) -> Self {
        Self(names.into_iter().zip((0..).map(short_name)).collect())
    }

    fn short(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(long, _)| long == name).map(|(_, short)| short.as_str())
    }
}

/// a, b, … z, A, … Z, aa, ba, …
fn short_name(mut number: usize) -> String {
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

    const EXPECTED_GLUE: &str = r#"
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

    fn postprocessed(glue: &str) -> Result<(String, Vec<u8>), String> {
        let (glue, wasm) = remove_unused(glue, &module())?;
        shorten_names(&glue, &wasm)
    }

    #[test]
    fn glue_and_wasm_have_the_same_short_names_and_nothing_unused() {
        let (glue, wasm) = postprocessed(GLUE).unwrap();
        assert_eq!(glue, EXPECTED_GLUE);
        assert_eq!(wasm_names::exports(&wasm).unwrap(), ["a", "b"]);
        assert_eq!(wasm_names::imports(&wasm, "a").unwrap(), ["a", "b"]);
        assert!(!wasm.windows(9).any(|window| window == b"producers"));
    }

    #[test]
    fn glue_of_an_unknown_form_is_refused_with_a_sentence() {
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
            let refused = postprocessed(&GLUE.replace(had, has)).unwrap_err();
            assert!(refused.contains(sentence) && refused.ends_with('.'), "{had}: {refused}");
        }
    }

    #[test]
    fn bytes_that_are_not_wasm_are_refused_with_a_sentence() {
        let refused = wasm_names::exports(b"<!doctype html>").unwrap_err();
        assert!(refused.starts_with("The wasm can't be read: "), "{refused}");
    }

    #[test]
    fn short_names_are_distinct() {
        let names: Vec<String> = (0..4_000).map(short_name).collect();
        assert_eq!([&names[0], &names[51], &names[52], &names[53]], ["a", "Z", "aa", "ba"]);
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
