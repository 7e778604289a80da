//! domains, element_types, user_defined_types, attributes; the character set and the collations.

use kumquat_types::{Datum, Oid, Result};

use super::type_facts::{self, facts};
use super::{Table, accessible, database, read_only, schema, text, yes_or_no};
use crate::backend::Backend;
use crate::catalog::collation::COLLATIONS;
use crate::catalog::{Relation, RelationKind, TypeDefinition};
use crate::ruleutils::deparse_expression;
use crate::system::relations::Rows;

pub fn domains(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut names = vec![
            "domain_catalog",
            "domain_schema",
            "domain_name",
            "domain_default",
            "dtd_identifier",
        ];
        names.extend(type_facts::COLUMNS);
        let mut table = Table::new("domains", &names);
        for user in backend.catalog()?.types.values() {
            let TypeDefinition::Domain {
                base,
                type_modifier,
                default,
                ..
            } = &user.definition
            else {
                continue;
            };
            let default = match default {
                Some(expr) => Datum::from(deparse_expression(backend, expr, None, false)?),
                None => Datum::Null,
            };
            let mut row = vec![
                database(backend),
                schema(backend, user.schema),
                Datum::Text(user.name.clone()),
                default,
                text("1"),
            ];
            row.extend(facts(backend, *base, *type_modifier, Oid::INVALID));
            table.push(row);
        }
        Ok(table.rows)
    })
}

/// The elements of columns that are arrays.
pub fn element_types(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut names = vec![
            "object_catalog",
            "object_schema",
            "object_name",
            "object_type",
            "collection_type_identifier",
            "dtd_identifier",
        ];
        names.extend(type_facts::COLUMNS);
        let mut table = Table::new("element_types", &names);
        let is_table = |relation: &Relation| relation.has_storage() || relation.kind == RelationKind::PartitionedTable;
        for relation in accessible(backend).iter().filter(|relation| is_table(relation)) {
            for attribute in relation.live_attributes() {
                let Some(element) = backend.array_element(attribute.type_oid) else {
                    continue;
                };
                let mut row = vec![
                    database(backend),
                    schema(backend, relation.schema),
                    Datum::Text(relation.name.clone()),
                    text("TABLE"),
                    Datum::from(attribute.number.to_string()),
                    Datum::from(format!("a{}", attribute.number)),
                ];
                row.extend(facts(backend, element, -1, Oid::INVALID));
                table.push(row);
            }
        }
        Ok(table.rows)
    })
}

pub fn user_defined_types(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "user_defined_types",
            &[
                "user_defined_type_catalog",
                "user_defined_type_schema",
                "user_defined_type_name",
                "user_defined_type_category",
                "is_instantiable",
            ],
        );
        for relation in accessible(backend) {
            if relation.kind == RelationKind::CompositeType {
                table.push(vec![
                    database(backend),
                    schema(backend, relation.schema),
                    Datum::Text(relation.name.clone()),
                    text("STRUCTURED"),
                    yes_or_no(true),
                ]);
            }
        }
        Ok(table.rows)
    })
}

/// The fields of composite types.
pub fn attributes(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let facts_of_type = type_facts::COLUMNS.iter().take(11);
        let mut names = vec![
            "udt_catalog",
            "udt_schema",
            "udt_name",
            "attribute_name",
            "ordinal_position",
            "is_nullable",
            "dtd_identifier",
            "is_derived_reference_attribute",
        ];
        names.extend(facts_of_type);
        names.extend(["attribute_udt_catalog", "attribute_udt_schema", "attribute_udt_name"]);
        let mut table = Table::new("attributes", &names);
        for relation in accessible(backend) {
            if relation.kind != RelationKind::CompositeType {
                continue;
            }
            for attribute in relation.live_attributes() {
                let mut row = vec![
                    database(backend),
                    schema(backend, relation.schema),
                    Datum::Text(relation.name.clone()),
                    Datum::Text(attribute.name.clone()),
                    Datum::Int4(i32::from(attribute.number)),
                    yes_or_no(!attribute.not_null),
                    Datum::from(attribute.number.to_string()),
                    yes_or_no(false),
                ];
                row.extend(facts(
                    backend,
                    attribute.type_oid,
                    attribute.type_modifier,
                    attribute.collation,
                ));
                table.push(row);
            }
        }
        Ok(table.rows)
    })
}

pub fn character_sets(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "character_sets",
            &[
                "character_set_name",
                "character_repertoire",
                "form_of_use",
                "default_collate_catalog",
                "default_collate_schema",
                "default_collate_name",
            ],
        );
        table.push(vec![
            text("UTF8"),
            text("UCS"),
            text("UTF8"),
            database(backend),
            text("pg_catalog"),
            text("C.utf8"),
        ]);
        Ok(table.rows)
    })
}

pub fn collations(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        Ok(COLLATIONS
            .iter()
            .map(|(_, name)| vec![database(backend), text("pg_catalog"), text(name), text("NO PAD")])
            .collect())
    })
}
