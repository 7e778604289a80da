//! Constants are computed while planning (`eval_const_expressions`).

use kumquat_types::{Datum, Error, Oid, Result, Volatility};

use crate::backend::Backend;
use crate::executor;
use crate::executor::context::{enter, leave};
use crate::executor::expr::project::function_volatility;
use crate::executor::functions::inline::inline;
use crate::planner::vars::conjuncts;
use crate::query::{BoolOp, Expr};

/// Computes what does not depend on rows, settings or time.
pub fn fold(backend: &mut Backend<'_>, expr: &mut Expr) -> Result<()> {
    if let Expr::Case { .. } = expr {
        return fold_case(backend, expr);
    }
    let mut result = Ok(());
    expr.for_each_child_mut(&mut |child| {
        if result.is_ok() {
            result = fold(backend, child);
        }
    });
    result?;
    if let Expr::Func(call) = expr
        && let Some(body) = inline(backend, call)?
    {
        let name = call.function;
        *expr = body;
        enter(backend)?;
        let folded = fold(backend, expr);
        leave(backend);
        return folded.map_err(|error| during_inlining(backend, error, name));
    }
    match expr {
        Expr::Bool(..) => fold_bool(expr),
        Expr::Coalesce { .. } => fold_coalesce(expr),
        _ => {
            if is_foldable(backend, expr) {
                let value = executor::evaluate(backend, expr, &[])?;
                *expr = Expr::Const(crate::query::Const {
                    value,
                    type_oid: expr.type_oid(),
                    type_modifier: expr.type_modifier(),
                    location: None,
                });
            }
        }
    }
    Ok(())
}

fn during_inlining(backend: &Backend<'_>, error: Error, function: Oid) -> Error {
    let found = backend
        .catalog()
        .ok()
        .and_then(|catalog| catalog.functions.get(&function));
    match found {
        Some(function) => error.context(format!("SQL function \"{}\" during inlining", function.name)),
        None => error,
    }
}

/// An immutable operation on constants alone; or a strict one on a NULL.
fn is_foldable(backend: &Backend<'_>, expr: &Expr) -> bool {
    let immutable = match expr {
        Expr::Func(call) => {
            !call.returns_set
                && function_volatility(backend, call.function) == Volatility::Immutable
                && !is_user_function(backend, call.function)
        }
        Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => is_immutable_operator(backend, op.operator),
        Expr::ScalarArrayOp { operator, .. } => is_immutable_operator(backend, *operator),
        Expr::NullTest { row_test, .. } => !row_test,
        Expr::Relabel { .. } | Expr::BooleanTest { .. } | Expr::ArrayCoerce { .. } | Expr::Array { .. } => true,
        Expr::Collate { .. } => false,
        _ => false,
    };
    let mut constant = true;
    let mut any = false;
    expr.for_each_child(&mut |child| {
        any = true;
        constant &= matches!(child, Expr::Const(_) | Expr::CaseTest { .. });
    });
    immutable && constant && (any || matches!(expr, Expr::Array { .. } | Expr::Func(_))) && !mentions_case_test(expr)
}

fn mentions_case_test(expr: &Expr) -> bool {
    match expr {
        Expr::ArrayCoerce { arg, .. } => !matches!(arg.as_ref(), Expr::Const(_)),
        _ => expr.any(&mut |part| matches!(part, Expr::CaseTest { .. } | Expr::CoerceToDomainValue { .. })),
    }
}

fn is_user_function(backend: &Backend<'_>, function: Oid) -> bool {
    crate::executor::expr::function::find_proc(backend, function).is_none()
}

fn is_immutable_operator(backend: &Backend<'_>, operator: Oid) -> bool {
    kumquat_types::operator_by_oid(operator)
        .is_some_and(|operator| function_volatility(backend, operator.function) == Volatility::Immutable)
}

fn constant_bool(expr: &Expr) -> Option<Option<bool>> {
    match expr {
        Expr::Const(constant) => Some(constant.value.as_bool()),
        _ => None,
    }
}

/// Drops what does not decide, and decides what can be.
fn fold_bool(expr: &mut Expr) {
    let Expr::Bool(op, args) = expr else { return };
    let op = *op;
    if op == BoolOp::Not {
        match args.first_mut() {
            Some(Expr::Bool(BoolOp::Not, inner)) => {
                if let Some(inner) = inner.pop() {
                    *expr = inner;
                }
            }
            Some(arg) => {
                if let Some(value) = constant_bool(arg) {
                    *expr = boolean(value.map(|value| !value));
                } else if let Some(negated) = negate(arg) {
                    *expr = negated;
                }
            }
            None => {}
        }
        return;
    }
    let decisive = op == BoolOp::Or;
    let mut kept: Vec<Expr> = Vec::new();
    let mut saw_null = false;
    for arg in std::mem::take(args) {
        match (constant_bool(&arg), arg) {
            (Some(Some(value)), _) if value == decisive => {
                *expr = boolean(Some(decisive));
                return;
            }
            (Some(Some(_)), _) => {}
            (Some(None), _) => saw_null = true,
            // AND in AND, OR in OR.
            (None, Expr::Bool(inner, inner_args)) if inner == op => kept.extend(inner_args),
            (None, arg) => kept.push(arg),
        }
    }
    if saw_null {
        if kept.is_empty() {
            *expr = boolean(None);
            return;
        }
        kept.push(boolean(None));
    }
    *expr = match kept.len() {
        0 => boolean(Some(!decisive)),
        1 => kept.pop().unwrap_or_else(|| boolean(None)),
        _ => Expr::Bool(op, kept),
    };
}

