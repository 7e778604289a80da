//! Rows, their fields, arrays and subscripts.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::{
    ArrayValue, Bitmap, Chunk, Column, Datum, Error, Json, Oid, RecordValue, Result, SqlState, UserType,
};

use super::{Compiled, Function, per_row};
use crate::backend::Backend;
use crate::catalog::{Name, TypeDefinition};
use crate::executor::context::Context;
use crate::query::RowCompareOp;

/// Names and types of the fields of a composite type.
#[derive(Clone)]
pub struct RowShape {
    pub names: Arc<[Name]>,
    pub types: Arc<[(Oid, i32)]>,
    /// Of a relation's row type: which of its attributes (from 0, dropped ones counted) are fields.
    pub attributes: Vec<usize>,
}

impl RowShape {
    /// The fields of a composite type; none for `record`.
    pub fn of_type(backend: &Backend<'_>, type_oid: Oid) -> Result<RowShape> {
        let catalog = backend.catalog()?;
        let type_oid = super::coerce::base_type(backend, type_oid);
        let definition = catalog.types.get(&type_oid).map(|user_type| &user_type.definition);
        let Some(TypeDefinition::Composite { relation, fields }) = definition else {
            return Ok(RowShape {
                names: [].into(),
                types: [].into(),
                attributes: Vec::new(),
            });
        };
        if let Some(relation) = catalog.relation(*relation)
            && !relation.attributes.is_empty()
        {
            let live = || {
                relation
                    .attributes
                    .iter()
                    .enumerate()
                    .filter(|(_, attribute)| !attribute.dropped)
            };
            return Ok(RowShape {
                names: live().map(|(_, attribute)| attribute.name.clone()).collect(),
                types: live()
                    .map(|(_, attribute)| (attribute.type_oid, attribute.type_modifier))
                    .collect(),
                attributes: live().map(|(at, _)| at).collect(),
            });
        }
        Ok(RowShape {
            names: fields.iter().map(|field| field.name.clone()).collect(),
            types: fields
                .iter()
                .map(|field| (field.type_oid, field.type_modifier))
                .collect(),
            attributes: (0..fields.len()).collect(),
        })
    }
}

/// ROW(...), or a table's row as a whole.
pub struct RowNode {
    pub fields: Vec<Compiled>,
    pub types: Arc<[(Oid, i32)]>,
    pub names: Arc<[Name]>,
    /// The fields are all columns of a relation, and these are its live ones.
    pub whole: Option<RowShape>,
}

impl RowNode {
    pub fn eval(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
        type_oid: Oid,
    ) -> Result<Column> {
        let columns: Vec<Arc<Column>> = self
            .fields
            .iter_mut()
            .map(|field| field.eval(ctx, input, mask))
            .collect::<Result<_>>()?;
        let (names, types, picked) = match &self.whole {
            Some(shape) if !shape.types.is_empty() => {
                (shape.names.clone(), shape.types.clone(), Some(&shape.attributes))
            }
            _ => (self.names.clone(), self.types.clone(), None),
        };
        per_row(input.rows, mask, type_oid, |row| {
            let values = match picked {
                Some(attributes) => {
                    let value = |&at: &usize| columns.get(at).map(|column| column.get(row)).unwrap_or_default();
                    attributes.iter().map(value).collect()
                }
                None => columns.iter().map(|column| column.get(row)).collect(),
            };
            Ok(Datum::Record(Arc::new(RecordValue {
                values,
                types: types.clone(),
                names: names.clone(),
            })))
        })
    }
}

/// `(composite).field`
pub fn field(column: &Column, index: usize, type_oid: Oid) -> Column {
    let value = |value: Datum| match value {
        Datum::Record(record) => record.values.get(index).cloned().unwrap_or_default(),
        _ => Datum::Null,
    };
    Column::from_datums(type_oid, column.iter().map(value))
}

/// A composite with new values for some fields.
pub struct FieldStore {
    pub arg: Compiled,
    pub fields: Vec<(usize, Compiled)>,
    pub shape: RowShape,
}

