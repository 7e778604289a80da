//! Making and unmaking Citus tables: what `create_distributed_table` and its kin do.
//!
//! - [`checks`]: what may become a Citus table
//! - [`colocation`]: which group a table joins
//! - [`create`]: distributed, single-shard and reference tables
//! - [`local`]: local tables in the metadata (Citus local tables)
//! - [`undistribute`]: back to a local table
//! - [`alter`]: another distribution column, shard count or group
//! - [`tenant`]: tables and schemas of schema-based sharding
//! - [`partitions`]: partitions and their parents
//! - [`sequences`]: sequences that give defaults to columns

pub mod alter;
pub mod checks;
pub mod colocation;
pub mod create;
pub mod local;
pub mod partitions;
pub mod sequences;
pub mod tenant;
pub mod undistribute;
