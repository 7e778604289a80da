//! Runs plans over column chunks.
//!
//! A plan becomes a tree of operators ([`build`]), each in a file of its own, that pull [`Chunk`]s from each
//! other ([`operator::Operator`]). Expressions are compiled once and evaluated over columns ([`expr`]). What the
//! operators of one run share is the [`context::Context`]: parameters, subplans, and the tables as they were when
//! the statement began.
//!
//! - tables: [`seq_scan`], [`index_scan`], [`scan`], [`indexing`]; other sources: [`values_scan`],
//!   [`function_scan`], [`cte_scan`], [`custom_scan`], [`result`]
//! - joins: [`nested_loop`], [`hash_join`], [`merge_join`], [`join_pairs`]
//! - groups and order: [`aggregate`], [`window`], [`sort`], [`group`], [`set_op`], [`append`], [`limit`],
//!   [`keys`], [`quicksort`]
//! - sets: [`project_set`], [`set_function`], [`recursive_union`], [`material`], [`memoize`], [`lock_rows`]
//! - EXPLAIN ANALYZE: [`counters`]; [`memory`] and [`pages`] as PostgreSQL would use them
//! - changes: [`modify`]; who may: [`permissions`]; subqueries: [`subplan`]; user-defined functions: [`functions`], [`plpgsql`]

pub mod aggregate;
pub mod append;
pub mod build;
pub mod context;
pub mod counters;
pub mod cte_scan;
pub mod custom_scan;
pub mod expr;
pub mod function_scan;
pub mod functions;
pub mod group;
pub mod hash_join;
pub mod index_scan;
pub mod indexing;
pub mod join_pairs;
pub mod keys;
pub mod layout;
pub mod limit;
pub mod lock_rows;
pub mod material;
pub mod memoize;
pub mod memory;
pub mod merge_join;
pub mod modify;
pub mod nested_loop;
pub mod operator;
pub mod pages;
pub mod permissions;
pub mod plpgsql;
pub mod project_set;
pub mod quicksort;
pub mod recursive_union;
pub mod result;
pub mod scan;
pub mod seq_scan;
pub mod set_function;
pub mod set_op;
pub mod sort;
pub mod sql_value;
pub mod subplan;
pub mod values_scan;
pub mod window;

mod run;

use imbl::OrdMap;
use kumquat_types::{Chunk, Datum, Oid, Result};

pub use context::WORK_LIMIT;
pub use run::{evaluate, evaluate_over, execute_query, plan_with_extension, run, run_counted, with_context};

use self::context::Context;
use self::expr::compile;
use self::layout::Layout;
use crate::backend::Backend;
use crate::query::Expr;

/// Which relation is meant by each oid in a plan: those that are not here mean themselves. So a plan made for
/// one shard runs on the others; indexes and partitions are found on the bound relation by their place.
pub type RelationBindings = OrdMap<Oid, Oid>;

/// The value of an expression without columns as a float.
pub fn evaluate_number(ctx: &mut Context<'_, '_>, expr: &Expr, layout: &Layout) -> Result<Option<f64>> {
    let mut compiled = compile(ctx.backend, expr, layout)?;
    let value = compiled.eval_row(ctx, &Chunk::new(Vec::new(), 1))?;
    Ok(match &value {
        Datum::Float4(value) => Some(f64::from(*value)),
        Datum::Float8(value) => Some(*value),
        Datum::Numeric(value) => Some(value.to_f64()),
        value => value.as_i64().map(|value| value as f64),
    })
}

/// Inserts rows as INSERT or COPY FROM would: `columns` says which attribute each value is for; the others get
/// their defaults. Checks constraints, routes to partitions. Gives the number of rows.
pub fn insert_rows(backend: &mut Backend<'_>, relation: Oid, columns: &[i16], rows: Vec<Vec<Datum>>) -> Result<u64> {
    let shape = backend.relation_by_oid(relation)?;
    let type_of = |number: &i16| {
        shape
            .attribute(*number)
            .map_or(Oid::TEXT, |attribute| attribute.type_oid)
    };
    let types: Vec<Oid> = columns.iter().map(type_of).collect();
    insert_chunks(backend, relation, columns, vec![Chunk::from_rows(&types, rows)])
}

/// The same for rows that are columns already, one for each column of `columns`.
pub fn insert_chunks(backend: &mut Backend<'_>, relation: Oid, columns: &[i16], chunks: Vec<Chunk>) -> Result<u64> {
    modify::bulk::insert_chunks(backend, relation, columns, chunks)
}

/// Checks the rows that are in a table (and its partitions) against a constraint: ADD CONSTRAINT, VALIDATE.
pub fn validate_constraint(backend: &mut Backend<'_>, constraint: Oid) -> Result<()> {
    modify::validate::constraint(backend, constraint)
}

/// Checks SET NOT NULL: `column "a" of relation "t" contains null values`.
pub fn validate_not_null(backend: &mut Backend<'_>, relation: Oid, attribute: i16) -> Result<()> {
    modify::validate::not_null(backend, relation, attribute)
}

/// Builds an index on its table's rows and checks uniqueness: `could not create unique index`.
pub fn build_index(backend: &mut Backend<'_>, index: Oid) -> Result<()> {
    modify::validate::build_index(backend, index)
}

/// Checks constraints that were deferred: after SET CONSTRAINTS ... IMMEDIATE those (none: all) that became
/// immediate.
pub fn check_deferred(backend: &mut Backend<'_>, constraints: &[Oid]) -> Result<()> {
    modify::pending::check_deferred(backend, constraints)
}

/// Checks at COMMIT all constraints that were deferred.
pub fn check_at_commit(backend: &mut Backend<'_>) -> Result<()> {
    modify::pending::check_at_commit(backend)
}
