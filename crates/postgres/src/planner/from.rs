//! FROM and WHERE: scans of tables, and joins between them.

use std::rc::Rc;

use kumquat_types::Result;

use super::level::Level;
use super::path::Path;
use super::plan::{Join, JoinClause, PlanKind};
use super::scans::scan;
use super::tree::JoinTree;
use super::vars::varnos;
use crate::query::{Expr, JoinKind};

/// The rows of FROM and WHERE.
pub struct Source {
    pub path: Rc<Path>,
}

/// Plans FROM and WHERE.
pub fn plan_from(level: &mut Level<'_, '_, '_>) -> Result<Source> {
    let tree = level.tree.clone();
    let path = plan_tree(level, &tree, Vec::new())?;
    Ok(Source { path: Rc::new(path) })
}

fn covers(tables: &[usize], expr: &Expr) -> bool {
    let used = varnos(expr);
    !used.is_empty() && used.iter().all(|varno| tables.contains(varno))
}

/// Conditions from above are tried as far down as they hold.
fn plan_tree(level: &mut Level<'_, '_, '_>, tree: &JoinTree, quals: Vec<Expr>) -> Result<Path> {
    match tree {
        JoinTree::Table(varno) => scan(level, *varno, quals),
        JoinTree::From(items, own) => {
            let mut quals: Vec<Expr> = quals.into_iter().chain(own.iter().cloned()).collect();
            let mut parts = Vec::new();
            for item in items {
                let tables = item.tables();
                let (here, rest): (Vec<Expr>, Vec<Expr>) = quals.into_iter().partition(|qual| covers(&tables, qual));
                quals = rest;
                parts.push((plan_tree(level, item, here)?, tables));
            }
            join_parts(level, parts, quals)
        }
        JoinTree::Join {
            kind,
            left,
            right,
            quals: on,
        } => plan_join(level, *kind, left, right, on.clone(), quals),
    }
}

fn join_parts(level: &mut Level<'_, '_, '_>, parts: Vec<(Path, Vec<usize>)>, mut quals: Vec<Expr>) -> Result<Path> {
    let mut parts = parts.into_iter();
    let Some((mut path, mut tables)) = parts.next() else {
        let mut result = Path::new(
            PlanKind::Result { one_time_filter: quals },
            Vec::new(),
            Rc::from([]),
            level.number,
        );
        result.rows = 1.0;
        return Ok(result);
    };
    for (part, part_tables) in parts {
        tables.extend(part_tables);
        let (here, rest): (Vec<Expr>, Vec<Expr>) = quals.into_iter().partition(|qual| covers(&tables, qual));
        quals = rest;
        path = join(level, JoinKind::Inner, path, part, here, Vec::new());
    }
    if !quals.is_empty() {
        let (constant, other): (Vec<Expr>, Vec<Expr>) = quals.into_iter().partition(|qual| varnos(qual).is_empty());
        path.filter.extend(other);
        if !constant.is_empty() {
            let output = path.output.clone();
            let (rows, width) = (path.rows, path.width);
            path = Path::new(
                PlanKind::Result {
                    one_time_filter: constant,
                },
                vec![path.into()],
                output,
                level.number,
            );
            (path.rows, path.width) = (rows, width);
        }
    }
    Ok(path)
}

fn plan_join(
    level: &mut Level<'_, '_, '_>,
    kind: JoinKind,
    left: &JoinTree,
    right: &JoinTree,
    on: Vec<Expr>,
    above: Vec<Expr>,
) -> Result<Path> {
    let (left_tables, right_tables) = (left.tables(), right.tables());
    let (mut to_left, mut to_right, mut clauses, mut after) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for qual in above {
        match kind {
            _ if kind != JoinKind::Full && kind != JoinKind::Right && covers(&left_tables, &qual) => to_left.push(qual),
            JoinKind::Inner | JoinKind::Right if covers(&right_tables, &qual) => to_right.push(qual),
            JoinKind::Inner => clauses.push(qual),
            _ => after.push(qual),
        }
    }
    for qual in on {
        match kind {
            JoinKind::Inner | JoinKind::Semi if covers(&left_tables, &qual) => to_left.push(qual),
            JoinKind::Inner | JoinKind::Semi | JoinKind::Left | JoinKind::Anti if covers(&right_tables, &qual) => {
                to_right.push(qual);
            }
            JoinKind::Right if covers(&left_tables, &qual) => to_left.push(qual),
            _ => clauses.push(qual),
        }
    }
    let left = plan_tree(level, left, to_left)?;
    let right = plan_tree(level, right, to_right)?;
    Ok(match kind {
        JoinKind::Right => join(level, JoinKind::Left, right, left, clauses, after),
        _ => join(level, kind, left, right, clauses, after),
    })
}

/// Joins two paths: by hash where there is an equality.
fn join(
    level: &Level<'_, '_, '_>,
    kind: JoinKind,
    outer: Path,
    inner: Path,
    clauses: Vec<Expr>,
    filter: Vec<Expr>,
) -> Path {
    let one_sided = matches!(kind, JoinKind::Semi | JoinKind::Anti);
    let mut output: Vec<Expr> = outer.output.to_vec();
    if !one_sided {
        output.extend(inner.output.iter().cloned());
    }
    let tables_of = |path: &Path| -> Vec<usize> { path.output.iter().flat_map(varnos).collect() };
    let (outer_tables, inner_tables) = (tables_of(&outer), tables_of(&inner));
    let mut hash = Vec::new();
    let mut rest = Vec::new();
    for clause in clauses {
        match hash_clause(&clause, &outer_tables, &inner_tables) {
            Some(found) if inner.required.is_empty() => hash.push(found),
            _ => rest.push(clause),
        }
    }
    let join = Join {
        kind,
        filter: rest,
        inner_unique: false,
    };
    let params = inner.required.iter().map(|r| (r.param, r.value.clone())).collect();
    let rows = outer.rows.max(inner.rows);
    let required = outer.required.clone();
    let children = if hash.is_empty() {
        vec![Rc::new(outer), Rc::new(inner)]
    } else {
        let output = inner.output.clone();
        let inner = Path::new(PlanKind::Hash, vec![Rc::new(inner)], output, level.number);
        vec![Rc::new(outer), Rc::new(inner)]
    };
    let kind = match hash.is_empty() {
        true => PlanKind::NestedLoop { join, params },
        false => PlanKind::HashJoin { join, clauses: hash },
    };
    let mut path = Path::new(kind, children, output.into(), level.number);
    path.filter = filter;
    path.rows = rows;
    path.required = required;
    path
}

fn hash_clause(clause: &Expr, outer: &[usize], inner: &[usize]) -> Option<JoinClause> {
    let Expr::Op(op) = clause else { return None };
    let operator = kumquat_types::operator_by_oid(op.operator)?;
    let [left, right] = op.args.as_slice() else {
        return None;
    };
    if !operator.can_hash {
        return None;
    }
    if covers(outer, left) && covers(inner, right) {
        return Some(JoinClause {
            outer: left.clone(),
            inner: right.clone(),
            expr: clause.clone(),
        });
    }
    (covers(inner, left) && covers(outer, right)).then(|| JoinClause {
        outer: right.clone(),
        inner: left.clone(),
        expr: clause.clone(),
    })
}