impl FieldStore {
    pub fn eval(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
        type_oid: Oid,
    ) -> Result<Column> {
        let records = self.arg.eval(ctx, input, mask)?;
        let evaluate = |(index, value): &mut (usize, Compiled)| Ok((*index, value.eval(ctx, input, mask)?));
        let fields: Vec<(usize, Arc<Column>)> = self.fields.iter_mut().map(evaluate).collect::<Result<_>>()?;
        per_row(input.rows, mask, type_oid, |row| {
            let mut values = match records.get(row) {
                Datum::Record(record) => record.values.clone(),
                _ => Vec::new(),
            };
            values.resize(self.shape.types.len(), Datum::Null);
            for (index, column) in &fields {
                if let Some(slot) = values.get_mut(*index) {
                    *slot = column.get(row);
                }
            }
            Ok(Datum::Record(Arc::new(RecordValue {
                values,
                types: self.shape.types.clone(),
                names: self.shape.names.clone(),
            })))
        })
    }
}

/// `(a, b) < (c, d)`
pub struct RowCompare {
    op: RowCompareOp,
    pairs: Vec<(Compiled, Compiled)>,
    /// The operator of each pair.
    functions: Vec<Function>,
    /// `=` of each pair, to find the first that differs.
    equals: Vec<Function>,
}

impl RowCompare {
    pub fn new(
        backend: &Backend<'_>,
        op: RowCompareOp,
        operators: &[Oid],
        left: Vec<Compiled>,
        right: Vec<Compiled>,
    ) -> Result<RowCompare> {
        let pairs: Vec<(Compiled, Compiled)> = left.into_iter().zip(right).collect();
        let types = |(l, r): &(Compiled, Compiled)| vec![l.type_oid, r.type_oid];
        let function = |(pair, &operator)| Function::for_operator(backend, operator, types(pair), Oid::BOOL);
        let functions: Vec<Function> = pairs.iter().zip(operators).map(function).collect::<Result<_>>()?;
        Ok(RowCompare {
            op,
            equals: Vec::new(),
            pairs,
            functions,
        })
    }

    pub fn eval(&mut self, ctx: &mut Context<'_, '_>, input: &Chunk, mask: Option<&Bitmap>) -> Result<Column> {
        let mut columns = Vec::with_capacity(self.pairs.len());
        for (left, right) in &mut self.pairs {
            columns.push((left.eval(ctx, input, mask)?, right.eval(ctx, input, mask)?));
        }
        debug_assert!(self.equals.is_empty());
        per_row(input.rows, mask, Oid::BOOL, |row| {
            let last = self.functions.len().saturating_sub(1);
            let mut unknown = false;
            for (at, ((left, right), function)) in columns.iter().zip(&self.functions).enumerate() {
                let (a, b) = (left.get(row), right.get(row));
                match self.op {
                    RowCompareOp::Equal | RowCompareOp::NotEqual => {
                        let decides = self.op == RowCompareOp::NotEqual;
                        match function.call(ctx, &[a, b])?.as_bool() {
                            Some(truth) if truth == decides => return Ok(Datum::Bool(decides)),
                            Some(_) => {}
                            None => unknown = true,
                        }
                    }
                    _ => {
                        if a.is_null() || b.is_null() {
                            return Ok(Datum::Null);
                        }
                        let ordering = kumquat_types::compare::compare_typed(Oid::INVALID, &a, &b);
                        if ordering != Ordering::Equal || at == last {
                            return function.call(ctx, &[a, b]);
                        }
                    }
                }
            }
            Ok(match unknown {
                true => Datum::Null,
                false => Datum::Bool(self.op == RowCompareOp::Equal),
            })
        })
    }
}

/// ARRAY[...]
pub struct ArrayNode {
    pub elements: Vec<Compiled>,
    pub element_type: Oid,
    /// The elements are arrays themselves, one dimension lower.
    pub multi: bool,
}

