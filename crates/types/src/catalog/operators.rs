//! pg_operator: `name oid left right result function commutator negator flags`.
//!
//! An empty name repeats that of the line above, a left type of `-` makes a prefix operator, 0 is none.
//! Flags: `h` can hash, `m` can merge.

use std::sync::OnceLock;

use super::{oid, type_oid};
use crate::{Oid, Operator};

static ROWS: &str = include_str!("operators.txt");

struct Table {
    /// Sorted by name, then oid.
    operators: Vec<Operator>,
    /// Positions in `operators`, sorted by oid.
    by_oid: Vec<u16>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut name = "";
        let operators: Vec<Operator> = ROWS.lines().map(|line| parse(line, &mut name)).collect();
        let mut by_oid: Vec<u16> = (0..=u16::MAX).take(operators.len()).collect();
        by_oid.sort_by_key(|&i| operators.get(usize::from(i)).map(|o| o.oid));
        Table { operators, by_oid }
    })
}

/// All operators, sorted by name.
pub fn all_operators() -> &'static [Operator] {
    &table().operators
}

/// All operators of a name, prefix ones included, sorted by oid.
pub fn operators(name: &str) -> &'static [Operator] {
    let operators = all_operators();
    let start = operators.partition_point(|o| o.name < name);
    let rest = operators.get(start..).unwrap_or_default();
    let end = rest.partition_point(|o| o.name == name);
    rest.get(..end).unwrap_or_default()
}

pub fn operator_by_oid(oid: Oid) -> Option<&'static Operator> {
    let Table { operators, by_oid } = table();
    let at = |i: &u16| operators.get(usize::from(*i));
    let found = by_oid.binary_search_by_key(&Some(oid), |i| at(i).map(|o| o.oid));
    by_oid.get(found.ok()?).and_then(at)
}

fn parse(line: &'static str, name: &mut &'static str) -> Operator {
    let mut fields = line.split(' ');
    let mut field = || fields.next().unwrap_or_default();
    match field() {
        "" => {}
        new => *name = new,
    }
    Operator {
        name,
        oid: oid(field()),
        left: type_oid(field()),
        right: type_oid(field()),
        result: type_oid(field()),
        function: oid(field()),
        commutator: oid(field()),
        negator: oid(field()),
        can_hash: line.ends_with(" h") || line.ends_with(" hm"),
        can_merge: line.ends_with(" m") || line.ends_with(" hm"),
    }
}
