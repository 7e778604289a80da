//! FOREIGN KEY, after PostgreSQL's `ATAddForeignKeyConstraint`.

use std::sync::Arc;

use kumquat_sql::ast;
use kumquat_types::{CastContext, Error, Oid, Result, SqlState, find_cast};

use super::{AddOptions, constraint_exists, depend_on_columns};
use crate::backend::Backend;
use crate::catalog::naming::{join_column_names, truncate_identifier};
use crate::catalog::operator_class::{base_type, find_binary_operator};
use crate::catalog::{
    Constraint, ConstraintKind, DependencyKind, ForeignKey, ForeignKeyAction, ForeignKeyMatch, ObjectAddress,
    ObjectClass, Persistence, Relation, RelationKind,
};
use crate::commands::attribute_map::AttributeMap;
use crate::commands::{privileges, undefined_column};
use crate::executor;

/// `INDEX_MAX_KEYS`.
const MAX_KEYS: usize = 32;

/// Adds a foreign key as written and gives its oid.
pub fn add(backend: &mut Backend<'_>, table: Oid, constraint: &ast::Constraint, options: AddOptions) -> Result<Oid> {
    let ast::ConstraintKind::Foreign(key) = &constraint.kind else {
        return Err(Error::internal("not a foreign key"));
    };
    let relation = backend.relation_by_oid(table)?;
    let name = match &constraint.name {
        Some(name) => {
            let name = truncate_identifier(name);
            if backend.find_constraint(table, name).is_some() {
                return Err(constraint_exists(name, &relation.name));
            }
            name.to_string()
        }
        None => {
            let columns = join_column_names(key.columns.iter().map(String::as_str));
            let catalog = backend.catalog()?;
            catalog.choose_constraint_name(&relation.name, Some(&columns), "fkey", relation.schema, &[])
        }
    };
    let referenced = backend.relation(&key.table)?;
    check_relations(&relation, &referenced, constraint, options)?;
    let definition = resolve(backend, &relation, &referenced, key, &name)?;
    let new = NewKey {
        name: name.into(),
        definition,
        attributes: constraint.attributes,
        validated: !constraint.attributes.not_valid,
    };
    let oid = store(backend, &relation, &new, Oid::INVALID)?;
    if options.validate && new.validated {
        executor::validate_constraint(backend, oid)?;
    }
    if options.recurse || relation.kind == RelationKind::PartitionedTable {
        hand_down(backend, &relation, &new, oid)?;
    }
    Ok(oid)
}

/// A foreign key whose names are resolved.
struct NewKey {
    name: crate::catalog::Name,
    definition: ForeignKey,
    attributes: ast::ConstraintAttributes,
    validated: bool,
}

/// Partitions get keys of their own, children of this one.
fn hand_down(backend: &mut Backend<'_>, relation: &Relation, new: &NewKey, parent: Oid) -> Result<()> {
    if relation.kind != RelationKind::PartitionedTable {
        return Ok(());
    }
    let partitions: Vec<Arc<Relation>> = backend.catalog()?.children_of(relation.oid).cloned().collect();
    for partition in partitions {
        add_to_partition(backend, relation, &partition, new, parent)?;
    }
    Ok(())
}

fn add_to_partition(
    backend: &mut Backend<'_>,
    relation: &Relation,
    partition: &Relation,
    new: &NewKey,
    parent: Oid,
) -> Result<()> {
    let map = AttributeMap::by_name(relation, partition);
    let mut definition = new.definition.clone();
    definition.columns = map.all(&definition.columns);
    definition.on_delete_columns = map.all(&definition.on_delete_columns);
    let taken = backend.find_constraint(partition.oid, &new.name).is_some();
    let name = if taken {
        let names = definition
            .columns
            .iter()
            .filter_map(|number| Some(&*partition.attribute(*number)?.name));
        let columns = join_column_names(names);
        let catalog = backend.catalog()?;
        let chosen = catalog.choose_constraint_name(&partition.name, Some(&columns), "fkey", partition.schema, &[]);
        chosen.into()
    } else {
        new.name.clone()
    };
    let child = NewKey {
        name,
        definition,
        attributes: new.attributes,
        validated: new.validated,
    };
    let oid = store(backend, partition, &child, parent)?;
    hand_down(backend, partition, &child, oid)
}

