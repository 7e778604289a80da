//! `left operator ANY (array)`, and ALL.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use kumquat_types::compare::{hash, same};
use kumquat_types::{Bitmap, Chunk, Column, Datum, Oid, Result, operator_by_oid};

use super::{Compiled, Function, Kind, per_row};
use crate::backend::Backend;
use crate::executor::context::Context;

/// Constant lists at least this long are hashed (PostgreSQL's MIN_ARRAY_SIZE_FOR_HASHED_SAOP).
const HASHED_FROM: usize = 9;

pub struct ArrayOp {
    function: Function,
    any: bool,
    left: Compiled,
    right: Compiled,
    /// The elements of a long constant array, when the operator is an equality; and whether one is NULL.
    hashed: Option<(HashSet<Key>, bool)>,
}

/// A value that hashes and compares as its type does.
pub struct Key(pub Datum);

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash(&self.0, state);
    }
}

impl ArrayOp {
    pub fn new(backend: &Backend<'_>, operator: Oid, any: bool, left: Compiled, right: Compiled) -> Result<ArrayOp> {
        let definition = operator_by_oid(operator);
        let element = definition.map_or(left.type_oid, |definition| definition.right);
        let types = vec![left.type_oid, element];
        let equality = definition.is_some_and(|definition| definition.name == "=" && definition.can_hash);
        Ok(ArrayOp {
            function: Function::for_operator(backend, operator, types, Oid::BOOL)?,
            any,
            hashed: hash_elements(&right).filter(|_| any && equality && left.type_oid != Oid::BPCHAR),
            left,
            right,
        })
    }

    pub fn eval(&mut self, ctx: &mut Context<'_, '_>, input: &Chunk, mask: Option<&Bitmap>) -> Result<Column> {
        let left = self.left.eval(ctx, input, mask)?;
        if let Some((elements, has_null)) = &self.hashed {
            return per_row(input.rows, mask, Oid::BOOL, |row| {
                let value = left.get(row);
                Ok(match value.is_null() {
                    true => Datum::Null,
                    false if elements.contains(&Key(value)) => Datum::Bool(true),
                    false if *has_null => Datum::Null,
                    false => Datum::Bool(false),
                })
            });
        }
        let right = self.right.eval(ctx, input, mask)?;
        per_row(input.rows, mask, Oid::BOOL, |row| {
            self.compare_all(ctx, &left.get(row), &right.get(row))
        })
    }

    fn compare_all(&self, ctx: &mut Context<'_, '_>, left: &Datum, right: &Datum) -> Result<Datum> {
        let Datum::Array(array) = right else {
            return Ok(Datum::Null);
        };
        let mut unknown = false;
        for element in &array.values {
            match self.function.call(ctx, &[left.clone(), element.clone()])?.as_bool() {
                Some(truth) if truth == self.any => return Ok(Datum::Bool(self.any)),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok(if unknown { Datum::Null } else { Datum::Bool(!self.any) })
    }
}

fn hash_elements(right: &Compiled) -> Option<(HashSet<Key>, bool)> {
    let Kind::Constant(Datum::Array(array), _) = &right.kind else {
        return None;
    };
    if array.values.len() < HASHED_FROM {
        return None;
    }
    let has_null = array.values.iter().any(Datum::is_null);
    let known = array.values.iter().filter(|value| !value.is_null());
    Some((known.map(|value| Key(value.clone())).collect(), has_null))
}
