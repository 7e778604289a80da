//! The relations of `pg_catalog` and `information_schema`: their columns, and what computes their rows.
//!
//! `relations.txt` has a relation a line (see [`SystemRelation::read_list`]). [`rows_of`] says by name
//! which function gives the rows: [`initdb`] those that never change, an empty list where a fresh server has none
//! and nothing here makes any, a refusal where PostgreSQL has rows that are not modelled.

pub mod attributes;
pub mod classes;
pub mod constraints;
pub mod dependencies;
pub mod descriptions;
pub mod indexes;
pub mod initdb;
pub mod io_statistics;
pub mod policies;
mod procs;
pub mod roles;
pub mod session;
pub mod settings;
pub mod shared;
pub mod statistics;
pub mod types;
pub mod values;
pub mod views;

use std::sync::OnceLock;

use kumquat_types::{Datum, Error, Result};

use crate::backend::Backend;
use crate::extension::{SystemRelation, SystemRows};

static TEXT: &str = include_str!("relations.txt");

pub type Rows = Vec<Vec<Datum>>;

/// Which relations a statistics view counts: `pg_stat_all_tables`, `pg_stat_sys_tables` or `pg_stat_user_tables`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    System,
    User,
}

/// All computed relations of PostgreSQL itself.
pub fn relations() -> &'static [SystemRelation] {
    static RELATIONS: OnceLock<Vec<SystemRelation>> = OnceLock::new();
    RELATIONS.get_or_init(|| {
        SystemRelation::read_list(
            TEXT,
            |_| None,
            |schema, name| match schema {
                "information_schema" => crate::system::information_schema::rows_of(name),
                _ => rows_of(name),
            },
        )
    })
}

fn empty(_: &mut Backend<'_>) -> Result<Rows> {
    Ok(Vec::new())
}

pub fn refused(_: &mut Backend<'_>) -> Result<Rows> {
    Err(Error::not_modelled("this system catalog"))
}

/// Says by name that a relation is not modelled.
macro_rules! refuse {
    ($name:literal) => {
        |_| Err(Error::not_modelled(concat!("relation \"", $name, "\"")))
    };
}
pub(crate) use refuse;

fn rows_of(name: &str) -> SystemRows {
    match name {
        "pg_class" => classes::pg_class,
        "pg_tables" => classes::pg_tables,
        "pg_sequence" => classes::pg_sequence,
        "pg_sequences" => classes::pg_sequences,
        "pg_inherits" => classes::pg_inherits,
        "pg_partitioned_table" => classes::pg_partitioned_table,
        "pg_namespace" => classes::pg_namespace,
        "pg_attribute" => attributes::pg_attribute,
        "pg_attrdef" => attributes::pg_attrdef,
        "pg_index" => indexes::pg_index,
        "pg_indexes" => indexes::pg_indexes,
        "pg_am" => indexes::pg_am,
        "pg_opclass" => indexes::pg_opclass,
        "pg_views" => views::pg_views,
        "pg_matviews" => views::pg_matviews,
        "pg_rewrite" => views::pg_rewrite,
        "pg_constraint" => constraints::pg_constraint,
        "pg_trigger" => constraints::pg_trigger,
        "pg_policy" => policies::pg_policy,
        "pg_policies" => policies::pg_policies,
        "pg_type" => types::pg_type,
        "pg_enum" => types::pg_enum,
        "pg_range" => types::pg_range,
        "pg_collation" => types::pg_collation,
        "pg_cast" => procs::pg_cast,
        "pg_proc" => procs::pg_proc,
        "pg_operator" => procs::pg_operator,
        "pg_language" => procs::pg_language,
        "pg_authid" => roles::pg_authid,
        "pg_roles" => roles::pg_roles,
        "pg_user" => roles::pg_user,
        "pg_shadow" => roles::pg_shadow,
        "pg_group" => roles::pg_group,
        "pg_auth_members" => roles::pg_auth_members,
        "pg_db_role_setting" => roles::pg_db_role_setting,
        "pg_default_acl" => roles::pg_default_acl,
        "pg_database" => shared::pg_database,
        "pg_tablespace" => shared::pg_tablespace,
        "pg_extension" => shared::pg_extension,
        "pg_available_extensions" => shared::pg_available_extensions,
        "pg_available_extension_versions" => shared::pg_available_extension_versions,
        "pg_description" => dependencies::pg_description,
        "pg_shdescription" => dependencies::pg_shdescription,
        "pg_depend" => dependencies::pg_depend,
        "pg_shdepend" => dependencies::pg_shdepend,
        "pg_aggregate" => |_| Ok(initdb::rows("pg_aggregate").clone()),
        "pg_amop" => |_| Ok(initdb::rows("pg_amop").clone()),
        "pg_amproc" => |_| Ok(initdb::rows("pg_amproc").clone()),
        "pg_conversion" => |_| Ok(initdb::rows("pg_conversion").clone()),
        "pg_opfamily" => |_| Ok(initdb::rows("pg_opfamily").clone()),
        "pg_ts_config" => |_| Ok(initdb::rows("pg_ts_config").clone()),
        "pg_ts_config_map" => |_| Ok(initdb::rows("pg_ts_config_map").clone()),
        "pg_ts_dict" => |_| Ok(initdb::rows("pg_ts_dict").clone()),
        "pg_ts_parser" => |_| Ok(initdb::rows("pg_ts_parser").clone()),
        "pg_ts_template" => |_| Ok(initdb::rows("pg_ts_template").clone()),
        "pg_settings" => settings::rows,
        "pg_stat_activity" => session::stat_activity,
        "pg_locks" => session::locks,
        "pg_prepared_statements" => session::prepared_statements,
        "pg_cursors" => session::cursors,
        "pg_prepared_xacts" => session::prepared_transactions,
        "pg_timezone_names" => session::timezone_names,
        "pg_timezone_abbrevs" => session::timezone_abbreviations,
        "pg_stat_ssl" => session::stat_ssl,
        "pg_stat_gssapi" => session::stat_gssapi,
        "pg_stat_all_tables" => |backend| statistics::stat_tables(backend, Scope::All),
        "pg_stat_sys_tables" => |backend| statistics::stat_tables(backend, Scope::System),
        "pg_stat_user_tables" => |backend| statistics::stat_tables(backend, Scope::User),
        "pg_stat_all_indexes" | "pg_stat_user_indexes" => statistics::stat_user_indexes,
        "pg_stat_database" => statistics::stat_database,
        "pg_stat_database_conflicts" => statistics::stat_database_conflicts,
        "pg_stat_archiver" => statistics::stat_archiver,
        "pg_stat_bgwriter" => statistics::stat_bgwriter,
        "pg_stat_recovery_prefetch" => statistics::stat_recovery_prefetch,
        "pg_stat_slru" => statistics::stat_slru,
        "pg_stat_wal" => statistics::stat_wal,
        "pg_statio_all_tables" => |backend| io_statistics::tables(backend, Scope::All),
        "pg_statio_sys_tables" => |backend| io_statistics::tables(backend, Scope::System),
        "pg_statio_user_tables" => |backend| io_statistics::tables(backend, Scope::User),
        "pg_statio_all_indexes" | "pg_statio_user_indexes" => io_statistics::indexes,
        "pg_statio_all_sequences" | "pg_statio_user_sequences" => io_statistics::sequences,
        "pg_stats" => statistics::stats,
        "pg_backend_memory_contexts" => refuse!("pg_backend_memory_contexts"),
        "pg_config" => refuse!("pg_config"),
        "pg_file_settings" => refuse!("pg_file_settings"),
        "pg_hba_file_rules" => refuse!("pg_hba_file_rules"),
        "pg_init_privs" => refuse!("pg_init_privs"),
        "pg_shmem_allocations" => refuse!("pg_shmem_allocations"),
        "pg_stat_xact_all_tables" => refuse!("pg_stat_xact_all_tables"),
        "pg_stat_xact_sys_tables" => refuse!("pg_stat_xact_sys_tables"),
        "pg_stat_xact_user_tables" => refuse!("pg_stat_xact_user_tables"),
        "pg_statistic" => refuse!("pg_statistic"),
        name if EMPTY.contains(&name) => empty,
        _ => refused,
    }
}

