//! MERGE: for each row of the join of source and target, the first WHEN clause that applies.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Error, Oid, Result, SqlState};

use super::conflict::replace;
use super::route::Router;
use super::system::{SYSTEM_COLUMNS, system_columns};
use super::table::Tables;
use super::trigger::Operation;
use super::{delete, insert, row_security, rows, update};
use crate::catalog::Relation;
use crate::executor::context::Context;
use crate::executor::expr::compile::compile_all;
use crate::executor::expr::{Compiled, compile};
use crate::executor::layout::Layout;
use crate::executor::scan::system_var;
use crate::planner::plan::{MergeChange, MergeStep, ScanTarget};
use crate::query::RowCheckKind;
use crate::storage::RowId;

/// The WHEN clauses, compiled over the target's row and the columns of the join.
pub struct Merge {
    steps: Vec<Step>,
    target_types: Vec<Oid>,
    /// Rows that have been changed.
    touched: std::collections::BTreeSet<(Oid, RowId)>,
}

struct Step {
    matched: bool,
    condition: Vec<Compiled>,
    change: Change,
}

enum Change {
    Insert(Vec<Compiled>),
    Update(Vec<(i16, Compiled)>),
    Delete,
    Nothing,
}

impl Merge {
    pub fn new(
        ctx: &Context<'_, '_>,
        steps: &[MergeStep],
        target: &ScanTarget,
        relation: &Relation,
        source: &Layout,
    ) -> Result<Merge> {
        let types = relation
            .attributes
            .iter()
            .map(|attribute| (attribute.type_oid, attribute.type_modifier));
        let mut layout = Layout::of_entry(target.entry, types);
        layout.extend(SYSTEM_COLUMNS.map(|attribute| system_var(target.entry, attribute)));
        let layout = layout.join(source.clone());
        let step = |step: &MergeStep| {
            Ok(Step {
                matched: step.matched,
                condition: compile_all(ctx.backend, &step.condition, &layout)?,
                change: match &step.action {
                    MergeChange::Insert(values) => Change::Insert(compile_all(ctx.backend, values, &layout)?),
                    MergeChange::Update(set) => {
                        let set = set
                            .iter()
                            .map(|(number, value)| Ok((*number, compile(ctx.backend, value, &layout)?)));
                        Change::Update(set.collect::<Result<_>>()?)
                    }
                    MergeChange::Delete => Change::Delete,
                    MergeChange::Nothing => Change::Nothing,
                },
            })
        };
        Ok(Merge {
            steps: steps.iter().map(step).collect::<Result<_>>()?,
            target_types: relation.attributes.iter().map(|attribute| attribute.type_oid).collect(),
            touched: Default::default(),
        })
    }

    /// Deals with one row of the join: what was done, if anything was changed.
    pub fn apply(
        &mut self,
        ctx: &mut Context<'_, '_>,
        tables: &mut Tables,
        router: &mut Router,
        target: Oid,
        found: Option<(Oid, RowId)>,
        source: &Chunk,
    ) -> Result<Option<Operation>> {
        let old = match found {
            Some((leaf, id)) => {
                if self.touched.contains(&(leaf, id)) {
                    return Err(second_time());
                }
                let table = tables.get(ctx, leaf)?;
                let row = rows::fetch(ctx, table, &[id])?;
                router.convert(ctx, leaf, target, &row)?
            }
            None => Chunk::empty(&self.target_types).take(&[0]),
        };
        let mut columns = old.columns.clone();
        columns.extend(system_columns(&[found]));
        columns.extend(source.columns.iter().cloned());
        let both = Chunk::new(columns, 1);
        'steps: for step in &mut self.steps {
            if step.matched != found.is_some() {
                continue;
            }
            for condition in &mut step.condition {
                if condition.eval_row(ctx, &both)?.as_bool() != Some(true) {
                    continue 'steps;
                }
            }
            match (&mut step.change, found) {
                (Change::Nothing, _) => return Ok(None),
                (Change::Delete, Some((leaf, id))) => {
                    let root = tables.get(ctx, target)?;
                    row_security::check(ctx, root, RowCheckKind::MergeDelete, &old)?;
                    let table = tables.get(ctx, leaf)?;
                    self.touched.insert((leaf, id));
                    if delete::delete_rows(ctx, table, &[id])?.rows.rows == 0 {
                        return Ok(None);
                    }
                    return Ok(Some(Operation::Delete));
                }
                (Change::Update(set), Some((leaf, id))) => {
                    let root = tables.get(ctx, target)?;
                    row_security::check(ctx, root, RowCheckKind::MergeUpdate, &old)?;
                    let mut values: Vec<(i16, Arc<Column>)> = Vec::with_capacity(set.len());
                    for (attribute, value) in set {
                        values.push((*attribute, value.eval(ctx, &both, None)?));
                    }
                    let new = update::assigned(&old, &values);
                    let changed: Vec<i16> = values.iter().map(|(attribute, _)| *attribute).collect();
                    self.touched.insert((leaf, id));
                    if replace(ctx, tables, router, (target, leaf), id, new, &changed)?.is_none() {
                        return Ok(None);
                    }
                    return Ok(Some(Operation::Update));
                }
                (Change::Insert(values), _) => {
                    let columns: Result<Vec<_>> = values.iter_mut().map(|value| value.eval(ctx, &both, None)).collect();
                    let inserted = insert::insert_rows(ctx, tables, router, target, Chunk::new(columns?, 1))?;
                    return Ok((inserted.rows.rows > 0).then_some(Operation::Insert));
                }
                (Change::Delete | Change::Update(_), None) => return Ok(None),
            }
        }
        Ok(None)
    }
}

fn second_time() -> Error {
    Error::new(
        SqlState::CARDINALITY_VIOLATION,
        "MERGE command cannot affect row a second time",
    )
    .hint("Ensure that not more than one source row matches any one target row.")
}
