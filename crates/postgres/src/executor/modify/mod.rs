//! ModifyTable: INSERT, UPDATE, DELETE and MERGE.
//!
//! - [`operator`]: the plan node: takes the rows below it and hands them to [`insert`], [`update`], [`delete`],
//!   [`merge`]; [`conflict`] is ON CONFLICT.
//! - [`table`]: a table made ready to be written; [`rows`]: rows written to it.
//! - [`check`]: NOT NULL, CHECK and partition bounds; [`unique`]: unique indexes; [`exclusion`]: EXCLUDE; [`route`]: which partition.
//! - [`foreign_key`]: what other tables' rows have to do with it; [`pending`]: checks that wait for the end of the
//!   statement or transaction.
//! - [`row_security`]: what policies ask of rows that are written.
//! - [`trigger`]: triggers and when they fire.
//! - [`bulk`]: rows that come from elsewhere (COPY); [`validate`]: rows that are there already.

pub mod bulk;
pub mod check;
pub mod conflict;
pub mod delete;
pub mod exclusion;
pub mod foreign_key;
pub mod insert;
pub mod merge;
pub mod operator;
pub mod pending;
pub mod route;
pub mod row_security;
mod rows;
mod system;
pub mod table;
pub mod trigger;
pub mod unique;
pub mod update;
pub mod validate;

pub use operator::build;
pub use pending::{Pending, PendingChecks};
