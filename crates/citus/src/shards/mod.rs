//! Shards as tables: what a shard of a relation is called, how its table is made, filled and dropped, and how
//! the relation itself is made known to the other nodes.
//!
//! - [`names`] calls it `events_102008`
//! - [`mod@create`]: the table of a shard, cloned from the relation's definition
//! - [`mirror`]: the relation itself ("shell table") on nodes with metadata
//! - [`mod@drop`]: shards and shell tables of relations that are gone
//! - [`balance`]: which moves make nodes equally full
//! - [`rows`]: reading and writing rows of shards in bulk; [`transfer`]: shards that move or are split

pub mod balance;
pub mod create;
pub mod drop;
pub mod mirror;
pub mod names;
pub mod rows;
pub mod transfer;
