//! Errors for names that lead nowhere, with the hints that guess what was meant.

use kumquat_types::{Error, SqlState};

use super::state::Analyzer;
use crate::query::{RangeTableEntry, RangeTableKind};

/// `MAX_FUZZY_DISTANCE`: names further off than this are never suggested.
const MAX_DISTANCE: usize = 3;

/// The closest columns so far: up to two at the same distance (`FuzzyAttrMatchState`).
struct Closest<'e> {
    /// Signed: too many equals push it under the distance they had.
    distance: i64,
    first: Option<(&'e RangeTableEntry, &'e str)>,
    second: Option<(&'e RangeTableEntry, &'e str)>,
}

/// `errorMissingColumn`.
pub fn missing_column(analyzer: &Analyzer<'_, '_>, table: Option<&str>, name: &str, at: Option<u32>) -> Error {
    let message = match table {
        Some(table) => format!("column {table}.{name} does not exist"),
        None => format!("column \"{name}\" does not exist"),
    };
    let error = Error::new(SqlState::UNDEFINED_COLUMN, message).at(at);
    match search(analyzer, table, name) {
        Guess::Hidden(table) => error.hint(format!(
            "There is a column named \"{name}\" in table \"{table}\", but it cannot be referenced from this part \
             of the query."
        )),
        Guess::Closest(closest) => match (closest.first, closest.second) {
            (Some((entry, column)), None) => error.hint(format!(
                "Perhaps you meant to reference the column \"{}.{column}\".",
                entry.name
            )),
            (Some((first, column)), Some((second, other))) => error.hint(format!(
                "Perhaps you meant to reference the column \"{}.{column}\" or the column \"{}.{other}\".",
                first.name, second.name
            )),
            _ => error,
        },
    }
}

enum Guess<'e> {
    /// The column exists in a table that can't be used here.
    Hidden(&'e str),
    Closest(Closest<'e>),
}

/// `searchRangeTableForCol`.
fn search<'e>(analyzer: &'e Analyzer<'_, '_>, table: Option<&str>, name: &str) -> Guess<'e> {
    let mut closest = Closest {
        distance: MAX_DISTANCE as i64 + 1,
        first: None,
        second: None,
    };
    for levels_up in 0..=analyzer.outer.len() {
        let Some(level) = analyzer.level_up(levels_up) else {
            break;
        };
        for entry in &level.range_table {
            if matches!(entry.kind, RangeTableKind::Join { .. }) {
                continue;
            }
            let penalty = table.map_or(0, |table| levenshtein(table, &entry.name));
            if penalty == 0 && entry.columns.iter().any(|column| *column.name == *name) {
                return Guess::Hidden(&entry.name);
            }
            for column in &entry.columns {
                closest.consider(entry, &column.name, name, penalty);
            }
        }
    }
    Guess::Closest(closest)
}

impl<'e> Closest<'e> {
    /// `updateFuzzyAttrMatchState`.
    fn consider(&mut self, entry: &'e RangeTableEntry, actual: &'e str, wanted: &str, penalty: usize) {
        if penalty as i64 > self.distance || actual.is_empty() {
            return;
        }
        let own = levenshtein(actual, wanted);
        // Names of which more than half is different would be ridiculous suggestions.
        if own > wanted.len() / 2 {
            return;
        }
        let distance = (own + penalty) as i64;
        if distance < self.distance {
            self.distance = distance;
            (self.first, self.second) = (Some((entry, actual)), None);
        } else if distance == self.distance {
            if self.second.is_some() {
                (self.first, self.second) = (None, None);
                self.distance = distance - 1;
            } else if self.first.is_some() {
                self.second = Some((entry, actual));
            } else if self.distance <= MAX_DISTANCE as i64 {
                self.first = Some((entry, actual));
            }
        }
    }
}

/// Insertions, deletions and substitutions between two names.
fn levenshtein(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (to, &above) in b.iter().zip(row.iter().skip(1)) {
            let substituted = diagonal + usize::from(from != *to);
            left = substituted.min(left + 1).min(above + 1);
            next.push(left);
            diagonal = above;
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// `errorMissingRTE`.
pub fn missing_table(analyzer: &Analyzer<'_, '_>, schema: Option<&str>, name: &str, at: Option<u32>) -> Error {
    let Some(entry) = similar_entry(analyzer, schema, name) else {
        return Error::new(
            SqlState::UNDEFINED_TABLE,
            format!("missing FROM-clause entry for table \"{name}\""),
        )
        .at(at);
    };
    let aliased = entry.alias.is_some() && *entry.name != *name;
    let alias_visible = aliased
        && matches!(analyzer.find_table(None, &entry.name, None), Ok(Some((item, levels_up)))
            if analyzer.entry(item.index, levels_up).is_some_and(|found| std::ptr::eq(found, entry)));
    let hint = match alias_visible {
        true => format!("Perhaps you meant to reference the table alias \"{}\".", entry.name),
        false => format!(
            "There is an entry for table \"{}\", but it cannot be referenced from this part of the query.",
            entry.name
        ),
    };
    Error::new(
        SqlState::UNDEFINED_TABLE,
        format!("invalid reference to FROM-clause entry for table \"{name}\""),
    )
    .hint(hint)
    .at(at)
}

/// An entry of the relation that the name means, or of that alias (`searchRangeTableForRel`).
fn similar_entry<'e>(analyzer: &'e Analyzer<'_, '_>, schema: Option<&str>, name: &str) -> Option<&'e RangeTableEntry> {
    let cte = schema.is_none() && analyzer.find_cte(name).is_some();
    let relation = match cte {
        true => None,
        false => analyzer.backend.find_relation_named(schema, name).ok().flatten(),
    };
    for levels_up in 0..=analyzer.outer.len() {
        let level = analyzer.level_up(levels_up)?;
        let found = level.range_table.iter().find(|entry| {
            let same = match &entry.kind {
                RangeTableKind::Relation { relation: own, .. } => {
                    relation.as_ref().is_some_and(|found| found.oid == *own)
                }
                RangeTableKind::Cte { name: own, .. } => cte && **own == *name,
                _ => false,
            };
            same || *entry.name == *name
        });
        if found.is_some() {
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (a, b, expect) in [
            ("pay", "pya", 2),
            ("boss", "lots", 2),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(levenshtein(a, b), expect);
        }
    }
}
