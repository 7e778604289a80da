//! CREATE, ALTER and DROP EXTENSION.
//!
//! The extensions that come with PostgreSQL can be installed, but the types and functions they bring are not
//! modelled: those are reported as not there when they are used.

use std::sync::Arc;

use kumquat_sql::ast::{AlterExtensionStmt, CreateExtensionStmt, DefElem};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::options;
use super::role::denied;
use crate::backend::Backend;
use crate::catalog::{DependencyKind, InstalledExtension, Name, ObjectAddress, ObjectClass};
use crate::extension::AvailableExtension;
use crate::result::CommandTag;

macro_rules! contributed {
    ($($name:literal $version:literal $comment:literal;)*) => {
        &[$(AvailableExtension { name: $name, version: $version, comment: $comment, schema: None },)*]
    };
}

/// The extensions that come with PostgreSQL.
const CONTRIBUTED: &[AvailableExtension] = contributed! {
    "adminpack" "2.1" "administrative functions for PostgreSQL";
    "amcheck" "1.3" "functions for verifying relation integrity";
    "autoinc" "1.0" "functions for autoincrementing fields";
    "bloom" "1.0" "bloom access method - signature file based index";
    "btree_gin" "1.3" "support for indexing common datatypes in GIN";
    "btree_gist" "1.7" "support for indexing common datatypes in GiST";
    "citext" "1.6" "data type for case-insensitive character strings";
    "cube" "1.5" "data type for multidimensional cubes";
    "dblink" "1.2" "connect to other PostgreSQL databases from within a database";
    "dict_int" "1.0" "text search dictionary template for integers";
    "dict_xsyn" "1.0" "text search dictionary template for extended synonym processing";
    "earthdistance" "1.1" "calculate great-circle distances on the surface of the Earth";
    "file_fdw" "1.0" "foreign-data wrapper for flat file access";
    "fuzzystrmatch" "1.1" "determine similarities and distance between strings";
    "hstore" "1.8" "data type for storing sets of (key, value) pairs";
    "insert_username" "1.0" "functions for tracking who changed a table";
    "intagg" "1.1" "integer aggregator and enumerator (obsolete)";
    "intarray" "1.5" "functions, operators, and index support for 1-D arrays of integers";
    "isn" "1.2" "data types for international product numbering standards";
    "lo" "1.1" "Large Object maintenance";
    "ltree" "1.2" "data type for hierarchical tree-like structures";
    "moddatetime" "1.0" "functions for tracking last modification time";
    "old_snapshot" "1.0" "utilities in support of old_snapshot_threshold";
    "pageinspect" "1.11" "inspect the contents of database pages at a low level";
    "pg_buffercache" "1.3" "examine the shared buffer cache";
    "pg_freespacemap" "1.2" "examine the free space map (FSM)";
    "pg_prewarm" "1.2" "prewarm relation data";
    "pg_stat_statements" "1.10" "track planning and execution statistics of all SQL statements executed";
    "pg_surgery" "1.0" "extension to perform surgery on a damaged relation";
    "pg_trgm" "1.6" "text similarity measurement and index searching based on trigrams";
    "pg_visibility" "1.2" "examine the visibility map (VM) and page-level visibility info";
    "pg_walinspect" "1.0" "functions to inspect contents of PostgreSQL Write-Ahead Log";
    "pgcrypto" "1.3" "cryptographic functions";
    "pgrowlocks" "1.2" "show row-level locking information";
    "pgstattuple" "1.5" "show tuple-level statistics";
    "plpgsql" "1.0" "PL/pgSQL procedural language";
    "postgres_fdw" "1.1" "foreign-data wrapper for remote PostgreSQL servers";
    "refint" "1.0" "functions for implementing referential integrity (obsolete)";
    "seg" "1.4" "data type for representing line segments or floating-point intervals";
    "sslinfo" "1.2" "information about SSL certificates";
    "tablefunc" "1.0" "functions that manipulate whole tables, including crosstab";
    "tcn" "1.0" "Triggered change notifications";
    "tsm_system_rows" "1.0" "TABLESAMPLE method which accepts number of rows as a limit";
    "tsm_system_time" "1.0" "TABLESAMPLE method which accepts time in milliseconds as a limit";
    "unaccent" "1.1" "text search dictionary that removes accents";
    "uuid-ossp" "1.1" "generate universally unique identifiers (UUIDs)";
    "xml2" "1.1" "XPath querying and XSLT";
};

