//! Planning one query level: what PostgreSQL calls a subquery's `PlannerInfo`.

use kumquat_types::{Error, Result};

use super::from::plan_from;
use super::global::{Frame, Global};
use super::path::Path;
use super::prepare::ctes::process_ctes;
use super::prepare::fold::fold;
use super::prepare::joins::flatten_join_columns;
use super::prepare::rows::expand_whole_rows;
use super::prepare::sublinks::{plan_sublinks, pull_up_sublinks};
use super::prepare::subqueries::pull_up_subqueries;
use super::tree::JoinTree;
use super::vars::{conjuncts, contains_aggregate, contains_set_function, contains_volatile, visit, visit_query};
use super::{modify, setops, upper};
use crate::query::{CommandType, Expr, Query, RangeTableKind, Var};

/// Deepest nesting of queries.
const DEPTH_LIMIT: usize = 100;

/// A query level that is being planned.
pub struct Level<'g, 'a, 'b> {
    pub global: &'g mut Global<'a, 'b>,
    pub query: Query,
    pub tree: JoinTree,
    /// Index into `Global::levels`.
    pub number: usize,
    pub having: Vec<Expr>,
    /// Subplans that EXPLAIN shows under the top node.
    pub init_plans: Vec<usize>,
}

/// Plans a query inside the one that is being planned, or the outermost one.
pub fn plan_subquery(global: &mut Global<'_, '_>, query: Query) -> Result<Path> {
    if global.frames.len() > DEPTH_LIMIT {
        return Err(Error::new(
            kumquat_types::SqlState::STATEMENT_TOO_COMPLEX,
            "stack depth limit exceeded",
        ));
    }
    let number = global.levels.len();
    global.levels.push(Vec::new());
    global.frames.push(Frame {
        level: number,
        needed: Vec::new(),
        ctes: Vec::new(),
    });
    let result = plan_level(global, query, number);
    global.frames.pop();
    result
}

fn plan_level(global: &mut Global<'_, '_>, mut query: Query, number: usize) -> Result<Path> {
    global.privileges.extend(query.range_table.iter().cloned());
    if query.command != CommandType::Select {
        global.writes = true;
    }
    let first_subplan = global.subplans.len();
    process_ctes(global, &mut query)?;
    let ctes: Vec<usize> = (first_subplan..global.subplans.len())
        .filter(|&at| is_cte(global, at))
        .collect();
    flatten_join_columns(&mut query);
    expand_whole_rows(&mut query);
    let mut level = Level {
        tree: JoinTree::take(&mut query),
        global,
        query,
        number,
        having: Vec::new(),
        init_plans: Vec::new(),
    };
    level.init_plans = ctes;
    let mut path = level.plan()?;
    path.init_plans.splice(0..0, std::mem::take(&mut level.init_plans));
    if let Some(names) = level.global.levels.get_mut(number) {
        *names = std::mem::take(&mut level.query.range_table);
    }
    Ok(path)
}

/// CTEs that were planned at this level itself show up here; those of levels further in do not.
fn is_cte(global: &Global<'_, '_>, at: usize) -> bool {
    let planned = global
        .frames
        .last()
        .map(|frame| frame.ctes.as_slice())
        .unwrap_or_default();
    planned
        .iter()
        .any(|cte| matches!(cte.kind, super::global::CteKind::Subplan(place) if place == at))
}

