//! Functions and operators on uuid.

use super::Family;

pub static FUNCTIONS: Family = &[];
