//! What stands between the parentheses of CREATE TABLE, sorted.

use kumquat_sql::ast::{self, ConstraintKind, CreateStmt, TableElement};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::column::{self, NewColumn};
use super::like::{self, Like};
use crate::backend::Backend;
use crate::commands::constraint::attributes;

#[derive(Default)]
pub struct Elements {
    /// In the order written, those of LIKE in their place.
    pub columns: Vec<NewColumn>,
    pub checks: Vec<ast::Constraint>,
    /// PRIMARY KEY, UNIQUE, EXCLUDE.
    pub keys: Vec<ast::Constraint>,
    pub foreign_keys: Vec<ast::Constraint>,
    pub likes: Vec<Like>,
}

impl Elements {
    pub fn read(backend: &Backend<'_>, stmt: &CreateStmt, table: &str, schema: Oid) -> Result<Elements> {
        let mut elements = Elements::default();
        for element in &stmt.elements {
            match element {
                TableElement::Column(def) => {
                    check_partition_column(stmt, def)?;
                    let reading = column::read(backend, table, def)?;
                    elements.columns.push(reading.column);
                    reading.constraints.into_iter().for_each(|c| elements.sort(c));
                }
                TableElement::Constraint(constraint) => {
                    attributes::check(constraint)?;
                    elements.sort(constraint.clone());
                }
                TableElement::Like(clause) => {
                    let (like, columns) = like::read(backend, clause, schema)?;
                    elements.columns.extend(columns);
                    elements.likes.push(like);
                }
            }
        }
        elements.mark_primary_key(stmt)?;
        Ok(elements)
    }

    fn sort(&mut self, constraint: ast::Constraint) {
        match &constraint.kind {
            ConstraintKind::Check(_) => self.checks.push(constraint),
            ConstraintKind::Foreign(_) => self.foreign_keys.push(constraint),
            _ => self.keys.push(constraint),
        }
    }

    /// Columns of the primary key are NOT NULL.
    fn mark_primary_key(&mut self, stmt: &CreateStmt) -> Result<()> {
        let mut primary = None;
        for constraint in &self.keys {
            let ConstraintKind::Primary(index) = &constraint.kind else {
                continue;
            };
            if primary.replace(index).is_some() {
                return Err(Error::new(
                    SqlState::INVALID_TABLE_DEFINITION,
                    format!(
                        "multiple primary keys for table \"{}\" are not allowed",
                        stmt.relation.name
                    ),
                )
                .at(constraint.location));
            }
        }
        for key in primary.iter().flat_map(|index| &index.keys) {
            if let Some(column) = self.columns.iter_mut().find(|c| *c.attribute.name == **key) {
                column.attribute.not_null = true;
            }
        }
        Ok(())
    }
}

/// What a column of a partition may not be.
fn check_partition_column(stmt: &CreateStmt, def: &ast::ColumnDef) -> Result<()> {
    if stmt.partition_bound.is_none() {
        return Ok(());
    }
    for constraint in &def.constraints {
        let refused = match constraint.kind {
            ConstraintKind::Identity { .. } => "identity columns are not supported on partitions",
            ConstraintKind::Generated(_) => "generated columns are not supported on partitions",
            _ => continue,
        };
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, refused));
    }
    Ok(())
}
