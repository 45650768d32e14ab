//! Orders the functions of a wasm module so that it compresses well, and reindices all references to them.

use super::similarity;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef};

type Result<T> = std::result::Result<T, Error<Infallible>>;

/// The module with similar functions next to each other.
pub fn sort_by_similarity(wasm: &[u8]) -> std::result::Result<Vec<u8>, String> {
    reordered(wasm).map_err(|error| format!("The wasm's functions can't be ordered: {error}."))
}

fn reordered(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut imported = 0;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::ImportSection(imports) = payload {
            for import in imports.into_imports() {
                imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
            }
        } else if let Payload::CodeSectionEntry(body) = payload {
            bodies.push(body.as_bytes());
        }
    }
    let order = similarity::order(&bodies);
    let mut indices = vec![0; order.len()];
    for (number, place) in (imported..).zip(&order) {
        indices[*place] = number;
    }
    let mut module = Module::new();
    Reordered { imported, order, indices }.parse_core_module(&mut module, Parser::new(0), wasm)?;
    Ok(module.finish())
}

struct Reordered {
    /// How many functions are imported: their indices come before all others, and stay.
    imported: u32,
    /// The former places of the functions, in their new order.
    order: Vec<usize>,
    /// The new index of each function, by its former place.
    indices: Vec<u32>,
}

impl Reordered {
    fn in_order<T: Clone>(&self, all: &[T]) -> Vec<T> {
        self.order.iter().filter_map(|place| all.get(*place).cloned()).collect()
    }
}

impl Reencode for Reordered {
    type Error = Infallible;

    fn function_index(&mut self, number: u32) -> Result<u32> {
        let place = number.checked_sub(self.imported).map(|place| place as usize);
        // A validator will report an index that does not exist.
        Ok(place.and_then(|place| self.indices.get(place).copied()).unwrap_or(number))
    }

    fn parse_function_section(&mut self, out: &mut FunctionSection, section: FunctionSectionReader<'_>) -> Result<()> {
        let types = section.into_iter().collect::<wasmparser::Result<Vec<u32>>>()?;
        for kind in self.in_order(&types) {
            out.function(self.type_index(kind)?);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, out: &mut CodeSection, section: CodeSectionReader<'_>) -> Result<()> {
        let bodies = section.into_iter().collect::<wasmparser::Result<Vec<FunctionBody<'_>>>>()?;
        for body in self.in_order(&bodies) {
            self.parse_function_body(out, body)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, ImportSection,
        Instruction as Do, RefType, TableSection, TableType, TypeSection,
    };
    use wasmparser::{ElementItems, Operator};

    const IMPORTED: i32 = 1_000;

    /// A module that imports one function and has five; two are in a table, two are exported.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [wasm_encoder::ValType::I32]);
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("a", "a", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        for kind in [0, 1, 0, 0, 0] {
            functions.function(kind);
        }
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 2,
            maximum: None,
            table64: false,
            shared: false,
        });
        let mut exports = ExportSection::new();
        exports.export("a", ExportKind::Func, 3).export("b", ExportKind::Func, 5);
        let mut elements = ElementSection::new();
        elements.active(Some(0), &ConstExpr::i32_const(0), Elements::Functions(vec![4, 1].into()));
        let mut code = CodeSection::new();
        let indirect = |at| [Do::I32Const(at), Do::CallIndirect { type_index: 0, table_index: 0 }];
        for body in [
            vec![Do::I32Const(70_001), Do::I32Const(80_002), Do::I32Add],
            vec![],
            [vec![Do::Call(2), Do::Call(1), Do::Call(0), Do::I32Add], indirect(0).to_vec(), vec![Do::I32Add]].concat(),
            vec![Do::I32Const(70_001), Do::I32Const(80_003), Do::I32Add],
            [vec![Do::Call(3)], indirect(1).to_vec(), vec![Do::I32Add, Do::Call(2), Do::Call(2), Do::Call(2)]].concat(),
        ] {
            let mut function = Function::new([]);
            for instruction in body.iter().chain([&Do::End]) {
                function.instruction(instruction);
            }
            code.function(&function);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&exports);
        module.section(&elements).section(&code);
        module.finish()
    }

