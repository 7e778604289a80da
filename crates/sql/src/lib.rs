//! Text to statements: the only crate that imports sqlparser.

pub mod ast;
