//! Plans: trees of nodes after PostgreSQL's, which the executor runs and EXPLAIN prints.
//!
//! Expressions in a plan speak in the Vars of the query they come from. Each node gives its `output`, a list
//! of expressions, and what a node computes is bound to its input by finding its parts among the outputs of its
//! children when the plan is compiled. So a plan can be read, and printed, without looking at its inputs:
//!
//! ```text
//! SELECT kind, count(*) FROM events GROUP BY kind ORDER BY count(*)
//!
//! Sort       output [events.kind, count(*)]  keys [count(*)]
//!   Aggregate  output [events.kind, count(*)]  groups [events.kind]
//!     SeqScan    output [events.kind]
//! ```

use std::sync::Arc;

use kumquat_types::Oid;

use crate::catalog::{Name, SortOrder};
use crate::extension::CustomScan;
use crate::query::{
    CommandType, Expr, JoinKind, Override, ParamKind, RangeTableEntry, RangeTableFunction, RowCheck, RowMark,
    SetOperator, TableSample, WindowClause,
};
use crate::result::ResultColumn;

/// A query planned, with all it needs to run: again, with other parameters, or over other tables of the same
/// shape.
#[derive(Clone, Debug)]
pub struct PlannedQuery {
    pub command: CommandType,
    pub root: Plan,
    /// Columns given to the client; none for a modification without RETURNING.
    pub columns: Vec<ResultColumn>,
    /// Plans of sublinks and CTEs, in the order they were planned.
    pub subplans: Vec<SubplanDefinition>,
    /// The range table of each query level: plan nodes name theirs by [`Plan::level`].
    pub levels: Vec<Vec<RangeTableEntry>>,
    /// Executor parameters, and where their values come from.
    pub params: Vec<ParamSource>,
    /// Entries whose privileges are checked before the query runs.
    pub privileges: Vec<RangeTableEntry>,
    /// Relations that are written: they must not be in a read-only transaction.
    pub writes: bool,
}

/// A plan beside the main tree.
#[derive(Clone, Debug)]
pub struct SubplanDefinition {
    pub plan: Plan,
    pub kind: SubplanKind,
    /// As EXPLAIN shows it: `InitPlan 1 (returns $0)`, `SubPlan 2`, `CTE recent`.
    pub name: Name,
}

