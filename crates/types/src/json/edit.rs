//! Changing jsonb values: `||`, `-`, `#-`, `jsonb_set`, `jsonb_insert`, `jsonb_strip_nulls`.

use std::sync::Arc;

use super::element::array_index;
use super::{Json, compare_keys};
use crate::{Datum, Error, Result, SqlState};

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// `||`: objects are merged, everything else is strung together as arrays.
pub fn concat(a: &Json, b: &Json) -> Result<Json> {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            let members = a.iter().chain(b).cloned().collect();
            Ok(Json::object(members))
        }
        (a, b) => {
            let list = |json: &Json| match json {
                Json::Array(elements) => elements.clone(),
                other => vec![other.clone()],
            };
            let mut elements = list(a);
            elements.extend(list(b));
            Ok(Json::Array(elements))
        }
    }
}

/// `- text` and `- text[]`: without these keys or strings.
pub fn delete_keys(json: &Json, keys: &[&str]) -> Result<Json> {
    match json {
        Json::Object(members) => Ok(Json::Object(
            members
                .iter()
                .filter(|(key, _)| !keys.contains(&&**key))
                .cloned()
                .collect(),
        )),
        Json::Array(elements) => {
            let named = |value: &&Json| matches!(value, Json::String(text) if keys.contains(&&**text));
            Ok(Json::Array(
                elements.iter().filter(|value| !named(value)).cloned().collect(),
            ))
        }
        _ => Err(invalid("cannot delete from scalar")),
    }
}

/// `- integer`: without this element.
pub fn delete_index(json: &Json, index: i32) -> Result<Json> {
    match json {
        Json::Object(_) => Err(invalid("cannot delete from object using integer index")),
        Json::Array(elements) => {
            let mut elements = elements.clone();
            if let Some(position) = position(index, elements.len()) {
                elements.remove(position);
            }
            Ok(Json::Array(elements))
        }
        _ => Err(invalid("cannot delete from scalar")),
    }
}

/// The place of an index in a list; negative ones count from the end.
fn position(index: i32, length: usize) -> Option<usize> {
    let index = i64::from(index);
    let length = i64::try_from(length).ok()?;
    let place = if index < 0 { length + index } else { index };
    (0..length)
        .contains(&place)
        .then(|| usize::try_from(place).ok())
        .flatten()
}

/// What to do at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Replace,
    /// Replaces, or adds to an object or at an end of an array.
    ReplaceOrCreate,
    InsertBefore,
    InsertAfter,
    Delete,
    /// Assignment to a subscript: what is missing on the way is made, gaps are filled with nulls.
    Assign,
}

/// `jsonb_set`, `jsonb_insert`, `#-`: acts at a path.
pub fn at_path(json: &Json, path: &[Datum], action: Action, new: Option<&Json>) -> Result<Json> {
    if json.is_scalar() {
        return Err(invalid(match action {
            Action::Delete => "cannot delete path in scalar",
            _ => "cannot set path in scalar",
        }));
    }
    let empty_object = matches!(json, Json::Object(members) if members.is_empty());
    let empty_array = matches!(json, Json::Array(elements) if elements.is_empty());
    let creates = !matches!(action, Action::Replace | Action::Delete);
    if path.is_empty() || (empty_object || empty_array) && !creates {
        return Ok(json.clone());
    }
    let editor = Editor { path, action, new };
    editor.value(json, 0)
}

pub(super) struct Editor<'a> {
    pub path: &'a [Datum],
    pub action: Action,
    pub new: Option<&'a Json>,
}

