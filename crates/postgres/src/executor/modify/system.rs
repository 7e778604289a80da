//! System columns of rows that are being changed: what RETURNING and MERGE see of them.

use std::sync::Arc;

use kumquat_types::{Column, Datum, Oid};

use crate::executor::scan::{CTID, TABLE_OID, system_constant};
use crate::storage::RowId;

/// The system columns in the order of [`system_columns`].
pub const SYSTEM_COLUMNS: [i16; 6] = [TABLE_OID, CTID, -2, -3, -4, -5];

/// The system columns of rows at these places; NULLs where there is no row.
pub fn system_columns(places: &[Option<(Oid, RowId)>]) -> [Arc<Column>; 6] {
    SYSTEM_COLUMNS.map(|attribute| {
        let column = match attribute {
            TABLE_OID => {
                let oid = |place: &Option<(Oid, RowId)>| place.map_or(Datum::Null, |(table, _)| Datum::Oid(table.0));
                Column::from_datums(Oid::OID, places.iter().map(oid))
            }
            CTID => {
                let address = |place: &Option<(Oid, RowId)>| place.map_or(Datum::Null, |(_, id)| id.datum());
                Column::from_datums(Oid::TID, places.iter().map(address))
            }
            _ => system_constant(attribute, places.len()),
        };
        Arc::new(column)
    })
}
