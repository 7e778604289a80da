//! The troff-ms format (`print_troff_ms_text`, `print_troff_ms_vertical`).

use super::{PrintOptions, Table};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let mut out = start(table, options);
    let columns: Vec<&str> = (0..table.headers.len())
        .map(|column| if table.is_right_aligned(column) { "r" } else { "l" })
        .collect();
    let separator = if options.border > 0 { " | " } else { "" };
    out.push_str(&format!("{}.\n", columns.join(separator)));
    if !options.tuples_only {
        let headers: Vec<String> = table
            .headers
            .iter()
            .map(|header| format!("\\fI{}\\fP", escaped(header)))
            .collect();
        out.push_str(&format!("{}\n_\n", headers.join("\t")));
    }
    for row in table.body() {
        let cells: Vec<String> = table.cells(row, options).map(|cell| escaped(&cell)).collect();
        out.push_str(&format!("{}\n", cells.join("\t")));
    }
    end(&mut out, &table.footer_lines(options));
    out
}

pub fn expanded(table: &Table, options: &PrintOptions) -> String {
    let border = options.border.min(2);
    let mut out = start(table, options);
    if options.tuples_only {
        out.push_str("c l;\n");
    }
    for (index, row) in table.body().iter().enumerate() {
        if !options.tuples_only {
            if index > 0 {
                out.push_str(if border == 2 { "_\n.T&\n" } else { ".T&\n" });
            }
            out.push_str(&format!("c s.\n\\fIRecord {}\\fP\n", index + 1));
        }
        if border >= 1 {
            out.push_str("_\n");
        }
        if !options.tuples_only {
            out.push_str(if border == 1 { ".T&\nc | l.\n" } else { ".T&\nc l.\n" });
        }
        for (header, cell) in table.headers.iter().zip(table.cells(row, options)) {
            out.push_str(&format!("{}\t{}\n", escaped(header), escaped(&cell)));
        }
    }
    end(&mut out, table.own_footers(options));
    out
}

fn start(table: &Table, options: &PrintOptions) -> String {
    let mut out = String::new();
    if let Some(title) = table.shown_title(options) {
        out.push_str(&format!(".LP\n.DS C\n{}\n.DE\n", escaped(title)));
    }
    out.push_str(".LP\n.TS\n");
    out.push_str(if options.border >= 2 {
        "center box;\n"
    } else {
        "center;\n"
    });
    out
}

fn end(out: &mut String, footers: &[String]) {
    out.push_str(".TE\n.DS L\n");
    for footer in footers {
        out.push_str(&format!("{}\n", escaped(footer)));
    }
    out.push_str(".DE\n");
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\(rs")
}
