//! Functions and operators on bit strings.

use super::Family;

pub static FUNCTIONS: Family = &[];