/// A new partition takes over its parent's foreign keys; rows that are there are checked on demand.
pub fn clone_to_partition(backend: &mut Backend<'_>, parent: Oid, partition: Oid, validate: bool) -> Result<()> {
    let keys: Vec<Arc<Constraint>> = backend.catalog()?.constraints_of(parent).cloned().collect();
    for key in keys {
        let ConstraintKind::ForeignKey(definition) = &key.kind else {
            continue;
        };
        let (relation, partition) = (backend.relation_by_oid(parent)?, backend.relation_by_oid(partition)?);
        if adopt_existing(backend, &relation, &partition, &key, definition)? {
            continue;
        }
        let new = NewKey {
            name: key.name.clone(),
            definition: definition.clone(),
            attributes: ast::ConstraintAttributes {
                deferrable: key.deferrable,
                initially_deferred: key.initially_deferred,
                not_valid: false,
                no_inherit: false,
            },
            validated: key.validated,
        };
        add_to_partition(backend, &relation, &partition, &new, key.oid)?;
        if validate && key.validated {
            let catalog = backend.catalog()?;
            let added = catalog.constraints_of(partition.oid).find(|c| c.parent == key.oid);
            if let Some(oid) = added.map(|c| c.oid) {
                executor::validate_constraint(backend, oid)?;
            }
        }
    }
    Ok(())
}

/// A key of the partition that says the same becomes the child of its parent's.
fn adopt_existing(
    backend: &mut Backend<'_>,
    relation: &Relation,
    partition: &Relation,
    key: &Constraint,
    definition: &ForeignKey,
) -> Result<bool> {
    let map = AttributeMap::by_name(relation, partition);
    let columns = map.all(&definition.columns);
    let catalog = backend.catalog_mut()?;
    let same = catalog.constraints_of(partition.oid).find(|other| match &other.kind {
        ConstraintKind::ForeignKey(own) => {
            !other.parent.is_valid()
                && own.columns == columns
                && own.referenced == definition.referenced
                && own.referenced_columns == definition.referenced_columns
                && own.on_delete == definition.on_delete
                && own.on_update == definition.on_update
                && own.match_kind == definition.match_kind
                && other.deferrable == key.deferrable
                && other.initially_deferred == key.initially_deferred
        }
        _ => false,
    });
    let Some(same) = same.map(|found| Constraint::clone(found)) else {
        return Ok(false);
    };
    let adopted = Constraint {
        parent: key.oid,
        is_local: false,
        inherited_count: 1,
        ..same
    };
    depend_on_parent(catalog, adopted.oid, adopted.relation, key.oid);
    catalog.put_constraint(adopted);
    Ok(true)
}

fn depend_on_parent(catalog: &mut crate::catalog::Catalog, child: Oid, table: Oid, parent: Oid) {
    let object = |oid| ObjectAddress::new(ObjectClass::Constraint, oid);
    catalog.record_dependency(object(child), object(parent), DependencyKind::Partition);
    let table = ObjectAddress::new(ObjectClass::Relation, table);
    catalog.record_dependency(object(child), table, DependencyKind::PartitionTable);
}

fn store(backend: &mut Backend<'_>, relation: &Relation, new: &NewKey, parent: Oid) -> Result<Oid> {
    let oid = backend.new_oid();
    let child = parent.is_valid();
    let key = &new.definition;
    let catalog = backend.catalog_mut()?;
    catalog.put_constraint(Constraint {
        oid,
        name: new.name.clone(),
        schema: relation.schema,
        relation: relation.oid,
        kind: ConstraintKind::ForeignKey(key.clone()),
        deferrable: new.attributes.deferrable,
        initially_deferred: new.attributes.initially_deferred,
        validated: new.validated,
        parent,
        is_local: !child,
        inherited_count: i16::from(child),
        no_inherit: true,
    });
    let object = ObjectAddress::new(ObjectClass::Constraint, oid);
    for column in &key.referenced_columns {
        let column = ObjectAddress::column(key.referenced, *column);
        catalog.record_dependency(object, column, DependencyKind::Normal);
    }
    let index = ObjectAddress::new(ObjectClass::Relation, key.index);
    catalog.record_dependency(object, index, DependencyKind::Normal);
    if child {
        depend_on_parent(catalog, oid, relation.oid, parent);
    }
    depend_on_columns(backend, oid, relation.oid, &key.columns)?;
    Ok(oid)
}

