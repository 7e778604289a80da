//! The ModifyTable node.

use std::collections::BTreeMap;
use std::sync::Arc;

use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState};

use super::check::{failing_row, with_detail};
use super::conflict::{Conflict, Outcome, replace};
use super::merge::Merge;
use super::route::Router;
use super::row_security::compile_checks;
use super::rows::{Changed, Gathered};
use super::system::{SYSTEM_COLUMNS, system_columns};
use super::table::Tables;
use super::trigger::{self, Operation};
use super::update::Assignments;
use super::{delete, insert, rows, update};
use crate::catalog::Name;
use crate::executor::build::{build_child, child_layout, node_id};
use crate::executor::context::Context;
use crate::executor::expr::Compiled;
use crate::executor::expr::compile;
use crate::executor::expr::compile::compile_all;
use crate::executor::layout::Layout;
use crate::executor::operator::Operator;
use crate::executor::pages::IndexPages;
use crate::executor::scan::{relation, system_var};
use crate::planner::Plan;
use crate::planner::plan::{MergeChange, ModifyTable};
use crate::query::{CommandType, Expr};
use crate::storage::RowId;

/// Rows of one table that are to be changed: where they are in the source, and their addresses.
type Addresses = (Oid, Vec<(usize, RowId)>);

struct Modify {
    input: Box<dyn Operator>,
    plan: ModifyTable,
    target: Oid,
    tables: Tables,
    router: Router,
    conflict: Option<Conflict>,
    merge: Option<Merge>,
    /// Views with WITH CHECK OPTION, and their conditions.
    check_options: Vec<(Name, Compiled)>,
    returning: Vec<Compiled>,
    is_view: bool,
    begun: bool,
    done: bool,
    /// The node is the statement's own, and not that of a CTE: its rows are counted.
    is_root: bool,
    node: usize,
}

pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan, modification: &ModifyTable) -> Result<Box<dyn Operator>> {
    let target = ctx.bound(modification.target.relation);
    let shape = relation(ctx, modification.target.relation)?;
    let source = child_layout(plan, 0)?;
    // RETURNING sees the target's row, its system columns, and then the columns of the plan below.
    let types = shape
        .attributes
        .iter()
        .map(|attribute| (attribute.type_oid, attribute.type_modifier));
    let mut layout = Layout::of_entry(modification.target.entry, types);
    layout.extend(SYSTEM_COLUMNS.map(|attribute| system_var(modification.target.entry, attribute)));
    let mut tables = Tables::default();
    if !modification.row_checks.is_empty() {
        tables.get(ctx, target)?.row_checks = compile_checks(ctx, &modification.row_checks, &layout)?;
    }
    let layout = layout.join(source.clone());
    let conflict = match &modification.on_conflict {
        Some(action) => Some(Conflict::new(ctx, action, &modification.target, &shape)?),
        None => None,
    };
    let merge = match modification.command {
        CommandType::Merge => Some(Merge::new(
            ctx,
            &modification.merge_actions,
            &modification.target,
            &shape,
            &source,
        )?),
        _ => None,
    };
    let mut check_options = Vec::with_capacity(modification.check_options.len());
    for (view, condition) in &modification.check_options {
        check_options.push((view.clone(), compile(ctx.backend, condition, &layout)?));
    }
    Ok(Box::new(Modify {
        check_options,
        returning: compile_all(ctx.backend, &modification.returning, &layout)?,
        input: build_child(ctx, plan, 0)?,
        plan: modification.clone(),
        target,
        tables,
        router: Router::default(),
        conflict,
        merge,
        is_view: shape.kind == crate::catalog::RelationKind::View,
        begun: false,
        done: false,
        is_root: node_id(&ctx.plan.root) == node_id(plan),
        node: node_id(plan),
    }))
}

impl Modify {
    /// The operations of the statement, each with the columns it assigns to.
    fn operations(&self) -> Vec<(Operation, Vec<i16>)> {
        let columns = |set: &Vec<(i16, Expr)>| set.iter().map(|(number, _)| *number).collect::<Vec<i16>>();
        match self.plan.command {
            CommandType::Insert => {
                let mut operations = vec![(Operation::Insert, Vec::new())];
                if let Some(update) = self
                    .plan
                    .on_conflict
                    .as_ref()
                    .and_then(|conflict| conflict.update.as_ref())
                {
                    operations.push((Operation::Update, columns(&update.set)));
                }
                operations
            }
            CommandType::Update => vec![(Operation::Update, self.plan.assigned.clone())],
            CommandType::Delete => vec![(Operation::Delete, Vec::new())],
            CommandType::Merge | CommandType::Select => self.merge_operations(),
        }
    }

