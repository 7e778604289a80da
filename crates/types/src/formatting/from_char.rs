//! Reads a text by a template, for `to_date` and `to_timestamp`.

use super::invalid_format;
use super::template::{Field, Node, Pattern, is_separator, parse};
use crate::datetime::output::{MONTHS, WEEKDAYS, short};
use crate::{Error, Result, SqlState};

/// Which calendar the template's patterns belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    Gregorian,
    IsoWeek,
}

/// What was read; 0 where nothing was.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    pub convention: Option<Convention>,
    pub hour: i32,
    pub twelve_hours: bool,
    pub afternoon: i32,
    pub minute: i32,
    pub second: i32,
    pub second_of_day: i32,
    pub millis: i32,
    pub micros: i32,
    pub before_christ: i32,
    pub century: i32,
    pub year: i32,
    /// Digits of the year's pattern.
    pub year_digits: u8,
    pub month: i32,
    pub day: i32,
    pub day_of_year: i32,
    /// 1 is Sunday.
    pub day_of_week: i32,
    pub week: i32,
    pub week_of_month: i32,
    pub julian: i32,
    /// 0: no zone was read.
    pub zone_sign: i32,
    pub zone_hour: i32,
    pub zone_minute: i32,
}

struct Reader<'a> {
    nodes: &'a [Node<'a>],
    text: &'a str,
    /// Byte offset of what is read next.
    at: usize,
    /// Widths are exact.
    exact: bool,
    /// Characters skipped beyond what the template asks for.
    extra: i32,
    fields: Fields,
}

