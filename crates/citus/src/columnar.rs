//! Columnar tables: the access method of the extension citus_columnar.
//!
//! Rows are kept as those of heap tables are. What a learner meets of the access method is here: what such tables
//! refuse, and the options that they were made with. How rows are cut into stripes and compressed is not modelled,
//! and so the relations that tell of stripes and chunks are refused by name.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::function::TriggerTiming;
use kumquat_postgres::catalog::quote::quote_identifier;
use kumquat_postgres::catalog::{AccessMethod, Catalog, ConstraintKind, Persistence, Relation};
use kumquat_postgres::extension::ScanLabels;
use kumquat_postgres::query::{CommandType, Expr, Query, RangeTableKind};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use crate::cluster::create_schema;
use crate::functions::Arguments;
use crate::metadata::{self, Metadata};
use crate::{relations, settings};

pub const EXTENSION: &str = "citus_columnar";
pub const SCHEMA: &str = "columnar";
pub const ACCESS_METHOD: &str = "columnar";

const SCHEMA_OID: Oid = Oid(15_313);
const ACCESS_METHOD_OID: Oid = Oid(15_314);

/// A row of `columnar.options`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub chunk_group_row_limit: i32,
    pub stripe_row_limit: i32,
    pub compression: Arc<str>,
    pub compression_level: i32,
}

impl Options {
    /// Those of a table that is made now.
    pub fn of_session(backend: &Backend<'_>) -> Options {
        Options {
            chunk_group_row_limit: settings::integer(backend, "columnar.chunk_group_row_limit"),
            stripe_row_limit: settings::integer(backend, "columnar.stripe_row_limit"),
            compression: settings::value(backend, "columnar.compression").into(),
            compression_level: settings::integer(backend, "columnar.compression_level"),
        }
    }
}

fn is_installed(backend: &Backend<'_>) -> bool {
    backend
        .catalog()
        .is_ok_and(|catalog| catalog.access_methods.contains_key(ACCESS_METHOD))
}

fn is_columnar(relation: &Relation) -> bool {
    &*relation.access_method == ACCESS_METHOD
}

/// What EXPLAIN prints of a columnar table (`ColumnarScan_ExplainCustomScan`).
pub fn scan_labels(relation: &Relation) -> Option<&'static ScanLabels> {
    static LABELS: ScanLabels = ScanLabels {
        provider: "ColumnarScan",
        columns: "Columnar Projected Columns",
        no_columns: "<columnar optimized out all columns>",
        filters: "Columnar Chunk Group Filters",
    };
    is_columnar(relation).then_some(&LABELS)
}

/// CREATE EXTENSION citus_columnar.
pub fn install(catalog: &mut Catalog) {
    create_schema(catalog, SCHEMA_OID, SCHEMA);
    let method = AccessMethod {
        oid: ACCESS_METHOD_OID,
        name: ACCESS_METHOD.into(),
        kind: 't',
    };
    catalog.access_methods.insert(method.name.clone(), method);
    catalog.install_system_relations(relations::all());
}

/// DROP EXTENSION citus_columnar, where no table needs it.
pub fn drop_extension(backend: &mut Backend<'_>) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    if catalog.relations.values().any(|relation| is_columnar(relation)) {
        return Err(Error::not_modelled(
            "DROP EXTENSION citus_columnar while there are columnar tables",
        ));
    }
    remove(catalog);
    Ok(())
}

/// The reverse of [`install`].
pub fn remove(catalog: &mut Catalog) {
    catalog.access_methods.remove(ACCESS_METHOD);
    let own: Vec<Oid> = catalog
        .relations
        .values()
        .filter(|relation| relation.schema == SCHEMA_OID)
        .map(|relation| relation.oid)
        .collect();
    own.into_iter().for_each(|oid| catalog.remove_relation(oid));
    catalog.schemas.remove(&SCHEMA_OID);
    catalog.schema_names.remove(SCHEMA);
}

/// What cannot be done with the rows of columnar tables (`columnar_customscan.c`, `columnar_tableam.c`).
pub fn check_query(backend: &Backend<'_>, query: &Query) -> Result<()> {
    if !is_installed(backend) {
        return Ok(());
    }
    let unsupported = |message: &str| Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    let catalog = backend.catalog()?;
    let mut system_columns = Vec::new();
    query.for_each_expr(&mut |expr| {
        expr.visit(&mut |part| {
            if let Expr::Var(var) = part
                && var.attribute < 0
                && var.levels_up == 0
            {
                system_columns.push(var.varno);
            }
        });
    });
    for (index, entry) in (1..).zip(&query.range_table) {
        let RangeTableKind::Relation { relation, sample, .. } = &entry.kind else {
            continue;
        };
        if !catalog
            .relation(*relation)
            .is_some_and(|relation| is_columnar(relation))
        {
            continue;
        }
        let is_target = query.result_relation == Some(index);
        if is_target && query.command == CommandType::Insert {
            if query.on_conflict.is_some() {
                return Err(Error::internal("columnar_tuple_insert_speculative not implemented"));
            }
        } else if is_target {
            return unsupported("UPDATE and CTID scans not supported for ColumnarScan");
        }
        if sample.is_some() {
            return unsupported("sample scans not supported on columnar tables");
        }
        if query.row_marks.iter().any(|mark| mark.index == index) || system_columns.contains(&index) {
            return unsupported("UPDATE and CTID scans not supported for ColumnarScan");
        }
    }
    Ok(())
}

