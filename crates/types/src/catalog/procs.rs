//! pg_proc: `name|oid|flags|result|arguments|internal name|argument names|out types|defaults`.
//!
//! An empty name repeats that of the line above, an empty internal name is the name itself, and fields
//! missing at the end are empty. Flags: `i`, `s` or `v` for the volatility, then `!` not strict, `*` returns
//! a set, `a` aggregate, `oN` and `hN` ordered-set and hypothetical-set aggregates with N direct arguments,
//! `w` window function. `*` before the last argument's type: VARIADIC.

use std::sync::OnceLock;

use super::{leak, oid, type_oid};
use crate::functions::implementation;
use crate::{Implementation, Oid, Proc, ProcKind, Volatility, builtin_type};

static ROWS: &str = include_str!("procs.txt");
/// Functions that PostgreSQL calls by itself: input and output of types, transitions of aggregates, support of
/// indexes. They have names and signatures here and nothing behind them.
static SUPPORT: &str = include_str!("support_procs.txt");

struct Table {
    /// Sorted by name, then oid.
    procs: Vec<Proc>,
    /// Positions in `procs`, sorted by oid.
    by_oid: Vec<u16>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut name = "";
        let lines = ROWS.lines().chain(SUPPORT.lines());
        let mut procs: Vec<Proc> = lines.map(|line| parse(line, &mut name)).collect();
        procs.sort_by_key(|proc| (proc.name, proc.oid));
        let mut by_oid: Vec<u16> = (0..=u16::MAX).take(procs.len()).collect();
        by_oid.sort_by_key(|&i| procs.get(usize::from(i)).map(|p| p.oid));
        Table { procs, by_oid }
    })
}

/// All functions, sorted by name.
pub fn all_procs() -> &'static [Proc] {
    &table().procs
}

/// All overloads of a name, sorted by oid.
pub fn lookup_procs(name: &str) -> &'static [Proc] {
    let procs = all_procs();
    let start = procs.partition_point(|p| p.name < name);
    let rest = procs.get(start..).unwrap_or_default();
    let end = rest.partition_point(|p| p.name == name);
    rest.get(..end).unwrap_or_default()
}

pub fn proc_by_oid(oid: Oid) -> Option<&'static Proc> {
    let Table { procs, by_oid } = table();
    let at = |i: &u16| procs.get(usize::from(*i));
    let found = by_oid.binary_search_by_key(&Some(oid), |i| at(i).map(|p| p.oid));
    by_oid.get(found.ok()?).and_then(at)
}

fn parse(line: &'static str, name: &mut &'static str) -> Proc {
    let mut fields = line.split('|');
    let mut field = || fields.next().unwrap_or_default();
    match field() {
        "" => {}
        new => *name = new,
    }
    let oid = oid(field());
    let flags = field();
    let result = type_oid(field());
    let args = field();
    let internal = match field() {
        "" => *name,
        internal => internal,
    };
    let arg_names = list(field());
    let out_types = types(field());
    let defaults = list(field());
    let kind = kind(flags);
    Proc {
        oid,
        name,
        internal,
        args: types(args),
        arg_names,
        out_types,
        defaults,
        variadic: variadic(args),
        result,
        kind,
        returns_set: flags.contains('*'),
        strict: !flags.contains('!'),
        volatility: match flags.as_bytes().first() {
            Some(b'i') => Volatility::Immutable,
            Some(b's') => Volatility::Stable,
            _ => Volatility::Volatile,
        },
        implementation: match kind {
            ProcKind::Function => implementation(internal).unwrap_or(Implementation::Backend),
            ProcKind::Window => Implementation::Window,
            _ => Implementation::Aggregate,
        },
    }
}

fn kind(flags: &str) -> ProcKind {
    let direct = flags.bytes().last().unwrap_or(0).wrapping_sub(b'0');
    match flags.get(1..).unwrap_or_default().trim_start_matches(['!', '*']) {
        "" => ProcKind::Function,
        "w" => ProcKind::Window,
        "a" => ProcKind::Aggregate,
        kind if kind.starts_with('o') => ProcKind::OrderedSet(direct),
        _ => ProcKind::HypotheticalSet(direct),
    }
}

fn list(field: &'static str) -> &'static [&'static str] {
    leak(field.split(',').filter(|_| !field.is_empty()).collect())
}

fn types(field: &str) -> &'static [Oid] {
    let names = field.split(',').filter(|name| !name.is_empty());
    leak(names.map(|name| type_oid(name.trim_start_matches('*'))).collect())
}

/// Element type of a VARIADIC last argument.
fn variadic(args: &str) -> Oid {
    match args.rsplit(',').next().and_then(|last| last.strip_prefix('*')) {
        None => Oid::INVALID,
        Some("any") => Oid::ANY,
        Some("anyarray") => Oid::ANYELEMENT,
        Some("anycompatiblearray") => Oid::ANYCOMPATIBLE,
        Some(array) => builtin_type(type_oid(array)).map_or(Oid::INVALID, |t| t.element),
    }
}
