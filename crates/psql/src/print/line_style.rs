//! What the lines of aligned tables are drawn with: `\pset linestyle` and the `unicode_*_linestyle` options.

use super::PrintOptions;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineStyle {
    #[default]
    Ascii,
    OldAscii,
    Unicode,
}

impl LineStyle {
    pub fn name(self) -> &'static str {
        match self {
            LineStyle::Ascii => "ascii",
            LineStyle::OldAscii => "old-ascii",
            LineStyle::Unicode => "unicode",
        }
    }
}

/// Which lines are double in the unicode style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnicodeStyle {
    pub border_double: bool,
    pub column_double: bool,
    pub header_double: bool,
}

/// One horizontal line: what it is made of and its crossings.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub horizontal: &'static str,
    pub left: &'static str,
    pub middle: &'static str,
    pub right: &'static str,
}

/// All that a table is drawn with (`printTextFormat`).
#[derive(Clone, Copy, Debug)]
pub struct Drawing {
    pub top: Rule,
    pub inner: Rule,
    pub bottom: Rule,
    /// Vertical lines between the cells of a row.
    pub data: Rule,
    /// Vertical line before a cell that goes on after a line break, that is wrapped, that has ended.
    pub middle_newline: &'static str,
    pub middle_wrap: &'static str,
    pub middle_blank: &'static str,
    /// Marks at the left and right of a header that has more lines, and so on for cells.
    pub header_left: &'static str,
    pub header_right: &'static str,
    pub newline_left: &'static str,
    pub newline_right: &'static str,
    pub wrap_left: &'static str,
    pub wrap_right: &'static str,
    /// The marks stand at the right.
    pub marks_right: bool,
}

const ASCII_RULE: Rule = Rule {
    horizontal: "-",
    left: "+",
    middle: "+",
    right: "+",
};

const ASCII: Drawing = Drawing {
    top: ASCII_RULE,
    inner: ASCII_RULE,
    bottom: ASCII_RULE,
    data: Rule {
        horizontal: "",
        left: "|",
        middle: "|",
        right: "|",
    },
    middle_newline: "|",
    middle_wrap: "|",
    middle_blank: "|",
    header_left: " ",
    header_right: "+",
    newline_left: " ",
    newline_right: "+",
    wrap_left: ".",
    wrap_right: ".",
    marks_right: true,
};

const OLD_ASCII: Drawing = Drawing {
    middle_newline: ":",
    middle_wrap: ";",
    middle_blank: " ",
    header_left: "+",
    header_right: " ",
    newline_left: " ",
    newline_right: " ",
    wrap_left: " ",
    wrap_right: " ",
    marks_right: false,
    ..ASCII
};

impl Drawing {
    pub fn of(options: &PrintOptions) -> Drawing {
        match options.line_style {
            LineStyle::Ascii => ASCII,
            LineStyle::OldAscii => OLD_ASCII,
            LineStyle::Unicode => unicode(options.unicode),
        }
    }
}

/// The box-drawing characters for a choice of single and double lines.
fn unicode(style: UnicodeStyle) -> Drawing {
    let UnicodeStyle {
        border_double: border,
        column_double: column,
        header_double: header,
    } = style;
    // The crossing of a column's line with a horizontal one: up and down, up only, down only.
    let crossing = |column: bool, horizontal: bool| match (column, horizontal) {
        (false, false) => ["┼", "┴", "┬"],
        (false, true) => ["╪", "╧", "╤"],
        (true, false) => ["╫", "╨", "╥"],
        (true, true) => ["╬", "╩", "╦"],
    };
    let horizontal = |double: bool| if double { "═" } else { "─" };
    let vertical = |double: bool| if double { "║" } else { "│" };
    let [top_left, top_right, bottom_left, bottom_right] = if border {
        ["╔", "╗", "╚", "╝"]
    } else {
        ["┌", "┐", "└", "┘"]
    };
    let [inner_left, inner_right] = match (header, border) {
        (false, false) => ["├", "┤"],
        (false, true) => ["╟", "╢"],
        (true, false) => ["╞", "╡"],
        (true, true) => ["╠", "╣"],
    };
    let [middle, _, _] = crossing(column, header);
    let [_, up, down] = crossing(column, border);
    Drawing {
        top: Rule {
            horizontal: horizontal(border),
            left: top_left,
            middle: down,
            right: top_right,
        },
        inner: Rule {
            horizontal: horizontal(header),
            left: inner_left,
            middle,
            right: inner_right,
        },
        bottom: Rule {
            horizontal: horizontal(border),
            left: bottom_left,
            middle: up,
            right: bottom_right,
        },
        data: Rule {
            horizontal: "",
            left: vertical(border),
            middle: vertical(column),
            right: vertical(border),
        },
        middle_newline: vertical(column),
        middle_wrap: vertical(column),
        middle_blank: vertical(column),
        header_right: "↵",
        newline_right: "↵",
        wrap_left: "…",
        wrap_right: "…",
        ..ASCII
    }
}