/// What may not stand in the catalog beside a columnar table; and the options of new ones.
pub fn after_utility(backend: &mut Backend<'_>) -> Result<()> {
    if !is_installed(backend) {
        return Ok(());
    }
    check_catalog(backend.catalog()?)?;
    let catalog = backend.catalog()?;
    let tables: Vec<Oid> = catalog
        .relations
        .values()
        .filter(|relation| is_columnar(relation))
        .map(|relation| relation.oid)
        .collect();
    let known = &metadata::of(backend)?.columnar;
    if known.len() == tables.len() && tables.iter().all(|oid| known.contains_key(oid)) {
        return Ok(());
    }
    let fresh = Options::of_session(backend);
    let mut changed = metadata::of(backend)?.clone();
    let options = |oid: &Oid| changed.columnar.get(oid).unwrap_or(&fresh).clone();
    changed.columnar = tables.iter().map(|oid| (*oid, options(oid))).collect();
    store(backend, changed);
    Ok(())
}

fn check_catalog(catalog: &Catalog) -> Result<()> {
    let columnar = |oid: Oid| catalog.relation(oid).filter(|relation| is_columnar(relation));
    let unsupported = |message: String| Error::new(SqlState::FEATURE_NOT_SUPPORTED, message);
    for relation in catalog.relations.values() {
        if is_columnar(relation) && relation.persistence == Persistence::Unlogged {
            return Err(unsupported("unlogged columnar tables are not supported".to_string()));
        }
        if let Some(index) = &relation.index
            && !matches!(&*relation.access_method, "btree" | "hash")
            && let Some(table) = columnar(index.table)
        {
            return Err(unsupported(format!(
                "unsupported access method for the index on columnar table {}",
                table.name
            )));
        }
    }
    let has_key = catalog.constraints.values().any(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => {
            columnar(constraint.relation).is_some() || columnar(key.referenced).is_some()
        }
        _ => false,
    });
    let has_trigger = catalog.triggers.values().any(|trigger| {
        trigger.for_each_row && trigger.timing == TriggerTiming::After && columnar(trigger.relation).is_some()
    });
    match has_key || has_trigger {
        true => Err(unsupported(
            "Foreign keys and AFTER ROW triggers are not supported for columnar tables".to_string(),
        )
        .hint("Consider an AFTER STATEMENT trigger instead.")),
        false => Ok(()),
    }
}

/// `columnar.options`
pub fn options(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |(oid, options): (&Oid, &Options)| {
        vec![
            Datum::Oid(oid.0),
            Datum::Int4(options.chunk_group_row_limit),
            Datum::Int4(options.stripe_row_limit),
            Datum::text(&*options.compression),
            Datum::Int4(options.compression_level),
        ]
    };
    Ok(metadata::of(backend)?.columnar.iter().map(row).collect())
}

/// The relations that tell of stripes and chunks.
pub fn not_modelled(_: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    Err(Error::not_modelled("how columnar tables lie on disk"))
}

/// alter_columnar_table_set(table_name, chunk_group_row_limit, stripe_row_limit, compression, compression_level)
pub fn set(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let compression = args.text(3);
    if let Some(unknown) = compression.filter(|name| !matches!(*name, "none" | "pglz" | "lz4" | "zstd")) {
        let message = format!(
            "unknown compression type for columnar table: {}",
            quote_identifier(unknown)
        );
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    change(backend, args, |options, _| {
        options.chunk_group_row_limit = args.int4(1).unwrap_or(options.chunk_group_row_limit);
        options.stripe_row_limit = args.int4(2).unwrap_or(options.stripe_row_limit);
        if let Some(compression) = compression {
            options.compression = compression.into();
        }
        options.compression_level = args.int4(4).unwrap_or(options.compression_level);
    })
}

/// alter_columnar_table_reset(table_name, chunk_group_row_limit, stripe_row_limit, compression, compression_level):
/// those that are true go back to the session's settings.
pub fn reset(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    change(backend, args, |options, session| {
        if args.bool(1) == Some(true) {
            options.chunk_group_row_limit = session.chunk_group_row_limit;
        }
        if args.bool(2) == Some(true) {
            options.stripe_row_limit = session.stripe_row_limit;
        }
        if args.bool(3) == Some(true) {
            options.compression = session.compression.clone();
        }
        if args.bool(4) == Some(true) {
            options.compression_level = session.compression_level;
        }
    })
}

/// The options of a columnar table of this node.
pub fn options_of(backend: &Backend<'_>, table: Oid) -> Result<Option<Options>> {
    Ok(metadata::of(backend)?.columnar.get(&table).cloned())
}

pub fn put_options(backend: &mut Backend<'_>, table: Oid, options: Options) -> Result<()> {
    let mut changed = metadata::of(backend)?.clone();
    changed.columnar.insert(table, options);
    store(backend, changed);
    Ok(())
}

fn change(
    backend: &mut Backend<'_>,
    args: Arguments<'_>,
    change: impl FnOnce(&mut Options, &Options),
) -> Result<Datum> {
    let Some(table) = args.oid(0) else {
        return Ok(Datum::Void);
    };
    let relation = backend.relation_by_oid(table)?;
    if !is_columnar(&relation) {
        let message = format!("table {} is not a columnar table", quote_identifier(&relation.name));
        return Err(Error::internal(message));
    }
    let session = Options::of_session(backend);
    let mut changed = metadata::of(backend)?.clone();
    if let Some(options) = changed.columnar.get_mut(&table) {
        change(options, &session);
    }
    store(backend, changed);
    Ok(Datum::Void)
}

/// Each node knows the options of its own tables only.
fn store(backend: &mut Backend<'_>, changed: Metadata) {
    let (server, database) = (backend.server_id(), backend.session.database.clone());
    metadata::store(backend.network, server, &database, changed);
}
