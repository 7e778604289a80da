//! Parts of a query that no shard can answer alone become subplans: they run first, and the query reads their
//! results by `read_intermediate_result` (`RecursivelyPlanSubqueriesAndCTEs`).

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::query::expr::FuncExpr;
use kumquat_postgres::query::{
    CommandType, CommonTableExpr, Expr, FromItem, FuncForm, JoinKind, Query, RangeTableEntry, RangeTableFunction,
    RangeTableKind,
};
use kumquat_types::{Datum, Error, Oid, Result, SqlState, Volatility, proc_by_oid};

use super::analysis::{analyze, entries_of};
use super::plan::SubPlan;
use super::pushable;
use super::pushdown::DistributionColumns;
use super::rewrite::{self, any_expr, refers_outside};
use crate::cluster::types;
use crate::functions::signatures::proc_by_name;
use crate::metadata::{self, Metadata, TableType};
use crate::settings;

/// The query with its subplans taken out, and the subplans in the order they must run.
pub fn plan_subqueries(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<(Arc<Query>, Vec<SubPlan>)> {
    let mut planner = Planner::new(backend, id)?;
    let mut result = (**query).clone();
    inline_ctes(&mut result);
    planner.all_keys_equal = planner.keys_are_equal(&result);
    planner.level(&mut result, true)?;
    Ok((Arc::new(result), planner.subplans))
}

/// True for a query that shards cannot answer each for itself, so that as a subquery it would be a subplan.
pub fn needs_subplan(backend: &Backend<'_>, query: &Query) -> Result<bool> {
    Ok(Planner::new(backend, 0)?.must_be_planned(query))
}

struct Planner {
    metadata: Metadata,
    id: u64,
    subplans: Vec<SubPlan>,
    /// All tables of the whole query are joined on their distribution columns.
    all_keys_equal: bool,
    /// `citus.values_materialization_threshold`
    values_threshold: i32,
    /// `citus.subquery_pushdown`: subqueries are left to the shards whatever they are.
    leaves_subqueries: bool,
    /// `citus.local_table_join_policy` is not `never`.
    reads_local_tables_first: bool,
}

impl Planner {
    fn new(backend: &Backend<'_>, id: u64) -> Result<Planner> {
        Ok(Planner {
            metadata: metadata::of(backend)?.clone(),
            id,
            subplans: Vec::new(),
            all_keys_equal: false,
            values_threshold: settings::integer(backend, "citus.values_materialization_threshold"),
            leaves_subqueries: settings::is_on(backend, "citus.subquery_pushdown"),
            reads_local_tables_first: settings::value(backend, "citus.local_table_join_policy") != "never",
        })
    }

    /// One query level (`RecursivelyPlanSubqueriesAndCTEs`): CTEs, then subqueries from the inside out, then what
    /// does not go together at this level.
    fn level(&mut self, query: &mut Query, top: bool) -> Result<()> {
        self.ctes(query)?;
        if self.leaves_subqueries {
            return Ok(());
        }
        wrap_functions(query);
        let mut failure = None;
        query.for_each_subquery_mut(&mut |subquery| {
            if failure.is_none()
                && let Err(error) = self.subquery(subquery)
            {
                failure = Some(error);
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        if query.set_operation.is_some() && self.has_distributed(query) && self.must_separate_branches(query, top) {
            self.set_operation_leaves(query)?;
        }
        self.sublinks_in_having(query)?;
        if !self.all_keys_equal && !self.keys_are_equal(query) {
            self.separate_not_colocated(query)?;
        }
        self.local_tables(query)?;
        self.recurring_outer_joins(query)?;
        if !self.reads_distributed(query) {
            self.sublinks_of_recurring(query)?;
        }
        Ok(())
    }

    /// All tables in the query are joined on their distribution columns (`AllDistributionKeysInQueryAreEqual`).
    fn keys_are_equal(&self, query: &Query) -> bool {
        if !query.ctes.is_empty() || self.any_table(query, &|relation| self.metadata.table(relation).is_none()) {
            return false;
        }
        analyze(query, &self.metadata, &[]).joined_on_distribution_columns()
    }

    /// `ShouldRecursivelyPlanSetOperation`
    fn must_separate_branches(&self, query: &Query, top: bool) -> bool {
        top || pushable::union_refusal(query, &self.metadata).is_some() || !self.union_is_safe(query)
    }

    /// Subqueries in HAVING are computed before.
    fn sublinks_in_having(&mut self, query: &mut Query) -> Result<()> {
        let Some(mut having) = query.having.take() else {
            return Ok(());
        };
        let mut refers = false;
        having.transform(&mut |part| {
            if let Expr::SubLink(link) = part {
                refers |= refers_outside(&link.query, 0);
                if !refers_outside(&link.query, 0)
                    && self.any_table(&link.query, &|table| self.metadata.is_citus_table(table))
                {
                    link.query = self.add(&link.query);
                }
            }
        });
        query.having = Some(having);
        match refers {
            true => Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "Subqueries in HAVING cannot refer to outer query",
            )),
            false => Ok(()),
        }
    }

    /// Every CTE that is left after inlining becomes a subplan.
    fn ctes(&mut self, query: &mut Query) -> Result<()> {
        if query.recursive && !query.ctes.is_empty() {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "recursive CTEs are only supported when they contain a filter on the distribution column",
            ));
        }
        for cte in std::mem::take(&mut query.ctes) {
            if refers_outside(&cte.query, 0) {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "CTEs that refer to other subqueries are not supported in multi-shard queries",
                ));
            }
            if cte.references == 0 && cte.query.command == CommandType::Select {
                continue;
            }
            let replacement = self.add_named(&cte);
            replace_cte(query, &cte.name, &replacement, 0);
        }
        Ok(())
    }

    fn add_named(&mut self, cte: &CommonTableExpr) -> Arc<Query> {
        let mut result = (*self.add(&cte.query)).clone();
        for (target, column) in result.target_list.iter_mut().zip(&cte.columns) {
            target.name = column.name.clone();
        }
        Arc::new(result)
    }

    /// A subquery in FROM or in an expression.
    fn subquery(&mut self, query: &mut Arc<Query>) -> Result<()> {
        self.level(Arc::make_mut(query), false)?;
        if self.must_be_planned(query) && !refers_outside(query, 0) {
            *query = self.add(query);
        }
        Ok(())
    }

    /// Makes a subplan of a query and gives the query that reads its result.
    fn add(&mut self, query: &Arc<Query>) -> Arc<Query> {
        let name: Arc<str> = format!("{}_{}", self.id, self.subplans.len() + 1).into();
        self.subplans.push(SubPlan {
            name: name.clone(),
            query: query.clone(),
        });
        Arc::new(read_result(&name, query))
    }

    fn table_type(&self, relation: Oid) -> Option<TableType> {
        self.metadata.table_type(relation)
    }

    fn is_distributed(&self, relation: Oid) -> bool {
        self.table_type(relation).is_some_and(TableType::is_distributed)
    }

    /// The query or any query in it reads a distributed table.
    fn has_distributed(&self, query: &Query) -> bool {
        self.any_table(query, &|relation| self.is_distributed(relation))
    }

    fn any_table(&self, query: &Query, test: &dyn Fn(Oid) -> bool) -> bool {
        let mut found = false;
        rewrite::for_each_query(query, &mut |query| {
            for entry in &query.range_table {
                if let RangeTableKind::Relation { relation, .. } = &entry.kind {
                    found |= test(*relation);
                }
            }
        });
        found
    }

    fn entry_has_distributed(&self, entry: &RangeTableEntry) -> bool {
        match &entry.kind {
            RangeTableKind::Relation { relation, .. } => self.is_distributed(*relation),
            RangeTableKind::Subquery { query, .. } => self.has_distributed(query),
            _ => false,
        }
    }

    /// FROM (not the sublinks of the query) reads a distributed table.
    fn reads_distributed(&self, query: &Query) -> bool {
        query.range_table.iter().any(|entry| self.entry_has_distributed(entry))
    }

    /// A table that only the coordinator has.
    fn is_local(&self, relation: Oid) -> bool {
        matches!(self.table_type(relation), None | Some(TableType::CitusLocal))
    }

    /// A subquery that becomes a subplan (`ShouldRecursivelyPlanSubquery`).
    fn must_be_planned(&self, query: &Query) -> bool {
        self.any_table(query, &|relation| self.is_local(relation))
            || pushable::refusal(query, &self.metadata, self.values_threshold).is_some()
            || (!self.all_keys_equal && !self.keys_are_equal(query))
    }

    fn distribution_columns(&self, query: &Query) -> DistributionColumns {
        let analysis = analyze(query, &self.metadata, &[]);
        DistributionColumns::of(query, &analysis)
    }

    /// UNION of branches that all give their distribution columns at the same place.
    fn union_is_safe(&self, query: &Query) -> bool {
        let Some(operation) = query
            .set_operation
            .as_ref()
            .filter(|found| pushable::only_unions(found))
        else {
            return false;
        };
        let mut leaves = Vec::new();
        pushable::set_leaves(operation, &mut leaves);
        let analysis = analyze(query, &self.metadata, &[]);
        if !analysis.colocated() || !analysis.joined_on_distribution_columns() {
            return false;
        }
        let places: Vec<Vec<i16>> = leaves
            .iter()
            .filter_map(|index| match &query.entry(*index)?.kind {
                RangeTableKind::Subquery { query, .. } => {
                    let columns = self.distribution_columns(query);
                    let targets = query.output_columns();
                    Some(
                        targets
                            .filter(|target| columns.contains(&target.expr))
                            .map(|target| target.number)
                            .collect(),
                    )
                }
                _ => None,
            })
            .collect();
        let Some(first) = places.first() else { return false };
        places.len() == leaves.len()
            && first
                .iter()
                .any(|number| places.iter().all(|place| place.contains(number)))
    }

    /// Each branch of a set operation on its own.
    fn set_operation_leaves(&mut self, query: &mut Query) -> Result<()> {
        for index in 0..query.range_table.len() {
            let Some(entry) = query.range_table.get(index) else {
                continue;
            };
            let RangeTableKind::Subquery { query: branch, view } = &entry.kind else {
                continue;
            };
            if !self.has_distributed(branch) || refers_outside(branch, 0) {
                continue;
            }
            let (branch, view) = (branch.clone(), *view);
            let replaced = self.add(&branch);
            if let Some(entry) = query.range_table.get_mut(index) {
                entry.kind = RangeTableKind::Subquery { query: replaced, view };
            }
        }
        Ok(())
    }

    /// Local tables that are joined with distributed ones are read first.
    fn local_tables(&mut self, query: &mut Query) -> Result<()> {
        let is_read = self.reads_distributed(query)
            || self.modifies_reference_table(query)
            || (self.has_distributed(query) && query.from.len() > 1);
        if !is_read || !self.reads_local_tables_first {
            return Ok(());
        }
        let target = query.result_relation;
        for index in 0..query.range_table.len() {
            let Some(entry) = query.range_table.get(index) else {
                continue;
            };
            let RangeTableKind::Relation { relation, .. } = entry.kind else {
                continue;
            };
            if !self.is_local(relation) || target == Some(index + 1) {
                continue;
            }
            self.read_first(query, index);
        }
        Ok(())
    }

    /// Every node changes its own copy.
    fn modifies_reference_table(&self, query: &Query) -> bool {
        let target = super::modify::target_relation(query);
        target.and_then(|relation| self.table_type(relation)) == Some(TableType::Reference)
    }

    /// Makes a subplan of a table of the range table.
    fn read_first(&mut self, query: &mut Query, index: usize) {
        let Some(entry) = query.range_table.get(index).cloned() else {
            return;
        };
        let name = entry.name.clone();
        let mut inner = entry.clone();
        inner.alias = entry.alias.clone();
        let mut whole = rewrite::select_all(inner);
        fill_dropped(&mut whole, &entry);
        let replaced = self.add(&Arc::new(whole));
        if let Some(entry) = query.range_table.get_mut(index) {
            entry.kind = RangeTableKind::Subquery {
                query: replaced,
                view: Oid::INVALID,
            };
            entry.name = name.clone();
            entry.alias = Some(kumquat_postgres::query::Alias {
                name,
                columns: Vec::new(),
            });
            entry.required = Vec::new();
        }
    }

    /// `reference LEFT JOIN distributed`: rows of the outer side would come once from each shard, so the
    /// distributed side is read first.
    /// A join that is read so may be the recurring side of the next.
    fn recurring_outer_joins(&mut self, query: &mut Query) -> Result<()> {
        loop {
            let mut inner_sides = Vec::new();
            for item in &query.from {
                self.find_recurring(query, item, &mut inner_sides);
            }
            inner_sides.retain(|index| query.entry(*index).is_some_and(|entry| self.can_be_read_first(entry)));
            if inner_sides.is_empty() {
                return Ok(());
            }
            for index in inner_sides {
                self.read_side_first(query, index);
            }
        }
    }

    fn can_be_read_first(&self, entry: &RangeTableEntry) -> bool {
        let refers = matches!(&entry.kind, RangeTableKind::Subquery { query, .. } if refers_outside(query, 0));
        self.entry_has_distributed(entry) && !refers
    }

    fn read_side_first(&mut self, query: &mut Query, index: usize) {
        let replaced = match query.entry(index).map(|entry| &entry.kind) {
            Some(RangeTableKind::Relation { .. }) => return self.read_first(query, index.saturating_sub(1)),
            Some(RangeTableKind::Subquery { query: subquery, view }) => RangeTableKind::Subquery {
                query: self.add(subquery),
                view: *view,
            },
            _ => return,
        };
        if let Some(entry) = query.range_table.get_mut(index.saturating_sub(1)) {
            entry.kind = replaced;
        }
    }

    fn find_recurring(&self, query: &Query, item: &FromItem, found: &mut Vec<usize>) {
        let FromItem::Join(join) = item else { return };
        self.find_recurring(query, &join.left, found);
        self.find_recurring(query, &join.right, found);
        let distributed = |item: &FromItem| {
            entries_of(item)
                .iter()
                .filter_map(|index| query.entry(*index))
                .any(|entry| self.entry_has_distributed(entry))
        };
        let (left, right) = (distributed(&join.left), distributed(&join.right));
        match join.kind {
            JoinKind::Left if !left && right => found.extend(entries_of(&join.right)),
            JoinKind::Right if left && !right => found.extend(entries_of(&join.left)),
            JoinKind::Full if left != right => {
                found.extend(entries_of(&join.left));
                found.extend(entries_of(&join.right));
            }
            _ => {}
        }
    }

    /// Without a distributed table in FROM the query runs in one place, where sublinks find no shards.
    fn sublinks_of_recurring(&mut self, query: &mut Query) -> Result<()> {
        query.for_each_expr_mut(&mut |expr| {
            expr.transform(&mut |part| {
                if let Expr::SubLink(link) = part
                    && self.has_distributed(&link.query)
                    && !refers_outside(&link.query, 0)
                {
                    link.query = self.add(&link.query);
                }
            });
        });
        Ok(())
    }

    /// Subqueries whose tables are not joined with the others on their distribution columns
    /// (`RecursivelyPlanNonColocatedSubqueries`).
    fn separate_not_colocated(&mut self, query: &mut Query) -> Result<()> {
        let analysis = analyze(query, &self.metadata, &[]);
        if analysis.colocated() && analysis.joined_on_distribution_columns() {
            return Ok(());
        }
        let anchor = query
            .range_table
            .iter()
            .position(|entry| self.entry_has_distributed(entry));
        let Some(anchor) = anchor else { return Ok(()) };
        for index in 0..query.range_table.len() {
            let Some(entry) = query.range_table.get(index) else {
                continue;
            };
            let RangeTableKind::Subquery { query: subquery, view } = &entry.kind else {
                continue;
            };
            if index == anchor || !self.has_distributed(subquery) || refers_outside(subquery, 0) {
                continue;
            }
            if self.aligned_with_anchor(query, anchor, index) {
                continue;
            }
            let (subquery, view) = (subquery.clone(), *view);
            let replaced = self.add(&subquery);
            if let Some(entry) = query.range_table.get_mut(index) {
                entry.kind = RangeTableKind::Subquery { query: replaced, view };
            }
        }
        self.separate_sublinks(query)
    }

    /// The distribution columns of two entries are in one class.
    fn aligned_with_anchor(&self, query: &Query, anchor: usize, other: usize) -> bool {
        let mut pair = query.clone();
        for (index, entry) in pair.range_table.iter_mut().enumerate() {
            let is_table = matches!(
                entry.kind,
                RangeTableKind::Relation { .. } | RangeTableKind::Subquery { .. }
            );
            if is_table && index != anchor && index != other && !self.entry_has_distributed(entry) {
                continue;
            }
            if is_table && index != anchor && index != other {
                entry.kind = RangeTableKind::Result;
            }
        }
        let analysis = analyze(&pair, &self.metadata, &[]);
        let has_both = analysis.distributed().count() > 1;
        has_both && analysis.colocated() && analysis.joined_on_distribution_columns()
    }

    fn separate_sublinks(&mut self, query: &mut Query) -> Result<()> {
        let analysis = analyze(query, &self.metadata, &[]);
        if analysis.colocated() && analysis.joined_on_distribution_columns() {
            return Ok(());
        }
        let mut links: Vec<Arc<Query>> = Vec::new();
        query.for_each_expr(&mut |expr| {
            expr.visit(&mut |part| {
                if let Expr::SubLink(link) = part {
                    links.push(link.query.clone());
                }
            });
        });
        for link in links {
            if !self.has_distributed(&link) || refers_outside(&link, 0) || self.sublink_is_aligned(query, &link) {
                continue;
            }
            let replaced = self.add(&link);
            query.for_each_expr_mut(&mut |expr| {
                expr.transform(&mut |part| {
                    if let Expr::SubLink(found) = part
                        && Arc::ptr_eq(&found.query, &link)
                    {
                        found.query = replaced.clone();
                    }
                });
            });
        }
        Ok(())
    }

    /// The sublink's tables are joined with those of FROM on the distribution columns.
    fn sublink_is_aligned(&self, query: &Query, link: &Arc<Query>) -> bool {
        let mut alone = query.clone();
        alone.for_each_expr_mut(&mut |expr| {
            expr.transform(&mut |part| {
                if let Expr::SubLink(found) = part
                    && !Arc::ptr_eq(&found.query, link)
                {
                    found.query = Arc::new(Query::new(CommandType::Select));
                }
            });
        });
        let analysis = analyze(&alone, &self.metadata, &[]);
        analysis.colocated() && analysis.joined_on_distribution_columns()
    }
}

