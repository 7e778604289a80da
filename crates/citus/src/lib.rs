//! Citus as an extension of the node in `kumquat_postgres`: metadata, hashing, distributed tables, propagation
//! of DDL, the distributed planner and executor, functions.
//!
//! # The way of a statement
//! 1. [`extension`] plugs the crate into the node's hooks.
//! 2. A query comes to [`planner`]: left to the node, routed to one shard, pushed down to all, or split into
//!    subplans; the result is a custom scan.
//! 3. [`executor`] runs the tasks of such a plan over [`connection`]s to the nodes that hold the shards.
//! 4. Any other statement comes to [`ddl`], which runs it here, then on shards and other nodes.
//! 5. [`functions`] holds what SQL calls: `create_distributed_table` and so on, carried out by [`tables`],
//!    [`shards`], [`foreign_keys`].
//! 6. All of it reads and changes [`metadata`], from which [`relations`] shows `pg_dist_*` and `citus_*`.
//!    [`columnar`] is the access method of its sister extension.
//! 7. [`transaction`] ends on all nodes what the statement has begun, and [`trace`] tells what was done; of a
//!    statement that is refused, [`named`] notes what it would have touched.

pub mod cluster;
pub mod columnar;
pub mod connection;
pub mod ddl;
pub mod disk;
pub mod executor;
pub mod extension;
pub mod foreign_keys;
pub mod functions;
pub mod hashing;
pub mod metadata;
pub mod named;
pub mod planner;
pub mod relations;
pub mod session;
pub mod settings;
pub mod shards;
pub mod tables;
pub mod trace;
pub mod transaction;

pub use cluster::new_cluster;
pub use extension::Citus;
