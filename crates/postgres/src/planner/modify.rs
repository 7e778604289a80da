//! INSERT, UPDATE, DELETE and MERGE: what the plan below must give, and the ModifyTable node above it.

use kumquat_types::{Datum, Error, Oid, Result};

use super::level::Level;
use super::path::Path;
use super::plan::{ConflictAction, ConflictUpdate, MergeChange, MergeStep, ModifyTable, PlanKind, ScanTarget};
use super::rel::Rel;
use super::scans::{leaves, relation};
use super::tree::JoinTree;
use super::upper::above;
use super::vars::conjuncts;
use crate::executor::scan::{CTID, TABLE_OID, system_var};
use crate::query::{CommandType, Expr, JoinKind, MergeActionKind, RangeTableKind, TargetEntry, Var};

/// What is known of the target.
struct Target {
    entry: usize,
    relation: Oid,
    /// Its rows may lie in other tables.
    has_children: bool,
    /// A view that INSTEAD OF triggers change: the entry that reads it.
    view_entry: Option<usize>,
}

fn target(level: &Level<'_, '_, '_>) -> Result<Target> {
    let entry = level
        .query
        .result_relation
        .ok_or_else(|| Error::internal("a modification lacks its target"))?;
    match level.query.entry(entry).map(|entry| &entry.kind) {
        Some(RangeTableKind::Relation { relation, inherit, .. }) => Ok(Target {
            entry,
            relation: *relation,
            has_children: *inherit && leaves(level, *relation)?.as_slice() != [*relation],
            view_entry: level
                .query
                .range_table
                .iter()
                .rposition(|other| matches!(&other.kind, RangeTableKind::Subquery { view, .. } if view == relation))
                .map(|at| at + 1),
        }),
        _ => Err(Error::internal("the target of a modification is not a table")),
    }
}

fn junk(expr: Expr, number: i16) -> TargetEntry {
    TargetEntry {
        expr,
        number,
        name: "".into(),
        sort_group_ref: 0,
        junk: true,
        origin: (Oid::INVALID, 0),
    }
}

/// Makes the target list what the plan below ModifyTable must give: new values, then the addresses of rows, then
/// what RETURNING and MERGE's actions need of other tables.
pub fn prepare(level: &mut Level<'_, '_, '_>) -> Result<()> {
    let target = target(level)?;
    match level.query.command {
        CommandType::Insert => return fill_attributes(level, &target),
        CommandType::Update if target.view_entry.is_some() => return read_view(level, &target),
        CommandType::Update => {}
        CommandType::Delete => level.query.target_list.clear(),
        CommandType::Merge => join_target(level, &target),
        CommandType::Select => return Ok(()),
    }
    if target.view_entry.is_some() {
        return read_view(level, &target);
    }
    let tables = level.tree.tables();
    if !tables.contains(&target.entry)
        && let JoinTree::From(items, _) = &mut level.tree
    {
        items.insert(0, JoinTree::Table(target.entry));
    }
    let mut list = std::mem::take(&mut level.query.target_list);
    let number = |list: &Vec<TargetEntry>| i16::try_from(list.len() + 1).unwrap_or(i16::MAX);
    list.push(junk(system_var(target.entry, CTID), number(&list)));
    if target.has_children {
        list.push(junk(system_var(target.entry, TABLE_OID), number(&list)));
    }
    add_others(level, &target, &mut list);
    level.query.target_list = list;
    Ok(())
}

/// What `old_row` of ModifyTable is found by.
const WHOLE_ROW: &str = "wholerow";

/// The row of the view as it is goes to its triggers.
fn read_view(level: &mut Level<'_, '_, '_>, target: &Target) -> Result<()> {
    let mut list = std::mem::take(&mut level.query.target_list);
    let entry = target.view_entry.unwrap_or_default();
    let columns = level
        .query
        .entry(entry)
        .map(|entry| entry.columns.clone())
        .unwrap_or_default();
    for (column, attribute) in columns.iter().zip(1..) {
        let number = i16::try_from(list.len() + 1).unwrap_or(i16::MAX);
        let var = Expr::Var(Var {
            varno: entry,
            attribute,
            type_oid: column.type_oid,
            type_modifier: column.type_modifier,
            collation: column.collation,
            levels_up: 0,
            location: None,
        });
        list.push(TargetEntry {
            name: WHOLE_ROW.into(),
            ..junk(var, number)
        });
    }
    add_others(level, target, &mut list);
    level.query.target_list = list;
    Ok(())
}

