//! Functions and operators on `json` and `jsonb`. Those that look into a value are the same for both.

use std::sync::Arc;

use super::Family;
use crate::Datum::{self, Array, Bool, Int4, Jsonb, Null, Text};
use crate::json::build::{self, Arguments};
use crate::json::convert::{Layout, to_jsonb, write_array, write_json, write_record};
use crate::json::edit::{self, Action, at_path};
use crate::json::element::{Element, Kind};
use crate::json::output::{pretty, without_nulls};
use crate::json::parse::parse;
use crate::json::record::{self, ColumnType, Populate};
use crate::json::{Json, contain};
use crate::{ArrayValue, Call, Error, Implementation, Oid, RecordValue, Result, SqlState, UserType};

/// Looking into `json` and `jsonb`.
pub static FUNCTIONS: Family = family! { call;
    "json_object_field" (Text(json), Text(key)) => Ok(datum(parse(json)?.field(key)));
    "jsonb_object_field" (Jsonb(json), Text(key)) => Ok(datum((&**json).field(key)));
    "json_object_field_text" (Text(json), Text(key)) => Ok(text(parse(json)?.field(key)));
    "jsonb_object_field_text" (Jsonb(json), Text(key)) => Ok(text((&**json).field(key)));
    "json_array_element" (Text(json), Int4(index)) => Ok(datum(parse(json)?.element(*index)));
    "jsonb_array_element" (Jsonb(json), Int4(index)) => Ok(datum((&**json).element(*index)));
    "json_array_element_text" (Text(json), Int4(index)) => Ok(text(parse(json)?.element(*index)));
    "jsonb_array_element_text" (Jsonb(json), Int4(index)) => Ok(text((&**json).element(*index)));
    "json_extract_path" (Text(json), Array(path)) => Ok(datum(parse(json)?.at_path(&path.values)));
    "jsonb_extract_path" (Jsonb(json), Array(path)) => Ok(datum((&**json).at_path(&path.values)));
    "json_extract_path_text" (Text(json), Array(path)) => Ok(text(parse(json)?.at_path(&path.values)));
    "jsonb_extract_path_text" (Jsonb(json), Array(path)) => Ok(text((&**json).at_path(&path.values)));
    "json_typeof" (Text(json)) => Ok(parse(json)?.kind().name().into());
    "jsonb_typeof" (Jsonb(json)) => Ok((&**json).kind().name().into());
    "json_array_length" (Text(json)) => array_length(&parse(json)?);
    "jsonb_array_length" (Jsonb(json)) => array_length(&&**json);
    "json_object_keys" set (Text(json)) => object_keys(&parse(json)?, "json_object_keys");
    "jsonb_object_keys" set (Jsonb(json)) => object_keys(&&**json, "jsonb_object_keys");
    "json_each" set (Text(json)) => each(&parse(json)?, "json_each", Element::datum);
    "jsonb_each" set (Jsonb(json)) => each(&&**json, "jsonb_each", Element::datum);
    "json_each_text" set (Text(json)) => each(&parse(json)?, "json_each_text", Element::text_datum);
    "jsonb_each_text" set (Jsonb(json)) => each(&&**json, "jsonb_each_text", Element::text_datum);
    "json_array_elements" set (Text(json)) => elements(&parse(json)?, "json_array_elements", Element::datum);
    "jsonb_array_elements" set (Jsonb(json)) => elements(&&**json, "jsonb_array_elements", Element::datum);
    "json_array_elements_text" set (Text(json)) =>
        elements(&parse(json)?, "json_array_elements_text", Element::text_datum);
    "jsonb_array_elements_text" set (Jsonb(json)) =>
        elements(&&**json, "jsonb_array_elements_text", Element::text_datum);
};

