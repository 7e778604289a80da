//! Frames: the rows of its partition that a row's window functions see.

use kumquat_types::compare::compare;
use kumquat_types::{Column, Datum, Error, Oid, Result, SqlState, lookup_procs};

use super::partition::Partition;
use crate::backend::Backend;
use crate::catalog::SortOrder;
use crate::executor::context::Context;
use crate::executor::expr::Function;
use crate::query::{FrameBound, FrameExclusion, FrameMode};

/// Rows `start..end` of the partition (counted from its first), without those excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    /// Rows left out, but for the one that is kept.
    pub excluded: (usize, usize),
    pub kept: Option<usize>,
}

impl Span {
    pub fn contains(&self, row: usize) -> bool {
        let excluded = (self.excluded.0..self.excluded.1).contains(&row) && self.kept != Some(row);
        (self.start..self.end).contains(&row) && !excluded
    }

    pub fn rows(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        (self.start..self.end).filter(|&row| self.contains(row))
    }

    pub fn has_exclusion(&self) -> bool {
        self.excluded.0 < self.excluded.1
    }
}

/// The frame clause with its offsets.
pub struct FrameRule {
    pub frame: crate::query::Frame,
    pub start: Datum,
    pub end: Datum,
    /// The ORDER BY column of RANGE offsets.
    pub order: SortOrder,
    in_range: Option<Function>,
}

impl FrameRule {
    pub fn new(
        backend: &Backend<'_>,
        frame: crate::query::Frame,
        (start, end): (Datum, Datum),
        order: SortOrder,
        (order_type, offset_type): (Oid, Oid),
    ) -> Result<FrameRule> {
        let offset = |bound: FrameBound| matches!(bound, FrameBound::Preceding | FrameBound::Following);
        for (bound, value, word) in [(frame.start, &start, "starting"), (frame.end, &end, "ending")] {
            if offset(bound) {
                check_offset(frame.mode, value, word)?;
            }
        }
        let ranged = frame.mode == FrameMode::Range && (offset(frame.start) || offset(frame.end));
        let types = [order_type, order_type, offset_type, Oid::BOOL, Oid::BOOL];
        let proc = lookup_procs("in_range").iter().find(|proc| proc.args == types);
        let in_range = match proc {
            Some(proc) if ranged && !is_number(&start) && !is_number(&end) => {
                Some(Function::new(backend, proc.oid, types.to_vec(), Oid::BOOL, false)?)
            }
            _ => None,
        };
        Ok(FrameRule {
            frame,
            start,
            end,
            order,
            in_range,
        })
    }

    /// The frames of all rows of a partition.
    pub fn spans(&self, ctx: &mut Context<'_, '_>, partition: &Partition) -> Result<Vec<Span>> {
        (0..partition.rows())
            .map(|row| self.span(ctx, partition, row))
            .collect()
    }

    fn span(&self, ctx: &mut Context<'_, '_>, partition: &Partition, row: usize) -> Result<Span> {
        let start = self.bound(ctx, partition, row, self.frame.start, &self.start, true)?;
        let end = self.bound(ctx, partition, row, self.frame.end, &self.end, false)?;
        let peers = partition.peers_of(row);
        let (excluded, kept) = match self.frame.exclusion {
            FrameExclusion::None => ((0, 0), None),
            FrameExclusion::CurrentRow => ((row, row + 1), None),
            FrameExclusion::Group => (peers, None),
            FrameExclusion::Ties => (peers, Some(row)),
        };
        Ok(Span {
            start,
            end: end.max(start),
            excluded,
            kept,
        })
    }

    /// The first row of the frame, or the one after the last.
    fn bound(
        &self,
        ctx: &mut Context<'_, '_>,
        partition: &Partition,
        row: usize,
        bound: FrameBound,
        offset: &Datum,
        is_start: bool,
    ) -> Result<usize> {
        let rows = partition.rows();
        let (peers_start, peers_end) = partition.peers_of(row);
        let forward = match bound {
            FrameBound::UnboundedPreceding => return Ok(0),
            FrameBound::UnboundedFollowing => return Ok(rows),
            FrameBound::CurrentRow => {
                return Ok(match (self.frame.mode, is_start) {
                    (FrameMode::Rows, true) => row,
                    (FrameMode::Rows, false) => row + 1,
                    (_, true) => peers_start,
                    (_, false) => peers_end,
                });
            }
            FrameBound::Following => true,
            FrameBound::Preceding => false,
        };
        let distance = usize::try_from(offset.as_i64().unwrap_or(0)).unwrap_or(usize::MAX);
        let after = usize::from(!is_start);
        match self.frame.mode {
            FrameMode::Rows if forward => Ok(row.saturating_add(distance).saturating_add(after).min(rows)),
            FrameMode::Rows => Ok((row + after).saturating_sub(distance).min(rows)),
            FrameMode::Groups => {
                let group = partition.group_of(row);
                Ok(match forward {
                    true => partition.group_start(group.saturating_add(distance).saturating_add(after)),
                    false if group + after < distance => 0,
                    false => partition.group_start(group + after - distance),
                })
            }
            FrameMode::Range => self.range_bound(ctx, partition, row, offset, forward, is_start),
        }
    }

