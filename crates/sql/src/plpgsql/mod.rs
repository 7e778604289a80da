//! PL/pgSQL: the body of a function to a tree.
//!
//! 1. `reader` gives the tokens, and cuts out the stretches that are SQL; `crate::parser` parses
//!    those.
//! 2. `block` reads blocks with their declarations, `statement`, `control` and `cursor` statements.
//! 3. `scope` knows which names are variables: assignments and statements of SQL are told apart by
//!    that.
//! 4. `ast` is the tree.

pub mod ast;
mod block;
mod conditions;
mod control;
mod cursor;
mod reader;
mod returning;
mod scope;
mod statement;

use kumquat_types::{Error, Result, SqlState};

use ast::{Function, VariableConflict};
use reader::Reader;
use scope::{Kind, Level};

/// What the body of a function sees of it.
#[derive(Clone, Debug, Default)]
pub struct Signature {
    /// The function's name, by which its parameters can be qualified; that of a DO block is
    /// `inline_code_block`.
    pub name: String,
    /// The names of the parameters and of the columns of RETURNS TABLE; `$1` and so on are known
    /// without.
    pub parameters: Vec<String>,
    /// For a trigger NEW, OLD and the TG variables are there.
    pub is_trigger: bool,
    pub returns: Returns,
}

/// What a function gives back, as far as it decides how RETURN is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Returns {
    #[default]
    Value,
    Void,
    /// A procedure without OUT parameters.
    Procedure,
    /// One value, in OUT parameters.
    OutParameters,
    Set,
    /// `RETURNS TABLE`, or SETOF with OUT parameters.
    SetOfOutParameters,
}

/// The variables of a trigger function.
const TRIGGER_VARIABLES: &[&str] = &[
    "tg_name",
    "tg_when",
    "tg_level",
    "tg_op",
    "tg_relid",
    "tg_relname",
    "tg_table_name",
    "tg_table_schema",
    "tg_nargs",
    "tg_argv",
];

/// The condition of this name, with the SQLSTATEs it stands for; none if there is no such name.
pub fn condition(name: &str) -> ast::Condition {
    ast::Condition::Named(name.to_owned(), conditions::sqlstates(name))
}

/// Parses the body of a function. Positions and lines are those in the body.
///
/// What depends on types (that a cursor is a cursor, that a column exists) is for the one who knows them.
pub fn parse(body: &str, signature: &Signature) -> Result<Function> {
    let mut reader = Reader::new(body, signature.returns);
    reader.scopes.push(Level::Block, Some(signature.name.clone()));
    for parameter in &signature.parameters {
        reader.scopes.declare(parameter, Kind::Composite);
    }
    reader.scopes.declare("found", Kind::Scalar);
    if signature.is_trigger {
        reader.scopes.declare("new", Kind::Composite);
        reader.scopes.declare("old", Kind::Composite);
        for variable in TRIGGER_VARIABLES {
            reader.scopes.declare(variable, Kind::Scalar);
        }
    }
    whole(&mut reader).map_err(|error| match error.position {
        Some(_) => error,
        None => {
            let line = reader.line(reader.parser.offset());
            error.context(compilation(&signature.name, line))
        }
    })
}

/// The line of context for what goes wrong before a function runs.
pub fn compilation(function: &str, line: u32) -> String {
    format!("compilation of PL/pgSQL function \"{function}\" near line {line}")
}

fn whole(reader: &mut Reader<'_>) -> Result<Function> {
    let (variable_conflict, print_strict_params) = options(reader)?;
    let label = reader.label()?;
    let body = reader.block(label)?;
    reader.parser.eat(';');
    match reader.parser.at_end() {
        true => Ok(Function {
            variable_conflict,
            print_strict_params,
            body,
            shadowing: std::mem::take(&mut reader.shadowing),
        }),
        false => reader.parser.unexpected(),
    }
}

/// `#variable_conflict use_column` and other options before the first block.
fn options(reader: &mut Reader<'_>) -> Result<(Option<VariableConflict>, Option<bool>)> {
    let mut conflict = None;
    let mut print_strict_params = None;
    while matches!(reader.parser.tok(), crate::lexer::Tok::Op(op) if op == "#") {
        reader.parser.bump();
        if reader.eat_word("option") {
            reader.expect_word("dump")?;
        } else if reader.eat_word("print_strict_params") {
            let value = reader.parser.col_label()?;
            print_strict_params = match value.as_str() {
                "on" => Some(true),
                "off" => Some(false),
                _ => {
                    return Err(Error::new(
                        SqlState::SYNTAX_ERROR,
                        format!("unrecognized print_strict_params option {value}"),
                    ));
                }
            };
        } else {
            reader.expect_word("variable_conflict")?;
            conflict = match reader.word().as_deref() {
                Some("error") => Some(VariableConflict::Error),
                Some("use_variable") => Some(VariableConflict::UseVariable),
                Some("use_column") => Some(VariableConflict::UseColumn),
                _ => return reader.parser.unexpected(),
            };
            reader.parser.bump();
        }
    }
    Ok((conflict, print_strict_params))
}
