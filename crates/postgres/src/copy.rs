//! COPY.

use kumquat_sql::ast::CopyStmt;
use kumquat_types::{Error, Result};

use crate::backend::Backend;
use crate::driver::Outcome;
use crate::result::Client;

pub fn execute(_backend: &mut Backend<'_>, _statement: &CopyStmt, _client: &mut dyn Client) -> Result<Outcome> {
    Err(Error::not_modelled("COPY"))
}