    fn range_bound(
        &self,
        ctx: &mut Context<'_, '_>,
        partition: &Partition,
        row: usize,
        offset: &Datum,
        forward: bool,
        is_start: bool,
    ) -> Result<usize> {
        let Some(values) = partition.order_column() else {
            return Ok(if is_start { 0 } else { partition.rows() });
        };
        let value = |at: usize| values.get(partition.first + at);
        let base = value(row);
        if base.is_null() {
            let (start, end) = partition.peers_of(row);
            return Ok(if is_start { start } else { end });
        }
        let known = |at: &usize| !value(*at).is_null();
        let first = (0..partition.rows()).find(known).unwrap_or(0);
        let last = (0..partition.rows()).rev().find(known).map_or(0, |at| at + 1);
        let subtract = forward == self.order.descending;
        // A start is the first row at or past the bound, an end the first row past it.
        let less = is_start == self.order.descending;
        let (mut low, mut high) = (first, last);
        while low < high {
            let middle = low + (high - low) / 2;
            let inside = self.in_range(ctx, &value(middle), &base, offset, subtract, less)?;
            if inside != is_start {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// `value <= base ± offset`, or `>=`.
    fn in_range(
        &self,
        ctx: &mut Context<'_, '_>,
        value: &Datum,
        base: &Datum,
        offset: &Datum,
        subtract: bool,
        less: bool,
    ) -> Result<bool> {
        if let Some(function) = &self.in_range {
            let args = [
                value.clone(),
                base.clone(),
                offset.clone(),
                subtract.into(),
                less.into(),
            ];
            return Ok(function.call(ctx, &args)?.as_bool() == Some(true));
        }
        let ordering = match (value.as_i64(), base.as_i64(), offset.as_i64(), base, offset) {
            (Some(value), Some(base), Some(offset), ..) => {
                let offset = i128::from(if subtract { -offset } else { offset });
                i128::from(value).cmp(&(i128::from(base) + offset))
            }
            (.., Datum::Numeric(base), Datum::Numeric(offset)) => {
                let bound = if subtract { base.sub(offset) } else { base.add(offset) };
                compare(value, &Datum::Numeric(bound.into()))
            }
            (.., Datum::Float8(base), Datum::Float8(offset)) => compare(
                value,
                &Datum::Float8(if subtract { base - offset } else { base + offset }),
            ),
            (.., Datum::Float4(base), Datum::Float8(offset)) => {
                let base = f64::from(*base);
                compare(
                    value,
                    &Datum::Float8(if subtract { base - offset } else { base + offset }),
                )
            }
            _ => return Err(Error::not_modelled("RANGE with an offset over this type")),
        };
        Ok(if less { ordering.is_le() } else { ordering.is_ge() })
    }
}

fn is_number(value: &Datum) -> bool {
    value.as_i64().is_some() || matches!(value, Datum::Numeric(_) | Datum::Float8(_) | Datum::Float4(_))
}

fn check_offset(mode: FrameMode, value: &Datum, word: &str) -> Result<()> {
    if value.is_null() {
        let message = format!("frame {word} offset must not be null");
        return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
    }
    let negative = match value {
        Datum::Numeric(value) => value.is_negative(),
        Datum::Float8(value) => *value < 0.0,
        value => value.as_i64().is_some_and(|value| value < 0),
    };
    if !negative {
        return Ok(());
    }
    let code = SqlState::INVALID_PRECEDING_OR_FOLLOWING_SIZE;
    Err(match mode {
        FrameMode::Range => Error::new(code, "invalid preceding or following size in window function"),
        _ => Error::new(code, format!("frame {word} offset must not be negative")),
    })
}

/// The value of a column for a row of the partition.
pub fn value_at(column: &Column, partition: &Partition, row: usize) -> Datum {
    column.get(partition.first + row)
}
