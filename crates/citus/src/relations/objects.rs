//! pg_dist_object.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Result};

use crate::metadata::{self, object};

pub fn pg_dist_object(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    let row = |(key, object): (&metadata::ObjectKey, &metadata::DistributedObject)| {
        let colocation_id = object.colocation_id.and_then(|id| i32::try_from(id).ok());
        vec![
            Datum::Oid(object::catalog_oid(key.class).0),
            Datum::Oid(key.oid.0),
            Datum::Int4(0),
            Datum::Null,
            Datum::Null,
            Datum::Null,
            Datum::from(object.distribution_argument),
            Datum::from(colocation_id),
            Datum::from(object.force_delegation),
        ]
    };
    Ok(metadata::of(backend)?.objects.iter().map(row).collect())
}
