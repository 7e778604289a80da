//! What becomes of rows whose referenced row goes or gets another key.

use std::sync::Arc;

use kumquat_types::{Column, Datum, Oid, Result};

use super::check::{Reference, find_referencing};
use crate::catalog::{Constraint, ForeignKey, ForeignKeyAction, RelationKind};
use crate::commands::attribute_map::AttributeMap;
use crate::executor::context::Context;
use crate::executor::modify::conflict::replace;
use crate::executor::modify::route::Router;
use crate::executor::modify::table::{Table, Tables};
use crate::executor::modify::trigger::{self, Operation};
use crate::executor::modify::{delete, rows, update};
use crate::executor::scan::relation;
use crate::storage::RowId;

/// CASCADE, SET NULL, SET DEFAULT.
pub(super) fn act(
    ctx: &mut Context<'_, '_>,
    constraint: &Constraint,
    key: &ForeignKey,
    action: ForeignKeyAction,
    old: &[Vec<Datum>],
    new: Option<&[Vec<Datum>]>,
) -> Result<()> {
    let root = relation(ctx, constraint.relation)?;
    for (leaf, rows) in find_referencing(ctx, constraint, key, old)? {
        let mut table = Table::open(ctx.backend, leaf)?;
        let map = AttributeMap::by_name(&root, &table.relation);
        let ids: Vec<RowId> = rows.iter().map(|(id, _)| *id).collect();
        if action == ForeignKeyAction::Cascade && new.is_none() {
            trigger::before_statement(ctx, &mut table, Operation::Delete, &[])?;
            delete::delete_rows(ctx, &mut table, &ids)?;
            trigger::note_statement(ctx, &mut table, Operation::Delete, &[])?;
            continue;
        }
        let set_columns = match new.is_none() && !key.on_delete_columns.is_empty() {
            true => &key.on_delete_columns,
            false => &key.columns,
        };
        let mut set: Vec<(i16, Arc<Column>)> = Vec::with_capacity(set_columns.len());
        for &number in set_columns {
            let number_here = map.get(number).unwrap_or(number);
            let Some(attribute) = table.relation.attribute(number_here).cloned() else {
                continue;
            };
            let place = key.columns.iter().position(|column| *column == number);
            let value = |(_, at): &Reference| match (action, new, place) {
                (ForeignKeyAction::Cascade, Some(new), Some(place)) => new
                    .get(*at)
                    .and_then(|values| values.get(place))
                    .cloned()
                    .unwrap_or_default(),
                _ => Datum::Null,
            };
            let column = match (action, &attribute.default) {
                (ForeignKeyAction::SetDefault, Some(default)) => {
                    let value = crate::executor::evaluate(ctx.backend, default, &[])?;
                    Column::constant(attribute.type_oid, &value, rows.len())
                }
                _ => Column::from_datums(attribute.type_oid, rows.iter().map(value)),
            };
            set.push((number_here, Arc::new(column)));
        }
        let changed: Vec<i16> = set.iter().map(|(number, _)| *number).collect();
        trigger::before_statement(ctx, &mut table, Operation::Update, &changed)?;
        match leaf == root.oid {
            true => update::replace_rows(ctx, &mut table, &ids, &set, &changed).map(drop)?,
            false => replace_routed(ctx, (root.oid, leaf), &ids, &set)?,
        }
        trigger::note_statement(ctx, &mut table, Operation::Update, &changed)?;
    }
    Ok(())
}

/// Updates rows of a partition, which may move to another one.
fn replace_routed(
    ctx: &mut Context<'_, '_>,
    (root, leaf): (Oid, Oid),
    ids: &[RowId],
    set: &update::Assignments,
) -> Result<()> {
    let (mut tables, mut router) = (Tables::default(), Router::default());
    let back = AttributeMap::by_name(
        &tables.get(ctx, leaf)?.relation.clone(),
        &tables.get(ctx, root)?.relation,
    );
    for (row, &id) in ids.iter().enumerate() {
        let old = rows::fetch(ctx, tables.get(ctx, leaf)?, &[id])?;
        let old = router.convert(ctx, leaf, root, &old)?;
        let values = set.iter().filter_map(|(number, column)| {
            let value = Arc::new(column.slice(row, 1));
            Some((back.get(*number)?, value))
        });
        let values: update::Assignments = values.collect();
        let changed: Vec<i16> = values.iter().map(|(number, _)| *number).collect();
        let new = update::assigned(&old, &values);
        replace(ctx, &mut tables, &mut router, (root, leaf), id, new, &changed)?;
    }
    Ok(())
}

/// The statement by which PostgreSQL does what `act` does, as its errors tell.
pub(super) fn statement_of(
    ctx: &Context<'_, '_>,
    constraint: &Constraint,
    key: &ForeignKey,
    action: ForeignKeyAction,
    deletes: bool,
) -> String {
    let Ok(table) = relation(ctx, constraint.relation) else {
        return String::new();
    };
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let column = |number: &i16| quoted(table.attribute(*number).map_or("", |attribute| &attribute.name));
    let only = if table.kind == RelationKind::PartitionedTable {
        ""
    } else {
        "ONLY "
    };
    let target = format!(
        "{only}{}.{}",
        quoted(&ctx.backend.schema_name(table.schema)),
        quoted(&table.name)
    );
    let cascades = action == ForeignKeyAction::Cascade;
    let first_key = if cascades && !deletes { key.columns.len() + 1 } else { 1 };
    let keys: Vec<String> = (first_key..)
        .zip(&key.columns)
        .map(|(number, own)| format!("${number} OPERATOR(pg_catalog.=) {}", column(own)))
        .collect();
    let keys = keys.join(" AND ");
    if cascades && deletes {
        return format!("DELETE FROM {target} WHERE {keys}");
    }
    let set_columns = match deletes && !key.on_delete_columns.is_empty() {
        true => &key.on_delete_columns,
        false => &key.columns,
    };
    let set = (1..).zip(set_columns).map(|(number, own)| match action {
        ForeignKeyAction::Cascade => format!("{} = ${number}", column(own)),
        ForeignKeyAction::SetDefault => format!("{} = DEFAULT", column(own)),
        _ => format!("{} = NULL", column(own)),
    });
    let set: Vec<String> = set.collect();
    format!("UPDATE {target} SET {} WHERE {keys}", set.join(", "))
}