/// A function that is joined with something runs by itself (`WrapFunctionsInSubqueries`).
fn wrap_functions(query: &mut Query) {
    if query.range_table.len() < 2 {
        return;
    }
    for entry in &mut query.range_table {
        let wraps = matches!(&entry.kind, RangeTableKind::Function { functions, ordinality: false }
        if !entry.lateral && functions.iter().any(|function| {
            super::evaluate::has_volatility(&function.expr, Volatility::Stable)
        }));
        if !wraps {
            continue;
        }
        let mut inner = entry.clone();
        inner.lateral = false;
        entry.kind = RangeTableKind::Subquery {
            query: Arc::new(rewrite::select_all(inner)),
            view: Oid::INVALID,
        };
    }
}

/// Dropped columns keep their places as NULLs.
pub fn fill_dropped(query: &mut Query, entry: &RangeTableEntry) {
    let live = std::mem::take(&mut query.target_list);
    let mut live = live.into_iter();
    for (number, column) in (1..).zip(&entry.columns) {
        let mut target = match column.name.is_empty() {
            true => rewrite::target(number, "?dropped?", Expr::null(Oid::INT4)),
            false => match live.next() {
                Some(target) => target,
                None => continue,
            },
        };
        target.number = number;
        query.target_list.push(target);
    }
}