    /// An interpreter for the instructions of the module above.
    #[derive(Default)]
    struct Interpreter<'wasm> {
        exports: Vec<(&'wasm str, u32)>,
        types: Vec<u32>,
        table: Vec<u32>,
        bodies: Vec<FunctionBody<'wasm>>,
    }

    impl<'wasm> Interpreter<'wasm> {
        fn of(wasm: &'wasm [u8]) -> Self {
            let mut interpreter = Self::default();
            for payload in Parser::new(0).parse_all(wasm) {
                let payload = payload.unwrap();
                if let Payload::FunctionSection(types) = payload {
                    interpreter.types = types.into_iter().map(|t| t.unwrap()).collect();
                } else if let Payload::ExportSection(exports) = payload {
                    interpreter.exports = exports.into_iter().map(|e| e.unwrap()).map(|e| (e.name, e.index)).collect();
                } else if let Payload::ElementSection(elements) = payload {
                    let ElementItems::Functions(items) = elements.into_iter().next().unwrap().unwrap().items else {
                        unreachable!("functions were written")
                    };
                    interpreter.table = items.into_iter().map(|item| item.unwrap()).collect();
                } else if let Payload::CodeSectionEntry(body) = payload {
                    interpreter.bodies.push(body);
                }
            }
            interpreter
        }

        fn call(&self, number: u32, stack: &mut Vec<i32>) {
            let Some(place) = number.checked_sub(1) else { return stack.push(IMPORTED) };
            let height = stack.len();
            for operator in self.bodies[place as usize].get_operators_reader().unwrap() {
                let operator = operator.unwrap();
                if let Operator::I32Const { value } = operator {
                    stack.push(value);
                } else if let Operator::I32Add = operator {
                    let sum = stack.pop().unwrap() + stack.pop().unwrap();
                    stack.push(sum);
                } else if let Operator::Call { function_index } = operator {
                    self.call(function_index, stack);
                } else if let Operator::CallIndirect { .. } = operator {
                    let at = stack.pop().unwrap();
                    self.call(self.table[at as usize], stack);
                } else {
                    assert_eq!(operator, Operator::End, "nothing else was written");
                }
            }
            let gives = usize::from(self.types[place as usize] == 0);
            assert_eq!(stack.len(), height + gives, "the function is not of its type");
        }

        fn exported(&self) -> Vec<(&str, i32)> {
            let run = |number| {
                let mut stack = Vec::new();
                self.call(number, &mut stack);
                stack[0]
            };
            self.exports.iter().map(|(name, number)| (*name, run(*number))).collect()
        }
    }

    #[test]
    fn similar_functions_are_next_to_each_other_and_compute_the_same() {
        let (before, after) = (module(), sort_by_similarity(&module()).unwrap());
        let (before, after) = (Interpreter::of(&before), Interpreter::of(&after));
        assert_eq!(before.exported(), [("a", 301_007), ("b", 451_010)]);
        assert_eq!(after.exported(), before.exported());
        let lengths = |interpreter: &Interpreter<'_>| {
            interpreter.bodies.iter().map(|body| body.as_bytes().len()).collect::<Vec<_>>()
        };
        assert_eq!(lengths(&before), [11, 2, 15, 11, 16]);
        assert_eq!(lengths(&after), [11, 11, 2, 15, 16]);
    }

    #[test]
    fn bytes_that_are_not_wasm_are_refused_with_a_sentence() {
        let refused = sort_by_similarity(b"<!doctype html>").unwrap_err();
        assert!(refused.starts_with("The wasm's functions can't be ordered: "), "{refused}");
    }
}
