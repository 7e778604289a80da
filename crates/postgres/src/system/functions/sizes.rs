//! Bytes that relations, databases and values take, in pages as PostgreSQL would fill them.

use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::backend::Backend;
use crate::catalog::{Relation, RelationKind};
use crate::extension::FunctionCall;
use crate::storage::heap::datum_bytes;

const PAGE: u64 = 8192;
/// Bytes of the catalogs of an empty database.
const EMPTY_DATABASE: u64 = 7_869_231;

pub fn call(
    backend: &mut Backend<'_>,
    name: &str,
    call: &FunctionCall<'_>,
    args: Arguments<'_>,
) -> Result<Option<Datum>> {
    let backend = &*backend;
    let of_relation = |size: fn(&Backend<'_>, &Relation) -> Result<u64>| -> Result<Datum> {
        match backend.catalog()?.relation(args.oid(0)) {
            Some(relation) => Ok(bytes(size(backend, relation)?)),
            None => Ok(Datum::Null),
        }
    };
    Ok(Some(match name {
        "pg_relation_size" => match backend.catalog()?.relation(args.oid(0)) {
            Some(relation) => bytes(fork_size(backend, relation, args)?),
            None => Datum::Null,
        },
        "pg_table_size" => of_relation(table_size)?,
        "pg_indexes_size" => of_relation(indexes_size)?,
        "pg_total_relation_size" => of_relation(total_size)?,
        "pg_database_size" => database_size(backend, args)?,
        "pg_tablespace_size" => {
            let mut total = 0;
            for database in backend.server()?.databases.values() {
                total += database_bytes(database);
            }
            bytes(total)
        }
        "pg_column_size" => {
            let type_oid = call.arg_types.first().copied().unwrap_or_default();
            Datum::Int4(value_size(type_oid, args.get(0)))
        }
        "pg_column_compression" => Datum::Null,
        _ => return Ok(None),
    }))
}

fn bytes(size: u64) -> Datum {
    Datum::Int8(i64::try_from(size).unwrap_or(i64::MAX))
}

/// The size of one fork: `main`, `fsm`, `vm`, `init`.
fn fork_size(backend: &Backend<'_>, relation: &Relation, args: Arguments<'_>) -> Result<u64> {
    match if args.len() > 1 { args.text(1) } else { "main" } {
        "main" => main_size(backend, relation),
        "fsm" => free_space_map(backend, relation),
        "vm" | "init" => Ok(0),
        _ => Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "invalid fork name")
            .hint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\".")),
    }
}

/// Bytes of the relation's own pages.
pub fn main_size(backend: &Backend<'_>, relation: &Relation) -> Result<u64> {
    Ok(match relation.kind {
        RelationKind::Table | RelationKind::MaterializedView => {
            let heap = backend.database()?.heaps.get(&relation.oid);
            heap.map_or(0, |heap| heap.pages() * PAGE)
        }
        RelationKind::Index => index_pages(backend, relation)? * PAGE,
        RelationKind::Sequence => PAGE,
        _ => 0,
    })
}

/// Tables of more than four pages have a free space map of three.
fn free_space_map(backend: &Backend<'_>, relation: &Relation) -> Result<u64> {
    const THRESHOLD: u64 = 4;
    let main = main_size(backend, relation)?;
    let is_heap = matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView);
    Ok(if is_heap && main > THRESHOLD * PAGE {
        3 * PAGE
    } else {
        0
    })
}

/// Columns of any length have a TOAST table, whose index has a page.
fn toast_size(backend: &Backend<'_>, relation: &Relation) -> u64 {
    let is_heap = matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView);
    let needs_toast = relation
        .live_attributes()
        .any(|attribute| attribute.storage != 'p' && may_be_long(backend, attribute.type_oid, attribute.type_modifier));
    if is_heap && needs_toast { PAGE } else { 0 }
}

