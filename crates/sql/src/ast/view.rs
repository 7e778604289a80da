//! CREATE VIEW, REFRESH MATERIALIZED VIEW. CREATE MATERIALIZED VIEW is a
//! [`CreateTableAsStmt`](super::CreateTableAsStmt).

use super::{DefElem, RangeVar, SelectStmt};

#[derive(Clone, Debug, PartialEq)]
pub struct ViewStmt {
    /// Its persistence tells a temporary view.
    pub view: RangeVar,
    pub columns: Vec<String>,
    pub query: SelectStmt,
    pub replace: bool,
    pub options: Vec<DefElem>,
    pub check_option: ViewCheckOption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ViewCheckOption {
    #[default]
    None,
    Local,
    Cascaded,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RefreshMatViewStmt {
    pub relation: RangeVar,
    pub concurrent: bool,
    pub skip_data: bool,
}
