//! The cluster as values to draw, read off the coordinator's catalog and metadata.
//!
//! [`cluster`] is the way in; [`View`] has a method for each part.

use kumquat_citus::functions::sizes;
use kumquat_citus::metadata::{self, Metadata, ShardId, TableType};
use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{
    Catalog, Constraint, ConstraintKind, ForeignKey as CatalogKey, Relation, RelationKind, well_known,
};
use kumquat_postgres::server::{Database, ServerId};
use kumquat_protocol::keys::{ForeignKey, KeyEnd};
use kumquat_protocol::view::{
    ClusterView, ColocationGroup, Column, GroupKind, HashRange, Node, Shard, Table, TableKind,
};
use kumquat_types::Oid;

/// The coordinator, whatever node the session is connected to.
pub const COORDINATOR: ServerId = ServerId(0);

/// What stands in the session's database, seen from the coordinator.
pub fn cluster(backend: &Backend<'_>) -> ClusterView {
    let (network, name) = (&*backend.network, &backend.session.database);
    let server = network.servers.get(COORDINATOR.0);
    let Some(database) = server.and_then(|server| server.databases.get(name)) else {
        return ClusterView::default();
    };
    let none = Metadata::default();
    let metadata = metadata::on_server(network, COORDINATOR, name).unwrap_or(&none);
    let view = View {
        backend,
        database,
        metadata,
    };
    let tables = view.tables();
    ClusterView {
        nodes: view.nodes(),
        groups: view.groups(),
        foreign_keys: view.keys(&tables),
        tables,
    }
}

/// A metadata number as the page has it; none is negative.
pub fn number<T: TryInto<u32>>(number: T) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

/// Kind of a Citus table; `None` is a local one.
pub fn table_kind(table_type: Option<TableType>) -> TableKind {
    match table_type {
        None => TableKind::Local,
        Some(TableType::CitusLocal) => TableKind::CitusLocal,
        Some(TableType::Reference) => TableKind::Reference,
        Some(TableType::SingleShard) => TableKind::SingleShard,
        Some(TableType::HashDistributed | TableType::AppendDistributed | TableType::RangeDistributed) => {
            TableKind::Distributed
        }
    }
}

struct View<'a> {
    backend: &'a Backend<'a>,
    database: &'a Database,
    metadata: &'a Metadata,
}

