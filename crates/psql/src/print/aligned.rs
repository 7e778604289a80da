//! The aligned and the wrapped format (`print_aligned_text`).

use super::line_style::{Drawing, Rule};
use super::width::{cell_lines, take_width, text_width};
use super::{Expanded, Format, PrintOptions, Table, expanded};

/// How wide the columns are.
struct Widths {
    headers: Vec<usize>,
    /// Widest line of each column, its header included.
    widest: Vec<usize>,
    /// What a column gets: less than its widest line where lines are wrapped.
    columns: Vec<usize>,
    /// What the borders take.
    borders: usize,
}

impl Widths {
    fn total(&self) -> usize {
        self.borders + self.columns.iter().sum::<usize>()
    }

    fn total_of_headers(&self) -> usize {
        self.borders + self.headers.iter().sum::<usize>()
    }
}

/// Where a column is in its cell, line by line.
#[derive(Clone, Default)]
struct Progress {
    line: usize,
    /// Bytes of the line already written.
    offset: usize,
    mark: Mark,
}

/// Why a cell goes on in the next line.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mark {
    #[default]
    None,
    Newline,
    Wrap,
}

type Cell = Vec<String>;

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let drawing = Drawing::of(options);
    let border = options.border.min(2);
    let headers: Vec<Cell> = table.headers.iter().map(|header| cell_lines(header)).collect();
    let rows: Vec<Vec<Cell>> = table
        .rows
        .iter()
        .map(|row| table.cells(row, options).map(|cell| cell_lines(&cell)).collect())
        .collect();
    let widths = measure(&headers, &rows, border, options);
    let limit = options.columns as usize;
    let too_wide = limit > 0 && (limit < widths.total_of_headers() || limit < widths.total());
    if options.expanded == Expanded::Auto && headers.len() > 1 && too_wide {
        return expanded::print(table, options);
    }
    let mut out = String::new();
    if let Some(title) = table.shown_title(options) {
        let space = widths.total().saturating_sub(text_width(title)) / 2;
        out.push_str(&" ".repeat(space));
        out.push_str(title);
        out.push('\n');
    }
    if !options.tuples_only {
        if border == 2 {
            write_rule(&mut out, &widths.columns, border, &drawing.top);
        }
        write_header(&mut out, &headers, &widths.columns, border, &drawing);
        write_rule(&mut out, &widths.columns, border, &drawing.inner);
    }
    for row in &rows {
        write_row(&mut out, table, row, &widths.columns, border, &drawing);
    }
    if border == 2 {
        write_rule(&mut out, &widths.columns, border, &drawing.bottom);
    }
    for footer in table.footer_lines(options) {
        out.push_str(&footer);
        out.push('\n');
    }
    out.push('\n');
    out
}

fn measure(headers: &[Cell], rows: &[Vec<Cell>], border: u16, options: &PrintOptions) -> Widths {
    let widest_line = |cell: &Cell| cell.iter().map(|line| text_width(line)).max().unwrap_or(0);
    let header_widths: Vec<usize> = headers.iter().map(widest_line).collect();
    let mut widest = header_widths.clone();
    let mut sums = vec![0; headers.len()];
    for row in rows {
        for ((width, sum), cell) in widest.iter_mut().zip(&mut sums).zip(row) {
            let needed = widest_line(cell);
            *width = (*width).max(needed);
            *sum += needed;
        }
    }
    let count = headers.len();
    let mut widths = Widths {
        headers: header_widths,
        columns: widest.clone(),
        widest,
        borders: match border {
            0 => count,
            1 => (count * 3).saturating_sub(1),
            _ => count * 3 + 1,
        },
    };
    let limit = options.columns as usize;
    if options.format == Format::Wrapped && limit > 0 && limit >= widths.total_of_headers() {
        let averages: Vec<usize> = sums.iter().map(|sum| sum / rows.len().max(1)).collect();
        shrink(&mut widths, &averages, limit);
    }
    widths
}

/// Takes from the column with the highest ratio of width to average, wide columns sooner, until all fit.
fn shrink(widths: &mut Widths, averages: &[usize], limit: usize) {
    while widths.total() > limit {
        let mut worst: Option<(f64, usize)> = None;
        for (column, average) in averages.iter().enumerate() {
            let (Some(&width), Some(&header), Some(&widest)) = (
                widths.columns.get(column),
                widths.headers.get(column),
                widths.widest.get(column),
            ) else {
                continue;
            };
            if *average == 0 || width <= header {
                continue;
            }
            let ratio = width as f64 / *average as f64 + widest as f64 * 0.01;
            if worst.is_none_or(|(highest, _)| ratio > highest) {
                worst = Some((ratio, column));
            }
        }
        match worst.and_then(|(_, column)| widths.columns.get_mut(column)) {
            Some(width) => *width -= 1,
            None => return,
        }
    }
}

