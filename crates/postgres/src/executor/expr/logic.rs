//! What evaluates its parts for some of the rows only: AND, OR, CASE, COALESCE; and tests of truth.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::compare::compare;
use kumquat_types::{Bitmap, Chunk, Column, ColumnData, Datum, Oid, Result};

use super::Compiled;
use crate::executor::context::Context;
use crate::query::{BoolOp, BooleanTestKind, MinMaxOp};

/// The rows where a boolean column is true.
pub fn truth(column: &Column) -> Bitmap {
    let bits: Bitmap = match &column.data {
        ColumnData::Bool(values) => Bitmap::from(values.as_slice()),
        _ => column.iter().map(|value| value.as_bool() == Some(true)).collect(),
    };
    match &column.validity {
        Some(validity) => bits.and(validity),
        None => bits,
    }
}

/// The rows where a boolean column is false.
pub fn falsity(column: &Column) -> Bitmap {
    let bits: Bitmap = match &column.data {
        ColumnData::Bool(values) => Bitmap::from(values.as_slice()).not(),
        _ => column.iter().map(|value| value.as_bool() == Some(false)).collect(),
    };
    match &column.validity {
        Some(validity) => bits.and(validity),
        None => bits,
    }
}

fn booleans(truth: &Bitmap, validity: Option<Bitmap>) -> Column {
    Column::new(ColumnData::Bool(truth.iter().collect()), validity)
}

/// Rows that are valid: a column's validity, or all.
fn valid(column: &Column) -> Bitmap {
    match (&column.validity, &column.data) {
        (Some(validity), _) => validity.clone(),
        (None, ColumnData::Datum(values)) => values.iter().map(|value| !value.is_null()).collect(),
        (None, _) => Bitmap::new(column.len(), true),
    }
}

fn within(mask: Option<&Bitmap>, rows: usize) -> Bitmap {
    mask.cloned().unwrap_or_else(|| Bitmap::new(rows, true))
}

/// AND, OR and NOT with three-valued logic. A part is not evaluated for rows that are decided already.
pub fn eval_bool(
    op: BoolOp,
    args: &mut [Compiled],
    ctx: &mut Context<'_, '_>,
    input: &Chunk,
    mask: Option<&Bitmap>,
) -> Result<Arc<Column>> {
    if op == BoolOp::Not {
        let Some(arg) = args.first_mut() else {
            return Ok(Arc::new(Column::nulls(Oid::BOOL, input.rows)));
        };
        let column = arg.eval(ctx, input, mask)?;
        return Ok(Arc::new(booleans(&falsity(&column), Some(valid(&column)))));
    }
    // `decided`: false for AND, true for OR. `undecided`: neither decided nor known to be NULL.
    let mut open = within(mask, input.rows);
    let mut decided = Bitmap::new(input.rows, false);
    let mut null = Bitmap::new(input.rows, false);
    let last = args.len().saturating_sub(1);
    for (at, arg) in args.iter_mut().enumerate() {
        let all_open = at == 0 && mask.is_none();
        let column = arg.eval(ctx, input, (!all_open).then_some(&open))?;
        let decides = match op {
            BoolOp::And => falsity(&column),
            _ => truth(&column),
        };
        decided = decided.or(&decides.and(&open));
        null = null.or(&valid(&column).not());
        if at < last {
            open = open.and(&decides.not());
            if open.count_ones() == 0 {
                break;
            }
        }
    }
    let known = decided.or(&null.not());
    let truth = match op {
        BoolOp::And => decided.not(),
        _ => decided,
    };
    Ok(Arc::new(booleans(&truth, Some(known))))
}

pub struct Case {
    pub arg: Option<Compiled>,
    /// Columns of the input: the argument is put to their right.
    pub width: usize,
    pub whens: Vec<(Compiled, Compiled)>,
    pub otherwise: Option<Compiled>,
}

