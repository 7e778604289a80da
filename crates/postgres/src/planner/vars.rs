//! Looking for and replacing columns in expressions and queries.

use std::sync::Arc;

use kumquat_types::{Oid, Volatility};

use crate::backend::Backend;
use crate::executor::expr::project::function_volatility;
use crate::query::{BoolOp, Expr, Query, RangeTableKind, Var};

/// Calls `f` on every expression of a query and of all queries in it, with how many queries lie in between.
pub fn transform_query(query: &mut Query, depth: usize, f: &mut dyn FnMut(&mut Expr, usize)) {
    query.for_each_expr_mut(&mut |expr| transform(expr, depth, f));
    for entry in &mut query.range_table {
        if let RangeTableKind::Subquery { query, .. } = &mut entry.kind {
            transform_query(Arc::make_mut(query), depth + 1, f);
        }
    }
    for cte in &mut query.ctes {
        transform_query(Arc::make_mut(&mut cte.query), depth + 1, f);
    }
}

/// Calls `f` on all parts of an expression, children first, and of the queries of its sublinks.
pub fn transform(expr: &mut Expr, depth: usize, f: &mut dyn FnMut(&mut Expr, usize)) {
    expr.for_each_child_mut(&mut |child| transform(child, depth, f));
    if let Expr::SubLink(link) = expr {
        transform_query(Arc::make_mut(&mut link.query), depth + 1, f);
    }
    f(expr, depth);
}

/// The same without changing anything.
pub fn visit_query(query: &Query, depth: usize, f: &mut dyn FnMut(&Expr, usize)) {
    query.for_each_expr(&mut |expr| visit(expr, depth, f));
    for entry in &query.range_table {
        if let RangeTableKind::Subquery { query, .. } = &entry.kind {
            visit_query(query, depth + 1, f);
        }
    }
    for cte in &query.ctes {
        visit_query(&cte.query, depth + 1, f);
    }
}

pub fn visit(expr: &Expr, depth: usize, f: &mut dyn FnMut(&Expr, usize)) {
    f(expr, depth);
    expr.for_each_child(&mut |child| visit(child, depth, f));
    if let Expr::SubLink(link) = expr {
        visit_query(&link.query, depth + 1, f);
    }
}

/// Replaces columns of the query at depth 0 by what `replace` gives for them, wherever they are; outer references
/// inside what is put in are lifted by as many levels as it is put deeper.
pub fn replace_vars(expr: &mut Expr, depth: usize, replace: &mut dyn FnMut(&Var) -> Option<Expr>) {
    transform(expr, depth, &mut |part, depth| replace_var(part, depth, replace));
}

pub fn replace_vars_in_query(query: &mut Query, depth: usize, replace: &mut dyn FnMut(&Var) -> Option<Expr>) {
    transform_query(query, depth, &mut |part, depth| replace_var(part, depth, replace));
}

fn replace_var(part: &mut Expr, depth: usize, replace: &mut dyn FnMut(&Var) -> Option<Expr>) {
    if let Expr::Var(var) = part
        && var.levels_up == depth
        && let Some(mut new) = replace(var)
    {
        lift(&mut new, depth);
        *part = new;
    }
}

/// The expression is put `levels` queries deeper: its references count from there.
pub fn lift(expr: &mut Expr, levels: usize) {
    if levels == 0 {
        return;
    }
    transform(expr, 0, &mut |part, depth| match part {
        Expr::Var(var) if var.levels_up >= depth => var.levels_up += levels,
        Expr::Aggref(aggregate) if aggregate.levels_up >= depth => aggregate.levels_up += levels,
        _ => {}
    });
}

/// Changes references to queries further out than the query itself: one level fewer lies in between.
pub fn lower_outer_references(query: &mut Query) {
    transform_query(query, 0, &mut |part, depth| lower_part(part, depth));
}

pub fn lower_outer_references_in_expr(expr: &mut Expr) {
    transform(expr, 0, &mut |part, depth| lower_part(part, depth));
}

fn lower_part(part: &mut Expr, depth: usize) {
    match part {
        Expr::Var(var) if var.levels_up > depth => var.levels_up -= 1,
        Expr::Aggref(aggregate) if aggregate.levels_up > depth => aggregate.levels_up -= 1,
        _ => {}
    }
}

