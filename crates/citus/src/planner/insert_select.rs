//! INSERT .. SELECT: pushed down to colocated shards, or by way of the coordinator.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::{RelationBindings, plan_with_extension, run};
use kumquat_postgres::explain::{ExplainWriter, Group, explain_query};
use kumquat_postgres::extension::{CustomOutput, CustomScan, PlannedBy};
use kumquat_postgres::planner::PlannedQuery;
use kumquat_postgres::query::{BoolOp, CommandType, Expr, FuncForm, Query, RangeTableKind, TargetEntry};
use kumquat_types::{Chunk, Datum, Error, Oid, Result, Severity, SqlState};

use super::analysis::{Analysis, TableUse, analyze, strip};
use super::evaluate::Functions;
use super::insert::{self, Rows};
use super::plan::{DistributedPlan, Task};
use super::pushdown::{self, DistributionColumns};
use super::router::Target;
use super::{errors, evaluate, merge, pushable, recursive, report, rewrite, router};
use crate::executor;
use crate::metadata::{self, TableType};
use crate::session;
use crate::settings;
use crate::shards::names::qualified_name;
use crate::tables::checks;
use crate::trace::{PlanChoice, Sql};

/// Plans an INSERT whose rows come from a query (`CreateInsertSelectPlan`).
pub fn plan(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64, relation: Oid) -> Result<PlannedBy> {
    match push_down(backend, query, id, relation)? {
        Ok(plan) => Ok(PlannedBy::Custom(Arc::new(plan))),
        Err(refusal) => {
            report::deferred(backend, Severity::Debug1, refusal);
            pull(backend, query, id, relation)
        }
    }
}

/// Rows leave their shards: they are sent to others directly, or by way of the coordinator.
fn pull(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64, relation: Oid) -> Result<PlannedBy> {
    check_distribution_value(backend, query, relation)?;
    let source = Arc::new(source_query(query)?);
    let source = plan_with_extension(backend, &source, &[])?;
    let column = metadata::of(backend)?.table(relation).and_then(|table| table.column);
    let key = column.and_then(|column| query.target_list.iter().position(|target| target.number == column));
    let is_sent = key.is_some()
        && merge::is_spread(&source)
        && settings::is_on(backend, "citus.enable_repartitioned_insert_select");
    let plan = PullPlan {
        id,
        query: query.clone(),
        source,
        relation,
        sent_by: key.filter(|_| is_sent),
    };
    Ok(PlannedBy::Custom(Arc::new(plan)))
}

