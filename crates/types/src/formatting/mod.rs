//! Values by template: `to_char`, `to_date`, `to_timestamp`, `to_number`.
//!
//! [`template`] cuts templates for dates into patterns; [`to_char`] writes by them, [`from_char`] reads by
//! them and [`assemble`] makes a date and time of what was read. [`number`] does the same for numbers.

pub mod assemble;
pub mod from_char;
pub mod number;
mod ordinal;
pub mod template;
pub mod to_char;

use crate::{Error, SqlState};

pub(crate) fn invalid_format(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_DATETIME_FORMAT, message)
}
