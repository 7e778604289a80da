//! INHERITS and PARTITION OF: the columns and checks of parents, merged with the table's own
//! (`MergeAttributes`).

use std::sync::Arc;

use kumquat_sql::ast::{CreateStmt, Location};
use kumquat_types::{Error, Result, SqlState};

use super::column::NewColumn;
use crate::backend::Backend;
use crate::catalog::{Constraint, ConstraintKind, Persistence, Relation, RelationKind};
use crate::commands::attribute_map::AttributeMap;
use crate::query::Expr;
use crate::ruleutils;

/// The columns a table gets, in order, and the checks it inherits.
pub struct Merged {
    pub columns: Vec<NewColumn>,
    pub checks: Vec<InheritedCheck>,
}

/// A check of a parent, over the columns of the child.
pub struct InheritedCheck {
    pub name: crate::catalog::Name,
    pub expression: Arc<Expr>,
    pub count: i16,
}

/// The parents, each fit to be one.
pub fn open_parents(backend: &Backend<'_>, stmt: &CreateStmt, persistence: Persistence) -> Result<Vec<Arc<Relation>>> {
    let as_partition = stmt.partition_bound.is_some();
    let mut parents: Vec<Arc<Relation>> = Vec::new();
    for range in &stmt.inherits {
        let parent = backend.relation(range)?;
        if parents.iter().any(|other| other.oid == parent.oid) {
            return Err(Error::new(
                SqlState::DUPLICATE_TABLE,
                format!("relation \"{}\" would be inherited from more than once", parent.name),
            ));
        }
        check_parent(backend, &parent, as_partition, persistence)?;
        parents.push(parent);
    }
    Ok(parents)
}

fn check_parent(backend: &Backend<'_>, parent: &Relation, as_partition: bool, persistence: Persistence) -> Result<()> {
    let name = &parent.name;
    let wrong = |message: String| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
    match parent.kind {
        RelationKind::PartitionedTable if !as_partition => {
            return wrong(format!("cannot inherit from partitioned table \"{name}\""));
        }
        RelationKind::PartitionedTable => {}
        _ if as_partition => return wrong(format!("\"{name}\" is not partitioned")),
        RelationKind::Table | RelationKind::ForeignTable => {}
        _ => return wrong(format!("inherited relation \"{name}\" is not a table or foreign table")),
    }
    if parent.is_partition() && !as_partition {
        return wrong(format!("cannot inherit from partition \"{name}\""));
    }
    let (temporary, child_temporary) = (
        parent.persistence == Persistence::Temporary,
        persistence == Persistence::Temporary,
    );
    match (temporary, child_temporary) {
        (true, false) if as_partition => {
            return wrong(format!(
                "cannot create a permanent relation as partition of temporary relation \"{name}\""
            ));
        }
        (true, false) => return wrong(format!("cannot inherit from temporary relation \"{name}\"")),
        (false, true) if as_partition => {
            return wrong(format!(
                "cannot create a temporary relation as partition of permanent relation \"{name}\""
            ));
        }
        _ => {}
    }
    backend.check_relation_owner(parent)
}

/// Merges the columns of all parents with the table's own, and numbers them.
pub fn merge(
    backend: &mut Backend<'_>,
    own: &[NewColumn],
    parents: &[Arc<Relation>],
    stmt: &CreateStmt,
) -> Result<Merged> {
    let mut columns: Vec<NewColumn> = Vec::new();
    for parent in parents {
        for attribute in parent.live_attributes() {
            inherit_column(backend, &mut columns, attribute)?;
        }
    }
    let inherited = columns.len();
    for (place, column) in own.iter().enumerate() {
        merge_own(backend, &mut columns, inherited, place, column, stmt)?;
    }
    for (column, number) in columns.iter_mut().zip(1..) {
        column.attribute.number = number;
    }
    let mut child = Relation::new(
        kumquat_types::Oid::INVALID,
        &stmt.relation.name,
        kumquat_types::Oid::INVALID,
        RelationKind::Table,
        kumquat_types::Oid::INVALID,
    );
    child.attributes = columns.iter().map(|column| column.attribute.clone()).collect();
    for parent in parents {
        map_generated(&mut columns, parent, &child);
    }
    check_conflicting_defaults(&columns)?;
    let checks = inherited_checks(backend, parents, &child)?;
    Ok(Merged { columns, checks })
}

/// A column that comes from a parent, perhaps the second one that has it.
fn inherit_column(
    backend: &mut Backend<'_>,
    columns: &mut Vec<NewColumn>,
    attribute: &crate::catalog::Attribute,
) -> Result<()> {
    let Some(known) = columns.iter_mut().find(|c| c.attribute.name == attribute.name) else {
        let mut inherited = attribute.clone();
        inherited.is_local = false;
        inherited.inherited_count = 1;
        inherited.identity = None;
        inherited.default = None;
        inherited.missing = None;
        inherited.statistics_target = None;
        inherited.options = Vec::new();
        inherited.acl = None;
        columns.push(NewColumn {
            attribute: inherited,
            default: None,
            cooked: attribute.default.clone(),
            sequence: None,
            location: Location::UNKNOWN,
        });
        return Ok(());
    };
    backend.notice(Error::notice(format!(
        "merging multiple inherited definitions of column \"{}\"",
        attribute.name
    )));
    check_same_type(backend, "inherited column", &known.attribute, attribute)?;
    known.attribute.inherited_count = known.attribute.inherited_count.saturating_add(1);
    known.attribute.not_null |= attribute.not_null;
    if let (Some(mine), Some(theirs)) = (&known.cooked, &attribute.default)
        && text(backend, mine) != text(backend, theirs)
    {
        return Err(conflicting_defaults(&attribute.name));
    }
    if known.cooked.is_none() {
        known.cooked = attribute.default.clone();
    }
    Ok(())
}

