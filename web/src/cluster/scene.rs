//! The map as data: which rows it has, and which tiles in each of them lie on which node.

use std::collections::BTreeSet;

use kumquat_protocol::view::{ClusterView, ColocationGroup, Node, Shard, Table, TableKind};

/// Stands for the colocation group of tables that have none.
pub const NO_GROUP: u32 = 0;
/// Stands for the shard of a table that is not cut into any.
pub const WHOLE: u32 = 0;

/// A tile: one placement of a shard, and what lies with it. A table that is not distributed is one
/// tile on the coordinator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub table: u32,
    pub shard: u32,
    pub node: u32,
    pub group: u32,
    /// Place of the shard's hash interval among those of its table.
    pub interval: usize,
}

/// Everything that is drawn, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub nodes: Vec<Node>,
    /// What lies on each node, in the order of the nodes.
    pub loads: Vec<Load>,
    pub bands: Vec<Band>,
    /// Tables that are not distributed.
    pub local: Vec<Row>,
}

/// What lies on a node: shards, those of partitions that are not shown among them, and live rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    pub shards: f64,
    pub rows: f64,
}

/// A colocation group.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    pub group: ColocationGroup,
    pub rows: Vec<Row>,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub table: Table,
    /// Partitions of the table, shown or not.
    pub partitions: usize,
    pub unfolded: bool,
    /// One a node, in the order of the nodes.
    pub cells: Vec<Cell>,
}

/// A table's tiles on one node, in hash order.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub node: u32,
    pub tiles: Vec<Tile>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    pub shard: u32,
    pub interval: usize,
    pub rows: f64,
    /// Rows as a share of those of the table's fullest shard.
    pub fill: f64,
}

impl Scene {
    /// Lays out the cluster. The partitions of tables that are not `unfolded` are left out.
    pub fn new(cluster: &ClusterView, unfolded: &BTreeSet<u32>) -> Scene {
        let row = |table: &Table| Row::new(table, cluster, unfolded);
        let shown = |table: &&Table| is_unfolded(table, &cluster.tables, unfolded);
        let bands = cluster.groups.iter().map(|group| Band {
            group: group.clone(),
            rows: cluster
                .tables
                .iter()
                .filter(|table| table.colocation_id == Some(group.id))
                .filter(shown)
                .map(row)
                .collect(),
        });
        let local = |table: &&Table| matches!(table.kind, TableKind::Local | TableKind::CitusLocal);
        Scene {
            nodes: cluster.nodes.clone(),
            loads: cluster.nodes.iter().map(|node| Load::of(node, cluster)).collect(),
            bands: bands.collect(),
            local: cluster.tables.iter().filter(local).filter(shown).map(row).collect(),
        }
    }

    /// Rows with tiles, and the colocation group of each.
    pub fn rows(&self) -> impl Iterator<Item = (u32, &Row)> {
        self.bands
            .iter()
            .flat_map(|band| band.rows.iter().map(move |row| (band.group.id, row)))
    }

    /// All rows from the top, those of tables that are not distributed last.
    pub fn all_rows(&self) -> impl Iterator<Item = (u32, &Row)> {
        self.rows().chain(self.local.iter().map(|row| (NO_GROUP, row)))
    }

    pub fn row(&self, table: u32) -> Option<(u32, &Row)> {
        self.all_rows().find(|(_, row)| row.table.oid == table)
    }

    pub fn tile_count(&self) -> usize {
        let cells = self.rows().flat_map(|(_, row)| &row.cells);
        cells.map(|cell| cell.tiles.len()).sum()
    }

    /// The most tiles that a cell has.
    pub fn widest_cell(&self) -> usize {
        let cells = self.rows().flat_map(|(_, row)| &row.cells);
        cells.map(|cell| cell.tiles.len()).max().unwrap_or(1)
    }

    /// The tile that an arrow key leads to; from nowhere, the first.
    pub fn walk(&self, from: Option<Place>, key: &str) -> Option<Place> {
        let Some(from) = from.filter(|from| self.row(from.table).is_some()) else {
            return self.all_rows().find_map(|(group, row)| row.places(group).next());
        };
        let (group, row) = self.row(from.table)?;
        let places: Vec<Place> = row.places(group).collect();
        let here = places.iter().position(|place| *place == from)?;
        match key {
            "ArrowLeft" => places.get(here.checked_sub(1)?).copied(),
            "ArrowRight" => places.get(here + 1).copied(),
            "Home" => places.first().copied(),
            "End" => places.last().copied(),
            _ => self.beside(from, row, key == "ArrowDown"),
        }
    }

