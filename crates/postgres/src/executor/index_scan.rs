//! IndexScan and bitmap scans: rows found by their keys.

use std::sync::Arc;

use kumquat_types::compare::compare;
use kumquat_types::{CHUNK_ROWS, Chunk, Datum, Error, Oid, Result};

use super::build::node_id;
use super::context::Context;
use super::expr::compile::compile_all;
use super::expr::{Compiled, Projection, compile, eval_conditions};
use super::indexing::{bound_index, current_index};
use super::layout::Layout;
use super::operator::Operator;
use super::pages::{IndexPages, heap_pages, page_of};
use super::scan::TableColumns;
use crate::catalog::SortOrder;
use crate::planner::plan::{Comparison, IndexScan, ScanTarget};
use crate::planner::{Plan, PlanKind};
use crate::storage::index::{Bound, key_datum};
use crate::storage::{Heap, Index, RowId};

/// The search for keys in one index.
struct Search {
    table: Oid,
    index: Oid,
    conditions: Vec<Condition>,
    backward: bool,
}

struct Condition {
    column: usize,
    comparison: Comparison,
    value: Option<Compiled>,
}

/// A condition with its value.
struct Known {
    column: usize,
    comparison: Comparison,
    value: Datum,
}

impl Search {
    fn new(ctx: &Context<'_, '_>, scan: &IndexScan) -> Result<Search> {
        let none = Layout::default();
        let condition = |condition: &crate::planner::plan::IndexCondition| {
            Ok(Condition {
                column: condition.column,
                comparison: condition.comparison,
                value: condition
                    .value
                    .as_ref()
                    .map(|value| compile(ctx.backend, value, &none))
                    .transpose()?,
            })
        };
        Ok(Search {
            table: scan.target.relation,
            index: scan.index,
            conditions: scan.conditions.iter().map(condition).collect::<Result<_>>()?,
            backward: scan.backward,
        })
    }

    fn pages(&self, ctx: &Context<'_, '_>) -> Option<IndexPages> {
        let index = bound_index(ctx, self.table, self.index).ok()?;
        IndexPages::of(ctx, ctx.bound(self.table), index)
    }

    /// Positions of the row versions that may satisfy the conditions, in order of the index.
    fn run(&mut self, ctx: &mut Context<'_, '_>) -> Result<Vec<u32>> {
        let row = Chunk::new(Vec::new(), 1);
        let mut known = Vec::with_capacity(self.conditions.len());
        for condition in &mut self.conditions {
            let value = match &mut condition.value {
                Some(value) => value.eval_row(ctx, &row)?,
                None => Datum::Null,
            };
            let null_test = matches!(condition.comparison, Comparison::IsNull | Comparison::IsNotNull);
            if value.is_null() && !null_test {
                return Ok(Vec::new());
            }
            known.push(Known {
                column: condition.column,
                comparison: condition.comparison,
                value,
            });
        }
        let table = ctx.bound(self.table);
        let index = bound_index(ctx, self.table, self.index)?;
        let index = current_index(ctx, table, index)?;
        let mut positions = Vec::new();
        find(&index, &known, 0, &mut Vec::new(), &mut positions);
        if self.backward {
            positions.reverse();
        }
        Ok(positions)
    }
}

/// Walks through the key columns: equalities lengthen the prefix, the first range ends it.
fn find(index: &Index, known: &[Known], column: usize, prefix: &mut Vec<Datum>, positions: &mut Vec<u32>) {
    let here = || known.iter().filter(move |known| known.column == column);
    for condition in here() {
        let values: Vec<Datum> = match (&condition.comparison, &condition.value) {
            (Comparison::Equal, value) => vec![trimmed(value)],
            (Comparison::IsNull, _) => vec![Datum::Null],
            (Comparison::Any, Datum::Array(array)) => {
                let mut values: Vec<Datum> = array.values.iter().filter(|v| !v.is_null()).map(trimmed).collect();
                values.sort_by(compare);
                values.dedup_by(|a, b| compare(a, b).is_eq());
                if index.orders.get(column).is_some_and(|order| order.descending) {
                    values.reverse();
                }
                values
            }
            _ => continue,
        };
        for value in values {
            prefix.push(value);
            find(index, known, column + 1, prefix, positions);
            prefix.pop();
        }
        return;
    }
    let order = index.orders.get(column).copied().unwrap_or_default();
    let (lower, upper) = bounds(here(), prefix, order);
    positions.extend(index.range(lower.as_ref(), upper.as_ref()));
}

