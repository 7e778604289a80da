//! Planning one query level: what PostgreSQL calls a subquery's `PlannerInfo`.

use std::collections::BTreeMap;
use std::rc::Rc;

use kumquat_types::{Error, Result};

use super::children::Children;
use super::estimate::SubqueryColumn;
use super::estimate::variable::Variable;
use super::estimate::width::type_width;
use super::from::plan_from;
use super::global::{Frame, Global, SubqueryFacts};
use super::index::Table;
use super::path::Path;
use super::plan::{InitResult, SubplanKind};
use super::prepare::ctes::process_ctes;
use super::prepare::fold::fold;
use super::prepare::joins::flatten_join_columns;
use super::prepare::rows::expand_whole_rows;
use super::prepare::sublinks::{plan_sublinks, pull_up_sublinks};
use super::prepare::subqueries::pull_up_subqueries;
use super::rel::Problem;
use super::tree::JoinTree;
use super::vars::{conjuncts, contains_aggregate, contains_set_function, contains_volatile};
use super::{minmax, modify, setops, sorting, upper};
use crate::catalog::TypeDefinition;
use crate::query::{CommandType, Distinct, Expr, Query};

/// Set-returning functions with `prorows` 100.
const ONE_HUNDRED: [&str; 14] = [
    "json_array_elements",
    "json_array_elements_text",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "json_each",
    "json_each_text",
    "jsonb_each",
    "jsonb_each_text",
    "json_object_keys",
    "jsonb_object_keys",
    "json_populate_recordset",
    "jsonb_populate_recordset",
    "json_to_recordset",
    "jsonb_to_recordset",
];

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
    /// HAVING was written, be it true: then all rows make one group if there is no GROUP BY.
    pub has_having: bool,
    /// Subplans that EXPLAIN shows under the top node.
    pub init_plans: Vec<usize>,
    /// The part of the rows that will be read, 0: all; or how many, from 1 on.
    pub fraction: f64,
    pub problem: Problem,
    /// The tables of FROM by range-table index.
    pub tables: BTreeMap<usize, Rc<Table>>,
    /// Those that have children.
    pub children: BTreeMap<usize, Children>,
    /// Columns that nested loops hand on, with their parameters.
    pub loop_params: Vec<(Expr, usize)>,
}

/// Plans a query inside the one that is being planned, or the outermost one. `fraction`: how much of it will be
/// read, 0 for all.
pub fn plan_subquery(global: &mut Global<'_, '_>, query: Query, fraction: f64) -> Result<Path> {
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
    let result = plan_level(global, query, number, fraction);
    global.frames.pop();
    result
}

