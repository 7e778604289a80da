//! ALTER ... RENAME, after PostgreSQL's `ExecRenameStmt`.

use std::sync::Arc;

use kumquat_sql::ast::{AlterTarget, ObjectName, ObjectType, RangeVar, RenameStmt};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::define::already_exists;
use super::object::{self, keywords, name_parts, plain_name, relation_kinds};
use super::relation_kind::not_a;
use super::{lookup_or_skip, range_var, role, schema, system_catalog};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{
    Constraint, Name, ObjectAddress, ObjectClass, Relation, RelationKind, TypeDefinition, UserDefinedType,
};
use crate::result::CommandTag;

pub fn execute(backend: &mut Backend<'_>, stmt: &RenameStmt) -> Result<CommandTag> {
    let new_name = truncate_identifier(&stmt.new_name);
    match (stmt.rename_type, &stmt.target) {
        (ObjectType::Column | ObjectType::Attribute, AlterTarget::Relation(range)) => {
            column(backend, stmt, range, new_name)?;
        }
        (ObjectType::TableConstraint, AlterTarget::Relation(range)) => {
            table_constraint(backend, stmt, range, new_name)?;
        }
        (ObjectType::Trigger, AlterTarget::Relation(range)) => trigger(backend, stmt, range, new_name)?,
        (ObjectType::Rule | ObjectType::Policy, AlterTarget::Relation(range)) => {
            rule_or_policy(backend, stmt, range, new_name)?;
        }
        (_, AlterTarget::Relation(range)) => relation(backend, stmt, range, new_name)?,
        (kind, AlterTarget::Object(name)) => object(backend, stmt, kind, name, new_name)?,
    }
    Ok(CommandTag::new(&tag(stmt)))
}

/// What the statement was written on: `ALTER TABLE` for its columns and constraints, too.
fn tag(stmt: &RenameStmt) -> String {
    let kind = match stmt.rename_type {
        ObjectType::Column | ObjectType::TableConstraint => stmt.relation_type,
        ObjectType::Attribute => ObjectType::Type,
        ObjectType::DomainConstraint => ObjectType::Domain,
        kind => kind,
    };
    format!("ALTER {}", keywords(kind))
}

/// The relation, fit to be changed by its owner.
fn open(backend: &mut Backend<'_>, stmt: &RenameStmt, range: &RangeVar) -> Result<Option<Arc<Relation>>> {
    let Some(relation) = lookup_or_skip(backend, range, stmt.missing_ok)? else {
        return Ok(None);
    };
    if relation.kind == RelationKind::System {
        return Err(system_catalog(&relation.name));
    }
    backend.check_relation_owner(&relation)?;
    Ok(Some(relation))
}

fn use_alter_type(relation: &Relation) -> Error {
    Error::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("\"{}\" is a composite type", relation.name),
    )
    .hint("Use ALTER TYPE instead.")
}

fn relation(backend: &mut Backend<'_>, stmt: &RenameStmt, range: &RangeVar, new_name: &str) -> Result<()> {
    let Some(relation) = open(backend, stmt, range)? else {
        return Ok(());
    };
    check_kind(&relation, stmt.rename_type)?;
    rename_relation_to(backend, relation.oid, new_name)
}

/// ALTER TABLE and ALTER INDEX work on any relation, the others on their own kind only.
fn check_kind(relation: &Relation, kind: ObjectType) -> Result<()> {
    if relation.kind == RelationKind::CompositeType && kind != ObjectType::Type {
        return Err(use_alter_type(relation));
    }
    let any = matches!(kind, ObjectType::Table | ObjectType::Index | ObjectType::Type);
    match relation_kinds(kind) {
        Some(kinds) if !any && !kinds.contains(&relation.kind) => Err(not_a(&relation.name, object::noun(kind))),
        _ => Ok(()),
    }
}

/// Gives a relation another name; its row type and the constraint that an index enforces follow
/// (`RenameRelationInternal`).
pub fn rename_relation_to(backend: &mut Backend<'_>, oid: Oid, name: &str) -> Result<()> {
    let name = truncate_identifier(name);
    let relation = backend.relation_by_oid(oid)?;
    if backend.catalog()?.relation_by_name(relation.schema, name).is_some() {
        return Err(already_exists(name));
    }
    backend.update_relation(oid, |relation| relation.name = name.into())?;
    rename_array_type(backend, relation.row_type, name)?;
    if let Some(constraint) = super::index::clone::constraint_of(backend, &relation)? {
        put_constraint_name(backend, &constraint, name)?;
    }
    Ok(())
}

/// The array type of a renamed type follows.
fn rename_array_type(backend: &mut Backend<'_>, element: Oid, name: &str) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    let array = catalog.types.get(&element).map(|user| user.array);
    let Some(array) = array.and_then(|oid| catalog.types.get(&oid)).cloned() else {
        return Ok(());
    };
    let name = super::define::array_type_name(catalog, array.schema, name);
    catalog.put_type(UserDefinedType {
        name,
        ..UserDefinedType::clone(&array)
    });
    Ok(())
}