/// `SELECT columns FROM read_intermediate_result('N_1', 'binary') intermediate_result (columns)`.
pub fn read_result(name: &str, query: &Query) -> Query {
    let mut columns = rewrite::output_columns(query);
    for (number, column) in (1..).zip(&mut columns) {
        if column.name.is_empty() {
            column.name = format!("column{number}").into();
        }
    }
    let format = types::enum_value(types::COPY_FORMAT, "binary").map_or(Datum::Null, Datum::Enum);
    let call = FuncExpr {
        function: proc_by_name("read_intermediate_result").map_or(Oid::INVALID, |proc| proc.oid),
        args: vec![
            Expr::constant(Datum::from(name), Oid::TEXT),
            Expr::constant(format, types::COPY_FORMAT),
        ],
        result: Oid::RECORD,
        returns_set: true,
        variadic: false,
        unwritten: Vec::new(),
        form: FuncForm::Call,
        type_modifier: -1,
        location: None,
    };
    let function = RangeTableFunction {
        expr: Expr::Func(Box::new(call)),
        columns: columns.len(),
        has_definition: true,
    };
    let kind = RangeTableKind::Function {
        functions: vec![function],
        ordinality: false,
    };
    let mut entry = rewrite::entry(kind, "intermediate_result", columns);
    entry.alias = Some(kumquat_postgres::query::Alias {
        name: "intermediate_result".into(),
        columns: Vec::new(),
    });
    let mut result = rewrite::select_all(entry);
    result.has_set_functions = true;
    result
}

