//! ALTER COLUMN: DEFAULT, IDENTITY, EXPRESSION.

use kumquat_sql::ast::{self, ConstraintKind, DefElem, GeneratedWhen};
use kumquat_types::{Error, Result, SqlState};

use super::{children, invalid_table, live_column};
use crate::backend::Backend;
use crate::catalog::{Attribute, DependencyKind, Identity, ObjectAddress, ObjectClass, Relation, RelationKind};
use crate::commands::create_table::column::{self as definition, ColumnReading};
use crate::commands::create_table::store_default;
use crate::commands::drop::drop_quietly;
use crate::commands::drop::missing::skipping;
use crate::commands::{options, sequence};

fn prerequisite(message: String) -> Error {
    Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message)
}

fn not_identity(attribute: &Attribute, relation: &Relation) -> Error {
    prerequisite(format!(
        "column \"{}\" of relation \"{}\" is not an identity column",
        attribute.name, relation.name
    ))
}

/// SET DEFAULT, DROP DEFAULT (`ATExecColumnDefault`).
pub fn set_default(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    expr: Option<&ast::Expr>,
    recurse: bool,
) -> Result<()> {
    let attribute = live_column(relation, name)?.clone();
    let of = format!("column \"{name}\" of relation \"{}\" is", relation.name);
    if attribute.identity.is_some() {
        let error = Error::new(SqlState::SYNTAX_ERROR, format!("{of} an identity column"));
        return Err(match expr {
            Some(_) => error,
            None => error.hint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead."),
        });
    }
    if attribute.generated.is_some() {
        let error = Error::new(SqlState::SYNTAX_ERROR, format!("{of} a generated column"));
        return Err(match expr {
            Some(_) => error,
            None => error.hint("Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead."),
        });
    }
    let default = match expr {
        Some(expr) => definition::cook_default(backend, relation, &attribute, expr)?,
        None => None,
    };
    store_default(backend, relation.oid, attribute.number, default)?;
    if recurse {
        for child in children(backend, relation)? {
            if child.attribute_by_name(name).is_some() {
                set_default(backend, &child, name, expr, true)?;
            }
        }
    }
    Ok(())
}

/// ADD GENERATED ... AS IDENTITY.
pub fn add_identity(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    constraint: &ast::Constraint,
) -> Result<()> {
    let attribute = live_column(relation, name)?.clone();
    let of = format!("column \"{name}\" of relation \"{}\"", relation.name);
    let ConstraintKind::Identity { generated_when, .. } = constraint.kind else {
        return Err(Error::internal("an identity that is none"));
    };
    let reading = read_identity(backend, relation, &attribute, constraint)?;
    let Some(new) = reading.column.sequence else {
        return Err(Error::internal("an identity without sequence"));
    };
    if !attribute.not_null {
        let kinds = [
            kumquat_types::Oid::INT2,
            kumquat_types::Oid::INT4,
            kumquat_types::Oid::INT8,
        ];
        if kinds.contains(&attribute.type_oid) {
            return Err(prerequisite(format!(
                "{of} must be declared NOT NULL before identity can be added"
            )));
        }
    }
    if attribute.identity.is_some() {
        return Err(prerequisite(format!("{of} is already an identity column")));
    }
    if attribute.default.is_some() {
        return Err(prerequisite(format!("{of} already has a default value")));
    }
    let sequence = definition::create_sequence(backend, &new, relation, name)?;
    let column = ObjectAddress::column(relation.oid, attribute.number);
    sequence::own_sequence(backend, sequence, Some(column), DependencyKind::Internal)?;
    backend.update_attribute(relation.oid, attribute.number, |attribute| {
        attribute.identity = Some(identity_of(generated_when));
    })
}

fn identity_of(when: GeneratedWhen) -> Identity {
    match when {
        GeneratedWhen::Always => Identity::Always,
        GeneratedWhen::ByDefault => Identity::ByDefault,
    }
}

