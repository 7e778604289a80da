//! Rows of JSON: `json_populate_record`, `json_to_record` and their sets.

use std::sync::Arc;

use super::Json;
use super::element::{Element, Kind};
use super::output::quote;
use super::parse::parse;
use crate::array::ArrayValue;
use crate::{Datum, Environment, Error, Oid, RecordValue, Result, SqlState, UserType, builtin_type, io};

/// Name, type and type modifier of a column.
pub type ColumnType = (Arc<str>, Oid, i32);

fn invalid(message: String) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// A call of one of these functions.
pub struct Populate<'a> {
    pub env: &'a dyn Environment,
    /// For messages.
    pub function: &'static str,
    pub columns: &'a [ColumnType],
    /// Values for fields that the JSON does not have.
    pub base: &'a [Datum],
}

impl Populate<'_> {
    /// A row of an object.
    pub fn row<E: Element>(&self, json: &E) -> Result<Vec<Datum>> {
        if json.kind() != Kind::Object {
            let what = if json.kind() == Kind::Array {
                "an array"
            } else {
                "a scalar"
            };
            // The name is that of PostgreSQL's own step in all these functions.
            return Err(invalid(format!("cannot call populate_composite on {what}")));
        }
        self.fields(json)
    }

    /// Rows of an array of objects.
    pub fn rows<E: Element>(&self, json: &E) -> Result<Vec<Vec<Datum>>> {
        let refuse = |what: &str| Err(invalid(format!("cannot call {} on {what}", self.function)));
        let elements = match (json.kind(), E::TYPE) {
            (Kind::Array, _) => json.elements().unwrap_or_default(),
            (_, "jsonb") => return refuse("a non-array"),
            (Kind::Object, _) => return refuse("an object"),
            _ => return refuse("a scalar"),
        };
        let row = |element: &E| {
            if element.kind() != Kind::Object {
                return Err(invalid(format!(
                    "argument of {} must be an array of objects",
                    self.function
                )));
            }
            self.fields(element)
        };
        elements.iter().map(row).collect()
    }

    fn fields<E: Element>(&self, object: &E) -> Result<Vec<Datum>> {
        let value = |(index, (name, type_oid, typmod)): (usize, &ColumnType)| match object.field(name) {
            Some(field) => self.value(&field, *type_oid, *typmod, &Place::Key(name)),
            None => Ok(self.base.get(index).cloned().unwrap_or_default()),
        };
        self.columns.iter().enumerate().map(value).collect()
    }

    /// `populate_record_field`: a value of a type; strings go through the type's input, whatever it is.
    fn value<E: Element>(&self, json: &E, type_oid: Oid, typmod: i32, place: &Place<'_>) -> Result<Datum> {
        if json.kind() == Kind::Null {
            return Ok(Datum::Null);
        }
        if json.kind() != Kind::String {
            let user = self.env.user_type(type_oid);
            let element = match &user {
                Some(UserType::Array(element)) => Some(*element),
                Some(UserType::Domain(base, typmod)) => return self.value(json, *base, *typmod, place),
                Some(UserType::Composite(columns)) => {
                    return self.nested(json, columns);
                }
                _ => builtin_type(type_oid).map(|t| t.element).filter(|e| e.is_valid()),
            };
            if let Some(element) = element {
                return self.array(json, element, typmod, place);
            }
        }
        self.scalar(json, type_oid, typmod)
    }

    fn nested<E: Element>(&self, json: &E, columns: &[ColumnType]) -> Result<Datum> {
        let inner = Populate {
            columns,
            base: &[],
            ..*self
        };
        let values = inner.row(json)?;
        Ok(Datum::Record(Arc::new(RecordValue {
            values,
            types: columns.iter().map(|(_, oid, typmod)| (*oid, *typmod)).collect(),
            names: columns.iter().map(|(name, _, _)| name.clone()).collect(),
        })))
    }

    fn scalar<E: Element>(&self, json: &E, type_oid: Oid, typmod: i32) -> Result<Datum> {
        let text = match (type_oid, json.kind()) {
            (Oid::JSONB, _) if E::TYPE == "jsonb" => return Ok(json.datum()),
            (Oid::JSON | Oid::JSONB, Kind::String) => {
                let mut quoted = String::new();
                quote(&mut quoted, &json.text());
                quoted
            }
            _ => json.text(),
        };
        io::input(self.env, type_oid, typmod, &text)
    }

    fn array<E: Element>(&self, json: &E, element: Oid, typmod: i32, place: &Place<'_>) -> Result<Datum> {
        let mut filler = Filler {
            populate: self,
            element,
            typmod,
            lengths: Vec::new(),
            values: Vec::new(),
        };
        filler.level(json, 0, place)?;
        let size: usize = filler.lengths.iter().product();
        let dims = match size {
            0 => Vec::new(),
            _ => filler.lengths.iter().map(|&length| (length, 1)).collect(),
        };
        Ok(Datum::Array(Arc::new(ArrayValue {
            element,
            dims,
            values: filler.values,
        })))
    }
}

