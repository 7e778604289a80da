//! MERGE: each shard merges its own rows with those of colocated shards; a source that lies elsewhere is read first
//! and its rows are sent to the shards that they can match.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::explain::{ExplainWriter, Group, explain_query};
use kumquat_postgres::extension::{CustomOutput, CustomScan, PlannedBy};
use kumquat_postgres::query::{
    CommandType, Expr, FromItem, MergeActionKind, Query, RangeTableEntry, RangeTableKind, TargetEntry,
};
use kumquat_postgres::result::ResultSet;
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState};

use super::analysis::{Analysis, analyze, is_equality, strip};
use super::modify::target_relation;
use super::plan::{DistributedPlan, Task};
use super::recursive::{fill_dropped, needs_subplan, read_result};
use super::router::{self, Target};
use super::{coordinator_scan, errors, evaluate, pruning, rewrite, tasks};
use crate::executor;
use crate::metadata::{self, TableType};
use crate::trace::PlanChoice;

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
    if let Target::Place(place) = router::target(backend, &analysis)? {
        let task = tasks::task_at(backend, &query, &analysis, place)?;
        return Ok(custom(finish(id, vec![task], &analysis, relation)));
    }
    let key = join_key(backend, &query, relation)?;
    if can_push_down(backend, &query, &analysis)? {
        let places: Vec<usize> = (0..metadata::of(backend)?.shards_of(relation).len()).collect();
        let tasks = tasks::tasks_at(backend, &query, &analysis, &places)?;
        return Ok(custom(finish(id, tasks, &analysis, relation)));
    }
    let [FromItem::Table(index)] = query.from.as_slice() else {
        return Err(Error::not_modelled(
            "MERGE from a join of tables that are not colocated",
        ));
    };
    let plan = RedistributedMerge {
        id,
        source: Arc::new(source_query(&query, *index)?),
        index: *index,
        query: query.clone(),
        relation,
        key,
    };
    Ok(PlannedBy::Custom(Arc::new(plan)))
}

fn custom(plan: DistributedPlan) -> PlannedBy {
    PlannedBy::Custom(Arc::new(plan))
}

