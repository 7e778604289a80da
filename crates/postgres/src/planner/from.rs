//! FROM and WHERE: the tables' sizes and scans, and the order in which they are joined.

use std::rc::Rc;

use kumquat_types::{Error, Result};

use super::distribute::{JoinList, distribute};
use super::level::Level;
use super::path::{Path, RelSet};
use super::plan::PlanKind;
use super::rel::{Problem, Rel};
use super::strict::reduce_outer_joins;
use super::tree::JoinTree;
use super::vars::{varnos, visit_query};
use super::{join, scans, upper};
use crate::query::{Expr, RangeTableKind};

/// Greatest range-table index that the planner of joins can deal with.
const MOST_TABLES: usize = 127;

/// Plans FROM and WHERE: all ways that are worth knowing (`query_planner`).
pub fn plan_from(level: &mut Level<'_, '_, '_>) -> Result<Rel> {
    let mut tree = level.tree.clone();
    let settings = level.problem.settings.clone();
    level.problem = Problem {
        fraction: level.problem.fraction,
        limit: level.problem.limit,
        ..Problem::new(settings)
    };
    let tables = tree.tables();
    if tables.is_empty() {
        return Ok(without_tables(level, &tree));
    }
    if tables.iter().any(|&varno| varno > MOST_TABLES) {
        return Err(Error::not_modelled("a join of so many tables"));
    }
    reduce_outer_joins(&mut tree);
    add_rels(level, &tables);
    let list = distribute(level, &tree);
    note_lateral(level, &tables);
    upper::set_wanted_order(level)?;
    for &varno in &tables {
        scans::add_size(level, varno)?;
    }
    for &varno in &tables {
        scans::add_paths(level, varno)?;
        mark_false(level, varno);
    }
    let mut rel = join::plan_list(level, &JoinList::List(list))?;
    gate(level, &mut rel);
    Ok(rel)
}

/// SELECT without FROM: one row, if its condition holds.
fn without_tables(level: &mut Level<'_, '_, '_>, tree: &JoinTree) -> Rel {
    let mut quals = Vec::new();
    tree.for_each_qual(&mut |qual| quals.push(qual.clone()));
    let cost = level.expressions_cost(&quals);
    let kind = PlanKind::Result { one_time_filter: quals };
    let mut path = Path::new(kind, Vec::new(), Rc::from([]), level.number);
    path.cost.startup = cost.startup + cost.per_tuple;
    path.cost.total = path.cost.startup + level.problem.settings.cpu_tuple;
    Rel {
        rows: 1.0,
        paths: vec![Rc::new(path)],
        ..Rel::default()
    }
}

fn add_rels(level: &mut Level<'_, '_, '_>, tables: &[usize]) {
    for target in level.query.target_list.clone() {
        level.problem.need(&target.expr, None);
    }
    for condition in level.having.clone() {
        level.problem.need(&condition, None);
    }
    for window in level.query.windows.clone() {
        for offset in window.start_offset.iter().chain(&window.end_offset) {
            level.problem.need(offset, None);
        }
    }
    let fraction = level.problem.fraction;
    for &varno in tables {
        let relations = RelSet::of(varno);
        level.problem.all = level.problem.all.union(relations);
        let rel = Rel {
            relations,
            consider_startup: fraction > 0.0,
            ..Rel::default()
        };
        level.problem.rels.insert(relations, rel);
    }
}

/// What LATERAL entries ask of others must be given to them.
fn note_lateral(level: &mut Level<'_, '_, '_>, tables: &[usize]) {
    for &varno in tables {
        let Some(entry) = level.query.entry(varno).cloned() else {
            continue;
        };
        let mut asked: Vec<Expr> = Vec::new();
        let mut collect = |part: &Expr, depth: usize| {
            if let Expr::Var(var) = part
                && var.levels_up == depth
            {
                let mut var = var.clone();
                var.levels_up = 0;
                asked.push(Expr::Var(var));
            }
        };
        match &entry.kind {
            RangeTableKind::Subquery { query, .. } if entry.lateral => visit_query(query, 1, &mut collect),
            RangeTableKind::Function { functions, .. } => {
                functions
                    .iter()
                    .for_each(|function| super::vars::visit(&function.expr, 0, &mut collect));
            }
            RangeTableKind::Values { rows } => {
                rows.iter()
                    .flatten()
                    .for_each(|value| super::vars::visit(value, 0, &mut collect));
            }
            _ => {}
        }
        let own = RelSet::of(varno);
        let mut lateral = RelSet::EMPTY;
        for expr in &asked {
            level.problem.need(expr, Some(own));
            lateral = varnos(expr).into_iter().map(RelSet::of).fold(lateral, RelSet::union);
        }
        if let Some(rel) = level.problem.rels.get_mut(&own) {
            rel.lateral = lateral.minus(own);
        }
    }
    let special = level.problem.special.clone();
    for join in special.iter().filter(|join| join.syntactic_right.count() == 1) {
        let one_sided = matches!(join.kind, crate::query::JoinKind::Semi | crate::query::JoinKind::Anti);
        if let Some(rel) = level.problem.rels.get_mut(&join.syntactic_right).filter(|_| one_sided) {
            rel.consider_param_startup = true;
        }
    }
}

/// An entry with a condition that never holds has no rows.
fn mark_false(level: &mut Level<'_, '_, '_>, varno: usize) {
    let own = RelSet::of(varno);
    let never = |expr: &Expr| matches!(expr, Expr::Const(constant) if constant.value.as_bool() != Some(true));
    let Some(rel) = level.problem.rel(own).cloned() else {
        return;
    };
    if rel.clauses.iter().any(|clause| never(&clause.expr)) {
        let path = super::children::empty(level, &rel);
        if let Some(rel) = level.problem.rels.get_mut(&own) {
            rel.paths = vec![Rc::new(path)];
        }
    }
}

/// Conditions without columns are tested once, above everything (`create_gating_plan`).
fn gate(level: &mut Level<'_, '_, '_>, rel: &mut Rel) {
    let constant = std::mem::take(&mut level.problem.constant);
    if constant.is_empty() {
        return;
    }
    let cost = level.expressions_cost(&constant);
    let never = |expr: &Expr| matches!(expr, Expr::Const(constant) if constant.value.as_bool() != Some(true));
    if let [only] = constant.as_slice()
        && never(only)
    {
        rel.paths = vec![Rc::new(super::children::empty(level, rel))];
        return;
    }
    for path in &mut rel.paths {
        let kind = PlanKind::Result {
            one_time_filter: constant.clone(),
        };
        let mut gated = upper::above(Path::clone(path), kind, None);
        gated.cost.startup += cost.startup + cost.per_tuple;
        gated.cost.total += cost.startup + cost.per_tuple;
        *path = Rc::new(gated);
    }
}
