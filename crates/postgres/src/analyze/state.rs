//! What the analyzer knows while it works: PostgreSQL's `ParseState`, one [`Level`] a query.

use std::sync::Arc;

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::Parameters;
use super::ctes::Recursion;
use crate::backend::Backend;
use crate::catalog::Name;
use crate::query::{CommonTableExpr, FromItem, RangeTableEntry, RteColumn, Var, WindowClause};

/// Nested queries and expressions deeper than this are refused: the stack is small. The parser allows no more
/// than 200 levels, but some become two here.
const MAX_DEPTH: usize = 250;

/// The analyzer at work on one statement.
pub struct Analyzer<'a, 'b> {
    pub backend: &'a Backend<'b>,
    pub parameters: &'a mut Parameters,
    /// The query being analyzed, and those it is nested in, outermost first.
    pub level: Level,
    pub outer: Vec<Level>,
    depth: usize,
}

/// One query level.
#[derive(Default)]
pub struct Level {
    pub range_table: Vec<RangeTableEntry>,
    pub from: Vec<FromItem>,
    /// What names can be used here, and how.
    pub namespace: Vec<NamespaceItem>,
    pub ctes: Vec<CommonTableExpr>,
    /// WITH items that come later in the same list: named in hints.
    pub future_ctes: Vec<Name>,
    /// The one of them that the query just analyzed refers to.
    pub forward_reference: Option<Name>,
    /// The item of WITH RECURSIVE whose query is being analyzed, one level further in.
    pub recursion: Option<Recursion>,
    /// WITH RECURSIVE was written.
    pub recursive: bool,
    /// The outermost level of a WITH item's query.
    pub is_cte: bool,
    /// INTERSECT or EXCEPT, while an arm of it is analyzed.
    pub set_context: Option<&'static str>,
    /// What is being analyzed; decides what is allowed in it.
    pub kind: ExprKind,
    /// Windows of the WINDOW clause, then those of OVER.
    pub windows: Vec<WindowClause>,
    pub window_definitions: Vec<ast::WindowDef>,
    pub last_target_ref: u32,
    /// Range-table index of the target of a modification.
    pub target: Option<usize>,
    /// A LATERAL item is being analyzed: lateral-only names count.
    pub lateral_active: bool,
    /// Inside the null-producing side of an outer join: recursion is not allowed there.
    pub outer_joins: bool,
    /// Untyped literals in the target list stay untyped (sources of INSERT, leaves of UNION).
    pub keep_unknowns: bool,
    pub has_aggregates: bool,
    pub has_windows: bool,
    pub has_sublinks: bool,
    pub has_set_functions: bool,
}

/// A table, join or alias by which columns can be named (`ParseNamespaceItem`).
#[derive(Clone)]
pub struct NamespaceItem {
    /// Range-table index.
    pub index: usize,
    pub name: Name,
    /// Schema and relation, for `schema.table.column`; an alias hides it.
    pub relation: Option<Oid>,
    pub columns: Vec<NamespaceColumn>,
    /// Its name can qualify columns.
    pub named: bool,
    /// Its columns can be used without qualification.
    pub columns_visible: bool,
    /// To be used by LATERAL items only; `lateral_ok`: and by them at all.
    pub lateral_only: bool,
    pub lateral_ok: bool,
}

/// A column of a [`NamespaceItem`]: its name (empty: dropped) and what it stands for.
#[derive(Clone)]
pub struct NamespaceColumn {
    pub name: Name,
    pub var: Var,
}

/// What is being analyzed (`ParseExprKind`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExprKind {
    #[default]
    None,
    Other,
    JoinOn,
    JoinUsing,
    FromSubselect,
    FromFunction,
    Where,
    Having,
    Filter,
    WindowPartition,
    WindowOrder,
    WindowFrameRange,
    WindowFrameRows,
    WindowFrameGroups,
    SelectTarget,
    InsertTarget,
    UpdateSource,
    MergeWhen,
    GroupBy,
    OrderBy,
    DistinctOn,
    Limit,
    Offset,
    Returning,
    Values,
    ValuesSingle,
    CheckConstraint,
    DomainCheck,
    ColumnDefault,
    FunctionDefault,
    IndexExpression,
    IndexPredicate,
    AlterColumnTransform,
    ExecuteParameter,
    TriggerWhen,
    Policy,
    PartitionBound,
    PartitionExpression,
    CallArgument,
    CopyWhere,
    GeneratedColumn,
}