/// `DCH_from_char`: the fields of a text.
pub fn read(text: &str, template: &str) -> Result<Fields> {
    let nodes = parse(template);
    let mut reader = Reader {
        nodes: &nodes,
        text,
        at: 0,
        exact: false,
        extra: 0,
        fields: Fields::default(),
    };
    for (index, node) in nodes.iter().enumerate() {
        if reader.rest().is_empty() {
            break;
        }
        reader.node(index, node)?;
    }
    Ok(reader.fields)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_char(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    fn skip_spaces(&mut self) -> i32 {
        let before = self.at;
        while self.rest().starts_with(is_space) {
            self.skip_char();
        }
        i32::try_from(self.at - before).unwrap_or(i32::MAX)
    }

    fn node(&mut self, index: usize, node: &Node<'a>) -> Result<()> {
        let is_pattern = matches!(node, Node::Pattern(_));
        let is_exact = matches!(node, Node::Pattern(p) if p.field == Field::Exact);
        if !self.exact && !is_exact && (is_pattern || index == 0) {
            self.extra += self.skip_spaces();
        }
        match node {
            Node::Pattern(pattern) => {
                self.pattern(index, pattern)?;
                if !self.exact {
                    self.extra = self.skip_spaces();
                }
            }
            Node::Space(_) | Node::Separator(_) if self.exact => self.skip_char(),
            // One separator or space of the template stands for one of the text, or for none.
            Node::Space(_) | Node::Separator(_) => {
                if self.rest().starts_with(|c| is_space(c) || is_separator(c)) {
                    self.skip_char();
                } else {
                    self.extra -= 1;
                }
            }
            // Any character will do, unless one too many has been skipped already.
            Node::Char(_) if !self.exact && self.extra > 0 => self.extra -= 1,
            Node::Char(_) => self.skip_char(),
        }
        Ok(())
    }

    fn pattern(&mut self, index: usize, pattern: &Pattern<'a>) -> Result<()> {
        self.set_convention(pattern.field)?;
        match pattern.field {
            Field::Exact => {
                self.exact = true;
                return Ok(());
            }
            Field::HalfDay { .. }
            | Field::Era { .. }
            | Field::MonthName(_)
            | Field::MonthShort(_)
            | Field::DayName(_)
            | Field::DayShort(_)
            | Field::RomanMonth(_) => return self.name(pattern),
            Field::Zone(_) | Field::Offset => {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("formatting field \"{}\" is only supported in to_char", pattern.name),
                ));
            }
            Field::ZoneHour => self.zone_sign(),
            Field::ZoneMinute if self.fields.zone_sign == 0 => self.fields.zone_sign = 1,
            Field::YearWithComma => self.year_with_comma(pattern)?,
            _ => {}
        }
        if pattern.field != Field::YearWithComma {
            self.number(index, pattern)?;
        }
        // An ordinal's ending is two characters, whatever they are.
        if pattern.ordinal.is_some() {
            self.skip_char();
            self.skip_char();
        }
        Ok(())
    }

    fn set_convention(&mut self, field: Field) -> Result<()> {
        let convention = match field {
            Field::IsoDayOfYear | Field::IsoDayOfWeek | Field::IsoWeek | Field::IsoYear(_) => Convention::IsoWeek,
            Field::Century
            | Field::DayOfYear
            | Field::Day
            | Field::DayOfWeek
            | Field::Month
            | Field::MonthName(_)
            | Field::MonthShort(_)
            | Field::RomanMonth(_)
            | Field::Week
            | Field::WeekOfMonth
            | Field::YearWithComma
            | Field::Year(_) => Convention::Gregorian,
            _ => return Ok(()),
        };
        if *self.fields.convention.get_or_insert(convention) == convention {
            return Ok(());
        }
        Err(invalid_format("invalid combination of date conventions")
            .hint("Do not mix Gregorian and ISO week date conventions in a formatting template."))
    }

    /// `+`, `-` or a space; a minus that was skipped as a separator counts.
    fn zone_sign(&mut self) {
        match self.rest().chars().next() {
            Some(sign @ ('+' | '-' | ' ')) => {
                self.fields.zone_sign = if sign == '-' { -1 } else { 1 };
                self.at += 1;
            }
            _ => {
                let before = self.text.get(..self.at).unwrap_or_default();
                let minus = self.extra > 0 && before.ends_with('-');
                self.fields.zone_sign = if minus { -1 } else { 1 };
            }
        }
    }

    /// Names of months and days, halves of the day, eras.
    fn name(&mut self, pattern: &Pattern<'a>) -> Result<()> {
        let roman = ["xii", "xi", "x", "ix", "viii", "vii", "vi", "v", "iv", "iii", "ii", "i"];
        let position = match pattern.field {
            Field::MonthName(_) => self.find_name(pattern, MONTHS)?,
            Field::MonthShort(_) => self.find_name(pattern, MONTHS.map(short))?,
            Field::DayName(_) => self.find_name(pattern, WEEKDAYS)?,
            Field::DayShort(_) => self.find_name(pattern, WEEKDAYS.map(short))?,
            Field::RomanMonth(_) => 11 - self.find_name(pattern, roman)?,
            Field::HalfDay { dots: true, .. } => self.find_name(pattern, ["a.m.", "p.m."])?,
            Field::HalfDay { .. } => self.find_name(pattern, ["am", "pm"])?,
            Field::Era { dots: true, .. } => self.find_name(pattern, ["a.d.", "b.c."])?,
            _ => self.find_name(pattern, ["ad", "bc"])?,
        };
        let fields = &mut self.fields;
        match pattern.field {
            Field::HalfDay { .. } => {
                fields.twelve_hours = true;
                set(&mut fields.afternoon, position, pattern)
            }
            Field::Era { .. } => set(&mut fields.before_christ, position, pattern),
            Field::DayName(_) | Field::DayShort(_) => set(&mut fields.day_of_week, position + 1, pattern),
            _ => set(&mut fields.month, position + 1, pattern),
        }
    }

    /// Which of the names the text begins with, in any case.
    fn find_name<const N: usize>(&mut self, pattern: &Pattern<'a>, names: [&str; N]) -> Result<i32> {
        let rest = self.rest();
        let begins = |name: &&str| {
            rest.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        let found = names.iter().zip(0..).find(|(name, _)| begins(name));
        let (name, position) = found.ok_or_else(|| {
            let word = rest.split(is_space).next().unwrap_or_default();
            invalid_value(word, pattern)
                .detail("The given value did not match any of the allowed values for this field.")
        })?;
        self.at += name.len();
        Ok(position)
    }

    fn year_with_comma(&mut self, pattern: &Pattern<'a>) -> Result<()> {
        let parsed = self.rest().split_once(',').and_then(|(thousands, rest)| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()).min(3);
            let years: i32 = rest.get(..end)?.parse().ok()?;
            let thousands_value: i32 = thousands.trim_start().parse().ok()?;
            let year = thousands_value.checked_mul(1000)?.checked_add(years)?;
            Some((year, thousands.len() + 1 + end))
        });
        let (year, length) = parsed.ok_or_else(|| invalid_format("invalid input string for \"Y,YYY\""))?;
        set(&mut self.fields.year, year, pattern)?;
        self.fields.year_digits = 4;
        self.at += length;
        Ok(())
    }

    fn number(&mut self, index: usize, pattern: &Pattern<'a>) -> Result<()> {
        let (value, length) = self.integer(index, pattern)?;
        let scaled =
            |digits: i32| value.saturating_mul(10_i32.pow(u32::try_from((digits - length).max(0)).unwrap_or(0)));
        let full_year = || if length < 4 { near_2020(value) } else { value };
        let fields = &mut self.fields;
        match pattern.field {
            Field::Hour12 => {
                fields.twelve_hours = true;
                set(&mut fields.hour, value, pattern)
            }
            Field::Hour24 => set(&mut fields.hour, value, pattern),
            Field::Minute => set(&mut fields.minute, value, pattern),
            Field::Second => set(&mut fields.second, value, pattern),
            Field::SecondOfDay => set(&mut fields.second_of_day, value, pattern),
            Field::Millisecond => set_scaled(&mut fields.millis, value, scaled(3), pattern),
            Field::Microsecond | Field::Fraction(_) => set_scaled(&mut fields.micros, value, scaled(6), pattern),
            Field::ZoneHour => set(&mut fields.zone_hour, value, pattern),
            Field::ZoneMinute => set(&mut fields.zone_minute, value, pattern),
            Field::Month => set(&mut fields.month, value, pattern),
            Field::Day => set(&mut fields.day, value, pattern),
            Field::DayOfYear | Field::IsoDayOfYear => set(&mut fields.day_of_year, value, pattern),
            Field::DayOfWeek => set(&mut fields.day_of_week, value, pattern),
            Field::IsoDayOfWeek => {
                let sunday_first = if value >= 7 { 1 } else { value + 1 };
                set(&mut fields.day_of_week, sunday_first, pattern)
            }
            Field::Week | Field::IsoWeek => set(&mut fields.week, value, pattern),
            Field::WeekOfMonth => set(&mut fields.week_of_month, value, pattern),
            Field::Century => set(&mut fields.century, value, pattern),
            Field::Julian => set(&mut fields.julian, value, pattern),
            Field::Year(digits) | Field::IsoYear(digits) => {
                let year = if digits < 4 { full_year() } else { value };
                fields.year_digits = digits;
                set(&mut fields.year, year, pattern)
            }
            // A quarter alone does not tell the date, so it is read and left.
            _ => Ok(()),
        }
    }

    /// The number for a pattern, and the characters it took.
    fn integer(&mut self, index: usize, pattern: &Pattern<'a>) -> Result<(i32, i32)> {
        let start = self.at;
        self.skip_spaces();
        let width = match pattern.field {
            Field::Hour12 | Field::Hour24 | Field::ZoneHour | Field::ZoneMinute => 2,
            Field::Millisecond | Field::IsoDayOfYear => 3,
            Field::Microsecond => 6,
            Field::Fraction(digits) => digits.into(),
            Field::IsoDayOfWeek => 1,
            _ => pattern.name.len(),
        };
        let rest = self.rest();
        let end = rest.char_indices().nth(width).map_or(rest.len(), |(i, _)| i);
        let field = rest.get(..end).unwrap_or_default();
        let value = if pattern.fill || pattern.ordinal.is_some() || self.number_ends(index) {
            let (value, length) = leading_number(rest);
            self.at += length;
            value
        } else {
            const HINT: &str = "If your source string is not fixed-width, try using the \"FM\" modifier.";
            if rest.len() < width {
                return Err(invalid_format(format!(
                    "source string too short for \"{}\" formatting field",
                    pattern.name
                ))
                .detail(format!(
                    "Field requires {width} characters, but only {} remain.",
                    rest.len()
                ))
                .hint(HINT));
            }
            let (value, length) = leading_number(field);
            if length > 0 && length < field.len() {
                return Err(invalid_value(field, pattern)
                    .detail(format!(
                        "Field requires {width} characters, but only {length} could be parsed."
                    ))
                    .hint(HINT));
            }
            self.at += length;
            value
        };
        if self.at == start {
            return Err(invalid_value(field, pattern).detail("Value must be an integer."));
        }
        let value = value.and_then(|value| i32::try_from(value).ok()).ok_or_else(|| {
            Error::new(
                SqlState::DATETIME_FIELD_OVERFLOW,
                format!("value for \"{}\" in source string is out of range", pattern.name),
            )
            .detail(format!("Value must be in the range {} to {}.", i32::MIN, i32::MAX))
        })?;
        Ok((value, i32::try_from(self.at - start).unwrap_or(i32::MAX)))
    }

    /// Whether what follows in the template cannot begin with a digit, so that the number's end is plain.
    fn number_ends(&self, index: usize) -> bool {
        match self.nodes.get(index + 1) {
            None => true,
            Some(Node::Pattern(next)) => !next.is_digit,
            Some(Node::Separator(c) | Node::Space(c) | Node::Char(c)) => !c.is_ascii_digit(),
        }
    }
}

