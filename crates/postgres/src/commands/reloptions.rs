//! `WITH (...)`: storage parameters of tables, indexes and views, after PostgreSQL's `reloptions.c`.

use kumquat_sql::ast::{DefArg, DefElem};
use kumquat_types::{Error, Result, SqlState};

use super::options;
use crate::catalog::{Name, RelationKind};

/// What kind of relation the parameters are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    Heap,
    Partitioned,
    /// By its access method.
    Index(&'a str),
    View,
}

impl Kind<'_> {
    pub fn of(kind: RelationKind) -> Kind<'static> {
        match kind {
            RelationKind::PartitionedTable => Kind::Partitioned,
            RelationKind::View => Kind::View,
            _ => Kind::Heap,
        }
    }
}

/// What values a parameter takes.
#[derive(Clone, Copy)]
enum Value {
    Bool,
    Int(i64, i64),
    Real(f64, f64),
    /// The values, and the DETAIL that lists them.
    Enum(&'static [&'static str], &'static str),
}

const ON_OFF_AUTO: Value = Value::Enum(
    &["auto", "on", "off", "true", "false", "yes", "no", "1", "0"],
    "Valid values are \"on\", \"off\", and \"auto\".",
);
const BIG: i64 = i32::MAX as i64;

/// Parameters of tables that their TOAST tables have, too.
const AUTOVACUUM: [(&str, Value); 15] = [
    ("autovacuum_enabled", Value::Bool),
    ("autovacuum_vacuum_threshold", Value::Int(0, BIG)),
    ("autovacuum_vacuum_insert_threshold", Value::Int(-1, BIG)),
    ("autovacuum_vacuum_cost_limit", Value::Int(1, 10_000)),
    ("autovacuum_vacuum_cost_delay", Value::Real(0.0, 100.0)),
    ("autovacuum_vacuum_scale_factor", Value::Real(0.0, 100.0)),
    ("autovacuum_vacuum_insert_scale_factor", Value::Real(0.0, 100.0)),
    ("autovacuum_freeze_min_age", Value::Int(0, 1_000_000_000)),
    ("autovacuum_freeze_max_age", Value::Int(100_000, 2_000_000_000)),
    ("autovacuum_freeze_table_age", Value::Int(0, 2_000_000_000)),
    ("autovacuum_multixact_freeze_min_age", Value::Int(0, 1_000_000_000)),
    ("autovacuum_multixact_freeze_max_age", Value::Int(10_000, 2_000_000_000)),
    ("log_autovacuum_min_duration", Value::Int(-1, BIG)),
    ("vacuum_index_cleanup", ON_OFF_AUTO),
    ("vacuum_truncate", Value::Bool),
];

const HEAP: [(&str, Value); 6] = [
    ("fillfactor", Value::Int(10, 100)),
    ("toast_tuple_target", Value::Int(128, 8160)),
    ("parallel_workers", Value::Int(0, 1024)),
    ("user_catalog_table", Value::Bool),
    ("autovacuum_analyze_threshold", Value::Int(0, BIG)),
    ("autovacuum_analyze_scale_factor", Value::Real(0.0, 100.0)),
];

const VIEW: [(&str, Value); 3] = [
    ("security_barrier", Value::Bool),
    ("security_invoker", Value::Bool),
    (
        "check_option",
        Value::Enum(&["local", "cascaded"], "Valid values are \"local\" and \"cascaded\"."),
    ),
];

fn index_parameters(method: &str) -> &'static [(&'static str, Value)] {
    match method {
        "btree" => &[("fillfactor", Value::Int(10, 100)), ("deduplicate_items", Value::Bool)],
        "gist" => &[("fillfactor", Value::Int(10, 100)), ("buffering", ON_OFF_AUTO)],
        "hash" | "spgist" => &[("fillfactor", Value::Int(10, 100))],
        "gin" => &[
            ("fastupdate", Value::Bool),
            ("gin_pending_list_limit", Value::Int(64, BIG)),
        ],
        "brin" => &[
            ("pages_per_range", Value::Int(1, 131_072)),
            ("autosummarize", Value::Bool),
        ],
        _ => &[],
    }
}