impl<'a, 'b> Analyzer<'a, 'b> {
    pub fn new(backend: &'a Backend<'b>, parameters: &'a mut Parameters) -> Analyzer<'a, 'b> {
        Analyzer {
            backend,
            parameters,
            level: Level::default(),
            outer: Vec::new(),
            depth: 0,
        }
    }

    /// Analyzes with `f` one level further in, and gives what that level became beside the result.
    pub fn nested<T>(&mut self, level: Level, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.deeper(|analyzer| {
            let outer = std::mem::replace(&mut analyzer.level, level);
            analyzer.outer.push(outer);
            let result = f(analyzer);
            analyzer.level = analyzer.outer.pop().unwrap_or_default();
            result
        })
    }

    /// Runs `f` with the kind of what is analyzed set.
    pub fn with_kind<T>(&mut self, kind: ExprKind, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = std::mem::replace(&mut self.level.kind, kind);
        let result = f(self);
        self.level.kind = before;
        result
    }

    /// Bounds recursion.
    pub fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(
                Error::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded").hint(
                    "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), \
                 after ensuring the platform's stack depth limit is adequate.",
                ),
            );
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    /// The level `up` queries further out; 0 is the current one.
    pub fn level_up(&self, up: usize) -> Option<&Level> {
        match up.checked_sub(1) {
            None => Some(&self.level),
            Some(skip) => self.outer.iter().rev().nth(skip),
        }
    }

    pub fn level_up_mut(&mut self, up: usize) -> Option<&mut Level> {
        match up.checked_sub(1) {
            None => Some(&mut self.level),
            Some(skip) => self.outer.iter_mut().rev().nth(skip),
        }
    }

    /// The entry a variable reads, levels considered.
    pub fn entry(&self, varno: usize, levels_up: usize) -> Option<&RangeTableEntry> {
        self.level_up(levels_up)?.range_table.get(varno.checked_sub(1)?)
    }

    /// A fresh `sort_group_ref`.
    pub fn new_target_ref(&mut self) -> u32 {
        self.level.last_target_ref = self.level.last_target_ref.saturating_add(1);
        self.level.last_target_ref
    }

    pub fn add_entry(&mut self, entry: RangeTableEntry) -> usize {
        self.level.range_table.push(entry);
        self.level.range_table.len()
    }
}

impl Level {
    /// A level for a subquery whose untyped literals stay as they are if asked to.
    pub fn subquery(keep_unknowns: bool) -> Level {
        Level {
            keep_unknowns,
            ..Level::default()
        }
    }
}

impl NamespaceItem {
    /// An item that can be used in every way.
    pub fn visible(index: usize, entry: &RangeTableEntry, relation: Option<Oid>) -> NamespaceItem {
        NamespaceItem {
            index,
            name: entry.name.clone(),
            relation,
            columns: entry
                .columns
                .iter()
                .zip(1..)
                .map(|(column, number)| NamespaceColumn {
                    name: column.name.clone(),
                    var: column_var(index, number, column),
                })
                .collect(),
            named: true,
            columns_visible: true,
            lateral_only: false,
            lateral_ok: true,
        }
    }
}

/// A variable for a column of a range-table entry.
pub fn column_var(varno: usize, attribute: i16, column: &RteColumn) -> Var {
    Var {
        varno,
        attribute,
        type_oid: column.type_oid,
        type_modifier: column.type_modifier,
        collation: column.collation,
        levels_up: 0,
        location: None,
    }
}

/// A name shared with the trees.
pub fn shared(name: &str) -> Name {
    Arc::from(name)
}