/// Range-table indexes of the columns of the query itself that an expression uses, its sublinks' included.
pub fn varnos(expr: &Expr) -> Vec<usize> {
    let mut found = Vec::new();
    visit(expr, 0, &mut |part, depth| {
        if let Expr::Var(var) = part
            && var.levels_up == depth
            && !found.contains(&var.varno)
        {
            found.push(var.varno);
        }
    });
    found
}

/// An expression of the catalog, over another entry than 1.
pub fn at_entry(expr: &Expr, varno: usize) -> Expr {
    let mut expr = expr.clone();
    expr.transform(&mut |part| {
        if let Expr::Var(var) = part
            && var.levels_up == 0
        {
            var.varno = varno;
        }
    });
    expr
}

/// Columns of the query itself that an expression uses, each once, and not those inside sublinks.
pub fn vars_of(expr: &Expr) -> Vec<Var> {
    let mut found: Vec<Var> = Vec::new();
    expr.visit(&mut |part| {
        if let Expr::Var(var) = part
            && var.levels_up == 0
            && !found.contains(var)
        {
            found.push(var.clone());
        }
    });
    found
}

/// Uses columns of queries further out than the query at `depth` levels above the expression's own.
pub fn has_outer_references(query: &Query, least: usize) -> bool {
    let mut found = false;
    visit_query(query, 0, &mut |part, depth| match part {
        Expr::Var(var) => found |= var.levels_up >= depth + least,
        Expr::Aggref(aggregate) => found |= aggregate.levels_up >= depth + least,
        _ => {}
    });
    visit_ctes(query, 0, &mut |levels, depth| found |= levels >= depth + least);
    found
}

/// Calls `f` with the level of each reference to a CTE and the depth it stands at.
fn visit_ctes(query: &Query, depth: usize, f: &mut dyn FnMut(usize, usize)) {
    for entry in &query.range_table {
        if let RangeTableKind::Cte { levels_up, .. } = &entry.kind {
            f(*levels_up, depth);
        }
    }
    query.for_each_subquery(&mut |inner| visit_ctes(inner, depth + 1, f));
}

pub fn contains_aggregate(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::Aggref(aggregate) if aggregate.levels_up == 0))
}

pub fn contains_window_function(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::WindowFunc(_)))
}

pub fn contains_sublink(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::SubLink(_)))
}

pub fn contains_set_function(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::Func(call) if call.returns_set))
}

pub fn contains_volatile(backend: &Backend<'_>, expr: &Expr) -> bool {
    least_stable(backend, expr) == Volatility::Volatile
}

/// The least stable of the functions that an expression calls.
pub fn least_stable(backend: &Backend<'_>, expr: &Expr) -> Volatility {
    let mut worst = Volatility::Immutable;
    visit(expr, 0, &mut |part, _| {
        let volatility = match part {
            Expr::Func(call) => function_volatility(backend, call.function),
            Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => operator_volatility(backend, op.operator),
            Expr::ScalarArrayOp { operator, .. } => operator_volatility(backend, *operator),
            Expr::SqlValue { .. } | Expr::CoerceViaIo { .. } => Volatility::Stable,
            _ => Volatility::Immutable,
        };
        worst = worst.max(volatility);
    });
    worst
}

fn operator_volatility(backend: &Backend<'_>, operator: Oid) -> Volatility {
    kumquat_types::operator_by_oid(operator).map_or(Volatility::Immutable, |operator| {
        function_volatility(backend, operator.function)
    })
}

/// Splits AND into its parts.
pub fn conjuncts(expr: Expr) -> Vec<Expr> {
    match expr {
        Expr::Bool(BoolOp::And, args) => args.into_iter().flat_map(conjuncts).collect(),
        expr if is_true(&expr) => Vec::new(),
        expr => vec![expr],
    }
}

/// AND of several conditions; `None` if there are none.
pub fn conjunction(mut conditions: Vec<Expr>) -> Option<Expr> {
    match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(Expr::Bool(BoolOp::And, conditions)),
    }
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::Const(constant) if constant.value.as_bool() == Some(true))
}

/// Adds an expression unless it is there already; gives its place.
pub fn add_unique(list: &mut Vec<Expr>, expr: &Expr) -> usize {
    match list.iter().position(|known| known.same_as(expr)) {
        Some(at) => at,
        None => {
            list.push(expr.clone());
            list.len() - 1
        }
    }
}
