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
            check_letter(backend, role, relation, *letter, entry)?;
        }
    }
    Ok(())
}

/// A privilege on all columns that are used does as well as that on the table; where none is, on any of them.
fn check_letter(backend: &Backend<'_>, role: Oid, relation: Oid, letter: char, entry: &RangeTableEntry) -> Result<()> {
    let table = ObjectAddress::new(ObjectClass::Relation, relation);
    if has_privilege(backend, role, table, letter) {
        return Ok(());
    }
    let used = match letter {
        'r' => &entry.selected,
        'a' => &entry.inserted,
        'w' => &entry.updated,
        _ => return check_as(backend, role, table, &[letter]),
    };
    let shape = backend.relation_by_oid(relation)?;
    let all: Vec<i16> = shape.live_attributes().map(|attribute| attribute.number).collect();
    let held =
        |&number: &i16| number > 0 && has_privilege(backend, role, ObjectAddress::column(relation, number), letter);
    let allowed = match used.as_slice() {
        [] => all.iter().any(held),
        used if used.contains(&0) => all.iter().all(held),
        used => used.iter().all(held),
    };
    match allowed {
        true => Ok(()),
        false => check_as(backend, role, table, &[letter]),
    }
}
