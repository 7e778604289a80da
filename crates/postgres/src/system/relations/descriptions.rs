//! What pg_description says of built-in objects.
//!
//! `descriptions.txt` has sections, `# catalog`, with an object a line: how much its oid is above that of the line
//! before, and the text. Functions behind operators are not listed, their text says which operator they implement.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use kumquat_types::Oid;
use kumquat_types::catalog::all_operators;

use super::relations;
use crate::catalog::Name;

static TEXT: &str = include_str!("descriptions.txt");

const PG_PROC: Oid = Oid(1255);

/// All descriptions by the oids of catalog and object.
pub fn descriptions() -> &'static BTreeMap<(Oid, Oid), Name> {
    static TABLE: OnceLock<BTreeMap<(Oid, Oid), Name>> = OnceLock::new();
    TABLE.get_or_init(read)
}

pub fn description(catalog: Oid, object: Oid) -> Option<Name> {
    descriptions().get(&(catalog, object)).cloned()
}

fn read() -> BTreeMap<(Oid, Oid), Name> {
    let mut table = BTreeMap::new();
    for (catalog, lines) in TEXT.split("# ").filter_map(|section| section.split_once('\n')) {
        let found = relations().iter().find(|relation| relation.name == catalog);
        let catalog = found.map_or(Oid::INVALID, |relation| relation.oid);
        let mut object = 0_u32;
        for (step, text) in lines.lines().filter_map(|line| line.split_once(' ')) {
            object = object.saturating_add(step.parse().unwrap_or(0));
            table.insert((catalog, Oid(object)), text.into());
        }
    }
    for operator in all_operators() {
        let implementation = || format!("implementation of {} operator", operator.name).into();
        table.entry((PG_PROC, operator.function)).or_insert_with(implementation);
    }
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn types_and_functions_behind_operators_are_described() {
        let check = |catalog, object, expect: &str| {
            assert_eq!(description(Oid(catalog), Oid(object)).as_deref(), Some(expect));
        };
        check(1247, 16, "boolean, 'true'/'false'");
        check(1255, 65, "implementation of = operator");
        check(1255, 870, "lowercase");
    }
}
