//! NOT NULL, CHECK and partition bounds of rows on their way into a table.

use kumquat_types::{Chunk, Datum, Error, Result, SqlState, io};

use super::table::{Bound, Table};
use crate::analyze::row_security::is_active;
use crate::backend::Backend;
use crate::catalog::{PartitionBound, Relation};
use crate::commands::partition::rows::admits;
use crate::executor::context::Context;
use crate::executor::expr::logic::falsity;

/// The first row that fails, and why.
pub struct Failure {
    pub row: usize,
    pub error: Error,
}

/// Computes generated columns.
pub fn compute_generated(ctx: &mut Context<'_, '_>, table: &mut Table, rows: &mut Chunk) -> Result<()> {
    for (column, expression) in &mut table.generated {
        let values = expression.eval(ctx, rows, None)?;
        if let Some(slot) = rows.columns.get_mut(*column) {
            *slot = values;
        }
    }
    Ok(())
}

/// Checks all but uniqueness, row by row in effect: the failure is that of the first row that has one. With
/// `bounds`, the partition bound counts, too.
pub fn check_rows(ctx: &mut Context<'_, '_>, table: &mut Table, rows: &Chunk, bounds: bool) -> Result<Option<Failure>> {
    let mut first: Option<(usize, Violation)> = None;
    let mut note = |row: Option<usize>, violation: Violation| {
        if let Some(row) = row
            && first.as_ref().is_none_or(|(known, _)| row < *known)
        {
            first = Some((row, violation));
        }
    };
    for &column in &table.not_null {
        let null = rows
            .columns
            .get(column)
            .and_then(|values| (0..rows.rows).find(|&row| values.is_null(row)));
        note(null, Violation::NotNull(column));
    }
    for (number, (_, check)) in table.checks.iter_mut().enumerate() {
        let failed = falsity(&*check.eval(ctx, rows, None)?);
        note(failed.ones().next(), Violation::Check(number));
    }
    if bounds {
        for bound in &mut table.bounds {
            note(outside(ctx, bound, rows)?, Violation::Bound);
        }
    }
    Ok(first.map(|(row, violation)| Failure {
        row,
        error: violation.error(ctx.backend, table, &rows.row(row)),
    }))
}

/// Checks rows that are to be routed from a partition on: they must belong there.
pub fn check_bounds(ctx: &mut Context<'_, '_>, table: &mut Table, rows: &Chunk) -> Result<()> {
    let mut first: Option<usize> = None;
    for bound in &mut table.bounds {
        if let Some(row) = outside(ctx, bound, rows)? {
            first = Some(first.map_or(row, |known| known.min(row)));
        }
    }
    match first {
        Some(row) => Err(Violation::Bound.error(ctx.backend, table, &rows.row(row))),
        None => Ok(()),
    }
}

enum Violation {
    NotNull(usize),
    Check(usize),
    Bound,
}

impl Violation {
    fn error(&self, backend: &Backend<'_>, table: &Table, row: &[Datum]) -> Error {
        let relation = &table.relation;
        let schema = backend.schema_name(relation.schema);
        let detail = failing_row(backend, relation, row);
        match self {
            Violation::NotNull(column) => {
                let name = relation.attributes.get(*column).map_or("", |attribute| &attribute.name);
                let message = format!(
                    "null value in column \"{name}\" of relation \"{}\" violates not-null constraint",
                    relation.name
                );
                let mut error = with_detail(Error::new(SqlState::NOT_NULL_VIOLATION, message), detail);
                error.schema = Some(schema.to_string());
                error.table = Some(relation.name.to_string());
                error.column = Some(name.to_string());
                error
            }
            Violation::Check(number) => {
                let name = table.checks.get(*number).map_or("", |(constraint, _)| &constraint.name);
                let message = format!(
                    "new row for relation \"{}\" violates check constraint \"{name}\"",
                    relation.name
                );
                with_detail(Error::new(SqlState::CHECK_VIOLATION, message), detail).constraint(
                    &schema,
                    &relation.name,
                    name,
                )
            }
            Violation::Bound => {
                let message = format!(
                    "new row for relation \"{}\" violates partition constraint",
                    relation.name
                );
                with_detail(Error::new(SqlState::CHECK_VIOLATION, message), detail)
            }
        }
    }
}

/// Whether one row belongs where it is.
pub fn within_bounds(ctx: &mut Context<'_, '_>, table: &mut Table, row: &Chunk) -> Result<bool> {
    for bound in &mut table.bounds {
        if outside(ctx, bound, row)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The first row that does not belong under a bound.
fn outside(ctx: &mut Context<'_, '_>, bound: &mut Bound, rows: &Chunk) -> Result<Option<usize>> {
    let columns: Result<Vec<_>> = bound
        .values
        .iter_mut()
        .map(|value| value.eval(ctx, rows, None))
        .collect();
    let columns = columns?;
    let fits = |row: usize| {
        let values: Vec<Datum> = columns.iter().map(|column| column.get(row)).collect();
        match *bound.bound {
            PartitionBound::Default => !bound.others.iter().any(|other| admits(&bound.key, other, &values)),
            _ => admits(&bound.key, &bound.bound, &values),
        }
    };
    Ok((0..rows.rows).find(|&row| !fits(row)))
}

/// Longest text of a value in a message (`maxfieldlen`).
const LONGEST: usize = 64;

/// The detail that shows a row, unless policies might hide it.
pub fn failing_row(backend: &Backend<'_>, relation: &Relation, row: &[Datum]) -> Option<String> {
    let shown = || format!("Failing row contains {}.", describe_row(backend, relation, row));
    (!is_active(backend, relation)).then(shown)
}

pub fn with_detail(error: Error, detail: Option<String>) -> Error {
    match detail {
        Some(detail) => error.detail(detail),
        None => error,
    }
}

/// `(1, null, abc)`: the row's columns as messages show them.
fn describe_row(backend: &Backend<'_>, relation: &Relation, row: &[Datum]) -> String {
    let fields = relation
        .attributes
        .iter()
        .zip(row)
        .filter(|(attribute, _)| !attribute.dropped);
    let text = |(attribute, value): (&crate::catalog::Attribute, &Datum)| match value {
        Datum::Null => "null".to_string(),
        value => {
            let text = io::output(backend, attribute.type_oid, value);
            match text.len() <= LONGEST {
                true => text.into_owned(),
                false => format!("{}...", crate::catalog::naming::clip(&text, LONGEST)),
            }
        }
    };
    let fields: Vec<String> = fields.map(text).collect();
    format!("({})", fields.join(", "))
}

/// The rows without those from `row` on.
pub fn before(rows: &Chunk, row: usize) -> Chunk {
    rows.slice(0, row)
}