impl Level<'_, '_, '_> {
    fn plan(&mut self) -> Result<Path> {
        if self.query.set_operation.is_some() {
            let path = setops::plan_set_operation(self)?;
            return upper::finish_set_operation(self, path);
        }
        if self.query.command != CommandType::Select {
            modify::prepare(self)?;
        }
        if self.query.has_sublinks {
            pull_up_sublinks(self.global.backend, &mut self.query, &mut self.tree);
        }
        pull_up_subqueries(self.global.backend, &mut self.query, &mut self.tree);
        self.publish_names();
        self.preprocess()?;
        let source = plan_from(self)?;
        let path = match self.query.command {
            CommandType::Select => upper::plan_upper(self, source)?,
            _ => modify::plan_modification(self, source)?,
        };
        Ok(path)
    }

    /// EXPLAIN and scans of functions look up entries while the level is still being planned.
    pub fn publish_names(&mut self) {
        if let Some(names) = self.global.levels.get_mut(self.number) {
            *names = self.query.range_table.clone();
        }
    }

    /// Computes constants, plans sublinks and turns outer references into parameters, in all expressions.
    fn preprocess(&mut self) -> Result<()> {
        let mut query = std::mem::replace(&mut self.query, Query::new(CommandType::Select));
        let mut tree = std::mem::replace(&mut self.tree, JoinTree::From(Vec::new(), Vec::new()));
        let mut having = query.having.take().map(conjuncts).unwrap_or_default();
        let mut result = Ok(());
        tree.for_each_qual_mut(&mut |qual| {
            if result.is_ok() {
                result = self.preprocess_expr(qual, true);
            }
        });
        result?;
        split_conjunctions(&mut tree);
        for condition in &mut having {
            self.preprocess_expr(condition, true)?;
        }
        let mut result = Ok(());
        query.for_each_expr_mut(&mut |expr| {
            if result.is_ok() {
                result = self.preprocess_expr(expr, false);
            }
        });
        result?;
        // Conditions on groups that hold for all their rows are conditions on rows.
        for condition in having.into_iter().flat_map(conjuncts) {
            let on_groups = contains_aggregate(&condition)
                || contains_volatile(self.global.backend, &condition)
                || !query.grouping_sets.is_empty()
                || condition.any(&mut |part| matches!(part, Expr::SubPlan(_)));
            match &mut tree {
                JoinTree::From(_, quals) if !on_groups && !query.group_by.is_empty() => quals.push(condition),
                _ => self.having.push(condition),
            }
        }
        self.query = query;
        self.tree = tree;
        Ok(())
    }

    pub fn preprocess_expr(&mut self, expr: &mut Expr, is_condition: bool) -> Result<()> {
        fold(self.global.backend, expr)?;
        let init_plans = plan_sublinks(self.global, expr, is_condition)?;
        self.init_plans.extend(init_plans);
        self.replace_outer_references(expr);
        Ok(())
    }

    /// References to levels further out become parameters.
    pub fn replace_outer_references(&mut self, expr: &mut Expr) {
        replace_outer(self.global, expr);
    }

    pub fn has_set_functions(&self) -> bool {
        self.query
            .target_list
            .iter()
            .any(|target| contains_set_function(&target.expr))
    }

    /// Columns of a table that the level uses anywhere above its scan, other entries of FROM included.
    pub fn needed_columns(&self, varno: usize) -> Vec<Expr> {
        let mut needed: Vec<Expr> = Vec::new();
        let mut collect = |part: &Expr, depth: usize| {
            if let Expr::Var(var) = part
                && var.varno == varno
                && var.levels_up == depth
            {
                let own = Var {
                    levels_up: 0,
                    ..var.clone()
                };
                super::vars::add_unique(&mut needed, &Expr::Var(own));
            }
        };
        self.query.for_each_expr(&mut |expr| visit(expr, 0, &mut collect));
        self.having
            .iter()
            .for_each(|condition| visit(condition, 0, &mut collect));
        self.tree.for_each_qual(&mut |qual| visit(qual, 0, &mut collect));
        for entry in &self.query.range_table {
            if let RangeTableKind::Subquery { query, .. } = &entry.kind
                && entry.lateral
            {
                visit_query(query, 1, &mut collect);
            }
        }
        needed
    }
}

/// Replaces columns and aggregates of queries further out by parameters that they set.
pub fn replace_outer(global: &mut Global<'_, '_>, expr: &mut Expr) {
    let levels = match expr {
        Expr::Var(var) if var.levels_up > 0 => var.levels_up,
        Expr::Aggref(aggregate) if aggregate.levels_up > 0 => aggregate.levels_up,
        _ => {
            expr.for_each_child_mut(&mut |child| replace_outer(global, child));
            return;
        }
    };
    let mut outer = expr.clone();
    match &mut outer {
        Expr::Var(var) => var.levels_up = 0,
        Expr::Aggref(aggregate) => {
            aggregate.levels_up = 0;
            // Its arguments are the outer query's own columns.
            let lower = |part: &mut Expr| {
                if let Expr::Var(var) = part {
                    var.levels_up = var.levels_up.saturating_sub(levels);
                }
            };
            aggregate
                .args
                .iter_mut()
                .chain(&mut aggregate.filter)
                .for_each(|arg| arg.transform(&mut lower.clone()));
        }
        _ => {}
    }
    if let Some(param) = global.outer_param(&outer, levels) {
        *expr = param;
    }
}

fn split_conjunctions(tree: &mut JoinTree) {
    let split = |quals: &mut Vec<Expr>| *quals = std::mem::take(quals).into_iter().flat_map(conjuncts).collect();
    match tree {
        JoinTree::Table(_) => {}
        JoinTree::From(items, quals) => {
            items.iter_mut().for_each(split_conjunctions);
            split(quals);
        }
        JoinTree::Join { left, right, quals, .. } => {
            split_conjunctions(left);
            split_conjunctions(right);
            split(quals);
        }
    }
}
