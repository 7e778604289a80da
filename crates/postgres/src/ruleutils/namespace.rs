//! The names that entries of a range table and their columns go by (`set_deparse_for_query`).

use crate::catalog::{Name, Relation};
use crate::query::{Query, RangeTableEntry, RangeTableKind};

/// Names of one query's range table.
#[derive(Clone, Debug, Default)]
pub struct Namespace {
    pub entries: Vec<EntryNames>,
}

/// Names of one entry and its columns (by attribute number, from 1).
#[derive(Clone, Debug)]
pub struct EntryNames {
    pub name: Name,
    pub columns: Vec<Name>,
    /// The Vars of a join's columns, to look through unnamed joins.
    pub join_vars: Option<Vec<crate::query::Expr>>,
    /// A join without an alias: its columns are written as those of its inputs.
    pub unnamed_join: bool,
    /// Its columns are texts that are written as they are.
    pub verbatim: bool,
}

impl Namespace {
    /// The names a query's entries have, made unique with `_1`, `_2` ... where they clash.
    pub fn of_query(query: &Query, outer: &[Namespace]) -> Namespace {
        let mut entries: Vec<EntryNames> = Vec::with_capacity(query.range_table.len());
        for entry in &query.range_table {
            let taken = |name: &str| {
                entries
                    .iter()
                    .chain(outer.iter().flat_map(|namespace| &namespace.entries))
                    .any(|known| &*known.name == name)
            };
            let (join_vars, unnamed_join) = match &entry.kind {
                RangeTableKind::Join { join_vars, .. } => (Some(join_vars.clone()), entry.alias.is_none()),
                _ => (None, false),
            };
            let mut name = entry.name.clone();
            if !unnamed_join && !name.is_empty() {
                let mut suffix = 0;
                while taken(&name) {
                    suffix += 1;
                    name = format!("{}_{suffix}", entry.name).into();
                }
            }
            entries.push(EntryNames {
                name,
                columns: column_names(entry),
                join_vars,
                unnamed_join,
                verbatim: false,
            });
        }
        Namespace { entries }
    }

    /// One relation as entry 1.
    pub fn of_relation(relation: &Relation) -> Namespace {
        Namespace::of_rows(&[&relation.name], relation)
    }

    /// Rows of one relation under several names.
    pub fn of_rows(names: &[&str], relation: &Relation) -> Namespace {
        let entry = |name: &&str| EntryNames {
            name: (*name).into(),
            columns: relation
                .attributes
                .iter()
                .map(|attribute| attribute.name.clone())
                .collect(),
            join_vars: None,
            unnamed_join: false,
            verbatim: false,
        };
        Namespace {
            entries: names.iter().map(entry).collect(),
        }
    }

    pub fn entry(&self, varno: usize) -> Option<&EntryNames> {
        varno.checked_sub(1).and_then(|index| self.entries.get(index))
    }
}

fn column_names(entry: &RangeTableEntry) -> Vec<Name> {
    entry.columns.iter().map(|column| column.name.clone()).collect()
}
