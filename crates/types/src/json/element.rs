//! Looking into JSON, the same way for `json` and `jsonb`.

use std::sync::Arc;

use super::Json;
use super::output::jsonb_out;
use super::parse::{Node, Value};
use crate::Datum;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// What `json_typeof` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "boolean",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Object => "object",
        }
    }
}

/// A value inside of JSON.
pub trait Element: Clone {
    /// `json` or `jsonb`, as functions are named.
    const TYPE: &'static str;

    fn kind(&self) -> Kind;
    /// The elements of an array.
    fn elements(&self) -> Option<Vec<Self>>;
    /// The fields of an object, in order; of repeated keys all.
    fn members(&self) -> Option<Vec<(Arc<str>, Self)>>;
    /// The field of an object; of repeated keys the last.
    fn field(&self, key: &str) -> Option<Self>;
    /// As a value of its type.
    fn datum(&self) -> Datum;
    /// As text: strings without quotes, everything else as printed.
    fn text(&self) -> String;

    /// The element of an array; negative ones count from the end.
    fn element(&self, index: i32) -> Option<Self> {
        let elements = self.elements()?;
        let index = i64::from(index);
        let length = i64::try_from(elements.len()).ok()?;
        let position = if index < 0 { length + index } else { index };
        elements.into_iter().nth(usize::try_from(position).ok()?)
    }

    /// `->>`: NULL for JSON's null.
    fn text_datum(&self) -> Datum {
        match self.kind() {
            Kind::Null => Datum::Null,
            _ => Datum::from(self.text()),
        }
    }

    /// What `#>` finds: keys for objects, integers for arrays.
    fn at_path(&self, path: &[Datum]) -> Option<Self> {
        let mut current = self.clone();
        for step in path {
            let step = step.as_str()?;
            current = match current.kind() {
                Kind::Object => current.field(step)?,
                Kind::Array => current.element(array_index(step)?)?,
                _ => return None,
            };
        }
        Some(current)
    }
}

/// A step of a path that is an integer.
pub fn array_index(step: &str) -> Option<i32> {
    step.trim_start().parse().ok()
}

impl Element for Node<'_> {
    const TYPE: &'static str = "json";

    fn kind(&self) -> Kind {
        match self.value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number => Kind::Number,
            Value::String(_) => Kind::String,
            Value::Array(_) => Kind::Array,
            Value::Object(_) => Kind::Object,
        }
    }

    fn elements(&self) -> Option<Vec<Self>> {
        match &self.value {
            Value::Array(elements) => Some(elements.clone()),
            _ => None,
        }
    }

    fn members(&self) -> Option<Vec<(Arc<str>, Self)>> {
        match &self.value {
            Value::Object(members) => {
                let member = |(key, node): &(String, Self)| (key.as_str().into(), node.clone());
                Some(members.iter().map(member).collect())
            }
            _ => None,
        }
    }

    fn field(&self, key: &str) -> Option<Self> {
        match &self.value {
            Value::Object(members) => members
                .iter()
                .rev()
                .find(|(name, _)| name == key)
                .map(|(_, node)| node.clone()),
            _ => None,
        }
    }

    fn datum(&self) -> Datum {
        Datum::text(self.text)
    }

    fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            _ => self.text.into(),
        }
    }
}

impl Element for &Json {
    const TYPE: &'static str = "jsonb";

    fn kind(&self) -> Kind {
        match self {
            Json::Null => Kind::Null,
            Json::Bool(_) => Kind::Bool,
            Json::Number(_) => Kind::Number,
            Json::String(_) => Kind::String,
            Json::Array(_) => Kind::Array,
            Json::Object(_) => Kind::Object,
        }
    }

    fn elements(&self) -> Option<Vec<Self>> {
        match self {
            Json::Array(elements) => Some(elements.iter().collect()),
            _ => None,
        }
    }

    fn members(&self) -> Option<Vec<(Arc<str>, Self)>> {
        match self {
            Json::Object(members) => Some(members.iter().map(|(key, value)| (key.clone(), value)).collect()),
            _ => None,
        }
    }

    fn field(&self, key: &str) -> Option<Self> {
        self.get(key)
    }

    fn element(&self, index: i32) -> Option<Self> {
        // A scalar counts as an array of itself here.
        let elements = match self {
            Json::Array(elements) => elements.as_slice(),
            Json::Object(_) => return None,
            scalar => std::slice::from_ref(*scalar),
        };
        let index = i64::from(index);
        let length = i64::try_from(elements.len()).ok()?;
        let position = if index < 0 { length + index } else { index };
        elements.get(usize::try_from(position).ok()?)
    }

    fn datum(&self) -> Datum {
        Datum::Jsonb(Arc::new((*self).clone()))
    }

    fn text(&self) -> String {
        match self {
            Json::String(text) => text.to_string(),
            other => jsonb_out(other),
        }
    }
}