/// The query with its CTEs in place where they are read, as far as they may be.
pub fn with_inlined_ctes(query: &Arc<Query>) -> Arc<Query> {
    let mut has_ctes = false;
    rewrite::for_each_query(query, &mut |query| has_ctes |= !query.ctes.is_empty());
    if !has_ctes {
        return query.clone();
    }
    let mut inlined = (**query).clone();
    inline_ctes(&mut inlined);
    Arc::new(inlined)
}

/// CTEs that are read once, or asked not to be materialized, become subqueries (`InlineCTEsInQueryTree`).
pub fn inline_ctes(query: &mut Query) {
    query.for_each_subquery_mut(&mut |subquery| inline_ctes(Arc::make_mut(subquery)));
    for cte in std::mem::take(&mut query.ctes) {
        if !is_inlinable(&cte) {
            query.ctes.push(cte);
            continue;
        }
        let mut inlined = (*cte.query).clone();
        for (target, column) in inlined.target_list.iter_mut().zip(&cte.columns) {
            target.name = column.name.clone();
        }
        replace_cte(query, &cte.name, &Arc::new(inlined), 0);
    }
}

/// A CTE, here or in a subquery, that [`inline_ctes`] would put in place.
pub fn has_inlinable_cte(query: &Query) -> bool {
    let mut found = query.ctes.iter().any(is_inlinable);
    query.for_each_subquery(&mut |subquery| found = found || has_inlinable_cte(subquery));
    found
}

