//! bool_and, bool_or, every; bit_and, bit_or, bit_xor.

use std::sync::Arc;

use kumquat_types::{BitString, Column, Datum, Error, Result, SqlState};

use super::Accumulator;
use super::accumulator::each_datum;
use crate::executor::context::Context;

pub struct Logical {
    and: bool,
    states: Vec<Option<bool>>,
}

impl Logical {
    pub fn new(and: bool) -> Logical {
        Logical {
            and,
            states: Vec::new(),
        }
    }
}

impl Accumulator for Logical {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, None);
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        each_datum(column, groups, |group, value| {
            if let (Some(state), Some(value)) = (self.states.get_mut(group), value.as_bool()) {
                *state = Some(match *state {
                    None => value,
                    Some(known) if self.and => known && value,
                    Some(known) => known || value,
                });
            }
            Ok(())
        })
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        Ok(self.states.get(group).copied().flatten().into())
    }

    fn needs_order(&self) -> bool {
        false
    }
}

#[derive(Clone, Copy)]
pub enum BitOperation {
    And,
    Or,
    Xor,
}

impl BitOperation {
    fn apply<T>(self, a: T, b: T) -> T
    where
        T: std::ops::BitAnd<Output = T> + std::ops::BitOr<Output = T> + std::ops::BitXor<Output = T>,
    {
        match self {
            BitOperation::And => a & b,
            BitOperation::Or => a | b,
            BitOperation::Xor => a ^ b,
        }
    }

    fn apply_datums(self, a: &Datum, b: &Datum) -> Result<Datum> {
        Ok(match (a, b) {
            (Datum::Int2(a), Datum::Int2(b)) => Datum::Int2(self.apply(*a, *b)),
            (Datum::Int4(a), Datum::Int4(b)) => Datum::Int4(self.apply(*a, *b)),
            (Datum::Int8(a), Datum::Int8(b)) => Datum::Int8(self.apply(*a, *b)),
            (Datum::Bits(a), Datum::Bits(b)) if a.0.len() == b.0.len() => {
                let bits = a.0.iter().zip(&b.0).map(|(&a, &b)| self.apply(a, b));
                Datum::Bits(Arc::new(BitString(bits.collect())))
            }
            _ => {
                let word = match self {
                    BitOperation::And => "AND",
                    BitOperation::Or => "OR",
                    BitOperation::Xor => "XOR",
                };
                let message = format!("cannot {word} bit strings of different sizes");
                return Err(Error::new(SqlState("22026"), message));
            }
        })
    }
}

pub struct BitAccumulator {
    operation: BitOperation,
    states: Vec<Datum>,
}

impl BitAccumulator {
    pub fn new(operation: BitOperation) -> BitAccumulator {
        BitAccumulator {
            operation,
            states: Vec::new(),
        }
    }
}

impl Accumulator for BitAccumulator {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, Datum::Null);
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        each_datum(column, groups, |group, value| {
            if let Some(state) = self.states.get_mut(group) {
                *state = match state.is_null() {
                    true => value,
                    false => self.operation.apply_datums(state, &value)?,
                };
            }
            Ok(())
        })
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        Ok(self.states.get(group).cloned().unwrap_or_default())
    }
}
