//! Whether the role that runs a statement may use the tables in it (`ExecCheckRTPerms`).

use kumquat_types::{Oid, Result};

use crate::backend::Backend;
use crate::catalog::{ObjectAddress, ObjectClass};
use crate::commands::privileges::{check_as, has_privilege};
use crate::query::{RangeTableEntry, RangeTableKind};

/// Checks the privileges that each entry needs.
pub fn check(backend: &Backend<'_>, entries: &[RangeTableEntry]) -> Result<()> {
    for entry in entries {
        let relation = match &entry.kind {
            RangeTableKind::Relation { relation, .. } => *relation,
            RangeTableKind::Subquery { view, .. } if view.is_valid() => *view,
            _ => continue,
        };
        let role = match entry.check_as.is_valid() {
            true => entry.check_as,
            false => backend.session.current_user,
        };
        if backend.is_superuser(role) {
            continue;
        }
        for letter in &entry.required {
            check_letter(backend, role, relation, *letter, &entry.selected)?;
        }
    }
    Ok(())
}

/// SELECT on all columns that are read does as well as SELECT on the table.
fn check_letter(backend: &Backend<'_>, role: Oid, relation: Oid, letter: char, selected: &[i16]) -> Result<()> {
    let table = ObjectAddress::new(ObjectClass::Relation, relation);
    if has_privilege(backend, role, table, letter) {
        return Ok(());
    }
    let column =
        |&number: &i16| number > 0 && has_privilege(backend, role, ObjectAddress::column(relation, number), letter);
    if letter == 'r' && !selected.is_empty() && selected.iter().all(column) {
        return Ok(());
    }
    check_as(backend, role, table, &[letter])
}
