//! CHECK constraints, after PostgreSQL's `AddRelationNewConstraints`.

use std::sync::Arc;

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{AddOptions, constraint_exists, depend_on_columns};
use crate::analyze::{ExprContext, analyze_expression};
use crate::backend::Backend;
use crate::catalog::expression_references::columns_read;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{Constraint, ConstraintKind, DependencyKind, ObjectAddress, ObjectClass, Relation, RelationKind};
use crate::commands::attribute_map::AttributeMap;
use crate::commands::create_table::inherit::InheritedCheck;
use crate::query::Expr;
use crate::{executor, ruleutils};

/// What makes a check.
struct NewCheck {
    name: crate::catalog::Name,
    expression: Arc<Expr>,
    no_inherit: bool,
    validated: bool,
    is_local: bool,
    inherited_count: i16,
}

/// Adds a check as written. Gives its oid, or `None` if it was merged with one of the same name.
pub fn add(
    backend: &mut Backend<'_>,
    table: Oid,
    constraint: &ast::Constraint,
    options: AddOptions,
) -> Result<Option<Oid>> {
    let ast::ConstraintKind::Check(expr) = &constraint.kind else {
        return Ok(None);
    };
    let relation = backend.relation_by_oid(table)?;
    let attributes = constraint.attributes;
    if attributes.no_inherit && relation.kind == RelationKind::PartitionedTable {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!(
                "cannot add NO INHERIT constraint to partitioned table \"{}\"",
                relation.name
            ),
        ));
    }
    let bool_type = Some((Oid::BOOL, -1));
    let expression = analyze_expression(backend, Some(&relation), expr, ExprContext::CheckConstraint, bool_type)?;
    let name = match &constraint.name {
        Some(name) => truncate_identifier(name).to_string(),
        None => {
            let column = single_column(&relation, &expression);
            let catalog = backend.catalog()?;
            catalog.choose_constraint_name(&relation.name, column, "check", relation.schema, &[])
        }
    };
    let check = NewCheck {
        name: name.into(),
        expression: Arc::new(expression),
        no_inherit: attributes.no_inherit,
        validated: !attributes.not_valid,
        is_local: !options.inherited,
        inherited_count: i16::from(options.inherited),
    };
    add_to_tree(backend, &relation, check, options)
}

/// The name of the one column that the expression reads, if it is one.
fn single_column<'a>(relation: &'a Relation, expression: &Expr) -> Option<&'a str> {
    match columns_read(expression).as_slice() {
        [number] => relation.attribute(*number).map(|attribute| &*attribute.name),
        _ => None,
    }
}

/// Stores the check on the table and, handed down, on its children.
fn add_to_tree(
    backend: &mut Backend<'_>,
    relation: &Relation,
    check: NewCheck,
    options: AddOptions,
) -> Result<Option<Oid>> {
    let table = relation.oid;
    if merge_with_existing(backend, relation, &check, !options.validate && !options.recurse)? {
        return Ok(None);
    }
    let children: Vec<Arc<Relation>> = backend.catalog()?.children_of(table).cloned().collect();
    if !children.is_empty() && !options.recurse && !check.no_inherit {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            "constraint must be added to child tables too",
        ));
    }
    let oid = store(backend, table, &check)?;
    if options.validate && check.validated && relation.has_storage() {
        executor::validate_constraint(backend, oid)?;
    }
    if !check.no_inherit {
        for child in children {
            let map = AttributeMap::by_name(relation, &child);
            let handed_down = NewCheck {
                name: check.name.clone(),
                expression: map.apply(&check.expression),
                is_local: false,
                inherited_count: 1,
                ..check
            };
            add_to_tree(backend, &child, handed_down, options)?;
        }
    }
    Ok(Some(oid))
}