fn trimmed(value: &Datum) -> Datum {
    key_datum(Oid::BPCHAR, value.clone())
}

/// The part of the index below a prefix that inequalities on the next column leave.
fn bounds<'a>(
    conditions: impl Iterator<Item = &'a Known>,
    prefix: &[Datum],
    order: SortOrder,
) -> (Option<Bound>, Option<Bound>) {
    let whole = |_| Bound {
        key: prefix.to_vec(),
        inclusive: true,
    };
    let with = |value: Datum, inclusive: bool| {
        let mut key = prefix.to_vec();
        key.push(value);
        Some(Bound { key, inclusive })
    };
    let prefixed = (!prefix.is_empty()).then_some(());
    let (mut lower, mut upper) = (prefixed.map(whole), prefixed.map(whole));
    let mut ranged = false;
    for condition in conditions {
        let inclusive = matches!(condition.comparison, Comparison::LessEqual | Comparison::GreaterEqual);
        let bound = with(condition.value.clone(), inclusive);
        let is_less = matches!(condition.comparison, Comparison::Less | Comparison::LessEqual);
        ranged = true;
        match condition.comparison {
            Comparison::IsNotNull => {}
            _ if is_less != order.descending => upper = bound,
            _ => lower = bound,
        }
    }
    // No comparison holds for NULL.
    let open = |bound: &Option<Bound>| bound.as_ref().is_none_or(|bound| bound.key.len() == prefix.len());
    if ranged && order.nulls_first && open(&lower) {
        lower = with(Datum::Null, false);
    } else if ranged && !order.nulls_first && open(&upper) {
        upper = with(Datum::Null, false);
    }
    (lower, upper)
}

/// All conditions are decided by the search alone: equalities on the first columns, then one range.
fn is_exact(conditions: &[crate::planner::plan::IndexCondition]) -> bool {
    let mut column = 0;
    let mut ended = false;
    for condition in conditions {
        let equality = matches!(
            condition.comparison,
            Comparison::Equal | Comparison::Any | Comparison::IsNull
        );
        if ended && condition.column >= column || condition.column > column {
            return false;
        }
        match equality {
            true if condition.column == column => column += 1,
            true => return false,
            false => ended = true,
        }
    }
    let ranges = |c: Comparison| conditions.iter().filter(|condition| condition.comparison == c).count();
    ranges(Comparison::Less) + ranges(Comparison::LessEqual) <= 1
        && ranges(Comparison::Greater) + ranges(Comparison::GreaterEqual) <= 1
}

/// Fetches rows by position, leaving out dead ones.
fn fetch(heap: &Heap, columns: &TableColumns, positions: &[u32]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let live = positions
        .iter()
        .map(|&position| RowId::at(position.into()))
        .filter(|&id| heap.is_live(id));
    let mut run: Vec<u32> = Vec::new();
    let mut number = 0;
    let mut flush = |number: u32, run: &mut Vec<u32>| {
        if let Some(chunk) = heap.chunks.get(number as usize)
            && !run.is_empty()
        {
            chunks.push(columns.take(chunk, number, run));
        }
        run.clear();
    };
    for id in live {
        if id.chunk != number {
            flush(number, &mut run);
            number = id.chunk;
        }
        run.push(id.row);
    }
    flush(number, &mut run);
    chunks
}

/// Rows found by position, handed out in portions.
struct Found {
    positions: Vec<u32>,
    at: usize,
    waiting: Vec<Chunk>,
    types: Vec<Oid>,
    step: usize,
}

impl Found {
    fn new(positions: Vec<u32>, types: Vec<Oid>) -> Found {
        Found {
            positions,
            at: 0,
            waiting: Vec::new(),
            types,
            step: 64,
        }
    }

