//! Functions and operators on enums.

use super::Family;

pub static FUNCTIONS: Family = &[];
