//! A session with PostgreSQL's settings and no catalog.

use kumquat_types::{Environment, Error, Oid, Result, UserType};

pub struct Session;

impl Environment for Session {
    fn transaction_timestamp(&self) -> i64 {
        780_000_000_000_000
    }
    fn statement_timestamp(&self) -> i64 {
        780_000_000_000_000
    }
    fn clock_timestamp(&mut self) -> i64 {
        780_000_000_000_000
    }
    fn random(&mut self) -> f64 {
        0.5
    }
    fn setting(&self, name: &str) -> Option<String> {
        let value = match name {
            "timezone" => "UTC",
            "datestyle" => "ISO, MDY",
            "intervalstyle" => "postgres",
            "extra_float_digits" => "1",
            "bytea_output" => "hex",
            _ => return None,
        };
        Some(value.to_string())
    }
    fn reg_name(&self, _: Oid, _: u32) -> Option<String> {
        None
    }
    fn reg_lookup(&self, _: Oid, name: &str) -> Result<Oid> {
        Err(Error::internal(name))
    }
    fn user_type(&self, _: Oid) -> Option<UserType> {
        None
    }
}
