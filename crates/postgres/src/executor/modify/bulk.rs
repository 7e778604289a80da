//! Rows that come from elsewhere: COPY, and what other nodes send.

use std::sync::Arc;

use kumquat_types::{CHUNK_ROWS, Chunk, Column, Error, Oid, Result};

use super::insert::insert_rows;
use super::pending::finish_statement;
use super::route::Router;
use super::table::Tables;
use super::trigger::{self, Operation};
use crate::backend::Backend;
use crate::catalog::Attribute;
use crate::executor::context::Context;
use crate::executor::expr::{Compiled, compile};
use crate::executor::layout::Layout;
use crate::executor::scan::relation;
use crate::executor::with_context;
use crate::query::Expr;

/// Inserts chunks whose columns are those of `columns`; the other columns get their defaults.
pub fn insert_chunks(backend: &mut Backend<'_>, table: Oid, columns: &[i16], chunks: Vec<Chunk>) -> Result<u64> {
    with_context(backend, |ctx| {
        let shape = relation(ctx, table)?;
        let mut defaults: Vec<(usize, Source)> = Vec::with_capacity(shape.attributes.len());
        for (place, attribute) in shape.attributes.iter().enumerate() {
            let given = columns.iter().position(|number| *number == attribute.number);
            let source = match given {
                Some(at) => Source::Given(at),
                None => default_of(ctx, table, attribute)?,
            };
            defaults.push((place, source));
        }
        let (mut tables, mut router) = (Tables::default(), Router::default());
        let mut count = 0;
        trigger::before_statement(ctx, tables.get(ctx, table)?, Operation::Insert, &[])?;
        for chunk in chunks {
            for start in (0..chunk.rows).step_by(CHUNK_ROWS) {
                let part = chunk.slice(start, CHUNK_ROWS);
                let mut columns = Vec::with_capacity(defaults.len());
                for ((_, source), attribute) in defaults.iter_mut().zip(shape.attributes.iter()) {
                    columns.push(source.column(ctx, &part, attribute)?);
                }
                let rows = Chunk::new(columns, part.rows);
                let stored = insert_rows(ctx, &mut tables, &mut router, table, rows)?;
                count += stored.rows.rows as u64;
            }
        }
        trigger::note_statement(ctx, tables.get(ctx, table)?, Operation::Insert, &[])?;
        finish_statement(ctx)?;
        Ok(count)
    })
}

/// Where the values of a column come from.
enum Source {
    Given(usize),
    Default(Compiled),
    Null,
}

impl Source {
    fn column(&mut self, ctx: &mut Context<'_, '_>, rows: &Chunk, attribute: &Attribute) -> Result<Arc<Column>> {
        match self {
            Source::Given(at) => rows
                .columns
                .get(*at)
                .cloned()
                .ok_or_else(|| Error::internal("a column is missing")),
            Source::Default(expr) => expr.eval(ctx, &Chunk::new(Vec::new(), rows.rows), None),
            Source::Null => Ok(Arc::new(Column::nulls(attribute.type_oid, rows.rows))),
        }
    }
}

fn default_of(ctx: &Context<'_, '_>, table: Oid, attribute: &Attribute) -> Result<Source> {
    if attribute.dropped || attribute.generated.is_some() {
        return Ok(Source::Null);
    }
    let default: Option<Expr> = crate::analyze::column_default(ctx.backend, table, attribute)?;
    match default {
        Some(default) => Ok(Source::Default(compile(ctx.backend, &default, &Layout::default())?)),
        None => Ok(Source::Null),
    }
}