/// What RETURNING and MERGE's actions need of other tables.
fn add_others(level: &Level<'_, '_, '_>, target: &Target, list: &mut Vec<TargetEntry>) {
    let mut others: Vec<Expr> = Vec::new();
    let mut collect = |expr: &Expr| {
        for var in super::vars::vars_of(expr) {
            if var.varno != target.entry {
                super::vars::add_unique(&mut others, &Expr::Var(var));
            }
        }
    };
    level.query.returning.iter().for_each(|entry| collect(&entry.expr));
    for action in &level.query.merge_actions {
        action.condition.iter().for_each(&mut collect);
        if let MergeActionKind::Insert { targets, .. } | MergeActionKind::Update(targets) = &action.action {
            targets.iter().for_each(|entry| collect(&entry.expr));
        }
    }
    for other in others {
        let number = i16::try_from(list.len() + 1).unwrap_or(i16::MAX);
        list.push(junk(other, number));
    }
}

/// INSERT gives a value for each attribute of the table.
fn fill_attributes(level: &mut Level<'_, '_, '_>, target: &Target) -> Result<()> {
    let table = relation(level, target.relation)?;
    let given = std::mem::take(&mut level.query.target_list);
    level.query.target_list = attribute_values(&table, given)
        .into_iter()
        .zip(1..)
        .map(|(expr, number)| TargetEntry {
            junk: false,
            ..junk(expr, number)
        })
        .collect();
    Ok(())
}

/// One expression for each attribute: NULL for those without a value.
fn attribute_values(table: &crate::catalog::Relation, given: Vec<TargetEntry>) -> Vec<Expr> {
    let mut given = given;
    let value =
        |attribute: &crate::catalog::Attribute| match given.iter().position(|entry| entry.number == attribute.number) {
            Some(at) => given.swap_remove(at).expr,
            None => Expr::constant(Datum::Null, attribute.type_oid),
        };
    table.attributes.iter().map(value).collect()
}

/// MERGE reads its source joined with the target; source rows without a match stay if something is done with them.
fn join_target(level: &mut Level<'_, '_, '_>, target: &Target) {
    let tree = std::mem::replace(&mut level.tree, JoinTree::From(Vec::new(), Vec::new()));
    let (items, quals) = match tree {
        JoinTree::From(items, quals) => (items, quals),
        tree => (vec![tree], Vec::new()),
    };
    let unmatched = level.query.merge_actions.iter().any(|action| !action.matched);
    let join = JoinTree::Join {
        kind: if unmatched { JoinKind::Right } else { JoinKind::Inner },
        left: Box::new(JoinTree::Table(target.entry)),
        right: Box::new(match <[JoinTree; 1]>::try_from(items) {
            Ok([item]) => item,
            Err(items) => JoinTree::From(items, Vec::new()),
        }),
        quals,
    };
    level.tree = JoinTree::From(vec![join], Vec::new());
    level.query.target_list.clear();
}