fn write_rule(out: &mut String, widths: &[usize], border: u16, rule: &Rule) {
    match border {
        0 => {}
        1 => out.push_str(rule.horizontal),
        _ => {
            out.push_str(rule.left);
            out.push_str(rule.horizontal);
        }
    }
    for (column, width) in widths.iter().enumerate() {
        out.push_str(&rule.horizontal.repeat(*width));
        if column + 1 < widths.len() {
            if border == 0 {
                out.push(' ');
            } else {
                out.push_str(rule.horizontal);
                out.push_str(rule.middle);
                out.push_str(rule.horizontal);
            }
        }
    }
    match border {
        0 => {}
        1 => out.push_str(rule.horizontal),
        _ => {
            out.push_str(rule.horizontal);
            out.push_str(rule.right);
        }
    }
    out.push('\n');
}

fn write_header(out: &mut String, headers: &[Cell], widths: &[usize], border: u16, drawing: &Drawing) {
    let height = headers.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        if border == 2 {
            out.push_str(drawing.data.left);
        }
        for (column, (header, width)) in headers.iter().zip(widths).enumerate() {
            if border > 0 || (!drawing.marks_right && column > 0) {
                out.push_str(if line > 0 { drawing.header_left } else { " " });
            }
            let text = header.get(line).map_or("", String::as_str);
            let space = width.saturating_sub(text_width(text));
            out.push_str(&" ".repeat(space / 2));
            out.push_str(text);
            out.push_str(&" ".repeat(space.div_ceil(2)));
            if border > 0 || drawing.marks_right {
                let more = line + 1 < header.len();
                out.push_str(if more { drawing.header_right } else { " " });
            }
            if border > 0 && column + 1 < widths.len() {
                out.push_str(drawing.data.middle);
            }
        }
        if border == 2 {
            out.push_str(drawing.data.right);
        }
        out.push('\n');
    }
}

fn write_row(out: &mut String, table: &Table, row: &[Cell], widths: &[usize], border: u16, drawing: &Drawing) {
    let mut progress = vec![Progress::default(); row.len()];
    while row.iter().zip(&progress).any(|(cell, at)| at.line < cell.len()) {
        if border == 2 {
            out.push_str(drawing.data.left);
        }
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let last = column + 1 == widths.len();
            let right_aligned = table.is_right_aligned(column);
            if let Some(at) = progress.get_mut(column) {
                write_piece(out, cell, at, *width, (border, last, right_aligned), drawing);
            }
            if border > 0 && !last {
                out.push_str(divider(row.get(column + 1), progress.get(column + 1), drawing));
            }
        }
        if border == 2 {
            out.push_str(drawing.data.right);
        }
        out.push('\n');
    }
}

/// What one line shows of a cell.
fn write_piece(
    out: &mut String,
    cell: &Cell,
    at: &mut Progress,
    width: usize,
    (border, last, right_aligned): (u16, bool, bool),
    drawing: &Drawing,
) {
    let pads = border == 2 || !last;
    if border > 0 {
        out.push_str(match at.mark {
            Mark::Wrap => drawing.wrap_left,
            Mark::Newline => drawing.newline_left,
            Mark::None => " ",
        });
    }
    let mut taken = 0;
    if let Some(line) = cell.get(at.line) {
        let rest = line.get(at.offset..).unwrap_or("");
        let piece = take_width(rest, width);
        taken = text_width(piece).min(width);
        if right_aligned {
            out.push_str(&" ".repeat(width - taken));
        }
        out.push_str(piece);
        at.offset += piece.len();
        if at.offset >= line.len() {
            at.line += 1;
            at.offset = 0;
        }
    } else if right_aligned && pads {
        out.push_str(&" ".repeat(width));
    }
    at.mark = match at {
        Progress { line, .. } if *line >= cell.len() => Mark::None,
        Progress { offset: 0, .. } => Mark::Newline,
        _ => Mark::Wrap,
    };
    if !right_aligned && (pads || at.mark != Mark::None) {
        out.push_str(&" ".repeat(width - taken));
    }
    match at.mark {
        Mark::Wrap => out.push_str(drawing.wrap_right),
        Mark::Newline => out.push_str(drawing.newline_right),
        Mark::None if pads => out.push(' '),
        Mark::None => {}
    }
}

/// The line before a cell.
fn divider(cell: Option<&Cell>, at: Option<&Progress>, drawing: &Drawing) -> &'static str {
    let (Some(cell), Some(at)) = (cell, at) else {
        return drawing.data.middle;
    };
    match at.mark {
        Mark::Wrap => drawing.middle_wrap,
        Mark::Newline => drawing.middle_newline,
        Mark::None if at.line >= cell.len() => drawing.middle_blank,
        Mark::None => drawing.data.middle,
    }
}
