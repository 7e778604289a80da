//! Reads dates and times as people write them (`DecodeDateTime`, `DecodeTimeOnly`).
//!
//! [`lexer`](super::lexer) cuts the text into fields; here each field is given a meaning from how it looks
//! and from what came before, then [`finish`] checks the whole. [`numbers`] holds the rules for numbers.

mod fields;
mod finish;
mod numbers;

pub use numbers::clock;

use std::sync::Arc;

use super::calendar::Civil;
use super::fault::Fault;
use super::lexer::{self, Field};
use super::settings::{DateOrder, date_style};
use super::tokens::Unit;
use super::zone::Zone;
use super::zone::abbreviation::Abbreviation;
use crate::Environment;

/// What a text says.
#[derive(Debug)]
pub enum Decoded {
    /// A date and time, and seconds east of Greenwich: those given, else those of the session's zone.
    At(Civil, i32),
    Epoch,
    Infinity,
    NegativeInfinity,
}

/// Whether a date is wanted, or a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    DateTime,
    Time,
}

/// Sets of fields that have been seen.
mod seen {
    pub const YEAR: u32 = 1;
    pub const MONTH: u32 = 1 << 1;
    pub const DAY: u32 = 1 << 2;
    pub const DATE: u32 = YEAR | MONTH | DAY;
    pub const HOUR: u32 = 1 << 3;
    pub const MINUTE: u32 = 1 << 4;
    pub const WHOLE_SECOND: u32 = 1 << 5;
    pub const FRACTION: u32 = 1 << 6;
    pub const SECOND: u32 = WHOLE_SECOND | FRACTION;
    pub const TIME: u32 = HOUR | MINUTE | SECOND;
    pub const DAY_OF_YEAR: u32 = 1 << 7;
    pub const ZONE: u32 = 1 << 8;
    pub const DAYLIGHT_SAVING: u32 = 1 << 9;
    pub const HALF_DAY: u32 = 1 << 10;
    pub const ERA: u32 = 1 << 11;
    pub const WEEKDAY: u32 = 1 << 12;
}

/// A zone that has been named, whose offset waits for the date.
enum NamedZone {
    Zone(Arc<Zone>),
    Abbreviation(String, Abbreviation),
}

/// What the number after it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Unit(Unit),
    IsoTime,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    Epoch,
    Infinity,
    NegativeInfinity,
}

/// The state of reading one text.
struct Decoder<'a> {
    env: &'a dyn Environment,
    wanted: Wanted,
    order: DateOrder,
    fields: &'a [Field],
    seen: u32,
    civil: Civil,
    day_of_year: i32,
    /// Seconds east, once given.
    offset: i32,
    named_zone: Option<NamedZone>,
    label: Option<Label>,
    text_month: bool,
    two_digit_year: bool,
    julian: bool,
    before_christ: bool,
    /// Some(true): PM.
    afternoon: Option<bool>,
    special: Option<Special>,
}

type Step<T = ()> = Result<T, Fault>;

/// Reads a date, with or without a time.
pub fn date_time(env: &dyn Environment, text: &str) -> Result<Decoded, Fault> {
    decode(env, text, Wanted::DateTime)
}

/// Reads a time of day; a date may be given where a zone needs one.
pub fn time_of_day(env: &dyn Environment, text: &str) -> Result<(Civil, i32), Fault> {
    match decode(env, text, Wanted::Time)? {
        Decoded::At(civil, offset) => Ok((civil, offset)),
        _ => Err(Fault::BadFormat),
    }
}

fn decode(env: &dyn Environment, text: &str, wanted: Wanted) -> Result<Decoded, Fault> {
    let fields = lexer::fields(text).ok_or(Fault::BadFormat)?;
    let mut decoder = Decoder {
        env,
        wanted,
        order: date_style(env).1,
        fields: &fields,
        seen: 0,
        civil: Civil::default(),
        day_of_year: 0,
        offset: 0,
        named_zone: None,
        label: None,
        text_month: false,
        two_digit_year: false,
        julian: false,
        before_christ: false,
        afternoon: None,
        special: None,
    };
    for (index, field) in fields.iter().enumerate() {
        let found = decoder.field(index, field)?;
        if found & decoder.seen != 0 {
            return Err(Fault::BadFormat);
        }
        decoder.seen |= found;
    }
    decoder.finish()
}