/// A constraint of the same name must say the same; then they become one (`MergeWithExistingConstraint`).
fn merge_with_existing(
    backend: &mut Backend<'_>,
    relation: &Relation,
    check: &NewCheck,
    creating: bool,
) -> Result<bool> {
    let Some(existing) = backend.find_constraint(relation.oid, &check.name).cloned() else {
        return Ok(false);
    };
    let text = |expr: &Expr| ruleutils::deparse_expression(backend, expr, Some(relation), false);
    let same = match &existing.kind {
        ConstraintKind::Check { expression, .. } => text(expression)? == text(&check.expression)?,
        _ => false,
    };
    let inheriting = !check.is_local || existing.inherited_count > 0 && !existing.is_local;
    if !same || !inheriting {
        return Err(if creating && check.is_local && existing.is_local {
            Error::new(
                SqlState::DUPLICATE_OBJECT,
                format!("check constraint \"{}\" already exists", check.name),
            )
        } else {
            constraint_exists(&check.name, &relation.name)
        });
    }
    if existing.no_inherit {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            format!(
                "constraint \"{}\" conflicts with non-inherited constraint on relation \"{}\"",
                check.name, relation.name
            ),
        ));
    }
    backend.notice(Error::notice(format!(
        "merging constraint \"{}\" with inherited definition",
        check.name
    )));
    let mut merged = existing;
    if check.is_local {
        merged.is_local = true;
    } else {
        merged.inherited_count = merged.inherited_count.saturating_add(1);
    }
    backend.catalog_mut()?.put_constraint(merged);
    Ok(true)
}

fn store(backend: &mut Backend<'_>, table: Oid, check: &NewCheck) -> Result<Oid> {
    let oid = backend.new_oid();
    let schema = backend.relation_by_oid(table)?.schema;
    let columns = columns_read(&check.expression);
    let catalog = backend.catalog_mut()?;
    catalog.put_constraint(Constraint {
        oid,
        name: check.name.clone(),
        schema,
        relation: table,
        kind: ConstraintKind::Check {
            expression: check.expression.clone(),
            columns: columns.clone(),
        },
        deferrable: false,
        initially_deferred: false,
        validated: check.validated,
        parent: Oid::INVALID,
        is_local: check.is_local,
        inherited_count: check.inherited_count,
        no_inherit: check.no_inherit,
    });
    let object = ObjectAddress::new(ObjectClass::Constraint, oid);
    catalog.record_expression(object, &check.expression, table, DependencyKind::Auto);
    depend_on_columns(backend, oid, table, &columns)?;
    Ok(oid)
}

/// The checks a new table has from its parents.
pub fn copy_inherited(backend: &mut Backend<'_>, table: Oid, checks: Vec<InheritedCheck>) -> Result<()> {
    for check in checks {
        let check = NewCheck {
            name: check.name,
            expression: check.expression,
            no_inherit: false,
            validated: true,
            is_local: false,
            inherited_count: check.count,
        };
        store(backend, table, &check)?;
    }
    Ok(())
}

/// Copies the checks of one table to another (LIKE INCLUDING CONSTRAINTS).
pub fn copy(backend: &mut Backend<'_>, source: Oid, table: Oid, map: &AttributeMap, comments: bool) -> Result<()> {
    let constraints: Vec<Arc<Constraint>> = backend.catalog()?.constraints_of(source).cloned().collect();
    let target = backend.relation_by_oid(table)?;
    let mut constraints: Vec<_> = constraints.into_iter().collect();
    constraints.sort_by(|a, b| a.name.cmp(&b.name));
    for constraint in constraints {
        let ConstraintKind::Check { expression, .. } = &constraint.kind else {
            continue;
        };
        if backend.find_constraint(table, &constraint.name).is_some() {
            return Err(constraint_exists(&constraint.name, &target.name));
        }
        let check = NewCheck {
            name: constraint.name.clone(),
            expression: map.apply(expression),
            no_inherit: constraint.no_inherit,
            validated: true,
            is_local: true,
            inherited_count: 0,
        };
        let oid = store(backend, table, &check)?;
        if comments {
            let object = |oid| ObjectAddress::new(ObjectClass::Constraint, oid);
            backend.copy_comment(object(constraint.oid), object(oid))?;
        }
    }
    Ok(())
}
