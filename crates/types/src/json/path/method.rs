//! `.type()`, `.size()`, `.double()` and their kin.

use std::sync::Arc;

use super::Method;
use super::execute::{Item, Outcome, soft};
use crate::float::parse_f64;
use crate::json::Json;
use crate::json::element::Element;
use crate::{Datum, Error, Numeric, SqlState};

pub(super) fn apply<'a>(document: &'a Json, item: &Item<'a>, method: Method, lax: bool) -> Outcome<Vec<Item<'a>>> {
    let made = |json: Json| Ok(vec![Item::Made(json)]);
    let number = |value: Numeric| made(Json::Number(Arc::new(value)));
    match method {
        Method::Type => made(Json::String(type_name(item).into())),
        Method::Size => match item.elements() {
            Some(elements) => number(Numeric::from(i64::try_from(elements.len()).unwrap_or(i64::MAX))),
            None if lax => number(Numeric::from(1)),
            None => Err(soft(
                SqlState::SQL_JSON_ARRAY_NOT_FOUND,
                "jsonpath item method .size() can only be applied to an array",
            )),
        },
        Method::Abs | Method::Ceiling | Method::Floor => {
            let value = item.number().ok_or_else(|| {
                soft(
                    SqlState::NON_NUMERIC_SQL_JSON_ITEM,
                    format!(
                        "jsonpath item method .{}() can only be applied to a numeric value",
                        method.name()
                    ),
                )
            })?;
            number(match method {
                Method::Abs => value.abs(),
                Method::Ceiling => value.ceil(),
                _ => value.floor(),
            })
        }
        Method::Double => double(item).map(|item| vec![item]),
        Method::KeyValue => key_values(document, item),
    }
}

fn type_name(item: &Item<'_>) -> &'static str {
    match item {
        Item::Part(json) => json.kind().name(),
        Item::Made(json) => (&json).kind().name(),
        Item::Moment(moment) => match moment {
            Datum::Date(_) => "date",
            Datum::Time(_) => "time without time zone",
            Datum::TimeTz(..) => "time with time zone",
            Datum::Timestamp(_) => "timestamp without time zone",
            _ => "timestamp with time zone",
        },
    }
}

fn double<'a>(item: &Item<'a>) -> Outcome<Item<'a>> {
    let invalid = |what: &str| {
        soft(
            SqlState::NON_NUMERIC_SQL_JSON_ITEM,
            format!(
                "{what} argument of jsonpath item method .double() is not a valid representation of a double precision \
                 number"
            ),
        )
    };
    let valid = |text: &str| parse_f64(text).ok().filter(|value| value.is_finite());
    match item.json() {
        Some(Json::Number(number)) => match valid(&number.to_string()) {
            Some(_) => Ok(item.clone()),
            None => Err(invalid("numeric")),
        },
        Some(Json::String(text)) => {
            let value = valid(text).ok_or_else(|| invalid("string"))?;
            let shown = crate::float::format_f64(value, 1);
            Ok(Item::Made(Json::Number(Arc::new(Numeric::parse(&shown)?))))
        }
        _ => Err(soft(
            SqlState::NON_NUMERIC_SQL_JSON_ITEM,
            "jsonpath item method .double() can only be applied to a string or numeric value",
        )),
    }
}

/// Objects of key, value and id. The id of a nested object would be its place in PostgreSQL's storage.
fn key_values<'a>(document: &'a Json, item: &Item<'a>) -> Outcome<Vec<Item<'a>>> {
    let members = item.members().ok_or_else(|| {
        soft(
            SqlState::SQL_JSON_OBJECT_NOT_FOUND,
            "jsonpath item method .keyvalue() can only be applied to an object",
        )
    })?;
    if !matches!(item, Item::Part(json) if std::ptr::eq(*json, document)) && !members.is_empty() {
        return Err(Error::not_modelled("jsonpath item method .keyvalue() on a nested object").into());
    }
    let object = |(key, value): (Arc<str>, Item<'a>)| {
        Item::Made(Json::object(vec![
            ("id".into(), Json::Number(Arc::new(Numeric::from(0)))),
            ("key".into(), Json::String(key)),
            ("value".into(), value.json().cloned().unwrap_or(Json::Null)),
        ]))
    };
    Ok(members.into_iter().map(object).collect())
}
