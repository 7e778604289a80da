//! Rows, their fields, and arrays.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::array::combine::Stacking;
use kumquat_types::{ArrayValue, Bitmap, Chunk, Column, Datum, Error, Oid, RecordValue, Result, SqlState};

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
    /// Where a value of the type holds a field, which counts from 1 over dropped columns, too; values don't hold those.
    pub fn index_of(&self, field: i16) -> usize {
        let at = usize::try_from(field).unwrap_or(0).saturating_sub(1);
        self.attributes
            .iter()
            .position(|attribute| *attribute == at)
            .unwrap_or(at)
    }

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
            let values: Vec<Datum> = match picked {
                Some(attributes) => {
                    let value = |&at: &usize| columns.get(at).map(|column| column.get(row)).unwrap_or_default();
                    attributes.iter().map(value).collect()
                }
                None => columns.iter().map(|column| column.get(row)).collect(),
            };
            if values.iter().any(|value| is_nested(value, MAX_NESTED_ROWS)) {
                return Err(too_nested());
            }
            Ok(Datum::Record(Arc::new(RecordValue {
                values,
                types: types.clone(),
                names: names.clone(),
            })))
        })
    }
}

/// Rows inside each other: in text each level doubles the quotes of the levels in it.
const MAX_NESTED_ROWS: usize = 20;

/// True for a row with as many levels of rows in it.
fn is_nested(value: &Datum, levels: usize) -> bool {
    match value {
        Datum::Record(record) => levels == 0 || record.values.iter().any(|value| is_nested(value, levels - 1)),
        _ => false,
    }
}

fn too_nested() -> Error {
    Error::new(SqlState::OUT_OF_MEMORY, "out of memory")
        .detail("Rows inside each other this deep have a longer text than Kumquat gives room to.")
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
                true => ArrayValue::stack(self.element_type, &values, Stacking::Constructor)?,
                false => ArrayValue::vector(self.element_type, values),
            };
            Ok(Datum::Array(Arc::new(array)))
        })
    }
}