impl ArrayNode {
    pub fn eval(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
        type_oid: Oid,
    ) -> Result<Column> {
        let columns: Vec<Arc<Column>> = self
            .elements
            .iter_mut()
            .map(|element| element.eval(ctx, input, mask))
            .collect::<Result<_>>()?;
        per_row(input.rows, mask, type_oid, |row| {
            let values: Vec<Datum> = columns.iter().map(|column| column.get(row)).collect();
            let array = match self.multi {
                true => stack(self.element_type, values)?,
                false => ArrayValue::vector(self.element_type, values),
            };
            Ok(Datum::Array(Arc::new(array)))
        })
    }
}

/// Arrays of one shape as the elements of an array with one dimension more. NULLs and empty arrays vanish if
/// all are so.
pub fn stack(element: Oid, arrays: Vec<Datum>) -> Result<ArrayValue> {
    let mismatch = || {
        Error::new(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            "multidimensional arrays must have array expressions with matching dimensions",
        )
    };
    let mut dims: Option<Vec<(usize, i32)>> = None;
    let (mut values, mut count, mut empty) = (Vec::new(), 0, 0);
    for array in &arrays {
        let Datum::Array(array) = array else {
            empty += 1;
            continue;
        };
        if array.dims.is_empty() {
            empty += 1;
            continue;
        }
        match &dims {
            None => dims = Some(array.dims.clone()),
            Some(dims) if *dims != array.dims => return Err(mismatch()),
            Some(_) => {}
        }
        values.extend(array.values.iter().cloned());
        count += 1;
    }
    match dims {
        None => Ok(ArrayValue::vector(element, Vec::new())),
        Some(_) if empty > 0 => Err(mismatch()),
        Some(inner) => {
            let mut dims = vec![(count, 1)];
            dims.extend(inner);
            Ok(ArrayValue { element, dims, values })
        }
    }
}

/// `a[1]`, `a[2:3]`, `j['key']`, and assignments to them.
pub struct Subscript {
    pub container: Compiled,
    pub lower: Vec<Option<Compiled>>,
    pub upper: Vec<Option<Compiled>>,
    pub is_slice: bool,
    pub assign: Option<Compiled>,
}

type Bounds = Vec<Option<Datum>>;

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
                bounds
                    .iter()
                    .map(|bound| bound.as_ref().map(|column| column.get(row)))
                    .collect()
            };
            let container = containers.get(row);
            let (lower, upper) = (at(&lower), at(&upper));
            match &assign {
                Some(value) => store(container, &lower, &upper, self.is_slice, value.get(row), element),
                None => fetch(&container, &lower, &upper, self.is_slice),
            }
        })
    }
}

fn fetch(container: &Datum, lower: &Bounds, upper: &Bounds, is_slice: bool) -> Result<Datum> {
    let given = lower.iter().chain(upper).flatten();
    if container.is_null() || given.clone().any(Datum::is_null) {
        return Ok(Datum::Null);
    }
    match container {
        Datum::Array(array) if is_slice => Ok(slice(array, lower, upper)),
        Datum::Array(array) => Ok(element(array, upper)),
        Datum::Jsonb(json) => {
            let mut json: &Json = json;
            for step in upper.iter().flatten() {
                match json_step(json, step) {
                    Some(inner) => json = inner,
                    None => return Ok(Datum::Null),
                }
            }
            Ok(Datum::Jsonb(Arc::new(json.clone())))
        }
        _ => Ok(Datum::Null),
    }
}

fn json_step<'a>(json: &'a Json, step: &Datum) -> Option<&'a Json> {
    match json {
        Json::Object(pairs) => {
            let key = step.as_str()?;
            pairs.iter().find(|(name, _)| **name == *key).map(|(_, value)| value)
        }
        Json::Array(values) => {
            let at = step.as_i64().or_else(|| step.as_str()?.parse().ok())?;
            let at = if at < 0 {
                at.checked_add(i64::try_from(values.len()).ok()?)?
            } else {
                at
            };
            values.get(usize::try_from(at).ok()?)
        }
        _ => None,
    }
}

