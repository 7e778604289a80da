//! Databases, tablespaces, extensions.

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::values::{acl, int4, letter, oid, shared, text};
use crate::backend::Backend;
use crate::catalog::well_known::BOOTSTRAP_SUPERUSER;
use crate::commands::extension::available;

const UTF8: i32 = 6;
const PG_DEFAULT: Oid = Oid(1663);
const LOCALE: &str = "C.UTF-8";

pub fn pg_database(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut databases: Vec<_> = backend.server()?.databases.values().collect();
    databases.sort_by_key(|database| database.oid);
    Ok(databases
        .into_iter()
        .map(|database| {
            vec![
                oid(database.oid),
                shared(&database.name),
                oid(database.owner),
                int4(UTF8),
                letter('c'),
                database.is_template.into(),
                database.allow_connections.into(),
                int4(database.connection_limit),
                oid(Oid(717)),
                oid(Oid(1)),
                oid(PG_DEFAULT),
                text(LOCALE),
                text(LOCALE),
                Datum::Null,
                Datum::Null,
                acl(backend, database.acl.as_deref()),
            ]
        })
        .collect())
}

pub fn pg_tablespace(backend: &mut Backend<'_>) -> Result<Rows> {
    backend.server()?;
    Ok([(PG_DEFAULT, "pg_default"), (Oid(1664), "pg_global")]
        .into_iter()
        .map(|(tablespace, name)| {
            vec![
                oid(tablespace),
                text(name),
                oid(BOOTSTRAP_SUPERUSER),
                Datum::Null,
                Datum::Null,
            ]
        })
        .collect())
}

pub fn pg_extension(backend: &mut Backend<'_>) -> Result<Rows> {
    let mut extensions: Vec<_> = backend.catalog()?.extensions.values().collect();
    extensions.sort_by_key(|extension| extension.oid);
    Ok(extensions
        .into_iter()
        .map(|extension| {
            vec![
                oid(extension.oid),
                shared(&extension.name),
                oid(BOOTSTRAP_SUPERUSER),
                oid(extension.schema),
                false.into(),
                shared(&extension.version),
                Datum::Null,
                Datum::Null,
            ]
        })
        .collect())
}

pub fn pg_available_extensions(backend: &mut Backend<'_>) -> Result<Rows> {
    let installed = backend.catalog()?.extensions.clone();
    Ok(available(backend)
        .into_iter()
        .map(|known| {
            let version = installed.get(known.name).map(|extension| extension.version.clone());
            vec![
                text(known.name),
                text(known.version),
                version.map_or(Datum::Null, Datum::Text),
                text(known.comment),
            ]
        })
        .collect())
}

pub fn pg_available_extension_versions(backend: &mut Backend<'_>) -> Result<Rows> {
    let installed = backend.catalog()?.extensions.clone();
    Ok(available(backend)
        .into_iter()
        .map(|known| {
            let is_installed = installed
                .get(known.name)
                .is_some_and(|extension| *extension.version == *known.version);
            vec![
                text(known.name),
                text(known.version),
                is_installed.into(),
                true.into(),
                false.into(),
                true.into(),
                Datum::Null,
                Datum::Null,
                text(known.comment),
            ]
        })
        .collect())
}