/// Relations without rows on a server where nothing of their kind was made, or can be made here.
const EMPTY: [&str; 44] = [
    "pg_event_trigger",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_ident_file_mappings",
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_parameter_acl",
    "pg_publication",
    "pg_publication_namespace",
    "pg_publication_rel",
    "pg_publication_tables",
    "pg_replication_origin",
    "pg_replication_origin_status",
    "pg_replication_slots",
    "pg_rules",
    "pg_seclabel",
    "pg_seclabels",
    "pg_shseclabel",
    "pg_stat_progress_analyze",
    "pg_stat_progress_basebackup",
    "pg_stat_progress_cluster",
    "pg_stat_progress_copy",
    "pg_stat_progress_create_index",
    "pg_stat_progress_vacuum",
    "pg_stat_replication",
    "pg_stat_replication_slots",
    "pg_stat_subscription",
    "pg_stat_subscription_stats",
    "pg_stat_sys_indexes",
    "pg_stat_user_functions",
    "pg_stat_wal_receiver",
    "pg_stat_xact_user_functions",
    "pg_statio_sys_indexes",
    "pg_statio_sys_sequences",
    "pg_statistic_ext",
    "pg_statistic_ext_data",
    "pg_stats_ext",
    "pg_stats_ext_exprs",
    "pg_subscription",
    "pg_subscription_rel",
    "pg_transform",
    "pg_user_mapping",
    "pg_user_mappings",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::connect::open;
    use crate::extension::NoExtension;
    use crate::server::{Network, ServerId};

    #[test]
    fn every_line_is_read() {
        assert_eq!(relations().len(), TEXT.lines().count());
        for (relation, line) in relations().iter().zip(TEXT.lines()) {
            let columns = line.split(' ').nth(4).unwrap().split(',').count();
            assert_eq!(relation.columns.len(), columns, "{}", relation.name);
        }
    }

    #[test]
    fn every_row_has_a_value_for_each_column() {
        let mut network = Network::new(&[("localhost", 5432)]);
        let mut session = open(
            ServerId(0),
            "lab".into(),
            crate::catalog::well_known::BOOTSTRAP_SUPERUSER,
        );
        let mut backend = Backend {
            network: &mut network,
            session: &mut session,
            extension: &NoExtension,
        };
        for relation in relations() {
            let Ok(rows) = (relation.rows)(&mut backend) else {
                continue;
            };
            for row in rows.iter().take(50) {
                assert_eq!(row.len(), relation.columns.len(), "{}", relation.name);
            }
        }
    }
}
