//! lag, lead, first_value, last_value, nth_value.

use std::sync::Arc;

use kumquat_types::{Column, Error, Oid, Result, SqlState};

use super::frame::{Span, value_at};
use super::partition::Partition;

/// lag(value, offset, default), and lead.
pub fn shifted(lead: bool, args: &[Arc<Column>], partition: &Partition, result: Oid) -> Column {
    let value = |row: usize| {
        let argument = |at: usize| args.get(at).map(|column| value_at(column, partition, row));
        let offset = match argument(1) {
            None => 1,
            Some(offset) => offset.as_i64()?,
        };
        let row_number = i64::try_from(row).ok()?;
        let target = if lead {
            row_number.checked_add(offset)?
        } else {
            row_number.checked_sub(offset)?
        };
        match usize::try_from(target).ok().filter(|&target| target < partition.rows()) {
            Some(target) => args.first().map(|column| value_at(column, partition, target)),
            None => argument(2),
        }
    };
    Column::from_datums(result, (0..partition.rows()).map(|row| value(row).unwrap_or_default()))
}

/// Values of some row of the frame.
pub fn framed(name: &str, args: &[Arc<Column>], partition: &Partition, spans: &[Span], result: Oid) -> Result<Column> {
    let mut column = Column::with_capacity(result, spans.len());
    for (row, span) in spans.iter().enumerate() {
        let target = match name {
            "first_value" => span.rows().next(),
            "last_value" => span.rows().next_back(),
            _ => nth(args, partition, row)?.and_then(|n| span.rows().nth(n)),
        };
        let value = target
            .zip(args.first())
            .map(|(target, column)| value_at(column, partition, target));
        column.push(value.unwrap_or_default());
    }
    Ok(column)
}

fn nth(args: &[Arc<Column>], partition: &Partition, row: usize) -> Result<Option<usize>> {
    let Some(n) = args
        .get(1)
        .map(|column| value_at(column, partition, row))
        .and_then(|n| n.as_i64())
    else {
        return Ok(None);
    };
    match usize::try_from(n).ok().and_then(|n| n.checked_sub(1)) {
        Some(n) => Ok(Some(n)),
        None => Err(Error::new(
            SqlState::INVALID_ARGUMENT_FOR_NTH_VALUE_FUNCTION,
            "argument of nth_value must be greater than zero",
        )),
    }
}
