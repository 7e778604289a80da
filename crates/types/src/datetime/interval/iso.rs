//! ISO 8601 intervals: `P1Y2M3DT4H5M6S`, `P0001-02-03T04:05:06`, `P00010203T040506`.

use super::super::calendar::{DAY, HOUR, MINUTE, SECOND};
use super::super::fault::Fault;
use super::Parts;

/// A number, how many digits stand before its point, and what follows.
struct Number<'a> {
    whole: i64,
    part: f64,
    width: usize,
    rest: &'a str,
}

pub fn parts(text: &str) -> Result<Parts, Fault> {
    let mut rest = text.strip_prefix('P').ok_or(Fault::BadFormat)?;
    if rest.is_empty() {
        return Err(Fault::BadFormat);
    }
    let mut parts = Parts::default();
    let mut in_time = false;
    let mut any = false;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            (in_time, any, rest) = (true, false, time);
            continue;
        }
        let number = number(rest)?;
        let mut tail = number.rest.chars();
        let unit = tail.next();
        rest = tail.as_str();
        if let Some(added) = designated(&mut parts, in_time, unit, &number) {
            added.ok_or(Fault::Field)?;
            any = true;
            continue;
        }
        if any {
            return Err(Fault::BadFormat);
        }
        if in_time {
            return alternative_time(parts, &number);
        }
        rest = alternative_date(&mut parts, &number)?;
    }
    Ok(parts)
}

/// `3D`: None if the letter is none of the designators.
fn designated(parts: &mut Parts, in_time: bool, unit: Option<char>, number: &Number<'_>) -> Option<Option<()>> {
    let (whole, part) = (number.whole, number.part);
    Some(match (in_time, unit?) {
        (false, 'Y') => parts.add_years(whole, part, 1),
        (false, 'M') => parts.add_months(whole, part),
        (false, 'W') => parts.add_days(whole, part, 7),
        (false, 'D') => parts
            .add_days(whole, 0.0, 1)
            .and_then(|()| parts.add_part_of(part, DAY)),
        (true, 'H') => parts.add_micros(whole, part, HOUR),
        (true, 'M') => parts.add_micros(whole, part, MINUTE),
        (true, 'S') => parts.add_micros(whole, part, SECOND),
        _ => return None,
    })
}

/// `00010203` or `0001-02-03`; returns what follows.
fn alternative_date<'a>(parts: &mut Parts, first: &Number<'a>) -> Result<&'a str, Fault> {
    let at_end = |rest: &str| rest.is_empty() || rest.starts_with('T');
    if at_end(first.rest) && first.width == 8 {
        let Number { whole, part, .. } = *first;
        parts
            .add_years(whole / 10_000, 0.0, 1)
            .and_then(|()| parts.add_months(whole / 100 % 100, 0.0))
            .and_then(|()| parts.add_days(whole % 100, 0.0, 1))
            .and_then(|()| parts.add_part_of(part, DAY))
            .ok_or(Fault::Field)?;
        return Ok(first.rest);
    }
    if !at_end(first.rest) && !first.rest.starts_with('-') {
        return Err(Fault::BadFormat);
    }
    parts.add_years(first.whole, first.part, 1).ok_or(Fault::Field)?;
    if at_end(first.rest) {
        return Ok(first.rest);
    }
    let months = number(first.rest.get(1..).unwrap_or_default())?;
    parts.add_months(months.whole, months.part).ok_or(Fault::Field)?;
    if at_end(months.rest) {
        return Ok(months.rest);
    }
    let days = number(months.rest.strip_prefix('-').ok_or(Fault::BadFormat)?)?;
    parts
        .add_days(days.whole, 0.0, 1)
        .and_then(|()| parts.add_part_of(days.part, DAY))
        .ok_or(Fault::Field)?;
    if at_end(days.rest) {
        Ok(days.rest)
    } else {
        Err(Fault::BadFormat)
    }
}

/// `040506` or `04:05:06`
fn alternative_time(mut parts: Parts, first: &Number<'_>) -> Result<Parts, Fault> {
    let Number { whole, part, width, .. } = *first;
    if first.rest.is_empty() && width == 6 {
        let fields = [
            (whole / 10_000, 0.0, HOUR),
            (whole / 100 % 100, 0.0, MINUTE),
            (whole % 100, part, SECOND),
        ];
        for (whole, part, unit) in fields {
            parts.add_micros(whole, part, unit).ok_or(Fault::Field)?;
        }
        return Ok(parts);
    }
    parts.add_micros(whole, part, HOUR).ok_or(Fault::Field)?;
    let mut rest = first.rest;
    for unit in [MINUTE, SECOND] {
        if rest.is_empty() {
            return Ok(parts);
        }
        let next = number(rest.strip_prefix(':').ok_or(Fault::BadFormat)?)?;
        parts.add_micros(next.whole, next.part, unit).ok_or(Fault::Field)?;
        rest = next.rest;
    }
    if rest.is_empty() {
        Ok(parts)
    } else {
        Err(Fault::BadFormat)
    }
}

/// Sign, digits, point, digits, and an exponent if there is one.
fn number(text: &str) -> Result<Number<'_>, Fault> {
    let digits_from = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
    };
    let start = usize::from(text.starts_with(['-', '+']));
    let whole_end = digits_from(start);
    let mut end = whole_end;
    if text.get(end..).is_some_and(|rest| rest.starts_with('.')) {
        end = digits_from(end + 1);
    }
    if let Some(exponent) = text.get(end..).and_then(|rest| rest.strip_prefix(['e', 'E'])) {
        let sign = usize::from(exponent.starts_with(['-', '+']));
        let exponent_end = digits_from(end + 1 + sign);
        if exponent_end > end + 1 + sign {
            end = exponent_end;
        }
    }
    let (number, rest) = text.split_at_checked(end).ok_or(Fault::BadFormat)?;
    let value: f64 = number.parse().map_err(|_| Fault::BadFormat)?;
    if value.is_nan() || value.abs() > 1e15 {
        return Err(Fault::Field);
    }
    #[allow(clippy::cast_possible_truncation)]
    let whole = value.trunc() as i64;
    Ok(Number {
        whole,
        part: value.fract(),
        width: whole_end - start,
        rest,
    })
}
