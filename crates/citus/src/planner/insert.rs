//! INSERT .. VALUES: every row goes to the shard of its distribution value.

use std::collections::BTreeMap;
use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Relation;
use kumquat_postgres::extension::PlannedBy;
use kumquat_postgres::query::{Alias, CommandType, Expr, FromItem, Query, RangeTableKind, RteColumn, TargetEntry};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::analysis::analyze;
use super::plan::{DistributedPlan, Task, TaskPlacement};
use super::{coordinator_scan, errors, evaluate, insert_select, modify, pruning, rewrite, router, tasks};
use crate::hashing;
use crate::metadata::{self, Metadata, TableType};
use crate::tables::{checks, sequences};
use crate::trace::{PlanChoice, Route};

/// Plans an INSERT.
pub fn plan(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<PlannedBy> {
    let Some(relation) = modify::target_relation(query) else {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "cannot modify views when the query contains citus tables",
        ));
    };
    if metadata::of(backend)?.table_type(relation).is_none() {
        return coordinator_scan::read_citus_tables_first(backend, query);
    }
    check_on_conflict(backend, query, relation)?;
    evaluate::check_returning(backend, query)?;
    if source_subquery(query).is_some() {
        return insert_select::plan(backend, query, id, relation);
    }
    if evaluate::has_sublinks(query) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "subqueries are not supported within INSERT queries",
        )
        .hint("Try rewriting your queries with 'INSERT INTO ... SELECT' syntax."));
    }
    let rows = Rows::of(backend, query, relation)?;
    let plan = plan_rows(backend, query, id, relation, rows)?;
    router::report_routed(backend, query, plan.route.as_ref());
    Ok(PlannedBy::Custom(Arc::new(plan)))
}

/// INSERT .. SELECT into a table that Citus does not know.
pub fn fills_local_table(query: &Query, metadata: &Metadata) -> bool {
    let is_local = |relation| metadata.table_type(relation).is_none();
    modify::target_relation(query).is_some_and(is_local) && source_subquery(query).is_some()
}

/// The range-table index of INSERT .. SELECT's source.
pub fn source_subquery(query: &Query) -> Option<usize> {
    query.from.iter().find_map(|item| match item {
        FromItem::Table(index) => match query.entry(*index)?.kind {
            RangeTableKind::Values { .. } => None,
            _ => Some(*index),
        },
        FromItem::Join(join) => Some(join.index),
    })
}

/// What ON CONFLICT may not compute or change (`ErrorIfOnConflictNotSupported`).
fn check_on_conflict(backend: &Backend<'_>, query: &Query, relation: Oid) -> Result<()> {
    let Some(conflict) = &query.on_conflict else {
        return Ok(());
    };
    let column = metadata::of(backend)?.table(relation).and_then(|table| table.column);
    let functions = evaluate::Functions::of(backend)?;
    let volatile = |expr: &Expr| functions.has_volatility(expr, kumquat_types::Volatility::Stable);
    let set = conflict.update.as_ref().map_or(&[][..], |update| update.set.as_slice());
    let is_key = |expr: &Expr| matches!(expr, Expr::Var(var) if Some(var.attribute) == column && Some(var.varno) == query.result_relation);
    let changes_key = set
        .iter()
        .any(|target| Some(target.number) == column && !is_key(&target.expr));
    if set
        .iter()
        .any(|target| Some(target.number) != column && volatile(&target.expr))
    {
        return Err(errors::unsupported(
            "functions used in the DO UPDATE SET clause of INSERTs on distributed tables must be marked IMMUTABLE",
        ));
    }
    let quals = conflict.update.as_ref().and_then(|update| update.quals.as_ref());
    if quals.into_iter().chain(&conflict.arbiter_where).any(volatile) {
        return Err(errors::unsupported(
            "functions used in the WHERE clause of the ON CONFLICT clause of INSERTs on distributed tables must be \
             marked IMMUTABLE",
        ));
    }
    match changes_key {
        true => Err(modify::modifying_distribution_column()),
        false => Ok(()),
    }
}

/// The rows of an INSERT with all values computed, and the columns they are for.
pub struct Rows {
    pub columns: Vec<i16>,
    pub rows: Vec<Vec<Expr>>,
}

