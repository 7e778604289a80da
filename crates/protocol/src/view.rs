//! The cluster as the page draws it.

use serde::{Deserialize, Serialize};
#[cfg(feature = "typescript")]
use tsify::Tsify;

use crate::keys::ForeignKey;

/// Nodes, groups, tables with their shards, keys: each list in the order to draw it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct ClusterView {
    /// Coordinator first, then by node id.
    pub nodes: Vec<Node>,
    /// By colocation id; groups without tables are left out.
    pub groups: Vec<ColocationGroup>,
    /// By schema and name; a partition follows its parent.
    pub tables: Vec<Table>,
    pub foreign_keys: Vec<ForeignKey>,
}

/// A row of `pg_dist_node`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Node {
    pub id: u32,
    pub group: u32,
    pub host: String,
    pub port: u32,
    pub coordinator: bool,
    pub active: bool,
    pub should_have_shards: bool,
}

/// Tables whose shards with the same interval lie on the same node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct ColocationGroup {
    pub id: u32,
    pub kind: GroupKind,
    pub shard_count: u32,
    /// Type of the distribution column, as `format_type` writes it.
    pub distribution_type: Option<String>,
    /// The distributed schema whose tables these are.
    pub schema: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub enum GroupKind {
    Distributed,
    Reference,
    SingleShard,
}

/// A table, with what it takes to draw it. Shards stay on the nodes; only their numbers are here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Table {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub kind: TableKind,
    pub columns: Vec<Column>,
    pub distribution_column: Option<String>,
    pub colocation_id: Option<u32>,
    /// Oid of the partitioned table that this is a partition of.
    pub parent: Option<u32>,
    pub partitioned: bool,
    pub rows: f64,
    /// In hash order. Empty for local tables.
    pub shards: Vec<Shard>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub enum TableKind {
    Local,
    CitusLocal,
    Reference,
    Distributed,
    SingleShard,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Column {
    pub name: String,
    pub type_name: String,
    pub primary_key: bool,
}

/// A row of `pg_dist_shard` with its placements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Shard {
    pub id: u32,
    /// Hash interval, both ends included; none for tables that are not hash distributed.
    pub range: Option<HashRange>,
    /// Node ids that hold a copy.
    pub nodes: Vec<u32>,
    pub rows: f64,
    /// Size of one copy on disk in bytes, indexes included.
    pub bytes: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct HashRange {
    pub min: i32,
    pub max: i32,
}
