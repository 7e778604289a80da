//! Catalog relations whose rows are computed (`pg_class`, `information_schema.columns` ...), and functions
//! that read the catalog or the session (`pg_get_constraintdef`, `nextval`, `current_setting` ...).
//!
//! - [`relations`]: what the relations hold, a module a family; their columns are a table in the binary.
//! - [`information_schema`]: those of the standard.
//! - [`functions`]: a module a family; [`definition`]: objects written out as SQL.

pub mod definition;
pub mod functions;
pub mod information_schema;
pub mod relations;

use std::sync::Arc;

use kumquat_types::{Chunk, Datum, Error, Oid, Proc, RecordValue, Result};

use crate::backend::Backend;
use crate::extension::FunctionCall;
use crate::storage::Heap;

pub use relations::relations;

/// Whether the relation of this oid shows itself as a view.
pub fn is_view(relation: Oid) -> bool {
    let found = relations().iter().find(|system| system.oid == relation);
    found.is_some_and(|system| system.kind == 'v')
}

/// The rows of a computed relation as a heap; `None` for relations with rows of their own.
pub fn computed_heap(backend: &mut Backend<'_>, relation: Oid) -> Result<Option<Arc<Heap>>> {
    if let Some(row) = functions::sequences::row(backend, relation)? {
        let types = [Oid::INT8, Oid::INT8, Oid::BOOL];
        return Ok(Some(Arc::new(Heap::from_chunks([Chunk::from_rows(&types, [row])]))));
    }
    let found = relations()
        .iter()
        .chain(backend.extension.relations())
        .find(|system| system.oid == relation);
    let Some(system) = found else { return Ok(None) };
    let types: Vec<Oid> = system.columns.iter().map(|column| column.type_oid).collect();
    let rows = (system.rows)(backend)?;
    Ok(Some(Arc::new(Heap::from_chunks([Chunk::from_rows(&types, rows)]))))
}

/// Calls a function marked `Implementation::Backend`, the extension's included.
pub fn call(backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Datum> {
    let extension = backend.extension;
    if let Some(value) = extension.call(backend, call)? {
        return Ok(value);
    }
    if let Some(value) = functions::call(backend, call)? {
        return Ok(value);
    }
    if call.proc.out_types.is_empty() || call.proc.returns_set {
        return Err(Error::not_modelled(format!("function {}", call.proc.name)));
    }
    let rows = call_set(backend, call)?;
    Ok(rows
        .into_iter()
        .next()
        .map_or(Datum::Null, |row| as_record(call.proc, row)))
}

/// The OUT columns of a call as one value.
fn as_record(proc: &Proc, values: Vec<Datum>) -> Datum {
    let names = proc.arg_names.iter().skip(proc.args.len());
    Datum::Record(Arc::new(RecordValue {
        values,
        types: proc.out_types.iter().map(|type_oid| (*type_oid, -1)).collect(),
        names: names.map(|name| (*name).into()).collect(),
    }))
}

/// The same for functions that return sets or OUT columns: rows of columns.
pub fn call_set(backend: &mut Backend<'_>, call: &FunctionCall<'_>) -> Result<Vec<Vec<Datum>>> {
    let extension = backend.extension;
    if let Some(rows) = extension.call_set(backend, call)? {
        return Ok(rows);
    }
    match functions::call_set(backend, call)? {
        Some(rows) => Ok(rows),
        None => Err(Error::not_modelled(format!("function {}", call.proc.name))),
    }
}
