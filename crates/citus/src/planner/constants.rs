//! Values of expressions that are known while planning: constants, and immutable functions of them
//! (`eval_const_expressions`). The query keeps its expressions as they were written.

use kumquat_postgres::query::Expr;
use kumquat_types::{
    Call, Datum, Environment, Error, Implementation, Oid, Result, UserType, Volatility, operator_by_oid, proc_by_oid,
};

use super::analysis::strip;

/// The value and type of an expression, if it is known.
pub fn known(expr: &Expr) -> Option<(Datum, Oid)> {
    match strip(expr) {
        Expr::Const(constant) => Some((constant.value.clone(), constant.type_oid)),
        Expr::Func(call) if !call.returns_set => {
            let value = call_function(call.function, &call.args, call.result)?;
            Some((value, call.result))
        }
        Expr::Op(op) => {
            let function = operator_by_oid(op.operator)?.function;
            Some((call_function(function, &op.args, op.result)?, op.result))
        }
        _ => None,
    }
}

/// A whole number that is known.
pub fn known_integer(expr: &Expr) -> Option<i64> {
    known(expr)?.0.as_i64()
}

fn call_function(function: Oid, args: &[Expr], result_type: Oid) -> Option<Datum> {
    let proc = proc_by_oid(function).filter(|proc| proc.volatility == Volatility::Immutable)?;
    let (Implementation::Scalar(scalar) | Implementation::Vector(scalar, _)) = proc.implementation else {
        return None;
    };
    let known: Vec<(Datum, Oid)> = args.iter().map(known).collect::<Option<_>>()?;
    let (values, arg_types): (Vec<Datum>, Vec<Oid>) = known.into_iter().unzip();
    if proc.strict && values.iter().any(Datum::is_null) {
        return Some(Datum::Null);
    }
    let mut call = Call {
        env: &mut Nothing,
        arg_types: &arg_types,
        result_type,
        collation: Oid::INVALID,
        columns: &[],
    };
    scalar(&mut call, &values).ok()
}

/// What immutable functions may know beside their arguments.
struct Nothing;

impl Environment for Nothing {
    fn transaction_timestamp(&self) -> i64 {
        0
    }

    fn statement_timestamp(&self) -> i64 {
        0
    }

    fn clock_timestamp(&mut self) -> i64 {
        0
    }

    fn random(&mut self) -> f64 {
        0.0
    }

    fn setting(&self, _: &str) -> Option<String> {
        None
    }

    fn reg_name(&self, _: Oid, _: u32) -> Option<String> {
        None
    }

    fn reg_lookup(&self, _: Oid, name: &str) -> Result<Oid> {
        Err(Error::internal(format!("{name} is looked up without a catalog")))
    }

    fn user_type(&self, _: Oid) -> Option<UserType> {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use kumquat_postgres::query::expr::OpExpr;
    use kumquat_types::operators;

    #[test]
    fn arithmetic_on_constants_is_known() {
        let plus = operators("+")
            .iter()
            .find(|found| (found.left, found.right) == (Oid::INT4, Oid::INT4));
        let sum = |left: Expr, right: Expr| {
            Expr::Op(Box::new(OpExpr {
                operator: plus.unwrap().oid,
                result: Oid::INT4,
                args: vec![left, right],
                location: None,
            }))
        };
        let number = |value| Expr::constant(Datum::Int4(value), Oid::INT4);
        assert_eq!(known_integer(&sum(number(1), sum(number(2), number(3)))), Some(6));
        assert_eq!(known_integer(&sum(number(1), Expr::null(Oid::INT4))), None);
        assert_eq!(known_integer(&sum(number(i32::MAX), number(1))), None);
    }
}
