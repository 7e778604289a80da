//! The functions of Citus as rows of pg_proc.
//!
//! They lie as text in `signatures.txt`: `name|oid|flags|result|arguments|argument names|OUT types|defaults`.
//! Flags: `s`, `i` or `v` for the volatility, then `!` not strict, `*` returns a set, `p` procedure,
//! `c` of the extension citus_columnar. Defaults are separated by semicolons.

use std::sync::OnceLock;

use kumquat_types::{Implementation, Oid, Proc, ProcKind, Volatility, builtin_type_by_name};

use crate::cluster::types;

static ROWS: &str = include_str!("signatures.txt");

/// All functions, sorted by name.
pub fn procs() -> &'static [Proc] {
    static TABLE: OnceLock<Vec<Proc>> = OnceLock::new();
    TABLE.get_or_init(|| ROWS.lines().map(parse).collect())
}

/// The function of a name, the first of its overloads.
pub fn proc_by_name(name: &str) -> Option<&'static Proc> {
    procs().iter().find(|proc| proc.name == name)
}

fn parse(row: &'static str) -> Proc {
    let mut fields = row.split('|');
    let mut field = || fields.next().unwrap_or_default();
    let name = field();
    let oid = field().parse().map_or(Oid::INVALID, Oid);
    let flags = field();
    Proc {
        oid,
        name,
        internal: name,
        result: type_oid(field()),
        args: type_oids(field()),
        arg_names: list(field(), ','),
        out_types: type_oids(field()),
        defaults: list(field(), ';'),
        variadic: Oid::INVALID,
        kind: match flags.contains('p') {
            true => ProcKind::Procedure,
            false => ProcKind::Function,
        },
        returns_set: flags.contains('*'),
        strict: !flags.contains('!'),
        volatility: match flags.as_bytes().first() {
            Some(b'i') => Volatility::Immutable,
            Some(b's') => Volatility::Stable,
            _ => Volatility::Volatile,
        },
        implementation: Implementation::Backend,
    }
}

fn type_oid(name: &str) -> Oid {
    types::by_name(name)
        .or_else(|| builtin_type_by_name(name).map(|found| found.oid))
        .unwrap_or(Oid::INVALID)
}

fn type_oids(field: &str) -> &'static [Oid] {
    leak(field.split(',').filter(|name| !name.is_empty()).map(type_oid).collect())
}

fn list(field: &'static str, separator: char) -> &'static [&'static str] {
    leak(field.split(separator).filter(|item| !item.is_empty()).collect())
}

fn leak<T>(items: Vec<T>) -> &'static [T] {
    if items.is_empty() { &[] } else { items.leak() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn no_signature_names_an_unknown_type() {
        for proc in procs() {
            assert!(proc.result.is_valid(), "{}", proc.name);
            assert!(
                proc.args.iter().chain(proc.out_types).all(|oid| oid.is_valid()),
                "{}",
                proc.name
            );
            assert!(proc.defaults.len() <= proc.args.len(), "{}", proc.name);
        }
    }

    #[test]
    fn a_row_holds_what_pg_proc_holds() {
        let proc = proc_by_name("create_distributed_table").unwrap();
        assert_eq!(proc.args.len(), 5);
        assert_eq!(
            proc.defaults,
            ["'hash'::citus.distribution_type", "'default'::text", "NULL::integer"]
        );
        assert!(!proc.strict);
    }
}
