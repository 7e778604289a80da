//! Dates, times, zones and intervals.
//!
//! - [`calendar`]: days and dates; [`zone`]: time zones; [`settings`]: what the session's settings say.
//! - Input: [`lexer`] cuts a text into fields, [`tokens`] knows the words, [`decode`] reads dates and times,
//!   [`interval`] reads intervals; [`fault`] turns what is wrong into PostgreSQL's messages.
//! - Values: [`date`], [`time`], [`timestamp`], [`interval`] (their text forms, conversions, arithmetic);
//!   [`output`] prints them.
//! - [`extract`] takes fields out, [`truncate`] cuts below a unit, [`overlaps`] and [`series`] compare and count;
//!   [`clock`] is the session's clock.
//!
//! Offsets from Greenwich are seconds east, except inside `Datum::TimeTz`, which keeps PostgreSQL's west.

pub mod calendar;
pub mod clock;
pub mod date;
mod decode;
pub mod extract;
mod fault;
pub mod interval;
mod lexer;
pub mod output;
pub mod overlaps;
pub mod series;
pub mod settings;
pub mod time;
pub mod timestamp;
pub mod tokens;
pub mod truncate;
pub mod zone;

pub use date::{date_in, date_out};
pub use fault::zone_not_recognized;
pub use interval::{interval_in, interval_out};
pub use time::{time_in, time_out, timetz_in, timetz_out};
pub use timestamp::{timestamp_in, timestamp_out, timestamptz_in, timestamptz_out};

use crate::{Error, SqlState};

pub(crate) fn out_of_range(what: &str) -> Error {
    Error::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("{what} out of range"))
}
