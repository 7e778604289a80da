//! Functions about types, NULLs, sizes and names of objects.

use super::Family;
use super::text::text;
use crate::Datum::{self, Int4, Int8, Null, Numeric as Number, Oid as ObjectId, Text};
use crate::numeric::text::is_space;
use crate::{Call, Error, Implementation, Numeric, Oid, Result, SqlState, format_type, format_type_with_typmod};

/// What `version()` says of the server that is simulated.
pub const VERSION: &str = "PostgreSQL 15.20 (Debian 15.20-0+deb12u1) on x86_64-pc-linux-gnu, \
    compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit";

pub static FUNCTIONS: Family = family! { call;
    "format_type" (oid, typmod) => match (oid, typmod) {
        (ObjectId(oid), Int4(typmod)) => text(format_type_with_typmod(call.env, Oid(*oid), *typmod)),
        (ObjectId(oid), _) => text(format_type(call.env, Oid(*oid))),
        _ => Ok(Null),
    };
    "pg_typeof" (_) => Ok(ObjectId(call.arg_types.first().map_or(0, |oid| oid.0)));
    "oidvectortypes" (Datum::Array(types)) => {
        let name = |oid: &Datum| format_type(call.env, Oid(oid.as_i64().unwrap_or(0) as u32));
        text(types.values.iter().map(name).collect::<Vec<_>>().join(", "))
    };
    "pgsql_version" () => text(VERSION);
    "pg_encoding_max_length_sql" (Int4(encoding)) => Ok(match encoding {
        6 => Int4(4),
        0 | 8 => Int4(1),
        _ => Null,
    });
    "pg_size_pretty" (Int8(size)) => text(size_pretty(&Numeric::from(*size)));
    "pg_size_pretty_numeric" (Number(size)) => text(size_pretty(size));
    "pg_size_bytes" (Text(size)) => size_bytes(size).map(Int8);
    "text_regclass" (Text(name)) => call.env.reg_lookup(Oid::REGCLASS, name).map(|oid| ObjectId(oid.0));
    "to_regclass" (Text(name)) => lookup(call, Oid::REGCLASS, name);
    "to_regtype" (Text(name)) => lookup(call, Oid::REGTYPE, name);
    "to_regproc" (Text(name)) => lookup(call, Oid::REGPROC, name);
    "to_regprocedure" (Text(name)) => lookup(call, Oid::REGPROCEDURE, name);
    "to_regoper" (Text(name)) => lookup(call, Oid::REGOPER, name);
    "to_regoperator" (Text(name)) => lookup(call, Oid::REGOPERATOR, name);
    "to_regrole" (Text(name)) => lookup(call, Oid::REGROLE, name);
    "to_regnamespace" (Text(name)) => lookup(call, Oid::REGNAMESPACE, name);
    "to_regcollation" (Text(name)) => lookup(call, Oid::REGCOLLATION, name);
};

/// Functions with any number of arguments.
pub static VARIADIC: Family = &[
    (
        "pg_num_nulls",
        Implementation::Scalar(|_, args| Ok(Int4(nulls(args) as i32))),
    ),
    (
        "pg_num_nonnulls",
        Implementation::Scalar(|_, args| Ok(Int4((args.len() - nulls(args)) as i32))),
    ),
];

fn nulls(args: &[Datum]) -> usize {
    args.iter().filter(|arg| arg.is_null()).count()
}

/// The oid of a name, NULL if there is none; digits are not taken for an oid here.
fn lookup(call: &Call<'_>, reg_type: Oid, name: &str) -> Result<Datum> {
    let unknown = |error: &Error| {
        matches!(
            error.sqlstate,
            SqlState::UNDEFINED_TABLE
                | SqlState::UNDEFINED_OBJECT
                | SqlState::UNDEFINED_FUNCTION
                | SqlState::INVALID_SCHEMA_NAME
                | SqlState::AMBIGUOUS_FUNCTION
        )
    };
    match call.env.reg_lookup(reg_type, name) {
        Ok(oid) => Ok(ObjectId(oid.0)),
        Err(error) if unknown(&error) => Ok(Null),
        Err(error) => Err(error),
    }
}

/// Units of sizes, each 1024 of the one before.
const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/// In the greatest unit of which there would be at least ten, rounded to nearest.
fn size_pretty(size: &Numeric) -> String {
    let (one, two) = (Numeric::from(1), Numeric::from(2));
    // Twice the size in the unit at hand, so that half units can be rounded.
    let mut doubled = size.clone();
    for (at, unit) in UNITS.iter().enumerate() {
        let limit = Numeric::from(if at == 0 { 10 * 1024 } else { 20 * 1024 - 1 });
        if doubled.abs().compare(&limit).is_lt() || at + 1 == UNITS.len() {
            if at == 0 {
                return format!("{doubled} {unit}");
            }
            let away = if doubled.is_negative() {
                doubled.sub(&one)
            } else {
                doubled.add(&one)
            };
            return format!("{} {unit}", away.div_trunc(&two).unwrap_or(Numeric::NAN));
        }
        let divisor = Numeric::from(if at == 0 { 512 } else { 1024 });
        doubled = doubled.div_trunc(&divisor).unwrap_or(Numeric::NAN);
    }
    String::new()
}

/// Reads `1.5 kB`.
fn size_bytes(size: &str) -> Result<i64> {
    let invalid = || Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid size: \"{size}\""));
    let trimmed = size.trim_matches(is_space);
    let number_end = number_length(trimmed).ok_or_else(invalid)?;
    let (number, unit) = trimmed.split_at_checked(number_end).unwrap_or((trimmed, ""));
    let unit = unit.trim_matches(is_space);
    let known = UNITS.iter().position(|name| name.eq_ignore_ascii_case(unit));
    let power = match known {
        Some(power) => power,
        None if unit.is_empty() => 0,
        None => {
            return Err(invalid()
                .detail(format!("Invalid size unit: \"{unit}\"."))
                .hint("Valid units are \"bytes\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\"."));
        }
    };
    let factor = Numeric::from(1024i128.pow(power as u32));
    Numeric::parse(number)
        .map_err(|_| invalid())?
        .mul(&factor)
        .to_integer_type("bigint")
}

/// Bytes of the number at the start of a text: sign, digits, point, exponent.
fn number_length(text: &str) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.bytes().take_while(u8::is_ascii_digit).count()
    };
    let sign = usize::from(text.starts_with(['-', '+']));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut any = whole > 0;
    if text.get(end..).is_some_and(|rest| rest.starts_with('.')) {
        let fraction = digits(end + 1);
        any |= fraction > 0;
        end += 1 + fraction;
    }
    if text.get(end..).is_some_and(|rest| rest.starts_with(['e', 'E'])) {
        let sign = usize::from(text.get(end + 1..).is_some_and(|rest| rest.starts_with(['-', '+'])));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    any.then_some(end)
}
