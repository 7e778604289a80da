//! Entering new relations and types into the catalog, after PostgreSQL's `heap_create_with_catalog`.

use std::sync::Arc;

use kumquat_sql::ast::{self, RangeVar};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::grant::defaults::{self, Kind};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::well_known::{PG_CATALOG, PG_TOAST};
use crate::catalog::{
    AclItem, Attribute, Catalog, CompositeField, DependencyKind, Name, ObjectAddress, ObjectClass, Persistence,
    Relation, RelationKind, TypeDefinition, UserDefinedType,
};

/// `MaxHeapAttributeNumber`.
const MAX_COLUMNS: usize = 1600;
/// Names no column may have.
pub const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"];

pub fn persistence_of(range: &RangeVar) -> Persistence {
    match range.persistence {
        ast::Persistence::Permanent if range.schema.as_deref() == Some("pg_temp") => Persistence::Temporary,
        ast::Persistence::Permanent => Persistence::Permanent,
        ast::Persistence::Unlogged => Persistence::Unlogged,
        ast::Persistence::Temporary => Persistence::Temporary,
    }
}

pub fn already_exists(name: &str) -> Error {
    Error::new(SqlState::DUPLICATE_TABLE, format!("relation \"{name}\" already exists"))
}

/// IF NOT EXISTS: whether a relation of the name is there, with the notice that says so.
pub fn skip_existing(backend: &mut Backend<'_>, schema: Oid, name: &str) -> Result<bool> {
    let name = truncate_identifier(name);
    if backend.catalog()?.relation_by_name(schema, name).is_none() {
        return Ok(false);
    }
    let mut notice = Error::notice(format!("relation \"{name}\" already exists, skipping"));
    notice.sqlstate = SqlState::DUPLICATE_TABLE;
    backend.notice(notice);
    Ok(true)
}

/// Enters a relation, given without oid and row type, with its dependencies and its (empty) storage.
///
/// A relation given with an oid keeps it: so a shard can be made under the oid that was set aside for it.
pub fn define_relation(backend: &mut Backend<'_>, mut relation: Relation) -> Result<Oid> {
    check_columns(backend, &relation)?;
    if matches!(relation.schema, PG_CATALOG | PG_TOAST) {
        let name = backend.qualified_relation_name(&relation);
        return Err(Error::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("permission denied to create \"{name}\""),
        )
        .detail("System catalog modifications are currently disallowed."));
    }
    let catalog = backend.catalog()?;
    if catalog.relation_by_name(relation.schema, &relation.name).is_some() {
        return Err(already_exists(&relation.name));
    }
    let has_row_type = !matches!(
        relation.kind,
        RelationKind::Index | RelationKind::PartitionedIndex | RelationKind::Sequence
    );
    if has_row_type {
        free_type_name(backend, relation.schema, &relation.name)?;
    }
    if !relation.oid.is_valid() {
        relation.oid = backend.new_oid();
    }
    let oid = relation.oid;
    if has_row_type {
        relation.row_type = define_row_type(backend, &relation)?;
    }
    if relation.acl.is_none() {
        relation.acl = initial_acl(backend, &relation)?;
    }
    let has_storage = relation.has_storage();
    let catalog = backend.catalog_mut()?;
    record_relation(catalog, &relation);
    catalog.put_relation(relation);
    if has_storage {
        backend.database_mut()?.heaps.insert(oid, Arc::default());
    }
    Ok(oid)
}

/// What ALTER DEFAULT PRIVILEGES gives a new relation.
fn initial_acl(backend: &Backend<'_>, relation: &Relation) -> Result<Option<Vec<AclItem>>> {
    let kind = match relation.kind {
        RelationKind::Sequence => Kind::Sequence,
        RelationKind::Table
        | RelationKind::PartitionedTable
        | RelationKind::View
        | RelationKind::MaterializedView
        | RelationKind::ForeignTable => Kind::Table,
        _ => return Ok(None),
    };
    defaults::initial_acl(backend, kind, relation.schema)
}

/// What a relation needs by itself: its schema, the types of its columns, its parents.
fn record_relation(catalog: &mut Catalog, relation: &Relation) {
    let object = ObjectAddress::new(ObjectClass::Relation, relation.oid);
    if relation.kind == RelationKind::CompositeType {
        let row_type = ObjectAddress::new(ObjectClass::Type, relation.row_type);
        catalog.record_dependency(object, row_type, DependencyKind::Internal);
    } else if relation.index.is_none() {
        let schema = ObjectAddress::new(ObjectClass::Schema, relation.schema);
        catalog.record_dependency(object, schema, DependencyKind::Normal);
    }
    for attribute in relation.live_attributes() {
        record_column_type(catalog, relation.oid, attribute);
    }
    let kind = if relation.is_partition() {
        DependencyKind::Auto
    } else {
        DependencyKind::Normal
    };
    // An index is bound to its parent as a part, which is recorded with the index.
    let parents = if relation.index.is_some() {
        &[][..]
    } else {
        &relation.parents
    };
    for parent in parents {
        catalog.record_dependency(object, ObjectAddress::new(ObjectClass::Relation, *parent), kind);
    }
}

