//! Window functions.
//!
//! - [`operator`]: the WindowAgg node: partitions of sorted rows, one after the other ([`partition`]).
//! - [`frame`]: which rows each row sees.
//! - [`ranking`]: row_number, rank, ntile and kin; [`values`]: lag, first_value and kin; [`aggregates`]:
//!   aggregates over frames.

pub mod aggregates;
pub mod frame;
pub mod operator;
pub mod partition;
pub mod ranking;
pub mod values;

pub use operator::WindowAgg;