/// The distribution column keeps its value, and a new row has one.
fn check_actions(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<()> {
    let Some(column) = metadata::of(backend)?.table(relation).and_then(|table| table.column) else {
        return Ok(());
    };
    let sets = |targets: &[TargetEntry]| targets.iter().any(|target| !target.junk && target.number == column);
    for action in &query.merge_actions {
        match &action.action {
            MergeActionKind::Update(targets) if sets(targets) => {
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

fn refuse_local_source(analysis: &Analysis) -> Result<()> {
    match analysis.uses.iter().any(|table| table.table_type.is_none()) {
        true => Err(errors::unsupported(
            "MERGE INTO an distributed table from Postgres table is not yet supported",
        )),
        false => Ok(()),
    }
}

/// What the target's distribution column is compared with.
fn join_key(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<Expr> {
    let column = metadata::of(backend)?.table(relation).and_then(|table| table.column);
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
    key.ok_or_else(|| {
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

/// The source is distributed like the target and joined with it on the distribution columns.
fn can_push_down(backend: &Backend<'_>, query: &Query, analysis: &Analysis) -> Result<bool> {
    if analysis.distributed().count() < 2 || !analysis.colocated() || !analysis.joined_on_distribution_columns() {
        return Ok(false);
    }
    for entry in &query.range_table {
        if let RangeTableKind::Subquery { query, .. } = &entry.kind
            && needs_subplan(backend, query)?
        {
            return Ok(false);
        }
    }
    Ok(query.ctes.is_empty())
}

fn finish(id: u64, tasks: Vec<Task>, analysis: &Analysis, relation: Oid) -> DistributedPlan {
    let many = tasks.len() > 1;
    DistributedPlan {
        id,
        command: CommandType::Merge,
        subplans: Vec::new(),
        choice: PlanChoice {
            name: if many { "pushdown" } else { "router" },
            why: "source and target are in the same place".to_string(),
        },
        route: None,
        tasks,
        parallel_tables: match many {
            true => analysis.distributed().map(|(_, table)| table.relation).collect(),
            false => Vec::new(),
        },
        written_tables: vec![relation],
        repartition: None,
    }
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

/// A source that is read on the coordinator and sent to the shards row by row.
#[derive(Clone, Debug)]
pub struct RedistributedMerge {
    id: u64,
    query: Arc<Query>,
    source: Arc<Query>,
    /// Of the source in the range table.
    index: usize,
    relation: Oid,
    /// The source's expression that the distribution column is compared with.
    key: Expr,
}

impl CustomScan for RedistributedMerge {
    fn name(&self) -> &'static str {
        "Citus MERGE INTO ..."
    }

    fn execute(&self, backend: &mut Backend<'_>, _: &[Datum]) -> Result<CustomOutput> {
        let rows = backend.execute_query(&self.source, &[])?.rows.unwrap_or_default();
        let mut tasks = Vec::new();
        let mut analysis = None;
        for (place, rows) in self.rows_by_place(backend, rows)? {
            let name: Arc<str> = format!("{}_{place}", self.id).into();
            executor::keep_result(backend, name.clone(), rows);
            let query = Arc::new(self.query_reading(&name)?);
            let found = analyze(&query, metadata::of(backend)?, &[]);
            tasks.push(tasks::task_at(backend, &query, &found, place)?);
            analysis = Some(found);
        }
        let Some(analysis) = analysis else {
            return Ok(CustomOutput::default());
        };
        let plan = finish(self.id, tasks, &analysis, self.relation);
        executor::execute(backend, &plan)
    }

    fn explain(&self, backend: &mut Backend<'_>, writer: &mut ExplainWriter) -> Result<()> {
        if writer.options.analyze {
            let message = "EXPLAIN ANALYZE is currently not supported for MERGE INTO ... commands with repartitioning";
            return Err(Error::new(SqlState::INTERNAL_ERROR, message));
        }
        let target = crate::shards::names::relation_name(backend.catalog()?, self.relation);
        writer.property(format!("MERGE INTO {target} method"), "pull to coordinator");
        writer.group(Group::list("Source Query"), |writer| {
            explain_query(backend, &self.source, &[], writer)
        })
    }
}

impl RedistributedMerge {
    /// The source's rows by the place of the shard that their key belongs to; those without key are nowhere.
    fn rows_by_place(&self, backend: &mut Backend<'_>, rows: ResultSet) -> Result<Vec<(usize, ResultSet)>> {
        let Expr::Var(key) = strip(&self.key) else {
            return Err(Error::not_modelled("MERGE on an expression of the source"));
        };
        let column = self
            .source
            .output_columns()
            .position(|target| matches!(&target.expr, Expr::Var(var) if var.attribute == key.attribute));
        let types: Vec<Oid> = rows.columns.iter().map(|column| column.type_oid).collect();
        let mut places: Vec<(usize, Vec<Vec<Datum>>)> = Vec::new();
        for chunk in &rows.chunks {
            for row in chunk.iter_rows() {
                let value = column.and_then(|at| row.get(at)).cloned().unwrap_or(Datum::Null);
                let hash = match value.is_null() {
                    true => None,
                    false => pruning::hash_of_value(backend, self.relation, value, key.type_oid)?,
                };
                let place = hash.and_then(|hash| metadata::of(backend).ok()?.shard_index(self.relation, hash));
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

    /// The statement with the rows of one place as its source.
    fn query_reading(&self, name: &str) -> Result<Query> {
        let mut query = (*self.query).clone();
        query.ctes = Vec::new();
        let missing = || Error::internal("MERGE has lost its source");
        let entry = self.index.checked_sub(1).and_then(|at| query.range_table.get_mut(at));
        let entry: &mut RangeTableEntry = entry.ok_or_else(missing)?;
        let mut rows = read_result(name, &self.source);
        fill_dropped(&mut rows, entry);
        entry.kind = RangeTableKind::Subquery {
            query: Arc::new(rows),
            view: Oid::INVALID,
        };
        entry.required = Vec::new();
        Ok(query)
    }
}
