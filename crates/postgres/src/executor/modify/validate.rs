//! Rows that are in a table already, looked at when a constraint or index is added.

use kumquat_types::{Error, Oid, Result, SqlState};

use super::foreign_key::{check_referencing, leaves_of};
use super::table::Table;
use super::unique::{RowKeys, database_index, describe_key};
use crate::backend::Backend;
use crate::catalog::ConstraintKind;
use crate::executor::context::Context;
use crate::executor::expr::compile;
use crate::executor::expr::logic::falsity;
use crate::executor::indexing::table_layout;
use crate::executor::keys::RowTable;
use crate::executor::scan::relation;
use crate::executor::with_context;
use crate::storage::RowId;

/// Checks the rows of a table and its partitions against a constraint.
pub fn constraint(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    with_context(backend, |ctx| {
        let Some(constraint) = ctx.backend.catalog()?.constraints.get(&oid).cloned() else {
            return Ok(());
        };
        for leaf in leaves_of(ctx, constraint.relation)? {
            match &constraint.kind {
                ConstraintKind::Check { expression, .. } => {
                    let (root, table) = (relation(ctx, constraint.relation)?, relation(ctx, leaf)?);
                    let map = crate::commands::attribute_map::AttributeMap::by_name(&root, &table);
                    let expression = if leaf == root.oid {
                        expression.clone()
                    } else {
                        map.apply(expression)
                    };
                    let mut check = compile(ctx.backend, &expression, &table_layout(&table))?;
                    for chunk in live_chunks(ctx, leaf)? {
                        if falsity(&*check.eval(ctx, &chunk, None)?).count_ones() > 0 {
                            let message = format!(
                                "check constraint \"{}\" of relation \"{}\" is violated by some row",
                                constraint.name, table.name
                            );
                            let schema = ctx.backend.schema_name(table.schema);
                            return Err(Error::new(SqlState::CHECK_VIOLATION, message).constraint(
                                &schema,
                                &table.name,
                                &constraint.name,
                            ));
                        }
                    }
                }
                ConstraintKind::ForeignKey(key) => {
                    let heap = ctx.heap_now(leaf)?;
                    let rows: Vec<RowId> = (0..heap.row_versions()).map(RowId::at).collect();
                    check_referencing(ctx, &constraint, key, leaf, &rows)?;
                }
                _ => {}
            }
        }
        Ok(())
    })
}

fn live_chunks(ctx: &Context<'_, '_>, table: Oid) -> Result<Vec<kumquat_types::Chunk>> {
    let heap = ctx.backend.database()?.heaps.get(&table);
    Ok(heap.map(|heap| heap.live_chunks().collect()).unwrap_or_default())
}

/// `column "a" of relation "t" contains null values`
pub fn not_null(backend: &mut Backend<'_>, table: Oid, attribute: i16) -> Result<()> {
    with_context(backend, |ctx| {
        let root = relation(ctx, table)?;
        for leaf in leaves_of(ctx, table)? {
            let relation = relation(ctx, leaf)?;
            let name = root.attribute(attribute).map_or("", |attribute| &attribute.name);
            let Some(found) = relation.attribute_by_name(name) else {
                continue;
            };
            let place = usize::try_from(found.number - 1).unwrap_or(0);
            let has_null = |chunk: &kumquat_types::Chunk| {
                chunk
                    .columns
                    .get(place)
                    .is_some_and(|column| (0..chunk.rows).any(|row| column.is_null(row)))
            };
            if live_chunks(ctx, leaf)?.iter().any(has_null) {
                let message = format!(
                    "column \"{name}\" of relation \"{}\" contains null values",
                    relation.name
                );
                let mut error = Error::new(SqlState::NOT_NULL_VIOLATION, message);
                error.schema = Some(ctx.backend.schema_name(relation.schema).to_string());
                error.table = Some(relation.name.to_string());
                error.column = Some(name.to_string());
                return Err(error);
            }
        }
        Ok(())
    })
}

/// Builds an index; if it is unique, no key may be there twice.
pub fn build_index(backend: &mut Backend<'_>, index: Oid) -> Result<()> {
    with_context(backend, |ctx| {
        let definition = relation(ctx, index)?;
        let Some(shape) = definition.index.clone() else {
            return Ok(());
        };
        let mut table = Table::open(ctx.backend, shape.table)?;
        if !table.relation.has_storage() {
            return Ok(());
        }
        let (owner, oid) = (table.relation.clone(), table.oid());
        let chunks = live_chunks(ctx, oid)?;
        if let Some(unique) = table.uniques.iter_mut().find(|unique| unique.oid == index) {
            let mut seen = RowTable::new(unique.keys.columns.iter().map(|column| column.type_oid).collect());
            for chunk in chunks {
                let keys = RowKeys::of(ctx, &mut unique.keys, &chunk)?;
                let counted: Vec<u32> = (0..chunk.rows)
                    .filter(|&row| keys.counts(row, &unique.definition))
                    .filter_map(|row| u32::try_from(row).ok())
                    .collect();
                let columns: Vec<_> = keys
                    .columns
                    .iter()
                    .map(|c| std::sync::Arc::new(c.take(&counted)))
                    .collect();
                let (_, fresh) = seen.insert(&columns, counted.len());
                if fresh.len() < counted.len() {
                    let repeated = (0u32..).zip(&counted).find(|(at, _)| !fresh.contains(at));
                    let key = repeated.map(|(_, row)| keys.key(*row as usize)).unwrap_or_default();
                    let message = format!("could not create unique index \"{}\"", definition.name);
                    let detail = format!(
                        "Key {} is duplicated.",
                        describe_key(ctx.backend, &owner, &unique.definition, &unique.keys, &key)
                    );
                    return Err(Error::new(SqlState::UNIQUE_VIOLATION, message)
                        .detail(detail)
                        .constraint(&ctx.backend.schema_name(owner.schema), &owner.name, &definition.name));
                }
            }
            database_index(ctx, oid, index, &mut unique.keys)?;
            return Ok(());
        }
        if let Some(exclusion) = table.exclusions.iter_mut().find(|exclusion| exclusion.oid == index) {
            return exclusion.check_all(ctx, &owner);
        }
        // Expressions of the index must be computable for all rows.
        let mut keys = crate::executor::indexing::IndexKeys::new(ctx.backend, &owner, &shape)?;
        for chunk in chunks {
            keys.eval(ctx, &chunk)?;
        }
        Ok(())
    })
}
