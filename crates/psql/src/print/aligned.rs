//! The aligned format (`print_aligned_text`).

use super::width::{cell_lines, text_width};
use super::{PrintOptions, Table};

/// The characters lines are drawn with.
struct Lines {
    horizontal: &'static str,
    vertical: &'static str,
    /// Left, middle and right crossing of the top, inner and bottom rule.
    crossings: [[&'static str; 3]; 3],
}

const ASCII: Lines = Lines {
    horizontal: "-",
    vertical: "|",
    crossings: [["+"; 3]; 3],
};
const UNICODE: Lines = Lines {
    horizontal: "─",
    vertical: "│",
    crossings: [["┌", "┬", "┐"], ["├", "┼", "┤"], ["└", "┴", "┘"]],
};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let lines = if options.unicode_lines { &UNICODE } else { &ASCII };
    let headers: Vec<Vec<String>> = table.headers.iter().map(|header| cell_lines(header)).collect();
    let rows: Vec<Vec<Vec<String>>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell_lines(table.cell(cell, options))).collect())
        .collect();
    let mut widths: Vec<usize> = headers
        .iter()
        .map(|lines| lines.iter().map(|l| text_width(l)).max().unwrap_or(0))
        .collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.iter().map(|line| text_width(line)).fold(*width, usize::max);
        }
    }
    let mut out = String::new();
    write_title(&mut out, table, options, total_width(&widths, options.border));
    if !options.tuples_only {
        if options.border >= 2 {
            rule(&mut out, &widths, options.border, lines, 0);
        }
        write_header(&mut out, &headers, &widths, options.border, lines);
        rule(&mut out, &widths, options.border, lines, 1);
    }
    for row in &rows {
        write_row(&mut out, table, row, &widths, options.border, lines);
    }
    if options.border >= 2 {
        rule(&mut out, &widths, options.border, lines, 2);
    }
    for footer in table.footer_lines(options) {
        out.push_str(&footer);
        out.push('\n');
    }
    out.push('\n');
    out
}

/// Width of the table with its borders, for centring the title.
fn total_width(widths: &[usize], border: u16) -> usize {
    let columns = widths.len();
    let cells: usize = widths.iter().sum();
    cells
        + match border {
            0 => columns,
            1 => (columns * 3).saturating_sub(1),
            _ => columns * 3 + 1,
        }
}

fn write_title(out: &mut String, table: &Table, options: &PrintOptions, total: usize) {
    if let Some(title) = table.shown_title(options) {
        let width = text_width(title);
        if width < total {
            out.push_str(&" ".repeat((total - width) / 2));
        }
        out.push_str(title);
        out.push('\n');
    }
}

fn rule(out: &mut String, widths: &[usize], border: u16, lines: &Lines, place: usize) {
    let [left, middle, right] = lines.crossings.get(place).copied().unwrap_or(["+"; 3]);
    match border {
        0 => {}
        1 => out.push_str(lines.horizontal),
        _ => {
            out.push_str(left);
            out.push_str(lines.horizontal);
        }
    }
    for (column, width) in widths.iter().enumerate() {
        out.push_str(&lines.horizontal.repeat(*width));
        if column + 1 < widths.len() {
            match border {
                0 => out.push(' '),
                _ => {
                    out.push_str(lines.horizontal);
                    out.push_str(middle);
                    out.push_str(lines.horizontal);
                }
            }
        }
    }
    match border {
        1 => out.push_str(lines.horizontal),
        2.. => {
            out.push_str(lines.horizontal);
            out.push_str(right);
        }
        _ => {}
    }
    out.push('\n');
}

fn write_header(out: &mut String, headers: &[Vec<String>], widths: &[usize], border: u16, lines: &Lines) {
    let height = headers.iter().map(Vec::len).max().unwrap_or(1);
    for line in 0..height {
        if border >= 2 {
            out.push_str(lines.vertical);
        }
        for (column, (header, width)) in headers.iter().zip(widths).enumerate() {
            if border > 0 {
                out.push(' ');
            }
            let text = header.get(line).map_or("", String::as_str);
            let space = width - text_width(text);
            out.push_str(&" ".repeat(space / 2));
            out.push_str(text);
            out.push_str(&" ".repeat(space.div_ceil(2)));
            let more = line + 1 < header.len();
            if border > 0 || more || column + 1 < widths.len() {
                out.push(if more { '+' } else { ' ' });
            }
            if border > 0 && column + 1 < widths.len() {
                out.push_str(lines.vertical);
            }
        }
        if border >= 2 {
            out.push_str(lines.vertical);
        }
        out.push('\n');
    }
}

fn write_row(out: &mut String, table: &Table, row: &[Vec<String>], widths: &[usize], border: u16, lines: &Lines) {
    let height = row.iter().map(Vec::len).max().unwrap_or(1);
    for line in 0..height {
        if border >= 2 {
            out.push_str(lines.vertical);
        }
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let last = column + 1 == widths.len();
            if border > 0 {
                out.push(' ');
            }
            let text = cell.get(line).map_or("", String::as_str);
            let space = " ".repeat(width.saturating_sub(text_width(text)));
            let more = line + 1 < cell.len();
            // psql doesn't pad the end of a line it need not pad.
            let pads = !last || border >= 2 || more;
            if table.is_right_aligned(column) {
                out.push_str(&space);
                out.push_str(text);
            } else {
                out.push_str(text);
                if pads {
                    out.push_str(&space);
                }
            }
            if more {
                out.push('+');
            } else if pads {
                out.push(' ');
            }
            if !last && border > 0 {
                out.push_str(lines.vertical);
            }
        }
        if border >= 2 {
            out.push_str(lines.vertical);
        }
        out.push('\n');
    }
}
