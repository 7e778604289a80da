//! How much an expression may change between two evaluations.

use kumquat_types::{Oid, Volatility, proc_by_oid};

use crate::backend::Backend;
use crate::query::Expr;

/// Every part of the expression gives the same value for the same arguments, always
/// (not `contain_mutable_functions`).
pub fn is_immutable(backend: &Backend<'_>, expr: &Expr) -> bool {
    worst(backend, expr) == Volatility::Immutable
}

/// The most volatile of the functions in the expression.
pub fn worst(backend: &Backend<'_>, expr: &Expr) -> Volatility {
    let mut found = Volatility::Immutable;
    expr.visit(&mut |part| found = found.max(of_part(backend, part)));
    found
}

fn of_part(backend: &Backend<'_>, part: &Expr) -> Volatility {
    let of_operator = |operator: Oid| match kumquat_types::operator_by_oid(operator) {
        Some(operator) => of_function(backend, operator.function),
        None => Volatility::Immutable,
    };
    match part {
        Expr::Func(call) => of_function(backend, call.function),
        Expr::Aggref(aggregate) => of_function(backend, aggregate.function),
        Expr::WindowFunc(window) => of_function(backend, window.function),
        Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => of_operator(op.operator),
        Expr::ScalarArrayOp { operator, .. } => of_operator(*operator),
        Expr::CoerceViaIo { arg, type_oid, .. } => conversion(arg.type_oid()).max(conversion(*type_oid)),
        Expr::SqlValue { .. } => Volatility::Stable,
        _ => Volatility::Immutable,
    }
}

/// The text forms of these types depend on settings.
fn conversion(type_oid: Oid) -> Volatility {
    match type_oid {
        Oid::DATE
        | Oid::TIME
        | Oid::TIMETZ
        | Oid::TIMESTAMP
        | Oid::TIMESTAMPTZ
        | Oid::INTERVAL
        | Oid::RECORD
        | Oid::MONEY
        | Oid::REGCLASS
        | Oid::REGTYPE
        | Oid::REGPROC
        | Oid::REGPROCEDURE
        | Oid::REGROLE
        | Oid::REGNAMESPACE => Volatility::Stable,
        _ => Volatility::Immutable,
    }
}

/// `provolatile` of a function, user-defined, built in or an extension's.
pub fn of_function(backend: &Backend<'_>, oid: Oid) -> Volatility {
    let user = backend.catalog().ok().and_then(|catalog| catalog.functions.get(&oid));
    if let Some(function) = user {
        return function.volatility;
    }
    let extension = || backend.extension.procs().iter().find(|proc| proc.oid == oid);
    proc_by_oid(oid)
        .or_else(extension)
        .map_or(Volatility::Volatile, |proc| proc.volatility)
}
