//! What `\pset` sets.

use super::line_style::{LineStyle, UnicodeStyle};

/// `\pset format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Aligned,
    Asciidoc,
    Csv,
    Html,
    Latex,
    LatexLongtable,
    TroffMs,
    Unaligned,
    Wrapped,
}

impl Format {
    pub const ALL: [Format; 9] = [
        Format::Aligned,
        Format::Asciidoc,
        Format::Csv,
        Format::Html,
        Format::Latex,
        Format::LatexLongtable,
        Format::TroffMs,
        Format::Unaligned,
        Format::Wrapped,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Format::Aligned => "aligned",
            Format::Asciidoc => "asciidoc",
            Format::Csv => "csv",
            Format::Html => "html",
            Format::Latex => "latex",
            Format::LatexLongtable => "latex-longtable",
            Format::TroffMs => "troff-ms",
            Format::Unaligned => "unaligned",
            Format::Wrapped => "wrapped",
        }
    }
}

/// `\pset expanded`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expanded {
    #[default]
    Off,
    On,
    /// Where a table is wider than `\pset columns`.
    Auto,
}

/// The options, each under its name in `\pset`.
#[derive(Clone, Debug)]
pub struct PrintOptions {
    pub format: Format,
    pub expanded: Expanded,
    pub border: u16,
    pub null: String,
    pub tuples_only: bool,
    pub footer: bool,
    pub title: Option<String>,
    /// `\0` is what `fieldsep_zero` sets; so is it for records.
    pub field_separator: String,
    pub record_separator: String,
    pub csv_separator: char,
    pub numeric_locale: bool,
    pub line_style: LineStyle,
    pub unicode: UnicodeStyle,
    pub table_attributes: Option<String>,
    /// 0 never, 1 for long output, 2 always; there is no pager, so this is only remembered.
    pub pager: u16,
    pub pager_min_lines: u32,
    /// Width to wrap at; 0 for none.
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
            line_style: LineStyle::Ascii,
            unicode: UnicodeStyle::default(),
            table_attributes: None,
            pager: 1,
            pager_min_lines: 0,
            columns: 0,
        }
    }
}
