//! CREATE INDEX.

use super::{DefElem, Expr, IndexKey, Location, Name, NullsOrder, RangeVar, SortDirection};

#[derive(Clone, Debug, PartialEq)]
pub struct IndexStmt {
    pub name: Option<String>,
    pub relation: RangeVar,
    /// `USING method`; the default is btree.
    pub access_method: Option<String>,
    pub params: Vec<IndexElem>,
    pub including: Vec<IndexElem>,
    pub options: Vec<DefElem>,
    pub tablespace: Option<String>,
    pub where_clause: Option<Expr>,
    pub unique: bool,
    pub nulls_not_distinct: bool,
    pub concurrent: bool,
    pub if_not_exists: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IndexElem {
    pub key: IndexKey,
    pub collation: Name,
    pub opclass: Name,
    pub opclass_options: Vec<DefElem>,
    /// Never `Using`.
    pub ordering: SortDirection,
    pub nulls: NullsOrder,
    pub location: Location,
}