fn is_inlinable(cte: &CommonTableExpr) -> bool {
    let wanted = match cte.materialized {
        Some(materialized) => !materialized,
        None => cte.references == 1,
    };
    wanted
        && !cte.recursive
        && cte.query.command == CommandType::Select
        && cte.query.row_marks.is_empty()
        && !is_volatile(&cte.query)
}

/// True if a function in the query may give another value each time.
pub fn is_volatile(query: &Query) -> bool {
    any_expr(query, &mut |expr| match expr {
        Expr::Func(call) => proc_by_oid(call.function).is_some_and(|proc| proc.volatility == Volatility::Volatile),
        _ => false,
    })
}

/// Puts a query in place of every reference to a CTE.
fn replace_cte(query: &mut Query, name: &str, replacement: &Arc<Query>, depth: usize) {
    for entry in &mut query.range_table {
        if let RangeTableKind::Cte {
            name: found, levels_up, ..
        } = &entry.kind
            && &**found == name
            && *levels_up == depth
        {
            let mut inner = (**replacement).clone();
            shift_levels(&mut inner, depth, 0);
            entry.kind = RangeTableKind::Subquery {
                query: Arc::new(inner),
                view: Oid::INVALID,
            };
            if entry.alias.is_none() {
                entry.alias = Some(kumquat_postgres::query::Alias {
                    name: entry.name.clone(),
                    columns: Vec::new(),
                });
            }
        }
    }
    query.for_each_subquery_mut(&mut |subquery| {
        if mentions_cte(subquery, name, depth + 1) {
            replace_cte(Arc::make_mut(subquery), name, replacement, depth + 1);
        }
    });
}

fn mentions_cte(query: &Query, name: &str, depth: usize) -> bool {
    let here = query.range_table.iter().any(|entry| {
        matches!(&entry.kind, RangeTableKind::Cte { name: found, levels_up, .. }
            if &**found == name && *levels_up == depth)
    });
    let mut found = here;
    query.for_each_subquery(&mut |subquery| found = found || mentions_cte(subquery, name, depth + 1));
    found
}

/// References to queries further out than `own` are `by` levels further away now.
fn shift_levels(query: &mut Query, by: usize, own: usize) {
    if by == 0 {
        return;
    }
    query.for_each_expr_mut(&mut |expr| {
        expr.transform(&mut |part| match part {
            Expr::Var(var) if var.levels_up > own => var.levels_up += by,
            Expr::Aggref(aggregate) if aggregate.levels_up > own => aggregate.levels_up += by,
            _ => {}
        });
    });
    for entry in &mut query.range_table {
        if let RangeTableKind::Cte { levels_up, .. } = &mut entry.kind
            && *levels_up > own
        {
            *levels_up += by;
        }
    }
    query.for_each_subquery_mut(&mut |subquery| shift_levels(Arc::make_mut(subquery), by, own + 1));
}
