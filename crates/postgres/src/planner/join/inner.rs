//! What is known of the inner side of a join: whether at most one row matches, and what reading it again costs.

use std::rc::Rc;

use crate::planner::clause::Clause;
use crate::planner::cost::{CostSettings, sort};
use crate::planner::estimate::variable::strip;
use crate::planner::level::Level;
use crate::planner::path::{Path, RelSet};
use crate::planner::plan::{Cost, PlanKind};
use crate::planner::rel::Rel;
use crate::query::{Expr, JoinKind};

/// At most one row of the inner side matches an outer row (`innerrel_is_unique`).
pub fn is_unique(
    level: &Level<'_, '_, '_>,
    outer: RelSet,
    inner: &Rel,
    kind: JoinKind,
    clauses: &[Rc<Clause>],
) -> bool {
    if matches!(kind, JoinKind::Semi | JoinKind::Anti) || inner.relations.count() != 1 {
        return false;
    }
    let is_outer = matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full);
    let join = outer.union(inner.relations);
    let mut compared: Vec<&Expr> = Vec::new();
    for clause in clauses.iter().filter(|clause| !(is_outer && clause.is_above(join))) {
        if let Some((_, operand)) = clause.oriented(outer, inner.relations)
            && clause.sides.as_ref().is_some_and(|sides| sides.mergeable)
        {
            compared.push(operand);
        }
    }
    if compared.is_empty() {
        return false;
    }
    for clause in &inner.clauses {
        let Some(sides) = clause.sides.as_ref().filter(|sides| sides.mergeable) else {
            continue;
        };
        if sides.right_relations.is_empty() {
            compared.push(&sides.left);
        } else if sides.left_relations.is_empty() {
            compared.push(&sides.right);
        }
    }
    let Some(varno) = inner.relations.members().next() else {
        return false;
    };
    let is_compared = |key: &Expr| compared.iter().any(|expr| strip(expr).same_as(strip(key)));
    if let Some(table) = level.tables.get(&varno) {
        return table.indexes.iter().any(|index| {
            index.unique && index.predicate.is_empty() && index.keys.iter().all(|key| is_compared(&key.expr))
        });
    }
    let columns = level
        .problem
        .bases
        .get(varno)
        .map(|base| base.columns.as_slice())
        .unwrap_or_default();
    compared.iter().any(|expr| match strip(expr) {
        Expr::Var(var) => {
            let at = usize::try_from(var.attribute)
                .ok()
                .and_then(|number| number.checked_sub(1));
            at.and_then(|at| columns.get(at)).is_some_and(|column| column.unique)
        }
        _ => false,
    })
}

/// Reading the path again (`cost_rescan`).
pub fn rescan_cost(settings: &CostSettings, path: &Path) -> Cost {
    match &path.kind {
        PlanKind::FunctionScan { .. } => Cost {
            startup: 0.0,
            total: path.cost.total - path.cost.startup,
        },
        PlanKind::HashJoin { .. } => path.cost,
        PlanKind::CteScan { .. } | PlanKind::WorkTableScan { .. } => {
            sort::rescan_kept(settings, path.rows, path.width, settings.cpu_tuple)
        }
        PlanKind::Material | PlanKind::Sort { .. } => {
            sort::rescan_kept(settings, path.rows, path.width, settings.cpu_operator)
        }
        _ => path.cost,
    }
}

/// The path keeps its rows by itself (`ExecMaterializesOutput`).
pub fn keeps_rows(path: &Path) -> bool {
    matches!(
        path.kind,
        PlanKind::Material
            | PlanKind::FunctionScan { .. }
            | PlanKind::CteScan { .. }
            | PlanKind::WorkTableScan { .. }
            | PlanKind::Sort { .. }
    )
}

/// Its rows can be read again from a marked place (`ExecSupportsMarkRestore`).
pub fn can_mark(path: &Path) -> bool {
    matches!(
        path.kind,
        PlanKind::IndexScan(_) | PlanKind::Material | PlanKind::Sort { .. }
    )
}

/// A Material node above the path.
pub fn materialized(settings: &CostSettings, path: &Rc<Path>) -> Path {
    let cost = sort::material(settings, path.cost, path.rows, path.width);
    let mut kept = crate::planner::upper::above(Path::clone(path), PlanKind::Material, None);
    kept.cost = cost;
    kept
}