fn index_of(array: &ArrayValue, subscripts: &[i64]) -> Option<usize> {
    if subscripts.len() != array.dims.len() {
        return None;
    }
    let mut index = 0usize;
    for (&subscript, &(length, first)) in subscripts.iter().zip(&array.dims) {
        let offset = usize::try_from(subscript.checked_sub(i64::from(first))?).ok()?;
        if offset >= length {
            return None;
        }
        index = index.checked_mul(length)?.checked_add(offset)?;
    }
    Some(index)
}

fn element(array: &ArrayValue, subscripts: &Bounds) -> Datum {
    let subscripts: Option<Vec<i64>> = subscripts.iter().map(|s| s.as_ref().and_then(Datum::as_i64)).collect();
    let index = subscripts.and_then(|subscripts| index_of(array, &subscripts));
    index
        .and_then(|index| array.values.get(index))
        .cloned()
        .unwrap_or_default()
}

/// The part of an array between bounds, with lower bounds of 1; empty if there is nothing in between.
fn slice(array: &ArrayValue, lower: &Bounds, upper: &Bounds) -> Datum {
    let empty = || Datum::Array(Arc::new(ArrayValue::vector(array.element, Vec::new())));
    if upper.len() > array.dims.len() {
        return empty();
    }
    let mut ranges: Vec<(i64, i64)> = Vec::with_capacity(array.dims.len());
    for (at, &(length, first)) in array.dims.iter().enumerate() {
        let first = i64::from(first);
        let last = first + i64::try_from(length).unwrap_or(0) - 1;
        let bound = |bounds: &Bounds, or: i64| bounds.get(at).cloned().flatten().and_then(|b| b.as_i64()).unwrap_or(or);
        let (from, to) = (bound(lower, first).max(first), bound(upper, last).min(last));
        if from > to {
            return empty();
        }
        ranges.push((from, to));
    }
    let mut values = Vec::new();
    let mut place: Vec<i64> = ranges.iter().map(|&(from, _)| from).collect();
    'rows: loop {
        if let Some(value) = index_of(array, &place).and_then(|index| array.values.get(index)) {
            values.push(value.clone());
        }
        for at in (0..place.len()).rev() {
            let (Some(&(from, to)), Some(slot)) = (ranges.get(at), place.get_mut(at)) else {
                break 'rows;
            };
            if *slot < to {
                *slot += 1;
                continue 'rows;
            }
            *slot = from;
        }
        break;
    }
    let length = |&(from, to): &(i64, i64)| (usize::try_from(to - from + 1).unwrap_or(0), 1);
    Datum::Array(Arc::new(ArrayValue {
        element: array.element,
        dims: ranges.iter().map(length).collect(),
        values,
    }))
}

fn store(
    container: Datum,
    lower: &Bounds,
    upper: &Bounds,
    is_slice: bool,
    value: Datum,
    element_type: Oid,
) -> Result<Datum> {
    if lower.iter().chain(upper).flatten().any(Datum::is_null) {
        let message = "array subscript in assignment must not be null";
        return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
    }
    match container {
        Datum::Jsonb(json) => {
            let path: Vec<Datum> = upper.iter().flatten().cloned().collect();
            let new = match value {
                Datum::Jsonb(value) => Json::clone(&value),
                _ => Json::Null,
            };
            store_json(Some(&json), &path, new).map(|json| Datum::Jsonb(Arc::new(json)))
        }
        _ if is_slice => Err(Error::not_modelled("assignment to a slice of an array")),
        Datum::Array(array) => store_element(&array, upper, value),
        _ => store_element(&ArrayValue::vector(element_type, Vec::new()), upper, value),
    }
}