    fn merge_operations(&self) -> Vec<(Operation, Vec<i16>)> {
        let mut found: BTreeMap<Operation, Vec<i16>> = BTreeMap::new();
        for step in &self.plan.merge_actions {
            match &step.action {
                MergeChange::Insert(_) => found.entry(Operation::Insert).or_default(),
                MergeChange::Delete => found.entry(Operation::Delete).or_default(),
                MergeChange::Update(set) => {
                    let columns = found.entry(Operation::Update).or_default();
                    columns.extend(set.iter().map(|(number, _)| *number));
                    columns
                }
                MergeChange::Nothing => continue,
            };
        }
        found.into_iter().collect()
    }

    fn before_statement(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        for (operation, changed) in self.operations() {
            let table = self.tables.get(ctx, self.target)?;
            trigger::before_statement(ctx, table, operation, &changed)?;
        }
        Ok(())
    }

    fn after_statement(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        for (operation, changed) in self.operations().into_iter().rev() {
            let table = self.tables.get(ctx, self.target)?;
            trigger::note_statement(ctx, table, operation, &changed)?;
        }
        Ok(())
    }

    fn count(&self, ctx: &mut Context<'_, '_>, rows: usize) {
        if self.is_root {
            ctx.processed += rows as u64;
        }
    }

    /// RETURNING for changed rows, with the rows of the plan below that they come from.
    fn give(&mut self, ctx: &mut Context<'_, '_>, changed: &Changed, source: &Chunk) -> Result<Chunk> {
        let count = changed.rows.rows;
        self.count(ctx, count);
        self.count_pages(ctx, count)?;
        self.check_views(ctx, &changed.rows)?;
        if self.returning.is_empty() {
            return Ok(Chunk::default());
        }
        let mut places: Vec<Option<(Oid, RowId)>> = changed.places.iter().copied().map(Some).collect();
        places.resize(count, None);
        let mut columns = changed.rows.columns.clone();
        columns.extend(system_columns(&places));
        columns.extend(source.columns.iter().cloned());
        let rows = Chunk::new(columns, count);
        let columns: Result<Vec<_>> = self
            .returning
            .iter_mut()
            .map(|expr| expr.eval(ctx, &rows, None))
            .collect();
        Ok(Chunk::new(columns?, count))
    }

    /// A new row is put on a page, and into each index; one that is gone is marked on its page.
    fn count_pages(&mut self, ctx: &mut Context<'_, '_>, rows: usize) -> Result<()> {
        if ctx.counters.is_none() || self.is_view {
            return Ok(());
        }
        let table = self.tables.get(ctx, self.target)?.oid();
        let indexes: Vec<Oid> = ctx
            .backend
            .catalog()?
            .indexes_of(table)
            .map(|index| index.oid)
            .collect();
        let index_pages = indexes.iter().filter_map(|index| IndexPages::of(ctx, table, *index));
        let inserted: u64 = 1 + index_pages.map(IndexPages::descent).sum::<u64>();
        let pages = match self.plan.command {
            CommandType::Insert => inserted,
            CommandType::Update => 1 + inserted,
            _ => 1,
        };
        if let Some(counters) = ctx.counters_of(self.node) {
            counters.pages += pages * rows as u64;
        }
        Ok(())
    }

    /// A view whose INSTEAD OF triggers do what is to be done.
    fn instead_of(&mut self, ctx: &mut Context<'_, '_>, source: &Chunk) -> Result<Chunk> {
        let (mut changed, mut kept) = (Vec::new(), Vec::new());
        for row in 0..source.rows {
            let given = source.slice(row, 1);
            let places = self.plan.old_row.iter();
            let old = Chunk::new(
                places.filter_map(|&place| given.columns.get(place).cloned()).collect(),
                1,
            );
            let table = self.tables.get(ctx, self.target)?;
            let done = match self.plan.command {
                CommandType::Insert => trigger::instead_of_row(ctx, table, Operation::Insert, None, Some(given))?,
                CommandType::Update => {
                    let set = self
                        .plan
                        .assigned
                        .iter()
                        .copied()
                        .zip(given.columns.iter().cloned())
                        .collect();
                    let new = update::assigned(&old, &set);
                    trigger::instead_of_row(ctx, table, Operation::Update, Some(&old), Some(new))?
                }
                _ => trigger::instead_of_row(ctx, table, Operation::Delete, Some(&old), None)?,
            };
            if let Some(done) = done {
                changed.push(done);
                kept.extend(u32::try_from(row));
            }
        }
        let types = self.tables.get(ctx, self.target)?.types.clone();
        let changed = Changed {
            rows: Chunk::concat(&types, &changed),
            kept: None,
            places: Vec::new(),
        };
        self.give(ctx, &changed, &source.take(&kept))
    }

