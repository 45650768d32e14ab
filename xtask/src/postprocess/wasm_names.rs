//! A wasm module's names: what it imports, what it exports, and what tools have noted in it.

use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};
use wasm_encoder::{ExportSection, ImportSection, Module, RawSection};
use wasmparser::{BinaryReaderError, Parser, Payload};

/// The names of all that it imports from this module, in its order; it may import nothing else.
pub fn imports(wasm: &[u8], module: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(imports) = payload.map_err(unreadable)? {
            for import in imports.into_imports() {
                let import = import.map_err(unreadable)?;
                if import.module != module {
                    return Err(format!("The wasm imports from {}, and should from {module} alone.", import.module));
                }
                names.push(import.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// The names of all that it exports, in its order.
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

/// The same, importing under these names from this module.
pub fn with_imports<'name>(
    wasm: &[u8],
    module: &str,
    name: impl Fn(&str) -> Option<&'name str>,
) -> Result<Vec<u8>, String> {
    with_sections(wasm, |payload, out| {
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

/// The same, exporting under these names; what is given none is not exported.
pub fn with_exports<'name>(
    wasm: &'name [u8],
    name: impl Fn(&'name str) -> Option<&'name str>,
) -> Result<Vec<u8>, String> {
    with_sections(wasm, |payload, out| {
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

/// The same without custom sections: what tools note for other tools means nothing to a browser.
pub fn without_notes(wasm: &[u8]) -> Result<Vec<u8>, String> {
    with_sections(wasm, |payload, _| Ok(matches!(payload, Payload::CustomSection(_))))
}

/// The module section by section, as it is, but for those that `write` says it has seen to.
fn with_sections<'wasm>(
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