/// Where a value stands, for hints.
enum Place<'a> {
    Key(&'a str),
    /// Index in the array at a place.
    Element(usize, &'a Place<'a>),
}

impl Place<'_> {
    fn hint(&self) -> String {
        let mut indices = String::new();
        let mut place = self;
        loop {
            match place {
                Place::Key(name) if indices.is_empty() => return format!("See the value of key \"{name}\"."),
                Place::Key(name) => return format!("See the array element {indices} of key \"{name}\"."),
                Place::Element(index, outer) => {
                    indices = format!("[{index}]{indices}");
                    place = outer;
                }
            }
        }
    }
}

/// Reads nested JSON arrays into one array.
struct Filler<'a> {
    populate: &'a Populate<'a>,
    element: Oid,
    typmod: i32,
    lengths: Vec<usize>,
    values: Vec<Datum>,
}

impl Filler<'_> {
    fn level<E: Element>(&mut self, json: &E, level: usize, place: &Place<'_>) -> Result<()> {
        let Some(elements) = json.elements() else {
            return Err(Error::new(SqlState::INVALID_TEXT_REPRESENTATION, "expected JSON array").hint(place.hint()));
        };
        match self.lengths.get(level) {
            None => self.lengths.push(elements.len()),
            Some(length) if *length == elements.len() => {}
            Some(_) => return Err(mismatch()),
        }
        // The first leaf tells how many dimensions there are; a JSON element type takes arrays as they are.
        let takes_arrays = matches!(self.element, Oid::JSON | Oid::JSONB);
        for (index, element) in elements.iter().enumerate() {
            let inner_place = Place::Element(index, place);
            let is_array = element.kind() == Kind::Array && !takes_arrays;
            let settled = level + 1 < self.lengths.len();
            if is_array && (settled || self.values.is_empty() && index == 0) {
                self.level(element, level + 1, &inner_place)?;
            } else if settled {
                return Err(
                    Error::new(SqlState::INVALID_TEXT_REPRESENTATION, "expected JSON array").hint(inner_place.hint())
                );
            } else if is_array {
                return Err(mismatch());
            } else {
                let value = self.populate.value(element, self.element, self.typmod, &inner_place)?;
                self.values.push(value);
            }
        }
        Ok(())
    }
}

fn mismatch() -> Error {
    Error::new(SqlState::INVALID_TEXT_REPRESENTATION, "malformed JSON array")
        .detail("Multidimensional arrays must have sub-arrays with matching dimensions.")
}

/// A row of a `json` or `jsonb` value.
pub fn row(populate: &Populate<'_>, json: &Datum) -> Result<Vec<Datum>> {
    match json {
        Datum::Jsonb(json) => populate.row(&&**json),
        Datum::Text(text) => populate.row(&parse(text)?),
        other => Err(Error::internal(format!("{other:?} is no JSON"))),
    }
}

/// Rows of a `json` or `jsonb` array.
pub fn rows(populate: &Populate<'_>, json: &Datum) -> Result<Vec<Vec<Datum>>> {
    match json {
        Datum::Jsonb(json) => populate.rows::<&Json>(&&**json),
        Datum::Text(text) => populate.rows(&parse(text)?),
        other => Err(Error::internal(format!("{other:?} is no JSON"))),
    }
}
