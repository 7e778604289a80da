//! EXPLAIN output as a tree of nodes and properties, written as text or JSON.

use kumquat_sql::ast::ExplainStmt;
use kumquat_types::{Error, Result};

use crate::backend::Backend;
use crate::result::ResultSet;

/// Collects what EXPLAIN prints; plan nodes and extensions write into it.
#[derive(Clone, Debug, Default)]
pub struct ExplainWriter {
    pub options: ExplainOptions,
    pub lines: Vec<String>,
    /// Levels of indentation of the node being written.
    pub indent: usize,
}

#[derive(Clone, Copy, Debug)]
pub struct ExplainOptions {
    pub analyze: bool,
    pub verbose: bool,
    pub costs: bool,
    pub timing: bool,
    pub summary: bool,
    pub buffers: bool,
    pub settings: bool,
    pub wal: bool,
    pub format: ExplainFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExplainFormat {
    #[default]
    Text,
    Json,
    Yaml,
    Xml,
}

impl Default for ExplainOptions {
    fn default() -> ExplainOptions {
        ExplainOptions {
            analyze: false,
            verbose: false,
            costs: true,
            timing: true,
            summary: false,
            buffers: false,
            settings: false,
            wal: false,
            format: ExplainFormat::Text,
        }
    }
}

/// EXPLAIN: one row a line.
pub fn explain(_backend: &mut Backend<'_>, _statement: &ExplainStmt, _text: &str) -> Result<ResultSet> {
    Err(Error::not_modelled("EXPLAIN"))
}
