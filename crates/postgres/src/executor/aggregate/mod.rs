//! Aggregation: groups of rows, and what aggregate functions make of them.
//!
//! - [`operator`]: the Aggregate node, with grouping sets.
//! - [`call`]: one aggregate call: FILTER, DISTINCT and ORDER BY, then its accumulator.
//! - [`accumulator`]: which accumulator carries out which function; [`count`], [`numbers`], [`extremes`],
//!   [`bits`], [`collect`], [`json`], [`ranges`], [`regression`], [`ordered_set`], [`user`]: the
//!   accumulators.
//! - [`hash_order`]: the order in which PostgreSQL's hash tables give their groups.

pub mod accumulator;
pub mod bits;
pub mod call;
pub mod collect;
pub mod count;
pub mod extremes;
pub mod hash_order;
pub mod json;
pub mod numbers;
pub mod operator;
pub mod ordered_set;
pub mod ranges;
pub mod regression;
pub mod user;

pub use accumulator::Accumulator;
pub use operator::build;
