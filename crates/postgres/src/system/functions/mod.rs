//! Functions that read the catalog or the session, by name.
//!
//! - [`definitions`]: `pg_get_constraintdef` and kin; [`names`]: visibility, comments, role names;
//!   [`identity`]: `pg_identify_object` and kin.
//! - [`sequences`], [`session`], [`settings`], [`locks`], [`transactions`]: the state of the session.
//! - [`privileges`], [`acl`]: who may do what. [`sizes`]: how much it takes. [`partitions`]; [`text_search`].

pub mod acl;
pub mod arguments;
pub mod definitions;
pub mod identity;
pub mod locks;
pub mod names;
pub mod partitions;
pub mod privileges;
pub mod sequences;
pub mod session;
pub mod settings;
pub mod sizes;
pub mod text_search;
pub mod transactions;

use kumquat_types::{Datum, Result};

use self::arguments::Arguments;
use crate::backend::Backend;
use crate::extension::FunctionCall;

/// The value of a scalar call; `None` if the function is not among those here.
pub fn call(backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Option<Datum>> {
    let args = Arguments(call.args);
    let name = call.proc.name;
    if let Some(value) = definitions::call(backend, call, args)? {
        return Ok(Some(value));
    }
    let families = [
        names::call,
        sequences::call,
        session::call,
        settings::call,
        locks::call,
        transactions::call,
        privileges::call,
        acl::call,
        sizes::call,
        partitions::call,
        identity::call,
    ];
    for family in families {
        if let Some(value) = family(backend, name, call, args)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The rows of a function with OUT columns or that returns a set.
pub fn call_set(backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Option<Vec<Vec<Datum>>>> {
    let args = Arguments(call.args);
    match call.proc.name {
        "pg_identify_object" => identity::identify(backend, args).map(one_row),
        "pg_identify_object_as_address" => identity::identify_as_address(backend, args).map(one_row),
        "pg_get_object_address" => identity::object_address(backend, args).map(one_row),
        "pg_sequence_parameters" => sequences::parameters(backend, args).map(one_row),
        "pg_partition_tree" => partitions::tree(backend, args).map(Some),
        "pg_partition_ancestors" => partitions::ancestors(backend, args).map(Some),
        "ts_token_type" => Ok(Some(text_search::token_types())),
        "aclexplode" => acl::explode(backend, args).map(Some),
        "pg_options_to_table" => settings::options_to_table(args).map(Some),
        "pg_get_keywords" => Ok(Some(session::keywords())),
        "pg_available_extensions" => Ok(Some(session::available_extensions(backend))),
        "pg_available_extension_versions" => Ok(Some(session::available_extension_versions(backend))),
        "pg_show_all_settings" => super::relations::settings::rows(backend).map(Some),
        "pg_prepared_statement" => super::relations::session::prepared_statements(backend).map(Some),
        "pg_cursor" => super::relations::session::cursors(backend).map(Some),
        "pg_prepared_xact" => super::relations::session::prepared_transactions(backend).map(Some),
        "pg_listening_channels" | "pg_blocking_pids" => Ok(Some(Vec::new())),
        _ => Ok(None),
    }
}

fn one_row(row: Vec<Datum>) -> Option<Vec<Vec<Datum>>> {
    Some(vec![row])
}
