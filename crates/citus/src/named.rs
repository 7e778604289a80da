//! Tables that a statement names, noted in the trace where the statement is refused: what it would have touched.
//!
//! Names are looked up as the statement would have; what can't be found is no table that could be shown.

use kumquat_postgres::Backend;
use kumquat_postgres::commands::range_var;
use kumquat_postgres::extension::FunctionCall;
use kumquat_postgres::query::{Query, RangeTableKind};
use kumquat_sql::ast::{
    AlterTableCmd, AlterTarget, ColumnDef, Constraint, ConstraintKind, CopySource, CreateStmt, ObjectName, RangeVar,
    Statement, TableElement,
};
use kumquat_types::Oid;

use crate::functions::arguments::Arguments;
use crate::planner::rewrite::for_each_query;
use crate::{metadata, session};

/// Notes the relations of a query and of all queries in it.
pub fn note_query(backend: &mut Backend<'_>, query: &Query) {
    let mut found = Vec::new();
    for_each_query(query, &mut |query| {
        for entry in &query.range_table {
            if let RangeTableKind::Relation { relation, .. } = &entry.kind {
                found.push(*relation);
            }
        }
    });
    note(backend, found);
}

/// Notes the relations that a function was called with: by oid, by name, or as the table of a shard.
pub fn note_call(backend: &mut Backend<'_>, call: &FunctionCall<'_>) {
    let args = Arguments(call);
    let found = |place: usize| match call.proc.arg_names.get(place).copied() {
        Some("shard_id" | "shardid") => {
            let shard = args.int(place)?;
            Some(metadata::of(backend).ok()?.shard(shard)?.relation)
        }
        Some("colocate_with") => relation(backend, &named(args.text(place)?)),
        _ if args.type_of(place) == Oid::REGCLASS => args.oid(place),
        _ => None,
    };
    let found = (0..call.args.len()).filter_map(found).collect();
    note(backend, found);
}

/// Notes the relations that a statement other than a query is about.
pub fn note_statement(backend: &mut Backend<'_>, statement: &Statement) {
    let found = ranges(statement)
        .iter()
        .filter_map(|range| relation(backend, range))
        .collect();
    note(backend, found);
}

fn note(backend: &mut Backend<'_>, found: Vec<Oid>) {
    session::log(backend, |log| log.trace.named.extend(found));
}

fn relation(backend: &Backend<'_>, range: &RangeVar) -> Option<Oid> {
    let found = backend.find_relation(range).ok()??;
    Some(found.oid)
}

/// A name as `colocate_with` takes it: `users`, `sales.users`.
fn named(text: &str) -> RangeVar {
    let parts: Vec<String> = text.split('.').map(String::from).collect();
    range_var(&parts)
}

fn ranges(statement: &Statement) -> Vec<RangeVar> {
    match statement {
        Statement::AlterTable(alter) => {
            let others = alter.commands.iter().flat_map(of_command);
            std::iter::once(alter.relation.clone()).chain(others).collect()
        }
        Statement::Create(create) => of_create(create),
        Statement::Index(index) => vec![index.relation.clone()],
        Statement::Truncate(truncate) => truncate.relations.clone(),
        Statement::CreateTrig(trigger) => vec![trigger.relation.clone()],
        Statement::Copy(copy) => match &copy.source {
            CopySource::Table { relation, .. } => vec![relation.clone()],
            CopySource::Query(_) => Vec::new(),
        },
        Statement::Drop(drop) => drop.objects.iter().filter_map(of_object).collect(),
        Statement::Rename(rename) => of_target(&rename.target),
        Statement::AlterObjectSchema(alter) => of_target(&alter.target),
        _ => Vec::new(),
    }
}

fn of_target(target: &AlterTarget) -> Vec<RangeVar> {
    match target {
        AlterTarget::Relation(range) => vec![range.clone()],
        AlterTarget::Object(_) => Vec::new(),
    }
}

/// A name that may be a table's; that of anything else finds no table.
fn of_object(object: &ObjectName) -> Option<RangeVar> {
    match object {
        ObjectName::Name(name) => Some(range_var(name)),
        _ => None,
    }
}

fn of_create(create: &CreateStmt) -> Vec<RangeVar> {
    let elements = create.elements.iter().flat_map(|element| match element {
        TableElement::Column(column) => of_column(column),
        TableElement::Constraint(constraint) => of_constraint(constraint).into_iter().collect(),
        TableElement::Like(like) => vec![like.relation.clone()],
    });
    create.inherits.iter().cloned().chain(elements).collect()
}

fn of_command(command: &AlterTableCmd) -> Vec<RangeVar> {
    match command {
        AlterTableCmd::AddColumn { column, .. } => of_column(column),
        AlterTableCmd::AddConstraint(constraint) => of_constraint(constraint).into_iter().collect(),
        AlterTableCmd::AttachPartition { name, .. } | AlterTableCmd::DetachPartition { name, .. } => vec![name.clone()],
        _ => Vec::new(),
    }
}

fn of_column(column: &ColumnDef) -> Vec<RangeVar> {
    column.constraints.iter().filter_map(of_constraint).collect()
}

/// The table that a foreign key references.
fn of_constraint(constraint: &Constraint) -> Option<RangeVar> {
    match &constraint.kind {
        ConstraintKind::Foreign(key) => Some(key.table.clone()),
        _ => None,
    }
}
