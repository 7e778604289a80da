//! Functions on UUIDs.

use super::Family;
use crate::uuid::random;

pub static FUNCTIONS: Family = family! { call;
    "gen_random_uuid" () => Ok(random(call.env));
};
