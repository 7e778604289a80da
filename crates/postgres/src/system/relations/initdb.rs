//! Rows that initdb makes and no statement here changes: operator families, conversions, text search.
//!
//! `initdb.txt` has sections, `# relation`, with a row a line and fields separated by tabs: functions by oid, `\N`
//! for NULL, `\E` for an empty text, nothing for what stands in the line above, `+` for one more than that.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use kumquat_types::{Datum, Oid};

use super::{Rows, relations};

static TEXT: &str = include_str!("initdb.txt");

/// The rows of a relation, in the order of their oids.
pub fn rows(relation: &str) -> &'static Rows {
    static TABLE: OnceLock<BTreeMap<&'static str, Rows>> = OnceLock::new();
    static NONE: Rows = Vec::new();
    TABLE.get_or_init(read).get(relation).unwrap_or(&NONE)
}

fn read() -> BTreeMap<&'static str, Rows> {
    let sections = TEXT.split("# ").filter_map(|section| section.split_once('\n'));
    sections.map(|(name, lines)| (name, section(name, lines))).collect()
}

fn section(relation: &str, lines: &str) -> Rows {
    let found = relations().iter().find(|known| known.name == relation);
    let types: Vec<Oid> = found.map_or_else(Vec::new, |found| {
        found.columns.iter().map(|column| column.type_oid).collect()
    });
    let mut above: Vec<String> = vec![String::new(); types.len()];
    let row = |line: &str| {
        for (field, before) in line.split('\t').zip(&mut above) {
            match field {
                "" => {}
                "+" => *before = (number(before) + 1).to_string(),
                text => *before = text.to_string(),
            }
        }
        above
            .iter()
            .zip(&types)
            .map(|(text, column)| value(text, *column))
            .collect()
    };
    lines.lines().map(row).collect()
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or(0)
}

fn value(text: &str, column: Oid) -> Datum {
    match column {
        _ if text == "\\N" => Datum::Null,
        _ if text == "\\E" => Datum::text(""),
        Oid::OID | Oid::REGPROC => Datum::Oid(number(text)),
        Oid::INT2 => Datum::Int2(text.parse().unwrap_or(0)),
        Oid::INT4 => Datum::Int4(text.parse().unwrap_or(0)),
        Oid::BOOL => (text == "t").into(),
        _ => Datum::text(text),
    }
}

/// The name (the second column) of the row with this oid.
pub fn name_of(relation: &str, oid: Oid) -> Option<&'static str> {
    let mut rows = rows(relation).iter();
    let found = rows.find(|row| matches!(row.first(), Some(Datum::Oid(known)) if *known == oid.0))?;
    match found.get(1)? {
        Datum::Text(name) => Some(name),
        _ => None,
    }
}

/// The oid of the row with this name.
pub fn oid_of(relation: &str, name: &str) -> Option<Oid> {
    let mut rows = rows(relation).iter();
    let found = rows.find(|row| matches!(row.get(1), Some(Datum::Text(known)) if &**known == name))?;
    match found.first()? {
        Datum::Oid(oid) => Some(Oid(*oid)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn what_a_line_leaves_out_stands_in_the_line_above() {
        assert_eq!(rows("pg_amop").len(), 945);
        let second = format!("{:?}", &rows("pg_amop")[1][..4]);
        assert_eq!(second, "[Oid(10001), Oid(1976), Oid(21), Oid(21)]");
        assert_eq!(name_of("pg_ts_config", Oid(3748)), Some("simple"));
    }
}
