//! Queries: SELECT, VALUES, TABLE, set operations and their clauses.

use super::{ColumnDef, Expr, Location, Name, OnCommitAction, RangeVar, ResTarget, Statement};

/// A query with everything that may stand around its body.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectStmt {
    pub with: Option<WithClause>,
    pub body: SelectBody,
    pub sort: Vec<SortBy>,
    pub limit: LimitClause,
    pub locking: Vec<LockingClause>,
}

/// What a query is made of. `TABLE t` is `SELECT * FROM t`.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectBody {
    Select(Box<SelectCore>),
    Values(Vec<Vec<Expr>>),
    SetOperation(Box<SetOperation>),
}

/// SELECT with the clauses that belong to it alone.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SelectCore {
    pub distinct: Option<Distinct>,
    pub target_list: Vec<ResTarget>,
    /// `SELECT ... INTO table`.
    pub into: Option<IntoClause>,
    pub from: Vec<TableRef>,
    pub where_clause: Option<Expr>,
    pub group: Vec<GroupItem>,
    /// `GROUP BY DISTINCT`.
    pub group_distinct: bool,
    pub having: Option<Expr>,
    pub window: Vec<WindowDef>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Distinct {
    /// `DISTINCT`
    All,
    /// `DISTINCT ON (...)`
    On(Vec<Expr>),
}

/// `left UNION [ALL] right`. Chains lean to the left.
#[derive(Clone, Debug, PartialEq)]
pub struct SetOperation {
    pub op: SetOperator,
    pub all: bool,
    pub left: SelectStmt,
    pub right: SelectStmt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

/// `LIMIT`, `OFFSET`, `FETCH FIRST`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LimitClause {
    pub offset: Option<Expr>,
    /// `LIMIT ALL` is the constant NULL.
    pub count: Option<Expr>,
    /// `FETCH FIRST ... WITH TIES`.
    pub with_ties: bool,
}

/// The target of SELECT INTO, CREATE TABLE AS and CREATE MATERIALIZED VIEW.
#[derive(Clone, Debug, PartialEq)]
pub struct IntoClause {
    pub relation: RangeVar,
    pub columns: Vec<String>,
    pub access_method: Option<String>,
    pub options: Vec<super::DefElem>,
    pub on_commit: OnCommitAction,
    pub tablespace: Option<String>,
    /// `WITH NO DATA`.
    pub skip_data: bool,
}

/// An item of FROM.
#[derive(Clone, Debug, PartialEq)]
pub enum TableRef {
    Table(RangeVar),
    TableSample(Box<RangeTableSample>),
    Subselect(Box<RangeSubselect>),
    Function(Box<RangeFunction>),
    Join(Box<JoinExpr>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    pub name: String,
    pub columns: Vec<String>,
}

/// `t TABLESAMPLE method (args) REPEATABLE (seed)`.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeTableSample {
    pub relation: RangeVar,
    pub method: Name,
    pub args: Vec<Expr>,
    pub repeatable: Option<Expr>,
    pub location: Location,
}

/// A subquery in FROM.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSubselect {
    pub lateral: bool,
    pub subquery: SelectStmt,
    pub alias: Option<Alias>,
}

/// A function in FROM, or several in `ROWS FROM (...)`.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeFunction {
    pub lateral: bool,
    pub ordinality: bool,
    pub is_rows_from: bool,
    pub functions: Vec<RangeFunctionItem>,
    pub alias: Option<Alias>,
    /// Column definitions of `f() AS t(a int, b text)`.
    pub columns: Vec<ColumnDef>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RangeFunctionItem {
    /// A function call, or what is written like one (COALESCE, CURRENT_DATE, CAST...).
    pub function: Expr,
    /// Column definitions inside ROWS FROM.
    pub columns: Vec<ColumnDef>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct JoinExpr {
    pub kind: JoinType,
    pub natural: bool,
    pub left: TableRef,
    pub right: TableRef,
    pub using: Vec<String>,
    /// `USING (a, b) AS j`.
    pub using_alias: Option<Alias>,
    pub quals: Option<Expr>,
    /// `(a JOIN b ...) AS j`.
    pub alias: Option<Alias>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinType {
    /// Also CROSS JOIN: no quals, no USING, not natural.
    Inner,
    Left,
    Full,
    Right,
}

/// An item of GROUP BY.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupItem {
    Expr(Expr),
    Set(GroupingSet),
}

#[derive(Clone, Debug, PartialEq)]
pub struct GroupingSet {
    pub kind: GroupingSetKind,
    pub content: Vec<GroupItem>,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupingSetKind {
    /// `()`
    Empty,
    Rollup,
    Cube,
    /// `GROUPING SETS (...)`
    Sets,
}

/// An item of ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub struct SortBy {
    pub node: Expr,
    pub direction: SortDirection,
    pub nulls: NullsOrder,
    /// The position of `USING op`'s operator.
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum SortDirection {
    #[default]
    Default,
    Asc,
    Desc,
    /// `USING op`
    Using(Name),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum NullsOrder {
    #[default]
    Default,
    First,
    Last,
}

/// A window: `WINDOW name AS (...)`, `OVER (...)` or `OVER name`.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowDef {
    /// The name it is given (WINDOW) or refers to as a whole (`OVER w`).
    pub name: Option<String>,
    /// The window it builds on: `OVER (w ...)`.
    pub refname: Option<String>,
    pub partition: Vec<Expr>,
    pub order: Vec<SortBy>,
    pub frame: Option<WindowFrame>,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WindowFrame {
    pub mode: FrameMode,
    pub start: FrameBound,
    /// Missing unless written with BETWEEN: then it is CURRENT ROW.
    pub end: Option<FrameBound>,
    pub exclusion: FrameExclusion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameMode {
    Range,
    Rows,
    Groups,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FrameExclusion {
    #[default]
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

/// `FOR UPDATE OF t NOWAIT`.
#[derive(Clone, Debug, PartialEq)]
pub struct LockingClause {
    /// Empty: all tables.
    pub relations: Vec<RangeVar>,
    pub strength: LockStrength,
    pub wait_policy: LockWaitPolicy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LockWaitPolicy {
    #[default]
    Block,
    Skip,
    Error,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WithClause {
    pub ctes: Vec<CommonTableExpr>,
    pub recursive: bool,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CommonTableExpr {
    pub name: String,
    pub columns: Vec<String>,
    pub materialized: CteMaterialize,
    /// SELECT, INSERT, UPDATE or DELETE.
    pub query: Box<Statement>,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CteMaterialize {
    #[default]
    Default,
    Always,
    Never,
}
