//! Values from and to text by type: PostgreSQL's type input and output functions.
//!
//! Each family of values has its own; here is only which type goes where.

use std::borrow::Cow;

use crate::array::text::{array_in, array_out, vector_in, vector_out};
use crate::bits::{bits_in, bits_out};
use crate::bytea::{bytea_in, bytea_out};
use crate::float::{format_f32, format_f64, parse_f32, parse_f64};
use crate::geometric::geometric_in;
use crate::inet::mac::{macaddr_in, macaddr_out, macaddr8_in};
use crate::inet::text::{cidr_in, cidr_out, inet_in, inet_out};
use crate::integer::{invalid, parse_bool, parse_integer, parse_oid, parse_transaction_id};
use crate::json::output::jsonb_out;
use crate::json::parse::{json_in, jsonb_in};
use crate::json::path::jsonpath_in;
use crate::locators::{lsn_in, lsn_out, tid_in, tid_out};
use crate::money::{money_in, money_out};
use crate::range::text::{multirange_in, multirange_out, range_in, range_out};
use crate::uuid::{uuid_in, uuid_out};
use crate::{
    Datum, Environment, Error, Numeric, Oid, Result, SqlState, TypeKind, UserType, builtin_type, format_type, record,
};
use crate::{apply_typmod, datetime, enums};

/// `NAMEDATALEN` - 1: the longest name in bytes.
pub const MAX_NAME: usize = 63;

/// Reads a value of a type, and applies the type modifier as on assignment (-1: none).
pub fn input(env: &dyn Environment, type_oid: Oid, typmod: i32, text: &str) -> Result<Datum> {
    let value = match type_oid {
        Oid::BOOL => Datum::Bool(parse_bool(text).ok_or_else(|| invalid(text, "boolean"))?),
        Oid::INT2 => Datum::Int2(parse_integer(text, "smallint")?),
        Oid::INT4 => Datum::Int4(parse_integer(text, "integer")?),
        Oid::INT8 => Datum::Int8(parse_integer(text, "bigint")?),
        Oid::OID => Datum::Oid(parse_oid(text)?),
        Oid::XID | Oid::CID => Datum::Oid(parse_transaction_id(text) as u32),
        Oid::XID8 => Datum::Int8(parse_transaction_id(text) as i64),
        Oid::FLOAT4 => Datum::Float4(parse_f32(text)?),
        Oid::FLOAT8 => Datum::Float8(parse_f64(text)?),
        Oid::NUMERIC => Datum::Numeric(Numeric::parse(text)?.into()),
        Oid::TEXT
        | Oid::VARCHAR
        | Oid::BPCHAR
        | Oid::UNKNOWN
        | Oid::CSTRING
        | Oid::REFCURSOR
        | Oid::XML
        | Oid::PG_NODE_TREE => Datum::text(text),
        Oid::CHAR => Datum::text(char_in(text)),
        Oid::NAME => Datum::text(truncate_name(text)),
        Oid::VOID => Datum::Void,
        Oid::MONEY => Datum::Int8(money_in(text)?),
        Oid::PG_LSN => Datum::Int8(lsn_in(text)?),
        Oid::TID => Datum::Int8(tid_in(text)?),
        Oid::UUID => return uuid_in(text),
        Oid::BYTEA => return bytea_in(text),
        Oid::INET => return inet_in(text),
        Oid::CIDR => return cidr_in(text),
        Oid::MACADDR => return macaddr_in(text),
        Oid::MACADDR8 => return macaddr8_in(text),
        Oid::BIT | Oid::VARBIT => Datum::Bits(bits_in(text)?.into()),
        Oid::JSON => return json_in(text),
        Oid::JSONB => return jsonb_in(text),
        Oid::JSONPATH => return jsonpath_in(text),
        Oid::INT2VECTOR => return vector_in(env, Oid::INT2, text),
        Oid::OIDVECTOR => return vector_in(env, Oid::OID, text),
        Oid::DATE => return datetime::date_in(env, text),
        Oid::TIME => return datetime::time_in(env, text, typmod),
        Oid::TIMETZ => return datetime::timetz_in(env, text, typmod),
        Oid::TIMESTAMP => return datetime::timestamp_in(env, text, typmod),
        Oid::TIMESTAMPTZ => return datetime::timestamptz_in(env, text, typmod),
        Oid::INTERVAL => return datetime::interval_in(env, text, typmod),
        _ if is_reg_type(type_oid) => Datum::Oid(reg_input(env, type_oid, text)?),
        _ => return other_input(env, type_oid, typmod, text),
    };
    apply_typmod(env, type_oid, typmod, value, false)
}

