//! Functions and operators on network addresses.

use super::Family;

pub static FUNCTIONS: Family = &[];
