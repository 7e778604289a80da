//! ADD COLUMN and DROP COLUMN.

use kumquat_sql::ast::{self, ColumnDef, DropBehavior};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{children, invalid_table, rewrite};
use crate::backend::Backend;
use crate::catalog::{ObjectAddress, Relation, RelationKind, TypeDefinition};
use crate::commands::constraint::{self, AddOptions};
use crate::commands::create_table::column::{self as definition, NewColumn};
use crate::commands::create_table::store_defaults;
use crate::commands::define::{check_column_type, record_column_type};
use crate::commands::drop::drop_objects;
use crate::commands::drop::missing::skipping;
use crate::commands::{sequence, undefined_column};
use crate::executor;

pub fn add(
    backend: &mut Backend<'_>,
    relation: &Relation,
    def: &ColumnDef,
    missing_ok: bool,
    recurse: bool,
) -> Result<()> {
    let name = crate::catalog::naming::truncate_identifier(&def.name);
    if let Err(error) = crate::commands::rename::check_new_column_name(relation, name) {
        let exists = relation.attribute_by_name(name).is_some();
        return skipping(backend, missing_ok && exists, error);
    }
    if relation.is_partition() {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            "cannot add column to a partition",
        ));
    }
    let reading = definition::read(backend, &relation.name, def);
    let reading = match relation.kind {
        RelationKind::CompositeType => reading.map_err(without_position)?,
        _ => reading?,
    };
    let number = add_to_tree(backend, relation, &reading.column, recurse, false)?;
    if let Some(number) = number {
        mark_primary(backend, relation.oid, number, &reading.constraints)?;
    }
    for item in &reading.constraints {
        constraint::add(backend, relation.oid, item, AddOptions::added(recurse))?;
    }
    Ok(())
}

/// ALTER TYPE does not say where in its text an error is.
fn without_position(mut error: Error) -> Error {
    error.position = None;
    error
}

/// A new primary key column has no row to be NULL in, but where its default leaves it so.
fn mark_primary(backend: &mut Backend<'_>, table: Oid, number: i16, constraints: &[ast::Constraint]) -> Result<()> {
    let primary = constraints
        .iter()
        .any(|item| matches!(item.kind, ast::ConstraintKind::Primary(_)));
    if primary {
        super::not_null::set(backend, table, number, true)?;
    }
    Ok(())
}

/// Adds the column to a table and its children (`ATExecAddColumn`). Gives its number, unless a child had it.
fn add_to_tree(
    backend: &mut Backend<'_>,
    relation: &Relation,
    new: &NewColumn,
    recurse: bool,
    inherited: bool,
) -> Result<Option<i16>> {
    let table = relation.oid;
    let children = children(backend, relation)?;
    if !recurse && !children.is_empty() {
        return Err(invalid_table("column must be added to child tables too"));
    }
    let number = match merge_with_own(backend, relation, new, inherited)? {
        true => None,
        false => Some(add_column(backend, relation, new, inherited)?),
    };
    if !children.is_empty() && new.attribute.identity.is_some() && relation.kind != RelationKind::PartitionedTable {
        return Err(invalid_table(
            "cannot recursively add identity column to table that has child tables",
        ));
    }
    for child in children {
        let mut handed_down = new.clone();
        if new.sequence.as_ref().is_some_and(|sequence| !sequence.identity) {
            // Children use the parent's sequence.
            let relation = backend.relation_by_oid(table)?;
            let default = relation
                .attribute_by_name(&new.attribute.name)
                .and_then(|a| a.default.clone());
            handed_down.sequence = None;
            handed_down.cooked = default;
        }
        add_to_tree(backend, &child, &handed_down, recurse, true)?;
    }
    Ok(number)
}

/// A child that has the column already inherits it from now on.
fn merge_with_own(backend: &mut Backend<'_>, child: &Relation, new: &NewColumn, inherited: bool) -> Result<bool> {
    let name = &new.attribute.name;
    let Some(own) = child.attribute_by_name(name).filter(|_| inherited) else {
        return Ok(false);
    };
    if (own.type_oid, own.type_modifier) != (new.attribute.type_oid, new.attribute.type_modifier) {
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!(
                "child table \"{}\" has different type for column \"{name}\"",
                child.name
            ),
        ));
    }
    backend.update_attribute(child.oid, own.number, |attribute| {
        attribute.inherited_count = attribute.inherited_count.saturating_add(1);
    })?;
    backend.notice(Error::notice(format!(
        "merging definition of column \"{name}\" for child \"{}\"",
        child.name
    )));
    Ok(true)
}

fn add_column(backend: &mut Backend<'_>, relation: &Relation, new: &NewColumn, inherited: bool) -> Result<i16> {
    let table = relation.oid;
    let name = new.attribute.name.clone();
    check_column_type(backend, &name, new.attribute.type_oid)?;
    let number = i16::try_from(relation.attributes.len() + 1)
        .ok()
        .filter(|number| *number <= 1600)
        .ok_or_else(|| Error::new(SqlState::TOO_MANY_COLUMNS, "tables can have at most 1600 columns"))?;
    let mut column = new.clone();
    column.attribute.number = number;
    if inherited {
        column.attribute.is_local = false;
        column.attribute.inherited_count = 1;
    }
    let sequence = match &column.sequence {
        Some(sequence) => Some(definition::create_sequence(backend, sequence, relation, &name)?),
        None => None,
    };
    backend.update_relation(table, |relation| {
        let mut attributes = relation.attributes.to_vec();
        attributes.push(column.attribute.clone());
        relation.attributes = attributes.into();
    })?;
    record_column_type(backend.catalog_mut()?, table, &column.attribute);
    if let (Some(oid), Some(new)) = (sequence, &column.sequence) {
        let object = ObjectAddress::column(table, number);
        sequence::own_sequence(backend, oid, Some(object), new.dependency())?;
    }
    store_defaults(backend, table, std::slice::from_ref(&column))?;
    if relation.has_storage() {
        fill(backend, table, number)?;
    }
    Ok(number)
}

