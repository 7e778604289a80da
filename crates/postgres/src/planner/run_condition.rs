//! Conditions on a window function that only grows, such as `row_number() <= 3`: when one is not fulfilled, no later
//! row of the partition will fulfil it (`find_window_run_conditions`).

use kumquat_types::{Oid, operator_by_oid, operators};

use super::level::Level;
use super::vars::{contains_volatile, vars_of};
use crate::query::expr::OpExpr;
use crate::query::{Expr, FrameBound, Query, RunCondition, WindowClause, WindowFunc};

/// How the results of a window function follow each other within a partition.
#[derive(Clone, Copy, Default)]
struct Monotonic {
    grows: bool,
    shrinks: bool,
}

/// Lets the subquery's window know a condition on its function; true if the condition need not be tested again.
pub fn take(level: &Level<'_, '_, '_>, query: &mut Query, varno: usize, condition: &Expr) -> bool {
    let Expr::Op(op) = condition else { return false };
    let [left, right] = op.args.as_slice() else {
        return false;
    };
    let of_window = |expr: &Expr, query: &Query| match expr {
        Expr::Var(var) if var.varno == varno => {
            let column = usize::try_from(var.attribute).ok()?.checked_sub(1)?;
            match &query.output_columns().nth(column)?.expr {
                Expr::WindowFunc(call) => Some((column, WindowFunc::clone(call))),
                _ => None,
            }
        }
        _ => None,
    };
    let (found, other, on_left) = match (of_window(left, query), of_window(right, query)) {
        (Some(found), None) => (found, right, true),
        (None, Some(found)) => (found, left, false),
        _ => return false,
    };
    if !vars_of(other).is_empty() || contains_volatile(level.global.backend, other) {
        return false;
    }
    let ((column, call), Some(operator)) = (found, operator_by_oid(op.operator)) else {
        return false;
    };
    let Some(clause) = query.windows.get_mut(call.window) else {
        return false;
    };
    let order = monotonic(&call, clause);
    // As `function operator value`.
    let (up_to, from) = match on_left {
        true => (order.grows, order.shrinks),
        false => (order.shrinks, order.grows),
    };
    let (name, settled) = match operator.name {
        "<" | "<=" if up_to => (operator.name, true),
        ">" | ">=" if from => (operator.name, true),
        "=" if up_to && from => ("=", true),
        "=" if up_to => ("<=", false),
        "=" if from => (">=", false),
        _ => return false,
    };
    let wanted = |found: &&kumquat_types::Operator| found.left == operator.left && found.right == operator.right;
    if let Some(operator) = operators(name).iter().find(wanted) {
        clause.run_conditions.push(RunCondition {
            column,
            operator: operator.oid,
            value: other.clone(),
            on_left,
        });
    }
    settled
}

fn monotonic(call: &WindowFunc, clause: &WindowClause) -> Monotonic {
    match kumquat_types::proc_by_oid(call.function).map_or("", |proc| proc.name) {
        "row_number" | "rank" | "dense_rank" => Monotonic {
            grows: true,
            shrinks: false,
        },
        "count" if call.filter.is_none() && clause.order_by.is_empty() => Monotonic {
            grows: true,
            shrinks: true,
        },
        "count" if call.filter.is_none() => Monotonic {
            grows: clause.frame.start == FrameBound::UnboundedPreceding,
            shrinks: clause.frame.end == FrameBound::UnboundedFollowing,
        },
        _ => Monotonic::default(),
    }
}

/// The conditions of a window, over the functions themselves.
pub fn exprs(query: &Query, clause: &WindowClause) -> Vec<Expr> {
    let expr = |condition: &RunCondition| {
        let call = query.output_columns().nth(condition.column)?.expr.clone();
        let args = match condition.on_left {
            true => vec![call, condition.value.clone()],
            false => vec![condition.value.clone(), call],
        };
        Some(Expr::Op(Box::new(OpExpr {
            operator: condition.operator,
            result: Oid::BOOL,
            args,
            location: None,
        })))
    };
    clause.run_conditions.iter().filter_map(expr).collect()
}