/// Making JSON of other values, and other values of JSON.
pub static CONVERSIONS: Family = family! { call;
    "to_json" (value) => {
        let mut out = String::new();
        write_json(call.env, &mut out, argument_type(call, 0), value)?;
        Ok(out.into())
    };
    "to_jsonb" (value) => jsonb(to_jsonb(call.env, argument_type(call, 0), value));
    "array_to_json" (Array(array)) => array_to_json(call, array, Layout::Compact);
    "array_to_json_pretty" (Array(array), Bool(lines)) => array_to_json(call, array, layout(*lines));
    "row_to_json" (Datum::Record(record)) => row_to_json(call, record, Layout::Compact);
    "row_to_json_pretty" (Datum::Record(record), Bool(lines)) => row_to_json(call, record, layout(*lines));
    "json_build_object_noargs" () => Ok("{}".into());
    "jsonb_build_object_noargs" () => jsonb(Ok(Json::Object(Vec::new())));
    "json_build_array_noargs" () => Ok("[]".into());
    "jsonb_build_array_noargs" () => jsonb(Ok(Json::Array(Vec::new())));
    "json_object" (Array(array)) => Ok(build::strings_text(&build::pairs_of_array(array)?));
    "jsonb_object" (Array(array)) => Ok(build::strings(build::pairs_of_array(array)?));
    "json_object_two_arg" (Array(keys), Array(values)) =>
        Ok(build::strings_text(&build::pairs_of_arrays(keys, values)?));
    "jsonb_object_two_arg" (Array(keys), Array(values)) => Ok(build::strings(build::pairs_of_arrays(keys, values)?));

    "jsonb_bool" (Jsonb(json)) => match &**json {
        Json::Bool(value) => Ok(Bool(*value)),
        other => Err(no_cast(other, "boolean")),
    };
    "jsonb_numeric" (Jsonb(json)) => Ok(Datum::Numeric(number(json, "numeric")?.clone()));
    "jsonb_int2" (Jsonb(json)) => number(json, "smallint")?.to_integer_type("smallint").map(Datum::Int2);
    "jsonb_int4" (Jsonb(json)) => number(json, "integer")?.to_integer_type("integer").map(Int4);
    "jsonb_int8" (Jsonb(json)) => number(json, "bigint")?.to_integer_type("bigint").map(Datum::Int8);
    "jsonb_float4" (Jsonb(json)) => crate::float::parse_f32(&number(json, "real")?.to_string()).map(Datum::Float4);
    "jsonb_float8" (Jsonb(json)) =>
        crate::float::parse_f64(&number(json, "double precision")?.to_string()).map(Datum::Float8);

    "json_populate_record" (base, json, _) => populate_record(call, "json_populate_record", base, json);
    "jsonb_populate_record" (base, json) => populate_record(call, "jsonb_populate_record", base, json);
    "json_populate_recordset" set (base, json, _) => populate_recordset(call, "json_populate_recordset", base, json);
    "jsonb_populate_recordset" set (base, json) => populate_recordset(call, "jsonb_populate_recordset", base, json);
    "json_to_record" set (json) => to_record(call, "json_to_record", json);
    "jsonb_to_record" set (json) => to_record(call, "jsonb_to_record", json);
    "json_to_recordset" set (json) => populate_recordset(call, "json_to_recordset", &Null, json);
    "jsonb_to_recordset" set (json) => populate_recordset(call, "jsonb_to_recordset", &Null, json);
};

/// Functions with any number of arguments.
pub static VARIADIC: Family = &[
    (
        "json_build_object",
        Implementation::Scalar(|call, args| build::object_text(call.env, &arguments(call, args))),
    ),
    (
        "jsonb_build_object",
        Implementation::Scalar(|call, args| build::object(call.env, &arguments(call, args))),
    ),
    (
        "json_build_array",
        Implementation::Scalar(|call, args| build::array_text(call.env, &arguments(call, args))),
    ),
    (
        "jsonb_build_array",
        Implementation::Scalar(|call, args| build::array(call.env, &arguments(call, args))),
    ),
];

/// Comparing the contents of jsonb values, and changing them.
pub static OPERATORS: Family = family! { call;
    "jsonb_contains" (Jsonb(a), Jsonb(b)) => Ok(Bool(contain::contains(a, b)));
    "jsonb_contained" (Jsonb(a), Jsonb(b)) => Ok(Bool(contain::contains(b, a)));
    "jsonb_exists" (Jsonb(json), Text(key)) => Ok(Bool(contain::has_key(json, key)));
    "jsonb_exists_any" (Jsonb(json), Array(keys)) => Ok(Bool(strings(keys).iter().any(|k| contain::has_key(json, k))));
    "jsonb_exists_all" (Jsonb(json), Array(keys)) => Ok(Bool(strings(keys).iter().all(|k| contain::has_key(json, k))));
    "jsonb_concat" (Jsonb(a), Jsonb(b)) => jsonb(edit::concat(a, b));
    "jsonb_delete" (Jsonb(json), Text(key)) => jsonb(edit::delete_keys(json, &[key]));
    "jsonb_delete_array" (Jsonb(json), Array(keys)) => jsonb(edit::delete_keys(json, &strings(keys)));
    "jsonb_delete_idx" (Jsonb(json), Int4(index)) => jsonb(edit::delete_index(json, *index));
    "jsonb_delete_path" (Jsonb(json), Array(path)) => jsonb(at_path(json, steps(path)?, Action::Delete, None));
    "jsonb_set" (Jsonb(json), Array(path), Jsonb(new), Bool(create)) =>
        jsonb(at_path(json, steps(path)?, set_action(*create), Some(new)));
    "jsonb_set_lax" (json, path, new, create, treatment) => set_lax(json, path, new, create, treatment);
    "jsonb_insert" (Jsonb(json), Array(path), Jsonb(new), Bool(after)) => {
        let action = if *after { Action::InsertAfter } else { Action::InsertBefore };
        jsonb(at_path(json, steps(path)?, action, Some(new)))
    };
    "jsonb_strip_nulls" (Jsonb(json)) => jsonb(Ok(edit::strip_nulls(json)));
    "json_strip_nulls" (Text(json)) => {
        let mut out = String::new();
        without_nulls(&mut out, &parse(json)?);
        Ok(out.into())
    };
    "jsonb_pretty" (Jsonb(json)) => Ok(pretty(json).into());
};