/// A field may be given twice only if both agree.
fn set(field: &mut i32, value: i32, pattern: &Pattern<'_>) -> Result<()> {
    if *field != 0 && *field != value {
        return Err(invalid_format(format!(
            "conflicting values for \"{}\" field in formatting string",
            pattern.name
        ))
        .detail("This value contradicts a previous setting for the same field type."));
    }
    *field = value;
    Ok(())
}

fn set_scaled(field: &mut i32, value: i32, scaled: i32, pattern: &Pattern<'_>) -> Result<()> {
    set(field, value, pattern)?;
    *field = scaled;
    Ok(())
}

fn invalid_value(text: &str, pattern: &Pattern<'_>) -> Error {
    invalid_format(format!("invalid value \"{text}\" for \"{}\"", pattern.name))
}

/// Spaces, a sign and digits: the value (None: too large) and the characters.
fn leading_number(text: &str) -> (Option<i64>, usize) {
    let spaces = text.len() - text.trim_start_matches(is_space).len();
    let rest = text.get(spaces..).unwrap_or_default();
    let sign = usize::from(rest.starts_with(['-', '+']));
    let digits = rest.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return (Some(0), 0);
    }
    let number = rest.get(..sign + digits).unwrap_or_default();
    (number.parse().ok(), spaces + sign + digits)
}

/// The year near 2020 that ends in these digits.
fn near_2020(year: i32) -> i32 {
    match year {
        ..70 => year + 2000,
        70..100 => year + 1900,
        100..520 => year + 2000,
        520..1000 => year + 1000,
        _ => year,
    }
}
