//! Functions and operators on to_char, to_number, to_date and to_timestamp.

use super::Family;

pub static FUNCTIONS: Family = &[];
