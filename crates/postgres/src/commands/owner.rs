//! ALTER ... OWNER TO.

use std::sync::Arc;

use kumquat_sql::ast::AlterOwnerStmt;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::object::{self, keywords, plain_name};
use super::{grant, privileges, rename, role};
use crate::backend::Backend;
use crate::catalog::{
    Function, ObjectAddress, ObjectClass, Relation, RelationKind, Schema, TypeDefinition, UserDefinedType,
};
use crate::result::CommandTag;

pub fn execute(backend: &mut Backend<'_>, stmt: &AlterOwnerStmt) -> Result<CommandTag> {
    let new_owner = role::resolve(backend, &stmt.new_owner)?;
    let tag = CommandTag::new(&format!("ALTER {}", keywords(stmt.object_type)));
    if stmt.object_type == kumquat_sql::ast::ObjectType::Database {
        super::database::change_owner(backend, &plain_name(&stmt.object), new_owner)?;
        return Ok(tag);
    }
    let found = object::find(backend, stmt.object_type, &stmt.object)?;
    if found.owner == new_owner {
        return Ok(tag);
    }
    object::check_owner(backend, stmt.object_type, &found)?;
    check_new_owner(backend, new_owner, schema_of(backend, found.address))?;
    match found.address.class {
        ObjectClass::Schema => {
            super::schema::check_may_create_in_database(backend)?;
            set_owner(backend, found.address, new_owner)?;
        }
        ObjectClass::Type => {
            check_own_type(backend, found.address.oid)?;
            set_owner(backend, found.address, new_owner)?;
        }
        ObjectClass::Function => set_owner(backend, found.address, new_owner)?,
        _ => {
            let command = keywords(stmt.object_type);
            return Err(Error::not_modelled(format!("ALTER {command} ... OWNER TO")));
        }
    }
    Ok(tag)
}

fn schema_of(backend: &Backend<'_>, object: ObjectAddress) -> Option<Oid> {
    let catalog = backend.catalog().ok()?;
    match object.class {
        ObjectClass::Type => Some(catalog.types.get(&object.oid)?.schema),
        ObjectClass::Function => Some(catalog.functions.get(&object.oid)?.schema),
        ObjectClass::Relation => Some(catalog.relation(object.oid)?.schema),
        _ => None,
    }
}

/// Who is not a superuser must be able to become the new owner, who must be able to create in the schema.
pub fn check_new_owner(backend: &Backend<'_>, new_owner: Oid, schema: Option<Oid>) -> Result<()> {
    if backend.superuser() {
        return Ok(());
    }
    role::check_member(backend, new_owner)?;
    match schema {
        Some(schema) => {
            let schema = ObjectAddress::new(ObjectClass::Schema, schema);
            privileges::check_as(backend, new_owner, schema, &['C'])
        }
        None => Ok(()),
    }
}

fn check_own_type(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    let Some(user) = backend.user_type(oid) else {
        return Err(Error::not_modelled("changing a built-in type"));
    };
    match user.definition {
        TypeDefinition::Composite { relation, .. }
            if backend.relation_by_oid(relation)?.kind != RelationKind::CompositeType =>
        {
            Err(rename::row_type_error(backend, oid))
        }
        _ => Ok(()),
    }
}

/// Gives an object, with its parts, to another role.
pub fn set_owner(backend: &mut Backend<'_>, object: ObjectAddress, new: Oid) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    match object.class {
        ObjectClass::Relation => return set_relation_owner(backend, object.oid, new),
        ObjectClass::Schema => {
            if let Some(schema) = catalog.schemas.get_mut(&object.oid) {
                let schema: &mut Schema = Arc::make_mut(schema);
                schema.acl = grant::hand_over(schema.acl.as_deref(), schema.owner, new);
                schema.owner = new;
            }
        }
        ObjectClass::Function => {
            if let Some(function) = catalog.functions.get_mut(&object.oid) {
                let function: &mut Function = Arc::make_mut(function);
                function.acl = grant::hand_over(function.acl.as_deref(), function.owner, new);
                function.owner = new;
            }
        }
        ObjectClass::Type => return set_type_owner(backend, object.oid, new),
        ObjectClass::Database => {
            let server = backend.server_mut()?;
            let found = server.databases.iter().find(|(_, database)| database.oid == object.oid);
            let name = found.map(|(name, _)| name.clone());
            if let Some(database) = name.and_then(|name| server.databases.get_mut(&name)) {
                database.acl = grant::hand_over(database.acl.as_deref(), database.owner, new);
                database.owner = new;
            }
        }
        _ => {}
    }
    Ok(())
}