fn other_input(env: &dyn Environment, type_oid: Oid, typmod: i32, text: &str) -> Result<Datum> {
    match env.user_type(type_oid) {
        Some(UserType::Domain(base, typmod)) => return input(env, base, typmod, text),
        Some(UserType::Enum(labels)) => return enum_input(env, type_oid, labels, text),
        Some(UserType::Composite(fields)) => return record::input(env, &fields, text),
        Some(UserType::Array(element)) => return array_in(env, element, typmod, text),
        Some(UserType::Range(_)) => return range_in(env, type_oid, typmod, text),
        None => {}
    }
    if type_oid == Oid::RECORD {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "input of anonymous composite types is not implemented",
        ));
    }
    if builtin_type(type_oid).is_some_and(|t| t.category == b'P') {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("cannot accept a value of type {}", format_type(env, type_oid)),
        ));
    }
    match builtin_type(type_oid).map(|t| t.kind) {
        Some(TypeKind::Range) => return range_in(env, type_oid, typmod, text),
        Some(TypeKind::Multirange) => return multirange_in(env, type_oid, typmod, text),
        _ => {}
    }
    if let Some(element) = builtin_type(type_oid).map(|t| t.element).filter(|e| e.is_valid()) {
        return array_in(env, element, typmod, text);
    }
    if let Some(value) = geometric_in(type_oid, text) {
        return value;
    }
    Err(Error::not_modelled(format!(
        "input of type {}",
        format_type(env, type_oid)
    )))
}

/// Prints a value of a type.
pub fn output<'a>(env: &dyn Environment, type_oid: Oid, value: &'a Datum) -> Cow<'a, str> {
    let owned = match value {
        Datum::Text(text) => return Cow::Borrowed(text),
        Datum::Enum(label) => return Cow::Borrowed(&label.label),
        Datum::Null | Datum::Void => return Cow::Borrowed(""),
        Datum::Bool(value) => return Cow::Borrowed(if *value { "t" } else { "f" }),
        Datum::Int2(value) => value.to_string(),
        Datum::Int4(value) => value.to_string(),
        Datum::Int8(value) => match type_oid {
            Oid::MONEY => money_out(*value),
            Oid::PG_LSN => lsn_out(*value),
            Oid::TID => tid_out(*value),
            Oid::XID8 => (*value as u64).to_string(),
            _ => value.to_string(),
        },
        Datum::Oid(value) if is_reg_type(type_oid) => reg_output(env, type_oid, *value),
        Datum::Oid(value) => value.to_string(),
        Datum::Float4(value) => format_f32(*value, extra_float_digits(env)),
        Datum::Float8(value) => format_f64(*value, extra_float_digits(env)),
        Datum::Numeric(value) => value.to_string(),
        Datum::Record(value) => record::output(env, value),
        Datum::Range(value) => range_out(env, type_oid, value),
        Datum::Multirange(value) => multirange_out(env, type_oid, value),
        Datum::Uuid(value) => uuid_out(value),
        Datum::Bytea(value) if matches!(type_oid, Oid::MACADDR | Oid::MACADDR8) => macaddr_out(value),
        Datum::Bytea(value) => bytea_out(env, value),
        Datum::Inet(value) if type_oid == Oid::CIDR => cidr_out(value),
        Datum::Inet(value) => inet_out(value),
        Datum::Bits(value) => bits_out(value),
        Datum::Jsonb(value) => jsonb_out(value),
        Datum::Array(value) if matches!(type_oid, Oid::INT2VECTOR | Oid::OIDVECTOR) => vector_out(env, value),
        Datum::Array(value) => array_out(env, value),
        Datum::Date(value) => datetime::date_out(env, *value),
        Datum::Time(value) => datetime::time_out(*value),
        Datum::TimeTz(value, west) => datetime::timetz_out(*value, *west),
        Datum::Timestamp(value) => datetime::timestamp_out(env, *value),
        Datum::TimestampTz(value) => datetime::timestamptz_out(env, *value),
        Datum::Interval(value) => datetime::interval_out(env, value),
    };
    Cow::Owned(owned)
}