    /// WITH CHECK OPTION: new rows must be seen through the views that they were written through.
    fn check_views(&mut self, ctx: &mut Context<'_, '_>, new: &Chunk) -> Result<()> {
        if self.plan.command == CommandType::Delete {
            return Ok(());
        }
        let mut first: Option<(usize, Name)> = None;
        for (view, condition) in &mut self.check_options {
            let fits = condition.eval(ctx, new, None)?;
            let failed = (0..new.rows).find(|&row| fits.get(row).as_bool() != Some(true));
            if let Some(row) = failed
                && first.as_ref().is_none_or(|(earlier, _)| row < *earlier)
            {
                first = Some((row, view.clone()));
            }
        }
        let Some((row, view)) = first else {
            return Ok(());
        };
        let table = self.tables.get(ctx, self.target)?;
        let detail = failing_row(ctx.backend, &table.relation, &new.row(row));
        let message = format!("new row violates check option for view \"{view}\"");
        Err(with_detail(
            Error::new(SqlState::WITH_CHECK_OPTION_VIOLATION, message),
            detail,
        ))
    }

    fn insert(&mut self, ctx: &mut Context<'_, '_>, source: Chunk) -> Result<Chunk> {
        let Some(conflict) = &mut self.conflict else {
            let stored = insert::insert_rows(ctx, &mut self.tables, &mut self.router, self.target, source.clone())?;
            let source = stored.of(&source);
            return self.give(ctx, &stored, &source);
        };
        let mut changed = Gathered::default();
        for row in 0..source.rows {
            let new = source.slice(row, 1);
            let outcome = conflict.insert(ctx, &mut self.tables, &mut self.router, self.target, new)?;
            if let Some(counters) = ctx.counters_of(self.node) {
                counters.proposed(&outcome, conflict.has_condition());
            }
            match outcome {
                Outcome::Inserted(stored) | Outcome::Updated(stored) => changed.push(row, stored),
                Outcome::Left => {}
            }
        }
        let changed = changed.finish(&self.tables.get(ctx, self.target)?.types);
        let source = changed.of(&source);
        self.give(ctx, &changed, &source)
    }

    /// The table and address of a row of the plan below; `None`: the join found none.
    fn address(&self, source: &Chunk, row: usize, ctx: &Context<'_, '_>) -> Option<(Oid, RowId)> {
        let id = RowId::from_datum(&source.get(self.plan.row_id?, row))?;
        let table = match self.plan.table_oid {
            Some(column) => match source.get(column, row) {
                Datum::Oid(oid) => ctx.bound(Oid(oid)),
                _ => self.target,
            },
            None => self.target,
        };
        Some((table, id))
    }

    /// Rows that are to be changed: those that are still there, each once; by table, in order.
    fn addresses(&mut self, ctx: &mut Context<'_, '_>, source: &Chunk) -> Result<Vec<Addresses>> {
        let mut found: Vec<Addresses> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for row in 0..source.rows {
            let Some((table, id)) = self.address(source, row, ctx) else {
                continue;
            };
            let opened = self.tables.get(ctx, table)?;
            if !seen.insert((table, id)) || !rows::is_live(ctx, opened, id)? {
                continue;
            }
            match found.last_mut() {
                Some((last, rows)) if *last == table => rows.push((row, id)),
                _ => found.push((table, vec![(row, id)])),
            }
        }
        Ok(found)
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, source: Chunk) -> Result<Chunk> {
        let mut given = Vec::new();
        for (leaf, members) in self.addresses(ctx, &source)? {
            let places: Vec<u32> = members.iter().filter_map(|(row, _)| u32::try_from(*row).ok()).collect();
            let ids: Vec<RowId> = members.iter().map(|(_, id)| *id).collect();
            let source = source.take(&places);
            let set: Assignments = self
                .plan
                .assigned
                .iter()
                .copied()
                .zip(source.columns.iter().cloned())
                .collect();
            let new = self.update_leaf(ctx, leaf, &ids, set)?;
            let source = new.of(&source);
            given.push(self.give(ctx, &new, &source)?);
        }
        let types: Vec<Oid> = self.returning.iter().map(|expr| expr.type_oid).collect();
        Ok(Chunk::concat(&types, &given))
    }

