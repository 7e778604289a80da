//! Tables as psql prints them, after `fe_utils/print.c`: one file a format.

pub mod aligned;
pub mod csv;
pub mod expanded;
pub mod unaligned;
pub mod width;

/// `\pset format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Aligned,
    Unaligned,
    Csv,
}

/// `\pset expanded`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expanded {
    #[default]
    Off,
    On,
    Auto,
}

/// What `\pset` sets.
#[derive(Clone, Debug)]
pub struct PrintOptions {
    pub format: Format,
    pub expanded: Expanded,
    pub border: u16,
    pub null: String,
    pub tuples_only: bool,
    pub footer: bool,
    pub title: Option<String>,
    pub field_separator: String,
    pub record_separator: String,
    pub csv_separator: char,
    pub numeric_locale: bool,
    pub unicode_lines: bool,
    pub pager: u16,
    pub columns: u32,
}

impl Default for PrintOptions {
    fn default() -> PrintOptions {
        PrintOptions {
            format: Format::Aligned,
            expanded: Expanded::Off,
            border: 1,
            null: String::new(),
            tuples_only: false,
            footer: true,
            title: None,
            field_separator: "|".into(),
            record_separator: "\n".into(),
            csv_separator: ',',
            numeric_locale: false,
            unicode_lines: false,
            pager: 1,
            columns: 0,
        }
    }
}

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
            Format::Aligned if expanded => expanded::aligned(self, options),
            Format::Aligned => aligned::print(self, options),
            Format::Unaligned if expanded => expanded::unaligned(self, options),
            Format::Unaligned => unaligned::print(self, options),
            Format::Csv if expanded => csv::expanded(self, options),
            Format::Csv => csv::print(self, options),
        }
    }

    fn cell<'a>(&'a self, cell: &'a Option<String>, options: &'a PrintOptions) -> &'a str {
        match cell {
            Some(text) => text,
            None if self.translated => "",
            None => &options.null,
        }
    }

    fn shown_title<'a>(&'a self, options: &'a PrintOptions) -> Option<&'a str> {
        if options.tuples_only {
            None
        } else {
            self.title.as_deref().or(options.title.as_deref())
        }
    }

    /// Footer lines: those given, or `(n rows)`.
    fn footer_lines(&self, options: &PrintOptions) -> Vec<String> {
        if options.tuples_only || !options.footer {
            return Vec::new();
        }
        match &self.footers {
            Some(lines) => lines.clone(),
            None => vec![if self.rows.len() == 1 {
                "(1 row)".into()
            } else {
                format!("({} rows)", self.rows.len())
            }],
        }
    }

    fn is_right_aligned(&self, column: usize) -> bool {
        self.right_aligned.get(column).copied().unwrap_or(false)
    }
}