fn set_type_owner(backend: &mut Backend<'_>, oid: Oid, new: Oid) -> Result<()> {
    let Some(user) = backend.user_type(oid).cloned() else {
        return Ok(());
    };
    if let TypeDefinition::Composite { relation, .. } = user.definition {
        return set_relation_owner(backend, relation, new);
    }
    let catalog = backend.catalog_mut()?;
    for oid in [user.oid, user.array] {
        if let Some(user) = catalog.types.get_mut(&oid) {
            let user: &mut UserDefinedType = Arc::make_mut(user);
            user.acl = grant::hand_over(user.acl.as_deref(), user.owner, new);
            user.owner = new;
        }
    }
    Ok(())
}

/// Indexes, owned sequences and the row type go with the table (`ATExecChangeOwner`).
pub fn set_relation_owner(backend: &mut Backend<'_>, oid: Oid, new: Oid) -> Result<()> {
    let relation: Arc<Relation> = backend.relation_by_oid(oid)?;
    let old = relation.owner;
    backend.update_relation(oid, |relation| {
        relation.acl = grant::hand_over(relation.acl.as_deref(), old, new);
        let mut attributes = relation.attributes.to_vec();
        for attribute in &mut attributes {
            attribute.acl = grant::hand_over(attribute.acl.as_deref(), old, new);
        }
        relation.attributes = attributes.into();
        relation.owner = new;
    })?;
    let catalog = backend.catalog_mut()?;
    let array = catalog.types.get(&relation.row_type).map(|user| user.array);
    if let Some(user) = array.and_then(|oid| catalog.types.get_mut(&oid)) {
        Arc::make_mut(user).owner = new;
    }
    let indexes = catalog.indexes_of(oid).map(|index| index.oid);
    let sequences = catalog.owned_sequences(oid, 0).map(|(sequence, _)| sequence);
    let parts: Vec<Oid> = indexes.chain(sequences).collect();
    for part in parts {
        set_relation_owner(backend, part, new)?;
    }
    Ok(())
}

/// ALTER TABLE ... OWNER TO: what may not be given away on its own.
pub fn check_relation(backend: &mut Backend<'_>, relation: &Relation, as_index: bool) -> Result<bool> {
    match relation.kind {
        RelationKind::Index | RelationKind::PartitionedIndex => {
            if as_index {
                return Err(Error::new(
                    SqlState::WRONG_OBJECT_TYPE,
                    format!("cannot change owner of index \"{}\"", relation.name),
                )
                .hint("Change the ownership of the index's table, instead."));
            }
            backend.notice(
                Error::warning(
                    SqlState::WRONG_OBJECT_TYPE,
                    format!("cannot change owner of index \"{}\"", relation.name),
                )
                .hint("Change the ownership of the index's table, instead."),
            );
            Ok(false)
        }
        RelationKind::Sequence => match backend.catalog()?.sequence_owner(relation.oid) {
            Some((column, _)) => Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("cannot change owner of sequence \"{}\"", relation.name),
            )
            .detail(format!(
                "Sequence \"{}\" is linked to table \"{}\".",
                relation.name,
                backend.relation_by_oid(column.oid)?.name
            ))),
            None => Ok(true),
        },
        RelationKind::CompositeType => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("\"{}\" is a composite type", relation.name),
        )
        .hint("Use ALTER TYPE instead.")),
        _ => Ok(true),
    }
}
