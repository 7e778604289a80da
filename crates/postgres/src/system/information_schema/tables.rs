//! tables, columns, views, sequences, schemata.

use kumquat_types::{Datum, Oid, Result};

use super::type_facts::{self, facts, is_domain};
use super::{Table, accessible, database, read_only, schema, text, yes_or_no};
use crate::backend::Backend;
use crate::catalog::expression_references::query_references;
use crate::catalog::{Attribute, Identity, ObjectClass, Persistence, Relation, RelationKind};
use crate::commands::view::not_updatable;
use crate::ruleutils::deparse_expression;
use crate::system::definition::view::view_definition;
use crate::system::relations::Rows;

pub fn catalog_name(backend: &mut Backend<'_>) -> Result<Rows> {
    Ok(vec![vec![database(backend)]])
}

pub fn schemata(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new("schemata", &["catalog_name", "schema_name", "schema_owner"]);
        for found in backend.catalog()?.schemas.values() {
            let owner = backend.name_of_role(found.owner).map_or(Datum::Null, Datum::Text);
            if backend.owns(found.owner) {
                table.push(vec![database(backend), Datum::Text(found.name.clone()), owner]);
            }
        }
        Ok(table.rows)
    })
}

/// Relations the standard counts as tables.
fn is_table(relation: &Relation) -> bool {
    matches!(
        relation.kind,
        RelationKind::Table
            | RelationKind::PartitionedTable
            | RelationKind::View
            | RelationKind::ForeignTable
            | RelationKind::System
    )
}

/// INSERT, UPDATE and DELETE work on it.
fn is_updatable(relation: &Relation) -> bool {
    match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable => true,
        RelationKind::System => !relation.is_system_view(),
        RelationKind::View => relation
            .view
            .as_ref()
            .is_some_and(|query| not_updatable(query).is_none()),
        _ => false,
    }
}

pub fn tables(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "tables",
            &[
                "table_catalog",
                "table_schema",
                "table_name",
                "table_type",
                "is_insertable_into",
                "is_typed",
                "commit_action",
            ],
        );
        for relation in accessible(backend).iter().filter(|relation| is_table(relation)) {
            let is_view = relation.kind == RelationKind::View || relation.is_system_view();
            let kind = match relation.persistence {
                Persistence::Temporary => "LOCAL TEMPORARY",
                _ if relation.kind == RelationKind::ForeignTable => "FOREIGN",
                _ if is_view => "VIEW",
                _ => "BASE TABLE",
            };
            table.push(vec![
                database(backend),
                schema(backend, relation.schema),
                Datum::Text(relation.name.clone()),
                text(kind),
                yes_or_no(is_updatable(relation)),
                yes_or_no(relation.of_type.is_valid()),
                Datum::Null,
            ]);
        }
        Ok(table.rows)
    })
}

pub fn columns(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut names = vec![
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "column_default",
            "is_nullable",
            "domain_catalog",
            "domain_schema",
            "domain_name",
            "dtd_identifier",
            "is_self_referencing",
            "is_identity",
            "identity_generation",
            "identity_start",
            "identity_increment",
            "identity_maximum",
            "identity_minimum",
            "identity_cycle",
            "is_generated",
            "generation_expression",
            "is_updatable",
        ];
        names.extend(type_facts::COLUMNS);
        let mut table = Table::new("columns", &names);
        for relation in accessible(backend).iter().filter(|relation| is_table(relation)) {
            for attribute in relation.live_attributes() {
                table.push(column_row(backend, relation, attribute)?);
            }
        }
        Ok(table.rows)
    })
}

fn column_row(backend: &Backend<'_>, relation: &Relation, attribute: &Attribute) -> Result<Vec<Datum>> {
    let default = match &attribute.default {
        Some(expr) => Datum::from(deparse_expression(backend, expr, Some(relation), false)?),
        None => Datum::Null,
    };
    let generated = attribute.generated.is_some();
    let mut row = vec![
        database(backend),
        schema(backend, relation.schema),
        Datum::Text(relation.name.clone()),
        Datum::Text(attribute.name.clone()),
        Datum::Int4(i32::from(attribute.number)),
        if generated { Datum::Null } else { default.clone() },
        yes_or_no(!attribute.not_null && !domain_is_not_null(backend, attribute.type_oid)),
    ];
    row.extend(domain_name(backend, attribute.type_oid));
    row.push(Datum::from(attribute.number.to_string()));
    row.push(yes_or_no(false));
    row.extend(identity(backend, relation, attribute)?);
    row.push(text(if generated { "ALWAYS" } else { "NEVER" }));
    row.push(if generated { default } else { Datum::Null });
    row.push(yes_or_no(is_updatable(relation)));
    row.extend(facts(
        backend,
        attribute.type_oid,
        attribute.type_modifier,
        attribute.collation,
    ));
    Ok(row)
}

