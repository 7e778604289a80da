//! COMMENT ON.

use kumquat_sql::ast::{CommentStmt, ObjectType};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::object::{self, Found};
use super::privileges::not_owner;
use crate::backend::Backend;
use crate::catalog::{Name, ObjectAddress, ObjectClass, RelationKind};
use crate::result::CommandTag;

pub fn execute(backend: &mut Backend<'_>, stmt: &CommentStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("COMMENT");
    let comment = stmt.comment.as_deref().filter(|text| !text.is_empty());
    if stmt.object_type == ObjectType::Tablespace {
        return Err(Error::not_modelled("COMMENT ON TABLESPACE"));
    }
    if stmt.object_type == ObjectType::Database {
        return database(backend, stmt, comment).map(|()| tag);
    }
    let found = object::find(backend, stmt.object_type, &stmt.object)?;
    object::check_owner(backend, stmt.object_type, &found)?;
    match stmt.object_type {
        ObjectType::Role => set_shared_comment(backend, 'r', found.address.oid, comment)?,
        ObjectType::Column => {
            check_column_kind(backend, &found)?;
            set_comment(backend, found.address, comment)?;
        }
        _ => set_comment(backend, found.address, comment)?,
    }
    Ok(tag)
}

fn check_column_kind(backend: &Backend<'_>, found: &Found) -> Result<()> {
    let relation = backend.relation_by_oid(found.address.oid)?;
    match relation.kind {
        RelationKind::Index | RelationKind::PartitionedIndex | RelationKind::Sequence => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("cannot set comment on relation \"{}\"", relation.name),
        )
        .detail(super::relation_kind::kind_not_supported(relation.kind))),
        _ => Ok(()),
    }
}

/// A database that is not there is not worth failing a script for.
fn database(backend: &mut Backend<'_>, stmt: &CommentStmt, comment: Option<&str>) -> Result<()> {
    let name = object::plain_name(&stmt.object);
    let found = backend.server()?.databases.get(&Name::from(name.as_str()));
    let Some((oid, owner)) = found.map(|database| (database.oid, database.owner)) else {
        backend.notice(Error::warning(
            SqlState::INVALID_CATALOG_NAME,
            format!("database \"{name}\" does not exist"),
        ));
        return Ok(());
    };
    if !backend.owns(owner) {
        return Err(not_owner("database", &name));
    }
    set_shared_comment(backend, 'd', oid, comment)
}

fn set_shared_comment(backend: &mut Backend<'_>, class: char, oid: Oid, comment: Option<&str>) -> Result<()> {
    let descriptions = &mut backend.server_mut()?.shared_descriptions;
    match comment {
        Some(text) => descriptions.insert((class, oid), text.into()),
        None => descriptions.remove(&(class, oid)),
    };
    Ok(())
}

/// Sets, or without a text removes, the comment of an object of the database.
pub fn set_comment(backend: &mut Backend<'_>, object: ObjectAddress, comment: Option<&str>) -> Result<()> {
    let (whole, sub) = (ObjectAddress { sub: 0, ..object }, i32::from(object.sub));
    let descriptions = &mut backend.catalog_mut()?.descriptions;
    match comment {
        Some(text) => descriptions.insert((whole, sub), text.into()),
        None => descriptions.remove(&(whole, sub)),
    };
    Ok(())
}

impl Backend<'_> {
    /// The comment of an object, or of a column by its address.
    pub fn comment(&self, object: ObjectAddress) -> Option<Name> {
        let key = (ObjectAddress { sub: 0, ..object }, i32::from(object.sub));
        self.catalog().ok()?.descriptions.get(&key).cloned()
    }

    pub fn copy_comment(&mut self, from: ObjectAddress, to: ObjectAddress) -> Result<()> {
        match self.comment(from) {
            Some(text) => set_comment(self, to, Some(&text)),
            None => Ok(()),
        }
    }
}

/// Forgets the comments of an object and all its parts, or of one part.
pub fn forget(backend: &mut Backend<'_>, object: ObjectAddress) -> Result<()> {
    let whole = ObjectAddress { sub: 0, ..object };
    let descriptions = &mut backend.catalog_mut()?.descriptions;
    if object.sub != 0 {
        descriptions.remove(&(whole, i32::from(object.sub)));
        return Ok(());
    }
    let keys: Vec<_> = descriptions
        .range((whole, i32::MIN)..=(whole, i32::MAX))
        .map(|(key, _)| *key)
        .collect();
    for key in keys {
        descriptions.remove(&key);
    }
    Ok(())
}

/// The class letter of shared descriptions.
pub fn shared_class(class: ObjectClass) -> Option<char> {
    match class {
        ObjectClass::Role => Some('r'),
        ObjectClass::Database => Some('d'),
        _ => None,
    }
}
