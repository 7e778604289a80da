//! jsonb subscripts: `doc['a'][0]`, and assignments to them.

use super::Json;
use super::edit::{Action, Editor};
use super::element::Element;
use crate::{Datum, Result};

/// `doc['a'][0]`: NULL where there is nothing. Subscripts are text or integers.
pub fn get(json: &Json, subscripts: &[Datum]) -> Datum {
    let found = json.at_path(&path(subscripts));
    found.map_or(Datum::Null, |found| found.datum())
}

/// `doc['a'][0] = value`: a NULL document becomes an object or, if the first subscript is an integer, an array.
pub fn set(json: Option<&Json>, subscripts: &[Datum], value: &Json) -> Result<Json> {
    let fresh = match subscripts.first() {
        Some(Datum::Text(_)) => Json::Object(Vec::new()),
        _ => Json::Array(Vec::new()),
    };
    let path = path(subscripts);
    let editor = Editor {
        path: &path,
        action: Action::Assign,
        new: Some(value),
    };
    editor.value(json.unwrap_or(&fresh), 0)
}

/// The subscripts as the texts that paths are made of.
fn path(subscripts: &[Datum]) -> Vec<Datum> {
    let step = |subscript: &Datum| match subscript.as_i64() {
        Some(index) => Datum::from(index.to_string()),
        None => subscript.clone(),
    };
    subscripts.iter().map(step).collect()
}
