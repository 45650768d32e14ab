//! Removes the alignment hints of loads and stores from a wasm module. A hint changes nothing that is read or written, and
//! the engines of today's browsers ignore it; the same hint everywhere compresses better.

use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{MemArg, Module};
use wasmparser::Parser;

/// The module with the hint "not aligned" in every load and store. It must have no shared memory: atomic instructions
/// require a true hint.
pub fn remove_hints(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    match Unaligned.parse_core_module(&mut module, Parser::new(0), wasm) {
        Ok(()) => Ok(module.finish()),
        Err(error) => Err(format!("The wasm's alignment hints can't be removed: {error}.")),
    }
}

struct Unaligned;

impl Reencode for Unaligned {
    type Error = Infallible;

    fn mem_arg(&mut self, address: wasmparser::MemArg) -> Result<MemArg, Error<Infallible>> {
        Ok(MemArg { align: 0, ..utils::mem_arg(self, address)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, Function, FunctionSection, Instruction as Do, MemArgTarget, MemorySection, MemoryType, TypeSection,
    };

    fn module(align: u32) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut body = Function::new([]);
        let at =
            |offset, align| wasm_encoder::MemArg { offset, align, target: MemArgTarget::Memory(0), ordering: None };
        for instruction in [
            Do::I32Const(8),
            Do::I32Const(300),
            Do::I64Load(at(16, align)),
            Do::I64Store(at(24, align)),
            Do::I32Const(8),
            Do::I32Load8U(at(1, 0)),
            Do::Drop,
            Do::End,
        ] {
            body.instruction(&instruction);
        }
        let mut code = CodeSection::new();
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&code);
        module.finish()
    }

    #[test]
    fn alignment_hints_are_removed_and_nothing_else() {
        for align in 0..=3 {
            assert_eq!(remove_hints(&module(align)), Ok(module(0)));
        }
    }

    #[test]
    fn bytes_that_are_not_wasm_are_refused_with_a_sentence() {
        let refused = remove_hints(b"<!doctype html>").unwrap_err();
        assert!(refused.starts_with("The wasm's alignment hints can't be removed: "), "{refused}");
    }
}
