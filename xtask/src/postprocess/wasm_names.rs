//! Reads and renames the imports and exports of a wasm module, and removes its custom sections.

use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};
use wasm_encoder::{ExportSection, ImportSection, Module, RawSection};
use wasmparser::{BinaryReaderError, Parser, Payload};

/// The names of its imports, in their order. All must come from `module`.
pub fn imports(wasm: &[u8], module: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(imports) = payload.map_err(unreadable)? {
            for import in imports.into_imports() {
                let import = import.map_err(unreadable)?;
                if import.module != module {
                    return Err(format!(
                        "The wasm imports from {}, but should import from {module} alone.",
                        import.module
                    ));
                }
                names.push(import.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// The names of its exports, in their order.
pub fn exports(wasm: &[u8]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(exports) = payload.map_err(unreadable)? {
            for export in exports {
                names.push(export.map_err(unreadable)?.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// Renames its imports, and the module they come from.
pub fn rename_imports<'name>(
    wasm: &[u8],
    module: &str,
    name: impl Fn(&str) -> Option<&'name str>,
) -> Result<Vec<u8>, String> {
    rewrite_sections(wasm, |payload, out| {
        let Payload::ImportSection(imports) = payload else { return Ok(false) };
        let mut section = ImportSection::new();
        for import in imports.clone().into_imports() {
            let import = import.map_err(unreadable)?;
            let kind = RoundtripReencoder.entity_type(import.ty).map_err(|error| unwritable(&error))?;
            let name = name(import.name).ok_or_else(|| format!("The wasm's import `{}` has no name.", import.name))?;
            section.import(module, name, kind);
        }
        out.section(&section);
        Ok(true)
    })
}

/// Renames its exports; those for which `name` returns `None` are removed.
pub fn rename_exports<'name>(
    wasm: &'name [u8],
    name: impl Fn(&'name str) -> Option<&'name str>,
) -> Result<Vec<u8>, String> {
    rewrite_sections(wasm, |payload, out| {
        let Payload::ExportSection(exports) = payload else { return Ok(false) };
        let mut section = ExportSection::new();
        for export in exports.clone() {
            let export = export.map_err(unreadable)?;
            if let Some(name) = name(export.name) {
                let kind = RoundtripReencoder.export_kind(export.kind).map_err(|error| unwritable(&error))?;
                section.export(name, kind, export.index);
            }
        }
        out.section(&section);
        Ok(true)
    })
}

/// Removes the custom sections, which are for tools and not for browsers.
pub fn remove_custom_sections(wasm: &[u8]) -> Result<Vec<u8>, String> {
    rewrite_sections(wasm, |payload, _| Ok(matches!(payload, Payload::CustomSection(_))))
}

/// Copies the module section by section, except those for which `write` returns true: it has written or dropped them.
fn rewrite_sections<'wasm>(
    wasm: &'wasm [u8],
    mut write: impl FnMut(&Payload<'wasm>, &mut Module) -> Result<bool, String>,
) -> Result<Vec<u8>, String> {
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(unreadable)?;
        if let Some((id, range)) = payload.as_section()
            && !write(&payload, &mut out)?
        {
            let data = &wasm[range.start as usize..range.end as usize];
            out.section(&RawSection { id, data });
        }
    }
    Ok(out.finish())
}

fn unreadable(error: BinaryReaderError) -> String {
    format!("The wasm can't be read: {error}.")
}

fn unwritable(error: &dyn std::error::Error) -> String {
    format!("The wasm has an import or export of an unknown kind: {error}.")
}