#[derive(Clone, Debug)]
pub enum SubplanKind {
    /// Runs once; sets a parameter to its scalar result, to whether there is a row (EXISTS), or to an array
    /// of all its rows.
    Init {
        param: usize,
        result: InitResult,
        type_oid: Oid,
    },
    /// Runs for each row of the outer query, or is hashed.
    Correlated,
    /// Rows are kept for all its scans. A data-modifying one runs to its end in any case.
    Cte { modifies: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitResult {
    Scalar,
    Exists,
    Array,
}

/// Where the value of an executor parameter comes from; EXPLAIN prints `expr` for it.
#[derive(Clone, Debug)]
pub enum ParamSource {
    /// An init plan.
    Subplan(usize),
    /// An expression over a query level further out, or over the outer side of a nested loop.
    Outer { expr: Expr, level: usize },
}

/// Estimated effort, in units of a sequential page read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Before the first row.
    pub startup: f64,
    /// For all rows.
    pub total: f64,
}

/// A plan node.
#[derive(Clone, Debug)]
pub struct Plan {
    pub kind: PlanKind,
    pub children: Vec<Arc<Plan>>,
    /// What each column of the node's result is.
    pub output: Vec<Expr>,
    /// Conditions on the node's rows, all of which must hold.
    pub filter: Vec<Expr>,
    /// Indexes into `PlannedQuery::subplans` of init plans that EXPLAIN shows here.
    pub init_plans: Vec<usize>,
    pub cost: Cost,
    pub rows: f64,
    /// Average bytes of a row.
    pub width: i32,
    /// Index into `PlannedQuery::levels`: whose Vars the expressions hold.
    pub level: usize,
}

#[derive(Clone, Debug)]
pub enum PlanKind {
    /// Computes its output from no input, or filters its input by a condition that holds for all rows or none.
    Result {
        one_time_filter: Vec<Expr>,
    },
    /// Set-returning functions in the output.
    ProjectSet,
    SeqScan(ScanTarget),
    SampleScan {
        target: ScanTarget,
        sample: Arc<TableSample>,
    },
    IndexScan(IndexScan),
    BitmapHeapScan {
        target: ScanTarget,
        recheck: Vec<Expr>,
    },
    BitmapIndexScan(IndexScan),
    BitmapAnd,
    BitmapOr,
    /// Rows of the children, one after the other.
    Append,
    /// The same in order of the keys, by which the children are sorted.
    MergeAppend {
        keys: Vec<SortKey>,
    },
    SubqueryScan {
        entry: usize,
    },
    FunctionScan {
        entry: usize,
        functions: Vec<RangeTableFunction>,
        ordinality: bool,
    },
    ValuesScan {
        entry: usize,
        rows: Arc<Vec<Vec<Expr>>>,
    },
    CteScan {
        entry: usize,
        subplan: usize,
    },
    WorkTableScan {
        entry: usize,
        param: usize,
    },
    CustomScan {
        entry: usize,
        scan: Arc<dyn CustomScan>,
    },
    /// The second child is run again and again on what it last gave.
    RecursiveUnion {
        distinct: bool,
        param: usize,
    },
    NestedLoop {
        join: Join,
        params: Vec<(usize, Expr)>,
    },
    /// The second child is a `Hash`.
    HashJoin {
        join: Join,
        clauses: Vec<JoinClause>,
    },
    MergeJoin {
        join: Join,
        clauses: Vec<JoinClause>,
        orders: Vec<SortOrder>,
    },
    Hash,
    Material,
    Memoize {
        keys: Vec<Expr>,
        /// The executor parameters that hold the keys.
        params: Vec<usize>,
    },
    Sort {
        keys: Vec<SortKey>,
    },
    IncrementalSort {
        keys: Vec<SortKey>,
        presorted: usize,
    },
    Aggregate(Aggregation),
    /// Groups without aggregates, over sorted input.
    Group {
        keys: Vec<GroupKey>,
    },
    WindowAgg(WindowAggregation),
    Unique {
        keys: Vec<GroupKey>,
    },
    SetOp {
        operator: SetOperator,
        all: bool,
        hashed: bool,
        keys: usize,
    },
    Limit {
        offset: Option<Expr>,
        count: Option<Expr>,
        ties: Vec<SortKey>,
    },
    LockRows {
        marks: Vec<RowMark>,
    },
    ModifyTable(Box<ModifyTable>),
}

/// A table that is scanned: its place in the range table, and its oid (to which another may be bound).
#[derive(Clone, Debug)]
pub struct ScanTarget {
    pub entry: usize,
    pub relation: Oid,
}

#[derive(Clone, Debug)]
pub struct IndexScan {
    pub target: ScanTarget,
    pub index: Oid,
    pub conditions: Vec<IndexCondition>,
    /// ORDER BY the reverse of the index.
    pub backward: bool,
    /// All columns come from the index.
    pub only: bool,
}

/// `key operator value` on a column of the index, counted from 0.
#[derive(Clone, Debug)]
pub struct IndexCondition {
    pub column: usize,
    pub comparison: Comparison,
    /// The condition as a whole, for EXPLAIN and to check again.
    pub expr: Expr,
    /// The side that is not the column. Of `Any`: an array; of the null tests: none.
    pub value: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessEqual,
    Equal,
    GreaterEqual,
    Greater,
    /// `= ANY (array)`
    Any,
    IsNull,
    IsNotNull,
}

#[derive(Clone, Debug)]
pub struct Join {
    pub kind: JoinKind,
    /// Conditions of the join beyond its clauses. (Those of WHERE on its result are the plan's `filter`.)
    pub filter: Vec<Expr>,
    /// At most one inner row matches an outer one.
    pub inner_unique: bool,
}

/// An equality between the two sides of a join.
#[derive(Clone, Debug)]
pub struct JoinClause {
    pub outer: Expr,
    pub inner: Expr,
    /// The condition as EXPLAIN prints it: outer side first.
    pub expr: Expr,
}

#[derive(Clone, Debug)]
pub struct SortKey {
    pub expr: Expr,
    pub order: SortOrder,
}

#[derive(Clone, Debug)]
pub struct GroupKey {
    pub expr: Expr,
}

#[derive(Clone, Debug)]
pub struct Aggregation {
    pub strategy: AggregateStrategy,
    /// GROUP BY; all columns of grouping sets.
    pub groups: Vec<GroupKey>,
    /// Grouping sets as indexes into `groups`; empty: one set of all.
    pub sets: Vec<Vec<usize>>,
    /// By index into `groups`: the `sort_group_ref` that GROUPING() names it by.
    pub refs: Vec<u32>,
    pub estimated_groups: f64,
    /// The same for each of the sets.
    pub set_groups: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateStrategy {
    /// One group of all rows.
    Plain,
    /// Over input sorted by the groups.
    Sorted,
    Hashed,
    /// Grouping sets, some of them hashed.
    Mixed,
}

/// All window functions that share one window.
#[derive(Clone, Debug)]
pub struct WindowAggregation {
    /// Index into `Query::windows`, which `WindowFunc::window` names it by.
    pub window: usize,
    pub clause: WindowClause,
    pub partition: Vec<GroupKey>,
    pub order: Vec<SortKey>,
    /// `row_number() <= n`: rows after it are not asked for.
    pub run_condition: Vec<Expr>,
    /// No window stands above: it leaves out the rows itself.
    pub is_top: bool,
}

/// INSERT, UPDATE, DELETE or MERGE of the child's rows.
#[derive(Clone, Debug)]
pub struct ModifyTable {
    pub command: CommandType,
    /// Range-table index and oid of the table that the statement names.
    pub target: ScanTarget,
    pub override_kind: Option<Override>,
    /// Attributes that UPDATE assigns: column `n` of the child holds the value of the nth.
    pub assigned: Vec<i16>,
    /// Column of the child (from 0) that holds the address of the row; INSERT has none.
    pub row_id: Option<usize>,
    /// Columns of the child that are the row of a view whose INSTEAD OF triggers are fired.
    pub old_row: Vec<usize>,
    /// Column of the child that holds the oid of the row's own table, if there may be several.
    pub table_oid: Option<usize>,
    /// The tables whose rows may be touched, for EXPLAIN: empty if it is the target alone.
    pub leaves: Vec<ScanTarget>,
    pub on_conflict: Option<ConflictAction>,
    pub merge_actions: Vec<MergeStep>,
    /// WITH CHECK OPTION: names of views, and what new rows must satisfy.
    pub check_options: Vec<(Name, Expr)>,
    pub row_checks: Vec<RowCheck>,
    pub returning: Vec<Expr>,
}

#[derive(Clone, Debug)]
pub struct ConflictAction {
    /// Unique indexes that decide; empty: all.
    pub arbiters: Vec<Oid>,
    /// Range-table index of EXCLUDED.
    pub excluded: usize,
    /// `None`: DO NOTHING.
    pub update: Option<ConflictUpdate>,
}

#[derive(Clone, Debug)]
pub struct ConflictUpdate {
    /// Attribute and new value, over the target and EXCLUDED.
    pub set: Vec<(i16, Expr)>,
    pub condition: Vec<Expr>,
}

/// A WHEN clause of MERGE.
#[derive(Clone, Debug)]
pub struct MergeStep {
    pub matched: bool,
    pub condition: Vec<Expr>,
    pub action: MergeChange,
}

#[derive(Clone, Debug)]
pub enum MergeChange {
    /// A value for each attribute.
    Insert(Vec<Expr>),
    Update(Vec<(i16, Expr)>),
    Delete,
    Nothing,
}

impl PlannedQuery {
    /// A plan that gives nothing: for expressions that are evaluated on their own.
    pub fn empty() -> PlannedQuery {
        PlannedQuery {
            command: CommandType::Select,
            root: Plan::new(PlanKind::Append, Vec::new(), Vec::new(), 0),
            columns: Vec::new(),
            subplans: Vec::new(),
            levels: Vec::new(),
            params: Vec::new(),
            privileges: Vec::new(),
            writes: false,
        }
    }

