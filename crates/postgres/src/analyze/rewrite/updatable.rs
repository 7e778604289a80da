//! Modifications of views that show columns of one table become modifications of that table
//! (`rewriteTargetView`).

use std::sync::Arc;

use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::function::{TriggerEvent, TriggerTiming};
use crate::catalog::{Relation, RelationKind};
use crate::query::{
    BoolOp, CheckOption, CommandType, Expr, FromItem, FuncForm, MergeActionKind, Query, RangeTableEntry,
    RangeTableKind, TargetEntry, Var,
};

fn unchangeable(kind: &str, name: &str) -> Error {
    Error::new(SqlState::WRONG_OBJECT_TYPE, format!("cannot change {kind} \"{name}\""))
}

/// Replaces the target as long as it is a view.
pub fn replace_target_views(backend: &Backend<'_>, query: &mut Query) -> Result<()> {
    while let Some(target) = query.result_relation {
        let Some(RangeTableKind::Relation { relation, .. }) = query.entry(target).map(|entry| &entry.kind) else {
            return Ok(());
        };
        let view = match backend.catalog()?.relation(*relation) {
            Some(relation) if relation.kind == RelationKind::View => Arc::clone(relation),
            Some(relation) if relation.kind == RelationKind::MaterializedView => {
                return Err(unchangeable("materialized view", &relation.name));
            }
            Some(relation) if relation.kind == RelationKind::Sequence => {
                return Err(unchangeable("sequence", &relation.name));
            }
            _ => return Ok(()),
        };
        let Some(body) = view.view.clone() else { return Ok(()) };
        if query.command == CommandType::Merge {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("cannot execute MERGE on relation \"{}\"", view.name),
            )
            .detail("This operation is not supported for views."));
        }
        if has_instead_of(backend, view.oid, query.command)? {
            read_target_view(query, target);
            return Ok(());
        }
        if let Some(detail) = not_updatable(backend, &body) {
            return Err(view_error(&view, query.command, detail));
        }
        replace(query, target, &view, &body)?;
    }
    Ok(())
}

/// Whether INSTEAD OF triggers carry out the command (`view_has_instead_trigger`).
fn has_instead_of(backend: &Backend<'_>, view: Oid, command: CommandType) -> Result<bool> {
    let concerns = |event: &TriggerEvent| match event {
        TriggerEvent::Insert => command == CommandType::Insert,
        TriggerEvent::Update(_) => command == CommandType::Update,
        TriggerEvent::Delete => command == CommandType::Delete,
        TriggerEvent::Truncate => false,
    };
    Ok(backend.catalog()?.triggers.values().any(|trigger| {
        trigger.relation == view && trigger.timing == TriggerTiming::InsteadOf && trigger.events.iter().any(concerns)
    }))
}

/// The rows of a view that triggers change are read from the view; RETURNING sees what they give back.
fn read_target_view(query: &mut Query, target: usize) {
    let Some(entry) = query.entry(target).cloned() else {
        return;
    };
    if let Some(entry) = target.checked_sub(1).and_then(|at| query.range_table.get_mut(at))
        && let RangeTableKind::Relation { inherit, .. } = &mut entry.kind
    {
        *inherit = false;
    }
    if query.command == CommandType::Insert {
        return;
    }
    let index = query.range_table.len() + 1;
    query.range_table.push(RangeTableEntry {
        in_from: true,
        required: vec!['r'],
        ..entry
    });
    for item in &mut query.from {
        if matches!(item, FromItem::Table(own) if *own == target) {
            *item = FromItem::Table(index);
        }
    }
    let returning = std::mem::take(&mut query.returning);
    renumber_entry(query, target, index, 0);
    query.returning = returning;
}

fn renumber_entry(query: &mut Query, from: usize, to: usize, depth: usize) {
    query.for_each_expr_mut(&mut |expr| {
        expr.transform(&mut |part| {
            if let Expr::Var(var) = part
                && var.varno == from
                && var.levels_up == depth
            {
                var.varno = to;
            }
        });
    });
    query.for_each_subquery_mut(&mut |subquery| renumber_entry(Arc::make_mut(subquery), from, to, depth + 1));
}

