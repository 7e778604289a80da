//! Indexes as the planner sees them, and the ways to scan a table by them (`indxpath.c`).
//!
//! - [`matching`]: conditions that an index can be searched by; [`paths`]: scans of one index, for the table's own
//!   conditions and for those of joins; [`bitmap`]: several indexes together.

pub mod bitmap;
pub mod matching;
pub mod paths;

use std::rc::Rc;
use std::sync::Arc;

use kumquat_types::{Oid, Result};

use super::cost::scan::{IndexSize, TableSize};
use super::estimate::size::index_size;
use super::level::Level;
use super::vars::{self, conjuncts};
use crate::catalog::{Relation, SortOrder};
use crate::query::{Expr, Var};
use crate::storage::Heap;

/// A table with its indexes, the youngest first.
#[derive(Clone, Debug)]
pub struct Table {
    pub relation: Oid,
    pub size: TableSize,
    pub indexes: Vec<Rc<IndexInfo>>,
}

#[derive(Clone, Debug)]
pub struct IndexInfo {
    pub oid: Oid,
    pub keys: Vec<IndexKey>,
    /// Attributes of INCLUDE.
    pub included: Vec<i16>,
    pub unique: bool,
    /// Searched for equal values only, and in no order.
    pub is_hash: bool,
    /// Conditions that its rows fulfil.
    pub predicate: Vec<Expr>,
    pub size: IndexSize,
}

#[derive(Clone, Debug)]
pub struct IndexKey {
    pub attribute: i16,
    /// The column or expression, over the entry that is scanned.
    pub expr: Expr,
    pub order: SortOrder,
}

/// The table behind an entry.
pub fn load(
    level: &Level<'_, '_, '_>,
    varno: usize,
    relation: &Arc<Relation>,
    heap: Option<&Heap>,
    size: TableSize,
) -> Result<Table> {
    let catalog = level.global.backend.catalog()?;
    let mut indexes = Vec::new();
    for index in catalog.indexes_of(relation.oid) {
        let is_hash = &*index.access_method == "hash";
        let Some(definition) = index.index.as_deref().filter(|definition| definition.valid) else {
            continue;
        };
        if !is_hash && &*index.access_method != "btree" {
            continue;
        }
        let keys: Option<Vec<IndexKey>> = definition
            .columns
            .iter()
            .map(|column| {
                let expr = match &column.expression {
                    Some(expression) => vars::at_entry(expression, varno),
                    None => column_of(relation, column.attribute, varno)?,
                };
                Some(IndexKey {
                    attribute: column.attribute,
                    expr,
                    order: column.order,
                })
            })
            .collect();
        let Some(keys) = keys else { continue };
        let predicate = definition
            .predicate
            .as_ref()
            .map(|predicate| vars::at_entry(predicate, varno));
        indexes.push(Rc::new(IndexInfo {
            oid: index.oid,
            keys,
            included: definition.included.clone(),
            unique: definition.unique && definition.immediate,
            is_hash,
            predicate: predicate.map(conjuncts).unwrap_or_default(),
            size: index_size(relation, definition, heap, size),
        }));
    }
    indexes.sort_by_key(|index: &Rc<IndexInfo>| std::cmp::Reverse(index.oid));
    Ok(Table {
        relation: relation.oid,
        size,
        indexes,
    })
}

fn column_of(relation: &Relation, attribute: i16, varno: usize) -> Option<Expr> {
    let found = relation.attribute(attribute)?;
    Some(Expr::Var(Var {
        varno,
        attribute,
        type_oid: found.type_oid,
        type_modifier: found.type_modifier,
        collation: found.collation,
        levels_up: 0,
        location: None,
    }))
}

impl Table {
    /// Columns that are unique by themselves.
    pub fn unique_columns(&self) -> Vec<i16> {
        let single = self
            .indexes
            .iter()
            .filter(|index| index.unique && index.predicate.is_empty());
        single
            .filter_map(|index| match index.keys.as_slice() {
                [key] if key.attribute > 0 => Some(key.attribute),
                _ => None,
            })
            .collect()
    }
}