/// Puts ModifyTable above the rows that FROM and WHERE give.
pub fn plan_modification(level: &mut Level<'_, '_, '_>, rel: Rel) -> Result<Path> {
    let target = target(level)?;
    let source = rel
        .cheapest()
        .ok_or_else(|| Error::internal("a modification has no plan"))?;
    let targets: Vec<Expr> = level.query.target_list.iter().map(|entry| entry.expr.clone()).collect();
    let input = match level.has_set_functions() {
        true => super::upper::finish_targets(Path::clone(&source), &targets),
        false => super::upper::project_scan(level, Path::clone(&source), &targets),
    };
    let mut input = input;
    input.width = targets.iter().map(|expr| level.width_of(expr)).sum();
    let place = |attribute: i16| {
        let wanted = system_var(target.entry, attribute);
        targets.iter().position(|expr| expr.same_as(&wanted))
    };
    let command = level.query.command;
    let leaves = match target.has_children && command != CommandType::Insert {
        true => leaf_targets(level, &target)?,
        false => Vec::new(),
    };
    let assigned = match command {
        CommandType::Update => {
            let assigned = level.query.target_list.iter().filter(|entry| !entry.junk);
            assigned.map(|entry| entry.number).collect()
        }
        _ => Vec::new(),
    };
    let returning: Vec<Expr> = level.query.returning.iter().map(|entry| entry.expr.clone()).collect();
    let modification = ModifyTable {
        command,
        override_kind: level.query.override_kind,
        assigned,
        row_id: place(CTID),
        old_row: old_row(&level.query.target_list),
        table_oid: place(TABLE_OID),
        leaves,
        on_conflict: conflict_action(level)?,
        merge_actions: merge_steps(level, &target)?,
        check_options: level
            .query
            .check_options
            .iter()
            .filter_map(|check| Some((check.view.clone(), check.condition.clone()?)))
            .collect(),
        row_checks: level.query.row_checks.clone(),
        returning: returning.clone(),
        target: ScanTarget {
            entry: target.entry,
            relation: target.relation,
        },
    };
    let rows = if returning.is_empty() { 0.0 } else { input.rows };
    let width = returning.iter().map(|expr| level.width_of(expr)).sum();
    let mut path = above(
        input,
        PlanKind::ModifyTable(Box::new(modification)),
        Some(returning.into()),
    );
    path.rows = rows;
    path.width = width;
    path.keys.clear();
    Ok(path)
}

fn old_row(targets: &[TargetEntry]) -> Vec<usize> {
    let places = targets
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.junk && &*entry.name == WHOLE_ROW);
    places.map(|(place, _)| place).collect()
}

/// The tables that the rows may come from, with their entries in the range table.
fn leaf_targets(level: &Level<'_, '_, '_>, target: &Target) -> Result<Vec<ScanTarget>> {
    let members = leaves(level, target.relation)?;
    let entries = level.query.range_table.iter().zip(1..);
    let found = entries.filter_map(|(entry, number)| match &entry.kind {
        RangeTableKind::Relation {
            relation,
            inherit: false,
            ..
        } if members.contains(relation) && number != target.entry => Some(ScanTarget {
            entry: number,
            relation: *relation,
        }),
        _ => None,
    });
    Ok(found.collect())
}

fn conflict_action(level: &Level<'_, '_, '_>) -> Result<Option<ConflictAction>> {
    let Some(conflict) = &level.query.on_conflict else {
        return Ok(None);
    };
    let arbiters = super::arbiters::arbiters(level.global.backend.catalog()?, &level.query)?;
    let update = conflict.update.as_ref().map(|update| ConflictUpdate {
        set: update
            .set
            .iter()
            .map(|entry| (entry.number, entry.expr.clone()))
            .collect(),
        condition: update.quals.clone().map(conjuncts).unwrap_or_default(),
    });
    Ok(Some(ConflictAction {
        arbiters,
        excluded: conflict.update.as_ref().map_or(0, |update| update.excluded),
        update,
    }))
}

fn merge_steps(level: &Level<'_, '_, '_>, target: &Target) -> Result<Vec<MergeStep>> {
    if level.query.merge_actions.is_empty() {
        return Ok(Vec::new());
    }
    let table = relation(level, target.relation)?;
    let step = |action: &crate::query::MergeAction| MergeStep {
        matched: action.matched,
        condition: action.condition.clone().map(conjuncts).unwrap_or_default(),
        action: match &action.action {
            MergeActionKind::Insert { targets, .. } => MergeChange::Insert(attribute_values(&table, targets.clone())),
            MergeActionKind::Update(targets) => {
                MergeChange::Update(targets.iter().map(|entry| (entry.number, entry.expr.clone())).collect())
            }
            MergeActionKind::Delete => MergeChange::Delete,
            MergeActionKind::DoNothing => MergeChange::Nothing,
        },
    };
    Ok(level.query.merge_actions.iter().map(step).collect())
}