/// Why a view can't be modified (`view_query_is_auto_updatable`).
fn not_updatable(backend: &Backend<'_>, body: &Query) -> Option<&'static str> {
    let single = "Views that do not select from a single table or view are not automatically updatable.";
    if body.distinct.is_some() {
        return Some("Views containing DISTINCT are not automatically updatable.");
    }
    if !body.group_by.is_empty() || !body.grouping_sets.is_empty() {
        return Some("Views containing GROUP BY are not automatically updatable.");
    }
    if body.having.is_some() {
        return Some("Views containing HAVING are not automatically updatable.");
    }
    if body.set_operation.is_some() {
        return Some("Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable.");
    }
    if !body.ctes.is_empty() {
        return Some("Views containing WITH are not automatically updatable.");
    }
    if body.limit.is_some() || body.offset.is_some() {
        return Some("Views containing LIMIT or OFFSET are not automatically updatable.");
    }
    if body.has_aggregates {
        return Some("Views that return aggregate functions are not automatically updatable.");
    }
    if body.has_windows {
        return Some("Views that return window functions are not automatically updatable.");
    }
    if body.has_set_functions {
        return Some("Views that return set-returning functions are not automatically updatable.");
    }
    let [FromItem::Table(base)] = body.from.as_slice() else {
        return Some(single);
    };
    let Some(RangeTableKind::Relation { relation, sample, .. }) = body.entry(*base).map(|entry| &entry.kind) else {
        return Some(single);
    };
    let kind = backend
        .catalog()
        .ok()?
        .relation(*relation)
        .map(|relation| relation.kind);
    if !matches!(
        kind,
        Some(RelationKind::Table | RelationKind::PartitionedTable | RelationKind::View | RelationKind::ForeignTable)
    ) {
        return Some(single);
    }
    if sample.is_some() {
        return Some("Views containing TABLESAMPLE are not automatically updatable.");
    }
    let updatable = body.target_list.iter().any(|target| column_problem(target).is_none());
    (!updatable).then_some("Views that have no updatable columns are not automatically updatable.")
}

/// `error_view_not_updatable`.
fn view_error(view: &Relation, command: CommandType, detail: &str) -> Error {
    let (verb, doing, event) = match command {
        CommandType::Insert => ("insert into", "inserting into", "INSERT"),
        CommandType::Update => ("update", "updating", "UPDATE"),
        _ => ("delete from", "deleting from", "DELETE"),
    };
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("cannot {verb} view \"{}\"", view.name),
    )
    .detail(detail)
    .hint(format!(
        "To enable {doing} the view, provide an INSTEAD OF {event} trigger or an unconditional ON {event} DO INSTEAD \
         rule."
    ))
}

/// Why a column of a view can't be assigned to (`view_col_is_auto_updatable`).
fn column_problem(target: &TargetEntry) -> Option<&'static str> {
    match &target.expr {
        _ if target.junk => Some("View columns that are not columns of their base relation are not updatable."),
        Expr::Var(Var { attribute: 0, .. }) => Some("View columns that return whole-row references are not updatable."),
        Expr::Var(var) if var.attribute < 0 => Some("View columns that refer to system columns are not updatable."),
        Expr::Var(var) if var.levels_up == 0 => None,
        _ => Some("View columns that are not columns of their base relation are not updatable."),
    }
}

fn replace(query: &mut Query, target: usize, view: &Relation, body: &Query) -> Result<()> {
    let Some(FromItem::Table(base)) = body.from.first() else {
        return Ok(());
    };
    let Some(base_entry) = body.entry(*base).cloned() else {
        return Ok(());
    };
    let index = query.range_table.len() + 1;
    let columns: Vec<Expr> = body
        .target_list
        .iter()
        .filter(|entry| !entry.junk)
        .map(|entry| move_to(&entry.expr, *base, index))
        .collect();
    let quals = body.quals.as_ref().map(|quals| move_to(quals, *base, index));
    let of_view = query.entry(target).cloned();
    let of_view = of_view.ok_or_else(|| Error::internal("a modification lacks its target"))?;
    query.range_table.push(RangeTableEntry {
        required: of_view.required,
        inserted: base_columns(&of_view.inserted, body),
        updated: base_columns(&of_view.updated, body),
        check_as: match base_entry.check_as.is_valid() {
            true => base_entry.check_as,
            false => super::views::reader(view),
        },
        in_from: false,
        ..base_entry
    });
    replace_columns(query, target, &columns);
    add_check_option(query, view, quals.as_ref())?;
    query.result_relation = Some(index);
    for item in &mut query.from {
        if matches!(item, FromItem::Table(own) if *own == target) {
            *item = FromItem::Table(index);
        }
    }
    let command = query.command;
    let renumber = |list: &mut Vec<TargetEntry>, command| renumber_targets(list, view, body, command);
    match command {
        CommandType::Insert | CommandType::Update => renumber(&mut query.target_list, command)?,
        _ => {}
    }
    if let Some(update) = query.on_conflict.as_mut().and_then(|conflict| conflict.update.as_mut()) {
        renumber(&mut update.set, CommandType::Update)?;
    }
    for action in &mut query.merge_actions {
        match &mut action.action {
            MergeActionKind::Insert { targets, .. } => renumber(targets, CommandType::Insert)?,
            MergeActionKind::Update(targets) => renumber(targets, CommandType::Update)?,
            MergeActionKind::Delete | MergeActionKind::DoNothing => {}
        }
    }
    if command == CommandType::Insert {
        return Ok(());
    }
    if view.is_security_barrier() {
        // Tested before the statement's own conditions.
        if let Some(entry) = query.range_table.get_mut(index - 1) {
            entry.security_quals.splice(0..0, quals);
        }
    } else {
        query.quals = match (query.quals.take(), quals) {
            (Some(own), Some(of_view)) => Some(Expr::Bool(BoolOp::And, vec![of_view, own])),
            (own, of_view) => own.or(of_view),
        };
    }
    Ok(())
}