/// Each shard selects and inserts its own rows, if the distribution column comes from the distribution column of
/// a colocated table; else the reason why not.
fn push_down(
    backend: &mut Backend<'_>,
    query: &Arc<Query>,
    id: u64,
    relation: Oid,
) -> Result<Result<DistributedPlan, Error>> {
    let metadata = metadata::of(backend)?.clone();
    let source = insert::source_subquery(query).and_then(|index| match &query.entry(index)?.kind {
        RangeTableKind::Subquery { query, .. } => Some((index, query)),
        _ => None,
    });
    let (Some((index, source)), Some(table)) = (source, metadata.table(relation)) else {
        return Ok(Err(errors::unsupported(ONLY_DISTRIBUTED)));
    };
    let analysis = analyze(source, &metadata, &[]);
    if let Some(refusal) = refusal(backend, query, index, source, &analysis, relation)? {
        return Ok(Err(refusal));
    }
    let mut pushed = (**query).clone();
    let key = table.column.and_then(|column| {
        let target = query.target_list.iter().find(|target| target.number == column)?;
        output_of(source, index, &target.expr)
    });
    if let (Some(key), Some(entry)) = (key, index.checked_sub(1).and_then(|at| pushed.range_table.get_mut(at)))
        && let RangeTableKind::Subquery { query: source, .. } = &mut entry.kind
        && source.set_operation.is_none()
    {
        let key = key.expr.clone();
        add_not_null(Arc::make_mut(source), key);
    }
    evaluate::evaluate_stable_parts(backend, &mut pushed)?;
    insert::name_target(&mut pushed);
    let pushed = Arc::new(pushed);
    let whole = analyze(&pushed, &metadata, &[]);
    let places: Vec<usize> = match analysis.distributed().next() {
        None => vec![0],
        Some(_) => pushdown::shard_tasks(backend, source, &analysis)?
            .iter()
            .filter_map(|task| metadata.index_of_shard(task.shard?))
            .collect(),
    };
    let tasks = super::tasks::tasks_at(backend, &pushed, &whole, &places)?;
    report_statements(backend, &tasks, relation)?;
    let many = tasks.len() > 1;
    Ok(Ok(DistributedPlan {
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

/// Tells what each shard of the target is sent.
fn report_statements(backend: &mut Backend<'_>, tasks: &[Task], relation: Oid) -> Result<()> {
    if !report::is_loggable(backend, Severity::Debug2) {
        return Ok(());
    }
    let shards = metadata::of(backend)?.shards_of(relation).to_vec();
    let metadata = metadata::of(backend)?.clone();
    for (index, shard) in shards.iter().enumerate() {
        let task = tasks
            .iter()
            .find(|task| task.shard.and_then(|shard| metadata.index_of_shard(shard)) == Some(index));
        let message = match task.and_then(|task| Some((task, task.placements.first()?))) {
            Some((task, placement)) => {
                let names = placement.names.clone();
                let query = task.query.clone();
                format!(
                    "distributed statement: {}",
                    Sql::Query { query, names }.render(backend)?
                )
            }
            None => format!("Skipping target shard interval {shard} since SELECT query for it pruned away"),
        };
        report::debug(backend, Severity::Debug2, message);
    }
    Ok(())
}

const ONLY_DISTRIBUTED: &str = "distributed INSERT ... SELECT can only select from distributed tables";

/// Why the shards cannot each insert their own rows (`DistributedInsertSelectSupported`).
fn refusal(
    backend: &mut Backend<'_>,
    query: &Query,
    index: usize,
    source: &Arc<Query>,
    analysis: &Analysis,
    relation: Oid,
) -> Result<Option<Error>> {
    let refused = |message: &str| Ok(Some(errors::unsupported(message)));
    let metadata = metadata::of(backend)?.clone();
    let Some(table) = metadata.table(relation) else {
        return refused(ONLY_DISTRIBUTED);
    };
    let has_distributed = analysis.distributed().next().is_some();
    let has = |wanted: Option<TableType>| analysis.uses.iter().any(|table| table.table_type == wanted);
    let (has_local, has_citus_local) = (has(None), has(Some(TableType::CitusLocal)));
    let is_citus_local = table.table_type() == TableType::CitusLocal;
    if analysis.uses.iter().all(|table| table.table_type.is_none()) {
        return refused(ONLY_DISTRIBUTED);
    }
    if has_distributed && (has_local || has_citus_local) {
        return refused(
            "distributed INSERT ... SELECT cannot select from distributed tables and local tables at the same time",
        );
    }
    if has_distributed && is_citus_local {
        return refused("distributed INSERT ... SELECT cannot insert into a local table that is added to metadata");
    }
    if has_local {
        return refused("distributed INSERT ... SELECT cannot select from a local table");
    }
    if recursive::is_volatile(source, &Functions::of(backend)?) || needs_sequences(backend, query, relation)? {
        return refused("volatile functions are not allowed in distributed INSERT ... SELECT queries");
    }
    // What one shard has all the rows of may be sorted and limited there.
    let is_routed = matches!(router::target(backend, analysis)?, Target::Place(_));
    if !is_routed && let Some(error) = source_refusal(backend, source, analysis)? {
        return Ok(Some(error));
    }
    if is_citus_local || router::modifies_in_cte(source) {
        return refused("distributed INSERT ... SELECT cannot insert into a local table that is added to metadata");
    }
    if table.table_type() == TableType::Reference {
        return match has_distributed || has_citus_local {
            true => refused(
                "only reference tables may be queried when targeting a reference table with distributed INSERT ... \
                 SELECT",
            ),
            false => Ok(None),
        };
    }
    if has_citus_local {
        return refused(
            "distributed INSERT ... SELECT cannot select from a local relation when inserting into a distributed table",
        );
    }
    if let Some(column) = table.column
        && let Some(error) = other_column(query, index, source, analysis, column)
    {
        return Ok(Some(error));
    }
    let is_colocated = |other: &TableUse| !other.is_distributed() || other.colocation_id == table.colocation_id;
    match has_distributed && analysis.uses.iter().all(is_colocated) {
        true => Ok(None),
        false => refused(
            "INSERT target relation and all source relations of the SELECT must be colocated in distributed INSERT ... \
             SELECT",
        ),
    }
}

/// Why shards cannot each answer the source.
fn source_refusal(backend: &mut Backend<'_>, source: &Arc<Query>, analysis: &Analysis) -> Result<Option<Error>> {
    let metadata = metadata::of(backend)?.clone();
    let threshold = settings::integer(backend, "citus.values_materialization_threshold");
    if let Err(error) = errors::check_subqueries(backend, source, analysis, &metadata) {
        return Ok(Some(error));
    }
    if let Some(error) = pushable::refusal(source, &metadata, &Functions::of(backend)?, threshold) {
        return Ok(Some(error));
    }
    let needs = !source.ctes.is_empty() || query_needs_coordinator(backend, source)?;
    Ok(needs.then(|| errors::unsupported("cannot push down this subquery")))
}

/// The source's column that a target of the INSERT is.
fn output_of<'a>(source: &'a Query, index: usize, expr: &Expr) -> Option<&'a TargetEntry> {
    match strip(expr) {
        Expr::Var(var) if var.varno == index => source.output_columns().find(|output| output.number == var.attribute),
        _ => None,
    }
}

/// Why the distribution column is not the source's (`InsertPartitionColumnMatchesSelect`).
fn other_column(query: &Query, index: usize, source: &Query, analysis: &Analysis, column: i16) -> Option<Error> {
    let error = |detail: String| {
        errors::unsupported(
            "cannot perform distributed INSERT INTO ... SELECT because the partition columns in the source table and \
             subquery do not match",
        )
        .detail(detail)
    };
    let target = query.target_list.iter().find(|target| target.number == column);
    let mut named = None;
    if let Some(target) = target {
        target.expr.visit(&mut |part| {
            if let Some(output) = output_of(source, index, part) {
                named = Some((target, output));
            }
        });
    }
    let Some((target, output)) = named else {
        return Some(error(
            "the query doesn't include the target table's partition column".to_string(),
        ));
    };
    if !matches!(strip(&output.expr), Expr::Var(_)) {
        let what = description(&output.expr);
        let detail = format!("Subquery contains {what} in the same position as the target table's partition column.");
        return Some(error(detail).hint(
            "Ensure the target table's partition column has a corresponding simple column reference to a distributed \
             table's partition column in the subquery.",
        ));
    }
    if !matches!(strip(&target.expr), Expr::Var(_)) {
        return Some(error(
            "The data type of the target table's partition column should exactly match the data type of the \
             corresponding simple column reference in the subquery."
                .to_string(),
        ));
    }
    let keys = DistributionColumns::of(source, analysis);
    let is_key = keys.contains(&output.expr) || analysis.distributed().all(|(_, table)| table.column.is_none());
    (!is_key).then(|| {
        error(
            "The target table's partition column should correspond to a partition column in the subquery.".to_string(),
        )
    })
}

/// What an expression is called in errors.
fn description(expr: &Expr) -> &'static str {
    match expr {
        Expr::Const(_) => "a constant value",
        Expr::Op(_) => "an operator",
        Expr::Func(call) => match call.form {
            FuncForm::ExplicitCast => "an explicit cast",
            FuncForm::ImplicitCast => "an implicit cast",
            _ => "a function call",
        },
        Expr::Aggref(_) => "an aggregation",
        Expr::Case { .. } => "a case expression",
        Expr::Coalesce { .. } => "a coalesce expression",
        Expr::Row { .. } => "a row expression",
        Expr::MinMax { .. } => "a min/max expression",
        Expr::CoerceViaIo { .. } => "an explicit coercion",
        _ => "an expression that is not a simple column reference",
    }
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
    Ok(recursive::needs_subplans(backend, source)? || recursive::needs_subplan(backend, source)?)
}

/// Defaults by `nextval` are computed on the coordinator.
fn needs_sequences(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<bool> {
    let found = checks::relation(backend, relation)?;
    let functions = Functions::of(backend)?;
    let named = |number: i16| query.target_list.iter().any(|target| target.number == number);
    let result = found.live_attributes().any(|attribute| {
        let default = attribute.default.as_ref();
        !named(attribute.number)
            && (attribute.identity.is_some()
                || default.is_some_and(|default| functions.has_volatility(default, kumquat_types::Volatility::Stable)))
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
fn source_query(query: &Query) -> Result<Query> {
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
    source: Arc<PlannedQuery>,
    relation: Oid,
    /// The column by which rows are sent from shard to shard; `None`: they go by way of the coordinator.
    sent_by: Option<usize>,
}

impl CustomScan for PullPlan {
    fn name(&self) -> &'static str {
        "Citus INSERT ... SELECT"
    }

    fn execute(&self, backend: &mut Backend<'_>, _: &[Datum]) -> Result<CustomOutput> {
        self.report(backend);
        let outcome = run(backend, &self.source, &[], &RelationBindings::new())?;
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
        let method = match self.sent_by {
            Some(_) => "repartition",
            None => "pull to coordinator",
        };
        if writer.options.analyze {
            let how = match self.sent_by {
                Some(_) => "with repartitioning",
                None => "via coordinator",
            };
            let message = format!("EXPLAIN ANALYZE is currently not supported for INSERT ... SELECT commands {how}");
            return Err(Error::new(SqlState::INTERNAL_ERROR, message));
        }
        writer.property("INSERT/SELECT method", method);
        // EXPLAIN plans the query once more (`NonPushableInsertSelectExplainScan`).
        let source = Arc::new(source_query(&self.query)?);
        writer.group(Group::list("Select Query"), |writer| {
            explain_query(backend, &source, &[], writer)
        })
    }
}

impl PullPlan {
    /// Tells how the rows travel.
    fn report(&self, backend: &mut Backend<'_>) {
        let Some(at) = self.sent_by else {
            let message = "Collecting INSERT ... SELECT results on coordinator";
            return report::debug(backend, Severity::Debug1, message);
        };
        report::debug(backend, Severity::Debug1, "performing repartitioned INSERT ... SELECT");
        let name = self.query.target_list.get(at).map(|target| target.name.clone());
        let message = format!(
            "partitioning SELECT query by column index {at} with name '{}'",
            name.unwrap_or_default()
        );
        report::debug(backend, Severity::Debug2, message);
    }

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
        // What WITH names has been read.
        statement.ctes = Vec::new();
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