    /// A part of the plan gives the same rows each time it is run: it depends on no outer row and on no work
    /// table.
    pub fn is_stable(&self, plan: &Plan) -> bool {
        let mut stable = true;
        plan.visit(&mut |node| {
            stable = stable && !matches!(node.kind, PlanKind::WorkTableScan { .. });
            node.for_each_expr(&mut |expr| stable = stable && self.expr_is_stable(expr));
        });
        stable
    }

    /// The same for the expressions of one node.
    pub fn is_stable_alone(&self, node: &Plan) -> bool {
        let mut stable = true;
        node.for_each_expr(&mut |expr| stable = stable && self.expr_is_stable(expr));
        stable
    }

    fn expr_is_stable(&self, expr: &Expr) -> bool {
        !expr.any(&mut |part| match part {
            Expr::Param {
                kind: ParamKind::Executor,
                number,
                ..
            } => match self.params.get(*number) {
                Some(ParamSource::Subplan(subplan)) => !self.subplan_is_stable(*subplan),
                _ => true,
            },
            Expr::SubPlan(call) => !self.subplan_is_stable(call.plan) && call.args.is_empty(),
            _ => false,
        })
    }

    pub fn subplan_is_stable(&self, index: usize) -> bool {
        self.subplans
            .get(index)
            .is_none_or(|subplan| self.is_stable(&subplan.plan))
    }

    /// Parameters of init plans that must run again when an outer row changes.
    pub fn dependent_init_params(&self) -> Vec<usize> {
        let params = self.params.iter().enumerate().filter(|(_, source)| match source {
            ParamSource::Subplan(subplan) => !self.subplan_is_stable(*subplan),
            ParamSource::Outer { .. } => false,
        });
        params.map(|(number, _)| number).collect()
    }
}

impl Plan {
    /// A node without costs.
    pub fn new(kind: PlanKind, children: Vec<Arc<Plan>>, output: Vec<Expr>, level: usize) -> Plan {
        Plan {
            kind,
            children,
            output,
            filter: Vec::new(),
            init_plans: Vec::new(),
            cost: Cost::default(),
            rows: 1.0,
            width: 0,
            level,
        }
    }