/// Gives the rows that are there the new column's default, and checks that none is NULL where it may not be.
fn fill(backend: &mut Backend<'_>, table: Oid, number: i16) -> Result<()> {
    let relation = backend.relation_by_oid(table)?;
    let Some(attribute) = relation.attribute(number) else {
        return Ok(());
    };
    let mut value = attribute.default.clone();
    if attribute.identity.is_some() {
        value = Some(definition::serial_default(backend, table, attribute)?);
    }
    if value.is_none() {
        value = domain_default(backend, attribute.type_oid);
    }
    rewrite::append_column(backend, table, attribute.type_oid, value.as_deref())?;
    let domain_refuses_null = value.is_none() && domain_is_not_null(backend, attribute.type_oid);
    if domain_refuses_null && rewrite::has_rows(backend, table)? {
        return Err(Error::new(
            SqlState::NOT_NULL_VIOLATION,
            format!(
                "domain {} does not allow null values",
                backend.format_type(attribute.type_oid)
            ),
        ));
    }
    if attribute.not_null && rewrite::has_rows(backend, table)? {
        if value.is_none() {
            return Err(rewrite::contains_nulls(&attribute.name, &relation.name));
        }
        executor::validate_not_null(backend, table, number)?;
    }
    Ok(())
}

/// The default of a domain, or of the one it is over.
pub fn domain_default(backend: &Backend<'_>, type_oid: Oid) -> Option<std::sync::Arc<crate::query::Expr>> {
    match &backend.user_type(type_oid)?.definition {
        TypeDefinition::Domain {
            default: Some(default), ..
        } => Some(default.clone()),
        TypeDefinition::Domain { base, .. } => domain_default(backend, *base),
        _ => None,
    }
}

fn domain_is_not_null(backend: &Backend<'_>, type_oid: Oid) -> bool {
    match backend.user_type(type_oid).map(|user| &user.definition) {
        Some(TypeDefinition::Domain { not_null, base, .. }) => *not_null || domain_is_not_null(backend, *base),
        _ => false,
    }
}

pub fn drop(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    behavior: DropBehavior,
    missing_ok: bool,
    recurse: bool,
) -> Result<()> {
    if crate::commands::define::SYSTEM_COLUMNS.contains(&name) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("cannot drop system column \"{name}\""),
        ));
    }
    if relation.attribute_by_name(name).is_none() {
        return skipping(backend, missing_ok, undefined_column(name, &relation.name));
    }
    let mut objects = Vec::new();
    collect_drops(backend, relation, name, recurse, false, &mut objects)?;
    drop_objects(backend, &objects, behavior)
}

/// The column on a table and on the children that have it from there alone (`ATExecDropColumn`).
fn collect_drops(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    recurse: bool,
    recursing: bool,
    objects: &mut Vec<ObjectAddress>,
) -> Result<()> {
    let Some(attribute) = relation.attribute_by_name(name) else {
        return Ok(());
    };
    if attribute.inherited_count > 0 && !recursing {
        return Err(invalid_table(format!("cannot drop inherited column \"{name}\"")));
    }
    check_not_partition_key(relation, attribute.number, "drop")?;
    let children = children(backend, relation)?;
    if !recurse && relation.kind == RelationKind::PartitionedTable && !children.is_empty() {
        return Err(
            invalid_table("cannot drop column from only the partitioned table when partitions exist")
                .hint("Do not specify the ONLY keyword."),
        );
    }
    for child in children {
        let Some(own) = child.attribute_by_name(name) else {
            continue;
        };
        if recurse && own.inherited_count == 1 && !own.is_local {
            collect_drops(backend, &child, name, true, true, objects)?;
            continue;
        }
        backend.update_attribute(child.oid, own.number, |attribute| {
            attribute.inherited_count = attribute.inherited_count.saturating_sub(1);
            attribute.is_local |= !recurse;
        })?;
    }
    objects.push(ObjectAddress::column(relation.oid, attribute.number));
    Ok(())
}

/// The key of a partitioned table stays as it is.
pub fn check_not_partition_key(relation: &Relation, number: i16, verb: &str) -> Result<()> {
    let Some(key) = &relation.partition_key else {
        return Ok(());
    };
    let name = relation.attribute(number).map_or("", |attribute| &attribute.name);
    let reads = |expr: &crate::query::Expr| crate::catalog::expression_references::columns_read(expr).contains(&number);
    if key.columns.iter().any(|column| column.attribute == number) {
        return Err(invalid_table(format!(
            "cannot {verb} column \"{name}\" because it is part of the partition key of relation \"{}\"",
            relation.name
        )));
    }
    if key
        .columns
        .iter()
        .any(|column| column.expression.as_ref().is_some_and(|expr| reads(expr)))
    {
        return Err(invalid_table(format!(
            "cannot {verb} column \"{name}\" because it is part of the partition key of relation \"{}\"",
            relation.name
        )));
    }
    Ok(())
}

/// Takes a column out of a table: its place stays, under a name nobody can use (`RemoveAttributeById`).
pub fn remove(backend: &mut Backend<'_>, table: Oid, number: i16) -> Result<()> {
    backend.update_attribute(table, number, |attribute| {
        attribute.name = format!("........pg.dropped.{number}........").into();
        attribute.dropped = true;
        attribute.not_null = false;
        attribute.default = None;
        attribute.generated = None;
        attribute.identity = None;
        attribute.missing = None;
        attribute.statistics_target = Some(0);
        attribute.acl = None;
        attribute.options = Vec::new();
    })
}
