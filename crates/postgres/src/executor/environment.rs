//! What functions may ask of the session: time, randomness, settings, names in the catalog.

use kumquat_types::{Datum, Environment, Oid, Result, UserType};

use crate::backend::Backend;
use crate::query::SqlValue;

/// The environment of functions that a statement calls.
pub struct SessionEnvironment<'a, 'b> {
    pub backend: &'a mut Backend<'b>,
}

impl Environment for SessionEnvironment<'_, '_> {
    fn transaction_timestamp(&self) -> i64 {
        self.backend.session.clock.transaction_start
    }

    fn statement_timestamp(&self) -> i64 {
        self.backend.session.clock.statement_start
    }

    fn clock_timestamp(&mut self) -> i64 {
        self.backend.session.clock.now
    }

    /// The next of the session's numbers (splitmix64).
    fn random(&mut self) -> f64 {
        let state = self.backend.session.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.backend.session.random = state;
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bits = (mixed ^ mixed >> 31) >> 11;
        bits as f64 / (1u64 << 53) as f64
    }

    fn setting(&self, name: &str) -> Option<String> {
        let values = &self.backend.session.settings.values;
        values
            .get(&crate::catalog::Name::from(name))
            .map(|value| value.to_string())
    }

    fn reg_name(&self, _reg_type: Oid, _oid: u32) -> Option<String> {
        None
    }

    fn reg_lookup(&self, _reg_type: Oid, name: &str) -> Result<Oid> {
        Err(kumquat_types::Error::not_modelled(format!("name {name}")))
    }

    fn user_type(&self, _oid: Oid) -> Option<UserType> {
        None
    }
}

/// CURRENT_DATE, CURRENT_USER and kin.
pub fn sql_value(backend: &mut Backend<'_>, value: SqlValue, modifier: i32) -> Result<Datum> {
    let role = |backend: &Backend<'_>, oid: Oid| -> Result<Datum> {
        let role = backend.server()?.roles.get(&oid).map(|role| role.name.clone());
        Ok(role.map_or(Datum::Null, Datum::Text))
    };
    let now = backend.session.clock.transaction_start;
    Ok(match value {
        SqlValue::CurrentUser | SqlValue::User | SqlValue::CurrentRole => role(backend, backend.session.current_user)?,
        SqlValue::SessionUser => role(backend, backend.session.session_user)?,
        SqlValue::CurrentCatalog => Datum::Text(backend.session.database.clone()),
        SqlValue::CurrentSchema => Datum::Null,
        SqlValue::CurrentTimestamp => Datum::TimestampTz(now),
        SqlValue::LocalTimestamp | SqlValue::CurrentDate | SqlValue::CurrentTime | SqlValue::LocalTime => {
            let _ = modifier;
            Datum::Timestamp(now)
        }
    })
}
