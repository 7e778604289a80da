//! The views of `information_schema`, computed from the catalog.
//!
//! - [`tables`]: tables, columns, views, sequences, schemas; [`constraints`]; [`privileges`]; [`routines`];
//!   [`types`]; [`usage`]. [`type_facts`]: what all of them say of a type.

pub mod constraints;
pub mod privileges;
pub mod routines;
pub mod tables;
pub mod type_facts;
pub mod types;
pub mod usage;

use std::sync::Arc;

use kumquat_types::{Datum, Error, Oid, Result};

use super::relations::values::shown_relations;
use super::relations::{Rows, initdb, refuse, refused, relations};
use crate::backend::Backend;
use crate::catalog::{ObjectAddress, ObjectClass, Relation};
use crate::commands::privileges::has_privilege;
use crate::extension::SystemRows;

pub fn rows_of(name: &str) -> SystemRows {
    match name {
        "information_schema_catalog_name" => tables::catalog_name,
        "schemata" => tables::schemata,
        "tables" => tables::tables,
        "columns" => tables::columns,
        "views" => tables::views,
        "view_table_usage" => tables::view_table_usage,
        "sequences" => tables::sequences,
        "table_constraints" => constraints::table_constraints,
        "key_column_usage" => constraints::key_column_usage,
        "constraint_column_usage" => constraints::constraint_column_usage,
        "constraint_table_usage" => constraints::constraint_table_usage,
        "referential_constraints" => constraints::referential_constraints,
        "check_constraints" => constraints::check_constraints,
        "domain_constraints" => constraints::domain_constraints,
        "triggers" => constraints::triggers,
        "table_privileges" | "role_table_grants" => privileges::table_privileges,
        "column_privileges" | "role_column_grants" => privileges::column_privileges,
        "routine_privileges" | "role_routine_grants" => privileges::routine_privileges,
        "usage_privileges" | "role_usage_grants" => privileges::usage_privileges,
        "enabled_roles" => privileges::enabled_roles,
        "applicable_roles" => privileges::applicable_roles,
        "routines" => routines::routines,
        "parameters" => routines::parameters,
        "domains" => types::domains,
        "element_types" => types::element_types,
        "user_defined_types" => types::user_defined_types,
        "attributes" => types::attributes,
        "character_sets" => types::character_sets,
        "collations" => types::collations,
        "column_udt_usage" => usage::column_udt_usage,
        "column_domain_usage" => usage::column_domain_usage,
        "domain_udt_usage" => usage::domain_udt_usage,
        "collation_character_set_applicability" => usage::collation_character_set_applicability,
        "administrable_role_authorizations" => usage::administrable_role_authorizations,
        "udt_privileges" | "role_udt_grants" => usage::udt_privileges,
        "sql_implementation_info" => |_| Ok(initdb::rows("sql_implementation_info").clone()),
        "sql_parts" => |_| Ok(initdb::rows("sql_parts").clone()),
        "sql_sizing" => |_| Ok(initdb::rows("sql_sizing").clone()),
        "column_column_usage" => refuse!("column_column_usage"),
        "data_type_privileges" => refuse!("data_type_privileges"),
        "routine_routine_usage" => refuse!("routine_routine_usage"),
        "sql_features" => refuse!("sql_features"),
        "view_column_usage" => refuse!("view_column_usage"),
        "view_routine_usage" => refuse!("view_routine_usage"),
        "foreign_data_wrapper_options"
        | "foreign_data_wrappers"
        | "foreign_server_options"
        | "foreign_servers"
        | "foreign_table_options"
        | "foreign_tables"
        | "column_options"
        | "user_mapping_options"
        | "user_mappings"
        | "transforms"
        | "triggered_update_columns"
        | "check_constraint_routine_usage"
        | "routine_column_usage"
        | "routine_sequence_usage"
        | "routine_table_usage" => |_| Ok(Vec::new()),
        _ => refused,
    }
}

/// Rows of a view of which only some columns are not NULL.
pub struct Table {
    width: usize,
    places: Vec<usize>,
    pub rows: Rows,
}

impl Table {
    /// For the view of that name; values will come for these columns, in this order.
    pub fn new(view: &str, columns: &[&str]) -> Table {
        let found = relations()
            .iter()
            .find(|relation| relation.schema == "information_schema" && relation.name == view);
        let all = found.map_or(&[][..], |relation| relation.columns.as_slice());
        let place = |wanted: &&str| all.iter().position(|column| column.name == *wanted);
        Table {
            width: all.len(),
            places: columns.iter().filter_map(place).collect(),
            rows: Vec::new(),
        }
    }

    pub fn push(&mut self, values: Vec<Datum>) {
        let mut row = vec![Datum::Null; self.width];
        for (place, value) in self.places.iter().zip(values) {
            if let Some(slot) = row.get_mut(*place) {
                *slot = value;
            }
        }
        self.rows.push(row);
    }
}

pub fn text(value: &str) -> Datum {
    Datum::text(value)
}

pub fn yes_or_no(value: bool) -> Datum {
    text(if value { "YES" } else { "NO" })
}

/// The current database's name.
pub fn database(backend: &Backend<'_>) -> Datum {
    Datum::Text(backend.session.database.clone())
}

pub fn schema(backend: &Backend<'_>, oid: Oid) -> Datum {
    Datum::Text(backend.schema_name(oid))
}

/// Relations that the current role owns or has any privilege on.
pub fn accessible(backend: &Backend<'_>) -> Vec<Arc<Relation>> {
    let role = backend.session.current_user;
    let mut relations = shown_relations(backend);
    if !backend.superuser() {
        relations.retain(|relation| {
            let object = ObjectAddress::new(ObjectClass::Relation, relation.oid);
            let letters = relation.acl_kind().all_letters();
            backend.owns(relation.owner)
                || letters
                    .chars()
                    .any(|letter| has_privilege(backend, role, object, letter))
        });
    }
    relations
}

/// Rows are computed without changing anything.
pub fn read_only(backend: &mut Backend<'_>, rows: impl FnOnce(&Backend<'_>) -> Result<Rows>) -> Result<Rows> {
    rows(backend)
}
