//! Tables as psql prints them, after `fe_utils/print.c`.
//!
//! - [`options`]: what `\pset` sets; [`line_style`]: what lines are drawn with; [`width`]: columns of a terminal.
//! - One file a format: [`aligned`] (also wrapped) and [`expanded`] for the terminal, [`unaligned`], [`csv`],
//!   [`html`], [`asciidoc`], [`latex`], [`troff`].
//! - [`numeric`]: digits in groups of three.

pub mod aligned;
pub mod asciidoc;
pub mod csv;
pub mod expanded;
pub mod html;
pub mod latex;
pub mod line_style;
pub mod numeric;
pub mod options;
pub mod troff;
pub mod unaligned;
pub mod width;

pub use options::{Expanded, Format, PrintOptions};

/// A table ready to print: text cells (`None`: NULL), which columns are right-aligned, title and footers.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub title: Option<String>,
    pub headers: Vec<String>,
    pub right_aligned: Vec<bool>,
    pub rows: Vec<Vec<Option<String>>>,
    /// `None`: the count of rows.
    pub footers: Option<Vec<String>>,
    /// Cells are shown as they are in every format, NULL as nothing (`\d` and kin).
    pub translated: bool,
}

impl Table {
    /// The text of the table.
    pub fn print(&self, options: &PrintOptions) -> String {
        let expanded = options.expanded == Expanded::On;
        match options.format {
            Format::Aligned | Format::Wrapped if expanded => expanded::print(self, options),
            Format::Aligned | Format::Wrapped => aligned::print(self, options),
            Format::Unaligned if expanded => unaligned::expanded(self, options),
            Format::Unaligned => unaligned::print(self, options),
            Format::Csv if expanded => csv::expanded(self, options),
            Format::Csv => csv::print(self, options),
            Format::Html if expanded => html::expanded(self, options),
            Format::Html => html::print(self, options),
            Format::Asciidoc if expanded => asciidoc::expanded(self, options),
            Format::Asciidoc => asciidoc::print(self, options),
            Format::Latex | Format::LatexLongtable if expanded => latex::expanded(self, options),
            Format::Latex => latex::print(self, options),
            Format::LatexLongtable => latex::longtable(self, options),
            Format::TroffMs if expanded => troff::expanded(self, options),
            Format::TroffMs => troff::print(self, options),
        }
    }

    /// The rows that formats write out cell by cell: none without columns.
    fn body(&self) -> &[Vec<Option<String>>] {
        if self.headers.is_empty() { &[] } else { &self.rows }
    }

    /// The text of a cell; numbers with their digits in groups if that is wanted.
    fn cell<'a>(
        &'a self,
        column: usize,
        cell: &'a Option<String>,
        options: &'a PrintOptions,
    ) -> std::borrow::Cow<'a, str> {
        match cell {
            Some(text) if options.numeric_locale && self.is_right_aligned(column) => numeric::grouped(text),
            Some(text) => text.into(),
            None if self.translated => "".into(),
            None => options.null.as_str().into(),
        }
    }

    /// All cells of a row with what [`Table::cell`] makes of them.
    fn cells<'a>(
        &'a self,
        row: &'a [Option<String>],
        options: &'a PrintOptions,
    ) -> impl Iterator<Item = std::borrow::Cow<'a, str>> {
        row.iter()
            .enumerate()
            .map(|(column, cell)| self.cell(column, cell, options))
    }

    fn shown_title<'a>(&'a self, options: &'a PrintOptions) -> Option<&'a str> {
        if options.tuples_only {
            None
        } else {
            self.title.as_deref().or(options.title.as_deref())
        }
    }

    /// Footer lines: those given, or `(n rows)` unless `\pset footer` is off.
    fn footer_lines(&self, options: &PrintOptions) -> Vec<String> {
        let default = || match self.rows.len() {
            1 => "(1 row)".into(),
            n => format!("({n} rows)"),
        };
        match &self.footers {
            _ if options.tuples_only => Vec::new(),
            Some(lines) => lines.clone(),
            None if options.footer => vec![default()],
            None => Vec::new(),
        }
    }

    /// Footer lines of formats that show no count of rows: those given.
    fn own_footers(&self, options: &PrintOptions) -> &[String] {
        match &self.footers {
            Some(lines) if !options.tuples_only => lines,
            _ => &[],
        }
    }

    fn is_right_aligned(&self, column: usize) -> bool {
        self.right_aligned.get(column).copied().unwrap_or(false)
    }
}

/// Whether a cell holds nothing but blanks.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c == ' ' || c == '\t')
}
