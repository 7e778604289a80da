//! MERGE: each shard merges its own rows with those of colocated shards; a source that lies elsewhere is read first
//! and its rows are sent to the shards that they can match.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::executor::{RelationBindings, plan_with_extension, run};
use kumquat_postgres::explain::{ExplainWriter, Group, explain_query};
use kumquat_postgres::extension::{CustomOutput, CustomScan, PlannedBy};
use kumquat_postgres::planner::{PlanKind, PlannedQuery};
use kumquat_postgres::query::{
    CommandType, Expr, FromItem, MergeAction, MergeActionKind, Query, RangeTableEntry, RangeTableKind, TargetEntry,
};
use kumquat_postgres::result::ResultSet;
use kumquat_types::{Chunk, Datum, Error, Oid, Result, Severity, SqlState};

use super::analysis::{Analysis, analyze, is_equality, strip};
use super::modify::{self, target_relation};
use super::plan::DistributedPlan;
use super::pushdown::DistributionColumns;
use super::recursive::{fill_dropped, needs_subplan, read_result};
use super::router::{self, Target};
use super::{coordinator_scan, errors, evaluate, pruning, report, rewrite, tasks};
use crate::executor;
use crate::metadata::{self, TableType};

/// Plans a MERGE.
pub fn plan(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<PlannedBy> {
    let Some(relation) = target_relation(query) else {
        return Ok(PlannedBy::Standard);
    };
    match metadata::of(backend)?.table_type(relation) {
        None => return coordinator_scan::read_citus_tables_first(backend, query),
        Some(TableType::Reference) => {
            return Err(errors::unsupported(
                "Reference table as target is not allowed in MERGE command",
            ));
        }
        Some(_) => {}
    }
    let mut query = (**query).clone();
    check_actions(backend, &query, relation)?;
    evaluate::evaluate_stable_parts(backend, &mut query)?;
    let query = Arc::new(query);
    let analysis = analyze(&query, metadata::of(backend)?, &[]);
    refuse_local_source(&analysis)?;
    let key = join_key(backend, &query, relation)?;
    let refusal = not_pushable(backend, &query, &analysis, relation)?;
    if refusal.is_none() {
        let tasks = match router::target(backend, &analysis)? {
            Target::Place(place) => vec![tasks::task_at(backend, &query, &analysis, &place)?],
            _ => {
                let places: Vec<usize> = (0..metadata::of(backend)?.shards_of(relation).len()).collect();
                tasks::tasks_at(backend, &query, &analysis, &places)?
            }
        };
        report::debug(backend, Severity::Debug1, "Creating MERGE router plan");
        let plan = DistributedPlan::modification(id, CommandType::Merge, tasks, &analysis, relation);
        return Ok(PlannedBy::Custom(Arc::new(plan)));
    }
    if let Some((note, error)) = refusal {
        if let Some(note) = note {
            report::debug(backend, Severity::Debug1, note);
        }
        report::deferred(backend, Severity::Debug1, error);
    }
    report::debug(backend, Severity::Debug1, "Creating MERGE repartition plan");
    redistributed(backend, query, id, relation, key)
}

/// The source is read by itself, and its rows are sent to the target's shards (`CreateNonPushableMergePlan`).
fn redistributed(
    backend: &mut Backend<'_>,
    query: Arc<Query>,
    id: u64,
    relation: Oid,
    key: Option<Expr>,
) -> Result<PlannedBy> {
    let [FromItem::Table(index)] = query.from.as_slice() else {
        return Err(Error::not_modelled(
            "MERGE from a join of tables that are not colocated",
        ));
    };
    if query.merge_actions.iter().any(has_sublink) {
        return Err(errors::unsupported(
            "Sub-queries and CTEs are not allowed in actions for MERGE with repartitioning",
        )
        .hint(
            "Try making the source and target colocated and joined on the distribution column, making it a \
                 routable query",
        ));
    }
    let source = Arc::new(source_query(&query, *index)?);
    let key = key.map(|key| source_column(&source, &key)).transpose()?;
    if let Some(at) = key {
        let message = format!("Using column - index:{at} from the source list to redistribute");
        report::debug(backend, Severity::Debug1, message);
    }
    let source = plan_with_extension(backend, &source, &[])?;
    let plan = RedistributedMerge {
        id,
        is_repartitioned: key.is_some() && is_spread(&source),
        columns: source_query(&query, *index)?,
        source,
        index: *index,
        query,
        relation,
        key,
    };
    Ok(PlannedBy::Custom(Arc::new(plan)))
}

fn has_sublink(action: &MergeAction) -> bool {
    let targets = match &action.action {
        MergeActionKind::Insert { targets, .. } | MergeActionKind::Update(targets) => targets.as_slice(),
        _ => &[],
    };
    let mut exprs = targets.iter().map(|target| &target.expr).chain(&action.condition);
    exprs.any(|expr| expr.any(&mut |part| matches!(part, Expr::SubLink(_))))
}

/// The plan's rows lie on several shards, from where they can be sent to others directly.
pub fn is_spread(plan: &PlannedQuery) -> bool {
    match &plan.root.kind {
        PlanKind::CustomScan { scan, .. } => scan.is_spread(),
        _ => false,
    }
}

/// The place among the source's columns of the one that the distribution column is compared with.
fn source_column(source: &Query, key: &Expr) -> Result<usize> {
    let Expr::Var(key) = strip(key) else {
        return Err(Error::not_modelled("MERGE on an expression of the source"));
    };
    source
        .output_columns()
        .position(|target| matches!(&target.expr, Expr::Var(var) if var.attribute == key.attribute))
        .ok_or_else(|| Error::internal("MERGE has lost the source's key"))
}

/// The distribution column keeps its value, and a new row has one.
fn check_actions(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<()> {
    let Some(column) = metadata::of(backend)?.table(relation).and_then(|table| table.column) else {
        return Ok(());
    };
    let sets = |targets: &[TargetEntry]| targets.iter().any(|target| !target.junk && target.number == column);
    for action in &query.merge_actions {
        match &action.action {
            MergeActionKind::Update(targets) if changes_key(backend, query, targets, column)? => {
                return Err(errors::unsupported(
                    "updating the distribution column is not allowed in MERGE actions",
                ));
            }
            MergeActionKind::Insert { targets, .. } if !sets(targets) => {
                return Err(errors::unsupported(
                    "MERGE INSERT must have distribution column as value",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// SET gives the distribution column another value.
fn changes_key(backend: &Backend<'_>, query: &Query, targets: &[TargetEntry], column: i16) -> Result<bool> {
    let metadata = metadata::of(backend)?;
    Ok(targets
        .iter()
        .filter(|target| !target.junk && target.number == column)
        .any(|target| modify::changes_value(query, &target.expr, column, metadata)))
}

fn refuse_local_source(analysis: &Analysis) -> Result<()> {
    match analysis.uses.iter().any(|table| table.table_type.is_none()) {
        true => Err(errors::unsupported(
            "MERGE INTO an distributed table from Postgres table is not yet supported",
        )),
        false => Ok(()),
    }
}

/// What the target's distribution column is compared with; nothing if it has none.
fn join_key(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<Option<Expr>> {
    let column = metadata::of(backend)?.table(relation).and_then(|table| table.column);
    if column.is_none() {
        return Ok(None);
    }
    let is_target = |expr: &Expr| match strip(expr) {
        Expr::Var(var) => Some(var.varno) == query.result_relation && Some(var.attribute) == column,
        _ => false,
    };
    let mut key = None;
    if let Some(quals) = &query.quals {
        quals.visit(&mut |part| {
            let Expr::Op(op) = part else { return };
            let ([left, right], true) = (op.args.as_slice(), is_equality(op.operator)) else {
                return;
            };
            if is_target(left) {
                key = Some(right.clone());
            } else if is_target(right) {
                key = Some(left.clone());
            }
        });
    }
    key.map(Some).ok_or_else(|| {
        Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "The required join operation is missing between the target's distribution column and any expression \
             originating from the source. The issue may arise from a non-equi-join.",
        )
        .detail(
            "Without a equi-join condition on the target's distribution column, the source rows cannot be efficiently \
             redistributed, and the NOT-MATCHED condition cannot be evaluated unambiguously. This can result in \
             incorrect or unexpected results when attempting to merge tables in a distributed setting",
        )
    })
}

/// Why shards cannot each merge their own rows, with what is told before (`DeferErrorIfRoutableMergeNotSupported`).
fn not_pushable(
    backend: &mut Backend<'_>,
    query: &Query,
    analysis: &Analysis,
    relation: Oid,
) -> Result<Option<(Option<&'static str>, Error)>> {
    let refused = |note: Option<&'static str>, message: &str| Ok(Some((note, errors::unsupported(message))));
    let has = |wanted: TableType| analysis.uses.iter().any(|table| table.table_type == Some(wanted));
    let distributed = analysis.distributed().count();
    if distributed == 0 {
        return Ok(None);
    }
    if has(TableType::Reference) {
        return refused(
            Some("A mix of distributed and reference table, try repartitioning"),
            "A mix of distributed and reference table, routable query is not possible",
        );
    }
    if has(TableType::CitusLocal) {
        return refused(
            Some("A mix of distributed and local table, try repartitioning"),
            "A mix of distributed and citus-local table, routable query is not possible",
        );
    }
    if distributed == 1 {
        return refused(
            None,
            "There is only one distributed table, merge is not pushable, try repartitioning",
        );
    }
    if !analysis.colocated() {
        return refused(
            Some("Distributed tables are not co-located, try repartitioning"),
            "For MERGE command, all the distributed tables must be colocated",
        );
    }
    let is_routed = matches!(router::target(backend, analysis)?, Target::Place(_));
    if !is_routed && let Err(error) = check_source(backend, query, analysis) {
        return Ok(Some((Some("Sub-query is not pushable, try repartitioning"), error)));
    }
    if inserts_other_value(backend, query, analysis, relation)? {
        const OTHER_VALUE: &str = "MERGE INSERT must use the source table distribution column value for push down to \
                                   workers. Otherwise, repartitioning will be applied";
        return refused(Some(OTHER_VALUE), OTHER_VALUE);
    }
    Ok(None)
}

/// Each shard can read the source's rows that match its own.
fn check_source(backend: &Backend<'_>, query: &Query, analysis: &Analysis) -> Result<()> {
    errors::check_subqueries(backend, query, analysis, metadata::of(backend)?)?;
    if !query.ctes.is_empty() {
        return Err(errors::unsupported("cannot push down this subquery")
            .detail("Common Table Expressions are currently unsupported"));
    }
    for entry in &query.range_table {
        if let RangeTableKind::Subquery { query, .. } = &entry.kind
            && needs_subplan(backend, query)?
        {
            return Err(errors::unsupported("cannot push down this subquery"));
        }
    }
    Ok(())
}

/// INSERT gives the distribution column another value than the source's distribution column, so that the new row
/// may belong to another shard.
fn inserts_other_value(backend: &Backend<'_>, query: &Query, analysis: &Analysis, relation: Oid) -> Result<bool> {
    let Some(column) = metadata::of(backend)?.table(relation).and_then(|table| table.column) else {
        return Ok(false);
    };
    let keys = DistributionColumns::of(query, analysis);
    Ok(query.merge_actions.iter().any(|action| match &action.action {
        MergeActionKind::Insert { targets, .. } => targets
            .iter()
            .any(|target| target.number == column && !keys.contains(&target.expr)),
        _ => false,
    }))
}

/// `SELECT * FROM source`.
fn source_query(query: &Query, index: usize) -> Result<Query> {
    let entry = query.entry(index).cloned();
    let mut entry = entry.ok_or_else(|| Error::internal("MERGE has no source"))?;
    entry.required = Vec::new();
    let mut source = rewrite::select_all(entry);
    source.ctes = query.ctes.clone();
    source.recursive = query.recursive;
    Ok(source)
}

/// A source that is read by itself and sent to the shards that its rows belong to.
#[derive(Clone, Debug)]
pub struct RedistributedMerge {
    id: u64,
    query: Arc<Query>,
    source: Arc<PlannedQuery>,
    /// The source's columns.
    columns: Query,
    /// Of the source in the range table.
    index: usize,
    relation: Oid,
    /// The source's column that the distribution column is compared with; `None`: there is one shard.
    key: Option<usize>,
    /// Rows go from shard to shard, not by way of the coordinator.
    is_repartitioned: bool,
}

impl CustomScan for RedistributedMerge {
    fn name(&self) -> &'static str {
        "Citus MERGE INTO ..."
    }

    fn execute(&self, backend: &mut Backend<'_>, _: &[Datum]) -> Result<CustomOutput> {
        let (before, between, after) = match self.is_repartitioned {
            true => (
                "Executing subplans of the source query and storing the results at the respective node(s)",
                "Redistributing source result rows across nodes",
                "Executing final MERGE on workers using intermediate results",
            ),
            false => (
                "Collect source query results on coordinator",
                "Create a MERGE task list that needs to be routed",
                "Execute MERGE task list",
            ),
        };
        report::debug(backend, Severity::Debug1, before);
        let outcome = run(backend, &self.source, &[], &RelationBindings::new())?;
        report::debug(backend, Severity::Debug1, between);
        let mut tasks = Vec::new();
        let mut analysis = None;
        for (place, rows) in self.rows_by_place(backend, outcome.rows.unwrap_or_default())? {
            let name: Arc<str> = format!("merge_into_{}_{place}", self.id).into();
            executor::keep_result(backend, name.clone(), rows);
            let query = Arc::new(self.query_reading(&name)?);
            let found = analyze(&query, metadata::of(backend)?, &[]);
            tasks.push(tasks::task_at(backend, &query, &found, &place.into())?);
            analysis = Some(found);
        }
        let Some(analysis) = analysis else {
            return Ok(CustomOutput::default());
        };
        report::debug(backend, Severity::Debug1, after);
        let plan = DistributedPlan::modification(self.id, CommandType::Merge, tasks, &analysis, self.relation);
        executor::execute(backend, &plan)
    }

    fn explain(&self, backend: &mut Backend<'_>, writer: &mut ExplainWriter) -> Result<()> {
        if writer.options.analyze {
            let message = "EXPLAIN ANALYZE is currently not supported for MERGE INTO ... commands with repartitioning";
            return Err(Error::new(SqlState::INTERNAL_ERROR, message));
        }
        let target = crate::shards::names::relation_name(backend.catalog()?, self.relation);
        let method = match self.is_repartitioned {
            true => "repartition",
            false => "pull to coordinator",
        };
        writer.property(format!("MERGE INTO {target} method"), method);
        // EXPLAIN plans the query once more (`NonPushableMergeCommandExplainScan`).
        let source = Arc::new(self.columns.clone());
        writer.group(Group::list("Source Query"), |writer| {
            explain_query(backend, &source, &[], writer)
        })
    }
}

impl RedistributedMerge {
    /// The source's rows by the place of the shard that their key belongs to; those without key are nowhere.
    fn rows_by_place(&self, backend: &mut Backend<'_>, rows: ResultSet) -> Result<Vec<(usize, ResultSet)>> {
        let types: Vec<Oid> = rows.columns.iter().map(|column| column.type_oid).collect();
        let mut places: Vec<(usize, Vec<Vec<Datum>>)> = Vec::new();
        for chunk in &rows.chunks {
            for row in chunk.iter_rows() {
                let place = match self.key {
                    None => Some(0),
                    Some(key) => self.place_of(backend, row.get(key), types.get(key))?,
                };
                let Some(place) = place else { continue };
                match places.iter_mut().find(|(found, _)| *found == place) {
                    Some((_, rows)) => rows.push(row),
                    None => places.push((place, vec![row])),
                }
            }
        }
        places.sort_by_key(|(place, _)| *place);
        let result = |rows: Vec<Vec<Datum>>| ResultSet {
            columns: Vec::new(),
            chunks: vec![Chunk::from_rows(&types, rows)],
        };
        Ok(places.into_iter().map(|(place, rows)| (place, result(rows))).collect())
    }

    fn place_of(
        &self,
        backend: &mut Backend<'_>,
        value: Option<&Datum>,
        type_oid: Option<&Oid>,
    ) -> Result<Option<usize>> {
        let (Some(value), Some(type_oid)) = (value.filter(|value| !value.is_null()), type_oid) else {
            return Ok(None);
        };
        let hash = pruning::hash_of_value(backend, self.relation, value.clone(), *type_oid)?;
        Ok(hash.and_then(|hash| metadata::of(backend).ok()?.shard_index(self.relation, hash)))
    }

    /// The statement with the rows of one place as its source.
    fn query_reading(&self, name: &str) -> Result<Query> {
        let mut query = (*self.query).clone();
        query.ctes = Vec::new();
        let missing = || Error::internal("MERGE has lost its source");
        let entry = self.index.checked_sub(1).and_then(|at| query.range_table.get_mut(at));
        let entry: &mut RangeTableEntry = entry.ok_or_else(missing)?;
        let mut rows = read_result(name, &self.columns);
        fill_dropped(&mut rows, entry);
        entry.kind = RangeTableKind::Subquery {
            query: Arc::new(rows),
            view: Oid::INVALID,
        };
        entry.required = Vec::new();
        Ok(query)
    }
}