    fn next(&mut self, heap: &Heap, columns: &TableColumns, batch: usize) -> Option<Chunk> {
        let end = self.positions.len().min(self.at + self.step.min(batch));
        let part = self.positions.get(self.at..end).filter(|part| !part.is_empty())?;
        self.waiting = fetch(heap, columns, part);
        self.at = end;
        self.step = (self.step * 4).min(CHUNK_ROWS);
        Some(Chunk::concat(&self.types, &std::mem::take(&mut self.waiting)))
    }
}

impl Found {
    /// Heap pages of the last portion, which began at `before`; one that goes on counts once.
    fn new_pages(&self, heap: &Heap, before: usize) -> u64 {
        let portion = self.positions.get(before..self.at).unwrap_or_default();
        let page = |at: Option<usize>| Some(page_of(heap, (*self.positions.get(at?)?).into()));
        let goes_on = before > 0 && page(before.checked_sub(1)) == page(Some(before));
        heap_pages(heap, portion) - u64::from(goes_on)
    }
}

pub struct IndexScanOperator {
    search: Search,
    recheck: Vec<Compiled>,
    columns: TableColumns,
    found: Option<(Arc<Heap>, Found)>,
    projection: Projection,
    only: bool,
    /// Of the index, if pages are counted.
    pages: Option<IndexPages>,
    node: usize,
}

impl IndexScanOperator {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, scan: &IndexScan) -> Result<IndexScanOperator> {
        let columns = TableColumns::new(ctx, plan, &scan.target)?;
        let exact = is_exact(&scan.conditions);
        let recheck = scan
            .conditions
            .iter()
            .filter(|_| !exact)
            .map(|condition| &condition.expr);
        Ok(IndexScanOperator {
            search: Search::new(ctx, scan)?,
            recheck: compile_all(ctx.backend, recheck, &columns.layout)?,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &columns.layout)?,
            columns,
            found: None,
            only: scan.only,
            pages: None,
            node: node_id(plan),
        })
    }
}

impl Operator for IndexScanOperator {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if self.found.is_none() {
            let positions = self.search.run(ctx)?;
            let heap = ctx.heap(ctx.bound(self.search.table));
            self.pages = self.search.pages(ctx);
            if let (Some(pages), Some(counters)) = (self.pages, ctx.counters_of(self.node)) {
                counters.pages += pages.descent();
            }
            self.found = Some((heap, Found::new(positions, self.columns.layout.types())));
        }
        let Some((heap, found)) = &mut self.found else {
            return Ok(None);
        };
        let (columns, recheck) = (&self.columns, &mut self.recheck);
        let (only, node, pages) = (self.only, self.node, self.pages);
        let result = self.projection.next(ctx, &mut |ctx| {
            let before = found.at;
            let Some(rows) = found.next(heap, columns, ctx.batch) else {
                return Ok(None);
            };
            if let (Some(pages), Some(counters)) = (pages, ctx.counters_of(node)) {
                counters.pages += pages.leaves(before, found.at) + found.new_pages(heap, before);
                counters.heap_fetches += if only { rows.rows as u64 } else { 0 };
            }
            Ok(Some(match eval_conditions(recheck, ctx, &rows)? {
                Some(mask) => rows.filter(&mask),
                None => rows,
            }))
        })?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, _: &mut Context<'_, '_>) -> Result<()> {
        self.found = None;
        self.projection.reset();
        Ok(())
    }
}

/// A tree of bitmaps over one table.
enum Bitmaps {
    Index { search: Search, node: usize },
    And { children: Vec<Bitmaps>, node: usize },
    Or { children: Vec<Bitmaps>, node: usize },
}

impl Bitmaps {
    fn new(ctx: &Context<'_, '_>, plan: &Plan) -> Result<Bitmaps> {
        let children = || {
            plan.children
                .iter()
                .map(|child| Bitmaps::new(ctx, child))
                .collect::<Result<Vec<_>>>()
        };
        Ok(match &plan.kind {
            PlanKind::BitmapIndexScan(scan) => Bitmaps::Index {
                search: Search::new(ctx, scan)?,
                node: node_id(plan),
            },
            PlanKind::BitmapAnd => Bitmaps::And {
                children: children()?,
                node: node_id(plan),
            },
            PlanKind::BitmapOr => Bitmaps::Or {
                children: children()?,
                node: node_id(plan),
            },
            _ => return Err(Error::internal("a bitmap heap scan lacks its bitmap")),
        })
    }

