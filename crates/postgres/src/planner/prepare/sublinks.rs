//! Sublinks: `IN` and `EXISTS` in WHERE become joins; the others become subplans.

use kumquat_types::{Oid, Result, operator_by_oid};

use super::ctes::lower;
use super::joins::flatten_join_columns;
use super::rows::expand_whole_rows;
use super::subqueries::shift;
use crate::backend::Backend;
use crate::planner::global::{Global, executor_param};
use crate::planner::level::plan_subquery;
use crate::planner::path::Path;
use crate::planner::plan::{InitResult, ParamSource, SubplanDefinition, SubplanKind};
use crate::planner::tree::JoinTree;
use crate::planner::vars::{
    conjunction, conjuncts, contains_set_function, contains_sublink, contains_volatile, has_outer_references, varnos,
};
use crate::query::{
    BoolOp, CommandType, Expr, JoinKind, OpExpr, Query, RangeTableEntry, RangeTableKind, RteColumn, SubLink,
    SubLinkKind, SubPlan, TargetEntry,
};

/// Makes joins of the sublinks in WHERE and ON, where that gives the same rows.
pub fn pull_up_sublinks(backend: &Backend<'_>, query: &mut Query, tree: &mut JoinTree) {
    let taken = std::mem::replace(tree, JoinTree::From(Vec::new(), Vec::new()));
    *tree = pull_up_in(backend, query, taken);
}

fn pull_up_in(backend: &Backend<'_>, query: &mut Query, tree: JoinTree) -> JoinTree {
    match tree {
        JoinTree::Table(index) => JoinTree::Table(index),
        JoinTree::From(items, quals) => {
            let items: Vec<JoinTree> = items.into_iter().map(|item| pull_up_in(backend, query, item)).collect();
            let available: Vec<usize> = items.iter().flat_map(JoinTree::tables).collect();
            let mut tree = JoinTree::From(items, Vec::new());
            let mut kept = Vec::new();
            for qual in quals {
                if let Some(rest) = pull_up_qual(backend, query, &mut tree, &available, qual) {
                    kept.push(rest);
                }
            }
            match tree {
                JoinTree::From(items, _) => JoinTree::From(items, kept),
                tree => JoinTree::From(vec![tree], kept),
            }
        }
        JoinTree::Join {
            kind,
            left,
            right,
            quals,
        } => {
            let mut left = Box::new(pull_up_in(backend, query, *left));
            let mut right = Box::new(pull_up_in(backend, query, *right));
            let mut kept = Vec::new();
            for qual in quals {
                // A semi-join may be done on the side whose rows an outer join may drop.
                let side = match kind {
                    JoinKind::Left => Some(&mut right),
                    JoinKind::Right => Some(&mut left),
                    _ => None,
                };
                let rest = match side {
                    Some(side) => {
                        let available = side.tables();
                        pull_up_qual(backend, query, side, &available, qual)
                    }
                    None => Some(qual),
                };
                kept.extend(rest);
            }
            JoinTree::Join {
                kind,
                left,
                right,
                quals: kept,
            }
        }
    }
}

/// Joins the sublink that a condition is; gives the condition back if it is none.
fn pull_up_qual(
    backend: &Backend<'_>,
    query: &mut Query,
    tree: &mut JoinTree,
    available: &[usize],
    qual: Expr,
) -> Option<Expr> {
    let joined = match &qual {
        Expr::SubLink(link) if link.kind == SubLinkKind::Any => join_any(backend, query, available, link),
        Expr::SubLink(link) if link.kind == SubLinkKind::Exists => {
            join_exists(backend, query, available, link, JoinKind::Semi)
        }
        Expr::Bool(BoolOp::Not, args) => match args.as_slice() {
            [Expr::SubLink(link)] if link.kind == SubLinkKind::Exists => {
                join_exists(backend, query, available, link, JoinKind::Anti)
            }
            _ => None,
        },
        _ => None,
    };
    let Some((kind, right, quals)) = joined else {
        return Some(qual);
    };
    let left = std::mem::replace(tree, JoinTree::From(Vec::new(), Vec::new()));
    *tree = JoinTree::Join {
        kind,
        left: Box::new(left),
        right: Box::new(right),
        quals,
    };
    None
}

