//! jsonb subscripts: `doc['a'][0]`, and assignments to them.

use super::Json;
use super::edit::{Action, Editor};
use super::element::{Element, array_index};
use crate::{Datum, Result};

/// `doc['a'][0]`: NULL where there is nothing.
pub fn get(json: &Json, subscripts: &[Datum]) -> Datum {
    json.at_path(subscripts).map_or(Datum::Null, |found| found.datum())
}

/// `doc['a'][0] = value`: a NULL document becomes an object or an array, as the first subscript wants.
pub fn set(json: Option<&Json>, subscripts: &[Datum], value: &Json) -> Result<Json> {
    let first = subscripts.first().and_then(Datum::as_str);
    let fresh = match first.and_then(array_index) {
        Some(_) => Json::Array(Vec::new()),
        None => Json::Object(Vec::new()),
    };
    let editor = Editor {
        path: subscripts,
        action: Action::Assign,
        new: Some(value),
    };
    editor.value(json.unwrap_or(&fresh), 0)
}