impl Rows {
    fn of(backend: &mut Backend<'_>, query: &Query, relation: Oid) -> Result<Rows> {
        let found = checks::relation(backend, relation)?;
        let mut columns: Vec<i16> = query.target_list.iter().map(|target| target.number).collect();
        let mut rows = match values_of(query) {
            Some((index, values)) => values
                .iter()
                .map(|row| {
                    query
                        .target_list
                        .iter()
                        .map(|target| in_row(&target.expr, index, row))
                        .collect()
                })
                .collect(),
            None => vec![
                query
                    .target_list
                    .iter()
                    .map(|target| target.expr.clone())
                    .collect::<Vec<Expr>>(),
            ],
        };
        add_defaults(&found, &mut columns, &mut rows);
        for row in &mut rows {
            for (expr, number) in row.iter_mut().zip(&columns) {
                *expr = value_of(backend, &found, *number, expr)?;
            }
        }
        Ok(Rows { columns, rows })
    }
}

/// The VALUES lists of an INSERT of several rows.
fn values_of(query: &Query) -> Option<(usize, Arc<Vec<Vec<Expr>>>)> {
    query.from.iter().find_map(|item| match item {
        FromItem::Table(index) => match &query.entry(*index)?.kind {
            RangeTableKind::Values { rows } => Some((*index, rows.clone())),
            _ => None,
        },
        FromItem::Join(_) => None,
    })
}

/// A target's expression for one row of VALUES.
fn in_row(expr: &Expr, values: usize, row: &[Expr]) -> Expr {
    let mut result = expr.clone();
    result.transform(&mut |part| {
        if let Expr::Var(var) = part
            && var.varno == values
            && let Some(value) = usize::try_from(var.attribute)
                .ok()
                .and_then(|at| row.get(at.checked_sub(1)?))
        {
            *part = value.clone();
        }
    });
    result
}

/// Columns that are not named get their defaults, if they have any.
pub fn add_defaults(relation: &Relation, columns: &mut Vec<i16>, rows: &mut [Vec<Expr>]) {
    for attribute in relation.live_attributes() {
        let has_default =
            (attribute.default.is_some() || attribute.identity.is_some()) && attribute.generated.is_none();
        if !has_default || columns.contains(&attribute.number) {
            continue;
        }
        columns.push(attribute.number);
        for row in rows.iter_mut() {
            row.push(Expr::SetToDefault {
                type_oid: attribute.type_oid,
                type_modifier: attribute.type_modifier,
            });
        }
    }
}

/// The value of one column of a new row.
fn value_of(backend: &mut Backend<'_>, relation: &Relation, number: i16, expr: &Expr) -> Result<Expr> {
    let is_distribution_column = metadata::of(backend)?
        .table(relation.oid)
        .is_some_and(|table| table.column == Some(number));
    match (expr, relation.attribute(number)) {
        (Expr::SetToDefault { .. }, Some(attribute)) => default_of(backend, relation, attribute),
        // Whether a value belongs to a domain is found out where the row goes.
        (Expr::CoerceToDomain { arg, .. }, _) if !is_distribution_column => {
            let value = evaluate::to_constant(backend, arg)?;
            let mut checked = expr.clone();
            if let Expr::CoerceToDomain { arg, .. } = &mut checked {
                **arg = value;
            }
            Ok(checked)
        }
        _ => evaluate::to_constant(backend, expr),
    }
}

/// A column's default, computed.
pub fn default_of(
    backend: &mut Backend<'_>,
    relation: &Relation,
    attribute: &kumquat_postgres::catalog::Attribute,
) -> Result<Expr> {
    if attribute.identity.is_some() {
        let sequence = backend
            .catalog()?
            .owned_sequences(relation.oid, attribute.number)
            .map(|(sequence, _)| sequence)
            .next();
        if let Some(sequence) = sequence {
            return evaluate::next_identity(backend, sequence, attribute.type_oid);
        }
    }
    match &attribute.default {
        Some(default) if is_out_of_reach(backend, attribute, default)? => Err(checks::error(
            "nextval(sequence) calls in worker nodes are not supported for column defaults of type int or smallint",
        )),
        Some(default) => evaluate::to_constant(backend, default),
        None => Ok(Expr::null(attribute.type_oid)),
    }
}

