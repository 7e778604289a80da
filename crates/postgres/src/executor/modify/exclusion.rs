//! Exclusion constraints: no two rows for which all operators of the constraint hold.
//!
//! ```text
//! EXCLUDE USING gist (room WITH =, during WITH &&)
//! ```
//!
//! The rows are looked through, since no index here answers to `&&`; those that differ in a column compared by `=`
//! are told apart by a hash table.

use std::collections::HashMap;
use std::sync::Arc;

use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState, operator_by_oid};

use super::check::Failure;
use super::table::Table;
use super::unique::{RowKeys, describe_key};
use crate::backend::Backend;
use crate::catalog::{Constraint, IndexDefinition, Name, Relation};
use crate::executor::context::Context;
use crate::executor::expr::Function;
use crate::executor::expr::array_op::Key;
use crate::executor::indexing::IndexKeys;
use crate::storage::{Heap, RowId};

pub struct Exclusion {
    /// The index that stands for it.
    pub oid: Oid,
    pub name: Name,
    pub definition: Arc<IndexDefinition>,
    pub keys: IndexKeys,
    /// Checked at the end of the statement or transaction, by this constraint.
    pub deferrable: Option<Arc<Constraint>>,
    /// By column: whether it is compared by `=`, and the operator's function.
    operators: Vec<(bool, Function)>,
}

/// A row of the table, or one that is only being written, and its key.
type KnownRow = (Option<RowId>, Vec<Datum>);

/// Keys of rows, by the columns that are compared by `=`.
#[derive(Default)]
struct Known {
    buckets: HashMap<Vec<Key>, Vec<KnownRow>>,
}

impl Exclusion {
    pub fn new(
        backend: &Backend<'_>,
        relation: &Relation,
        index: &Relation,
        definition: Arc<IndexDefinition>,
        deferrable: Option<Arc<Constraint>>,
    ) -> Result<Exclusion> {
        let keys = IndexKeys::new(backend, relation, &definition)?;
        let operator = |(&operator, column): (&Oid, &crate::executor::expr::Compiled)| {
            let is_equality = operator_by_oid(operator).is_some_and(|operator| operator.name == "=");
            let types = vec![column.type_oid, column.type_oid];
            Ok((
                is_equality,
                Function::for_operator(backend, operator, types, Oid::BOOL)?,
            ))
        };
        let operators = definition.exclusion_operators.iter().zip(&keys.columns).map(operator);
        Ok(Exclusion {
            operators: operators.collect::<Result<_>>()?,
            oid: index.oid,
            name: index.name.clone(),
            keys,
            deferrable,
            definition,
        })
    }

    /// The keys of rows that count: the index holds them, and none of their columns is NULL.
    fn keys_of(&mut self, ctx: &mut Context<'_, '_>, rows: &Chunk) -> Result<Vec<Option<Vec<Datum>>>> {
        let keys = RowKeys::of(ctx, &mut self.keys, rows)?;
        let key = |row: usize| keys.counts(row, &self.definition).then(|| keys.key(row));
        Ok((0..rows.rows).map(key).collect())
    }

    fn bucket(&self, key: &[Datum]) -> Vec<Key> {
        let compared = key
            .iter()
            .zip(&self.operators)
            .filter(|(_, (is_equality, _))| *is_equality);
        compared.map(|(value, _)| Key(value.clone())).collect()
    }

    fn add(&self, known: &mut Known, id: Option<RowId>, key: Vec<Datum>) {
        known.buckets.entry(self.bucket(&key)).or_default().push((id, key));
    }

    /// The keys of all live rows of the table.
    fn known(&mut self, ctx: &mut Context<'_, '_>, heap: &Heap) -> Result<Known> {
        let mut known = Known::default();
        for (number, chunk) in (0..).zip(&heap.chunks) {
            let keys = self.keys_of(ctx, &chunk.data)?;
            for (row, key) in keys.into_iter().enumerate() {
                if let Some(key) = key.filter(|_| chunk.is_live(row)) {
                    let row = u32::try_from(row).unwrap_or(u32::MAX);
                    self.add(&mut known, Some(RowId { chunk: number, row }), key);
                }
            }
        }
        Ok(known)
    }

