//! `\crosstabview`: a result's rows turned into a grid (`PrintResultInCrosstab`).

use std::collections::{BTreeMap, BTreeSet};

use crate::print::{PrintOptions, Table};

/// Columns that the grid may have.
const MAX_COLUMNS: usize = 1600;

/// The grid of a result, or psql's message why there is none. `arguments`: the columns for the rows' heads, the
/// columns' heads, the data, and the order of the columns' heads.
pub fn crosstab(table: &Table, arguments: &[String], options: &PrintOptions) -> Result<Table, String> {
    if table.headers.len() < 3 {
        return Err("query must return at least three columns".into());
    }
    let argument = |index: usize| arguments.get(index).filter(|text| !text.is_empty());
    let column = |index: usize, default: usize| match argument(index) {
        Some(text) => column_named(table, text),
        None => Ok(default),
    };
    let vertical = column(0, 0)?;
    let horizontal = column(1, 1)?;
    if vertical == horizontal {
        return Err("vertical and horizontal headers must be different columns".into());
    }
    let data = match argument(2) {
        Some(text) => column_named(table, text)?,
        None if table.headers.len() == 3 => 3 - vertical - horizontal,
        None => return Err("data column must be specified when query returns more than three columns".into()),
    };
    let order = argument(3).map(|text| column_named(table, text)).transpose()?;
    build(table, [vertical, horizontal, data], order, options)
}

/// A column by its number from 1 or by its name; names fold to lower case outside double quotes.
fn column_named(table: &Table, argument: &str) -> Result<usize, String> {
    let count = table.headers.len();
    if argument.chars().all(|c| c.is_ascii_digit()) {
        let number = argument.parse::<usize>().unwrap_or(usize::MAX);
        return match number.checked_sub(1) {
            Some(index) if index < count => Ok(index),
            _ => Err(format!("column number {argument} is out of range 1..{count}")),
        };
    }
    let name = match argument.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"').replace("\"\"", "\""),
        None => argument.to_lowercase(),
    };
    let mut found = (0..count).filter(|index| table.headers.get(*index) == Some(&name));
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(index),
        (None, _) => Err(format!("column name not found: \"{name}\"")),
        _ => Err(format!("ambiguous column name: \"{name}\"")),
    }
}

fn build(
    table: &Table,
    [vertical, horizontal, data]: [usize; 3],
    order: Option<usize>,
    options: &PrintOptions,
) -> Result<Table, String> {
    let value = |row: &[Option<String>], column: usize| row.get(column).cloned().flatten();
    let mut row_heads: Vec<Option<String>> = Vec::new();
    let (mut places, mut known) = (BTreeMap::new(), BTreeSet::new());
    // The head of each column, and what it is sorted by.
    let mut column_heads: Vec<(Option<String>, i64)> = Vec::new();
    for row in &table.rows {
        let (row_head, column_head) = (value(row, vertical), value(row, horizontal));
        places.entry(row_head.clone()).or_insert_with(|| {
            row_heads.push(row_head);
            row_heads.len() - 1
        });
        if known.insert(column_head.clone()) {
            let rank = order.and_then(|column| value(row, column)?.parse().ok()).unwrap_or(0);
            column_heads.push((column_head, rank));
        }
        if column_heads.len() > MAX_COLUMNS {
            return Err(format!("maximum number of columns ({MAX_COLUMNS}) exceeded"));
        }
    }
    column_heads.sort_by_key(|(_, rank)| *rank);
    let across: BTreeMap<&Option<String>, usize> = column_heads.iter().map(|(head, _)| head).zip(0..).collect();
    let mut rows: Vec<Vec<Option<String>>> = row_heads
        .iter()
        .map(|head| {
            let blanks = std::iter::repeat_n(Some(String::new()), column_heads.len());
            std::iter::once(head.clone()).chain(blanks).collect()
        })
        .collect();
    let mut filled = BTreeSet::new();
    for row in &table.rows {
        let (row_head, column_head) = (value(row, vertical), value(row, horizontal));
        let (Some(&place), Some(&across)) = (places.get(&row_head), across.get(&column_head)) else {
            continue;
        };
        if !filled.insert((place, across)) {
            let shown = |head: Option<String>| head.unwrap_or_else(|| "(null)".into());
            return Err(format!(
                "query result contains multiple data values for row \"{}\", column \"{}\"",
                shown(row_head),
                shown(column_head)
            ));
        }
        if let Some(cell) = rows.get_mut(place).and_then(|cells| cells.get_mut(across + 1)) {
            *cell = value(row, data);
        }
    }
    let is_right = |column: usize| table.right_aligned.get(column).copied().unwrap_or(false);
    let heads = column_heads
        .iter()
        .map(|(head, _)| head.clone().unwrap_or_else(|| options.null.clone()));
    let first = table.headers.get(vertical).cloned().unwrap_or_default();
    let mut right_aligned = vec![is_right(data); column_heads.len() + 1];
    if let Some(side) = right_aligned.first_mut() {
        *side = is_right(vertical);
    }
    Ok(Table {
        headers: std::iter::once(first).chain(heads).collect(),
        right_aligned,
        rows,
        ..Table::default()
    })
}