fn datum<E: Element>(found: Option<E>) -> Datum {
    found.map_or(Null, |found| found.datum())
}

fn text<E: Element>(found: Option<E>) -> Datum {
    found.map_or(Null, |found| found.text_datum())
}

fn jsonb(value: Result<Json>) -> Result<Datum> {
    value.and_then(Json::into_datum)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn array_length<E: Element>(json: &E) -> Result<Datum> {
    match json.kind() {
        Kind::Array => {
            let length = json.elements().map_or(0, |elements| elements.len());
            Ok(Int4(i32::try_from(length).unwrap_or(i32::MAX)))
        }
        Kind::Object => Err(invalid("cannot get array length of a non-array")),
        _ => Err(invalid("cannot get array length of a scalar")),
    }
}

fn object_keys<E: Element>(json: &E, function: &str) -> Result<Vec<Vec<Datum>>> {
    let refuse = |what: &str| Err(invalid(format!("cannot call {function} on {what}")));
    match json.members() {
        Some(members) => Ok(members.into_iter().map(|(key, _)| vec![Text(key)]).collect()),
        None if json.kind() == Kind::Array => refuse("an array"),
        None => refuse("a scalar"),
    }
}

fn each<E: Element>(json: &E, function: &str, value: impl Fn(&E) -> Datum) -> Result<Vec<Vec<Datum>>> {
    let row = |(key, member): (Arc<str>, E)| vec![Text(key), value(&member)];
    match (json.members(), json.kind(), E::TYPE) {
        (Some(members), ..) => Ok(members.into_iter().map(row).collect()),
        (None, _, "jsonb") => Err(invalid(format!("cannot call {function} on a non-object"))),
        (None, Kind::Array, _) => Err(invalid("cannot deconstruct an array as an object")),
        _ => Err(invalid("cannot deconstruct a scalar")),
    }
}

fn elements<E: Element>(json: &E, function: &str, value: impl Fn(&E) -> Datum) -> Result<Vec<Vec<Datum>>> {
    match (json.elements(), json.kind(), E::TYPE) {
        (Some(elements), ..) => Ok(elements.iter().map(|element| vec![value(element)]).collect()),
        (None, Kind::Object, "jsonb") => Err(invalid("cannot extract elements from an object")),
        (None, _, "jsonb") => Err(invalid("cannot extract elements from a scalar")),
        (None, Kind::Object, _) => Err(invalid(format!("cannot call {function} on a non-array"))),
        _ => Err(invalid(format!("cannot call {function} on a scalar"))),
    }
}

fn argument_type(call: &Call<'_>, index: usize) -> Oid {
    call.arg_types.get(index).copied().unwrap_or(Oid::TEXT)
}

/// The arguments of a VARIADIC "any" function.
fn arguments(call: &Call<'_>, args: &[Datum]) -> Arguments {
    Arguments::new(call.arg_types, args)
}

fn layout(lines: bool) -> Layout {
    if lines { Layout::Lines } else { Layout::Compact }
}

fn array_to_json(call: &Call<'_>, array: &ArrayValue, layout: Layout) -> Result<Datum> {
    let mut out = String::new();
    write_array(call.env, &mut out, array, layout)?;
    Ok(out.into())
}

fn row_to_json(call: &Call<'_>, record: &RecordValue, layout: Layout) -> Result<Datum> {
    let mut out = String::new();
    write_record(call.env, &mut out, record, layout)?;
    Ok(out.into())
}

fn number<'a>(json: &'a Json, type_name: &str) -> Result<&'a Arc<crate::Numeric>> {
    match json {
        Json::Number(number) => Ok(number),
        other => Err(no_cast(other, type_name)),
    }
}

