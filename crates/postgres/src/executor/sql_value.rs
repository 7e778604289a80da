//! CURRENT_DATE, CURRENT_USER and kin.

use kumquat_types::datetime::clock;
use kumquat_types::{Datum, Oid, Result};

use crate::backend::Backend;
use crate::query::SqlValue;

/// The value of one; times are rounded to the precision that the type modifier asks for.
pub fn sql_value(backend: &Backend<'_>, value: SqlValue, modifier: i32) -> Result<Datum> {
    let role = |oid: Oid| -> Result<Datum> {
        let role = backend.server()?.roles.get(&oid);
        Ok(role.map_or(Datum::Null, |role| Datum::Text(role.name.clone())))
    };
    Ok(match value {
        SqlValue::CurrentUser | SqlValue::User | SqlValue::CurrentRole => role(backend.session.current_user)?,
        SqlValue::SessionUser => role(backend.session.session_user)?,
        SqlValue::CurrentCatalog => Datum::Text(backend.session.database.clone()),
        SqlValue::CurrentSchema => match backend.explicit_search_path().first() {
            Some(&schema) => Datum::Text(backend.schema_name(schema)),
            None => Datum::Null,
        },
        SqlValue::CurrentTimestamp => clock::current_timestamp(backend, modifier),
        SqlValue::LocalTimestamp => clock::local_timestamp(backend, modifier),
        SqlValue::CurrentDate => clock::current_date(backend),
        SqlValue::CurrentTime => clock::current_time(backend, modifier),
        SqlValue::LocalTime => clock::local_time(backend, modifier),
    })
}
