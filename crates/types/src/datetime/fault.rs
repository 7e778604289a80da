//! What can be wrong with the text of a date, time or interval (`DateTimeParseError`).

use crate::{Error, SqlState};

/// A reason to refuse a text.
#[derive(Debug)]
pub enum Fault {
    BadFormat,
    /// A value that no field of this kind can have.
    Field,
    /// The same for a month or day, where another order of day, month and year might help.
    MonthOrDay,
    Interval,
    ZoneDisplacement,
    /// A message of its own.
    Other(Error),
}

impl Fault {
    pub fn zone_not_recognized(name: &str) -> Fault {
        Fault::Other(zone_not_recognized(name))
    }

    /// The error for `text` as a value of type `type_name`.
    pub fn error(self, text: &str, type_name: &str) -> Error {
        let field = || {
            Error::new(
                SqlState::DATETIME_FIELD_OVERFLOW,
                format!("date/time field value out of range: \"{text}\""),
            )
        };
        match self {
            Fault::BadFormat => Error::new(
                SqlState::INVALID_DATETIME_FORMAT,
                format!("invalid input syntax for type {type_name}: \"{text}\""),
            ),
            Fault::Field => field(),
            Fault::MonthOrDay => field().hint("Perhaps you need a different \"datestyle\" setting."),
            Fault::Interval => Error::new(
                SqlState::INTERVAL_FIELD_OVERFLOW,
                format!("interval field value out of range: \"{text}\""),
            ),
            Fault::ZoneDisplacement => Error::new(
                SqlState::INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
                format!("time zone displacement out of range: \"{text}\""),
            ),
            Fault::Other(error) => error,
        }
    }
}

pub fn zone_not_recognized(name: &str) -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("time zone \"{name}\" not recognized"),
    )
}
