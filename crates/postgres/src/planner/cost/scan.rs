//! Costs of scans.

use super::expression::QualCost;
use super::{CostSettings, clamp_rows, pages_fetched, unless};
use crate::planner::plan::Cost;

/// A table as scans see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableSize {
    pub pages: f64,
    pub rows: f64,
    /// Of the pages, how much is known to be visible to all: index-only scans need not look there.
    pub all_visible: f64,
}

/// Reads all pages and tests all rows (`cost_seqscan`).
pub fn seq_scan(settings: &CostSettings, table: TableSize, quals: QualCost) -> Cost {
    let startup = unless(settings.seqscan) + quals.startup;
    let run = settings.seq_page * table.pages + (settings.cpu_tuple + quals.per_tuple) * table.rows;
    Cost {
        startup,
        total: startup + run,
    }
}

/// Rows that are made or kept elsewhere: functions, VALUES, CTEs (`cost_functionscan` and kin).
pub fn row_source(settings: &CostSettings, rows: f64, per_row: f64, quals: QualCost) -> Cost {
    let startup = quals.startup;
    Cost {
        startup,
        total: startup + (settings.cpu_tuple + per_row + quals.per_tuple) * rows,
    }
}

/// What is asked of an index.
#[derive(Clone, Copy, Debug)]
pub struct IndexUse {
    /// Part of the table's rows that the index gives.
    pub selectivity: f64,
    /// Rows of the index that are looked at in each of its searches.
    pub index_rows: f64,
    pub searches: f64,
    /// Conditions checked on each entry.
    pub conditions: f64,
    /// Computing the values that the index is searched for.
    pub arguments: QualCost,
    pub correlation: f64,
    pub only: bool,
    /// How often the scan is repeated, by a nested loop.
    pub loops: f64,
}

/// An index as costs see it.
#[derive(Clone, Copy, Debug)]
pub struct IndexSize {
    pub pages: f64,
    pub rows: f64,
    /// Levels above the leaves.
    pub height: f64,
}

/// Searching a B-tree (`btcostestimate`).
pub fn index_search(settings: &CostSettings, index: IndexSize, used: &IndexUse, query_pages: f64) -> Cost {
    let rows = used.index_rows.min(index.rows).max(1.0);
    let pages = match index.pages > 1.0 && index.rows > 1.0 {
        true => (rows * index.pages / index.rows).ceil(),
        false => 1.0,
    };
    let scans = used.searches * used.loops;
    let read = match scans > 1.0 {
        true => {
            let fetched = pages_fetched(settings, pages * scans, index.pages, index.pages, query_pages);
            fetched * settings.random_page / used.loops
        }
        false => pages * settings.random_page,
    };
    let arguments = used.arguments.startup + used.arguments.per_tuple;
    let test = settings.cpu_operator * used.conditions;
    let mut startup = arguments;
    let mut total = read + arguments + rows * used.searches * (settings.cpu_index_tuple + test);
    if index.rows > 1.0 {
        let descent = index.rows.log2().ceil() * settings.cpu_operator;
        startup += descent;
        total += used.searches * descent;
    }
    let descent = (index.height + 1.0) * super::PAGE_CPU * settings.cpu_operator;
    startup += descent;
    total += used.searches * descent;
    Cost { startup, total }
}

/// Fetching the rows that an index gives (`cost_index`).
pub fn index_scan(
    settings: &CostSettings,
    table: TableSize,
    index: IndexSize,
    used: &IndexUse,
    search: Cost,
    quals: QualCost,
    query_pages: f64,
) -> Cost {
    let fetched = clamp_rows(used.selectivity * table.rows);
    let visible = |pages: f64| match used.only {
        true => (pages * (1.0 - table.all_visible)).ceil(),
        false => pages,
    };
    let ordered_pages = (used.selectivity * table.pages).ceil();
    let (scattered, ordered) = if used.loops > 1.0 {
        let reached = |rows: f64| visible(pages_fetched(settings, rows, table.pages, index.pages, query_pages));
        (
            reached(fetched * used.loops) * settings.random_page / used.loops,
            reached(ordered_pages * used.loops) * settings.random_page / used.loops,
        )
    } else {
        let pages = visible(pages_fetched(settings, fetched, table.pages, index.pages, query_pages));
        let ordered = visible(ordered_pages);
        let ordered = match ordered > 0.0 {
            true => settings.random_page + (ordered - 1.0).max(0.0) * settings.seq_page,
            false => 0.0,
        };
        (pages * settings.random_page, ordered)
    };
    let order = used.correlation * used.correlation;
    let startup = unless(settings.indexscan) + search.startup + quals.startup;
    let run = search.total - search.startup + scattered + order * (ordered - scattered);
    Cost {
        startup,
        total: startup + run + (settings.cpu_tuple + quals.per_tuple) * fetched,
    }
}

/// What a tree of bitmaps costs and gives.
#[derive(Clone, Copy, Debug, Default)]
pub struct BitmapUse {
    pub cost: f64,
    pub selectivity: f64,
    /// Pages of the indexes in it.
    pub index_pages: f64,
}

/// Fetching the rows of a bitmap in order of the table's pages (`cost_bitmap_heap_scan`).
pub fn bitmap_heap_scan(
    settings: &CostSettings,
    table: TableSize,
    bitmap: BitmapUse,
    loops: f64,
    quals: QualCost,
    query_pages: f64,
) -> Cost {
    let mut fetched = clamp_rows(bitmap.selectivity * table.rows);
    let pages = table.pages.max(1.0);
    let spread = 2.0 * pages * fetched / (2.0 * pages + fetched);
    let heap_pages = spread.min(table.pages);
    let read = match loops > 1.0 {
        true => pages_fetched(settings, fetched * loops, table.pages, bitmap.index_pages, query_pages) / loops,
        false => spread,
    };
    let read = if read >= pages { pages } else { read.ceil() };
    let entries = (settings.work_mem / 48.0).max(16.0);
    if entries < heap_pages {
        // Where the bitmap keeps pages only, all their rows are looked at.
        let lossy = (heap_pages - entries / 2.0).max(0.0);
        let exact = heap_pages - lossy;
        fetched = clamp_rows(bitmap.selectivity * (exact / heap_pages) * table.rows + lossy / heap_pages * table.rows);
    }
    let per_page = match read >= 2.0 {
        true => settings.random_page - (settings.random_page - settings.seq_page) * (read / pages).sqrt(),
        false => settings.random_page,
    };
    let startup = unless(settings.bitmapscan) + bitmap.cost + quals.startup;
    Cost {
        startup,
        total: startup + read * per_page + (settings.cpu_tuple + quals.per_tuple) * fetched,
    }
}
