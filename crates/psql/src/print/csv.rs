//! The CSV format (`print_csv_text`).

use super::{PrintOptions, Table};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let separator = options.csv_separator;
    let mut out = String::new();
    if !options.tuples_only {
        write_record(&mut out, table.headers.iter().map(String::as_str), separator);
    }
    for row in &table.rows {
        write_record(&mut out, row.iter().map(|cell| table.cell(cell, options)), separator);
    }
    out
}

pub fn expanded(table: &Table, options: &PrintOptions) -> String {
    let mut out = String::new();
    for row in &table.rows {
        for (header, cell) in table.headers.iter().zip(row) {
            write_record(
                &mut out,
                [header.as_str(), table.cell(cell, options)].into_iter(),
                options.csv_separator,
            );
        }
    }
    out
}

fn write_record<'a>(out: &mut String, fields: impl Iterator<Item = &'a str>, separator: char) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(separator);
        }
        if field.contains([separator, '"', '\n', '\r']) || field == "\\." {
            out.push_str(&format!("\"{}\"", field.replace('"', "\"\"")));
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}