/// `x IN (SELECT y ...)`: a semi-join with the subquery as a new entry.
fn join_any(
    backend: &Backend<'_>,
    query: &mut Query,
    available: &[usize],
    link: &SubLink,
) -> Option<(JoinKind, JoinTree, Vec<Expr>)> {
    let correlated = has_outer_references(&link.query, 1);
    let left_tables: Vec<usize> = link.left.iter().flat_map(varnos).collect();
    let known = |varno: &usize| available.contains(varno);
    if correlated
        || left_tables.is_empty()
        || !left_tables.iter().all(known)
        || link.left.iter().any(|left| contains_volatile(backend, left))
    {
        return None;
    }
    let columns: Vec<RteColumn> = link.query.output_columns().map(crate::planner::output_column).collect();
    query.range_table.push(RangeTableEntry {
        kind: RangeTableKind::Subquery {
            query: link.query.clone(),
            view: Oid::INVALID,
        },
        alias: None,
        name: "ANY_subquery".into(),
        columns: columns.clone(),
        lateral: false,
        in_from: true,
        check_as: Oid::INVALID,
        required: Vec::new(),
        selected: Vec::new(),
        inserted: Vec::new(),
        updated: Vec::new(),
        security_quals: Vec::new(),
    });
    let index = query.range_table.len();
    let vars: Vec<Expr> = (1..)
        .zip(&columns)
        .map(|(n, column)| crate::planner::entry_var(index, n, column))
        .collect();
    let pairs = link.left.iter().zip(&link.operators).zip(&link.right);
    let quals = pairs.map(|((left, &operator), right)| {
        Expr::Op(Box::new(OpExpr {
            operator,
            result: Oid::BOOL,
            args: vec![left.clone(), over_columns(right, &vars)],
            location: link.location,
        }))
    });
    Some((JoinKind::Semi, JoinTree::Table(index), quals.collect()))
}

/// The expression with the columns of a subquery's rows put in.
fn over_columns(expr: &Expr, columns: &[Expr]) -> Expr {
    let mut expr = expr.clone();
    expr.transform(&mut |part| {
        if let Expr::InputColumn { column, .. } = part
            && let Some(column) = column.checked_sub(1).and_then(|at| columns.get(at))
        {
            *part = column.clone();
        }
    });
    expr
}

/// `[NOT] EXISTS (SELECT ... WHERE correlated)`: a semi-join or anti-join with the subquery's tables.
fn join_exists(
    backend: &Backend<'_>,
    query: &mut Query,
    available: &[usize],
    link: &SubLink,
    kind: JoinKind,
) -> Option<(JoinKind, JoinTree, Vec<Expr>)> {
    let mut inner = Query::clone(&link.query);
    if !simplify_exists(&mut inner) || inner.from.is_empty() || !inner.ctes.is_empty() {
        return None;
    }
    flatten_join_columns(&mut inner);
    expand_whole_rows(&mut inner);
    let mut inner_tree = JoinTree::take(&mut inner);
    let JoinTree::From(items, quals) = &mut inner_tree else {
        return None;
    };
    let quals = std::mem::take(quals);
    if items.is_empty() {
        return None;
    }
    // What is left of the subquery must not depend on the outer query, and its condition must.
    let mut rest = inner.clone();
    rest.target_list.clear();
    let correlated_inside = has_outer_references(&rest, 1) || {
        let mut outer = false;
        inner_tree.for_each_qual(&mut |qual| outer |= refers_out(qual));
        outer
    };
    if correlated_inside || !quals.iter().any(refers_out) || quals.iter().any(|qual| contains_volatile(backend, qual)) {
        return None;
    }
    let offset = query.range_table.len();
    let mut whole = JoinTree::From(vec![inner_tree], quals);
    // The tables of the subquery move to the end of the range table; what pointed outwards points here now.
    shift(&mut inner, &mut whole, offset);
    lower(&mut inner);
    whole.for_each_qual_mut(&mut |qual| crate::planner::vars::lower_outer_references_in_expr(qual));
    let JoinTree::From(mut items, quals) = whole else {
        return None;
    };
    let upper: Vec<usize> = quals.iter().flat_map(varnos).filter(|&varno| varno <= offset).collect();
    if !upper.iter().all(|varno| available.contains(varno)) {
        return None;
    }
    query.has_sublinks |= inner.has_sublinks;
    query.range_table.append(&mut inner.range_table);
    let tree = items.pop()?;
    Some((kind, tree, quals))
}

fn refers_out(expr: &Expr) -> bool {
    let mut found = false;
    crate::planner::vars::visit(expr, 0, &mut |part, depth| {
        if let Expr::Var(var) = part {
            found |= var.levels_up > depth;
        }
    });
    found
}

/// Drops what does not matter to EXISTS; false if something remains that does.
fn simplify_exists(query: &mut Query) -> bool {
    let simple = query.command == CommandType::Select
        && query.set_operation.is_none()
        && !query.has_aggregates
        && query.grouping_sets.is_empty()
        && !query.has_windows
        && !query
            .target_list
            .iter()
            .any(|target| contains_set_function(&target.expr))
        && query.having.is_none()
        && query.offset.is_none()
        && query.row_marks.is_empty()
        && query.limit.as_ref().is_none_or(is_positive);
    if simple {
        query.target_list.clear();
        query.group_by.clear();
        query.distinct = None;
        query.order_by.clear();
        query.limit = None;
    }
    simple
}

