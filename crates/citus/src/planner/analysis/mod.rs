//! What a query reads and how its tables are tied together by equalities: the ground on which it is decided
//! whether it can go to one shard, to all shards at once, or not at all.
//!
//! ```text
//! SELECT ... FROM orders o JOIN items i ON i.shop = o.shop WHERE o.shop = 7
//!
//! uses       0: orders by shop, 1: items by shop
//! classes    {orders.shop, items.shop}
//! constants  {orders.shop, items.shop} = 7
//! ```
//!
//! - [`walk`]: the way through the query
//! - [`classes`]: columns that are equal

mod classes;
mod walk;

use kumquat_postgres::query::{Expr, FromItem};
use kumquat_types::{Datum, Oid, operator_by_oid};

use crate::metadata::TableType;
pub use classes::Classes;
pub use walk::analyze;

/// A table where a query names it.
#[derive(Clone, Debug)]
pub struct TableUse {
    pub relation: Oid,
    /// `None`: not in the metadata.
    pub table_type: Option<TableType>,
    /// Of a distributed table: its distribution column.
    pub column: Option<i16>,
    pub colocation_id: u32,
    /// On the nullable side of an outer join.
    pub nullable: bool,
    /// No row of it is wanted: a condition is false.
    pub empty: bool,
}

impl TableUse {
    pub fn is_distributed(&self) -> bool {
        self.table_type.is_some_and(TableType::is_distributed)
    }
}

/// A column of a table use.
pub type Column = (usize, i16);

/// Values that a column is restricted to.
#[derive(Clone, Debug)]
pub enum Restriction {
    /// Any of these values, each with its type.
    Values(Vec<(Datum, Oid)>),
    /// No value at all: the condition is false.
    Nothing,
}

/// Tables and equalities of a query and of all queries in it.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    pub uses: Vec<TableUse>,
    /// Columns that are equal wherever a row of the result has both.
    equal: Classes,
    /// Equal in this sense or because the results of a set operation's branches are put one under the other, or
    /// because an outer join matches them.
    pub aligned: Classes,
    restrictions: Vec<(Column, Restriction)>,
    /// Constants go from the first column to the second, but not back: outer joins, NOT EXISTS.
    implied: Vec<(Column, Column)>,
    /// Restrictions that hold for the column alone.
    direct: Vec<(Column, Restriction)>,
    /// Disjunctions of restrictions on one column are in `restrictions`; what else was an OR is left alone.
    pub has_false_condition: bool,
}

impl Analysis {
    /// What the columns' class is restricted to: the first list of values found, nothing if two exclude each other.
    pub fn restrictions_on(&self, column: Column) -> Vec<&Restriction> {
        let mut found: Vec<&Restriction> = self
            .direct
            .iter()
            .filter(|(direct, _)| *direct == column)
            .map(|(_, restriction)| restriction)
            .collect();
        let mut pending = vec![self.equal.find(column)];
        let mut seen = Vec::new();
        while let Some(class) = pending.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            found.extend(
                self.restrictions
                    .iter()
                    .filter(|(restricted, _)| self.equal.find(*restricted) == class)
                    .map(|(_, restriction)| restriction),
            );
            let sources = self.implied.iter().filter(|(_, to)| self.equal.find(*to) == class);
            pending.extend(sources.map(|(from, _)| self.equal.find(*from)));
        }
        found
    }

    /// Tables whose shards lie on workers.
    pub fn distributed(&self) -> impl Iterator<Item = (usize, &TableUse)> {
        self.uses.iter().enumerate().filter(|(_, table)| table.is_distributed())
    }

    /// All hash distributed tables are of one group and joined on their distribution columns
    /// (`RestrictionEquivalenceForPartitionKeys`).
    pub fn joined_on_distribution_columns(&self) -> bool {
        let mut hashed = self
            .distributed()
            .filter_map(|(index, table)| Some(((index, table.column?), table)));
        let Some((first, _)) = hashed.next() else { return true };
        hashed.all(|(column, _)| self.aligned.same(first, column))
    }

    pub fn colocated(&self) -> bool {
        let mut groups = self.distributed().map(|(_, table)| table.colocation_id);
        let Some(first) = groups.next() else { return true };
        groups.all(|group| group == first)
    }
}

/// Without changes of type that keep the value.
pub fn strip(expr: &Expr) -> &Expr {
    match expr {
        Expr::Relabel { arg, .. } | Expr::Collate { arg, .. } => strip(arg),
        _ => expr,
    }
}

/// True for an equality operator, whatever the types.
pub fn is_equality(operator: Oid) -> bool {
    operator_by_oid(operator).is_some_and(|found| found.name == "=")
}

/// Range-table entries under an item of FROM.
pub fn entries_of(item: &FromItem) -> Vec<usize> {
    match item {
        FromItem::Table(index) => vec![*index],
        FromItem::Join(join) => {
            let mut entries = entries_of(&join.left);
            entries.extend(entries_of(&join.right));
            entries.push(join.index);
            entries
        }
    }
}