pub fn record_column_type(catalog: &mut Catalog, relation: Oid, attribute: &Attribute) {
    let column = ObjectAddress::column(relation, attribute.number);
    let type_object = ObjectAddress::new(ObjectClass::Type, attribute.type_oid);
    catalog.record_dependency(column, type_object, DependencyKind::Normal);
}

/// The checks of `CheckAttributeNamesTypes`.
fn check_columns(backend: &Backend<'_>, relation: &Relation) -> Result<()> {
    if relation.attributes.len() > MAX_COLUMNS {
        return Err(Error::new(
            SqlState::TOO_MANY_COLUMNS,
            format!("tables can have at most {MAX_COLUMNS} columns"),
        ));
    }
    let stored = !matches!(relation.kind, RelationKind::View | RelationKind::CompositeType);
    for attribute in relation.live_attributes() {
        if stored && SYSTEM_COLUMNS.contains(&&*attribute.name) {
            return Err(Error::new(
                SqlState::DUPLICATE_COLUMN,
                format!("column name \"{}\" conflicts with a system column name", attribute.name),
            ));
        }
    }
    let mut names: Vec<&str> = relation.live_attributes().map(|a| &*a.name).collect();
    names.sort_unstable();
    if let Some(name) = names.windows(2).find_map(|pair| match pair {
        [a, b] if a == b => Some(*a),
        _ => None,
    }) {
        return Err(duplicate_column(name));
    }
    if relation.index.is_none() {
        for attribute in relation.live_attributes() {
            check_column_type(backend, &attribute.name, attribute.type_oid)?;
        }
    }
    Ok(())
}

pub fn duplicate_column(name: &str) -> Error {
    Error::new(
        SqlState::DUPLICATE_COLUMN,
        format!("column \"{name}\" specified more than once"),
    )
}

/// No column has a pseudo-type (`CheckAttributeType`).
pub fn check_column_type(backend: &Backend<'_>, column: &str, type_oid: Oid) -> Result<()> {
    let pseudo = kumquat_types::builtin_type(type_oid).is_some_and(|t| t.kind == kumquat_types::TypeKind::Pseudo);
    if pseudo {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!("column \"{column}\" has pseudo-type {}", backend.format_type(type_oid)),
        ));
    }
    Ok(())
}

/// A relation's row type takes its name: no other type may have it.
fn free_type_name(backend: &mut Backend<'_>, schema: Oid, name: &str) -> Result<()> {
    let catalog = backend.catalog()?;
    let Some(found) = catalog.type_names.get(&(schema, Name::from(name))).copied() else {
        return Ok(());
    };
    if rename_array_type(backend, found)? {
        return Ok(());
    }
    Err(
        Error::new(SqlState::DUPLICATE_OBJECT, format!("type \"{name}\" already exists")).hint(
            "A relation has an associated type of the same name, so you must use a name that doesn't conflict with \
             any existing type.",
        ),
    )
}

/// Gives an array type, whose name nobody chose, another name (`moveArrayTypeName`).
pub fn rename_array_type(backend: &mut Backend<'_>, oid: Oid) -> Result<bool> {
    let catalog = backend.catalog_mut()?;
    let Some(user) = catalog.types.get(&oid).cloned() else {
        return Ok(false);
    };
    if !matches!(user.definition, TypeDefinition::Array { .. }) {
        return Ok(false);
    }
    let name = array_type_name(catalog, user.schema, &user.name);
    catalog.put_type(UserDefinedType {
        name,
        ..UserDefinedType::clone(&user)
    });
    Ok(true)
}

/// A free name for the array type of a type: an underscore in front, more if need be (`makeArrayTypeName`).
pub fn array_type_name(catalog: &Catalog, schema: Oid, element: &str) -> Name {
    let mut name = element.to_string();
    loop {
        name = truncate_identifier(&format!("_{name}")).to_string();
        let key = (schema, Name::from(name.as_str()));
        if !catalog.type_names.contains_key(&key) || name.chars().all(|c| c == '_') {
            return key.1;
        }
    }
}

