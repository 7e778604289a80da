//! Functions and operators on ranges and multiranges.

use super::Family;

pub static FUNCTIONS: Family = &[];
