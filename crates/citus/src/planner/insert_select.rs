//! INSERT .. SELECT: pushed down to colocated shards, or by way of the coordinator.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::plan_with_extension;
use kumquat_postgres::explain::{ExplainWriter, Group, explain_query};
use kumquat_postgres::extension::{CustomOutput, CustomScan, PlannedBy};
use kumquat_postgres::planner::PlanKind;
use kumquat_postgres::query::{BoolOp, CommandType, Expr, Query, RangeTableKind, TargetEntry};
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState};

use super::analysis::{analyze, strip};
use super::insert::{self, Rows};
use super::plan::DistributedPlan;
use super::pushdown::{self, DistributionColumns};
use super::{evaluate, recursive, rewrite, router};
use crate::executor;
use crate::metadata::{self, TableType};
use crate::session;
use crate::settings;
use crate::shards::names::qualified_name;
use crate::tables::checks;
use crate::trace::PlanChoice;

/// Plans an INSERT whose rows come from a query.
pub fn plan(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64, relation: Oid) -> Result<PlannedBy> {
    if let Some(plan) = push_down(backend, query, id, relation)? {
        return Ok(PlannedBy::Custom(Arc::new(plan)));
    }
    check_distribution_value(backend, query, relation)?;
    let plan = PullPlan {
        id,
        query: query.clone(),
        source: Arc::new(source_query(backend, query, relation)?),
        relation,
    };
    Ok(PlannedBy::Custom(Arc::new(plan)))
}

/// Each shard selects and inserts its own rows, if the distribution column comes from the distribution column of
/// a colocated table.
fn push_down(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64, relation: Oid) -> Result<Option<DistributedPlan>> {
    let metadata = metadata::of(backend)?.clone();
    let Some(table) = metadata
        .table(relation)
        .filter(|table| table.table_type().is_distributed())
    else {
        return Ok(None);
    };
    let Some(index) = insert::source_subquery(query) else {
        return Ok(None);
    };
    let Some(RangeTableKind::Subquery { query: source, .. }) = query.entry(index).map(|entry| &entry.kind) else {
        return Ok(None);
    };
    let analysis = analyze(source, &metadata, &[]);
    let usable = analysis.distributed().next().is_some()
        && analysis.uses.iter().all(|other| match other.table_type {
            Some(TableType::Reference) => true,
            Some(found) if found.is_distributed() => other.colocation_id == table.colocation_id,
            _ => false,
        })
        && analysis.joined_on_distribution_columns()
        && !router::modifies_in_cte(source)
        && source.ctes.is_empty();
    if !usable || needs_sequences(backend, query, relation)? {
        return Ok(None);
    }
    // What one shard has all the rows of may be sorted and limited there.
    let is_single = pushdown::shard_tasks(backend, source, &analysis)?.len() == 1;
    if !is_single && query_needs_coordinator(backend, source)? {
        return Ok(None);
    }
    let mut key = None;
    if let Some(column) = table.column {
        let columns = DistributionColumns::of(source, &analysis);
        let value = query.target_list.iter().find(|target| target.number == column);
        let from_source = value.and_then(|target| match strip(&target.expr) {
            Expr::Var(var) if var.varno == index => {
                source.output_columns().find(|output| output.number == var.attribute)
            }
            _ => None,
        });
        let Some(output) = from_source.filter(|output| columns.contains(&output.expr)) else {
            return Ok(None);
        };
        key = Some(output.expr.clone());
    }
    let mut pushed = (**query).clone();
    if let (Some(key), Some(entry)) = (key, index.checked_sub(1).and_then(|at| pushed.range_table.get_mut(at)))
        && let RangeTableKind::Subquery { query: source, .. } = &mut entry.kind
        && source.set_operation.is_none()
    {
        add_not_null(Arc::make_mut(source), key);
    }
    evaluate::evaluate_stable_parts(backend, &mut pushed)?;
    insert::name_target(&mut pushed);
    let pushed = Arc::new(pushed);
    let whole = analyze(&pushed, &metadata, &[]);
    let mut tasks = pushdown::shard_tasks(backend, source, &analysis)?;
    let places: Vec<usize> = tasks
        .iter()
        .filter_map(|task| metadata.index_of_shard(task.shard?))
        .collect();
    tasks = super::tasks::tasks_at(backend, &pushed, &whole, &places)?;
    let many = tasks.len() > 1;
    Ok(Some(DistributedPlan {
        id,
        command: CommandType::Insert,
        subplans: Vec::new(),
        choice: PlanChoice {
            name: "insert-select pushdown",
            why: "rows stay in the place of the shards they come from".to_string(),
        },
        route: None,
        tasks,
        parallel_tables: if many { vec![relation] } else { Vec::new() },
        written_tables: vec![relation],
        repartition: None,
    }))
}