/// Workers count in ranges of their own, which lie beyond the small integers.
fn is_out_of_reach(
    backend: &Backend<'_>,
    attribute: &kumquat_postgres::catalog::Attribute,
    default: &Expr,
) -> Result<bool> {
    let is_small = [Oid::INT2, Oid::INT4].contains(&attribute.type_oid);
    Ok(is_small && !metadata::of(backend)?.is_coordinator() && sequences::sequence_of_default(default).is_some())
}

/// Tasks for computed rows.
pub fn plan_rows(
    backend: &mut Backend<'_>,
    query: &Query,
    id: u64,
    relation: Oid,
    rows: Rows,
) -> Result<DistributedPlan> {
    let found = checks::relation(backend, relation)?;
    let by_place = by_place(backend, &found, &rows)?;
    let mut tasks = Vec::new();
    for (place, rows_here) in &by_place {
        let query = Arc::new(query_for_rows(query, &found, &rows.columns, rows_here));
        tasks.push(task(backend, &query, relation, *place)?);
    }
    let route = route(backend, &found, &rows, &tasks)?;
    let many = tasks.len() > 1;
    let why = match (tasks.len(), route.is_some()) {
        (1, true) => "the distribution value of the row says which shard it belongs to".to_string(),
        (1, false) => "all rows belong to one shard".to_string(),
        (count, _) => format!("the rows belong to {count} shards"),
    };
    Ok(DistributedPlan {
        id,
        command: CommandType::Insert,
        subplans: Vec::new(),
        choice: PlanChoice {
            name: if many { "multi-row insert" } else { "router" },
            why,
        },
        route,
        tasks,
        parallel_tables: Vec::new(),
        written_tables: vec![relation],
        repartition: None,
    })
}

/// The rows of each place, in order of the places.
fn by_place(backend: &mut Backend<'_>, relation: &Relation, rows: &Rows) -> Result<BTreeMap<usize, Vec<Vec<Expr>>>> {
    let mut result: BTreeMap<usize, Vec<Vec<Expr>>> = BTreeMap::new();
    let column = metadata::of(backend)?
        .table(relation.oid)
        .and_then(|table| table.column);
    let Some(column) = column else {
        result.insert(0, rows.rows.clone());
        return Ok(result);
    };
    let Some(at) = rows.columns.iter().position(|number| *number == column) else {
        return Err(without_value());
    };
    for row in &rows.rows {
        let value = match row.get(at) {
            Some(Expr::Const(constant)) => (constant.value.clone(), constant.type_oid),
            _ => (Datum::Null, Oid::INVALID),
        };
        if value.0.is_null() {
            return Err(Error::new(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                "cannot perform an INSERT with NULL in the partition column",
            ));
        }
        let hash = pruning::hash_of_value(backend, relation.oid, value.0, value.1)?;
        let place = hash.and_then(|hash| metadata::of(backend).ok()?.shard_index(relation.oid, hash));
        result.entry(place.unwrap_or(0)).or_default().push(row.clone());
    }
    Ok(result)
}

fn without_value() -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        "cannot perform an INSERT without a partition column value",
    )
}