impl View<'_> {
    fn catalog(&self) -> &Catalog {
        &self.database.catalog
    }

    fn nodes(&self) -> Vec<Node> {
        let mut nodes: Vec<Node> = self
            .metadata
            .nodes
            .values()
            .map(|node| Node {
                id: number(node.id),
                group: number(node.group),
                host: node.host.to_string(),
                port: u32::from(node.port),
                coordinator: node.is_coordinator(),
                active: node.is_active,
                should_have_shards: node.should_have_shards,
            })
            .collect();
        nodes.sort_by_key(|node| (!node.coordinator, node.id));
        nodes
    }

    fn groups(&self) -> Vec<ColocationGroup> {
        let used = |id| self.metadata.colocated_tables(id).next().is_some();
        let groups = self.metadata.colocation_groups.values().filter(|group| used(group.id));
        groups
            .map(|group| ColocationGroup {
                id: group.id,
                kind: match (group.replication_factor, group.column_type) {
                    (-1, _) => GroupKind::Reference,
                    (_, Oid::INVALID) => GroupKind::SingleShard,
                    _ => GroupKind::Distributed,
                },
                shard_count: number(group.shard_count),
                distribution_type: (group.column_type != Oid::INVALID)
                    .then(|| self.backend.format_type(group.column_type)),
                schema: self.schema_of(group.id),
            })
            .collect()
    }

    /// The distributed schema that has this group.
    fn schema_of(&self, group: u32) -> Option<String> {
        let (schema, _) = self.metadata.schemas.iter().find(|(_, id)| **id == group)?;
        Some(self.catalog().schemas.get(schema)?.name.to_string())
    }

    /// Tables of the learner's, shards on the coordinator not among them, each followed by its
    /// partitions.
    fn tables(&self) -> Vec<Table> {
        let shards: std::collections::BTreeSet<Oid> = self
            .metadata
            .placements
            .values()
            .flat_map(|placements| placements.iter())
            .filter(|placement| self.server_of(placement.group) == Some(COORDINATOR))
            .map(|placement| placement.table)
            .collect();
        let mut tables: Vec<(String, Table)> = self
            .catalog()
            .relations
            .values()
            .filter(|relation| matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable))
            .filter(|relation| !shards.contains(&relation.oid))
            .map(|relation| (self.order(relation), self.table(relation)))
            .collect();
        tables.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut tables: Vec<Table> = tables.into_iter().map(|(_, table)| table).collect();
        count_partitions(&mut tables);
        tables
    }

    fn schema(&self, relation: &Relation) -> &str {
        let schema = self.catalog().schemas.get(&relation.schema);
        schema.map_or("", |schema| &schema.name)
    }

    /// Sorts by schema and name, partitions behind their parents.
    fn order(&self, relation: &Relation) -> String {
        let own = format!("{}.{}", self.schema(relation), relation.name);
        match self.parent(relation).and_then(|parent| self.catalog().relation(parent)) {
            Some(parent) => format!("{}\0{own}", self.order(parent)),
            None => own,
        }
    }

    fn parent(&self, relation: &Relation) -> Option<Oid> {
        relation
            .is_partition()
            .then(|| relation.parents.first().copied())
            .flatten()
    }

    fn table(&self, relation: &Relation) -> Table {
        let citus = self.metadata.table(relation.oid);
        let kind = table_kind(citus.map(|table| table.table_type()));
        let shards = self.shards(relation.oid);
        let rows = match kind {
            TableKind::Local => self.rows_in(COORDINATOR, relation.oid),
            _ => shards.iter().map(|shard| shard.rows).sum(),
        };
        let column = citus.and_then(|table| table.column);
        let column = column.and_then(|column| relation.attribute(column));
        Table {
            oid: relation.oid.0,
            schema: self.schema(relation).to_string(),
            name: relation.name.to_string(),
            kind,
            columns: self.columns(relation),
            distribution_column: column.map(|column| column.name.to_string()),
            colocation_id: citus.map(|table| table.colocation_id).filter(|id| *id != 0),
            parent: self.parent(relation).map(|parent| parent.0),
            partitioned: relation.kind == RelationKind::PartitionedTable,
            rows,
            shards: if kind == TableKind::CitusLocal {
                Vec::new()
            } else {
                shards
            },
        }
    }

    fn columns(&self, relation: &Relation) -> Vec<Column> {
        let key: Vec<i16> = self
            .catalog()
            .constraints_of(relation.oid)
            .find_map(|constraint| match &constraint.kind {
                ConstraintKind::PrimaryKey { columns, .. } => Some(columns.clone()),
                _ => None,
            })
            .unwrap_or_default();
        relation
            .live_attributes()
            .map(|attribute| Column {
                name: attribute.name.to_string(),
                type_name: self
                    .backend
                    .format_type_with_modifier(attribute.type_oid, attribute.type_modifier),
                primary_key: key.contains(&attribute.number),
            })
            .collect()
    }

    fn shards(&self, relation: Oid) -> Vec<Shard> {
        let shards = self.metadata.shards_of(relation).iter();
        shards.filter_map(|id| self.shard(*id)).collect()
    }

    fn shard(&self, id: ShardId) -> Option<Shard> {
        let shard = self.metadata.shard(id)?;
        let placements = self.metadata.placements_of(id);
        let rows = placements
            .first()
            .and_then(|placement| Some(self.rows_in(self.server_of(placement.group)?, placement.table)));
        Some(Shard {
            id: number(id),
            range: shard.interval.map(|interval| HashRange {
                min: interval.min,
                max: interval.max,
            }),
            nodes: self.metadata.nodes_of_shard(id).map(|node| number(node.id)).collect(),
            rows: rows.unwrap_or(0.0),
            bytes: sizes::shard_bytes(self.backend, id).unwrap_or(0) as f64,
        })
    }

    fn server_of(&self, group: metadata::GroupId) -> Option<ServerId> {
        self.metadata.primary_of_group(group)?.server(self.backend.network)
    }

    /// Live rows of a relation on a server.
    fn rows_in(&self, server: ServerId, relation: Oid) -> f64 {
        let server = self.backend.network.servers.get(server.0);
        let database = server.and_then(|server| server.databases.get(&self.database.name));
        let heap = database.and_then(|database| database.heaps.get(&relation));
        heap.map_or(0.0, |heap| heap.live_rows as f64)
    }

    /// Foreign keys between the tables of the view; a partition's are its parent's.
    fn keys(&self, tables: &[Table]) -> Vec<ForeignKey> {
        let keys = tables
            .iter()
            .flat_map(|table| self.catalog().constraints_of(Oid(table.oid)));
        keys.filter(|constraint| !constraint.parent.is_valid())
            .filter_map(|constraint| match &constraint.kind {
                ConstraintKind::ForeignKey(key) => self.key(constraint, key, tables),
                _ => None,
            })
            .collect()
    }

    fn key(&self, constraint: &Constraint, key: &CatalogKey, tables: &[Table]) -> Option<ForeignKey> {
        let table = |oid: Oid| tables.iter().find(|table| table.oid == oid.0);
        let (from, to) = (table(constraint.relation)?, table(key.referenced)?);
        let end = |table: &Table, columns: &[i16]| -> Option<KeyEnd> {
            let relation = self.catalog().relation(Oid(table.oid))?;
            let names = columns.iter().filter_map(|column| relation.attribute(*column));
            Some(KeyEnd {
                table: table.oid,
                name: short_name(relation, table),
                kind: table.kind,
                columns: names.map(|column| column.name.to_string()).collect(),
            })
        };
        Some(ForeignKey {
            name: constraint.name.to_string(),
            from: end(from, &key.columns)?,
            to: end(to, &key.referenced_columns)?,
            rule: rule(from, to),
        })
    }
}

/// A partitioned table has the rows of its partitions, shard by shard.
fn count_partitions(tables: &mut [Table]) {
    // A partition stands behind its parent, so counting from the end passes rows up the tree.
    for index in (0..tables.len()).rev() {
        let (before, rest) = tables.split_at_mut(index);
        let Some(table) = rest.first() else { continue };
        let parent = before.iter_mut().find(|other| Some(other.oid) == table.parent);
        let Some(parent) = parent else { continue };
        parent.rows += table.rows;
        for (whole, part) in parent.shards.iter_mut().zip(&table.shards) {
            whole.rows += part.rows;
        }
    }
}

fn short_name(relation: &Relation, table: &Table) -> String {
    if relation.schema == well_known::PUBLIC {
        table.name.clone()
    } else {
        format!("{}.{}", table.schema, table.name)
    }
}

/// Why Citus allows a key that stands, in a few words.
fn rule(from: &Table, to: &Table) -> String {
    use TableKind::*;
    match (from.kind, to.kind) {
        (Distributed, Distributed) => match &from.distribution_column {
            Some(column) => format!("colocated, on {column}"),
            None => "colocated".into(),
        },
        (SingleShard, SingleShard) => "colocated on one node".into(),
        (_, Reference) => "to a reference table".into(),
        (Local, Local) => "both local".into(),
        (Local, Distributed | SingleShard) => "looked up in the shards".into(),
        _ => "both on the coordinator".into(),
    }
}
