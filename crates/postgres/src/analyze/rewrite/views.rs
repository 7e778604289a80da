//! Views give way to their queries (`fireRIRrules`).

use std::sync::Arc;

use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::{Name, Relation, RelationKind};
use crate::query::{Query, RangeTableKind};

/// Whose privileges count for the tables of a view: its owner's, or (0) those of who reads it.
pub fn reader(view: &Relation) -> Oid {
    let invoker =
        |(name, value): &(Name, Name)| &**name == "security_invoker" && matches!(&**value, "true" | "on" | "1");
    match view.options.iter().any(invoker) {
        true => Oid::INVALID,
        false => view.owner,
    }
}

/// Makes a role's privileges count for the tables of a query, as a view's owner's do (`setRuleCheckAsUser`).
pub fn read_as(query: &mut Query, role: Oid) {
    for entry in &mut query.range_table {
        if !entry.check_as.is_valid() {
            entry.check_as = role;
        }
    }
    query.for_each_subquery_mut(&mut |subquery| read_as(Arc::make_mut(subquery), role));
}

/// Puts the query of each view in its place.
pub fn expand(backend: &Backend<'_>, query: &mut Query) -> Result<()> {
    let target = query.result_relation;
    for (entry, index) in query.range_table.iter_mut().zip(1_usize..) {
        let RangeTableKind::Relation { relation, .. } = entry.kind else {
            continue;
        };
        let Some(relation) = backend.catalog()?.relation(relation).filter(|_| target != Some(index)) else {
            continue;
        };
        if relation.kind == RelationKind::MaterializedView && !relation.populated {
            return Err(Error::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("materialized view \"{}\" has not been populated", relation.name),
            )
            .hint("Use the REFRESH MATERIALIZED VIEW command."));
        }
        let Some(view) = relation.view.as_ref().filter(|_| relation.kind == RelationKind::View) else {
            continue;
        };
        let mut body = Query::clone(view);
        read_as(&mut body, reader(relation));
        entry.kind = RangeTableKind::Subquery {
            query: Arc::new(body),
            view: relation.oid,
        };
    }
    Ok(())
}
