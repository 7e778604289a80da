//! `ADD CONSTRAINT ... USING INDEX`: a unique index that is there becomes a constraint's.

use std::sync::Arc;

use kumquat_sql::ast::{self, ConstraintKind};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{ConstraintRequest, IndexRequest};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{IndexDefinition, ObjectAddress, ObjectClass, Relation, RelationKind};
use crate::commands::alter_table::not_null;
use crate::commands::constraint::constraint_exists;

pub fn add_using_index(
    backend: &mut Backend<'_>,
    table: Oid,
    constraint: &ast::Constraint,
    index_name: &str,
) -> Result<Oid> {
    let relation = backend.relation_by_oid(table)?;
    if relation.kind == RelationKind::PartitionedTable {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables",
        ));
    }
    let index = find_index(backend, &relation, constraint, index_name)?;
    let definition = index
        .index
        .clone()
        .ok_or_else(|| Error::internal("an index without definition"))?;
    check_index(&index, &definition, constraint)?;
    let name = constraint
        .name
        .as_deref()
        .map_or(&*index.name, truncate_identifier)
        .to_string();
    if backend.find_constraint(table, &name).is_some() {
        return Err(constraint_exists(&name, &relation.name));
    }
    if *name != *index.name {
        backend.notice(Error::notice(format!(
            "ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index \"{}\" to \"{name}\"",
            index.name
        )));
        crate::commands::rename::rename_relation_to(backend, index.oid, &name)?;
    }
    let primary = matches!(constraint.kind, ConstraintKind::Primary(_));
    if primary {
        for column in &definition.columns {
            not_null::set(backend, table, column.attribute, true)?;
        }
    }
    let deferrable = constraint.attributes.deferrable;
    backend.update_relation(index.oid, |index| {
        if let Some(definition) = &mut index.index {
            let definition = Arc::make_mut(definition);
            definition.primary = primary;
            definition.immediate = !deferrable;
        }
    })?;
    let mut request = IndexRequest::new(table, &index.access_method);
    request.columns = definition.columns.clone();
    request.primary = primary;
    request.unique = true;
    let as_constraint = ConstraintRequest {
        deferrable,
        initially_deferred: constraint.attributes.initially_deferred,
        parent: Oid::INVALID,
    };
    let object = ObjectAddress::new(ObjectClass::Relation, index.oid);
    backend.catalog_mut()?.forget_references(object);
    super::store_constraint(backend, &relation, &request, &name, index.oid, as_constraint)?;
    Ok(index.oid)
}

fn find_index(
    backend: &Backend<'_>,
    relation: &Relation,
    constraint: &ast::Constraint,
    name: &str,
) -> Result<Arc<Relation>> {
    let error = |message: String| Error::new(SqlState::UNDEFINED_OBJECT, message).at(constraint.location);
    let found = backend.catalog()?.relation_by_name(relation.schema, name).cloned();
    let index = found.ok_or_else(|| error(format!("index \"{name}\" does not exist")))?;
    let prerequisite =
        |message: String| Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message).at(constraint.location);
    let Some(definition) = &index.index else {
        return Err(error(format!("index \"{name}\" does not exist")));
    };
    if super::clone::constraint_of(backend, &index)?.is_some() {
        return Err(prerequisite(format!(
            "index \"{name}\" is already associated with a constraint"
        )));
    }
    if definition.table != relation.oid {
        return Err(prerequisite(format!(
            "index \"{name}\" does not belong to table \"{}\"",
            relation.name
        )));
    }
    if !definition.valid {
        return Err(prerequisite(format!("index \"{name}\" is not valid")));
    }
    Ok(index)
}

/// The index must do exactly what the constraint's own would.
fn check_index(index: &Relation, definition: &IndexDefinition, constraint: &ast::Constraint) -> Result<()> {
    const DETAIL: &str = "Cannot create a primary key or unique constraint using such an index.";
    let name = &index.name;
    let wrong = |message: String| {
        Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message)
            .detail(DETAIL)
            .at(constraint.location))
    };
    if !definition.unique {
        return wrong(format!("\"{name}\" is not a unique index"));
    }
    if definition.columns.iter().any(|column| column.expression.is_some()) {
        return wrong(format!("index \"{name}\" contains expressions"));
    }
    if definition.predicate.is_some() {
        return wrong(format!("\"{name}\" is a partial index"));
    }
    if &*index.access_method != "btree" {
        return Err(
            Error::new(SqlState::WRONG_OBJECT_TYPE, format!("index \"{name}\" is not a btree")).at(constraint.location),
        );
    }
    for (column, number) in definition.columns.iter().zip(1..) {
        let plain = column.operator_class.is_none()
            && column.collation.is_none()
            && !column.order.descending
            && !column.order.nulls_first;
        if !plain {
            return wrong(format!(
                "index \"{name}\" column number {number} does not have default sorting behavior"
            ));
        }
    }
    Ok(())
}
