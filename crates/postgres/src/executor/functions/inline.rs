//! SQL functions that are a mere expression are put in place of their calls (`inline_function`).

use std::sync::Arc;

use kumquat_sql::ast::Statement;
use kumquat_types::{Oid, Result, Volatility};

use super::sql::{parameters, statements};
use crate::analyze::{analyze_query, coerce_expression};
use crate::backend::Backend;
use crate::catalog::{Function, ProcKind};
use crate::planner::vars::{contains_aggregate, contains_set_function, contains_window_function, least_stable};
use crate::query::{CommandType, Expr, FuncExpr, ParamKind, Query};

/// Functions that call themselves are put in place of their calls so often.
const DEPTH_LIMIT: u32 = 8;

/// The expression that a call stands for; `None` if the function is more than that.
pub fn inline(backend: &mut Backend<'_>, call: &FuncExpr) -> Result<Option<Expr>> {
    let Some(function) = backend.catalog()?.functions.get(&call.function).cloned() else {
        return Ok(None);
    };
    let simple = &*function.language == "sql"
        && function.kind == ProcKind::Function
        && !function.returns_set
        && !function.security_definer
        && function.settings.is_empty()
        && function.outputs.is_empty()
        && function.result != Oid::VOID
        && function.result != Oid::RECORD
        && backend.session.depth < DEPTH_LIMIT;
    // Who may not call it is told so where it runs.
    if !simple || super::check_execute(backend, &function).is_err() {
        return Ok(None);
    }
    let arg_types: Vec<Oid> = call.args.iter().map(Expr::type_oid).collect();
    let Some(body) = body_expression(backend, &function, &arg_types)? else {
        return Ok(None);
    };
    let Some(body) = coerce_expression(backend, body, (call.result, -1), true)? else {
        return Ok(None);
    };
    if least_stable(backend, &body) > function.volatility || contains_sublink_or_groups(&body) {
        return Ok(None);
    }
    let calls_itself = body.any(&mut |part| matches!(part, Expr::Func(inner) if inner.function == call.function));
    if calls_itself || function.strict && !is_strict(&body, call.args.len()) {
        return Ok(None);
    }
    Ok(substitute(backend, body, &call.args))
}

/// The only expression of a body that is `SELECT expression`.
fn body_expression(backend: &Backend<'_>, function: &Arc<Function>, arg_types: &[Oid]) -> Result<Option<Expr>> {
    let Ok((statements, _)) = statements(function) else {
        return Ok(None);
    };
    let [statement @ Statement::Select(_)] = statements.as_slice() else {
        return Ok(None);
    };
    // What is wrong with the body is said when it runs.
    let Ok(mut query) = analyze_query(backend, statement, &mut parameters(function, arg_types)) else {
        return Ok(None);
    };
    let bare = query.command == CommandType::Select
        && query.range_table.is_empty()
        && query.from.is_empty()
        && query.quals.is_none()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.order_by.is_empty()
        && query.distinct.is_none()
        && query.ctes.is_empty()
        && query.set_operation.is_none()
        && query.target_list.len() == 1;
    Ok(match bare {
        true => single_target(&mut query),
        false => None,
    })
}

fn single_target(query: &mut Query) -> Option<Expr> {
    query.target_list.pop().map(|target| target.expr)
}

fn contains_sublink_or_groups(expr: &Expr) -> bool {
    contains_aggregate(expr)
        || contains_window_function(expr)
        || contains_set_function(expr)
        || expr.any(&mut |part| matches!(part, Expr::SubLink(_)))
}

/// NULL for any argument surely gives NULL: only operators and strict built-in functions of all arguments.
fn is_strict(body: &Expr, args: usize) -> bool {
    let mut used = vec![false; args];
    let mut strict = true;
    body.visit(&mut |part| match part {
        Expr::Param {
            kind: ParamKind::External,
            number,
            ..
        } => {
            if let Some(slot) = number.checked_sub(1).and_then(|at| used.get_mut(at)) {
                *slot = true;
            }
        }
        Expr::Func(call) => {
            strict &= kumquat_types::proc_by_oid(call.function).is_some_and(|proc| proc.strict);
        }
        Expr::Op(_) | Expr::Const(_) | Expr::Relabel { .. } | Expr::CoerceViaIo { .. } => {}
        _ => strict = false,
    });
    strict && used.iter().all(|used| *used)
}

/// The body with the arguments in the places of parameters; `None` if an argument that must be computed once
/// would be computed more often.
fn substitute(backend: &Backend<'_>, body: Expr, args: &[Expr]) -> Option<Expr> {
    for (at, arg) in args.iter().enumerate() {
        let mut uses = 0;
        body.visit(&mut |part| {
            uses +=
                usize::from(matches!(part, Expr::Param { kind: ParamKind::External, number, .. } if *number == at + 1));
        });
        let costly = arg.any(&mut |part| matches!(part, Expr::SubLink(_) | Expr::SubPlan(_)));
        if uses != 1 && (costly || least_stable(backend, arg) == Volatility::Volatile) {
            return None;
        }
    }
    let mut body = body;
    body.transform(&mut |part| {
        if let Expr::Param {
            kind: ParamKind::External,
            number,
            ..
        } = part
            && let Some(arg) = number.checked_sub(1).and_then(|at| args.get(at))
        {
            *part = arg.clone();
        }
    });
    Some(body)
}