fn plan_level(global: &mut Global<'_, '_>, mut query: Query, number: usize, fraction: f64) -> Result<Path> {
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
    let settings = global.settings.clone();
    let mut level = Level {
        tree: JoinTree::take(&mut query),
        global,
        query,
        number,
        having: Vec::new(),
        has_having: false,
        init_plans: ctes,
        fraction,
        problem: Problem::new(settings),
        tables: BTreeMap::new(),
        children: BTreeMap::new(),
        loop_params: Vec::new(),
    };
    let mut path = level.plan()?;
    level.note_facts(&path);
    level.charge_init_plans(&mut path);
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
        self.problem.fraction = sorting::limit_fraction(self, self.fraction);
        let is_plain = self.query.group_by.is_empty()
            && self.query.grouping_sets.is_empty()
            && !self.query.has_aggregates
            && !self.query.has_windows
            && self.query.distinct.is_none()
            && !self.has_having
            && !self.has_set_functions();
        self.problem.limit = sorting::known_limit(self).filter(|_| is_plain);
        let extremes = minmax::find(self)?;
        let rel = plan_from(self)?;
        self.problem.limit = sorting::known_limit(self).filter(|_| self.query.distinct.is_none());
        match self.query.command {
            CommandType::Select => {
                let path = upper::plan_upper(self, rel)?;
                Ok(match extremes {
                    Some(extremes) if extremes.cost(self) < path.cost.total => extremes.plan(self),
                    _ => path,
                })
            }
            _ => modify::plan_modification(self, rel),
        }
    }

    /// Notes what the query around this one may want to know.
    fn note_facts(&mut self, path: &Path) {
        let query = &self.query;
        let targets: Vec<&Expr> = query.output_columns().map(|target| &target.expr).collect();
        let only_group = |target: &crate::query::TargetEntry| match (&query.distinct, query.group_by.as_slice()) {
            (Some(Distinct::All(clauses) | Distinct::On(clauses)), _) => {
                matches!(clauses.as_slice(), [only] if only.target_ref == target.sort_group_ref)
            }
            (None, [only]) => query.grouping_sets.is_empty() && only.target_ref == target.sort_group_ref,
            _ => false,
        };
        let is_grouped = !query.group_by.is_empty() || query.distinct.is_some();
        let column = |target: &crate::query::TargetEntry| SubqueryColumn {
            statistics: match query.set_operation.is_none() && !is_grouped {
                true => Variable::of(&self.problem.bases, &target.expr).statistics,
                false => None,
            },
            unique: query.set_operation.is_none() && !query.has_set_functions && only_group(target),
        };
        let columns = query.output_columns().map(column).collect();
        let order = path.keys.iter().map_while(|key| {
            let class = self.problem.classes.get(key.class)?;
            let at = targets
                .iter()
                .position(|target| class.exprs().any(|expr| expr.same_as(target)))?;
            Some((at, key.order))
        });
        let order = order.collect();
        self.global.subquery = SubqueryFacts { columns, order };
    }

    /// Init plans run before the first row (`SS_charge_for_initplans`).
    fn charge_init_plans(&self, path: &mut Path) {
        for &init_plan in &self.init_plans {
            let Some(definition) = self.global.subplans.get(init_plan) else {
                continue;
            };
            let cost = match definition.kind {
                SubplanKind::Init {
                    result: InitResult::Exists,
                    ..
                } => definition.plan.cost.startup.max(
                    definition.plan.cost.startup
                        + (definition.plan.cost.total - definition.plan.cost.startup) / definition.plan.rows.max(1.0),
                ),
                _ => definition.plan.cost.total,
            };
            path.cost.startup += cost;
            path.cost.total += cost;
        }
    }

    /// Bytes of an expression's values, on average.
    pub fn width_of(&self, expr: &Expr) -> i32 {
        if let Expr::Var(var) = expr {
            match var.attribute {
                crate::executor::scan::CTID => return 6,
                crate::executor::scan::TABLE_OID => return 4,
                _ => {}
            }
            if let Some(statistics) = Variable::of(&self.problem.bases, expr).statistics
                && statistics.width > 0
            {
                return statistics.width;
            }
        }
        self.type_width(expr.type_oid(), expr.type_modifier())
    }

    /// Enums take four bytes, domains what their types take.
    fn type_width(&self, type_oid: kumquat_types::Oid, type_modifier: i32) -> i32 {
        let user = self
            .global
            .backend
            .catalog()
            .ok()
            .and_then(|catalog| catalog.types.get(&type_oid).cloned());
        match user.as_deref().map(|found| &found.definition) {
            Some(TypeDefinition::Enum(_)) => 4,
            Some(TypeDefinition::Domain {
                base, type_modifier, ..
            }) => type_width(*base, *type_modifier),
            _ => type_width(type_oid, type_modifier),
        }
    }

    /// Rows that a function in FROM gives, each time it is called.
    pub fn function_rows(&self, expr: &Expr) -> f64 {
        let Expr::Func(call) = expr else { return 1.0 };
        if !call.returns_set {
            return 1.0;
        }
        let number = |at: usize| match call.args.get(at) {
            Some(Expr::Const(constant)) => super::estimate::comparison::scalar(&constant.value),
            _ => None,
        };
        let known = kumquat_types::proc_by_oid(call.function);
        let series = || {
            let step = if call.args.len() > 2 { number(2)? } else { 1.0 };
            let (from, to) = (number(0)?, number(1)?);
            (step != 0.0).then(|| (((to - from) / step).floor() + 1.0).max(0.0))
        };
        match known.map(|proc| proc.name) {
            Some("generate_series") => series().unwrap_or(1000.0),
            Some("unnest") => call.args.first().map_or(1.0, super::cost::expression::array_length),
            Some(name) if ONE_HUNDRED.contains(&name) => 100.0,
            Some("regexp_split_to_table" | "regexp_matches" | "string_to_table") | None => {
                let catalog = self.global.backend.catalog().ok();
                let function = catalog.and_then(|catalog| catalog.functions.get(&call.function).cloned());
                function.map_or(1000.0, |function| function.rows)
            }
            Some(_) => 1000.0,
        }
    }

    pub fn collapse_limit(&self, setting: &str) -> usize {
        usize::try_from(self.global.backend.setting_integer(setting)).unwrap_or(usize::MAX)
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
        self.has_having = query.having.is_some();
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