fn check_relations(
    relation: &Relation,
    referenced: &Relation,
    constraint: &ast::Constraint,
    options: AddOptions,
) -> Result<()> {
    if relation.kind == RelationKind::PartitionedTable {
        let wrong = |message: String| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
        if options.validate && !options.recurse {
            return wrong(format!(
                "cannot use ONLY for foreign key on partitioned table \"{}\" referencing relation \"{}\"",
                relation.name, referenced.name
            ));
        }
        if constraint.attributes.not_valid {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!(
                    "cannot add NOT VALID foreign key on partitioned table \"{}\" referencing relation \"{}\"",
                    relation.name, referenced.name
                ),
            )
            .detail("This feature is not yet supported on partitioned tables."));
        }
    }
    match referenced.kind {
        RelationKind::Table | RelationKind::PartitionedTable => {}
        RelationKind::System if !crate::system::is_view(referenced.oid) => {
            return Err(super::super::system_catalog(&referenced.name));
        }
        _ => {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("referenced relation \"{}\" is not a table", referenced.name),
            ));
        }
    }
    let refused = match (relation.persistence, referenced.persistence) {
        (Persistence::Permanent, Persistence::Permanent)
        | (Persistence::Unlogged, Persistence::Permanent | Persistence::Unlogged)
        | (Persistence::Temporary, Persistence::Temporary) => return Ok(()),
        (Persistence::Permanent, _) => "constraints on permanent tables may reference only permanent tables",
        (Persistence::Unlogged, _) => "constraints on unlogged tables may reference only permanent or unlogged tables",
        (Persistence::Temporary, _) => "constraints on temporary tables may reference only temporary tables",
    };
    Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, refused))
}

fn resolve(
    backend: &Backend<'_>,
    relation: &Relation,
    referenced: &Relation,
    key: &ast::ForeignKey,
    name: &str,
) -> Result<ForeignKey> {
    let columns = column_numbers(relation, &key.columns)?;
    let on_delete_columns = column_numbers(relation, &key.on_delete_columns)?;
    for number in &on_delete_columns {
        if !columns.contains(number) {
            let column = relation.attribute(*number).map_or("", |a| &a.name);
            return Err(Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                format!("column \"{column}\" referenced in ON DELETE SET action must be part of foreign key"),
            ));
        }
    }
    let (index, referenced_columns) = if key.referenced.is_empty() {
        referenced_primary_key(backend, referenced)?
    } else {
        let columns = column_numbers(referenced, &key.referenced)?;
        referenced_unique_key(backend, referenced, columns)?
    };
    check_privileges(backend, referenced, &referenced_columns)?;
    if columns.len() != referenced_columns.len() {
        return Err(Error::new(
            SqlState::INVALID_FOREIGN_KEY,
            "number of referencing and referenced columns for foreign key disagree",
        ));
    }
    check_generated(relation, &columns, key)?;
    for (own, other) in columns.iter().zip(&referenced_columns) {
        check_types(backend, (relation, *own), (referenced, *other), name)?;
    }
    Ok(ForeignKey {
        columns,
        referenced: referenced.oid,
        referenced_columns,
        index,
        on_update: action(key.on_update),
        on_delete: action(key.on_delete),
        on_delete_columns,
        match_kind: match key.match_type {
            ast::ForeignKeyMatch::Simple => ForeignKeyMatch::Simple,
            ast::ForeignKeyMatch::Full => ForeignKeyMatch::Full,
        },
    })
}

fn action(action: ast::ForeignKeyAction) -> ForeignKeyAction {
    match action {
        ast::ForeignKeyAction::NoAction => ForeignKeyAction::NoAction,
        ast::ForeignKeyAction::Restrict => ForeignKeyAction::Restrict,
        ast::ForeignKeyAction::Cascade => ForeignKeyAction::Cascade,
        ast::ForeignKeyAction::SetNull => ForeignKeyAction::SetNull,
        ast::ForeignKeyAction::SetDefault => ForeignKeyAction::SetDefault,
    }
}

fn column_numbers(relation: &Relation, names: &[String]) -> Result<Vec<i16>> {
    if names.len() > MAX_KEYS {
        return Err(Error::new(
            SqlState::TOO_MANY_COLUMNS,
            format!("cannot have more than {MAX_KEYS} keys in a foreign key"),
        ));
    }
    names
        .iter()
        .map(|name| match relation.attribute_by_name(name) {
            Some(attribute) => Ok(attribute.number),
            None => Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{name}\" referenced in foreign key constraint does not exist"),
            )),
        })
        .collect()
}

/// The primary key of the referenced table: its index and columns.
fn referenced_primary_key(backend: &Backend<'_>, referenced: &Relation) -> Result<(Oid, Vec<i16>)> {
    let catalog = backend.catalog()?;
    for index in catalog.indexes_of(referenced.oid) {
        let Some(definition) = &index.index else { continue };
        if definition.primary && definition.valid {
            if !definition.immediate {
                return Err(Error::new(
                    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    format!(
                        "cannot use a deferrable primary key for referenced table \"{}\"",
                        referenced.name
                    ),
                ));
            }
            return Ok((
                index.oid,
                definition.columns.iter().map(|column| column.attribute).collect(),
            ));
        }
    }
    Err(Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("there is no primary key for referenced table \"{}\"", referenced.name),
    ))
}

