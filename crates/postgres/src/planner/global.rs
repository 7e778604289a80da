//! What the planning of all levels of one query shares: subplans, range tables, parameters.

use kumquat_types::{Datum, Oid};

use super::cost::CostSettings;
use super::estimate::SubqueryColumn;
use super::plan::{ParamSource, SubplanDefinition};
use crate::backend::Backend;
use crate::catalog::SortOrder;
use crate::executor::RelationBindings;
use crate::query::{Expr, ParamKind, RangeTableEntry};

pub struct Global<'a, 'b> {
    pub backend: &'a mut Backend<'b>,
    /// Values of `$n` that are known.
    pub params: &'a [Datum],
    /// The tables that the query will be run over in place of those it names.
    pub bindings: &'a RelationBindings,
    pub settings: CostSettings,
    pub subplans: Vec<SubplanDefinition>,
    pub levels: Vec<Vec<RangeTableEntry>>,
    pub sources: Vec<ParamSource>,
    pub privileges: Vec<RangeTableEntry>,
    /// The levels being planned, outermost first.
    pub frames: Vec<Frame>,
    pub writes: bool,
    /// How many subplans and init plans have been named so far.
    pub numbered: usize,
    /// What is known of the query level that was planned last.
    pub subquery: SubqueryFacts,
    /// Rows expected in the work table that is being scanned.
    pub work_rows: f64,
}

/// What the query around a subquery wants to know of it.
#[derive(Clone, Debug, Default)]
pub struct SubqueryFacts {
    pub columns: Vec<SubqueryColumn>,
    /// The order of its rows, by columns from 0.
    pub order: Vec<(usize, SortOrder)>,
}

/// One query level that is being planned.
pub struct Frame {
    /// Index into [`Global::levels`].
    pub level: usize,
    /// What the level's subqueries need of its rows: parameters and their values.
    pub needed: Vec<(usize, Expr)>,
    /// CTEs of the level by name.
    pub ctes: Vec<PlannedCte>,
}

/// A CTE that has been planned.
#[derive(Clone)]
pub struct PlannedCte {
    pub name: crate::catalog::Name,
    pub kind: CteKind,
    pub rows: f64,
    pub width: i32,
}

#[derive(Clone, Copy)]
pub enum CteKind {
    /// Index into [`Global::subplans`].
    Subplan(usize),
    /// The CTE is being planned: its rows are in the work table of this parameter.
    WorkTable(usize),
}

impl Global<'_, '_> {
    /// A new executor parameter.
    pub fn new_param(&mut self, source: ParamSource) -> usize {
        self.sources.push(source);
        self.sources.len() - 1
    }

    /// The parameter that carries an expression of a level further out: `levels_up` from the innermost one.
    pub fn outer_param(&mut self, expr: &Expr, levels_up: usize) -> Option<Expr> {
        let at = self.frames.len().checked_sub(levels_up + 1)?;
        let frame = self.frames.get(at)?;
        let (type_oid, type_modifier) = (expr.type_oid(), expr.type_modifier());
        let known = frame
            .needed
            .iter()
            .find(|(_, needed)| needed.same_as(expr))
            .map(|(param, _)| *param);
        let number = match known {
            Some(number) => number,
            None => {
                let level = frame.level;
                let number = self.new_param(ParamSource::Outer {
                    expr: expr.clone(),
                    level,
                });
                self.frames.get_mut(at)?.needed.push((number, expr.clone()));
                number
            }
        };
        Some(executor_param(number, type_oid, type_modifier))
    }

    pub fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }

    /// A CTE of a level: 0 is the innermost.
    pub fn cte(&self, name: &str, levels_up: usize) -> Option<PlannedCte> {
        let frame = self
            .frames
            .len()
            .checked_sub(levels_up + 1)
            .and_then(|at| self.frames.get(at))?;
        frame.ctes.iter().rev().find(|cte| &*cte.name == name).cloned()
    }
}

pub fn executor_param(number: usize, type_oid: Oid, type_modifier: i32) -> Expr {
    Expr::Param {
        kind: ParamKind::Executor,
        number,
        type_oid,
        type_modifier,
    }
}
