//! Expanded output for the terminal: a line a column (`print_aligned_vertical`).

use super::line_style::{Drawing, LineStyle, Rule};
use super::width::{cell_lines, take_width, text_width};
use super::{Format, PrintOptions, Table};

/// Measures and style that all records share.
struct Layout {
    drawing: Drawing,
    border: u16,
    old: bool,
    header_width: usize,
    data_width: usize,
    /// Some header, some cell has several lines (or will, being wrapped).
    tall_header: bool,
    tall_data: bool,
}

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let mut out = String::new();
    if table.rows.is_empty() || table.headers.is_empty() {
        for footer in table.footer_lines(options) {
            out.push_str(&footer);
            out.push('\n');
        }
        out.push('\n');
        return out;
    }
    if let Some(title) = table.shown_title(options) {
        out.push_str(title);
        out.push('\n');
    }
    let headers: Vec<Vec<String>> = table.headers.iter().map(|header| cell_lines(header)).collect();
    let rows: Vec<Vec<Vec<String>>> = table
        .rows
        .iter()
        .map(|row| table.cells(row, options).map(|cell| cell_lines(&cell)).collect())
        .collect();
    let layout = Layout::measure(&headers, &rows, options);
    for (index, row) in rows.iter().enumerate() {
        let rule = if index == 0 {
            &layout.drawing.top
        } else {
            &layout.drawing.inner
        };
        if !options.tuples_only {
            layout.write_rule(&mut out, Some(index + 1), rule);
        } else if index > 0 || layout.border == 2 {
            layout.write_rule(&mut out, None, rule);
        }
        for (header, cell) in headers.iter().zip(row) {
            layout.write_cell(&mut out, header, cell);
        }
    }
    if layout.border == 2 {
        layout.write_rule(&mut out, None, &layout.drawing.bottom);
    }
    let footers = table.own_footers(options);
    if !footers.is_empty() && layout.border < 2 {
        out.push('\n');
    }
    for footer in footers {
        out.push_str(footer);
        out.push('\n');
    }
    out.push('\n');
    out
}