fn define_row_type(backend: &mut Backend<'_>, relation: &Relation) -> Result<Oid> {
    let definition = TypeDefinition::Composite {
        relation: relation.oid,
        fields: fields_of(relation),
    };
    let oid = define_type(backend, relation.schema, &relation.name, relation.owner, definition)?;
    if relation.kind != RelationKind::CompositeType {
        let table = ObjectAddress::new(ObjectClass::Relation, relation.oid);
        let row_type = ObjectAddress::new(ObjectClass::Type, oid);
        backend
            .catalog_mut()?
            .record_dependency(row_type, table, DependencyKind::Internal);
    }
    Ok(oid)
}

/// The fields of a relation's row type.
pub fn fields_of(relation: &Relation) -> Vec<CompositeField> {
    relation
        .live_attributes()
        .map(|attribute| CompositeField {
            name: attribute.name.clone(),
            type_oid: attribute.type_oid,
            type_modifier: attribute.type_modifier,
        })
        .collect()
}

/// Enters a type and its array type (`TypeCreate`). Row types of relations depend on the relation, all
/// others on their schema.
pub fn define_type(
    backend: &mut Backend<'_>,
    schema: Oid,
    name: &str,
    owner: Oid,
    definition: TypeDefinition,
) -> Result<Oid> {
    let (array, oid) = (backend.new_oid(), backend.new_oid());
    let catalog = backend.catalog_mut()?;
    let of_relation = matches!(
        definition,
        TypeDefinition::Composite { relation, .. } if catalog.relation(relation).is_none()
    );
    let user = UserDefinedType {
        oid,
        name: name.into(),
        schema,
        owner,
        array,
        definition,
        acl: None,
    };
    catalog.put_type(user);
    let array_name = array_type_name(catalog, schema, name);
    catalog.put_type(UserDefinedType {
        oid: array,
        name: array_name,
        schema,
        owner,
        array: Oid::INVALID,
        definition: TypeDefinition::Array { element: oid },
        acl: None,
    });
    let object = ObjectAddress::new(ObjectClass::Type, oid);
    let array = ObjectAddress::new(ObjectClass::Type, array);
    catalog.record_dependency(array, object, DependencyKind::Internal);
    if !of_relation {
        let schema = ObjectAddress::new(ObjectClass::Schema, schema);
        catalog.record_dependency(object, schema, DependencyKind::Normal);
    }
    Ok(oid)
}

impl Catalog {
    /// Adds or replaces a type and keeps its name in step.
    pub fn put_type(&mut self, user: UserDefinedType) {
        self.remove_type(user.oid);
        self.type_names.insert((user.schema, user.name.clone()), user.oid);
        self.types.insert(user.oid, Arc::new(user));
    }

    pub fn remove_type(&mut self, oid: Oid) {
        if let Some(old) = self.types.remove(&oid) {
            self.type_names.remove(&(old.schema, old.name.clone()));
        }
    }

    /// Puts a changed relation in its place, and its row type in step with it.
    pub fn replace_relation(&mut self, relation: Relation) {
        if let Some(row_type) = self.types.get(&relation.row_type) {
            let mut row_type = UserDefinedType::clone(row_type);
            row_type.name = relation.name.clone();
            row_type.schema = relation.schema;
            row_type.owner = relation.owner;
            row_type.definition = TypeDefinition::Composite {
                relation: relation.oid,
                fields: fields_of(&relation),
            };
            self.put_type(row_type);
        }
        self.put_relation(relation);
    }
}

impl Backend<'_> {
    /// Changes a relation in place.
    pub fn update_relation(&mut self, oid: Oid, change: impl FnOnce(&mut Relation)) -> Result<()> {
        let mut relation = Relation::clone(&*self.relation_by_oid(oid)?);
        change(&mut relation);
        self.catalog_mut()?.replace_relation(relation);
        Ok(())
    }

    /// Changes one column in place.
    pub fn update_attribute(&mut self, relation: Oid, number: i16, change: impl FnOnce(&mut Attribute)) -> Result<()> {
        self.update_relation(relation, |relation| {
            let mut attributes = relation.attributes.to_vec();
            if let Some(attribute) = attributes.iter_mut().find(|a| a.number == number) {
                change(attribute);
            }
            relation.attributes = attributes.into();
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::well_known::PUBLIC;

    #[test]
    fn array_types_evade_names_that_are_taken() {
        let mut catalog = Catalog::default();
        for (oid, name) in [(1, "mood"), (2, "_mood")] {
            catalog.put_type(UserDefinedType {
                oid: Oid(oid),
                name: name.into(),
                schema: PUBLIC,
                owner: Oid(10),
                array: Oid::INVALID,
                definition: TypeDefinition::Shell,
                acl: None,
            });
        }
        assert_eq!(&*array_type_name(&catalog, PUBLIC, "mood"), "__mood");
    }
}
