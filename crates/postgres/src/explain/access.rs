//! What EXPLAIN tells of a scan by an extension's access method: the columns and conditions that reach it.

use super::ExplainWriter;
use super::condition::Names;
use crate::extension::ScanLabels;
use crate::planner::Plan;
use crate::planner::plan::ScanTarget;
use crate::query::{Expr, Var};

impl Names<'_> {
    pub fn read_by_scan(&self, labels: &ScanLabels, target: &ScanTarget, node: &Plan, writer: &mut ExplainWriter) {
        let columns = columns_of(node, target.entry);
        let shown: Vec<String> = columns
            .iter()
            .map(|var| self.expr(&Expr::Var(var.clone()), node, false))
            .collect();
        let columns = match shown.is_empty() {
            true => labels.no_columns.to_string(),
            false => shown.join(", "),
        };
        writer.property(labels.columns, columns);
        let known = node.filter.iter().filter(|condition| compares_with_constant(condition));
        let known: Vec<Expr> = known.cloned().collect();
        if !known.is_empty() {
            writer.property(labels.filters, self.conditions(&known, node, false));
        }
    }
}

/// The columns of an entry that a node reads, in their order in the table.
fn columns_of(node: &Plan, entry: usize) -> Vec<Var> {
    let mut columns: Vec<Var> = Vec::new();
    for expr in node.filter.iter().chain(&node.output) {
        expr.visit(&mut |part| {
            if let Expr::Var(var) = part
                && var.varno == entry
                && !columns.iter().any(|known| known.attribute == var.attribute)
            {
                columns.push(var.clone());
            }
        });
    }
    columns.sort_by_key(|var| var.attribute);
    columns
}

/// `column < constant`: smallest and largest values can answer it.
fn compares_with_constant(condition: &Expr) -> bool {
    let Expr::Op(op) = condition else { return false };
    let is_range = kumquat_types::operator_by_oid(op.operator)
        .is_some_and(|operator| matches!(operator.name, "<" | "<=" | "=" | ">=" | ">"));
    is_range
        && matches!(
            op.args.as_slice(),
            [Expr::Var(_), Expr::Const(_)] | [Expr::Const(_), Expr::Var(_)]
        )
}
