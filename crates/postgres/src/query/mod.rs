//! The analyzed query: names resolved to catalog objects, every expression typed. After PostgreSQL's `Query`.
//!
//! The analyzer makes it, hooks look at it and may rewrite it, the planner turns it into a plan, and
//! `ruleutils` turns it back into SQL text (views, the SQL that is sent to workers).
//!
//! ```text
//! SELECT name FROM users WHERE id = 1
//!
//! Query { command: Select,
//!         range_table: [Relation users],
//!         from: [RangeTableRef 1], quals: OpExpr(int4eq, Var 1.1, Const 1),
//!         target_list: [name: Var 1.2] }
//! ```

mod equal;
pub mod expr;
pub mod walk;

use std::sync::Arc;

use kumquat_types::Oid;

pub use expr::{
    Aggref, AggregateOrder, BoolOp, BooleanTestKind, Const, Expr, FuncExpr, FuncForm, MinMaxOp, OpExpr, ParamKind,
    RowCompareOp, SqlValue, SubLink, SubLinkKind, SubPlan, SubscriptingRef, Var, WindowFunc,
};

use crate::catalog::{Name, SortOrder};
use crate::extension::CustomScan;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandType {
    Select,
    Insert,
    Update,
    Delete,
    Merge,
}

#[derive(Clone, Debug)]
pub struct Query {
    pub command: CommandType,
    /// Range-table indexes in `Var::varno` and below count from 1.
    pub range_table: Vec<RangeTableEntry>,
    /// Index of the target of INSERT, UPDATE, DELETE, MERGE.
    pub result_relation: Option<usize>,
    /// FROM; of UPDATE and DELETE the target is its first item, of INSERT and MERGE it is none of them.
    pub from: Vec<FromItem>,
    /// WHERE.
    pub quals: Option<Expr>,
    pub target_list: Vec<TargetEntry>,
    pub override_kind: Option<Override>,
    pub on_conflict: Option<OnConflict>,
    pub merge_actions: Vec<MergeAction>,
    /// WITH CHECK OPTION of views that were modified, the innermost view first.
    pub check_options: Vec<CheckOption>,
    /// What row-level security asks of rows that are written.
    pub row_checks: Vec<RowCheck>,
    pub returning: Vec<TargetEntry>,
    /// Simple GROUP BY; with `grouping_sets`, all columns that occur in them.
    pub group_by: Vec<SortGroupClause>,
    pub group_distinct: bool,
    /// Expanded: each set lists indexes into `group_by`. Empty: plain grouping.
    pub grouping_sets: Vec<Vec<usize>>,
    /// GROUP BY as written, where it holds grouping sets.
    pub grouping: Vec<GroupingNode>,
    pub having: Option<Expr>,
    pub windows: Vec<WindowClause>,
    pub distinct: Option<Distinct>,
    pub order_by: Vec<SortGroupClause>,
    pub limit: Option<Expr>,
    pub with_ties: bool,
    pub offset: Option<Expr>,
    pub row_marks: Vec<RowMark>,
    /// UNION and kin: then `from` is empty and the leaves are subqueries in the range table.
    pub set_operation: Option<SetOperation>,
    pub ctes: Vec<CommonTableExpr>,
    pub recursive: bool,
    pub has_aggregates: bool,
    pub has_windows: bool,
    pub has_sublinks: bool,
    pub has_set_functions: bool,
}

/// What new rows of a view must satisfy.
#[derive(Clone, Debug)]
pub struct CheckOption {
    pub view: Name,
    /// The views below it are checked, too.
    pub cascaded: bool,
    /// The view's WHERE, over the target.
    pub condition: Option<Expr>,
}

