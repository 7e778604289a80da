//! CREATE SEQUENCE, ALTER SEQUENCE.

use super::{DefElem, RangeVar};

/// Options, named as PostgreSQL's: `as`, `cache`, `cycle`, `increment`, `maxvalue`, `minvalue` (the two
/// without a value: NO MAXVALUE, NO MINVALUE), `owned_by`, `start`, `restart`, `sequence_name`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSeqStmt {
    pub sequence: RangeVar,
    pub options: Vec<DefElem>,
    pub if_not_exists: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterSeqStmt {
    pub sequence: RangeVar,
    pub options: Vec<DefElem>,
    pub missing_ok: bool,
}