    /// A known row, but for one, for which all operators hold.
    fn conflicting<'k>(
        &self,
        ctx: &mut Context<'_, '_>,
        known: &'k Known,
        key: &[Datum],
        but: Option<RowId>,
    ) -> Result<Option<&'k KnownRow>> {
        let Some(candidates) = known.buckets.get(&self.bucket(key)) else {
            return Ok(None);
        };
        ctx.spend(candidates.len())?;
        'candidates: for candidate in candidates {
            if but.is_some() && candidate.0 == but {
                continue;
            }
            for ((old, new), (_, operator)) in candidate.1.iter().zip(key).zip(&self.operators) {
                if operator.call(ctx, &[old.clone(), new.clone()])?.as_bool() != Some(true) {
                    continue 'candidates;
                }
            }
            return Ok(Some(candidate));
        }
        Ok(None)
    }

    /// The live row of the table that a new one conflicts with.
    pub fn find(&mut self, ctx: &mut Context<'_, '_>, table: Oid, row: &Chunk) -> Result<Option<RowId>> {
        let Some(key) = self.keys_of(ctx, row)?.into_iter().next().flatten() else {
            return Ok(None);
        };
        let heap = ctx.heap_now(table)?;
        let known = self.known(ctx, &heap)?;
        Ok(self.conflicting(ctx, &known, &key, None)?.and_then(|(id, _)| *id))
    }

    /// `conflicting key value violates exclusion constraint "x"`
    fn violation(&self, backend: &Backend<'_>, relation: &Relation, new: &[Datum], old: &[Datum]) -> Error {
        let describe = |key: &[Datum]| describe_key(backend, relation, &self.definition, &self.keys, key);
        let message = format!("conflicting key value violates exclusion constraint \"{}\"", self.name);
        let detail = format!("Key {} conflicts with existing key {}.", describe(new), describe(old));
        self.error(backend, relation, message, detail)
    }

    fn error(&self, backend: &Backend<'_>, relation: &Relation, message: String, detail: String) -> Error {
        Error::new(SqlState::EXCLUSION_VIOLATION, message)
            .detail(detail)
            .constraint(&backend.schema_name(relation.schema), &relation.name, &self.name)
    }

    /// No two live rows of the table may conflict when the constraint is made.
    pub fn check_all(&mut self, ctx: &mut Context<'_, '_>, relation: &Relation) -> Result<()> {
        let heap = ctx.heap_now(relation.oid)?;
        let mut known = Known::default();
        for chunk in heap.live_chunks() {
            for key in self.keys_of(ctx, &chunk)?.into_iter().flatten() {
                if let Some((_, old)) = self.conflicting(ctx, &known, &key, None)? {
                    let describe =
                        |key: &[Datum]| describe_key(ctx.backend, relation, &self.definition, &self.keys, key);
                    let message = format!("could not create exclusion constraint \"{}\"", self.name);
                    let detail = format!("Key {} conflicts with key {}.", describe(&key), describe(old));
                    return Err(self.error(ctx.backend, relation, message, detail));
                }
                self.add(&mut known, None, key);
            }
        }
        Ok(())
    }

    /// Rows whose check has waited: none of those that are left may conflict with another row.
    pub fn check_waiting(&mut self, ctx: &mut Context<'_, '_>, table: &Relation, rows: (u64, u64)) -> Result<()> {
        let heap = ctx.heap_now(table.oid)?;
        let types: Vec<Oid> = table.attributes.iter().map(|attribute| attribute.type_oid).collect();
        let known = self.known(ctx, &heap)?;
        for id in (rows.0..rows.1).map(RowId::at).filter(|&id| heap.is_live(id)) {
            let row = heap.fetch(&[id], &types);
            for key in self.keys_of(ctx, &row)?.into_iter().flatten() {
                if let Some((_, old)) = self.conflicting(ctx, &known, &key, Some(id))? {
                    return Err(self.violation(ctx.backend, table, &key, old));
                }
            }
        }
        Ok(())
    }
}

/// The first row that conflicts with one of the table, or with a row before it.
pub fn check_exclusions(ctx: &mut Context<'_, '_>, table: &mut Table, rows: &Chunk) -> Result<Option<Failure>> {
    let mut first: Option<Failure> = None;
    let relation = table.relation.clone();
    for exclusion in table
        .exclusions
        .iter_mut()
        .filter(|exclusion| exclusion.deferrable.is_none())
    {
        let heap = ctx.heap_now(relation.oid)?;
        let mut known = exclusion.known(ctx, &heap)?;
        let bound = first.as_ref().map_or(rows.rows, |failure| failure.row);
        let keys = exclusion.keys_of(ctx, &rows.slice(0, bound))?;
        for (row, key) in keys.into_iter().enumerate() {
            let Some(key) = key else { continue };
            if let Some((_, old)) = exclusion.conflicting(ctx, &known, &key, None)? {
                let error = exclusion.violation(ctx.backend, &relation, &key, old);
                first = Some(Failure { row, error });
                break;
            }
            exclusion.add(&mut known, None, key);
        }
    }
    Ok(first)
}