/// The INSERT with only these rows.
fn query_for_rows(query: &Query, relation: &Relation, columns: &[i16], rows: &[Vec<Expr>]) -> Query {
    let mut result = query.clone();
    name_target(&mut result);
    result.from = Vec::new();
    let target = |number: i16, expr: Expr| {
        let name = relation.attribute(number).map(|attribute| attribute.name.clone());
        TargetEntry {
            expr,
            number,
            name: name.unwrap_or_default(),
            sort_group_ref: 0,
            junk: false,
            origin: (Oid::INVALID, 0),
        }
    };
    let order = column_order(columns);
    if let [row] = rows {
        result.target_list = order
            .iter()
            .filter_map(|at| Some(target(*columns.get(*at)?, row.get(*at)?.clone())))
            .collect();
        return result;
    }
    let values: Vec<Vec<Expr>> = rows
        .iter()
        .map(|row| order.iter().filter_map(|at| row.get(*at).cloned()).collect())
        .collect();
    let value_columns: Vec<RteColumn> = (1..)
        .zip(order.iter().filter_map(|at| rows.first()?.get(*at)))
        .map(|(number, expr)| RteColumn {
            name: format!("column{number}").into(),
            type_oid: expr.type_oid(),
            type_modifier: expr.type_modifier(),
            collation: Oid::INVALID,
        })
        .collect();
    let kind = RangeTableKind::Values { rows: Arc::new(values) };
    let entry = rewrite::entry(kind, "*VALUES*", value_columns.clone());
    let index = match values_of(query) {
        Some((index, _)) => index,
        None => result.range_table.len() + 1,
    };
    match index.checked_sub(1).and_then(|at| result.range_table.get_mut(at)) {
        Some(old) => *old = entry,
        None => result.range_table.push(entry),
    }
    result.from.push(FromItem::Table(index));
    result.target_list = (1..)
        .zip(order.iter().zip(&value_columns))
        .filter_map(|(number, (at, column))| Some(target(*columns.get(*at)?, rewrite::var(index, number, column))))
        .collect();
    result
}

/// Where ON CONFLICT or RETURNING may name the target, it gets an alias that fits every shard
/// (`AddInsertAliasIfNeeded`).
pub fn name_target(query: &mut Query) {
    if query.on_conflict.is_none() && query.returning.is_empty() {
        return;
    }
    let target = query.result_relation.and_then(|index| index.checked_sub(1));
    if let Some(entry) = target.and_then(|at| query.range_table.get_mut(at))
        && entry.alias.is_none()
    {
        entry.alias = Some(Alias {
            name: "citus_table_alias".into(),
            columns: Vec::new(),
        });
        entry.name = "citus_table_alias".into();
    }
}

/// Columns in order of their numbers, as Citus writes them.
fn column_order(columns: &[i16]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|at| columns.get(*at).copied());
    order
}

/// A task that writes to all placements of the shard at a place.
fn task(backend: &Backend<'_>, query: &Arc<Query>, relation: Oid, place: usize) -> Result<Task> {
    let metadata = metadata::of(backend)?;
    let analysis = analyze(query, metadata, &[]);
    let shard = metadata.colocated_shard(relation, place);
    let placements: Vec<TaskPlacement> = shard
        .map(|shard| metadata.placements_of(shard))
        .unwrap_or_default()
        .iter()
        .filter_map(|placement| tasks::placement(backend, metadata, &analysis, &place.into(), placement.group))
        .collect();
    Ok(Task {
        shard,
        query: query.clone(),
        placements,
    })
}

/// How a single row found its shard.
fn route(backend: &Backend<'_>, relation: &Relation, rows: &Rows, tasks: &[Task]) -> Result<Option<Route>> {
    let metadata = metadata::of(backend)?;
    let column = metadata.table(relation.oid).and_then(|table| table.column);
    let ([row], [task], Some(column)) = (rows.rows.as_slice(), tasks, column) else {
        return Ok(None);
    };
    if metadata.table_type(relation.oid) != Some(TableType::HashDistributed) {
        return Ok(None);
    }
    let attribute = relation.attribute(column);
    let value = rows
        .columns
        .iter()
        .position(|number| *number == column)
        .and_then(|at| row.get(at));
    let (Some(attribute), Some(Expr::Const(constant))) = (attribute, value) else {
        return Ok(None);
    };
    let hash = hashing::hash_datum(&constant.value, attribute.type_oid);
    let shard = task.shard.and_then(|shard| metadata.shard(shard));
    let text = kumquat_types::io::output(backend, constant.type_oid, &constant.value).into_owned();
    Ok(hash.zip(shard).and_then(|(hash, shard)| {
        Some(Route {
            relation: relation.oid,
            table: crate::shards::names::qualified_name(backend.catalog().ok()?, relation.oid).into(),
            column: attribute.name.clone(),
            value: text,
            hash,
            interval: shard.interval?,
            shard: shard.id,
            node: task.placements.first()?.node,
        })
    }))
}
