//! SECURITY LABEL: there is no provider of labels.

use kumquat_sql::ast::SecLabelStmt;
use kumquat_types::{Error, Result, SqlState};

use crate::result::CommandTag;

pub fn execute(stmt: &SecLabelStmt) -> Result<CommandTag> {
    Err(match &stmt.provider {
        Some(provider) => Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("security label provider \"{provider}\" is not loaded"),
        ),
        None => Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "no security label providers have been loaded",
        ),
    })
}