/// Reads the constraint as that of a column like this one.
fn read_identity(
    backend: &Backend<'_>,
    relation: &Relation,
    attribute: &Attribute,
    constraint: &ast::Constraint,
) -> Result<ColumnReading> {
    let type_name = kumquat_sql::parse_type_name(&backend.format_type_qualified(attribute.type_oid, -1))?;
    let def = ast::ColumnDef {
        name: attribute.name.to_string(),
        type_name: Some(type_name),
        compression: None,
        collation: None,
        constraints: vec![constraint.clone()],
        fdw_options: Vec::new(),
        location: constraint.location,
    };
    definition::read(backend, &relation.name, &def)
}

/// SET GENERATED, SET sequence options, RESTART.
pub fn set_identity(backend: &mut Backend<'_>, relation: &Relation, name: &str, given: &[DefElem]) -> Result<()> {
    let attribute = live_column(relation, name)?.clone();
    if attribute.identity.is_none() {
        return Err(not_identity(&attribute, relation));
    }
    let (generated, sequence_options): (Vec<&DefElem>, Vec<&DefElem>) =
        given.iter().partition(|option| option.name == "generated");
    if let Some(option) = generated.get(1) {
        return Err(options::conflicting(option));
    }
    if let Some(option) = generated.first() {
        let identity = match options::boolean(option)? {
            true => Identity::Always,
            false => Identity::ByDefault,
        };
        backend.update_attribute(relation.oid, attribute.number, |attribute| {
            attribute.identity = Some(identity);
        })?;
    }
    let owned = backend
        .catalog()?
        .owned_sequences(relation.oid, attribute.number)
        .next();
    if let (Some((sequence, _)), false) = (owned, sequence_options.is_empty()) {
        let sequence_options: Vec<DefElem> = sequence_options.into_iter().cloned().collect();
        sequence::alter_sequence(backend, sequence, &sequence_options, sequence::Use::Identity)?;
    }
    Ok(())
}

/// DROP IDENTITY: the sequence goes, too.
pub fn drop_identity(backend: &mut Backend<'_>, relation: &Relation, name: &str, missing_ok: bool) -> Result<()> {
    let attribute = live_column(relation, name)?.clone();
    if attribute.identity.is_none() {
        return skipping(backend, missing_ok, not_identity(&attribute, relation));
    }
    backend.update_attribute(relation.oid, attribute.number, |attribute| attribute.identity = None)?;
    let owned: Vec<_> = backend
        .catalog()?
        .owned_sequences(relation.oid, attribute.number)
        .filter(|(_, kind)| *kind == DependencyKind::Internal)
        .map(|(sequence, _)| ObjectAddress::new(ObjectClass::Relation, sequence))
        .collect();
    for sequence in owned {
        backend.catalog_mut()?.forget_references(sequence);
        drop_quietly(backend, &[sequence])?;
    }
    Ok(())
}

/// DROP EXPRESSION: a generated column becomes a plain one and keeps its values.
pub fn drop_expression(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    missing_ok: bool,
    recurse: bool,
) -> Result<()> {
    let attribute = live_column(relation, name)?.clone();
    if attribute.generated.is_none() {
        let error = prerequisite(format!(
            "column \"{name}\" of relation \"{}\" is not a stored generated column",
            relation.name
        ));
        return skipping(backend, missing_ok, error);
    }
    let children = children(backend, relation)?;
    if !children.is_empty() && !recurse {
        return Err(invalid_table(
            "ALTER TABLE / DROP EXPRESSION must be applied to child tables too",
        ));
    }
    if attribute.inherited_count > 0 && relation.kind != RelationKind::PartitionedTable {
        return Err(invalid_table("cannot drop generation expression from inherited column"));
    }
    remove_expression(backend, relation, &attribute)?;
    for child in children {
        if let Some(own) = child.attribute_by_name(name).cloned() {
            remove_expression(backend, &child, &own)?;
        }
    }
    Ok(())
}

fn remove_expression(backend: &mut Backend<'_>, relation: &Relation, attribute: &Attribute) -> Result<()> {
    store_default(backend, relation.oid, attribute.number, None)?;
    backend.update_attribute(relation.oid, attribute.number, |attribute| attribute.generated = None)
}
