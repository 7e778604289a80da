//! Utility statements, one file a command, after PostgreSQL's `ProcessUtility`.

pub mod privileges;

use kumquat_sql::ast::Statement;
use kumquat_types::{Error, Result};

use crate::backend::Backend;
use crate::result::CommandTag;

/// Carries out a statement that is not a query.
pub fn execute(_backend: &mut Backend<'_>, _statement: &Statement, _text: &str) -> Result<CommandTag> {
    Err(Error::not_modelled("this statement"))
}
