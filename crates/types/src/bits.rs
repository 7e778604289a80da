//! Bit strings, as PostgreSQL's `bit` and `varbit`.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitString(pub Vec<bool>);
