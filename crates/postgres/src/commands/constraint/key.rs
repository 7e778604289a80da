//! PRIMARY KEY, UNIQUE and EXCLUDE: constraints that an index enforces (`transformIndexConstraint`).

use kumquat_sql::ast::{self, ConstraintAttributes, ConstraintKind, ExclusionElem, IndexConstraint};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{AddOptions, attributes, constraint_exists};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{IndexColumn, Relation};
use crate::commands::index::{self, ConstraintRequest, IndexRequest};

/// The keys of CREATE TABLE: the primary key first, the same key only once.
pub fn add_all(backend: &mut Backend<'_>, table: Oid, keys: &[ast::Constraint]) -> Result<()> {
    for constraint in distinct(keys) {
        add(backend, table, &constraint, AddOptions::at_creation())?;
    }
    Ok(())
}

fn index_of(constraint: &ast::Constraint) -> Option<&IndexConstraint> {
    match &constraint.kind {
        ConstraintKind::Primary(index)
        | ConstraintKind::Unique { index, .. }
        | ConstraintKind::Exclusion { index, .. } => Some(index),
        _ => None,
    }
}

/// Leaves out keys that say nothing new; one that is left out gives its name to one without.
fn distinct(keys: &[ast::Constraint]) -> Vec<ast::Constraint> {
    let primary = |constraint: &&ast::Constraint| matches!(constraint.kind, ConstraintKind::Primary(_));
    let mut kept: Vec<ast::Constraint> = keys.iter().filter(primary).cloned().collect();
    for constraint in keys.iter().filter(|constraint| !primary(constraint)) {
        let same = kept.iter_mut().find(|other| enforces_the_same(other, constraint));
        match same {
            Some(other) => {
                if other.name.is_none() {
                    other.name = constraint.name.clone();
                }
            }
            None => kept.push(constraint.clone()),
        }
    }
    kept
}

fn enforces_the_same(a: &ast::Constraint, b: &ast::Constraint) -> bool {
    let distinct_nulls = |c: &ast::Constraint| match c.kind {
        ConstraintKind::Unique { nulls_not_distinct, .. } => nulls_not_distinct,
        _ => false,
    };
    let plain = |c: &ast::Constraint| !matches!(c.kind, ConstraintKind::Exclusion { .. });
    let keys = |c: &ast::Constraint| index_of(c).map(|index| (index.keys.clone(), index.including.clone()));
    plain(a) && plain(b) && keys(a) == keys(b) && a.attributes == b.attributes && distinct_nulls(a) == distinct_nulls(b)
}

/// Makes the index and the constraint on it. Gives the index's oid.
pub fn add(backend: &mut Backend<'_>, table: Oid, constraint: &ast::Constraint, options: AddOptions) -> Result<Oid> {
    attributes::check(constraint)?;
    let Some(index) = index_of(constraint) else {
        return Err(Error::internal("not a key constraint"));
    };
    if let Some(name) = &index.index_name {
        return index::using::add_using_index(backend, table, constraint, name);
    }
    let relation = backend.relation_by_oid(table)?;
    if let Some(name) = &constraint.name
        && backend.find_constraint(table, truncate_identifier(name)).is_some()
        && backend.catalog()?.relation_by_name(relation.schema, name).is_none()
    {
        return Err(constraint_exists(name, &relation.name));
    }
    let request = request(backend, &relation, constraint, index)?;
    index::define(backend, request, options.validate)?
        .ok_or_else(|| Error::internal("an index for a constraint was skipped"))
}

fn request(
    backend: &Backend<'_>,
    relation: &Relation,
    constraint: &ast::Constraint,
    index: &IndexConstraint,
) -> Result<IndexRequest> {
    let ConstraintAttributes {
        deferrable,
        initially_deferred,
        ..
    } = constraint.attributes;
    crate::commands::create_table::check_tablespace(index.index_tablespace.as_deref())?;
    let mut request = IndexRequest::new(relation.oid, "btree");
    request.name = constraint
        .name
        .as_deref()
        .map(|name| truncate_identifier(name).to_string());
    request.options = crate::commands::reloptions::read(
        &index.options,
        crate::commands::reloptions::Kind::Index(&request.method),
    )?;
    request.constraint = Some(ConstraintRequest {
        deferrable,
        initially_deferred,
        parent: Oid::INVALID,
    });
    match &constraint.kind {
        ConstraintKind::Exclusion {
            access_method,
            elements,
            where_clause,
            ..
        } => {
            request.method = access_method.as_deref().unwrap_or("btree").into();
            let elems: Vec<_> = elements.iter().map(|element| element.elem.clone()).collect();
            let columns = index::columns::resolve(backend, relation, &request.method, &elems)?;
            request.exclusion_operators = exclusion_operators(backend, relation, elements, &columns)?;
            request.columns = columns;
            request.predicate = index::columns::predicate(backend, relation, where_clause.as_ref())?;
        }
        kind => {
            request.primary = matches!(kind, ConstraintKind::Primary(_));
            request.unique = true;
            if let ConstraintKind::Unique { nulls_not_distinct, .. } = kind {
                request.nulls_not_distinct = *nulls_not_distinct;
            }
            request.columns = key_columns(relation, constraint, &index.keys, request.primary)?;
        }
    }
    request.included = index::columns::included(relation, &index.including, constraint.location)?;
    Ok(request)
}

fn key_columns(
    relation: &Relation,
    constraint: &ast::Constraint,
    keys: &[String],
    primary: bool,
) -> Result<Vec<IndexColumn>> {
    let mut columns: Vec<IndexColumn> = Vec::new();
    for key in keys {
        let attribute = relation.attribute_by_name(key).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{key}\" named in key does not exist"),
            )
            .at(constraint.location)
        })?;
        if columns.iter().any(|column| column.attribute == attribute.number) {
            let noun = if primary { "primary key" } else { "unique" };
            return Err(Error::new(
                SqlState::DUPLICATE_COLUMN,
                format!("column \"{key}\" appears twice in {noun} constraint"),
            )
            .at(constraint.location));
        }
        columns.push(IndexColumn::plain(attribute.number));
    }
    Ok(columns)
}

fn exclusion_operators(
    backend: &Backend<'_>,
    relation: &Relation,
    elements: &[ExclusionElem],
    columns: &[IndexColumn],
) -> Result<Vec<Oid>> {
    let mut operators = Vec::new();
    for (element, column) in elements.iter().zip(columns) {
        let type_oid = index::columns::column_type(relation, column);
        let name = element.operator.last().map_or("", String::as_str);
        let found = crate::catalog::operator_class::find_binary_operator(backend, name, type_oid, type_oid);
        let operator = found.ok_or_else(|| {
            let type_name = backend.format_type(type_oid);
            Error::new(
                SqlState::UNDEFINED_FUNCTION,
                format!("operator does not exist: {type_name} {name} {type_name}"),
            )
            .hint("No operator matches the given name and argument types. You might need to add explicit type casts.")
        })?;
        operators.push(operator);
    }
    Ok(operators)
}