fn find(kind: Kind<'_>, namespace: Option<&str>, name: &str) -> Option<Value> {
    let found = |list: &[(&str, Value)]| list.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    match (kind, namespace) {
        (Kind::Heap, Some("toast")) => found(&AUTOVACUUM),
        (Kind::Heap, None) => found(&AUTOVACUUM).or_else(|| found(&HEAP)),
        (Kind::Index(method), None) => found(index_parameters(method)),
        (Kind::View, None) => found(&VIEW),
        _ => None,
    }
}

/// The parameters as they are kept: `name`, or `toast.name`, and the value's text.
pub fn read(options: &[DefElem], kind: Kind<'_>) -> Result<Vec<(Name, Name)>> {
    let mut read: Vec<(Name, Name)> = Vec::new();
    for option in options {
        if let Some((name, value)) = read_one(option, kind)? {
            if read.iter().any(|(known, _)| *known == name) {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("parameter \"{name}\" specified more than once"),
                ));
            }
            read.push((name, value));
        }
    }
    Ok(read)
}

fn read_one(option: &DefElem, kind: Kind<'_>) -> Result<Option<(Name, Name)>> {
    let namespace = option.namespace.as_deref();
    if let Some(namespace) = namespace
        && namespace != "toast"
    {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("unrecognized parameter namespace \"{namespace}\""),
        ));
    }
    if option.name == "oids" && namespace.is_none() && matches!(kind, Kind::Heap | Kind::Partitioned) {
        if options::boolean(option)? {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "tables declared WITH OIDS are not supported",
            ));
        }
        return Ok(None);
    }
    let Some(expected) = find(kind, namespace, &option.name) else {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("unrecognized parameter \"{}\"", option.name),
        ));
    };
    let value = match &option.arg {
        None => "true".to_string(),
        Some(DefArg::Type(name)) => options::type_name_text(name),
        Some(_) => options::string(option)?,
    };
    check(&option.name, &value, expected)?;
    let name = match namespace {
        Some(namespace) => format!("{namespace}.{}", option.name),
        None => option.name.clone(),
    };
    Ok(Some((name.into(), value.into())))
}

fn check(name: &str, value: &str, expected: Value) -> Result<()> {
    let invalid = |kind: &str| {
        Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid value for {kind} option \"{name}\": {value}"),
        )
    };
    let out_of_bounds = |low: String, high: String| {
        Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("value {value} out of bounds for option \"{name}\""),
        )
        .detail(format!("Valid values are between \"{low}\" and \"{high}\"."))
    };
    match expected {
        Value::Bool => parse_bool(value).map(|_| ()).ok_or_else(|| invalid("boolean")),
        Value::Int(low, high) => match value.parse::<i64>() {
            Ok(number) if (low..=high).contains(&number) => Ok(()),
            Ok(_) => Err(out_of_bounds(low.to_string(), high.to_string())),
            Err(_) => Err(invalid("integer")),
        },
        Value::Real(low, high) => match value.parse::<f64>() {
            Ok(number) if (low..=high).contains(&number) => Ok(()),
            Ok(_) => Err(out_of_bounds(format!("{low:.6}"), format!("{high:.6}"))),
            Err(_) => Err(invalid("floating point")),
        },
        Value::Enum(values, detail) => {
            let known = values.iter().any(|known| known.eq_ignore_ascii_case(value));
            known.then_some(()).ok_or_else(|| invalid("enum").detail(detail))
        }
    }
}

/// A boolean in any of PostgreSQL's spellings (`parse_bool`).
pub fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let starts = |word: &str| !text.is_empty() && word.starts_with(&text);
    match text.as_str() {
        "1" => Some(true),
        "0" => Some(false),
        "on" => Some(true),
        "of" | "off" => Some(false),
        _ if starts("true") || starts("yes") => Some(true),
        _ if starts("false") || starts("no") => Some(false),
        _ => None,
    }
}