/// WITH CHECK OPTION, of the view or of one above it that asks for those below, too.
fn add_check_option(query: &mut Query, view: &Relation, quals: Option<&Expr>) -> Result<()> {
    let option = view.options.iter().find(|(name, _)| &**name == "check_option");
    let from_above = query.check_options.first().is_some_and(|check| check.cascaded);
    if query.command == CommandType::Delete || option.is_none() && !from_above {
        return Ok(());
    }
    if quals.is_some_and(|quals| quals.any(&mut |part| matches!(part, Expr::SubLink(_)))) {
        return Err(Error::not_modelled(
            "WITH CHECK OPTION of a view with a subquery in WHERE",
        ));
    }
    let check = CheckOption {
        view: view.name.clone(),
        cascaded: from_above || option.is_some_and(|(_, value)| &**value == "cascaded"),
        condition: quals.cloned(),
    };
    query.check_options.insert(0, check);
    Ok(())
}

/// The table's columns that these columns of the view show.
fn base_columns(columns: &[i16], body: &Query) -> Vec<i16> {
    let shown = |column: &i16| {
        let place = usize::try_from(*column).ok()?.checked_sub(1)?;
        match &body.output_columns().nth(place)?.expr {
            Expr::Var(var) => Some(var.attribute),
            _ => None,
        }
    };
    columns.iter().filter_map(shown).collect()
}

/// Columns of the view are assigned under their numbers in the table.
fn renumber_targets(list: &mut Vec<TargetEntry>, view: &Relation, body: &Query, command: CommandType) -> Result<()> {
    for entry in list {
        let place = usize::try_from(entry.number)
            .ok()
            .and_then(|number| number.checked_sub(1));
        let Some(of_view) = place.and_then(|place| body.output_columns().nth(place)) else {
            continue;
        };
        if let Some(detail) = column_problem(of_view) {
            let verb = match command {
                CommandType::Insert => "insert into",
                _ => "update",
            };
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("cannot {verb} column \"{}\" of view \"{}\"", of_view.name, view.name),
            )
            .detail(detail));
        }
        if let Expr::Var(var) = &of_view.expr {
            entry.number = var.attribute;
        }
    }
    Ok(())
}

/// The expression over another range-table index.
fn move_to(expr: &Expr, from: usize, to: usize) -> Expr {
    let mut expr = expr.clone();
    expr.transform(&mut |part| {
        if let Expr::Var(var) = part
            && var.varno == from
            && var.levels_up == 0
        {
            var.varno = to;
        }
    });
    expr
}

/// Columns of the view become what they stand for, in nested queries as well.
fn replace_columns(query: &mut Query, target: usize, columns: &[Expr]) {
    replace_at(query, target, columns, 0);
}

fn replace_at(query: &mut Query, target: usize, columns: &[Expr], depth: usize) {
    query.for_each_expr_mut(&mut |expr| {
        expr.transform(&mut |part| {
            if let Expr::Var(var) = part
                && var.varno == target
                && var.levels_up == depth
            {
                *part = stand_in(var, columns);
            }
        });
    });
    query.for_each_subquery_mut(&mut |subquery| replace_at(Arc::make_mut(subquery), target, columns, depth + 1));
}

/// What a column of the view, or its whole row, is in terms of the table.
fn stand_in(var: &Var, columns: &[Expr]) -> Expr {
    let outward = |column: &Expr| {
        let mut column = column.clone();
        column.transform(&mut |part| {
            if let Expr::Var(inner) = part {
                inner.levels_up += var.levels_up;
                inner.location = var.location;
            }
        });
        column
    };
    let place = usize::try_from(var.attribute)
        .ok()
        .and_then(|number| number.checked_sub(1));
    match place.and_then(|place| columns.get(place)) {
        Some(column) => outward(column),
        None => Expr::Row {
            args: columns.iter().map(outward).collect(),
            names: Vec::new(),
            type_oid: var.type_oid,
            form: FuncForm::ImplicitCast,
        },
    }
}