fn no_cast(json: &Json, type_name: &str) -> Error {
    let what = match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "numeric",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    invalid(format!("cannot cast jsonb {what} to type {type_name}"))
}

/// The columns of the row that is wanted: of the base row's type, else those the query names.
fn wanted_columns(call: &Call<'_>, function: &str, base: &Datum) -> Result<Vec<ColumnType>> {
    if let Some(UserType::Composite(columns)) = call.env.user_type(call.result_type) {
        return Ok(columns);
    }
    if !call.columns.is_empty() {
        return Ok(call.columns.to_vec());
    }
    if let Datum::Record(record) = base {
        let column = |(index, &(oid, typmod)): (usize, &(Oid, i32))| {
            let name = record.names.get(index).cloned();
            (name.unwrap_or_else(|| format!("f{}", index + 1).into()), oid, typmod)
        };
        return Ok(record.types.iter().enumerate().map(column).collect());
    }
    Err(
        invalid(format!("could not determine row type for result of {function}")).hint(
            "Provide a non-null record argument, or call the function in the FROM clause using a column definition \
             list.",
        ),
    )
}

fn base_values(base: &Datum) -> &[Datum] {
    match base {
        Datum::Record(record) => &record.values,
        _ => &[],
    }
}

fn populate_record(call: &Call<'_>, function: &'static str, base: &Datum, json: &Datum) -> Result<Datum> {
    if json.is_null() {
        return Ok(base.clone());
    }
    let columns = wanted_columns(call, function, base)?;
    let populate = Populate {
        env: call.env,
        function,
        columns: &columns,
        base: base_values(base),
    };
    let values = record::row(&populate, json)?;
    Ok(Datum::Record(Arc::new(RecordValue {
        values,
        types: columns.iter().map(|(_, oid, typmod)| (*oid, *typmod)).collect(),
        names: columns.iter().map(|(name, _, _)| name.clone()).collect(),
    })))
}

/// One row of the columns that the query names.
fn to_record(call: &Call<'_>, function: &'static str, json: &Datum) -> Result<Vec<Vec<Datum>>> {
    let columns = wanted_columns(call, function, &Null)?;
    let populate = Populate {
        env: call.env,
        function,
        columns: &columns,
        base: &[],
    };
    Ok(vec![record::row(&populate, json)?])
}

fn populate_recordset(call: &Call<'_>, function: &'static str, base: &Datum, json: &Datum) -> Result<Vec<Vec<Datum>>> {
    if json.is_null() {
        return Ok(Vec::new());
    }
    let columns = wanted_columns(call, function, base)?;
    let populate = Populate {
        env: call.env,
        function,
        columns: &columns,
        base: base_values(base),
    };
    record::rows(&populate, json)
}

/// The texts of an array, NULLs left out.
fn strings(array: &ArrayValue) -> Vec<&str> {
    array.values.iter().filter_map(Datum::as_str).collect()
}

/// The steps of a path; it must have one dimension.
fn steps(path: &ArrayValue) -> Result<&[Datum]> {
    if path.dims.len() > 1 {
        return Err(Error::new(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            "wrong number of array subscripts",
        ));
    }
    Ok(&path.values)
}

fn set_action(create: bool) -> Action {
    if create {
        Action::ReplaceOrCreate
    } else {
        Action::Replace
    }
}

fn set_lax(json: &Datum, path: &Datum, new: &Datum, create: &Datum, treatment: &Datum) -> Result<Datum> {
    let (Jsonb(json), Array(path), Bool(create)) = (json, path, create) else {
        return Ok(Null);
    };
    let names = "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \
                 \"raise_exception\"";
    let treatment = treatment.as_str().ok_or_else(|| invalid(names))?;
    let path = steps(path)?;
    if let Jsonb(new) = new {
        return jsonb(at_path(json, path, set_action(*create), Some(new)));
    }
    match treatment {
        "raise_exception" => Err(Error::new(
            SqlState::NULL_VALUE_NOT_ALLOWED,
            "JSON value must not be null",
        )
        .detail("Exception was raised because null_value_treatment is \"raise_exception\".")
        .hint(
            "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.",
        )),
        "use_json_null" => jsonb(at_path(json, path, set_action(*create), Some(&Json::Null))),
        "delete_key" => jsonb(at_path(json, path, Action::Delete, None)),
        "return_target" => Ok(Jsonb(json.clone())),
        _ => Err(invalid(names)),
    }
}
