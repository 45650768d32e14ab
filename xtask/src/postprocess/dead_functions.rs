//! Empties functions of a wasm module that nothing calls while it runs, and takes them out of its table. wasm-opt keeps
//! every function in the table, since it can't know which of them the data refers to, and every call behind a condition
//! that it can't decide.

use std::collections::BTreeSet;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ElementSection, Elements, Function, Module};
use wasmparser::{Element, ElementItems, FunctionBody, KnownCustom, Name, Parser, Payload, TypeRef};

/// The module in which every function whose name contains one of `names` traps, and is replaced in the table by another
/// function. Nothing may call them. A module without names stays as it is.
pub fn empty(wasm: &[u8], names: &[&str]) -> Result<Vec<u8>, String> {
    emptied(wasm, names).map_err(|error| format!("The wasm's functions can't be changed: {error}."))
}

fn emptied(wasm: &[u8], names: &[&str]) -> Result<Vec<u8>, Error<Infallible>> {
    let (mut dead, mut imports) = (BTreeSet::new(), 0);
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::ImportSection(section) = &payload {
            for import in section.clone().into_imports() {
                imports += u32::from(matches!(import?.ty, TypeRef::Func(_)));
            }
        }
        if let Payload::CustomSection(section) = payload
            && let KnownCustom::Name(sections) = section.as_known()
        {
            for section in sections {
                if let Name::Function(functions) = section? {
                    for function in functions {
                        let function = function?;
                        if names.iter().any(|name| function.name.contains(name)) {
                            dead.insert(function.index);
                        }
                    }
                }
            }
        }
    }
    let mut module = Module::new();
    Emptied { dead, next: imports }.parse_core_module(&mut module, Parser::new(0), wasm)?;
    Ok(module.finish())
}

struct Emptied {
    /// The indexes of the functions.
    dead: BTreeSet<u32>,
    /// The index of the function whose body is next.
    next: u32,
}

impl Reencode for Emptied {
    type Error = Infallible;

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error<Infallible>> {
        self.next += 1;
        if !self.dead.contains(&(self.next - 1)) {
            return utils::parse_function_body(self, code, body);
        }
        let mut trap = Function::new([]);
        trap.instructions().unreachable().end();
        code.function(&trap);
        Ok(())
    }

    fn parse_element(&mut self, out: &mut ElementSection, element: Element<'_>) -> Result<(), Error<Infallible>> {
        let ElementItems::Functions(functions) = element.items.clone() else {
            return utils::parse_element(self, out, element);
        };
        let functions: Vec<u32> = functions.into_iter().collect::<wasmparser::Result<_>>()?;
        let alive = functions.iter().copied().find(|function| !self.dead.contains(function)).unwrap_or_default();
        let kept: Vec<u32> = functions
            .into_iter()
            .map(|function| if self.dead.contains(&function) { alive } else { function })
            .collect();
        let wasmparser::ElementKind::Active { table_index, offset_expr } = element.kind else {
            return utils::parse_element(self, out, element);
        };
        let offset = self.const_expr(offset_expr)?;
        out.active(table_index, &offset, Elements::Functions(kept.into()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, ConstExpr, Function, FunctionSection, NameMap, NameSection, RefType, TableSection, TableType,
        TypeSection,
    };

    /// Three functions, of these names, in the table in this order.
    /// Those in `trapping` have a body that traps.
    fn module(names: [&str; 3], table: [u32; 3], trapping: &[&str]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        let mut named = NameMap::new();
        for (index, name) in (0..).zip(names) {
            functions.function(0);
            let mut body = Function::new([]);
            if trapping.contains(&name) {
                body.instructions().unreachable();
            }
            body.instructions().end();
            code.function(&body);
            named.append(index, name);
        }
        let mut tables = TableSection::new();
        let element_type = RefType::FUNCREF;
        tables.table(TableType { element_type, minimum: 4, maximum: None, table64: false, shared: false });
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(1), Elements::Functions(table.as_slice().into()));
        let mut names = NameSection::new();
        names.functions(&named);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&tables).section(&elements).section(&code).section(&names);
        module.finish()
    }

    #[test]
    fn functions_of_these_names_trap_and_leave_the_table() {
        let names = ["streams::pull", "chat::open", "streams::cancel"];
        let before = module(names, [0, 1, 2], &[]);
        assert_eq!(empty(&before, &["streams"]), Ok(module(names, [1, 1, 1], &[names[0], names[2]])));
        assert_eq!(empty(&before, &["none"]), Ok(before));
    }

    #[test]
    fn bytes_that_are_not_wasm_are_refused_with_a_sentence() {
        let refused = empty(b"<!doctype html>", &["streams"]).unwrap_err();
        assert!(refused.starts_with("The wasm's functions can't be changed: "), "{refused}");
    }
}
