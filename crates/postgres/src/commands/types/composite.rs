//! CREATE TYPE ... AS (columns): a relation without rows, for its row type.

use kumquat_sql::ast::CompositeTypeStmt;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{resolve_unplaced, unplaced};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{Attribute, Relation, RelationKind};
use crate::commands::create_table::column::{column_collation, storage_of};
use crate::commands::define::define_relation;
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &CompositeTypeStmt) -> Result<CommandTag> {
    let schema = backend.relation_creation_schema(&stmt.type_name)?;
    let name = truncate_identifier(&stmt.type_name.name);
    super::free_name(backend, schema, name)?;
    let mut attributes = Vec::new();
    for (column, number) in stmt.columns.iter().zip(1..) {
        let type_name = column
            .type_name
            .as_ref()
            .ok_or_else(|| Error::internal("a field without type"))?;
        if type_name.setof {
            return Err(Error::new(
                SqlState::INVALID_TABLE_DEFINITION,
                format!("column \"{}\" cannot be declared SETOF", column.name),
            ));
        }
        let (type_oid, modifier) = resolve_unplaced(backend, type_name)?;
        let mut attribute = Attribute::new(number, truncate_identifier(&column.name), type_oid, modifier);
        attribute.storage = storage_of(backend, type_oid);
        if let Some(collation) = &column.collation {
            attribute.collation = unplaced(column_collation(backend, type_oid, collation))?;
        }
        attributes.push(attribute);
    }
    let owner = backend.session.current_user;
    let mut relation = Relation::new(Oid::INVALID, name, schema, RelationKind::CompositeType, owner);
    relation.attributes = attributes.into();
    define_relation(backend, relation)?;
    Ok(CommandTag::new("CREATE TYPE"))
}
