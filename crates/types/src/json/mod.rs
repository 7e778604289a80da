//! JSON: the `json` type keeps its text, the `jsonb` type its value.
//!
//! [`lexer`] and [`parse`](mod@parse) read text, with PostgreSQL's errors; [`output`] prints. Both types are looked into
//! through [`element`]: fields, elements, paths. [`edit`] changes jsonb values, [`contain`] compares their
//! contents, [`subscript`] is for `doc['a'] = ...`. [`convert`] makes JSON of any SQL value, [`build`] objects
//! and arrays of arguments and rows, [`record`] rows of JSON. [`path`] is the SQL/JSON path language.

use std::sync::Arc;

use crate::{Datum, Numeric, Result};

pub mod build;
pub mod contain;
pub mod convert;
pub mod edit;
pub mod element;
pub mod lexer;
pub mod output;
pub mod parse;
pub mod path;
pub mod record;
pub mod subscript;

/// Arrays and objects may be nested so deep; a server would run out of stack a little later.
pub const MAX_DEPTH: usize = 1000;

/// A jsonb value: objects have sorted, unique keys; numbers are numeric.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Arc<Numeric>),
    String(Arc<str>),
    Array(Vec<Json>),
    /// Sorted as jsonb sorts: by length in bytes, then bytewise.
    Object(Vec<(Arc<str>, Json)>),
}

/// How jsonb sorts the keys of objects.
pub fn compare_keys(a: &str, b: &str) -> std::cmp::Ordering {
    (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes()))
}

impl Json {
    /// An object; of values with the same key the last one stays.
    pub fn object(mut members: Vec<(Arc<str>, Json)>) -> Json {
        members.sort_by(|(a, _), (b, _)| compare_keys(a, b));
        let mut unique: Vec<(Arc<str>, Json)> = Vec::with_capacity(members.len());
        for member in members {
            match unique.last_mut() {
                Some(last) if last.0 == member.0 => last.1 = member.1,
                _ => unique.push(member),
            }
        }
        Json::Object(unique)
    }

    /// The value as one that can be kept: arrays and objects nested too deep are refused.
    pub fn into_datum(self) -> Result<Datum> {
        match self.is_deeper_than(MAX_DEPTH) {
            true => Err(parse::too_deep()),
            false => Ok(Datum::Jsonb(Arc::new(self))),
        }
    }

    fn is_deeper_than(&self, levels: usize) -> bool {
        match self {
            Json::Array(_) | Json::Object(_) if levels == 0 => true,
            Json::Array(elements) => elements.iter().any(|element| element.is_deeper_than(levels - 1)),
            Json::Object(members) => members.iter().any(|(_, member)| member.is_deeper_than(levels - 1)),
            _ => false,
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        let Json::Object(members) = self else {
            return None;
        };
        let found = members.binary_search_by(|(name, _)| compare_keys(name, key));
        members.get(found.ok()?).map(|(_, value)| value)
    }

    pub fn is_scalar(&self) -> bool {
        !matches!(self, Json::Array(_) | Json::Object(_))
    }
}
