//! What scans of tables share: the columns of a table, its rows as the statement sees them.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, ColumnData, Datum, Error, Oid, Result};

use super::context::Context;
use super::layout::Layout;
use crate::catalog::Relation;
use crate::planner::Plan;
use crate::planner::plan::ScanTarget;
use crate::query::{Expr, Var};
use crate::storage::{HeapChunk, RowId};

/// `attnum` of system columns.
pub const CTID: i16 = -1;
pub const TABLE_OID: i16 = -6;

/// The columns that a scan of a table gives to its expressions: the table's, then those system columns that
/// are asked for.
pub struct TableColumns {
    pub layout: Layout,
    system: Vec<i16>,
    relation: Oid,
}

impl TableColumns {
    /// For the expressions of a plan node. The shape is that of the relation in the plan; rows may come from
    /// another that is bound to it.
    pub fn new(ctx: &Context<'_, '_>, plan: &Plan, target: &ScanTarget) -> Result<TableColumns> {
        let relation = relation(ctx, target.relation)?;
        let types = relation
            .attributes
            .iter()
            .map(|attribute| (attribute.type_oid, attribute.type_modifier));
        let mut layout = Layout::of_entry(target.entry, types);
        let mut system: Vec<i16> = Vec::new();
        for expr in plan.filter.iter().chain(&plan.output) {
            expr.visit(&mut |part| {
                if let Expr::Var(var) = part
                    && var.varno == target.entry
                    && var.attribute < 0
                    && !system.contains(&var.attribute)
                {
                    system.push(var.attribute);
                }
            });
        }
        layout.extend(system.iter().map(|&attribute| system_var(target.entry, attribute)));
        Ok(TableColumns {
            layout,
            system,
            relation: ctx.bound(target.relation),
        })
    }

    /// The rows of a heap chunk at these places.
    pub fn take(&self, chunk: &HeapChunk, chunk_number: u32, rows: &[u32]) -> Chunk {
        let whole = rows.len() == chunk.data.rows && rows.iter().zip(0..).all(|(a, b)| *a == b);
        let mut result = if whole {
            Chunk::clone(&chunk.data)
        } else {
            chunk.data.take(rows)
        };
        for attribute in &self.system {
            result
                .columns
                .push(Arc::new(self.system_column(*attribute, chunk_number, rows)));
        }
        result
    }

    /// All live rows of a heap chunk from a place on, at most so many; and the place after them.
    pub fn live_rows(&self, chunk: &HeapChunk, chunk_number: u32, from: usize, most: usize) -> (Chunk, usize) {
        let rows = chunk.data.rows;
        if chunk.dead.is_none() && self.system.is_empty() {
            let part = chunk.data.slice(from, most);
            let next = from + part.rows;
            return (part, next);
        }
        let mut places = Vec::new();
        let mut at = from;
        while at < rows && places.len() < most {
            if chunk.is_live(at) {
                places.extend(u32::try_from(at));
            }
            at += 1;
        }
        (self.take(chunk, chunk_number, &places), at)
    }

    fn system_column(&self, attribute: i16, chunk: u32, rows: &[u32]) -> Column {
        match attribute {
            CTID => {
                let tid = |&row: &u32| RowId { chunk, row }.tid();
                Column::new(ColumnData::Int8(rows.iter().map(tid).collect()), None)
            }
            TABLE_OID => Column::constant(Oid::OID, &Datum::Oid(self.relation.0), rows.len()),
            _ => system_constant(attribute, rows.len()),
        }
    }
}

/// `xmin`, `cmin`, `xmax`, `cmax`: versions of rows are not kept apart by transaction here, all look frozen.
pub fn system_constant(attribute: i16, rows: usize) -> Column {
    let (type_oid, value) = match attribute {
        -2 => (Oid::XID, 2),
        -4 => (Oid::XID, 0),
        _ => (Oid::CID, 0),
    };
    Column::constant(type_oid, &Datum::Oid(value), rows)
}

/// The system column `attribute` of an entry.
pub fn system_var(varno: usize, attribute: i16) -> Expr {
    let type_oid = match attribute {
        CTID => Oid::TID,
        TABLE_OID => Oid::OID,
        -3 | -5 => Oid::CID,
        _ => Oid::XID,
    };
    Expr::Var(Var {
        varno,
        attribute,
        type_oid,
        type_modifier: -1,
        collation: Oid::INVALID,
        levels_up: 0,
        location: None,
    })
}

/// A relation of the plan, or an error if it is gone.
pub fn relation(ctx: &Context<'_, '_>, oid: Oid) -> Result<Arc<Relation>> {
    let found = ctx.backend.catalog()?.relation(oid).cloned();
    found.ok_or_else(|| Error::internal(format!("could not open relation with OID {oid}")))
}
