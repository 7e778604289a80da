//! What row-level security asks of rows that are written (`ExecWithCheckOptions`).

use kumquat_types::{Chunk, Error, Result, SqlState};

use super::table::Table;
use crate::catalog::Name;
use crate::executor::context::Context;
use crate::executor::expr::{Compiled, compile};
use crate::executor::layout::Layout;
use crate::query::{RowCheck, RowCheckKind};

/// A policy's condition on rows of the table that a statement writes to.
pub struct Check {
    kind: RowCheckKind,
    policy: Option<Name>,
    condition: Compiled,
}

/// Compiles the checks over the columns of the target.
pub fn compile_checks(ctx: &Context<'_, '_>, checks: &[RowCheck], layout: &Layout) -> Result<Vec<Check>> {
    let compiled = checks.iter().map(|check| {
        Ok(Check {
            kind: check.kind,
            policy: check.policy.clone(),
            condition: compile(ctx.backend, &check.condition, layout)?,
        })
    });
    compiled.collect()
}

/// Fails unless all rows, which have the table's columns, pass the checks of a kind.
pub fn check(ctx: &mut Context<'_, '_>, table: &mut Table, kind: RowCheckKind, rows: &Chunk) -> Result<()> {
    for check in table.row_checks.iter_mut().filter(|check| check.kind == kind) {
        let passed = check.condition.eval(ctx, rows, None)?;
        if (0..rows.rows).any(|row| passed.get(row).as_bool() != Some(true)) {
            return Err(violation(kind, check.policy.as_deref(), &table.relation.name));
        }
    }
    Ok(())
}

fn violation(kind: RowCheckKind, policy: Option<&str>, table: &str) -> Error {
    let policy = policy.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let using = match kind {
        RowCheckKind::Insert | RowCheckKind::Update => "",
        RowCheckKind::Conflict | RowCheckKind::MergeUpdate | RowCheckKind::MergeDelete => " (USING expression)",
    };
    let row = match kind {
        RowCheckKind::MergeUpdate | RowCheckKind::MergeDelete => "target",
        _ => "new",
    };
    let message = format!("{row} row violates row-level security policy{policy}{using} for table \"{table}\"");
    Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message)
}