/// Whether values of a type may grow past what fits a page.
fn may_be_long(backend: &Backend<'_>, type_oid: Oid, modifier: i32) -> bool {
    match type_oid {
        Oid::NUMERIC => modifier < 0,
        Oid::VARCHAR | Oid::BPCHAR => !(0..=500).contains(&modifier),
        Oid::INET | Oid::CIDR => false,
        _ => {
            kumquat_types::builtin_type(type_oid).is_none_or(|builtin| builtin.length < 0) || {
                backend.array_element(type_oid).is_some()
            }
        }
    }
}

pub fn table_size(backend: &Backend<'_>, relation: &Relation) -> Result<u64> {
    Ok(main_size(backend, relation)? + free_space_map(backend, relation)? + toast_size(backend, relation))
}

pub fn indexes_size(backend: &Backend<'_>, relation: &Relation) -> Result<u64> {
    let indexes: Vec<_> = backend.catalog()?.indexes_of(relation.oid).cloned().collect();
    indexes
        .iter()
        .try_fold(0, |total, index| Ok(total + main_size(backend, index)?))
}

pub fn total_size(backend: &Backend<'_>, relation: &Relation) -> Result<u64> {
    Ok(table_size(backend, relation)? + indexes_size(backend, relation)?)
}

/// Pages of a btree: the meta page, leaves nine tenths full, and the pages above them.
fn index_pages(backend: &Backend<'_>, index: &Relation) -> Result<u64> {
    const LEAF_SPACE: u64 = 8192 - 24 - 16;
    const TUPLE_OVERHEAD: u64 = 8 + 4;
    let Some(definition) = &index.index else { return Ok(0) };
    let Some(heap) = backend.database()?.heaps.get(&definition.table) else {
        return Ok(1);
    };
    let entries = heap.row_versions();
    if entries == 0 {
        return Ok(1);
    }
    let key: u64 = index
        .attributes
        .iter()
        .map(|attribute| typical_bytes(attribute.type_oid))
        .sum();
    let tuple = TUPLE_OVERHEAD + key.div_ceil(8) * 8;
    let full = LEAF_SPACE / tuple;
    if entries <= full {
        return Ok(2);
    }
    let mut level = entries.div_ceil((full * 9 / 10).max(1));
    let mut pages = 1 + level;
    while level > 1 {
        level = level.div_ceil((full * 7 / 10).max(2));
        pages += level;
    }
    Ok(pages)
}

fn typical_bytes(type_oid: Oid) -> u64 {
    let length = kumquat_types::builtin_type(type_oid).map_or(-1, |builtin| builtin.length);
    u64::try_from(length).unwrap_or(16)
}

fn database_bytes(database: &crate::server::Database) -> u64 {
    let heaps: u64 = database.heaps.values().map(|heap| heap.pages() * PAGE).sum();
    EMPTY_DATABASE + heaps
}

fn database_size(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let server = backend.server()?;
    let found = match args.get(0).as_str() {
        Some(name) => {
            let found = server.databases.get(name);
            Some(found.ok_or_else(|| {
                Error::new(
                    SqlState::INVALID_CATALOG_NAME,
                    format!("database \"{name}\" does not exist"),
                )
            })?)
        }
        None => server.databases.values().find(|database| database.oid == args.oid(0)),
    };
    Ok(found.map_or(Datum::Null, |database| bytes(database_bytes(database))))
}

/// Bytes of a value; one of any length has a header of four.
fn value_size(type_oid: Oid, value: &Datum) -> i32 {
    let size = match value {
        Datum::Text(text) if type_oid == Oid::NAME => {
            let _ = text;
            64
        }
        Datum::Text(text) => 4 + text.len() as u64,
        Datum::Bytea(bytes) => 4 + bytes.len() as u64,
        Datum::Numeric(number) => 6 + 2 * number.digits.len() as u64,
        value => datum_bytes(value),
    };
    i32::try_from(size).unwrap_or(i32::MAX)
}