/// Rows without a distribution value belong to no shard.
fn add_not_null(source: &mut Query, key: Expr) {
    let test = Expr::NullTest {
        arg: Box::new(key),
        is_null: false,
        row_test: false,
    };
    source.quals = Some(match source.quals.take() {
        Some(quals) => Expr::Bool(BoolOp::And, vec![quals, test]),
        None => test,
    });
}

/// LIMIT, whole-table aggregates and the like need all rows in one place.
fn query_needs_coordinator(backend: &mut Backend<'_>, source: &Arc<Query>) -> Result<bool> {
    let (_, subplans) = recursive::plan_subqueries(backend, source, 0)?;
    Ok(!subplans.is_empty() || recursive::needs_subplan(backend, source)?)
}

/// Defaults by `nextval` are computed on the coordinator.
fn needs_sequences(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<bool> {
    let found = checks::relation(backend, relation)?;
    let named = |number: i16| query.target_list.iter().any(|target| target.number == number);
    let result = found.live_attributes().any(|attribute| {
        let default = attribute.default.as_ref();
        !named(attribute.number)
            && (attribute.identity.is_some()
                || default.is_some_and(|default| evaluate::has_volatility(default, kumquat_types::Volatility::Stable)))
    });
    Ok(result)
}

/// The distribution column must be among the columns that get a value.
fn check_distribution_value(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<()> {
    let column = metadata::of(backend)?.table(relation).and_then(|table| table.column);
    let Some(column) = column else { return Ok(()) };
    let found = checks::relation(backend, relation)?;
    let has_default = found
        .attribute(column)
        .is_some_and(|attribute| attribute.default.is_some() || attribute.identity.is_some());
    if has_default || query.target_list.iter().any(|target| target.number == column) {
        return Ok(());
    }
    let name = qualified_name(backend.catalog()?, relation);
    Err(Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("the partition column of table {name} should have a value"),
    ))
}

/// A SELECT that gives the values of the INSERT's columns.
fn source_query(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<Query> {
    if let Some(inner) = plain_source(query) {
        return Ok(inner);
    }
    let mut source = query.clone();
    source.command = CommandType::Select;
    source.result_relation = None;
    source.on_conflict = None;
    source.returning = Vec::new();
    source.override_kind = None;
    let target = query.result_relation.and_then(|index| index.checked_sub(1));
    if let Some(entry) = target.and_then(|at| source.range_table.get_mut(at)) {
        entry.kind = RangeTableKind::Result;
        entry.required = Vec::new();
    }
    let _ = (backend, relation);
    source.target_list = (1..)
        .zip(&query.target_list)
        .map(|(number, target)| TargetEntry {
            number,
            ..target.clone()
        })
        .collect();
    Ok(source)
}

/// The subquery itself, if its columns are inserted as they are.
fn plain_source(query: &Query) -> Option<Query> {
    let index = insert::source_subquery(query)?;
    let RangeTableKind::Subquery { query: inner, .. } = &query.entry(index)?.kind else {
        return None;
    };
    let in_order = (1..).zip(&query.target_list).all(|(number, target)| {
        matches!(&target.expr, Expr::Var(var) if var.varno == index && var.attribute == number && var.levels_up == 0)
    });
    let is_whole = inner.output_columns().count() == query.target_list.len();
    (in_order && is_whole && query.ctes.is_empty()).then(|| (**inner).clone())
}

/// Selects on the coordinator, then sends the rows to their shards.
#[derive(Clone, Debug)]
pub struct PullPlan {
    id: u64,
    query: Arc<Query>,
    source: Arc<Query>,
    relation: Oid,
}

impl CustomScan for PullPlan {
    fn name(&self) -> &'static str {
        "Citus INSERT ... SELECT"
    }

    fn execute(&self, backend: &mut Backend<'_>, _: &[Datum]) -> Result<CustomOutput> {
        let outcome = backend.execute_query(&self.source, &[])?;
        let chunks = outcome.rows.unwrap_or_default().chunks;
        session::log(backend, |log| {
            log.trace.plan = Some(PlanChoice {
                name: "insert-select by way of the coordinator",
                why: "the rows change their place".to_string(),
            });
        });
        let columns: Vec<i16> = self.query.target_list.iter().map(|target| target.number).collect();
        if self.query.on_conflict.is_none() && self.query.returning.is_empty() {
            let processed = executor::copy::copy_chunks(backend, self.relation, &columns, chunks)?;
            return Ok(CustomOutput {
                chunks: Vec::new(),
                processed,
            });
        }
        self.insert_by_statement(backend, columns, chunks)
    }

    fn explain(&self, backend: &mut Backend<'_>, writer: &mut ExplainWriter) -> Result<()> {
        let plan = plan_with_extension(backend, &self.source, &[])?;
        let is_spread = match &plan.root.kind {
            PlanKind::CustomScan { scan, .. } => scan.is_spread(),
            _ => false,
        };
        let is_dealt = metadata::of(backend)?
            .table(self.relation)
            .is_some_and(|table| table.column.is_some());
        let is_sent = is_spread && is_dealt && settings::is_on(backend, "citus.enable_repartitioned_insert_select");
        if writer.options.analyze {
            let how = if is_sent {
                "with repartitioning"
            } else {
                "via coordinator"
            };
            let message = format!("EXPLAIN ANALYZE is currently not supported for INSERT ... SELECT commands {how}");
            return Err(Error::new(SqlState::INTERNAL_ERROR, message));
        }
        let method = if is_sent { "repartition" } else { "pull to coordinator" };
        writer.property("INSERT/SELECT method", method);
        writer.group(Group::list("Select Query"), |writer| {
            explain_query(backend, &self.source, &[], writer)
        })
    }
}

impl PullPlan {
    /// ON CONFLICT and RETURNING need statements on the shards.
    fn insert_by_statement(
        &self,
        backend: &mut Backend<'_>,
        mut columns: Vec<i16>,
        chunks: Vec<Chunk>,
    ) -> Result<CustomOutput> {
        let relation = checks::relation(backend, self.relation)?;
        let types: Vec<Oid> = self
            .query
            .target_list
            .iter()
            .map(|target| target.expr.type_oid())
            .collect();
        let mut rows: Vec<Vec<Expr>> = chunks
            .iter()
            .flat_map(|chunk| chunk.iter_rows().collect::<Vec<_>>())
            .map(|row| {
                let values = row.into_iter().zip(&types);
                values
                    .map(|(value, type_oid)| Expr::constant(value, *type_oid))
                    .collect()
            })
            .collect();
        if rows.is_empty() {
            return Ok(CustomOutput::default());
        }
        insert::add_defaults(&relation, &mut columns, &mut rows);
        for row in &mut rows {
            for (expr, number) in row.iter_mut().zip(&columns) {
                if let (Expr::SetToDefault { .. }, Some(attribute)) = (&*expr, relation.attribute(*number)) {
                    *expr = insert::default_of(backend, &relation, attribute)?;
                }
            }
        }
        self.check_nulls(backend, &columns, &rows)?;
        let mut statement = (*self.query).clone();
        statement.from = Vec::new();
        if let Some(at) = insert::source_subquery(&self.query).and_then(|index| index.checked_sub(1))
            && let Some(entry) = statement.range_table.get_mut(at)
        {
            *entry = rewrite::entry(RangeTableKind::Result, "*RESULT*", Vec::new());
        }
        let plan = insert::plan_rows(backend, &statement, self.id, self.relation, Rows { columns, rows })?;
        executor::execute(backend, &plan)
    }

    fn check_nulls(&self, backend: &Backend<'_>, columns: &[i16], rows: &[Vec<Expr>]) -> Result<()> {
        let column = metadata::of(backend)?
            .table(self.relation)
            .and_then(|table| table.column);
        let Some(at) = column.and_then(|column| columns.iter().position(|number| *number == column)) else {
            return Ok(());
        };
        let has_null = rows
            .iter()
            .any(|row| matches!(row.get(at), Some(Expr::Const(constant)) if constant.value.is_null()));
        match has_null {
            true => Err(crate::hashing::split::null_distribution_value(backend, self.relation)),
            false => Ok(()),
        }
    }
}
