//! The unaligned format (`print_unaligned_text`, `print_unaligned_vertical`).

use super::{PrintOptions, Table};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let mut records = Vec::with_capacity(table.rows.len() + 2);
    if let Some(title) = table.shown_title(options) {
        records.push(title.to_string());
    }
    if !options.tuples_only {
        records.push(table.headers.join(&options.field_separator));
    }
    for row in table.body() {
        let cells: Vec<_> = table.cells(row, options).collect();
        records.push(cells.join(&options.field_separator));
    }
    records.extend(table.footer_lines(options));
    let mut out = records.join(&options.record_separator);
    if !records.is_empty() {
        out.push_str(end(options));
    }
    out
}

/// A line a column; two separators between records.
pub fn expanded(table: &Table, options: &PrintOptions) -> String {
    let separator = &options.record_separator;
    let mut records: Vec<String> = table.shown_title(options).map(str::to_string).into_iter().collect();
    for row in table.body() {
        let lines: Vec<String> = table
            .headers
            .iter()
            .zip(table.cells(row, options))
            .map(|(header, cell)| format!("{header}{}{cell}", options.field_separator))
            .collect();
        records.push(lines.join(separator));
    }
    let ends = !records.is_empty();
    let mut out = records.join(&format!("{separator}{separator}"));
    let footers = table.own_footers(options);
    if !footers.is_empty() {
        out.push_str(separator);
    }
    for footer in footers {
        out.push_str(separator);
        out.push_str(footer);
    }
    if ends {
        out.push_str(end(options));
    }
    out
}

/// The last record ends with a newline whatever the separator is, unless that is a zero byte.
fn end(options: &PrintOptions) -> &'static str {
    if options.record_separator == "\0" { "\0" } else { "\n" }
}
