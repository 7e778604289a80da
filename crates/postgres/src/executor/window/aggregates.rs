//! Aggregates over frames.

use kumquat_types::{Chunk, Column, Result};

use super::frame::Span;
use super::partition::Partition;
use crate::executor::aggregate::call::AggregateCall;
use crate::executor::context::Context;

/// Pairs of a frame and a row in it that are fed at once.
const BATCH: usize = 1 << 16;

/// The aggregate over each row's frame.
pub fn eval(
    ctx: &mut Context<'_, '_>,
    call: &mut AggregateCall,
    rows: &Chunk,
    partition: &Partition,
    spans: &[Span],
) -> Result<Column> {
    let grows = |pair: &[Span]| matches!(pair, [a, b] if a.start == b.start && a.end <= b.end);
    match spans.windows(2).all(grows) && !spans.iter().any(Span::has_exclusion) {
        true => running(ctx, call, rows, partition, spans),
        false => by_frame(ctx, call, rows, partition, spans),
    }
}

/// Frames that only ever grow: each row is fed once.
fn running(
    ctx: &mut Context<'_, '_>,
    call: &mut AggregateCall,
    rows: &Chunk,
    partition: &Partition,
    spans: &[Span],
) -> Result<Column> {
    let mut states = [call.start(ctx)?];
    states.iter_mut().for_each(|state| state.resize(1));
    let mut result = Column::with_capacity(call.result_type(), spans.len());
    let first_row = Chunk::new(Vec::new(), 1);
    let mut fed = spans.first().map_or(0, |span| span.start);
    let mut current: Option<kumquat_types::Datum> = None;
    for span in spans {
        if span.end > fed || current.is_none() {
            let more = rows.slice(partition.first + fed, span.end.saturating_sub(fed));
            call.update(ctx, &more, &[vec![0; more.rows]], &mut states)?;
            fed = fed.max(span.end);
            let [state] = &mut states;
            current = Some(call.finish(ctx, state, 1, &first_row)?.get(0));
        }
        result.push(current.clone().unwrap_or_default());
    }
    Ok(result)
}

/// Any frames: each distinct one is a group of its own.
fn by_frame(
    ctx: &mut Context<'_, '_>,
    call: &mut AggregateCall,
    rows: &Chunk,
    partition: &Partition,
    spans: &[Span],
) -> Result<Column> {
    let mut result = Column::with_capacity(call.result_type(), spans.len());
    let mut rest = spans;
    while !rest.is_empty() {
        let mut members: Vec<u32> = Vec::new();
        let mut groups: Vec<u32> = Vec::new();
        let mut taken = 0;
        while let Some(span) = rest.get(taken) {
            if members.len() >= BATCH {
                break;
            }
            let group = u32::try_from(taken).unwrap_or(u32::MAX);
            for row in span.rows() {
                members.extend(u32::try_from(partition.first + row));
                groups.push(group);
            }
            taken += 1;
        }
        let mut states = [call.start(ctx)?];
        states.iter_mut().for_each(|state| state.resize(taken));
        call.update(ctx, &rows.take(&members), &[groups], &mut states)?;
        let [state] = &mut states;
        let first_rows = Chunk::new(Vec::new(), taken);
        result.append(&call.finish(ctx, state, taken, &first_rows)?);
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(result)
}
