//! What plan nodes cost, after PostgreSQL's `costsize.c`, in units of a sequential page read.
//!
//! - [`expression`]: evaluating expressions; [`scan`]: tables, indexes, bitmaps and everything else in FROM;
//!   [`sort`]: sorting and what keeps rows; [`join`]: the three ways to join; [`aggregate`]: groups, windows.
//!
//! A disabled kind of node is not forbidden, only dear: [`DISABLED`] is added to its cost.

pub mod aggregate;
pub mod expression;
pub mod join;
pub mod scan;
pub mod sort;

use crate::backend::Backend;

/// `disable_cost`.
pub const DISABLED: f64 = 1.0e10;
/// Comparisons cost this many operator calls (`DEFAULT_PAGE_CPU_MULTIPLIER` is for an index page).
pub const PAGE_CPU: f64 = 50.0;
const PAGE_SIZE: f64 = 8192.0;

/// The cost parameters and `enable_*` settings of a session.
#[derive(Clone, Debug)]
pub struct CostSettings {
    pub seq_page: f64,
    pub random_page: f64,
    pub cpu_tuple: f64,
    pub cpu_index_tuple: f64,
    pub cpu_operator: f64,
    /// Pages that are likely to be in memory.
    pub cache_pages: f64,
    /// Bytes.
    pub work_mem: f64,
    /// Bytes a hash table may take.
    pub hash_mem: f64,
    pub seqscan: bool,
    pub indexscan: bool,
    pub indexonlyscan: bool,
    pub bitmapscan: bool,
    pub sort: bool,
    pub incremental_sort: bool,
    pub hashagg: bool,
    pub material: bool,
    pub memoize: bool,
    pub nestloop: bool,
    pub mergejoin: bool,
    pub hashjoin: bool,
    pub partition_pruning: bool,
}

impl CostSettings {
    pub fn new(backend: &Backend<'_>) -> CostSettings {
        let work_mem = backend.setting_integer("work_mem") as f64 * 1024.0;
        CostSettings {
            seq_page: backend.setting_real("seq_page_cost"),
            random_page: backend.setting_real("random_page_cost"),
            cpu_tuple: backend.setting_real("cpu_tuple_cost"),
            cpu_index_tuple: backend.setting_real("cpu_index_tuple_cost"),
            cpu_operator: backend.setting_real("cpu_operator_cost"),
            cache_pages: backend.setting_integer("effective_cache_size") as f64,
            work_mem,
            hash_mem: work_mem * backend.setting_real("hash_mem_multiplier"),
            seqscan: backend.setting_bool("enable_seqscan"),
            indexscan: backend.setting_bool("enable_indexscan"),
            indexonlyscan: backend.setting_bool("enable_indexonlyscan"),
            bitmapscan: backend.setting_bool("enable_bitmapscan"),
            sort: backend.setting_bool("enable_sort"),
            incremental_sort: backend.setting_bool("enable_incremental_sort"),
            hashagg: backend.setting_bool("enable_hashagg"),
            material: backend.setting_bool("enable_material"),
            memoize: backend.setting_bool("enable_memoize"),
            nestloop: backend.setting_bool("enable_nestloop"),
            mergejoin: backend.setting_bool("enable_mergejoin"),
            hashjoin: backend.setting_bool("enable_hashjoin"),
            partition_pruning: backend.setting_bool("enable_partition_pruning"),
        }
    }
}

/// Zero if a kind of node is enabled, else what makes it the last choice.
pub fn unless(enabled: bool) -> f64 {
    if enabled { 0.0 } else { DISABLED }
}

/// A number of rows as the planner keeps it: whole and at least 1 (`clamp_row_est`).
pub fn clamp_rows(rows: f64) -> f64 {
    if rows.is_nan() || rows > 1.0e100 {
        1.0e100
    } else if rows <= 1.0 {
        1.0
    } else {
        rows.round_ties_even()
    }
}

/// Bytes that rows of a width take in memory (`relation_byte_size`).
pub fn bytes(rows: f64, width: i32) -> f64 {
    rows * (align(width) + align(23))
}

/// Pages that rows of a width take on disk (`page_size`).
pub fn pages(rows: f64, width: i32) -> f64 {
    (bytes(rows, width) / PAGE_SIZE).ceil()
}

/// Rounded up to 8 bytes.
pub fn align(bytes: i32) -> f64 {
    f64::from((bytes.max(0) + 7) / 8 * 8)
}

/// Pages fetched by a number of rows that lie anywhere in a table, in a cache that is shared with all tables of
/// the query (Mackert and Lohman; `index_pages_fetched`).
pub fn pages_fetched(settings: &CostSettings, rows: f64, pages: f64, index_pages: f64, query_pages: f64) -> f64 {
    let table = pages.max(1.0);
    let total = (query_pages + index_pages).max(1.0);
    let cache = (settings.cache_pages * table / total).ceil().max(1.0);
    let spread = 2.0 * table * rows / (2.0 * table + rows);
    if table <= cache {
        return if spread >= table { table } else { spread.ceil() };
    }
    let limit = 2.0 * table * cache / (2.0 * table - cache);
    let fetched = if rows <= limit {
        spread
    } else {
        cache + (rows - limit) * (table - cache) / table
    };
    fetched.ceil()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_whole_and_at_least_one() {
        for (given, expected) in [(0.0, 1.0), (0.4, 1.0), (1.5, 2.0), (2.5, 2.0), (6.35, 6.0)] {
            assert_eq!(clamp_rows(given), expected, "{given}");
        }
    }

    #[test]
    fn widths_are_aligned_and_carry_a_header() {
        assert_eq!(bytes(10.0, 4), 320.0);
        assert_eq!(pages(1000.0, 36), 8.0);
    }
}
