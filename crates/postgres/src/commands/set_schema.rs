//! ALTER ... SET SCHEMA, after PostgreSQL's `AlterTableNamespace` and `AlterObjectNamespace_oid`.

use std::sync::Arc;

use kumquat_sql::ast::{AlterObjectSchemaStmt, AlterTarget, ObjectName, ObjectType};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::object::{self, keywords, name_parts, relation_kinds};
use super::relation_kind::not_a;
use super::{lookup_or_skip, range_var, rename, system_catalog};
use crate::backend::Backend;
use crate::catalog::well_known::PG_TOAST;
use crate::catalog::{
    Constraint, Dependency, DependencyKind, Function, ObjectAddress, ObjectClass, Relation, RelationKind,
    TypeDefinition, UserDefinedType,
};
use crate::result::CommandTag;

pub fn execute(backend: &mut Backend<'_>, stmt: &AlterObjectSchemaStmt) -> Result<CommandTag> {
    let tag = CommandTag::new(&format!("ALTER {}", keywords(stmt.object_type)));
    match &stmt.target {
        AlterTarget::Relation(range) => {
            let Some(relation) = lookup_or_skip(backend, range, stmt.missing_ok)? else {
                return Ok(tag);
            };
            move_relation(backend, &relation, stmt)?;
        }
        AlterTarget::Object(name) if relation_kinds(stmt.object_type).is_some() => {
            let relation = backend.relation(&range_var(&name_parts(name)))?;
            move_relation(backend, &relation, stmt)?;
        }
        AlterTarget::Object(name) => move_object(backend, stmt, name)?,
    }
    Ok(tag)
}

fn new_schema(backend: &Backend<'_>, name: &str) -> Result<Oid> {
    let schema = backend.schema(name)?;
    backend.check_schema_create(schema)?;
    Ok(schema)
}

/// Neither from nor to temporary and TOAST schemas.
fn check_schemas(backend: &Backend<'_>, old: Oid, new: Oid) -> Result<()> {
    let refuse = |message: &str| Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    let temporary = |schema: Oid| backend.schema_name(schema).starts_with("pg_temp");
    if temporary(old) || temporary(new) {
        return refuse("cannot move objects into or out of temporary schemas");
    }
    if old == PG_TOAST || new == PG_TOAST {
        return refuse("cannot move objects into or out of TOAST schema");
    }
    Ok(())
}

fn move_relation(backend: &mut Backend<'_>, relation: &Relation, stmt: &AlterObjectSchemaStmt) -> Result<()> {
    if relation.kind == RelationKind::System {
        return Err(system_catalog(&relation.name));
    }
    backend.check_relation_owner(relation)?;
    check_kind(backend, relation, stmt.object_type)?;
    let schema = new_schema(backend, &stmt.new_schema)?;
    check_schemas(backend, relation.schema, schema)?;
    set_relation_schema(backend, relation, schema)
}

fn check_kind(backend: &Backend<'_>, relation: &Relation, kind: ObjectType) -> Result<()> {
    let wrong = |message: String, hint: &str| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).hint(hint));
    match relation.kind {
        RelationKind::Index | RelationKind::PartitionedIndex => {
            return wrong(
                format!("cannot change schema of index \"{}\"", relation.name),
                "Change the schema of the table instead.",
            );
        }
        RelationKind::CompositeType => {
            return wrong(
                format!("cannot change schema of composite type \"{}\"", relation.name),
                "Use ALTER TYPE instead.",
            );
        }
        RelationKind::Sequence => {
            if let Some((column, _)) = backend.catalog()?.sequence_owner(relation.oid) {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "cannot move an owned sequence into another schema",
                )
                .detail(format!(
                    "Sequence \"{}\" is linked to table \"{}\".",
                    relation.name,
                    backend.relation_by_oid(column.oid)?.name
                )));
            }
        }
        _ => {}
    }
    match relation_kinds(kind) {
        Some(kinds) if kind != ObjectType::Table && !kinds.contains(&relation.kind) => {
            Err(not_a(&relation.name, object::noun(kind)))
        }
        _ => Ok(()),
    }
}