    /// The tile below or above: of the same interval in the same group, else at the same share of
    /// the node's width.
    fn beside(&self, from: Place, row: &Row, down: bool) -> Option<Place> {
        let rows: Vec<(u32, &Row)> = self.all_rows().collect();
        let here = rows.iter().position(|(_, other)| other.table.oid == row.table.oid)?;
        let next = if down { here + 1 } else { here.checked_sub(1)? };
        let (group, next) = rows.get(next)?;
        let column = row.cells.iter().position(|cell| cell.node == from.node)?;
        let share = row.cells.get(column)?.share(from.shard)?;
        let mut columns: Vec<usize> = (0..next.cells.len()).collect();
        columns.sort_by_key(|other| other.abs_diff(column));
        let cells = columns.into_iter().filter_map(|column| next.cells.get(column));
        let cell = cells.into_iter().find(|cell| !cell.tiles.is_empty())?;
        let tile = cell.at(share)?;
        Some(next.place(*group, cell.node, tile))
    }
}

impl Load {
    fn of(node: &Node, cluster: &ClusterView) -> Load {
        let mut load = Load::default();
        for table in &cluster.tables {
            let here = table.shards.iter().filter(|shard| shard.nodes.contains(&node.id));
            // The rows of a partitioned table are those of its partitions.
            let rows: f64 = here.clone().map(|shard| shard.rows).sum();
            let local = node.coordinator && table.shards.is_empty();
            load.shards += here.count() as f64;
            if table.parent.is_none() {
                load.rows += if local { table.rows } else { rows };
            }
        }
        load
    }
}

/// All tables above this one are unfolded.
fn is_unfolded(table: &Table, tables: &[Table], unfolded: &BTreeSet<u32>) -> bool {
    let Some(parent) = table.parent else { return true };
    let above = tables.iter().find(|other| other.oid == parent);
    // A partition of another kind than its parent is not behind it.
    let behind = above.is_some_and(|above| above.colocation_id == table.colocation_id);
    !behind || (unfolded.contains(&parent) && above.is_some_and(|above| is_unfolded(above, tables, unfolded)))
}

impl Row {
    fn new(table: &Table, cluster: &ClusterView, unfolded: &BTreeSet<u32>) -> Row {
        // How full a shard is shows beside its table's others; a table of one shard has none.
        let most = match table.shards.as_slice() {
            [_] => 0.0,
            shards => shards.iter().fold(0.0, |most: f64, shard| most.max(shard.rows)),
        };
        let tile = |(interval, shard): (usize, &Shard)| Tile {
            shard: shard.id,
            interval,
            rows: shard.rows,
            fill: if most > 0.0 { shard.rows / most } else { 0.0 },
        };
        let whole = Tile {
            shard: WHOLE,
            interval: 0,
            rows: table.rows,
            fill: 0.0,
        };
        let cells = cluster.nodes.iter().map(|node| Cell {
            node: node.id,
            tiles: if table.shards.is_empty() {
                node.coordinator.then_some(whole).into_iter().collect()
            } else {
                let shards = table.shards.iter().enumerate();
                shards
                    .filter(|(_, shard)| shard.nodes.contains(&node.id))
                    .map(tile)
                    .collect()
            },
        });
        Row {
            cells: cells.collect(),
            partitions: cluster
                .tables
                .iter()
                .filter(|other| other.parent == Some(table.oid))
                .count(),
            unfolded: unfolded.contains(&table.oid),
            table: table.clone(),
        }
    }

    pub fn place(&self, group: u32, node: u32, tile: &Tile) -> Place {
        Place {
            table: self.table.oid,
            shard: tile.shard,
            node,
            group,
            interval: tile.interval,
        }
    }

    /// Its tiles from left to right.
    fn places(&self, group: u32) -> impl Iterator<Item = Place> {
        let tiles = self
            .cells
            .iter()
            .flat_map(|cell| cell.tiles.iter().map(move |tile| (cell.node, tile)));
        tiles.map(move |(node, tile)| self.place(group, node, tile))
    }

    /// How many times the mean the fullest shard holds, where chance does not explain it.
    pub fn skew(&self) -> Option<f64> {
        let shards = self.table.shards.len() as f64;
        let most = self
            .table
            .shards
            .iter()
            .fold(0.0, |most: f64, shard| most.max(shard.rows));
        let mean = self.table.rows / shards;
        (shards > 1.0 && most > 2.0 * mean + 4.0 * mean.sqrt()).then(|| most / mean)
    }
}