fn is_positive(limit: &Expr) -> bool {
    matches!(limit, Expr::Const(constant) if constant.value.is_null() || constant.value.as_i64().is_some_and(|n| n > 0))
}

/// Plans the sublinks that are left in an expression.
pub fn plan_sublinks(global: &mut Global<'_, '_>, expr: &mut Expr, is_condition: bool) -> Result<Vec<usize>> {
    let mut init_plans = Vec::new();
    plan_sublinks_in(global, expr, is_condition, &mut init_plans)?;
    Ok(init_plans)
}

fn plan_sublinks_in(
    global: &mut Global<'_, '_>,
    expr: &mut Expr,
    is_condition: bool,
    init_plans: &mut Vec<usize>,
) -> Result<()> {
    let inner_is_condition = is_condition && matches!(expr, Expr::Bool(BoolOp::And | BoolOp::Or, _));
    let mut result = Ok(());
    expr.for_each_child_mut(&mut |child| {
        if result.is_ok() {
            result = plan_sublinks_in(global, child, inner_is_condition, init_plans);
        }
    });
    result?;
    if let Expr::SubLink(link) = expr {
        *expr = plan_sublink(global, link, init_plans)?;
    }
    Ok(())
}

fn plan_sublink(global: &mut Global<'_, '_>, link: &SubLink, init_plans: &mut Vec<usize>) -> Result<Expr> {
    let mut query = Query::clone(&link.query);
    let mut as_any = None;
    if link.kind == SubLinkKind::Exists && simplify_exists(&mut query) {
        as_any = exists_to_any(global.backend, &query);
    }
    // What the subquery needs of this level's rows is gathered while it is planned.
    let before = global
        .frame()
        .map(|frame| std::mem::take(&mut frame.needed))
        .unwrap_or_default();
    let type_modifier = query
        .output_columns()
        .next()
        .map_or(-1, |target: &TargetEntry| target.expr.type_modifier());
    let fraction = match link.kind {
        SubLinkKind::Exists => 1.0,
        SubLinkKind::Any | SubLinkKind::All => 0.5,
        _ => 0.0,
    };
    let path = convert_columns(plan_subquery(global, query, fraction)?, link);
    let args = match global.frame() {
        Some(frame) => std::mem::replace(&mut frame.needed, before),
        None => Vec::new(),
    };
    let init_result = match link.kind {
        SubLinkKind::Exists => Some(InitResult::Exists),
        SubLinkKind::Expr => Some(InitResult::Scalar),
        SubLinkKind::Array => Some(InitResult::Array),
        _ => None,
    };
    match init_result {
        Some(result) if args.is_empty() => Ok(make_init_plan(global, link, path, result, type_modifier, init_plans)),
        _ => {
            let subplan = make_subplan(global, link, path, args, type_modifier);
            match as_any {
                Some(as_any) => Ok(hashed_exists(global, link, as_any)?.unwrap_or(subplan)),
                None => Ok(subplan),
            }
        }
    }
}

/// A correlated EXISTS, asked the other way round.
struct ExistsAsAny {
    /// What the outer query compares.
    left: Vec<Expr>,
    operators: Vec<Oid>,
    /// Gives what that is compared with, and does not depend on the outer query.
    query: Query,
}