fn put_constraint_name(backend: &mut Backend<'_>, constraint: &Constraint, name: &str) -> Result<()> {
    let renamed = Constraint {
        name: name.into(),
        ..constraint.clone()
    };
    backend.catalog_mut()?.put_constraint(renamed);
    Ok(())
}

fn column(backend: &mut Backend<'_>, stmt: &RenameStmt, range: &RangeVar, new_name: &str) -> Result<()> {
    let Some(relation) = open(backend, stmt, range)? else {
        return Ok(());
    };
    match stmt.relation_type {
        ObjectType::Table if relation.kind == RelationKind::CompositeType => return Err(use_alter_type(&relation)),
        ObjectType::Table | ObjectType::Type => {}
        kind => check_kind(&relation, kind)?,
    }
    let old_name = stmt.subname.as_deref().unwrap_or_default();
    rename_column(backend, &relation, old_name, new_name, range.inherit, false)
}

/// Renames a column on a table and, unless for it ONLY, its children (`renameatt_internal`).
fn rename_column(
    backend: &mut Backend<'_>,
    relation: &Relation,
    old_name: &str,
    new_name: &str,
    recurse: bool,
    recursing: bool,
) -> Result<()> {
    let children: Vec<Arc<Relation>> = backend.catalog()?.children_of(relation.oid).cloned().collect();
    let attribute = relation.attribute_by_name(old_name).ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{old_name}\" does not exist"),
        )
    })?;
    let invalid = |message: String| Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
    if !recurse && !children.is_empty() {
        return invalid(format!(
            "inherited column \"{old_name}\" must be renamed in child tables too"
        ));
    }
    if !recursing && attribute.inherited_count > 0 {
        return invalid(format!("cannot rename inherited column \"{old_name}\""));
    }
    check_new_column_name(relation, new_name)?;
    let number = attribute.number;
    for child in children {
        rename_column(backend, &child, old_name, new_name, recurse, true)?;
    }
    backend.update_attribute(relation.oid, number, |attribute| attribute.name = new_name.into())?;
    backend.update_relation(relation.oid, |relation| {
        let targets = relation
            .view
            .as_mut()
            .map(|query| &mut Arc::make_mut(query).target_list);
        let target = targets.and_then(|targets| targets.iter_mut().find(|target| target.number == number));
        if let Some(target) = target {
            target.name = new_name.into();
        }
    })?;
    let indexes: Vec<Arc<Relation>> = backend.catalog()?.indexes_of(relation.oid).cloned().collect();
    for index in indexes {
        rename_in_index(backend, &index, number, old_name, new_name)?;
    }
    Ok(())
}

/// The attributes of an index are named after the columns.
fn rename_in_index(
    backend: &mut Backend<'_>,
    index: &Relation,
    number: i16,
    old_name: &str,
    new_name: &str,
) -> Result<()> {
    let Some(definition) = &index.index else { return Ok(()) };
    let keys = definition.columns.iter().map(|column| column.attribute);
    let numbers: Vec<i16> = keys.chain(definition.included.iter().copied()).collect();
    for (own, attribute) in numbers.iter().zip(index.attributes.iter()) {
        if *own == number && *attribute.name == *old_name {
            backend.update_attribute(index.oid, attribute.number, |attribute| {
                attribute.name = new_name.into()
            })?;
        }
    }
    Ok(())
}

pub fn check_new_column_name(relation: &Relation, name: &str) -> Result<()> {
    if super::define::SYSTEM_COLUMNS.contains(&name) {
        return Err(Error::new(
            SqlState::DUPLICATE_COLUMN,
            format!("column name \"{name}\" conflicts with a system column name"),
        ));
    }
    if relation.attribute_by_name(name).is_some() {
        return Err(Error::new(
            SqlState::DUPLICATE_COLUMN,
            format!("column \"{name}\" of relation \"{}\" already exists", relation.name),
        ));
    }
    Ok(())
}

fn table_constraint(backend: &mut Backend<'_>, stmt: &RenameStmt, range: &RangeVar, new_name: &str) -> Result<()> {
    let Some(relation) = open(backend, stmt, range)? else {
        return Ok(());
    };
    let old_name = stmt.subname.as_deref().unwrap_or_default();
    rename_constraint(backend, &relation, old_name, new_name, false)
}

fn rename_constraint(
    backend: &mut Backend<'_>,
    relation: &Relation,
    old_name: &str,
    new_name: &str,
    recursing: bool,
) -> Result<()> {
    let constraint = backend
        .find_constraint(relation.oid, old_name)
        .cloned()
        .ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!(
                    "constraint \"{old_name}\" for table \"{}\" does not exist",
                    relation.name
                ),
            )
        })?;
    if constraint.inherited_count > 0 && !recursing {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!("cannot rename inherited constraint \"{old_name}\""),
        ));
    }
    if let Some(index) = constraint.index() {
        return rename_relation_to(backend, index, new_name);
    }
    if backend.find_constraint(relation.oid, new_name).is_some() {
        return Err(super::constraint::constraint_exists(new_name, &relation.name));
    }
    put_constraint_name(backend, &constraint, new_name)?;
    if constraint.no_inherit {
        return Ok(());
    }
    let children: Vec<Arc<Relation>> = backend.catalog()?.children_of(relation.oid).cloned().collect();
    for child in children {
        rename_constraint(backend, &child, old_name, new_name, true)?;
    }
    Ok(())
}

