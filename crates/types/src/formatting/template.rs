//! Templates for dates and times: patterns with modifiers, separators and text.

/// How letters are written: as the pattern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Upper,
    Title,
    Lower,
}

/// What a pattern stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    HalfDay {
        dots: bool,
        case: Case,
    },
    Era {
        dots: bool,
        case: Case,
    },
    Century,
    DayName(Case),
    DayShort(Case),
    DayOfYear,
    IsoDayOfYear,
    Day,
    DayOfWeek,
    IsoDayOfWeek,
    /// `FF1` to `FF6`.
    Fraction(u8),
    /// `FX`: from here on widths are exact.
    Exact,
    Hour24,
    Hour12,
    Week,
    IsoWeek,
    WeekOfMonth,
    Julian,
    Minute,
    Month,
    MonthName(Case),
    MonthShort(Case),
    RomanMonth(Case),
    Millisecond,
    Microsecond,
    Offset,
    Quarter,
    SecondOfDay,
    Second,
    ZoneHour,
    ZoneMinute,
    Zone(Case),
    /// `Y,YYY`
    YearWithComma,
    /// The last 1 to 4 digits.
    Year(u8),
    IsoYear(u8),
}

/// A pattern's name, its meaning, and whether its values begin with a digit.
struct Keyword {
    name: &'static str,
    field: Field,
    is_digit: bool,
}

const fn keyword(name: &'static str, field: Field, is_digit: bool) -> Keyword {
    Keyword { name, field, is_digit }
}

/// Patterns that are written in more than one way; longer ones before their beginnings.
static CASED: &[Keyword] = &[
    keyword(
        "A.D.",
        Field::Era {
            dots: true,
            case: Case::Upper,
        },
        false,
    ),
    keyword(
        "a.d.",
        Field::Era {
            dots: true,
            case: Case::Lower,
        },
        false,
    ),
    keyword(
        "B.C.",
        Field::Era {
            dots: true,
            case: Case::Upper,
        },
        false,
    ),
    keyword(
        "b.c.",
        Field::Era {
            dots: true,
            case: Case::Lower,
        },
        false,
    ),
    keyword(
        "AD",
        Field::Era {
            dots: false,
            case: Case::Upper,
        },
        false,
    ),
    keyword(
        "ad",
        Field::Era {
            dots: false,
            case: Case::Lower,
        },
        false,
    ),
    keyword(
        "BC",
        Field::Era {
            dots: false,
            case: Case::Upper,
        },
        false,
    ),
    keyword(
        "bc",
        Field::Era {
            dots: false,
            case: Case::Lower,
        },
        false,
    ),
    keyword(
        "A.M.",
        Field::HalfDay {
            dots: true,
            case: Case::Upper,
        },
        false,
    ),
    keyword(
        "a.m.",
        Field::HalfDay {
            dots: true,
            case: Case::Lower,
        },
        false,
    ),
    keyword(
        "P.M.",
        Field::HalfDay {
            dots: true,
            case: Case::Upper,
        },
        false,
    ),
    keyword(
        "p.m.",
        Field::HalfDay {
            dots: true,
            case: Case::Lower,
        },
        false,
    ),
    keyword(
        "AM",
        Field::HalfDay {
            dots: false,
            case: Case::Upper,
        },
        false,
    ),
    keyword(
        "am",
        Field::HalfDay {
            dots: false,
            case: Case::Lower,
        },
        false,
    ),
    keyword(
        "PM",
        Field::HalfDay {
            dots: false,
            case: Case::Upper,
        },
        false,
    ),
    keyword(
        "pm",
        Field::HalfDay {
            dots: false,
            case: Case::Lower,
        },
        false,
    ),
    keyword("DAY", Field::DayName(Case::Upper), false),
    keyword("Day", Field::DayName(Case::Title), false),
    keyword("day", Field::DayName(Case::Lower), false),
    keyword("DY", Field::DayShort(Case::Upper), false),
    keyword("Dy", Field::DayShort(Case::Title), false),
    keyword("dy", Field::DayShort(Case::Lower), false),
    keyword("MONTH", Field::MonthName(Case::Upper), false),
    keyword("Month", Field::MonthName(Case::Title), false),
    keyword("month", Field::MonthName(Case::Lower), false),
    keyword("MON", Field::MonthShort(Case::Upper), false),
    keyword("Mon", Field::MonthShort(Case::Title), false),
    keyword("mon", Field::MonthShort(Case::Lower), false),
    keyword("RM", Field::RomanMonth(Case::Upper), false),
    keyword("rm", Field::RomanMonth(Case::Lower), false),
    keyword("TZH", Field::ZoneHour, false),
    keyword("tzh", Field::ZoneHour, false),
    keyword("TZM", Field::ZoneMinute, true),
    keyword("tzm", Field::ZoneMinute, true),
    keyword("TZ", Field::Zone(Case::Upper), false),
    keyword("tz", Field::Zone(Case::Lower), false),
];