fn domain_is_not_null(backend: &Backend<'_>, type_oid: Oid) -> bool {
    match backend.user_type(type_oid).map(|user| &user.definition) {
        Some(crate::catalog::TypeDefinition::Domain { not_null, .. }) => *not_null,
        _ => false,
    }
}

fn domain_name(backend: &Backend<'_>, type_oid: Oid) -> [Datum; 3] {
    if !is_domain(backend, type_oid) {
        return [Datum::Null, Datum::Null, Datum::Null];
    }
    let [schema, name] = type_facts::type_name(backend, type_oid);
    [database(backend), schema, name]
}

/// is_identity, generation, start, increment, maximum, minimum, cycle.
fn identity(backend: &Backend<'_>, relation: &Relation, attribute: &Attribute) -> Result<Vec<Datum>> {
    let catalog = backend.catalog()?;
    let sequence = catalog
        .owned_sequences(relation.oid, attribute.number)
        .find_map(|(sequence, _)| catalog.relation(sequence)?.sequence);
    Ok(match (attribute.identity, sequence) {
        (Some(identity), Some(sequence)) => vec![
            yes_or_no(true),
            text(match identity {
                Identity::Always => "ALWAYS",
                Identity::ByDefault => "BY DEFAULT",
            }),
            Datum::from(sequence.start.to_string()),
            Datum::from(sequence.increment.to_string()),
            Datum::from(sequence.max.to_string()),
            Datum::from(sequence.min.to_string()),
            yes_or_no(sequence.cycle),
        ],
        _ => {
            let mut none = vec![yes_or_no(false)];
            none.extend((0..5).map(|_| Datum::Null));
            none.push(yes_or_no(false));
            none
        }
    })
}

pub fn views(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "views",
            &[
                "table_catalog",
                "table_schema",
                "table_name",
                "view_definition",
                "check_option",
                "is_updatable",
                "is_insertable_into",
                "is_trigger_updatable",
                "is_trigger_deletable",
                "is_trigger_insertable_into",
            ],
        );
        for view in accessible(backend) {
            if view.kind != RelationKind::View && !view.is_system_view() {
                continue;
            }
            let check = view.options.iter().find(|(name, _)| &**name == "check_option");
            let updatable = is_updatable(&view);
            table.push(vec![
                database(backend),
                schema(backend, view.schema),
                Datum::Text(view.name.clone()),
                match backend.owns(view.owner) {
                    true => view_definition(backend, &view, false)?.into(),
                    false => Datum::Null,
                },
                check.map_or_else(|| text("NONE"), |(_, value)| Datum::from(value.to_uppercase())),
                yes_or_no(updatable),
                yes_or_no(updatable),
                yes_or_no(false),
                yes_or_no(false),
                yes_or_no(false),
            ]);
        }
        Ok(table.rows)
    })
}

pub fn view_table_usage(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "view_table_usage",
            &[
                "view_catalog",
                "view_schema",
                "view_name",
                "table_catalog",
                "table_schema",
                "table_name",
            ],
        );
        for view in accessible(backend) {
            let Some(query) = &view.view else { continue };
            let references = query_references(query);
            let mut used: Vec<Oid> = references
                .iter()
                .filter(|object| object.class == ObjectClass::Relation)
                .map(|object| object.oid)
                .collect();
            used.dedup();
            for oid in used {
                let relation = backend.relation_by_oid(oid)?;
                table.push(vec![
                    database(backend),
                    schema(backend, view.schema),
                    Datum::Text(view.name.clone()),
                    database(backend),
                    schema(backend, relation.schema),
                    Datum::Text(relation.name.clone()),
                ]);
            }
        }
        Ok(table.rows)
    })
}

pub fn sequences(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "sequences",
            &[
                "sequence_catalog",
                "sequence_schema",
                "sequence_name",
                "data_type",
                "numeric_precision",
                "numeric_precision_radix",
                "numeric_scale",
                "start_value",
                "minimum_value",
                "maximum_value",
                "increment",
                "cycle_option",
            ],
        );
        let catalog = backend.catalog()?;
        for relation in accessible(backend) {
            let Some(sequence) = relation.sequence else { continue };
            let of_identity = catalog
                .sequence_owner(relation.oid)
                .is_some_and(|(_, kind)| kind == crate::catalog::DependencyKind::Internal);
            if of_identity {
                continue;
            }
            let bits = match sequence.type_oid {
                Oid::INT2 => 16,
                Oid::INT4 => 32,
                _ => 64,
            };
            table.push(vec![
                database(backend),
                schema(backend, relation.schema),
                Datum::Text(relation.name.clone()),
                Datum::from(backend.format_type(sequence.type_oid)),
                Datum::Int4(bits),
                Datum::Int4(2),
                Datum::Int4(0),
                Datum::from(sequence.start.to_string()),
                Datum::from(sequence.min.to_string()),
                Datum::from(sequence.max.to_string()),
                Datum::from(sequence.increment.to_string()),
                yes_or_no(sequence.cycle),
            ]);
        }
        Ok(table.rows)
    })
}