fn trigger(backend: &mut Backend<'_>, stmt: &RenameStmt, range: &RangeVar, new_name: &str) -> Result<()> {
    let relation = backend.relation(range)?;
    backend.check_relation_owner(&relation)?;
    super::trigger::rename(
        backend,
        &relation,
        stmt.subname.as_deref().unwrap_or_default(),
        new_name,
    )
}

fn rule_or_policy(backend: &mut Backend<'_>, stmt: &RenameStmt, range: &RangeVar, new_name: &str) -> Result<()> {
    let relation = backend.relation(range)?;
    backend.check_relation_owner(&relation)?;
    let name = stmt.subname.as_deref().unwrap_or_default();
    if stmt.rename_type == ObjectType::Policy {
        return super::policy::rename(backend, range, name, new_name);
    }
    if relation.view.is_some() && name == "_RETURN" && stmt.rename_type == ObjectType::Rule {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            "renaming an ON SELECT rule is not allowed",
        ));
    }
    Err(Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("rule \"{name}\" for relation \"{}\" does not exist", relation.name),
    ))
}

/// Everything that is not a relation.
fn object(
    backend: &mut Backend<'_>,
    stmt: &RenameStmt,
    kind: ObjectType,
    name: &ObjectName,
    new_name: &str,
) -> Result<()> {
    match kind {
        ObjectType::Role => return role::rename(backend, &plain_name(name), new_name),
        ObjectType::Database => return super::database::rename(backend, &plain_name(name), new_name),
        ObjectType::Column | ObjectType::Attribute => {
            return column(backend, stmt, &range_var(&name_parts(name)), new_name);
        }
        ObjectType::DomainConstraint => {
            return super::types::domain::rename_constraint(
                backend,
                name,
                stmt.subname.as_deref().unwrap_or_default(),
                new_name,
            );
        }
        _ => {}
    }
    let found = object::find(backend, kind, name)?;
    object::check_owner(backend, kind, &found)?;
    match found.address.class {
        ObjectClass::Schema => schema_to(backend, found.address.oid, new_name),
        ObjectClass::Type => type_to(backend, found.address, new_name),
        ObjectClass::Function => function_to(backend, found.address.oid, new_name),
        _ => Err(Error::not_modelled(format!("ALTER {} ... RENAME", keywords(kind)))),
    }
}

fn schema_to(backend: &mut Backend<'_>, oid: Oid, new_name: &str) -> Result<()> {
    if backend.find_schema(new_name)?.is_some() {
        return Err(Error::new(
            SqlState::DUPLICATE_SCHEMA,
            format!("schema \"{new_name}\" already exists"),
        ));
    }
    schema::check_may_create_in_database(backend)?;
    schema::check_name(new_name)?;
    let catalog = backend.catalog_mut()?;
    if let Some(schema) = catalog.schemas.get_mut(&oid) {
        let schema = Arc::make_mut(schema);
        catalog.schema_names.remove(&schema.name);
        schema.name = new_name.into();
        catalog.schema_names.insert(schema.name.clone(), oid);
    }
    Ok(())
}

fn type_to(backend: &mut Backend<'_>, address: ObjectAddress, new_name: &str) -> Result<()> {
    let Some(user) = backend.user_type(address.oid).cloned() else {
        return Err(Error::not_modelled("renaming a built-in type"));
    };
    match user.definition {
        TypeDefinition::Composite { relation, .. } => {
            let of = backend.relation_by_oid(relation)?;
            if of.kind != RelationKind::CompositeType {
                return Err(row_type_error(backend, address.oid));
            }
            return rename_relation_to(backend, relation, new_name);
        }
        TypeDefinition::Array { element } => {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("cannot alter array type {}", backend.format_type(address.oid)),
            )
            .hint(format!(
                "You can alter type {}, which will alter the array type as well.",
                backend.format_type(element)
            )));
        }
        _ => {}
    }
    if backend.type_in_schema(user.schema, new_name).is_some() {
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!("type \"{new_name}\" already exists"),
        ));
    }
    backend.catalog_mut()?.put_type(UserDefinedType {
        name: new_name.into(),
        ..UserDefinedType::clone(&user)
    });
    rename_array_type(backend, user.oid, new_name)
}

/// Row types follow their tables.
pub fn row_type_error(backend: &Backend<'_>, oid: Oid) -> Error {
    Error::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("{} is a table's row type", backend.format_type(oid)),
    )
    .hint("Use ALTER TABLE instead.")
}

fn function_to(backend: &mut Backend<'_>, oid: Oid, new_name: &str) -> Result<()> {
    let function = object::user_function(backend, oid)?;
    super::function::check_free(backend, &function, function.schema, new_name)?;
    super::function::put(
        backend,
        crate::catalog::Function {
            name: Name::from(new_name),
            ..crate::catalog::Function::clone(&function)
        },
    )
}
