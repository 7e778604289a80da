//! Literals, and functions of the standard without parentheses, with the types they have on their own.

use std::sync::Arc;

use kumquat_sql::ast;
use kumquat_types::{BitString, Datum, Error, Numeric, Oid, Result, SqlState};

use super::location::position;
use crate::query::{Const, Expr, SqlValue};

/// A literal with the type it has on its own (`make_const`).
pub fn constant_node(constant: &ast::AConst) -> Result<Expr> {
    let at = position(constant.location);
    let (value, type_oid) = match &constant.value {
        ast::Value::Integer(value) => (Datum::Int4(*value), Oid::INT4),
        ast::Value::Float(text) => match text.parse::<i64>() {
            Ok(value) => match i32::try_from(value) {
                Ok(value) => (Datum::Int4(value), Oid::INT4),
                Err(_) => (Datum::Int8(value), Oid::INT8),
            },
            Err(_) => {
                let number = Numeric::parse(text).map_err(|error| error.at(at))?;
                (Datum::Numeric(Arc::new(number)), Oid::NUMERIC)
            }
        },
        ast::Value::Boolean(value) => (Datum::Bool(*value), Oid::BOOL),
        ast::Value::String(text) => (Datum::text(text.as_str()), Oid::UNKNOWN),
        ast::Value::BitString(text) => (bit_string(text).map_err(|error| error.at(at))?, Oid::BIT),
        ast::Value::Null => (Datum::Null, Oid::UNKNOWN),
    };
    Ok(Expr::Const(Const {
        value,
        type_oid,
        type_modifier: -1,
        location: at,
    }))
}

/// `b101` or `x1F`.
fn bit_string(text: &str) -> Result<Datum> {
    let (radix, digits) = match text.split_at_checked(1) {
        Some(("x", digits)) => (16, digits),
        Some((_, digits)) => (2, digits),
        None => (2, ""),
    };
    let mut bits = Vec::new();
    for digit in digits.chars() {
        let Some(value) = digit.to_digit(radix) else {
            let kind = if radix == 16 { "hexadecimal" } else { "binary" };
            return Err(Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                format!("\"{digit}\" is not a valid {kind} digit"),
            ));
        };
        let width = if radix == 16 { 4 } else { 1 };
        bits.extend((0..width).rev().map(|bit| value >> bit & 1 == 1));
    }
    Ok(Datum::Bits(Arc::new(BitString(bits))))
}

pub fn sql_value_function(function: &ast::SqlValueFunction) -> Expr {
    use ast::SqlValueFunctionOp as Op;
    let (value, type_oid) = match function.op {
        Op::CurrentDate => (SqlValue::CurrentDate, Oid::DATE),
        Op::CurrentTime => (SqlValue::CurrentTime, Oid::TIMETZ),
        Op::CurrentTimestamp => (SqlValue::CurrentTimestamp, Oid::TIMESTAMPTZ),
        Op::LocalTime => (SqlValue::LocalTime, Oid::TIME),
        Op::LocalTimestamp => (SqlValue::LocalTimestamp, Oid::TIMESTAMP),
        Op::CurrentRole => (SqlValue::CurrentRole, Oid::NAME),
        Op::CurrentUser => (SqlValue::CurrentUser, Oid::NAME),
        Op::User => (SqlValue::User, Oid::NAME),
        Op::SessionUser => (SqlValue::SessionUser, Oid::NAME),
        Op::CurrentCatalog => (SqlValue::CurrentCatalog, Oid::NAME),
        Op::CurrentSchema => (SqlValue::CurrentSchema, Oid::NAME),
    };
    Expr::SqlValue {
        value,
        type_oid,
        type_modifier: function.typmod.map_or(-1, |precision| precision.clamp(0, 6)),
    }
}