/// Moves a relation with its row type, indexes, constraints and owned sequences
/// (`AlterTableNamespaceInternal`).
pub fn set_relation_schema(backend: &mut Backend<'_>, relation: &Relation, schema: Oid) -> Result<()> {
    let (oid, old) = (relation.oid, relation.schema);
    if old == schema {
        return Ok(());
    }
    if backend.catalog()?.relation_by_name(schema, &relation.name).is_some() {
        return Err(Error::new(
            SqlState::DUPLICATE_TABLE,
            format!(
                "relation \"{}\" already exists in schema \"{}\"",
                relation.name,
                backend.schema_name(schema)
            ),
        ));
    }
    backend.update_relation(oid, |relation| relation.schema = schema)?;
    let address = ObjectAddress::new(ObjectClass::Relation, oid);
    depend_on_schema(backend, address, old, schema)?;
    let catalog = backend.catalog_mut()?;
    let array = catalog.types.get(&relation.row_type).map(|user| user.array);
    if let Some(array) = array.and_then(|oid| catalog.types.get(&oid)).cloned() {
        catalog.put_type(UserDefinedType {
            schema,
            ..UserDefinedType::clone(&array)
        });
    }
    let constraints: Vec<Arc<Constraint>> = catalog.constraints_of(oid).cloned().collect();
    for constraint in constraints {
        catalog.put_constraint(Constraint {
            schema,
            ..Constraint::clone(&constraint)
        });
    }
    let indexes = catalog.indexes_of(oid).map(|index| index.oid);
    let sequences = catalog.owned_sequences(oid, 0).map(|(sequence, _)| sequence);
    let parts: Vec<Oid> = indexes.chain(sequences).collect();
    for part in parts {
        let part = backend.relation_by_oid(part)?;
        set_relation_schema(backend, &part, schema)?;
    }
    Ok(())
}

/// The object depends on its new schema instead of the old one.
fn depend_on_schema(backend: &mut Backend<'_>, dependent: ObjectAddress, old: Oid, new: Oid) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    let dependency = Dependency {
        referenced: ObjectAddress::new(ObjectClass::Schema, old),
        dependent,
        kind: DependencyKind::Normal,
    };
    let had_one = catalog.dependencies.contains(&dependency) || old.0 < Oid::FIRST_NORMAL;
    catalog.forget_dependency(dependency);
    let is_part = dependent.class == ObjectClass::Relation
        && catalog
            .relation(dependent.oid)
            .is_some_and(|relation| relation.index.is_some());
    if had_one && !is_part {
        let schema = ObjectAddress::new(ObjectClass::Schema, new);
        catalog.record_dependency(dependent, schema, DependencyKind::Normal);
    }
    Ok(())
}

fn move_object(backend: &mut Backend<'_>, stmt: &AlterObjectSchemaStmt, name: &ObjectName) -> Result<()> {
    let kind = stmt.object_type;
    let found = object::find(backend, kind, name)?;
    if found.address.class == ObjectClass::Extension {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("extension \"{}\" does not support SET SCHEMA", object::plain_name(name)),
        ));
    }
    object::check_owner(backend, kind, &found)?;
    let schema = new_schema(backend, &stmt.new_schema)?;
    match found.address.class {
        ObjectClass::Function => {
            let function = object::user_function(backend, found.address.oid)?;
            if function.schema == schema {
                return Ok(());
            }
            check_schemas(backend, function.schema, schema)?;
            super::function::check_free(backend, &function, schema, &function.name)?;
            super::function::put(
                backend,
                Function {
                    schema,
                    ..Function::clone(&function)
                },
            )?;
            depend_on_schema(backend, found.address, function.schema, schema)
        }
        ObjectClass::Type => move_type(backend, found.address, schema),
        _ => Err(Error::not_modelled(format!("ALTER {} ... SET SCHEMA", keywords(kind)))),
    }
}

fn move_type(backend: &mut Backend<'_>, address: ObjectAddress, schema: Oid) -> Result<()> {
    let Some(user) = backend.user_type(address.oid).cloned() else {
        return Err(Error::not_modelled("moving a built-in type"));
    };
    if user.schema == schema {
        return Ok(());
    }
    check_schemas(backend, user.schema, schema)?;
    if let TypeDefinition::Composite { relation, .. } = user.definition {
        let relation = backend.relation_by_oid(relation)?;
        if relation.kind != RelationKind::CompositeType {
            return Err(rename::row_type_error(backend, address.oid));
        }
        set_relation_schema(backend, &relation, schema)?;
        return depend_on_schema(backend, address, user.schema, schema);
    }
    if backend.type_in_schema(schema, &user.name).is_some() {
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!(
                "type \"{}\" already exists in schema \"{}\"",
                user.name,
                backend.schema_name(schema)
            ),
        ));
    }
    let catalog = backend.catalog_mut()?;
    for oid in [user.oid, user.array] {
        if let Some(user) = catalog.types.get(&oid).cloned() {
            catalog.put_type(UserDefinedType {
                schema,
                ..UserDefinedType::clone(&user)
            });
        }
    }
    depend_on_schema(backend, address, user.schema, schema)
}