/// NOT of a comparison is its opposite.
fn negate(arg: &Expr) -> Option<Expr> {
    match arg {
        Expr::Op(op) => {
            let negator = kumquat_types::operator_by_oid(op.operator)?.negator;
            negator.is_valid().then(|| {
                let mut negated = op.clone();
                negated.operator = negator;
                Expr::Op(negated)
            })
        }
        Expr::ScalarArrayOp {
            operator,
            any,
            args,
            location,
        } => {
            let negator = kumquat_types::operator_by_oid(*operator)?.negator;
            negator.is_valid().then(|| Expr::ScalarArrayOp {
                operator: negator,
                any: !any,
                args: args.clone(),
                location: *location,
            })
        }
        Expr::NullTest { arg, is_null, row_test } if !row_test => Some(Expr::NullTest {
            arg: arg.clone(),
            is_null: !is_null,
            row_test: false,
        }),
        Expr::Bool(op @ (BoolOp::And | BoolOp::Or), args) => {
            let negated = args
                .iter()
                .map(|arg| negate(arg).unwrap_or_else(|| Expr::Bool(BoolOp::Not, vec![arg.clone()])));
            let other = if *op == BoolOp::And { BoolOp::Or } else { BoolOp::And };
            Some(Expr::Bool(other, negated.collect()))
        }
        _ => None,
    }
}

fn boolean(value: Option<bool>) -> Expr {
    Expr::constant(value.map_or(Datum::Null, Datum::Bool), Oid::BOOL)
}

fn fold_coalesce(expr: &mut Expr) {
    let Expr::Coalesce { args, type_oid } = expr else {
        return;
    };
    let is_null = |arg: &Expr| matches!(arg, Expr::Const(constant) if constant.value.is_null());
    let is_known = |arg: &Expr| matches!(arg, Expr::Const(constant) if !constant.value.is_null());
    args.retain(|arg| !is_null(arg));
    if let Some(known) = args.iter().position(is_known) {
        args.truncate(known + 1);
    }
    match args.as_slice() {
        [] => *expr = Expr::null(*type_oid),
        [only] => *expr = only.clone(),
        _ => {}
    }
}

/// A branch that is not reached is not computed.
fn fold_case(backend: &mut Backend<'_>, expr: &mut Expr) -> Result<()> {
    let Expr::Case {
        arg,
        whens,
        otherwise,
        type_oid,
    } = expr
    else {
        return Ok(());
    };
    if let Some(arg) = arg {
        fold(backend, arg)?;
    }
    let tested = match arg.as_deref() {
        Some(Expr::Const(constant)) => Some(Expr::Const(constant.clone())),
        _ => None,
    };
    let mut kept = Vec::new();
    let mut decided = None;
    for (mut condition, mut result) in std::mem::take(whens) {
        if let Some(tested) = &tested {
            condition.transform(&mut |part| {
                if matches!(part, Expr::CaseTest { .. }) {
                    *part = tested.clone();
                }
            });
        }
        fold(backend, &mut condition)?;
        match constant_bool(&condition) {
            Some(Some(true)) => {
                fold(backend, &mut result)?;
                decided = Some(result);
                break;
            }
            Some(_) => {}
            None => {
                fold(backend, &mut result)?;
                kept.push((condition, result));
            }
        }
    }
    let rest = match (decided, otherwise.take()) {
        (Some(decided), _) => Some(decided),
        (None, Some(mut otherwise)) => {
            fold(backend, &mut otherwise)?;
            Some(*otherwise)
        }
        (None, None) => None,
    };
    let type_oid = *type_oid;
    if kept.is_empty() {
        *expr = rest.unwrap_or_else(|| Expr::null(type_oid));
        return Ok(());
    }
    *whens = kept;
    *otherwise = rest.map(Box::new);
    if tested.is_some() {
        *arg = None;
    }
    Ok(())
}

/// A condition as its parts, with constants computed.
pub fn fold_condition(backend: &mut Backend<'_>, condition: Expr) -> Result<Vec<Expr>> {
    let mut condition = condition;
    fold(backend, &mut condition)?;
    Ok(conjuncts(condition))
}