/// What a policy asks of a row that is written, over the target.
#[derive(Clone, Debug)]
pub struct RowCheck {
    pub kind: RowCheckKind,
    /// A restrictive policy; `None`: all permissive ones together.
    pub policy: Option<Name>,
    pub condition: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCheckKind {
    /// New rows of INSERT.
    Insert,
    /// New versions of rows.
    Update,
    /// Rows that ON CONFLICT DO UPDATE is about to replace.
    Conflict,
    /// Rows that MERGE is about to replace.
    MergeUpdate,
    /// Rows that MERGE is about to delete.
    MergeDelete,
}

/// One output column (or, in INSERT and UPDATE, one assigned column).
#[derive(Clone, Debug)]
pub struct TargetEntry {
    pub expr: Expr,
    /// Position in the output from 1; in INSERT and UPDATE the attribute number assigned.
    pub number: i16,
    pub name: Name,
    /// Named by sort, group, distinct or window clauses; 0: by none.
    pub sort_group_ref: u32,
    /// Computed for sorting or grouping only.
    pub junk: bool,
    /// Table column the value comes from, 0 if none.
    pub origin: (Oid, i16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override {
    User,
    System,
}

/// A table, subquery, function ... that a query reads.
#[derive(Clone, Debug)]
pub struct RangeTableEntry {
    pub kind: RangeTableKind,
    /// As written, with its column aliases.
    pub alias: Option<Alias>,
    /// The name it goes by (`eref`): alias or the relation's own name, and all column names
    /// (of a relation: by attribute number, dropped ones as empty names).
    pub name: Name,
    pub columns: Vec<RteColumn>,
    pub lateral: bool,
    /// Appears in FROM (not only as a target of a modification or inside rules).
    pub in_from: bool,
    /// Role whose privileges are checked instead of the current one (views), 0: current.
    pub check_as: Oid,
    /// Privileges needed: letters of an aclitem, checked at execution.
    pub required: Vec<char>,
    /// Attributes read, for column privileges.
    pub selected: Vec<i16>,
    /// Attributes that INSERT and UPDATE assign to, for column privileges.
    pub inserted: Vec<i16>,
    pub updated: Vec<i16>,
    /// What policies of row-level security ask of the rows that are read: tested before any other condition.
    pub security_quals: Vec<Expr>,
}

#[derive(Clone, Debug)]
pub struct RteColumn {
    pub name: Name,
    pub type_oid: Oid,
    pub type_modifier: i32,
    pub collation: Oid,
}

#[derive(Clone, Debug)]
pub enum RangeTableKind {
    /// `inherit`: with its children.
    Relation {
        relation: Oid,
        inherit: bool,
        sample: Option<Arc<TableSample>>,
    },
    Subquery {
        query: Arc<Query>,
        /** the view it stands for */
        view: Oid,
    },
    /// `join_vars`: what each column of the join stands for.
    Join {
        kind: JoinKind,
        join_vars: Vec<Expr>,
        using: Vec<Name>,
        using_alias: Option<Name>,
    },
    Function {
        functions: Vec<RangeTableFunction>,
        ordinality: bool,
    },
    Values {
        rows: Arc<Vec<Vec<Expr>>>,
    },
    /// A CTE by name, `levels_up` queries further out.
    Cte {
        name: Name,
        levels_up: usize,
        self_reference: bool,
    },
    /// Rows that an extension brings, e.g. from other nodes.
    Custom(Arc<dyn CustomScan>),
    /// The target of ON CONFLICT as EXCLUDED, or a placeholder without rows.
    Result,
}

#[derive(Clone, Debug)]
pub struct TableSample {
    pub method: Name,
    pub args: Vec<Expr>,
    pub repeatable: Option<Expr>,
}

#[derive(Clone, Debug)]
pub struct RangeTableFunction {
    pub expr: Expr,
    /// Columns it gives.
    pub columns: usize,
    /// `AS (a int, b text)` was written.
    pub has_definition: bool,
}

#[derive(Clone, Debug)]
pub struct Alias {
    pub name: Name,
    pub columns: Vec<Name>,
}

#[derive(Clone, Debug)]
pub enum FromItem {
    /// Range-table index.
    Table(usize),
    Join(Box<JoinExpr>),
}

#[derive(Clone, Debug)]
pub struct JoinExpr {
    pub kind: JoinKind,
    pub natural: bool,
    pub left: FromItem,
    pub right: FromItem,
    pub using: Vec<Name>,
    pub quals: Option<Expr>,
    /// Range-table index of the join itself.
    pub index: usize,
    pub alias: Option<Alias>,
}

/// `Semi` and `Anti` are made by the planner only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
}

/// A target that is sorted or grouped by, and how.
#[derive(Clone, Debug)]
pub struct SortGroupClause {
    pub target_ref: u32,
    pub order: SortOrder,
    /// Equality operator's oid, 0 when the type has none.
    pub equality: Oid,
    /// ORDER BY ... USING operator.
    pub using: Option<Name>,
}

/// An item of a GROUP BY with grouping sets: columns by `sort_group_ref`.
#[derive(Clone, Debug)]
pub enum GroupingNode {
    /// `()`, `a` or `(a, b)`.
    Columns(Vec<u32>),
    Rollup(Vec<GroupingNode>),
    Cube(Vec<GroupingNode>),
    Sets(Vec<GroupingNode>),
}

#[derive(Clone, Debug)]
pub enum Distinct {
    All(Vec<SortGroupClause>),
    On(Vec<SortGroupClause>),
}

#[derive(Clone, Debug)]
pub struct WindowClause {
    pub name: Option<Name>,
    /// The window it was derived from.
    pub base: Option<Name>,
    pub partition_by: Vec<SortGroupClause>,
    pub order_by: Vec<SortGroupClause>,
    pub frame: Frame,
    pub start_offset: Option<Expr>,
    pub end_offset: Option<Expr>,
    /// What the query around asks of the window's functions; given by the planner.
    pub run_conditions: Vec<RunCondition>,
}

/// `row_number() <= 3`: rows of a partition after the first that does not fulfil it are not wanted.
#[derive(Clone, Debug)]
pub struct RunCondition {
    /// Output column, from 0, that is the window function.
    pub column: usize,
    pub operator: Oid,
    pub value: Expr,
    /// The function stands left of the operator.
    pub on_left: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub mode: FrameMode,
    pub start: FrameBound,
    pub end: FrameBound,
    pub exclusion: FrameExclusion,
    /// Written out, not the default.
    pub explicit: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameMode {
    Rows,
    Range,
    Groups,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding,
    CurrentRow,
    Following,
    UnboundedFollowing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameExclusion {
    None,
    CurrentRow,
    Group,
    Ties,
}

#[derive(Clone, Debug)]
pub struct RowMark {
    pub index: usize,
    pub strength: LockStrength,
    pub nowait: bool,
    pub skip_locked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

#[derive(Clone, Debug)]
pub enum SetOperation {
    /// Range-table index of a subquery.
    Leaf(usize),
    Node {
        kind: SetOperator,
        all: bool,
        left: Box<SetOperation>,
        right: Box<SetOperation>,
        /// Type and type modifier of each column.
        columns: Vec<(Oid, i32)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

#[derive(Clone, Debug)]
pub struct CommonTableExpr {
    pub name: Name,
    pub column_aliases: Vec<Name>,
    pub materialized: Option<bool>,
    pub query: Arc<Query>,
    pub recursive: bool,
    /// References to it in the query.
    pub references: usize,
    pub columns: Vec<RteColumn>,
}

#[derive(Clone, Debug)]
pub struct OnConflict {
    /// Columns or expressions of the arbiter, over the target.
    pub arbiter: Vec<Expr>,
    pub arbiter_where: Option<Expr>,
    /// ON CONSTRAINT.
    pub constraint: Oid,
    /// `None`: DO NOTHING.
    pub update: Option<OnConflictUpdate>,
}

#[derive(Clone, Debug)]
pub struct OnConflictUpdate {
    pub set: Vec<TargetEntry>,
    pub quals: Option<Expr>,
    /// Range-table index of EXCLUDED.
    pub excluded: usize,
}

#[derive(Clone, Debug)]
pub struct MergeAction {
    pub matched: bool,
    pub condition: Option<Expr>,
    pub action: MergeActionKind,
}

#[derive(Clone, Debug)]
pub enum MergeActionKind {
    Insert {
        override_kind: Option<Override>,
        targets: Vec<TargetEntry>,
        default_values: bool,
    },
    Update(Vec<TargetEntry>),
    Delete,
    DoNothing,
}

impl Query {
    /// A query of nothing.
    pub fn new(command: CommandType) -> Query {
        Query {
            command,
            range_table: Vec::new(),
            result_relation: None,
            from: Vec::new(),
            quals: None,
            target_list: Vec::new(),
            override_kind: None,
            on_conflict: None,
            merge_actions: Vec::new(),
            check_options: Vec::new(),
            row_checks: Vec::new(),
            returning: Vec::new(),
            group_by: Vec::new(),
            group_distinct: false,
            grouping_sets: Vec::new(),
            grouping: Vec::new(),
            having: None,
            windows: Vec::new(),
            distinct: None,
            order_by: Vec::new(),
            limit: None,
            with_ties: false,
            offset: None,
            row_marks: Vec::new(),
            set_operation: None,
            ctes: Vec::new(),
            recursive: false,
            has_aggregates: false,
            has_windows: false,
            has_sublinks: false,
            has_set_functions: false,
        }
    }

    /// The target entry a sort or group clause names.
    pub fn target_by_ref(&self, target_ref: u32) -> Option<&TargetEntry> {
        self.target_list
            .iter()
            .find(|target| target.sort_group_ref == target_ref)
    }

    /// The entry of a range-table index (from 1).
    pub fn entry(&self, index: usize) -> Option<&RangeTableEntry> {
        index.checked_sub(1).and_then(|i| self.range_table.get(i))
    }

    /// The columns the query gives: SELECT's targets that are not junk, or RETURNING.
    pub fn output_columns(&self) -> impl Iterator<Item = &TargetEntry> {
        let list = if self.command == CommandType::Select {
            &self.target_list
        } else {
            &self.returning
        };
        list.iter().filter(|target| !target.junk)
    }
}
