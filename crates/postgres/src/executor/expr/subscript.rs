//! Subscripts of arrays and jsonb, read and assigned.

use std::sync::Arc;

use kumquat_types::array::subscript::SliceBounds;
use kumquat_types::json::subscript as json_subscript;
use kumquat_types::{ArrayValue, Bitmap, Chunk, Column, Datum, Error, Json, Oid, Result, SqlState};

use super::{Compiled, per_row};
use crate::executor::context::Context;

/// `a[1]`, `a[2:3]`, `j['key']`, and assignments to them.
pub struct Subscript {
    pub container: Compiled,
    pub lower: Vec<Option<Compiled>>,
    pub upper: Vec<Option<Compiled>>,
    pub is_slice: bool,
    pub assign: Option<Compiled>,
}

/// What stands in the brackets; None: nothing, as in `a[2:]`.
pub type Bounds = Vec<Option<Datum>>;

impl Subscript {
    pub fn eval(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
        type_oid: Oid,
    ) -> Result<Column> {
        let containers = self.container.eval(ctx, input, mask)?;
        let mut bounds = |bounds: &mut [Option<Compiled>]| -> Result<Vec<Option<Arc<Column>>>> {
            let eval = |bound: &mut Option<Compiled>| bound.as_mut().map(|b| b.eval(ctx, input, mask)).transpose();
            bounds.iter_mut().map(eval).collect()
        };
        let (lower, upper) = (bounds(&mut self.lower)?, bounds(&mut self.upper)?);
        let assign = self
            .assign
            .as_mut()
            .map(|value| value.eval(ctx, input, mask))
            .transpose()?;
        let element = super::coerce::element_type(&*ctx.backend, self.container.type_oid);
        per_row(input.rows, mask, type_oid, |row| {
            let at = |bounds: &[Option<Arc<Column>>]| -> Bounds {
                let value = |bound: &Option<Arc<Column>>| bound.as_ref().map(|column| column.get(row));
                bounds.iter().map(value).collect()
            };
            let place = Place {
                lower: at(&lower),
                upper: at(&upper),
                is_slice: self.is_slice,
            };
            let container = containers.get(row);
            match &assign {
                Some(value) if self.container.type_oid == Oid::JSONB => place.store_json(&container, value.get(row)),
                Some(value) => place.store(&container, value.get(row), element),
                None => Ok(place.fetch(&container)),
            }
        })
    }
}

pub struct Place {
    pub lower: Bounds,
    pub upper: Bounds,
    pub is_slice: bool,
}

impl Place {
    fn has_null(&self) -> bool {
        self.lower.iter().chain(&self.upper).flatten().any(Datum::is_null)
    }

    /// The subscripts of one element.
    fn indices(&self) -> Vec<i32> {
        self.upper.iter().map(|bound| index(bound).unwrap_or(0)).collect()
    }

    fn slice_bounds(&self) -> Vec<SliceBounds> {
        let lower = self.lower.iter().map(index);
        lower.zip(self.upper.iter().map(index)).collect()
    }

    /// The steps of a path into jsonb.
    fn steps(&self) -> Vec<Datum> {
        self.upper.iter().flatten().cloned().collect()
    }

    pub fn fetch(&self, container: &Datum) -> Datum {
        if self.has_null() {
            return Datum::Null;
        }
        match container {
            Datum::Array(array) if self.is_slice => Datum::Array(Arc::new(array.slice(&self.slice_bounds()))),
            Datum::Array(array) => array.get(&self.indices()),
            Datum::Jsonb(json) => json_subscript::get(json, &self.steps()),
            _ => Datum::Null,
        }
    }

    pub fn store(&self, container: &Datum, value: Datum, element: Oid) -> Result<Datum> {
        if self.has_null() {
            return Err(null_subscript("array"));
        }
        let array = match container {
            Datum::Array(array) => array.clone(),
            _ => Arc::new(ArrayValue::empty(element)),
        };
        let stored = match &value {
            Datum::Array(source) if self.is_slice => array.set_slice(&self.slice_bounds(), source)?,
            // A NULL slice changes nothing.
            _ if self.is_slice => return Ok(container.clone()),
            _ => array.set(&self.indices(), value)?,
        };
        Ok(Datum::Array(Arc::new(stored)))
    }

    pub fn store_json(&self, container: &Datum, value: Datum) -> Result<Datum> {
        if self.has_null() {
            return Err(null_subscript("jsonb"));
        }
        let json = match container {
            Datum::Jsonb(json) => Some(&**json),
            _ => None,
        };
        let null = Json::Null;
        let new = match &value {
            Datum::Jsonb(value) => value,
            _ => &null,
        };
        json_subscript::set(json, &self.steps(), new).and_then(Json::into_datum)
    }
}

fn index(bound: &Option<Datum>) -> Option<i32> {
    i32::try_from(bound.as_ref()?.as_i64()?).ok()
}

fn null_subscript(what: &str) -> Error {
    Error::new(
        SqlState::NULL_VALUE_NOT_ALLOWED,
        format!("{what} subscript in assignment must not be null"),
    )
}
