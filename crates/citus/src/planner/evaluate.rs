//! What a modification computes on the coordinator before it is sent: functions whose value must be the same on
//! all shards (`ExecuteCoordinatorEvaluableExpressions`).

use std::sync::Arc;

use imbl::OrdMap;
use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Function;
use kumquat_postgres::executor;
use kumquat_postgres::query::{Expr, Query};
use kumquat_types::{Error, Oid, Result, SqlState, Volatility, operator_by_oid, proc_by_oid};

use super::rewrite;

/// The value of an expression without columns, as a constant of its type.
pub fn to_constant(backend: &mut Backend<'_>, expr: &Expr) -> Result<Expr> {
    if matches!(expr, Expr::Const(_)) {
        return Ok(expr.clone());
    }
    let value = executor::evaluate(backend, expr, &[])?;
    let mut constant = Expr::constant(value, expr.type_oid());
    if let Expr::Const(constant) = &mut constant {
        constant.type_modifier = expr.type_modifier();
    }
    Ok(constant)
}

/// Replaces the parts of a query's expressions that are stable and have no columns by their values.
pub fn evaluate_stable_parts(backend: &mut Backend<'_>, query: &mut Query) -> Result<()> {
    let functions = Functions::of(backend)?;
    let mut failure = None;
    query.for_each_expr_mut(&mut |expr| {
        if failure.is_none()
            && let Err(error) = evaluate_parts(backend, &functions, expr)
        {
            failure = Some(error);
        }
    });
    failure.map_or(Ok(()), Err)
}

fn evaluate_parts(backend: &mut Backend<'_>, functions: &Functions, expr: &mut Expr) -> Result<()> {
    if !functions.has_volatility(expr, Volatility::Stable) {
        return Ok(());
    }
    if is_closed(expr) {
        *expr = to_constant(backend, expr)?;
        return Ok(());
    }
    let mut failure = None;
    expr.for_each_child_mut(&mut |child| {
        if failure.is_none()
            && let Err(error) = evaluate_parts(backend, functions, child)
        {
            failure = Some(error);
        }
    });
    failure.map_or(Ok(()), Err)
}

/// No columns, subqueries or aggregates in it.
pub fn is_closed(expr: &Expr) -> bool {
    !expr.any(&mut |part| {
        matches!(
            part,
            Expr::Var(_)
                | Expr::SubLink(_)
                | Expr::Aggref(_)
                | Expr::WindowFunc(_)
                | Expr::CaseTest { .. }
                | Expr::Param { .. }
                | Expr::SetToDefault { .. }
        )
    })
}

/// How volatile functions are: the catalog's, and those that are built in.
#[derive(Clone)]
pub struct Functions(OrdMap<Oid, Arc<Function>>);

impl Functions {
    pub fn of(backend: &Backend<'_>) -> Result<Functions> {
        Ok(Functions(backend.catalog()?.functions.clone()))
    }

    /// A part of the expression is a function of this volatility, or one that is worse.
    pub fn has_volatility(&self, expr: &Expr, at_least: Volatility) -> bool {
        expr.any(&mut |part| self.volatility_of(part).is_some_and(|found| found >= at_least))
    }

    /// The volatility of one node.
    fn volatility_of(&self, expr: &Expr) -> Option<Volatility> {
        let of_function = |oid: Oid| match self.0.get(&oid) {
            Some(function) => Some(function.volatility),
            None => proc_by_oid(oid).map(|proc| proc.volatility),
        };
        match expr {
            Expr::Func(call) => Some(of_function(call.function).unwrap_or(Volatility::Volatile)),
            Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => {
                operator_by_oid(op.operator).and_then(|operator| of_function(operator.function))
            }
            Expr::ScalarArrayOp { operator, .. } => {
                operator_by_oid(*operator).and_then(|operator| of_function(operator.function))
            }
            Expr::SqlValue { .. } => Some(Volatility::Stable),
            _ => None,
        }
    }

    /// A stable function or operator is applied to a column.
    fn stable_on_columns(&self, expr: &Expr) -> bool {
        expr.any(&mut |part| {
            self.volatility_of(part) == Some(Volatility::Stable) && part.any(&mut |inner| matches!(inner, Expr::Var(_)))
        })
    }
}

/// What UPDATE and DELETE may not compute (`DeferErrorIfModifyView` and kin in the router planner).
pub fn check_modification(backend: &Backend<'_>, query: &Query) -> Result<()> {
    let functions = Functions::of(backend)?;
    let refused = |message: &str| Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    for target in &query.target_list {
        if !target.junk && functions.has_volatility(&target.expr, Volatility::Volatile) {
            return refused("functions used in UPDATE queries on distributed tables must not be VOLATILE");
        }
        check_whole_values(&target.expr)?;
    }
    let conditions: Vec<&Expr> = query.quals.iter().collect();
    if conditions
        .iter()
        .any(|expr| functions.has_volatility(expr, Volatility::Volatile))
    {
        return refused(
            "functions used in the WHERE/ON/WHEN clause of modification queries on distributed tables must not be \
             VOLATILE",
        );
    }
    let targets = query
        .target_list
        .iter()
        .filter(|target| !target.junk)
        .map(|target| &target.expr);
    if targets.chain(conditions).any(|expr| functions.stable_on_columns(expr)) {
        return refused("STABLE functions used in UPDATE queries cannot be called with column references");
    }
    check_returning(backend, query)
}

/// What RETURNING gives is computed on every placement.
pub fn check_returning(backend: &Backend<'_>, query: &Query) -> Result<()> {
    let functions = Functions::of(backend)?;
    let is_mutable = |expr: &Expr| functions.has_volatility(expr, Volatility::Stable);
    match query.returning.iter().any(|target| is_mutable(&target.expr)) {
        true => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "non-IMMUTABLE functions are not allowed in the RETURNING clause",
        )),
        false => Ok(()),
    }
}

/// Composite values are written whole.
pub fn check_whole_values(expr: &Expr) -> Result<()> {
    match expr.any(&mut |part| matches!(part, Expr::FieldStore { .. })) {
        true => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "inserting or modifying composite type fields is not supported",
        )
        .hint("Use the column name to insert or update the composite type as a single value")),
        false => Ok(()),
    }
}

/// Sublinks anywhere in the expressions of a query.
pub fn has_sublinks(query: &Query) -> bool {
    rewrite::any_expr(query, &mut |expr| matches!(expr, Expr::SubLink(_)))
}

/// The next value of an identity column's sequence, as a constant of the column's type.
pub fn next_identity(backend: &mut Backend<'_>, sequence: Oid, type_oid: Oid) -> Result<Expr> {
    const NEXTVAL: Oid = Oid(1574);
    let call = Expr::Func(Box::new(kumquat_postgres::query::expr::FuncExpr {
        function: NEXTVAL,
        args: vec![Expr::constant(kumquat_types::Datum::Oid(sequence.0), Oid::REGCLASS)],
        result: Oid::INT8,
        returns_set: false,
        variadic: false,
        unwritten: Vec::new(),
        form: kumquat_postgres::query::FuncForm::Identity,
        type_modifier: -1,
        location: None,
    }));
    let call = super::aggregates::cast(call, type_oid)?;
    to_constant(backend, &call)
}
