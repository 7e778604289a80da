//! Expanded output: a line a column (`print_aligned_vertical`, `print_unaligned_vertical`).

use super::width::{cell_lines, text_width};
use super::{PrintOptions, Table};

pub fn aligned(table: &Table, options: &PrintOptions) -> String {
    let mut out = String::new();
    if let Some(title) = table.shown_title(options) {
        out.push_str(title);
        out.push('\n');
    }
    if table.rows.is_empty() {
        out.push_str(&empty(table, options));
        return out;
    }
    let headers: Vec<Vec<String>> = table.headers.iter().map(|header| cell_lines(header)).collect();
    let rows: Vec<Vec<Vec<String>>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell_lines(table.cell(cell, options))).collect())
        .collect();
    let widest = |cells: &mut dyn Iterator<Item = &Vec<String>>| {
        cells
            .flat_map(|lines| lines.iter().map(|line| text_width(line)))
            .max()
            .unwrap_or(0)
    };
    let header_width = widest(&mut headers.iter());
    let data_width = widest(&mut rows.iter().flatten());
    for (number, row) in rows.iter().enumerate() {
        if !options.tuples_only {
            record_line(&mut out, number + 1, header_width, data_width, options.border);
        } else if number > 0 {
            out.push('\n');
        }
        for (header, cell) in headers.iter().zip(row) {
            write_cell(&mut out, header, cell, header_width, data_width, options.border);
        }
    }
    if options.border >= 2 {
        out.push_str(&format!(
            "+{}+{}+\n",
            "-".repeat(header_width + 2),
            "-".repeat(data_width + 2)
        ));
    }
    if let Some(footers) = &table.footers
        && !options.tuples_only
        && options.footer
    {
        out.push('\n');
        for footer in footers {
            out.push_str(footer);
            out.push('\n');
        }
    }
    out.push('\n');
    out
}

/// No rows: `(0 rows)`, unless there are other footers.
fn empty(table: &Table, options: &PrintOptions) -> String {
    let mut out = String::new();
    if !options.tuples_only {
        match &table.footers {
            Some(footers) => footers.iter().for_each(|footer| {
                out.push_str(footer);
                out.push('\n');
            }),
            None => out.push_str("(0 rows)\n"),
        }
    }
    out.push('\n');
    out
}

/// `-[ RECORD 1 ]---+-----`.
fn record_line(out: &mut String, number: usize, header_width: usize, data_width: usize, border: u16) {
    let label = match border {
        0 => format!("* Record {number}"),
        _ => format!("[ RECORD {number} ]"),
    };
    let (start, crossing, end) = match border {
        0 => ("", "", ""),
        1 => ("-", "-+-", ""),
        _ => ("+-", "-+-", "-+"),
    };
    if border == 0 {
        let total = header_width + 1 + data_width;
        out.push_str(&label);
        out.push_str(&" ".repeat(total.saturating_sub(label.len())));
        out.push('\n');
        return;
    }
    let mut line: Vec<char> = format!(
        "{start}{}{crossing}{}{end}",
        "-".repeat(header_width),
        "-".repeat(data_width)
    )
    .chars()
    .collect();
    for (offset, c) in label.chars().enumerate() {
        let at = start.len() + offset;
        if at < line.len() {
            line[at] = c;
        } else {
            line.push(c);
        }
    }
    out.extend(line);
    out.push('\n');
}

fn write_cell(
    out: &mut String,
    header: &[String],
    cell: &[String],
    header_width: usize,
    data_width: usize,
    border: u16,
) {
    for line in 0..header.len().max(cell.len()) {
        let name = header.get(line).map_or("", String::as_str);
        let name_more = line + 1 < header.len();
        let text = cell.get(line).map_or("", String::as_str);
        let text_more = line + 1 < cell.len();
        let name_space = " ".repeat(header_width - text_width(name));
        let text_space = " ".repeat(data_width - text_width(text));
        match border {
            0 => out.push_str(&format!("{name}{name_space}{}", if name_more { '+' } else { ' ' })),
            1 => out.push_str(&format!("{name}{name_space}{}|", if name_more { '+' } else { ' ' })),
            _ => out.push_str(&format!("| {name}{name_space}{}|", if name_more { '+' } else { ' ' })),
        }
        let more = if text_more { "+" } else { "" };
        match border {
            0 => out.push_str(&if text_more {
                format!("{text}{text_space}{more}")
            } else {
                text.to_string()
            }),
            1 if text_more => out.push_str(&format!(" {text}{text_space}{more}")),
            1 => out.push_str(&format!(" {text}")),
            _ => out.push_str(&format!(" {text}{text_space}{}|", if text_more { "+" } else { " " })),
        }
        out.push('\n');
    }
}

pub fn unaligned(table: &Table, options: &PrintOptions) -> String {
    let mut out = String::new();
    let separator = &options.record_separator;
    let mut first = true;
    if let Some(title) = table.shown_title(options) {
        out.push_str(title);
        first = false;
    }
    for row in &table.rows {
        if !first {
            out.push_str(separator);
            if !options.tuples_only || separator == "\n" {
                out.push_str(separator);
            }
        }
        first = false;
        let lines: Vec<String> = table
            .headers
            .iter()
            .zip(row)
            .map(|(header, cell)| format!("{header}{}{}", options.field_separator, table.cell(cell, options)))
            .collect();
        out.push_str(&lines.join(separator));
    }
    if let (Some(footers), false) = (&table.footers, options.tuples_only) {
        for footer in footers {
            out.push_str(separator);
            out.push_str(footer);
        }
    }
    if !first {
        out.push('\n');
    }
    out
}