/// Patterns whose case does not matter (but must not be mixed).
static UNCASED: &[Keyword] = &[
    keyword("CC", Field::Century, true),
    keyword("DDD", Field::DayOfYear, true),
    keyword("DD", Field::Day, true),
    keyword("D", Field::DayOfWeek, true),
    keyword("FF1", Field::Fraction(1), false),
    keyword("FF2", Field::Fraction(2), false),
    keyword("FF3", Field::Fraction(3), false),
    keyword("FF4", Field::Fraction(4), false),
    keyword("FF5", Field::Fraction(5), false),
    keyword("FF6", Field::Fraction(6), false),
    keyword("FX", Field::Exact, false),
    keyword("HH24", Field::Hour24, true),
    keyword("HH12", Field::Hour12, true),
    keyword("HH", Field::Hour12, true),
    keyword("IDDD", Field::IsoDayOfYear, true),
    keyword("ID", Field::IsoDayOfWeek, true),
    keyword("IW", Field::IsoWeek, true),
    keyword("IYYY", Field::IsoYear(4), true),
    keyword("IYY", Field::IsoYear(3), true),
    keyword("IY", Field::IsoYear(2), true),
    keyword("I", Field::IsoYear(1), true),
    keyword("J", Field::Julian, true),
    keyword("MI", Field::Minute, true),
    keyword("MM", Field::Month, true),
    keyword("MS", Field::Millisecond, true),
    keyword("OF", Field::Offset, false),
    keyword("Q", Field::Quarter, true),
    keyword("SSSSS", Field::SecondOfDay, true),
    keyword("SSSS", Field::SecondOfDay, true),
    keyword("SS", Field::Second, true),
    keyword("US", Field::Microsecond, true),
    keyword("WW", Field::Week, true),
    keyword("W", Field::WeekOfMonth, true),
    keyword("Y,YYY", Field::YearWithComma, true),
    keyword("YYYY", Field::Year(4), true),
    keyword("YYY", Field::Year(3), true),
    keyword("YY", Field::Year(2), true),
    keyword("Y", Field::Year(1), true),
];

/// A pattern as it stands in a template.
#[derive(Clone, Debug)]
pub struct Pattern<'a> {
    pub field: Field,
    /// As written, for messages.
    pub name: &'a str,
    pub is_digit: bool,
    /// `FM`: no padding when writing, any width when reading.
    pub fill: bool,
    /// `TM`: names in the locale's language, which is C here, without padding.
    pub translated: bool,
    /// `TH` or `th`: an ordinal ending; true: upper case.
    pub ordinal: Option<bool>,
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    Pattern(Pattern<'a>),
    Separator(char),
    Space(char),
    /// Text, in double quotes or not.
    Char(char),
}

/// Cuts a template into its pieces.
pub fn parse(template: &str) -> Vec<Node<'_>> {
    let mut nodes = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (mut fill, mut translated) = (false, false);
        if let Some(after) = strip_either(rest, "FM", "fm") {
            (fill, rest) = (true, after);
        } else if let Some(after) = strip_either(rest, "TM", "tm") {
            (translated, rest) = (true, after);
        }
        if let Some((mut pattern, after)) = pattern(rest) {
            (pattern.fill, pattern.translated) = (fill, translated);
            (pattern.ordinal, rest) = ordinal(after);
            nodes.push(Node::Pattern(pattern));
        } else if let Some(quoted) = rest.strip_prefix('"') {
            rest = quoted_text(quoted, &mut nodes);
        } else {
            if rest.starts_with("\\\"") {
                rest = rest.get(1..).unwrap_or_default();
            }
            let mut chars = rest.chars();
            if let Some(c) = chars.next() {
                nodes.push(match c {
                    c if is_separator(c) => Node::Separator(c),
                    ' ' | '\t'..='\r' => Node::Space(c),
                    c => Node::Char(c),
                });
            }
            rest = chars.as_str();
        }
    }
    nodes
}

/// Printing ASCII that is neither letter nor digit.
pub fn is_separator(c: char) -> bool {
    c.is_ascii_punctuation()
}

pub fn strip_either<'a>(text: &'a str, upper: &str, lower: &str) -> Option<&'a str> {
    text.strip_prefix(upper).or_else(|| text.strip_prefix(lower))
}

fn pattern(text: &str) -> Option<(Pattern<'_>, &str)> {
    let cased = CASED.iter().find(|k| text.starts_with(k.name));
    let found = cased.or_else(|| {
        UNCASED.iter().find(|k| {
            let written = text.get(..k.name.len()).unwrap_or_default();
            written == k.name || written == k.name.to_ascii_lowercase()
        })
    })?;
    let (name, rest) = text.split_at_checked(found.name.len())?;
    let pattern = Pattern {
        field: found.field,
        name,
        is_digit: found.is_digit,
        fill: false,
        translated: false,
        ordinal: None,
    };
    Some((pattern, rest))
}

/// `TH` and `th`; `SP` is read and does nothing.
fn ordinal(text: &str) -> (Option<bool>, &str) {
    if let Some(rest) = text.strip_prefix("TH") {
        (Some(true), rest)
    } else if let Some(rest) = text.strip_prefix("th") {
        (Some(false), rest)
    } else {
        (None, text.strip_prefix("SP").unwrap_or(text))
    }
}

/// Text up to the closing quote; a backslash takes the next character as it is.
fn quoted_text<'a>(text: &'a str, nodes: &mut Vec<Node<'a>>) -> &'a str {
    let mut chars = text.chars();
    while let Some(mut c) = chars.next() {
        if c == '"' {
            break;
        }
        if c == '\\' {
            c = chars.next().unwrap_or(c);
        }
        nodes.push(Node::Char(c));
    }
    chars.as_str()
}
