//! The CSV format (`print_csv_text`, `print_csv_vertical`).

use super::{PrintOptions, Table};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let mut out = String::new();
    if !options.tuples_only {
        write_record(&mut out, table.headers.iter(), options.csv_separator);
    }
    for row in table.body() {
        write_record(&mut out, table.cells(row, options), options.csv_separator);
    }
    out
}

pub fn expanded(table: &Table, options: &PrintOptions) -> String {
    let mut out = String::new();
    for row in table.body() {
        for (header, cell) in table.headers.iter().zip(table.cells(row, options)) {
            write_record(&mut out, [header.as_str(), &cell].into_iter(), options.csv_separator);
        }
    }
    out
}

fn write_record<T: AsRef<str>>(out: &mut String, fields: impl Iterator<Item = T>, separator: char) {
    for (index, field) in fields.enumerate() {
        let field = field.as_ref();
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
