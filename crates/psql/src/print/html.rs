//! The HTML format (`print_html_text`, `print_html_vertical`).

use super::{PrintOptions, Table, is_blank};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let mut out = start(table, options);
    if !options.tuples_only {
        out.push_str("  <tr>\n");
        for header in &table.headers {
            out.push_str(&format!("    <th align=\"center\">{}</th>\n", escaped(header)));
        }
        out.push_str("  </tr>\n");
    }
    for row in table.body() {
        out.push_str("  <tr valign=\"top\">\n");
        for (column, cell) in table.cells(row, options).enumerate() {
            write_cell(&mut out, table.is_right_aligned(column), &cell);
            out.push('\n');
        }
        out.push_str("  </tr>\n");
    }
    end(&mut out, &table.footer_lines(options));
    out
}

pub fn expanded(table: &Table, options: &PrintOptions) -> String {
    let mut out = start(table, options);
    for (index, row) in table.body().iter().enumerate() {
        if options.tuples_only {
            out.push_str("\n  <tr><td colspan=\"2\">&nbsp;</td></tr>\n");
        } else {
            let number = index + 1;
            out.push_str(&format!(
                "\n  <tr><td colspan=\"2\" align=\"center\">Record {number}</td></tr>\n"
            ));
        }
        for (column, (header, cell)) in table.headers.iter().zip(table.cells(row, options)).enumerate() {
            out.push_str(&format!("  <tr valign=\"top\">\n    <th>{}</th>\n", escaped(header)));
            write_cell(&mut out, table.is_right_aligned(column), &cell);
            out.push_str("\n  </tr>\n");
        }
    }
    end(&mut out, table.own_footers(options));
    out
}

fn start(table: &Table, options: &PrintOptions) -> String {
    let mut out = format!("<table border=\"{}\"", options.border);
    if let Some(attributes) = &options.table_attributes {
        out.push_str(&format!(" {attributes}"));
    }
    out.push_str(">\n");
    if let Some(title) = table.shown_title(options) {
        out.push_str(&format!("  <caption>{}</caption>\n", escaped(title)));
    }
    out
}

fn write_cell(out: &mut String, right_aligned: bool, cell: &str) {
    let side = if right_aligned { "right" } else { "left" };
    let text = if is_blank(cell) {
        "&nbsp; ".into()
    } else {
        escaped(cell)
    };
    out.push_str(&format!("    <td align=\"{side}\">{text}</td>"));
}

fn end(out: &mut String, footers: &[String]) {
    out.push_str("</table>\n");
    if !footers.is_empty() {
        out.push_str("<p>");
        for footer in footers {
            out.push_str(&format!("{}<br />\n", escaped(footer)));
        }
        out.push_str("</p>");
    }
    out.push('\n');
}

/// Entities for what means something in HTML; blanks at the beginning are kept by `&nbsp;`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut leading = true;
    for c in text.chars() {
        match c {
            ' ' if leading => {
                out.push_str("&nbsp;");
                continue;
            }
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("<br />\n"),
            c => out.push(c),
        }
        leading &= c == ' ';
    }
    out
}
