//! Who and where the session is, and what else it can be asked.

use kumquat_types::{ArrayValue, Datum, Environment, Error, Oid, Result, SqlState};

use super::Arguments;
use crate::analyze::row_security;
use crate::backend::Backend;
use crate::catalog::Name;
use crate::catalog::namespace::qualified_name;
use crate::commands::{extension, range_var};
use crate::extension::{AvailableExtension, FunctionCall};

pub fn call(
    backend: &mut Backend<'_>,
    name: &str,
    call: &FunctionCall<'_>,
    args: Arguments<'_>,
) -> Result<Option<Datum>> {
    let role = |backend: &Backend<'_>, oid| backend.name_of_role(oid).map_or(Datum::Null, Datum::Text);
    Ok(Some(match name {
        "current_schema" => match backend.explicit_search_path().first() {
            Some(schema) => Datum::Text(backend.schema_name(*schema)),
            None => Datum::Null,
        },
        "current_schemas" => {
            let path = match args.bool(0) {
                true => backend.search_path(),
                false => backend.explicit_search_path(),
            };
            let names = path.into_iter().map(|schema| Datum::Text(backend.schema_name(schema)));
            Datum::Array(ArrayValue::vector(Oid::NAME, names.collect()).into())
        }
        "current_database" => Datum::Text(backend.session.database.clone()),
        "current_user" | "getpgusername" => role(backend, backend.session.current_user),
        "session_user" => role(backend, backend.session.session_user),
        "current_query" => Datum::Null,
        "pg_backend_pid" => Datum::Int4(i32::try_from(backend.session.process_id).unwrap_or(i32::MAX)),
        "inet_server_port" => Datum::Int4(i32::from(backend.server()?.port)),
        "inet_client_port" => Datum::Int4(49_152),
        "pg_is_in_recovery" | "pg_is_wal_replay_paused" => false.into(),
        "pg_jit_available" => false.into(),
        "pg_trigger_depth" => Datum::Int4(backend.session.trigger_depth),
        "pg_my_temp_schema" => Datum::Oid(backend.session.temporary_schema.unwrap_or_default().0),
        "pg_is_other_temp_schema" => false.into(),
        "pg_postmaster_start_time" | "pg_conf_load_time" => Datum::TimestampTz(0),
        "pg_sleep" => {
            sleep(backend, seconds(args.get(0)))?;
            Datum::Void
        }
        "pg_sleep_for" => {
            if let Datum::Interval(interval) = args.get(0) {
                sleep(backend, interval.micros as f64 / 1e6)?;
            }
            Datum::Void
        }
        "pg_sleep_until" => {
            if let Datum::TimestampTz(until) = args.get(0) {
                let now = backend.session.clock.now;
                sleep(backend, until.saturating_sub(now) as f64 / 1e6)?;
            }
            Datum::Void
        }
        "pg_cancel_backend" | "pg_terminate_backend" => signal(backend, args.int(0)),
        "pg_reload_conf" | "pg_rotate_logfile" => true.into(),
        "pg_stat_reset" | "pg_stat_clear_snapshot" | "pg_stat_force_next_flush" => Datum::Void,
        "setseed" => set_seed(backend, args.get(0))?,
        "pg_relation_filenode" => match backend.catalog()?.relation(args.oid(0)) {
            Some(relation) => Datum::Oid(relation.oid.0),
            None => Datum::Null,
        },
        "pg_relation_filepath" => match backend.catalog()?.relation(args.oid(0)) {
            Some(relation) => Datum::from(format!("base/{}/{}", backend.database()?.oid, relation.oid)),
            None => Datum::Null,
        },
        "satisfies_hash_partition" => satisfies_hash_partition(call, args),
        "row_security_active" => row_security_active(backend, args.get(0))?,
        _ => return Ok(None),
    }))
}

fn row_security_active(backend: &Backend<'_>, relation: &Datum) -> Result<Datum> {
    let relation = match relation {
        Datum::Text(name) => Some(backend.relation(&range_var(&qualified_name(name)?))?),
        Datum::Oid(oid) => backend.catalog()?.relation(Oid(*oid)).cloned(),
        _ => None,
    };
    Ok(relation.map_or(Datum::Null, |relation| {
        row_security::is_active(backend, &relation).into()
    }))
}

