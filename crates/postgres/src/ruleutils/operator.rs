//! Operators and what is written like them (`get_oper_expr`, `generate_operator_name`).

use kumquat_types::{Oid, operator_by_oid};

use super::{Style, Writer};
use crate::query::{BoolOp, Expr, OpExpr};

impl Writer<'_, '_> {
    /// An operator's name: bare, or `OPERATOR(pg_catalog.=)` for other nodes.
    pub(super) fn operator_name(&self, operator: Oid) -> String {
        let name = operator_by_oid(operator).map_or("?", |operator| operator.name);
        match self.style {
            Style::Remote => format!("OPERATOR(pg_catalog.{name})"),
            Style::Display { .. } | Style::Plan => name.to_string(),
        }
    }

    pub(super) fn operator(&mut self, op: &OpExpr, parent: &Expr) {
        let name = self.operator_name(op.operator);
        self.open_unless_pretty();
        match op.args.as_slice() {
            [left, right] => {
                self.operand(left, parent, true);
                self.push(&format!(" {name} "));
                self.operand(right, parent, true);
            }
            [only] => {
                self.push(&format!("{name} "));
                self.operand(only, parent, true);
            }
            _ => {}
        }
        self.close_unless_pretty();
    }

    pub(super) fn open_unless_pretty(&mut self) {
        if !self.style.pretty() {
            self.push("(");
        }
    }

    pub(super) fn close_unless_pretty(&mut self) {
        if !self.style.pretty() {
            self.push(")");
        }
    }

    /// AND, OR, NOT.
    pub(super) fn boolean(&mut self, op: BoolOp, args: &[Expr], parent: &Expr) {
        self.open_unless_pretty();
        match op {
            BoolOp::Not => {
                self.push("NOT ");
                if let Some(arg) = args.first() {
                    self.operand(arg, parent, false);
                }
            }
            BoolOp::And | BoolOp::Or => {
                let word = if op == BoolOp::And { " AND " } else { " OR " };
                for (index, arg) in args.iter().enumerate() {
                    if index > 0 {
                        self.push(word);
                    }
                    self.operand(arg, parent, false);
                }
            }
        }
        self.close_unless_pretty();
    }

    /// `left op ANY (array)`, or ALL.
    pub(super) fn array_operator(&mut self, operator: Oid, any: bool, args: &[Expr; 2], parent: &Expr) {
        let name = self.operator_name(operator);
        let [left, right] = args;
        self.open_unless_pretty();
        self.operand(left, parent, true);
        self.push(&format!(" {name} {} (", if any { "ANY" } else { "ALL" }));
        self.operand(right, parent, true);
        // A parenthesised subquery after ANY would be read as one that gives rows, not an array.
        if let Expr::SubLink(_) = right {
            let name = self.type_name(right.type_oid(), right.type_modifier());
            self.push(&format!("::{name}"));
        }
        self.push(")");
        self.close_unless_pretty();
    }

    pub(super) fn distinct(&mut self, op: &OpExpr, parent: &Expr) {
        self.open_unless_pretty();
        if let [left, right] = op.args.as_slice() {
            self.operand(left, parent, true);
            self.push(" IS DISTINCT FROM ");
            self.operand(right, parent, true);
        }
        self.close_unless_pretty();
    }
}