fn extra_float_digits(env: &dyn Environment) -> i32 {
    env.setting("extra_float_digits")
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(1)
}

/// Types that hold the oid of an object and show its name.
pub fn is_reg_type(type_oid: Oid) -> bool {
    matches!(
        type_oid,
        Oid::REGPROC
            | Oid::REGPROCEDURE
            | Oid::REGOPER
            | Oid::REGOPERATOR
            | Oid::REGCLASS
            | Oid::REGCOLLATION
            | Oid::REGTYPE
            | Oid::REGCONFIG
            | Oid::REGDICTIONARY
            | Oid::REGNAMESPACE
            | Oid::REGROLE
    )
}

/// `-` is none, digits are an oid, anything else is looked up.
fn reg_input(env: &dyn Environment, type_oid: Oid, text: &str) -> Result<u32> {
    match text {
        "-" => Ok(0),
        _ if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => parse_oid(text),
        _ => env.reg_lookup(type_oid, text).map(|oid| oid.0),
    }
}

fn reg_output(env: &dyn Environment, type_oid: Oid, oid: u32) -> String {
    match oid {
        0 => "-".into(),
        _ => env.reg_name(type_oid, oid).unwrap_or_else(|| oid.to_string()),
    }
}

fn enum_input(env: &dyn Environment, type_oid: Oid, labels: Vec<enums::EnumLabel>, text: &str) -> Result<Datum> {
    match labels.into_iter().find(|label| *label.label == *text) {
        Some(label) => {
            env.check_enum_label(type_oid, &label)?;
            Ok(Datum::Enum(label))
        }
        None => Err(Error::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!(
                "invalid input value for enum {}: \"{text}\"",
                format_type(env, type_oid)
            ),
        )),
    }
}

/// Cuts a name at 63 bytes, between characters.
pub fn truncate_name(name: &str) -> &str {
    if name.len() <= MAX_NAME {
        return name;
    }
    let end = (0..=MAX_NAME)
        .rev()
        .find(|&end| name.is_char_boundary(end))
        .unwrap_or(0);
    name.get(..end).unwrap_or_default()
}

/// One byte, written as `\ooo` if it is not ASCII.
pub(crate) fn char_in(text: &str) -> String {
    let byte = match text.as_bytes() {
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'),
        [first, ..] => *first,
        [] => 0,
    };
    match byte {
        0 => String::new(),
        1..128 => char::from(byte).into(),
        128.. => format!("\\{byte:03o}"),
    }
}

/// The byte that a value of type "char" holds.
pub(crate) fn char_byte(value: &str) -> u8 {
    match value.as_bytes() {
        [b'\\', a @ b'2'..=b'3', b, c] => {
            (a - b'0') << 6 | (b.wrapping_sub(b'0') & 7) << 3 | (c.wrapping_sub(b'0') & 7)
        }
        [byte, ..] => *byte,
        [] => 0,
    }
}
