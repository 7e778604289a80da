//! DROP TABLE, VIEW, MATERIALIZED VIEW, INDEX, SEQUENCE, FOREIGN TABLE.

use kumquat_sql::ast::{DropBehavior, DropStmt, ObjectName, ObjectType, RangeVar};
use kumquat_types::{Error, Result, SqlState};

use super::drop_objects;
use super::missing::skipping;
use crate::backend::Backend;
use crate::catalog::namespace::{range_var_name, undefined_schema};
use crate::catalog::{ObjectAddress, ObjectClass, Relation, RelationKind};
use crate::commands::object::{name_parts, noun};
use crate::commands::privileges::not_owner;
use crate::commands::relation_kind::not_a;
use crate::commands::{range_var, system_catalog};

pub fn execute(backend: &mut Backend<'_>, stmt: &DropStmt, kinds: &[RelationKind]) -> Result<()> {
    if stmt.concurrent {
        check_concurrent(backend, stmt)?;
    }
    let mut objects = Vec::new();
    for name in &stmt.objects {
        let range = range_var(&name_parts(name));
        if let Some(object) = find(backend, stmt, kinds, &range)? {
            objects.push(object);
        }
    }
    drop_objects(backend, &objects, stmt.behavior)
}

fn check_concurrent(backend: &Backend<'_>, stmt: &DropStmt) -> Result<()> {
    let refuse = |message: &str| Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    if stmt.objects.len() != 1 {
        return refuse("DROP INDEX CONCURRENTLY does not support dropping multiple objects");
    }
    if stmt.behavior == DropBehavior::Cascade {
        return refuse("DROP INDEX CONCURRENTLY does not support CASCADE");
    }
    backend.prevent_in_transaction_block("DROP INDEX CONCURRENTLY")?;
    let named = stmt.objects.first().map(name_parts).unwrap_or_default();
    let found = backend.find_relation(&range_var(&named))?;
    match found.filter(|relation| relation.kind == RelationKind::PartitionedIndex) {
        Some(index) => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("cannot drop partitioned index \"{}\" concurrently", index.name),
        )),
        None => Ok(()),
    }
}

fn find(
    backend: &mut Backend<'_>,
    stmt: &DropStmt,
    kinds: &[RelationKind],
    range: &RangeVar,
) -> Result<Option<ObjectAddress>> {
    if let Some(schema) = &range.schema
        && backend.find_schema(schema)?.is_none()
    {
        return skipping(backend, stmt.missing_ok, undefined_schema(schema)).map(|()| None);
    }
    let Some(relation) = backend.find_relation(range)? else {
        let message = format!("{} \"{}\" does not exist", noun(stmt.remove_type), missing_name(range));
        let sqlstate = match stmt.remove_type {
            ObjectType::Index => SqlState::UNDEFINED_OBJECT,
            _ => SqlState::UNDEFINED_TABLE,
        };
        return skipping(backend, stmt.missing_ok, Error::new(sqlstate, message)).map(|()| None);
    };
    if !kinds.contains(&relation.kind) {
        return Err(wrong_kind(&relation, stmt.remove_type));
    }
    check_may_drop(backend, &relation)?;
    Ok(Some(ObjectAddress::new(ObjectClass::Relation, relation.oid)))
}

/// Messages of DROP leave the schema out.
fn missing_name(range: &RangeVar) -> String {
    match &range.schema {
        Some(_) => range.name.clone(),
        None => range_var_name(range),
    }
}

/// The relation is of another kind: the hint tells how to drop that.
fn wrong_kind(relation: &Relation, wanted: ObjectType) -> Error {
    let hint = match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable | RelationKind::System => {
            "Use DROP TABLE to remove a table."
        }
        RelationKind::Sequence => "Use DROP SEQUENCE to remove a sequence.",
        RelationKind::View => "Use DROP VIEW to remove a view.",
        RelationKind::MaterializedView => "Use DROP MATERIALIZED VIEW to remove a materialized view.",
        RelationKind::Index | RelationKind::PartitionedIndex => "Use DROP INDEX to remove an index.",
        RelationKind::CompositeType => "Use DROP TYPE to remove a type.",
        RelationKind::ForeignTable => "Use DROP FOREIGN TABLE to remove a foreign table.",
    };
    not_a(&relation.name, noun(wanted)).hint(hint)
}

/// The owner of a relation or of its schema may drop it.
fn check_may_drop(backend: &Backend<'_>, relation: &Relation) -> Result<()> {
    if relation.kind == RelationKind::System {
        return Err(system_catalog(&relation.name));
    }
    let schema_owner = backend
        .catalog()?
        .schemas
        .get(&relation.schema)
        .map(|schema| schema.owner);
    if backend.owns(relation.owner) || schema_owner.is_some_and(|owner| backend.owns(owner)) {
        return Ok(());
    }
    Err(not_owner(relation.noun(), &relation.name))
}

/// The names of a DROP statement, for messages.
pub fn names(objects: &[ObjectName]) -> Vec<Vec<String>> {
    objects.iter().map(name_parts).collect()
}