impl Cell {
    /// Where a shard's tile stands: its left edge as a share of the cell's width.
    pub fn share(&self, shard: u32) -> Option<f64> {
        let place = self.tiles.iter().position(|tile| tile.shard == shard)?;
        Some(place as f64 / self.tiles.len() as f64)
    }

    /// The tile at a share of the cell's width.
    pub fn at(&self, share: f64) -> Option<&Tile> {
        let last = self.tiles.len().checked_sub(1)?;
        // Half a pixel to the right of an edge is the tile that begins there.
        let place = (share * self.tiles.len() as f64 + 1e-6).max(0.0) as usize;
        self.tiles.get(place.min(last))
    }
}

#[cfg(test)]
mod tests {
    use kumquat_protocol::view::{GroupKind, HashRange};

    use super::*;

    fn table(oid: u32, group: u32, nodes: &[u32]) -> Table {
        let shards = nodes.iter().enumerate().map(|(index, node)| Shard {
            id: oid * 100 + index as u32,
            range: Some(HashRange {
                min: index as i32,
                max: index as i32,
            }),
            nodes: vec![*node],
            rows: 0.0,
            bytes: 0.0,
        });
        Table {
            oid,
            schema: "public".into(),
            name: format!("t{oid}"),
            kind: TableKind::Distributed,
            columns: Vec::new(),
            distribution_column: None,
            colocation_id: Some(group),
            parent: None,
            partitioned: false,
            rows: 0.0,
            shards: shards.collect(),
        }
    }

    /// Tables 1 and 2 with four shards on two nodes, table 3 with one on node 3.
    fn scene() -> Scene {
        let group = |id| ColocationGroup {
            id,
            kind: GroupKind::Distributed,
            shard_count: 4,
            distribution_type: None,
            schema: None,
        };
        let node = |id| Node {
            id,
            group: id,
            host: "localhost".into(),
            port: 9700 + id,
            coordinator: false,
            active: true,
            should_have_shards: true,
        };
        let cluster = ClusterView {
            nodes: vec![node(2), node(3)],
            groups: vec![group(1), group(2)],
            tables: vec![
                table(1, 1, &[2, 3, 2, 3]),
                table(2, 1, &[2, 3, 2, 3]),
                table(3, 2, &[3]),
            ],
            foreign_keys: Vec::new(),
        };
        Scene::new(&cluster, &BTreeSet::new())
    }

    #[test]
    fn arrow_keys_walk_over_the_tiles_as_they_stand() {
        let scene = scene();
        let check = |keys: &[&str], shard: u32, node: u32| {
            let mut place = None;
            for key in keys {
                place = scene.walk(place, key).or(place);
            }
            let place = place.map(|place| (place.shard, place.node));
            assert_eq!(place, Some((shard, node)), "{keys:?}");
        };
        check(&["ArrowRight"], 100, 2);
        check(&["ArrowRight", "ArrowRight"], 102, 2);
        check(&["ArrowRight", "ArrowRight", "ArrowRight"], 101, 3);
        check(&["ArrowRight", "ArrowLeft"], 100, 2);
        check(&["ArrowRight", "End"], 103, 3);
        check(&["ArrowRight", "ArrowRight", "ArrowDown"], 202, 2);
        check(&["ArrowRight", "ArrowDown", "ArrowDown"], 300, 3);
        check(&["ArrowRight", "ArrowDown", "ArrowDown", "ArrowUp"], 201, 3);
    }

    #[test]
    fn skew_is_told_where_one_shard_has_far_more_than_the_mean() {
        let check = |rows: &[f64], expected: Option<f64>| {
            let mut table = table(1, 1, &vec![2; rows.len()]);
            table.rows = rows.iter().sum();
            for (shard, rows) in table.shards.iter_mut().zip(rows) {
                shard.rows = *rows;
            }
            let cluster = ClusterView::default();
            assert_eq!(
                Row::new(&table, &cluster, &BTreeSet::new()).skew(),
                expected,
                "{rows:?}"
            );
        };
        check(&[1.0, 1.0, 0.0, 0.0], None);
        check(&[16.0, 4.0, 4.0, 4.0], None);
        check(&[10.0, 11.0, 9.0, 10.0], None);
        check(&[40.0, 0.0, 0.0, 0.0], Some(4.0));
    }
}