fn text(backend: &Backend<'_>, expr: &Expr) -> String {
    ruleutils::deparse_expression(backend, expr, None, false).unwrap_or_default()
}

fn conflicting_defaults(column: &str) -> Error {
    Error::new(
        SqlState::INVALID_COLUMN_DEFINITION,
        format!("column \"{column}\" inherits conflicting default values"),
    )
    .hint("To resolve the conflict, specify a default explicitly.")
}

fn check_conflicting_defaults(columns: &[NewColumn]) -> Result<()> {
    for column in columns {
        let attribute = &column.attribute;
        if attribute.generated.is_some() && attribute.inherited_count > 0 && column.default.is_some() {
            return Err(Error::new(
                SqlState::INVALID_COLUMN_DEFINITION,
                format!("child column \"{}\" specifies generation expression", attribute.name),
            )
            .hint(
                "Omit the generation expression in the definition of the child table column to inherit the \
                 generation expression from the parent table.",
            ));
        }
    }
    Ok(())
}

fn check_same_type(
    backend: &Backend<'_>,
    noun: &str,
    known: &crate::catalog::Attribute,
    other: &crate::catalog::Attribute,
) -> Result<()> {
    let same = known.type_oid == other.type_oid && known.type_modifier == other.type_modifier;
    if same {
        return Ok(());
    }
    let words = |a: &crate::catalog::Attribute| backend.format_type_with_modifier(a.type_oid, a.type_modifier);
    Err(Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!("{noun} \"{}\" has a type conflict", known.name),
    )
    .detail(format!("{} versus {}", words(known), words(other))))
}

/// One of the table's own columns: new, or laid over an inherited one.
fn merge_own(
    backend: &mut Backend<'_>,
    columns: &mut Vec<NewColumn>,
    inherited: usize,
    place: usize,
    own: &NewColumn,
    stmt: &CreateStmt,
) -> Result<()> {
    let name = &own.attribute.name;
    let found = columns.iter().take(inherited).position(|c| c.attribute.name == *name);
    let partial = stmt.partition_bound.is_some();
    let Some(known) = found.and_then(|at| columns.get_mut(at)) else {
        if partial {
            return Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{name}\" does not exist"),
            ));
        }
        if columns.iter().any(|column| column.attribute.name == *name) {
            return Err(crate::commands::define::duplicate_column(name));
        }
        columns.push(own.clone());
        return Ok(());
    };
    if !partial {
        let notice = if found == Some(place) {
            Error::notice(format!("merging column \"{name}\" with inherited definition"))
        } else {
            Error::notice(format!(
                "moving and merging column \"{name}\" with inherited definition"
            ))
            .detail("User-specified column moved to the position of the inherited column.")
        };
        check_same_type(backend, "column", &known.attribute, &own.attribute)?;
        backend.notice(notice);
        known.attribute.is_local = true;
    }
    known.attribute.not_null |= own.attribute.not_null;
    known.attribute.identity = own.attribute.identity;
    known.sequence = own.sequence.clone();
    if let Some(default) = &own.default {
        if known.attribute.generated.is_some() && own.attribute.generated.is_none() {
            return Err(Error::new(
                SqlState::INVALID_COLUMN_DEFINITION,
                format!("column \"{name}\" inherits from generated column but specifies default"),
            ));
        }
        known.default = Some(default.clone());
        known.attribute.generated = own.attribute.generated;
        known.cooked = None;
    }
    Ok(())
}

/// Generation expressions of a parent name its columns: they get the child's numbers.
fn map_generated(columns: &mut [NewColumn], parent: &Relation, child: &Relation) {
    let map = AttributeMap::by_name(parent, child);
    for column in columns.iter_mut().filter(|c| c.attribute.generated.is_some()) {
        let of_parent = parent.attribute_by_name(&column.attribute.name);
        if let Some(default) = of_parent.and_then(|attribute| attribute.default.as_ref()) {
            column.cooked = Some(map.apply(default));
        }
    }
}

/// The checks all parents hand down, each name once.
fn inherited_checks(backend: &Backend<'_>, parents: &[Arc<Relation>], child: &Relation) -> Result<Vec<InheritedCheck>> {
    let mut checks: Vec<InheritedCheck> = Vec::new();
    for parent in parents {
        let map = AttributeMap::by_name(parent, child);
        let constraints: Vec<Arc<Constraint>> = backend.catalog()?.constraints_of(parent.oid).cloned().collect();
        for constraint in constraints.iter().filter(|constraint| !constraint.no_inherit) {
            let ConstraintKind::Check { expression, .. } = &constraint.kind else {
                continue;
            };
            let expression = map.apply(expression);
            let same_name = checks.iter_mut().find(|check| check.name == constraint.name);
            match same_name {
                None => checks.push(InheritedCheck {
                    name: constraint.name.clone(),
                    expression,
                    count: 1,
                }),
                Some(known) => {
                    let words = |expr: &Expr| ruleutils::deparse_expression(backend, expr, Some(child), false);
                    if words(&known.expression)? != words(&expression)? {
                        return Err(Error::new(
                            SqlState::DUPLICATE_OBJECT,
                            format!(
                                "check constraint name \"{}\" appears multiple times but with different expressions",
                                constraint.name
                            ),
                        ));
                    }
                    known.count = known.count.saturating_add(1);
                }
            }
        }
    }
    Ok(checks)
}