    fn update_leaf(
        &mut self,
        ctx: &mut Context<'_, '_>,
        leaf: Oid,
        ids: &[RowId],
        set: Assignments,
    ) -> Result<Changed> {
        let root = self.tables.get(ctx, self.target)?;
        if leaf == self.target && !root.is_partitioned() {
            return update::replace_rows(ctx, root, ids, &set, &self.plan.assigned);
        }
        // Row by row: a row may move to another partition.
        let types = root.types.clone();
        let mut gathered = Gathered::default();
        for (row, &id) in ids.iter().enumerate() {
            let table = self.tables.get(ctx, leaf)?;
            let old = rows::fetch(ctx, table, &[id])?;
            let old = self.router.convert(ctx, leaf, self.target, &old)?;
            let one = set
                .iter()
                .map(|(attribute, column)| (*attribute, Arc::new(column.slice(row, 1))))
                .collect();
            let new = update::assigned(&old, &one);
            let changed = &self.plan.assigned;
            let place = (self.target, leaf);
            let new = replace(ctx, &mut self.tables, &mut self.router, place, id, new, changed)?;
            if let Some(new) = new {
                gathered.push(row, new);
            }
        }
        Ok(gathered.finish(&types))
    }

    fn delete(&mut self, ctx: &mut Context<'_, '_>, source: Chunk) -> Result<Chunk> {
        let mut given = Vec::new();
        for (leaf, members) in self.addresses(ctx, &source)? {
            let places: Vec<u32> = members.iter().filter_map(|(row, _)| u32::try_from(*row).ok()).collect();
            let ids: Vec<RowId> = members.iter().map(|(_, id)| *id).collect();
            let table = self.tables.get(ctx, leaf)?;
            let gone = delete::delete_rows(ctx, table, &ids)?;
            let old = self.router.convert(ctx, leaf, self.target, &gone.rows)?;
            if leaf != self.target {
                let root = self.tables.get(ctx, self.target)?;
                trigger::keep(ctx, root, Operation::Delete, Some(&old), None);
            }
            let source = gone.of(&source.take(&places));
            given.push(self.give(ctx, &gone.with_rows(old), &source)?);
        }
        let types: Vec<Oid> = self.returning.iter().map(|expr| expr.type_oid).collect();
        Ok(Chunk::concat(&types, &given))
    }

    fn merge(&mut self, ctx: &mut Context<'_, '_>, source: Chunk) -> Result<Chunk> {
        let Some(mut merge) = self.merge.take() else {
            return Ok(Chunk::default());
        };
        for row in 0..source.rows {
            let found = self.address(&source, row, ctx);
            let one = source.slice(row, 1);
            let done = merge.apply(ctx, &mut self.tables, &mut self.router, self.target, found, &one)?;
            if let Some(counters) = ctx.counters_of(self.node) {
                counters.merged(done);
            }
            if done.is_some() {
                self.count(ctx, 1);
            }
        }
        self.merge = Some(merge);
        Ok(Chunk::default())
    }
}

impl Operator for Modify {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        if !std::mem::replace(&mut self.begun, true) {
            self.before_statement(ctx)?;
        }
        while !self.done {
            let Some(source) = ctx.in_batches(|ctx| self.input.next(ctx))? else {
                self.done = true;
                self.after_statement(ctx)?;
                break;
            };
            if source.rows == 0 {
                continue;
            }
            let given = match self.plan.command {
                _ if self.is_view => self.instead_of(ctx, &source)?,
                CommandType::Insert => self.insert(ctx, source)?,
                CommandType::Update => self.update(ctx, source)?,
                CommandType::Delete => self.delete(ctx, source)?,
                _ => self.merge(ctx, source)?,
            };
            if given.rows > 0 {
                return Ok(Some(given));
            }
        }
        Ok(None)
    }

    fn rescan(&mut self, _: &mut Context<'_, '_>) -> Result<()> {
        Ok(())
    }
}