/// `EXISTS (SELECT FROM b WHERE b.x = a.x AND ...)` as `a.x = ANY (SELECT b.x FROM b WHERE ...)`, whose rows can be
/// hashed (`convert_EXISTS_to_ANY`).
fn exists_to_any(backend: &Backend<'_>, exists: &Query) -> Option<ExistsAsAny> {
    if exists.from.is_empty() || !exists.ctes.is_empty() {
        return None;
    }
    let mut query = exists.clone();
    let conditions = query.quals.take().map(conjuncts).unwrap_or_default();
    let (mut left, mut operators, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for condition in conditions {
        if contains_volatile(backend, &condition) {
            return None;
        }
        match outer_equality(&condition) {
            Some((operator, outer, inner)) => {
                let number = i16::try_from(left.len() + 1).ok()?;
                left.push(outer);
                operators.push(operator);
                query.target_list.push(TargetEntry {
                    expr: inner,
                    number,
                    name: "".into(),
                    sort_group_ref: 0,
                    junk: false,
                    origin: (Oid::INVALID, 0),
                });
            }
            None => kept.push(condition),
        }
    }
    query.quals = conjunction(kept);
    let is_free = !has_outer_references(&query, 1);
    (!left.is_empty() && is_free).then_some(ExistsAsAny { left, operators, query })
}

/// The operator, and the operands of the outer and the inner query, of an equality between both.
fn outer_equality(condition: &Expr) -> Option<(Oid, Expr, Expr)> {
    let Expr::Op(op) = condition else { return None };
    let [first, second] = op.args.as_slice() else {
        return None;
    };
    let known = operator_by_oid(op.operator).filter(|known| known.can_hash)?;
    let (operator, outer, inner) = match (is_outer_only(first), is_outer_only(second)) {
        (true, false) => (op.operator, first, second),
        (false, true) if known.commutator.is_valid() => (known.commutator, second, first),
        _ => return None,
    };
    if refers_out(inner) || contains_sublink(outer) || contains_sublink(inner) {
        return None;
    }
    let mut outer = outer.clone();
    crate::planner::vars::lower_outer_references_in_expr(&mut outer);
    Some((operator, outer, inner.clone()))
}

/// Columns of the queries around, and none of the subquery's own.
fn is_outer_only(expr: &Expr) -> bool {
    refers_out(expr) && varnos(expr).is_empty()
}

/// The rows of the other form in a hash table, if they do not depend on queries further out.
fn hashed_exists(global: &mut Global<'_, '_>, link: &SubLink, as_any: ExistsAsAny) -> Result<Option<Expr>> {
    let path = plan_subquery(global, as_any.query, 0.0)?;
    if depends_on_outer(global, &path) {
        return Ok(None);
    }
    let plan = global.subplans.len();
    global.subplans.push(SubplanDefinition {
        plan: path.to_plan(),
        kind: SubplanKind::Correlated,
        name: format!("SubPlan {}", plan + 1).into(),
    });
    Ok(Some(Expr::SubPlan(Box::new(SubPlan {
        plan,
        kind: SubLinkKind::Exists,
        left: as_any.left,
        operators: as_any.operators,
        args: Vec::new(),
        hashed: true,
        result: link.result,
        type_modifier: -1,
    }))))
}

/// The rows of the subquery as the sublink's operators compare them.
fn convert_columns(path: Path, link: &SubLink) -> Path {
    let plain =
        |(number, right): (usize, &Expr)| matches!(right, Expr::InputColumn { column, .. } if *column == number);
    if (1..).zip(&link.right).all(plain) {
        return path;
    }
    let output: Vec<Expr> = link
        .right
        .iter()
        .map(|right| over_columns(right, &path.output))
        .collect();
    crate::planner::upper::project(path, output)
}

fn make_init_plan(
    global: &mut Global<'_, '_>,
    link: &SubLink,
    path: Path,
    result: InitResult,
    type_modifier: i32,
    init_plans: &mut Vec<usize>,
) -> Expr {
    let subplan = global.subplans.len();
    let param = global.new_param(ParamSource::Subplan(subplan));
    global.subplans.push(SubplanDefinition {
        plan: path.to_plan(),
        kind: SubplanKind::Init {
            param,
            result,
            type_oid: link.result,
        },
        name: format!("InitPlan {} (returns ${param})", subplan + 1).into(),
    });
    init_plans.push(subplan);
    executor_param(param, link.result, type_modifier)
}

fn make_subplan(
    global: &mut Global<'_, '_>,
    link: &SubLink,
    path: Path,
    args: Vec<(usize, Expr)>,
    type_modifier: i32,
) -> Expr {
    let hashable = |&operator: &Oid| operator_by_oid(operator).is_some_and(|operator| operator.can_hash);
    let free = args.is_empty() && !depends_on_outer(global, &path);
    let hashed = link.kind == SubLinkKind::Any && free && link.operators.iter().all(hashable);
    let path = match free && !hashed && matches!(link.kind, SubLinkKind::Any | SubLinkKind::All) {
        true => materialize(global, path),
        false => path,
    };
    let plan = global.subplans.len();
    global.subplans.push(SubplanDefinition {
        plan: path.to_plan(),
        kind: SubplanKind::Correlated,
        name: format!("SubPlan {}", plan + 1).into(),
    });
    Expr::SubPlan(Box::new(SubPlan {
        plan,
        kind: link.kind,
        left: link.left.clone(),
        operators: link.operators.clone(),
        args,
        hashed,
        result: link.result,
        type_modifier,
    }))
}

/// The plan uses parameters that rows of levels further out set.
fn depends_on_outer(global: &Global<'_, '_>, path: &Path) -> bool {
    let mut depends = false;
    path.to_plan().visit(&mut |node| {
        node.for_each_expr(&mut |expr| {
            depends |= expr.any(&mut |part| match part {
                Expr::Param {
                    kind: crate::query::ParamKind::Executor,
                    number,
                    ..
                } => matches!(global.sources.get(*number), Some(ParamSource::Outer { .. })),
                _ => false,
            });
        });
    });
    depends
}

fn materialize(global: &Global<'_, '_>, path: Path) -> Path {
    crate::planner::join::inner::materialized(&global.settings, &std::rc::Rc::new(path))
}
