//! Functions and operators on json and jsonb.

use super::Family;

pub static FUNCTIONS: Family = &[];
