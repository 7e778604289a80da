//! Statements that are not queries.

pub mod dependencies;
pub mod node_sync;
pub mod objects;

use kumquat_postgres::Backend;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::Statement;
use kumquat_types::Result;

pub fn utility(backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
    backend.standard_utility(statement, text)
}