/// Sets one element; a one-dimensional array grows to hold it.
fn store_element(array: &ArrayValue, subscripts: &Bounds, value: Datum) -> Result<Datum> {
    let subscripts: Vec<i64> = subscripts.iter().flatten().filter_map(Datum::as_i64).collect();
    let mut array = array.clone();
    if let Some(index) = index_of(&array, &subscripts)
        && let Some(slot) = array.values.get_mut(index)
    {
        *slot = value;
        return Ok(Datum::Array(Arc::new(array)));
    }
    let [subscript] = subscripts.as_slice() else {
        return Err(Error::new(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            "array subscript out of range",
        ));
    };
    let first = match array.dims.first() {
        Some(&(_, first)) => i64::from(first),
        None => *subscript,
    };
    let end = first + i64::try_from(array.values.len()).unwrap_or(0);
    let limit = Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        "array size exceeds the maximum allowed (134217727)",
    );
    if (subscript - end).abs().max((first - subscript).abs()) > 134_217_727 {
        return Err(limit);
    }
    if *subscript < first {
        let gap = usize::try_from(first - subscript - 1).unwrap_or(0);
        let head = std::iter::once(value).chain(std::iter::repeat_n(Datum::Null, gap));
        array.values.splice(0..0, head);
    } else {
        let gap = usize::try_from(subscript - end).unwrap_or(0);
        array.values.extend(std::iter::repeat_n(Datum::Null, gap));
        array.values.push(value);
    }
    let start = i32::try_from(first.min(*subscript)).map_err(|_| limit)?;
    array.dims = vec![(array.values.len(), start)];
    Ok(Datum::Array(Arc::new(array)))
}

fn store_json(json: Option<&Json>, path: &[Datum], value: Json) -> Result<Json> {
    let Some((step, rest)) = path.split_first() else {
        return Ok(value);
    };
    match (json, step.as_str(), step.as_i64()) {
        (Some(Json::Object(pairs)), _, _) => {
            let key: Arc<str> = step_text(step).into();
            let mut pairs = pairs.clone();
            match pairs.iter_mut().find(|(name, _)| *name == key) {
                Some((_, old)) => *old = store_json(Some(old), rest, value)?,
                None => {
                    pairs.push((key, store_json(None, rest, value)?));
                    pairs.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
                }
            }
            Ok(Json::Object(pairs))
        }
        (Some(Json::Array(values)), _, _) => {
            let at = step.as_i64().or_else(|| step.as_str()?.parse().ok());
            let length = i64::try_from(values.len()).unwrap_or(0);
            let at = at.map(|at| if at < 0 { at + length } else { at });
            let Some(at) = at.and_then(|at| usize::try_from(at).ok()).filter(|at| *at < 1 << 24) else {
                let message = format!("path element at position 1 is out of range: {}", step_text(step));
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            };
            let mut values = values.clone();
            if at >= values.len() {
                values.resize(at + 1, Json::Null);
            }
            if let Some(slot) = values.get_mut(at) {
                *slot = store_json(Some(slot), rest, value)?;
            }
            Ok(Json::Array(values))
        }
        (None | Some(Json::Null), Some(key), _) => Ok(Json::Object(vec![(key.into(), store_json(None, rest, value)?)])),
        (None | Some(Json::Null), None, Some(at)) => {
            let at = usize::try_from(at).unwrap_or(0).min(1 << 24);
            let mut values = vec![Json::Null; at];
            values.push(store_json(None, rest, value)?);
            Ok(Json::Array(values))
        }
        _ => Err(
            Error::new(SqlState::INVALID_PARAMETER_VALUE, "cannot replace existing key")
                .detail("The path assumes key is a composite object, but it is a scalar value."),
        ),
    }
}

fn step_text(step: &Datum) -> String {
    match (step.as_str(), step.as_i64()) {
        (Some(text), _) => text.into(),
        (_, Some(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The element type of arrays of a user-defined element, as the session knows it.
pub fn is_array(user_type: Option<&UserType>) -> bool {
    matches!(user_type, Some(UserType::Array(_)))
}