impl Case {
    pub fn eval(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
        type_oid: Oid,
    ) -> Result<Arc<Column>> {
        let tested = match &mut self.arg {
            Some(arg) => with_column(input, self.width, arg.eval(ctx, input, mask)?),
            None => input.clone(),
        };
        let mut open = within(mask, input.rows);
        let mut pieces: Vec<(Bitmap, Arc<Column>)> = Vec::new();
        for (condition, result) in &mut self.whens {
            if open.count_ones() == 0 {
                break;
            }
            let chosen = condition.eval_filter(ctx, &tested, Some(&open))?;
            if chosen.count_ones() > 0 {
                pieces.push((chosen.clone(), result.eval(ctx, input, Some(&chosen))?));
                open = open.and(&chosen.not());
            }
        }
        if let Some(otherwise) = &mut self.otherwise
            && open.count_ones() > 0
        {
            pieces.push((open.clone(), otherwise.eval(ctx, input, Some(&open))?));
        }
        Ok(choose(pieces, input.rows, type_oid))
    }
}

/// The chunk with a column at place `width`.
pub fn with_column(input: &Chunk, width: usize, column: Arc<Column>) -> Chunk {
    let mut columns = input.columns.clone();
    columns.truncate(width);
    columns.push(column);
    Chunk::new(columns, input.rows)
}

/// For each row the value of the piece that has it; NULL if none has.
fn choose(mut pieces: Vec<(Bitmap, Arc<Column>)>, rows: usize, type_oid: Oid) -> Arc<Column> {
    if let [(chosen, column)] = pieces.as_slice()
        && chosen.count_ones() == rows
    {
        return column.clone();
    }
    pieces.retain(|(chosen, _)| chosen.count_ones() > 0);
    let mut result = Column::with_capacity(type_oid, rows);
    for row in 0..rows {
        let piece = pieces.iter().find(|(chosen, _)| chosen.get(row));
        result.push(piece.map_or(Datum::Null, |(_, column)| column.get(row)));
    }
    Arc::new(result)
}

/// The first argument that is not NULL; the later ones are evaluated where the earlier are NULL.
pub fn eval_coalesce(
    args: &mut [Compiled],
    ctx: &mut Context<'_, '_>,
    input: &Chunk,
    mask: Option<&Bitmap>,
    type_oid: Oid,
) -> Result<Arc<Column>> {
    let mut open = within(mask, input.rows);
    let mut pieces: Vec<(Bitmap, Arc<Column>)> = Vec::new();
    for arg in args {
        if open.count_ones() == 0 {
            break;
        }
        let column = arg.eval(ctx, input, Some(&open))?;
        let chosen = open.and(&valid(&column));
        open = open.and(&chosen.not());
        pieces.push((chosen, column));
    }
    Ok(choose(pieces, input.rows, type_oid))
}

/// GREATEST and LEAST: NULLs do not count.
pub fn eval_min_max(
    op: MinMaxOp,
    args: &mut [Compiled],
    ctx: &mut Context<'_, '_>,
    input: &Chunk,
    mask: Option<&Bitmap>,
    type_oid: Oid,
) -> Result<Column> {
    let columns: Vec<Arc<Column>> = args
        .iter_mut()
        .map(|arg| arg.eval(ctx, input, mask))
        .collect::<Result<_>>()?;
    let better = match op {
        MinMaxOp::Greatest => Ordering::Greater,
        MinMaxOp::Least => Ordering::Less,
    };
    super::per_row(input.rows, mask, type_oid, |row| {
        let values = columns
            .iter()
            .map(|column| column.get(row))
            .filter(|value| !value.is_null());
        let best = values.reduce(|best, value| if compare(&value, &best) == better { value } else { best });
        Ok(best.unwrap_or_default())
    })
}

/// IS [NOT] NULL. A row value is NULL if all of its fields are, and NOT NULL if none is.
pub fn null_test(column: &Column, is_null: bool, row_test: bool) -> Column {
    if row_test {
        let test = |value: Datum| match value {
            Datum::Record(record) => record.values.iter().all(|field| field.is_null() == is_null),
            value => value.is_null() == is_null,
        };
        return Column::new(ColumnData::Bool(column.iter().map(test).collect()), None);
    }
    let valid = valid(column);
    let bits = if is_null { valid.not() } else { valid };
    booleans(&bits, None)
}

pub fn boolean_test(column: &Column, kind: BooleanTestKind) -> Column {
    let bits = match kind {
        BooleanTestKind::IsTrue => truth(column),
        BooleanTestKind::IsNotTrue => truth(column).not(),
        BooleanTestKind::IsFalse => falsity(column),
        BooleanTestKind::IsNotFalse => falsity(column).not(),
        BooleanTestKind::IsUnknown => valid(column).not(),
        BooleanTestKind::IsNotUnknown => valid(column),
    };
    booleans(&bits, None)
}
