//! The unaligned format (`print_unaligned_text`).

use super::{PrintOptions, Table};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let mut records = Vec::with_capacity(table.rows.len() + 2);
    if let Some(title) = table.shown_title(options) {
        records.push(title.to_string());
    }
    if !options.tuples_only {
        records.push(table.headers.join(&options.field_separator));
    }
    for row in &table.rows {
        let cells: Vec<&str> = row.iter().map(|cell| table.cell(cell, options)).collect();
        records.push(cells.join(&options.field_separator));
    }
    records.extend(table.footer_lines(options));
    if records.is_empty() {
        return String::new();
    }
    let mut out = records.join(&options.record_separator);
    out.push('\n');
    out
}