impl Layout {
    fn measure(headers: &[Vec<String>], rows: &[Vec<Vec<String>>], options: &PrintOptions) -> Layout {
        fn widest<'a>(cells: impl Iterator<Item = &'a Vec<String>>) -> usize {
            cells.flatten().map(|line| text_width(line)).max().unwrap_or(0)
        }
        let mut layout = Layout {
            drawing: Drawing::of(options),
            border: options.border.min(2),
            old: options.line_style == LineStyle::OldAscii,
            header_width: widest(headers.iter()),
            data_width: widest(rows.iter().flatten()),
            tall_header: headers.iter().any(|lines| lines.len() > 1),
            tall_data: rows.iter().flatten().any(|lines| lines.len() > 1),
        };
        let label = if options.tuples_only {
            0
        } else {
            let digits = rows.len().to_string().len();
            digits
                + match layout.border {
                    0 => "* RECORD ".len(),
                    1 => "-[ RECORD  ]".len(),
                    _ => "+-[ RECORD  ]-+".len(),
                }
        };
        let limit = (options.format == Format::Wrapped && options.columns > 0).then_some(options.columns as usize);
        let wanted = layout.data_width;
        layout.data_width = layout.fitted(label, limit);
        if layout.data_width < wanted && !layout.tall_data && layout.border < 2 && !layout.old {
            // Wrapped lines need a column for their mark, too.
            layout.tall_data = true;
            layout.data_width = wanted;
            layout.data_width = layout.fitted(label, limit);
        }
        layout
    }

    /// Width for data: its own, room for the record's label, at most what the limit leaves.
    fn fitted(&self, label: usize, limit: Option<usize>) -> usize {
        let marks = usize::from(self.tall_data && self.border < 2 && !self.old);
        let around = self.header_width
            + marks
            + match self.border {
                0 => 1 + usize::from(self.tall_header),
                1 => 3 + usize::from(self.tall_header && self.old),
                _ => 7,
            };
        let full = (around + self.data_width).max(label);
        let total = match limit {
            Some(limit) if limit < full => limit.max((around + 3).max(label)),
            _ => full,
        };
        total - around
    }

    /// `-[ RECORD 1 ]---+-----`, or without a label.
    fn write_rule(&self, out: &mut String, record: Option<usize>, rule: &Rule) {
        let line = if self.border > 0 { rule.horizontal } else { " " };
        match self.border {
            0 => {}
            1 => out.push_str(rule.horizontal),
            _ => {
                out.push_str(rule.left);
                out.push_str(rule.horizontal);
            }
        }
        let label = match (record, self.border) {
            (None, _) => String::new(),
            (Some(number), 0) => format!("* Record {number}"),
            (Some(number), _) => format!("[ RECORD {number} ]"),
        };
        out.push_str(&label);
        let mut header_width = self.header_width;
        if self.border < 2 && self.tall_header && self.old {
            header_width += 1;
        }
        // What the label has used up is not drawn: of the header, of the crossing, of the data.
        let mut used = label.len() + usize::from(self.border < 2);
        let mut draw = |out: &mut String, pieces: &[&str]| {
            for piece in pieces {
                if used == 0 {
                    out.push_str(piece);
                } else {
                    used -= 1;
                }
            }
        };
        draw(out, &vec![line; header_width]);
        let crossing = [rule.horizontal, rule.middle, rule.horizontal];
        draw(out, if self.border > 0 { &crossing } else { &[" "] });
        draw(out, &vec![line; self.data_width]);
        if self.border == 2 {
            out.push_str(rule.horizontal);
            out.push_str(rule.right);
        }
        out.push('\n');
    }

    fn write_cell(&self, out: &mut String, header: &[String], cell: &[String]) {
        let (mut header_line, mut line, mut offset) = (0, 0, 0);
        while header_line < header.len() || line < cell.len() {
            if self.border == 2 {
                out.push_str(self.drawing.data.left);
            }
            self.write_header_piece(out, header, header_line);
            header_line += 1;
            if self.border > 0 {
                // Data that has ended counts as wrapped.
                let offset = if line < cell.len() { offset } else { 1 };
                out.push_str(match (offset, line) {
                    (0, 0) => self.drawing.data.middle,
                    (0, _) => self.drawing.middle_newline,
                    _ => self.drawing.middle_wrap,
                });
            }
            let Some(text) = cell.get(line) else {
                // The header has more lines than the data.
                if self.border == 2 {
                    out.push_str(&" ".repeat(self.data_width + 2));
                    out.push_str(self.drawing.data.right);
                }
                out.push('\n');
                continue;
            };
            out.push_str(if offset == 0 { " " } else { self.drawing.wrap_left });
            let piece = take_width(text.get(offset..).unwrap_or(""), self.data_width);
            out.push_str(piece);
            offset += piece.len();
            let wrapped = offset < text.len();
            if !wrapped {
                (line, offset) = (line + 1, 0);
            }
            let mark = match (wrapped, line < cell.len()) {
                (true, _) => Some(self.drawing.wrap_right),
                (false, true) => Some(self.drawing.newline_right),
                (false, false) => None,
            };
            let space = self.data_width.saturating_sub(text_width(piece));
            match mark {
                Some(mark) if self.border > 1 || (self.tall_data && !self.old) => {
                    out.push_str(&" ".repeat(space));
                    out.push_str(mark);
                }
                None if self.border > 1 => out.push_str(&" ".repeat(space + 1)),
                _ => {}
            }
            if self.border == 2 {
                out.push_str(self.drawing.data.right);
            }
            out.push('\n');
        }
    }

    /// A line of the header, or as much space.
    fn write_header_piece(&self, out: &mut String, header: &[String], line: usize) {
        let marks_left = self.border == 2 || (self.tall_header && self.old);
        let marks_right = self.border > 0 || (self.tall_header && !self.old);
        let Some(text) = header.get(line) else {
            let mut space = self.header_width + usize::from(self.border);
            if self.tall_header && ((self.old && self.border < 2) || (!self.old && self.border == 0)) {
                space += 1;
            }
            return out.push_str(&" ".repeat(space.max(1)));
        };
        if marks_left {
            out.push_str(if line > 0 { self.drawing.header_left } else { " " });
        }
        out.push_str(text);
        out.push_str(&" ".repeat(self.header_width.saturating_sub(text_width(text))));
        if marks_right {
            let more = line + 1 < header.len();
            out.push_str(if more { self.drawing.header_right } else { " " });
        }
    }
}
