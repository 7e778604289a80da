//! Between the columns of one table and those of another, after PostgreSQL's `attmap.c`.

use std::sync::Arc;

use crate::catalog::{IndexColumn, Relation};
use crate::query::Expr;

/// For each column of a table, the number of the column of the same name in another; 0 if there is none.
pub struct AttributeMap(Vec<i16>);

impl AttributeMap {
    pub fn by_name(from: &Relation, to: &Relation) -> AttributeMap {
        let number = |name: &str| to.attribute_by_name(name).map_or(0, |attribute| attribute.number);
        let numbers = from.attributes.iter().map(|attribute| match attribute.dropped {
            true => 0,
            false => number(&attribute.name),
        });
        AttributeMap(numbers.collect())
    }

    pub fn get(&self, number: i16) -> Option<i16> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.0.get(at).copied().filter(|mapped| *mapped != 0)
    }

    pub fn all(&self, numbers: &[i16]) -> Vec<i16> {
        numbers.iter().map(|number| self.get(*number).unwrap_or(0)).collect()
    }

    /// The expression over the other table's columns.
    pub fn apply(&self, expr: &Arc<Expr>) -> Arc<Expr> {
        let mut expr = Expr::clone(expr);
        expr.transform(&mut |part| {
            if let Expr::Var(var) = part
                && let Some(number) = self.get(var.attribute)
            {
                var.attribute = number;
            }
        });
        Arc::new(expr)
    }

    pub fn index_column(&self, column: &IndexColumn) -> IndexColumn {
        IndexColumn {
            attribute: self.get(column.attribute).unwrap_or(0),
            expression: column.expression.as_ref().map(|expr| self.apply(expr)),
            ..column.clone()
        }
    }
}