impl Editor<'_> {
    fn step(&self, level: usize) -> Result<&str> {
        self.path.get(level).and_then(Datum::as_str).ok_or_else(|| {
            Error::new(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                format!("path element at position {} is null", level + 1),
            )
        })
    }

    fn new_value(&self) -> Json {
        self.new.cloned().unwrap_or(Json::Null)
    }

    fn last(&self, level: usize) -> bool {
        level + 1 >= self.path.len()
    }

    pub(super) fn value(&self, json: &Json, level: usize) -> Result<Json> {
        match json {
            Json::Object(members) => self.object(members, level),
            Json::Array(elements) => self.array(elements, level),
            // Only assignment minds: a path cannot go on inside a scalar.
            scalar => {
                if self.action == Action::Assign && level < self.path.len() {
                    return Err(invalid("cannot replace existing key")
                        .detail("The path assumes key is a composite object, but it is a scalar value."));
                }
                Ok(scalar.clone())
            }
        }
    }

    fn object(&self, members: &[(Arc<str>, Json)], level: usize) -> Result<Json> {
        let key = self.step(level)?;
        let mut members = members.to_vec();
        let found = members.binary_search_by(|(name, _)| compare_keys(name, key));
        match found {
            Ok(at) if self.last(level) => match self.action {
                Action::InsertBefore | Action::InsertAfter => {
                    return Err(invalid("cannot replace existing key")
                        .hint("Try using the function jsonb_set to replace key value."));
                }
                Action::Delete => {
                    members.remove(at);
                }
                _ => {
                    if let Some((_, value)) = members.get_mut(at) {
                        *value = self.new_value();
                    }
                }
            },
            Ok(at) => {
                if let Some((_, value)) = members.get_mut(at) {
                    *value = self.value(value, level + 1)?;
                }
            }
            Err(at) => {
                if let Some(value) = self.created(level)? {
                    members.insert(at, (key.into(), value));
                }
            }
        }
        Ok(Json::Object(members))
    }

    /// What is put where the path finds nothing.
    fn created(&self, level: usize) -> Result<Option<Json>> {
        match self.action {
            Action::Replace | Action::Delete => Ok(None),
            Action::Assign => self.missing(level + 1).map(Some),
            _ if self.last(level) => Ok(Some(self.new_value())),
            _ => Ok(None),
        }
    }

    /// Objects and arrays for the rest of the path: an integer step makes an array, with nulls before it.
    fn missing(&self, level: usize) -> Result<Json> {
        if level >= self.path.len() {
            return Ok(self.new_value());
        }
        let step = self.step(level)?;
        let inner = self.missing(level + 1)?;
        Ok(match array_index(step).and_then(|index| usize::try_from(index).ok()) {
            Some(index) => {
                check_gap(index)?;
                let mut elements = vec![Json::Null; index];
                elements.push(inner);
                Json::Array(elements)
            }
            None => Json::Object(vec![(step.into(), inner)]),
        })
    }

    fn array(&self, elements: &[Json], level: usize) -> Result<Json> {
        let step = self.step(level)?;
        let index = array_index(step).ok_or_else(|| {
            Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                format!("path element at position {} is not an integer: \"{step}\"", level + 1),
            )
        })?;
        let mut elements = elements.to_vec();
        let Some(place) = position(index, elements.len()) else {
            return self.beyond(elements, index, level);
        };
        if !self.last(level) {
            if let Some(element) = elements.get_mut(place) {
                *element = self.value(element, level + 1)?;
            }
            return Ok(Json::Array(elements));
        }
        match self.action {
            Action::InsertBefore => elements.insert(place, self.new_value()),
            Action::InsertAfter => elements.insert(place + 1, self.new_value()),
            Action::Delete => {
                elements.remove(place);
            }
            _ => {
                if let Some(element) = elements.get_mut(place) {
                    *element = self.new_value();
                }
            }
        }
        Ok(Json::Array(elements))
    }

    /// An index that the array does not have: before its beginning or after its end.
    fn beyond(&self, mut elements: Vec<Json>, index: i32, level: usize) -> Result<Json> {
        if self.action == Action::Assign {
            let Ok(index) = usize::try_from(index) else {
                return Err(invalid(format!(
                    "path element at position {} is out of range: {index}",
                    level + 1
                )));
            };
            check_gap(index)?;
            elements.resize(index, Json::Null);
            elements.push(self.missing(level + 1)?);
        } else if let Some(value) = self.created(level)? {
            let place = if index < 0 { 0 } else { elements.len() };
            elements.insert(place, value);
        }
        Ok(Json::Array(elements))
    }
}

/// An assignment far beyond the end would fill the memory with nulls.
fn check_gap(index: usize) -> Result<()> {
    const LIMIT: usize = 1 << 22;
    if index < LIMIT {
        return Ok(());
    }
    Err(Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        format!("array size exceeds the maximum allowed ({LIMIT})"),
    ))
}

/// `jsonb_strip_nulls`: without the fields that are null, at any depth.
pub fn strip_nulls(json: &Json) -> Json {
    match json {
        Json::Object(members) => Json::Object(
            members
                .iter()
                .filter(|(_, value)| *value != Json::Null)
                .map(|(key, value)| (key.clone(), strip_nulls(value)))
                .collect(),
        ),
        Json::Array(elements) => Json::Array(elements.iter().map(strip_nulls).collect()),
        scalar => scalar.clone(),
    }
}