    /// Positions in order of the heap.
    fn run(&mut self, ctx: &mut Context<'_, '_>) -> Result<Vec<u32>> {
        match self {
            Bitmaps::Index { search, node } => {
                let mut positions = search.run(ctx)?;
                let pages = search
                    .pages(ctx)
                    .map(|pages| pages.descent() + pages.leaves(0, positions.len()));
                positions.sort_unstable();
                positions.dedup();
                let heap = ctx.heap(ctx.bound(search.table));
                positions.retain(|&position| heap.is_live(RowId::at(position.into())));
                if let Some(counters) = ctx.counters_of(*node) {
                    counters.loops += 1;
                    counters.rows += positions.len() as u64;
                    counters.pages += pages.unwrap_or_default();
                }
                Ok(positions)
            }
            Bitmaps::And { children, node } => {
                count_run(ctx, *node);
                let mut all: Option<Vec<u32>> = None;
                for child in children {
                    let positions = child.run(ctx)?;
                    all = Some(match all {
                        Some(all) => all
                            .into_iter()
                            .filter(|at| positions.binary_search(at).is_ok())
                            .collect(),
                        None => positions,
                    });
                }
                Ok(all.unwrap_or_default())
            }
            Bitmaps::Or { children, node } => {
                count_run(ctx, *node);
                let mut all = Vec::new();
                for child in children {
                    all.extend(child.run(ctx)?);
                }
                all.sort_unstable();
                all.dedup();
                Ok(all)
            }
        }
    }
}

/// A combination of bitmaps has run; how many rows it holds is not counted.
fn count_run(ctx: &mut Context<'_, '_>, node: usize) {
    if let Some(counters) = ctx.counters_of(node) {
        counters.loops += 1;
    }
}

pub struct BitmapHeapScan {
    bitmaps: Bitmaps,
    table: Oid,
    recheck: Vec<Compiled>,
    columns: TableColumns,
    found: Option<(Arc<Heap>, Found)>,
    projection: Projection,
    node: usize,
}

impl BitmapHeapScan {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, target: &ScanTarget) -> Result<BitmapHeapScan> {
        let PlanKind::BitmapHeapScan { recheck, .. } = &plan.kind else {
            return Err(Error::internal("not a bitmap heap scan"));
        };
        let bitmap = plan
            .child(0)
            .ok_or_else(|| Error::internal("a bitmap heap scan lacks its bitmap"))?;
        let columns = TableColumns::new(ctx, plan, target)?;
        Ok(BitmapHeapScan {
            bitmaps: Bitmaps::new(ctx, bitmap)?,
            table: target.relation,
            recheck: compile_all(ctx.backend, recheck, &columns.layout)?,
            projection: Projection::new(ctx.backend, &plan.filter, &plan.output, &columns.layout)?,
            columns,
            found: None,
            node: node_id(plan),
        })
    }
}

impl Operator for BitmapHeapScan {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if self.found.is_none() {
            let positions = self.bitmaps.run(ctx)?;
            let heap = ctx.heap(ctx.bound(self.table));
            if let Some(counters) = ctx.counters_of(self.node) {
                let pages = heap_pages(&heap, &positions);
                counters.heap_blocks += pages;
                counters.pages += pages;
            }
            self.found = Some((heap, Found::new(positions, self.columns.layout.types())));
        }
        let Some((heap, found)) = &mut self.found else {
            return Ok(None);
        };
        let (columns, recheck) = (&self.columns, &mut self.recheck);
        let result = self.projection.next(ctx, &mut |ctx| {
            let Some(rows) = found.next(heap, columns, ctx.batch) else {
                return Ok(None);
            };
            Ok(Some(match eval_conditions(recheck, ctx, &rows)? {
                Some(mask) => rows.filter(&mask),
                None => rows,
            }))
        })?;
        ctx.count_removed(self.node, &mut self.projection.removed);
        Ok(result)
    }

    fn rescan(&mut self, _: &mut Context<'_, '_>) -> Result<()> {
        self.found = None;
        self.projection.reset();
        Ok(())
    }
}
