//! How many rows, and how wide: what is known of tables and columns, and what follows for conditions.
//!
//! - [`size`]: pages and rows of tables and indexes; [`width`]: bytes of columns.
//! - [`variable`]: what ANALYZE found out about the column in an expression.
//! - [`selectivity`]: the part of the rows that conditions let through; [`comparison`], [`pattern`]: of single
//!   operators; [`join`]: of conditions between tables; [`groups`]: how many groups there are.

pub mod comparison;
pub mod groups;
pub mod join;
pub mod pattern;
pub mod selectivity;
pub mod size;
pub mod variable;
pub mod width;

use std::sync::Arc;

use kumquat_types::Oid;

use crate::storage::Statistics;

/// What is known of one entry of a level's range table.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// Rows it holds, before conditions; 0: not known.
    pub tuples: f64,
    /// Rows that its conditions leave.
    pub rows: f64,
    pub pages: f64,
    pub statistics: Option<Arc<Statistics>>,
    /// Columns that are unique by themselves.
    pub unique: Vec<i16>,
    /// Rows of a VALUES list are taken to differ.
    pub is_values: bool,
    /// Of a subquery: what its columns are.
    pub columns: Vec<SubqueryColumn>,
}

/// A column of a subquery, as far as it is one of a table.
#[derive(Clone, Debug, Default)]
pub struct SubqueryColumn {
    pub statistics: Option<crate::storage::ColumnStatistics>,
    pub unique: bool,
}

/// The entries of a level by range-table index.
#[derive(Clone, Debug, Default)]
pub struct Bases {
    entries: Vec<Option<Base>>,
}

impl Bases {
    pub fn get(&self, varno: usize) -> Option<&Base> {
        self.entries.get(varno)?.as_ref()
    }

    pub fn get_mut(&mut self, varno: usize) -> Option<&mut Base> {
        self.entries.get_mut(varno)?.as_mut()
    }

    pub fn set(&mut self, varno: usize, base: Base) {
        if self.entries.len() <= varno {
            self.entries.resize(varno + 1, None);
        }
        if let Some(entry) = self.entries.get_mut(varno) {
            *entry = Some(base);
        }
    }
}

/// Types whose values compare with each other in one operator family.
pub fn family(type_oid: Oid) -> Oid {
    match type_oid {
        Oid::INT2 | Oid::INT4 | Oid::INT8 => Oid::INT8,
        Oid::FLOAT4 | Oid::FLOAT8 => Oid::FLOAT8,
        Oid::TEXT | Oid::VARCHAR | Oid::NAME => Oid::TEXT,
        Oid::DATE | Oid::TIMESTAMP | Oid::TIMESTAMPTZ => Oid::TIMESTAMPTZ,
        other => other,
    }
}

/// A probability.
pub fn clamp(probability: f64) -> f64 {
    probability.clamp(0.0, 1.0)
}
