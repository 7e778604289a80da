//! Functions and operators on bytea.

use super::Family;

pub static FUNCTIONS: Family = &[];