    pub fn child(&self, index: usize) -> Option<&Arc<Plan>> {
        self.children.get(index)
    }

    /// The node passes its child's rows on as they are, and computes nothing.
    pub fn passes_through(&self) -> bool {
        matches!(
            self.kind,
            PlanKind::Append
                | PlanKind::MergeAppend { .. }
                | PlanKind::Hash
                | PlanKind::Material
                | PlanKind::Memoize { .. }
                | PlanKind::Sort { .. }
                | PlanKind::IncrementalSort { .. }
                | PlanKind::Unique { .. }
                | PlanKind::SetOp { .. }
                | PlanKind::Limit { .. }
                | PlanKind::LockRows { .. }
                | PlanKind::RecursiveUnion { .. }
        )
    }

    /// Calls `f` on each expression of this node alone.
    pub fn for_each_expr<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        self.output.iter().chain(&self.filter).for_each(&mut *f);
        match &self.kind {
            PlanKind::Result { one_time_filter } => one_time_filter.iter().for_each(f),
            PlanKind::SampleScan { sample, .. } => sample.args.iter().chain(&sample.repeatable).for_each(f),
            PlanKind::IndexScan(scan) | PlanKind::BitmapIndexScan(scan) => {
                scan.conditions.iter().for_each(|condition| f(&condition.expr));
            }
            PlanKind::BitmapHeapScan { recheck, .. } => recheck.iter().for_each(f),
            PlanKind::FunctionScan { functions, .. } => functions.iter().for_each(|function| f(&function.expr)),
            PlanKind::ValuesScan { rows, .. } => rows.iter().flatten().for_each(f),
            PlanKind::NestedLoop { join, params } => {
                join.filter.iter().for_each(&mut *f);
                params.iter().for_each(|(_, value)| f(value));
            }
            PlanKind::HashJoin { join, clauses } | PlanKind::MergeJoin { join, clauses, .. } => {
                clauses.iter().for_each(|clause| f(&clause.expr));
                join.filter.iter().for_each(f);
            }
            PlanKind::Memoize { keys, .. } => keys.iter().for_each(f),
            PlanKind::Sort { keys } | PlanKind::IncrementalSort { keys, .. } | PlanKind::MergeAppend { keys } => {
                keys.iter().for_each(|key| f(&key.expr));
            }
            PlanKind::Aggregate(aggregation) => aggregation.groups.iter().for_each(|group| f(&group.expr)),
            PlanKind::Group { keys } | PlanKind::Unique { keys } => keys.iter().for_each(|key| f(&key.expr)),
            PlanKind::WindowAgg(window) => {
                window.partition.iter().for_each(|key| f(&key.expr));
                window.order.iter().for_each(|key| f(&key.expr));
                window
                    .clause
                    .start_offset
                    .iter()
                    .chain(&window.clause.end_offset)
                    .for_each(&mut *f);
                window.run_condition.iter().for_each(f);
            }
            PlanKind::Limit { offset, count, ties } => {
                offset.iter().chain(count).for_each(&mut *f);
                ties.iter().for_each(|key| f(&key.expr));
            }
            PlanKind::ModifyTable(modification) => modification.for_each_expr(f),
            PlanKind::ProjectSet
            | PlanKind::SeqScan(_)
            | PlanKind::BitmapAnd
            | PlanKind::BitmapOr
            | PlanKind::Append
            | PlanKind::SubqueryScan { .. }
            | PlanKind::CteScan { .. }
            | PlanKind::WorkTableScan { .. }
            | PlanKind::CustomScan { .. }
            | PlanKind::RecursiveUnion { .. }
            | PlanKind::Hash
            | PlanKind::Material
            | PlanKind::SetOp { .. }
            | PlanKind::LockRows { .. } => {}
        }
    }

    /// Calls `f` on this node and all below, parents first. Subplans are not followed.
    pub fn visit(&self, f: &mut dyn FnMut(&Plan)) {
        f(self);
        self.children.iter().for_each(|child| child.visit(f));
    }
}

impl ModifyTable {
    fn for_each_expr<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        self.returning.iter().for_each(&mut *f);
        if let Some(update) = self.on_conflict.as_ref().and_then(|conflict| conflict.update.as_ref()) {
            update.set.iter().for_each(|(_, value)| f(value));
            update.condition.iter().for_each(&mut *f);
        }
        for step in &self.merge_actions {
            step.condition.iter().for_each(&mut *f);
            match &step.action {
                MergeChange::Insert(values) => values.iter().for_each(&mut *f),
                MergeChange::Update(set) => set.iter().for_each(|(_, value)| f(value)),
                MergeChange::Delete | MergeChange::Nothing => {}
            }
        }
    }
}
