//! pg_cast: `source target context method`.
//!
//! Context: `i` implicit, `a` assignment, `e` explicit. Method: the oid of a function, `b` binary coercible,
//! `i` through the text form.

use std::sync::OnceLock;

use super::{oid, type_oid};
use crate::{Cast, CastContext, CastMethod, Oid};

static ROWS: &str = include_str!("casts.txt");

/// All rows of pg_cast, sorted by source and target.
pub fn casts() -> &'static [Cast] {
    static TABLE: OnceLock<Vec<Cast>> = OnceLock::new();
    TABLE.get_or_init(|| ROWS.lines().map(parse).collect())
}

/// The row of pg_cast for two types. That any type goes to and from text by its text form, and that a type
/// goes to itself, is not in pg_cast.
pub fn find_cast(source: Oid, target: Oid) -> Option<&'static Cast> {
    let casts = casts();
    let found = casts.binary_search_by_key(&(source, target), |c| (c.source, c.target));
    casts.get(found.ok()?)
}

fn parse(line: &str) -> Cast {
    let mut fields = line.split(' ');
    let mut field = || fields.next().unwrap_or_default();
    Cast {
        source: type_oid(field()),
        target: type_oid(field()),
        context: match field() {
            "i" => CastContext::Implicit,
            "a" => CastContext::Assignment,
            _ => CastContext::Explicit,
        },
        method: match field() {
            "b" => CastMethod::Binary,
            "i" => CastMethod::InOut,
            function => CastMethod::Function(oid(function)),
        },
    }
}
