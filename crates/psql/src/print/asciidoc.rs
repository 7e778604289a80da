//! The AsciiDoc format (`print_asciidoc_text`, `print_asciidoc_vertical`).

use super::{PrintOptions, Table, is_blank};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let header = if options.tuples_only { "" } else { "options=\"header\"," };
    let columns: Vec<&str> = (0..table.headers.len()).map(|column| side(table, column)).collect();
    let mut out = start(table, options, &format!("{header}cols=\"{}\"", columns.join(",")));
    if !options.tuples_only {
        let cells: Vec<String> = table
            .headers
            .iter()
            .map(|header| format!("^l|{}", escaped(header)))
            .collect();
        out.push_str(&cells.join(" "));
        out.push('\n');
    }
    for row in table.body() {
        for (column, cell) in table.cells(row, options).enumerate() {
            out.push_str(if column > 0 { " |" } else { "|" });
            if !is_blank(&cell) {
                out.push_str(&escaped(&cell));
            } else if column + 1 < row.len() {
                out.push(' ');
            }
        }
        out.push('\n');
    }
    end(&mut out, &table.footer_lines(options));
    out
}

pub fn expanded(table: &Table, options: &PrintOptions) -> String {
    let mut out = start(table, options, "cols=\"h,l\"");
    for (index, row) in table.body().iter().enumerate() {
        if options.tuples_only {
            out.push_str("2+|\n");
        } else {
            out.push_str(&format!("2+^|Record {}\n", index + 1));
        }
        for (column, (header, cell)) in table.headers.iter().zip(table.cells(row, options)).enumerate() {
            let text = if is_blank(&cell) { " ".into() } else { escaped(&cell) };
            out.push_str(&format!("<l|{} {}|{text}\n", escaped(header), side(table, column)));
        }
    }
    end(&mut out, table.own_footers(options));
    out
}

fn side(table: &Table, column: usize) -> &'static str {
    if table.is_right_aligned(column) { ">l" } else { "<l" }
}

fn start(table: &Table, options: &PrintOptions, attributes: &str) -> String {
    // A table is a paragraph of its own.
    let mut out = "\n".to_string();
    if let Some(title) = table.shown_title(options) {
        out.push_str(&format!(".{title}\n"));
    }
    let frame = match options.border {
        0 => ",frame=\"none\",grid=\"none\"",
        1 => ",frame=\"none\"",
        2 => ",frame=\"all\",grid=\"all\"",
        _ => "",
    };
    out.push_str(&format!("[{attributes}{frame}]\n|====\n"));
    out
}

fn end(out: &mut String, footers: &[String]) {
    out.push_str("|====\n");
    if !footers.is_empty() {
        out.push_str("\n....\n");
        for footer in footers {
            out.push_str(&format!("{footer}\n"));
        }
        out.push_str("....\n");
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