/// A unique index on exactly these columns, in any order.
fn referenced_unique_key(backend: &Backend<'_>, referenced: &Relation, columns: Vec<i16>) -> Result<(Oid, Vec<i16>)> {
    let mut sorted = columns.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(Error::new(
            SqlState::INVALID_FOREIGN_KEY,
            "foreign key referenced-columns list must not contain duplicates",
        ));
    }
    let mut deferrable = false;
    for index in backend.catalog()?.indexes_of(referenced.oid) {
        let Some(definition) = &index.index else { continue };
        let mut keys: Vec<i16> = definition.columns.iter().map(|column| column.attribute).collect();
        keys.sort_unstable();
        if !definition.unique || !definition.valid || definition.predicate.is_some() || keys != sorted {
            continue;
        }
        if definition.immediate {
            return Ok((index.oid, columns));
        }
        deferrable = true;
    }
    let name = &referenced.name;
    Err(if deferrable {
        Error::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("cannot use a deferrable unique constraint for referenced table \"{name}\""),
        )
    } else {
        Error::new(
            SqlState::INVALID_FOREIGN_KEY,
            format!("there is no unique constraint matching given keys for referenced table \"{name}\""),
        )
    })
}

/// REFERENCES on the table or on each of the columns.
fn check_privileges(backend: &Backend<'_>, referenced: &Relation, columns: &[i16]) -> Result<()> {
    let table = ObjectAddress::new(ObjectClass::Relation, referenced.oid);
    let role = backend.session.current_user;
    let all_columns = columns
        .iter()
        .all(|column| privileges::has_privilege(backend, role, ObjectAddress::column(referenced.oid, *column), 'x'));
    if all_columns && !columns.is_empty() {
        return Ok(());
    }
    privileges::check(backend, table, &['x'])
}

/// A generated column can't be set by an action.
fn check_generated(relation: &Relation, columns: &[i16], key: &ast::ForeignKey) -> Result<()> {
    let generated = columns
        .iter()
        .any(|number| relation.attribute(*number).is_some_and(|a| a.generated.is_some()));
    if !generated {
        return Ok(());
    }
    use ast::ForeignKeyAction::{Cascade, SetDefault, SetNull};
    let sets = |action| matches!(action, SetNull | SetDefault);
    let clause = if sets(key.on_update) || key.on_update == Cascade {
        "ON UPDATE"
    } else if sets(key.on_delete) {
        "ON DELETE"
    } else {
        return Ok(());
    };
    Err(Error::new(
        SqlState::INVALID_FOREIGN_KEY,
        format!("invalid {clause} action for foreign key constraint containing generated column"),
    ))
}

/// There must be an equality between the columns' types that the referenced index knows.
fn check_types(
    backend: &Backend<'_>,
    (relation, own): (&Relation, i16),
    (referenced, other): (&Relation, i16),
    name: &str,
) -> Result<()> {
    let (Some(own), Some(other)) = (relation.attribute(own), referenced.attribute(other)) else {
        return Err(undefined_column("", &relation.name));
    };
    if comparable(backend, own.type_oid, other.type_oid) {
        return Ok(());
    }
    Err(Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!("foreign key constraint \"{name}\" cannot be implemented"),
    )
    .detail(format!(
        "Key columns \"{}\" and \"{}\" are of incompatible types: {} and {}.",
        own.name,
        other.name,
        backend.format_type(own.type_oid),
        backend.format_type(other.type_oid)
    )))
}

/// After a change of a column's type: the key's types must still fit, and its rows are checked.
pub fn check_again(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let Some(constraint) = backend.catalog()?.constraints.get(&oid).cloned() else {
        return Ok(());
    };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else {
        return Ok(());
    };
    let (relation, referenced) = (
        backend.relation_by_oid(constraint.relation)?,
        backend.relation_by_oid(key.referenced)?,
    );
    for (own, other) in key.columns.iter().zip(&key.referenced_columns) {
        check_types(backend, (&relation, *own), (&referenced, *other), &constraint.name)?;
    }
    if constraint.validated && relation.has_storage() {
        executor::validate_constraint(backend, oid)?;
    }
    Ok(())
}

fn comparable(backend: &Backend<'_>, own: Oid, referenced: Oid) -> bool {
    let (own, referenced) = (base_type(backend, own), base_type(backend, referenced));
    own == referenced
        || find_binary_operator(backend, "=", referenced, own).is_some()
        || find_cast(own, referenced).is_some_and(|cast| cast.context == CastContext::Implicit)
}