/// All extensions that can be asked for, by name.
pub fn available(backend: &Backend<'_>) -> Vec<AvailableExtension> {
    let mut all = backend.extension.available_extensions().to_vec();
    all.extend(CONTRIBUTED);
    all.sort_by_key(|extension| extension.name);
    all
}

fn undefined(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("extension \"{name}\" does not exist"),
    )
}

pub fn create(backend: &mut Backend<'_>, stmt: &CreateExtensionStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("CREATE EXTENSION");
    let name = stmt.name.as_str();
    if backend.catalog()?.extensions.contains_key(name) {
        let message = format!("extension \"{name}\" already exists");
        if !stmt.if_not_exists {
            return Err(Error::new(SqlState::DUPLICATE_OBJECT, message));
        }
        let mut notice = Error::notice(format!("{message}, skipping"));
        notice.sqlstate = SqlState::DUPLICATE_OBJECT;
        backend.notice(notice);
        return Ok(tag);
    }
    let available = available(backend).into_iter().find(|known| known.name == name);
    let available = available.ok_or_else(|| not_available(name))?;
    let option = |wanted: &str| stmt.options.iter().find(|option| option.name == wanted);
    if let Some(option) = option("new_version") {
        check_version(available.name, available.version, &options::string(option)?)?;
    }
    let wanted = option("schema").map(options::string).transpose()?;
    let schema = schema_of(backend, &available, wanted)?;
    if !backend.superuser() {
        return Err(denied(&format!("permission denied to create extension \"{name}\""))
            .hint("Must be superuser to create this extension."));
    }
    install(backend, available.name, available.version, schema)?;
    backend.extension.install_extension(backend, available.name)?;
    Ok(tag)
}

/// Where an extension goes: its own schema, the one that is asked for, or that of new objects.
fn schema_of(backend: &mut Backend<'_>, extension: &AvailableExtension, wanted: Option<String>) -> Result<Oid> {
    match (extension.schema, wanted) {
        (Some(own), Some(wanted)) if own != wanted => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("extension \"{}\" must be installed in schema \"{own}\"", extension.name),
        )),
        (Some(own), _) => backend.schema(own),
        (None, Some(wanted)) => backend.schema(&wanted),
        (None, None) => backend.creation_schema(),
    }
}

fn not_available(name: &str) -> Error {
    Error::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        format!("extension \"{name}\" is not available"),
    )
    .detail(format!(
        "Could not open extension control file \"/usr/share/postgresql/15/extension/{name}.control\": No such file \
         or directory."
    ))
    .hint("The extension must first be installed on the system where PostgreSQL is running.")
}

fn check_version(name: &str, known: &str, wanted: &str) -> Result<()> {
    if known == wanted {
        return Ok(());
    }
    Err(Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("extension \"{name}\" has no installation script nor update path for version \"{wanted}\""),
    ))
}

/// Enters an extension into the catalog.
pub fn install(backend: &mut Backend<'_>, name: &str, version: &str, schema: Oid) -> Result<Oid> {
    let oid = backend.new_oid();
    let extension = InstalledExtension {
        oid,
        name: name.into(),
        schema,
        version: version.into(),
    };
    let catalog = backend.catalog_mut()?;
    catalog.extensions.insert(Name::from(name), Arc::new(extension));
    catalog.record_dependency(
        ObjectAddress::new(ObjectClass::Extension, oid),
        ObjectAddress::new(ObjectClass::Schema, schema),
        DependencyKind::Normal,
    );
    Ok(oid)
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterExtensionStmt) -> Result<CommandTag> {
    let name = stmt.name.as_str();
    let installed = backend.catalog()?.extensions.get(name).cloned();
    let installed = installed.ok_or_else(|| undefined(name))?;
    if !backend.superuser() {
        return Err(super::privileges::not_owner("extension", name));
    }
    let wanted = |option: &DefElem| options::string(option);
    let version = match stmt.options.iter().find(|option| option.name == "new_version") {
        Some(option) => wanted(option)?,
        None => {
            let known = available(backend).into_iter().find(|known| known.name == name);
            known.map_or_else(|| installed.version.to_string(), |known| known.version.to_string())
        }
    };
    if *version == *installed.version {
        backend.notice(Error::notice(format!(
            "version \"{version}\" of extension \"{name}\" is already installed"
        )));
        return Ok(CommandTag::new("ALTER EXTENSION"));
    }
    Err(Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!(
            "extension \"{name}\" has no update path from version \"{}\" to version \"{version}\"",
            installed.version
        ),
    ))
}