fn seconds(value: &Datum) -> f64 {
    match value {
        Datum::Float8(seconds) => *seconds,
        _ => 0.0,
    }
}

/// Nobody waits: the clock moves on.
fn sleep(backend: &mut Backend<'_>, seconds: f64) -> Result<()> {
    let micros = (seconds.max(0.0) * 1e6).min(1e15) as i64;
    let timeout = backend.setting_integer("statement_timeout").saturating_mul(1000);
    let clock = &mut backend.session.clock;
    let wakes = clock.now.saturating_add(micros);
    let ends = clock.statement_start.saturating_add(timeout);
    if timeout > 0 && wakes > ends {
        clock.now = ends.max(clock.now);
        return Err(Error::new(
            SqlState::QUERY_CANCELED,
            "canceling statement due to statement timeout",
        ));
    }
    clock.now = wakes;
    Ok(())
}

/// There is no other backend to be signalled, and this one stays.
fn signal(backend: &mut Backend<'_>, pid: i64) -> Datum {
    if pid == i64::from(backend.session.process_id) {
        return true.into();
    }
    backend.notice(Error::warning(
        SqlState::WARNING,
        format!("PID {pid} is not a PostgreSQL backend process"),
    ));
    false.into()
}

fn set_seed(backend: &mut Backend<'_>, seed: &Datum) -> Result<Datum> {
    let Datum::Float8(seed) = seed else {
        return Ok(Datum::Null);
    };
    if !(-1.0..=1.0).contains(seed) {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("setseed parameter {seed} is out of allowed range [-1,1]"),
        ));
    }
    backend.session.random = seed.to_bits();
    Ok(Datum::Void)
}

fn satisfies_hash_partition(call: &FunctionCall<'_>, args: Arguments<'_>) -> Datum {
    let (modulus, remainder) = (args.int(1), args.int(2));
    let types = call.arg_types.get(3..).unwrap_or_default();
    let values = args.0.get(3..).unwrap_or_default();
    let hash = crate::commands::partition::rows::row_hash(types, values);
    let modulus = u64::try_from(modulus).unwrap_or(1).max(1);
    (hash % modulus == u64::try_from(remainder).unwrap_or(0)).into()
}

/// `pg_get_keywords`.
pub fn keywords() -> Vec<Vec<Datum>> {
    use kumquat_sql::KeywordCategory;
    kumquat_sql::KEYWORDS
        .iter()
        .map(|entry| {
            let (code, description) = match entry.category {
                KeywordCategory::Unreserved => ("U", "unreserved"),
                KeywordCategory::ColName => ("C", "unreserved (cannot be function or type name)"),
                KeywordCategory::TypeFuncName => ("T", "reserved (can be function or type name)"),
                KeywordCategory::Reserved => ("R", "reserved"),
            };
            let label = match entry.bare_label {
                true => "can be bare label",
                false => "requires AS",
            };
            vec![
                Datum::from(entry.word),
                Datum::from(code),
                entry.bare_label.into(),
                Datum::from(description),
                Datum::from(label),
            ]
        })
        .collect()
}

/// `pg_available_extensions()`.
pub fn available_extensions(backend: &Backend<'_>) -> Vec<Vec<Datum>> {
    let row = |known: AvailableExtension| {
        vec![
            Datum::from(known.name),
            Datum::from(known.version),
            Datum::from(known.comment),
        ]
    };
    extension::available(backend).into_iter().map(row).collect()
}

/// `pg_available_extension_versions()`.
pub fn available_extension_versions(backend: &Backend<'_>) -> Vec<Vec<Datum>> {
    let row = |known: AvailableExtension| {
        vec![
            Datum::from(known.name),
            Datum::from(known.version),
            true.into(),
            false.into(),
            true.into(),
            Datum::Null,
            Datum::Null,
            Datum::from(known.comment),
        ]
    };
    extension::available(backend).into_iter().map(row).collect()
}

/// The clock of the session, for what reports times.
pub fn now(backend: &Backend<'_>) -> Datum {
    Datum::TimestampTz(backend.transaction_timestamp())
}

pub fn text_or_null(text: Option<Name>) -> Datum {
    text.map_or(Datum::Null, Datum::Text)
}
