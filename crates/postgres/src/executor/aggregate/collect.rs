//! string_agg and array_agg.

use std::sync::Arc;

use kumquat_types::array::combine::Stacking;
use kumquat_types::{ArrayValue, Column, Datum, Oid, Result};

use super::Accumulator;
use crate::executor::context::Context;

/// string_agg over text and bytea: the delimiter of a row stands before its value.
#[derive(Default)]
pub struct StringAgg {
    states: Vec<Option<Vec<u8>>>,
    binary: bool,
}

fn bytes_of(value: &Datum) -> Option<&[u8]> {
    match value {
        Datum::Text(text) => Some(text.as_bytes()),
        Datum::Bytea(bytes) => Some(bytes),
        _ => None,
    }
}

impl Accumulator for StringAgg {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, None);
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(values) = args.first() else { return Ok(()) };
        for (row, &group) in groups.iter().enumerate() {
            let value = values.get(row);
            let (Some(bytes), Some(state)) = (bytes_of(&value), self.states.get_mut(group as usize)) else {
                continue;
            };
            self.binary |= matches!(value, Datum::Bytea(_));
            ctx.memory.grow(bytes.len())?;
            match state {
                None => *state = Some(bytes.to_vec()),
                Some(text) => {
                    let delimiter = args.get(1).map(|column| column.get(row)).unwrap_or_default();
                    text.extend_from_slice(bytes_of(&delimiter).unwrap_or_default());
                    text.extend_from_slice(bytes);
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let Some(bytes) = self.states.get(group).cloned().flatten() else {
            return Ok(Datum::Null);
        };
        Ok(match self.binary {
            true => Datum::Bytea(bytes.into()),
            false => Datum::from(String::from_utf8_lossy(&bytes).into_owned()),
        })
    }
}

/// array_agg: NULLs are elements, too. Over arrays the result has a dimension more.
pub struct ArrayAgg {
    element: Oid,
    states: Vec<Option<Vec<Datum>>>,
}

impl ArrayAgg {
    pub fn new(element: Oid) -> ArrayAgg {
        ArrayAgg {
            element,
            states: Vec::new(),
        }
    }
}

impl Accumulator for ArrayAgg {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, None);
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(values) = args.first() else { return Ok(()) };
        ctx.memory.grow(groups.len() * 24)?;
        for (row, &group) in groups.iter().enumerate() {
            if let Some(state) = self.states.get_mut(group as usize) {
                state.get_or_insert_default().push(values.get(row));
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let Some(values) = self.states.get(group).cloned().flatten() else {
            return Ok(Datum::Null);
        };
        let array = match values.iter().find_map(|value| match value {
            Datum::Array(array) => Some(array.element),
            _ => None,
        }) {
            Some(element) => ArrayValue::stack(element, &values, Stacking::Aggregate)?,
            None => ArrayValue::vector(self.element, values),
        };
        Ok(Datum::Array(Arc::new(array)))
    }
}
