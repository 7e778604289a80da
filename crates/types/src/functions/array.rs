//! Functions and operators on arrays.

use super::Family;

pub static FUNCTIONS: Family = &[];
