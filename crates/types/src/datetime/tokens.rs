//! Words that dates, times and intervals are written with.

/// A unit of time, in input (`3 days`) and for `extract`, `date_part` and `date_trunc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Julian,
    Timezone,
    TimezoneHour,
    TimezoneMinute,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
    Epoch,
}

/// A word in a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Has no meaning: `at`, `on`.
    Ignored,
    Month(i32),
    DayOfWeek,
    Am,
    Pm,
    Ad,
    Bc,
    /// `t` before a time.
    IsoTime,
    /// Labels the number that follows: `y2001m02d03`, `J2451187`.
    Unit(Unit),
    /// `dst` after a zone.
    DaylightSaving,
    Now,
    Yesterday,
    Today,
    Tomorrow,
    Allballs,
    Epoch,
    Infinity,
    NegativeInfinity,
}

/// Words are told apart by their first ten characters.
fn significant(word: &str) -> &str {
    word.get(..10).unwrap_or(word)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A word of a date or time, in lower case.
pub fn word(text: &str) -> Option<Word> {
    if let Some(month) = MONTHS.iter().zip(1..).find_map(|(name, number)| {
        let short = name.get(..3) == Some(text) || (text == "sept" && number == 9);
        (short || *name == text).then_some(number)
    }) {
        return Some(Word::Month(month));
    }
    Some(match significant(text) {
        "-infinity" => Word::NegativeInfinity,
        "ad" => Word::Ad,
        "allballs" => Word::Allballs,
        "am" => Word::Am,
        "at" | "on" => Word::Ignored,
        "bc" => Word::Bc,
        "d" => Word::Unit(Unit::Day),
        "dow" => Word::Unit(Unit::DayOfWeek),
        "doy" => Word::Unit(Unit::DayOfYear),
        "dst" => Word::DaylightSaving,
        "epoch" => Word::Epoch,
        "fri" | "friday" | "mon" | "monday" | "sat" | "saturday" | "sun" | "sunday" | "thu" | "thur" | "thurs"
        | "thursday" | "tue" | "tues" | "tuesday" | "wed" | "wednesday" | "weds" => Word::DayOfWeek,
        "h" => Word::Unit(Unit::Hour),
        "infinity" => Word::Infinity,
        "isodow" => Word::Unit(Unit::IsoDayOfWeek),
        "isoyear" => Word::Unit(Unit::IsoYear),
        "j" | "jd" | "julian" => Word::Unit(Unit::Julian),
        "m" => Word::Unit(Unit::Month),
        "mm" => Word::Unit(Unit::Minute),
        "now" => Word::Now,
        "pm" => Word::Pm,
        "s" => Word::Unit(Unit::Second),
        "t" => Word::IsoTime,
        "today" => Word::Today,
        "tomorrow" => Word::Tomorrow,
        "y" => Word::Unit(Unit::Year),
        "yesterday" => Word::Yesterday,
        _ => return None,
    })
}

/// A unit in an interval, in lower case.
pub fn unit(text: &str) -> Option<Unit> {
    Some(match significant(text) {
        "us" | "usec" | "usecond" | "useconds" | "usecs" | "microsecon" => Unit::Microsecond,
        "ms" | "msec" | "msecond" | "mseconds" | "msecs" | "millisecon" => Unit::Millisecond,
        "s" | "sec" | "second" | "seconds" | "secs" => Unit::Second,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hour" | "hours" | "hr" | "hrs" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "mon" | "mons" | "month" | "months" => Unit::Month,
        "qtr" | "quarter" => Unit::Quarter,
        "y" | "year" | "years" | "yr" | "yrs" => Unit::Year,
        "dec" | "decade" | "decades" | "decs" => Unit::Decade,
        "c" | "cent" | "centuries" | "century" => Unit::Century,
        "mil" | "millennia" | "millennium" | "mils" => Unit::Millennium,
        "timezone" => Unit::Timezone,
        "timezone_h" => Unit::TimezoneHour,
        "timezone_m" => Unit::TimezoneMinute,
        _ => return None,
    })
}

/// A unit for `extract` and `date_part`: those of intervals, then those that only dates have.
pub fn field(text: &str) -> Option<Unit> {
    unit(text).or_else(|| match word(text) {
        Some(Word::Unit(unit)) => Some(unit),
        Some(Word::Epoch) => Some(Unit::Epoch),
        _ => None,
    })
}
