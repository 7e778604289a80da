//! Functions and operators on dates, times and intervals.

use super::Family;

pub static FUNCTIONS: Family = &[];
