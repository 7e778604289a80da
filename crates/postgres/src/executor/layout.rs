//! Binding expressions to the columns of an input.

use kumquat_types::Oid;

use crate::query::{Expr, Var};

/// What the columns of an operator's input are.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    entries: Vec<Expr>,
}

impl Layout {
    pub fn new(entries: Vec<Expr>) -> Layout {
        Layout { entries }
    }

    /// The columns of one range-table entry, with their types and type modifiers.
    pub fn of_entry(varno: usize, columns: impl IntoIterator<Item = (Oid, i32)>) -> Layout {
        let column = |(attribute, (type_oid, type_modifier)): (i16, (Oid, i32))| {
            Expr::Var(Var {
                varno,
                attribute,
                type_oid,
                type_modifier,
                collation: Oid::INVALID,
                levels_up: 0,
                location: None,
            })
        };
        Layout::new((1..).zip(columns).map(column).collect())
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn entries(&self) -> &[Expr] {
        &self.entries
    }

    /// Adds columns to the right.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Expr>) {
        self.entries.extend(more);
    }

    #[must_use]
    pub fn join(mut self, right: Layout) -> Layout {
        self.entries.extend(right.entries);
        self
    }

    /// The column that an expression is, if it is one as a whole.
    pub fn find(&self, expr: &Expr) -> Option<usize> {
        match expr {
            Expr::Const(_) => None,
            Expr::InputColumn { column, .. } => column.checked_sub(1),
            _ => self.entries.iter().position(|entry| entry.same_as(expr)),
        }
    }

    /// Which columns expressions are made from.
    pub fn used_by(&self, exprs: &[Expr]) -> Vec<bool> {
        let mut used = vec![false; self.len()];
        let mut mark = |at: usize| used.iter_mut().skip(at).take(1).for_each(|used| *used = true);
        for expr in exprs {
            expr.visit(&mut |part| match part {
                Expr::Var(var) if var.attribute == 0 => {
                    self.entry_columns(var.varno).into_iter().for_each(|(_, at)| mark(at));
                }
                _ => self.find(part).into_iter().for_each(&mut mark),
            });
        }
        used
    }

    pub fn types(&self) -> Vec<Oid> {
        self.entries.iter().map(Expr::type_oid).collect()
    }

    /// The columns of a range-table entry, in order of attribute number, for its row as a whole.
    pub fn entry_columns(&self, varno: usize) -> Vec<(i16, usize)> {
        let mut columns: Vec<(i16, usize)> = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            if let Expr::Var(var) = entry
                && var.varno == varno
                && var.attribute > 0
            {
                columns.push((var.attribute, at));
            }
        }
        columns.sort_unstable();
        columns
    }
}
