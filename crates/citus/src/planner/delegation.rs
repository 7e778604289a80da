//! Calls of distributed functions: `SELECT f(...)`, `SELECT ... FROM f(...)` and `CALL p(...)` run on the node that
//! has the shard of their distribution argument (`TryToDelegateFunctionCall`).

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::ObjectClass;
use kumquat_postgres::driver::Outcome;
use kumquat_postgres::executor::functions::call::run_procedure;
use kumquat_postgres::query::{CommandType, Expr, FromItem, FuncExpr, Query, RangeTableKind};
use kumquat_types::{Oid, Result, Volatility};

use super::analysis::strip;
use super::evaluate;
use super::plan::{DistributedPlan, Task, TaskPlacement};
use super::pruning::hash_of_value;
use crate::connection::Connection;
use crate::metadata::{self, DistributedObject, NodeId, ObjectKey, ShardId, TableType};
use crate::trace::{PlanChoice, Sql};
use crate::transaction;

/// A plan that runs the query on another node, if all it does is call a distributed function.
pub fn plan(backend: &mut Backend<'_>, query: &Arc<Query>, id: u64) -> Result<Option<DistributedPlan>> {
    let Some(call) = called_function(query) else {
        return Ok(None);
    };
    let Some(object) = distributed_function(backend, call.function)? else {
        return Ok(None);
    };
    let in_block = transaction::in_block(backend);
    if in_block && object.force_delegation != Some(true) {
        return Ok(None);
    }
    let Some((node, shard)) = place_of_call(backend, &object, &call.args)? else {
        return Ok(None);
    };
    Ok(Some(DistributedPlan {
        id,
        command: CommandType::Select,
        subplans: Vec::new(),
        tasks: vec![Task {
            shard: Some(shard),
            query: query.clone(),
            placements: vec![TaskPlacement {
                node,
                bindings: Arc::from([]),
                names: Arc::from([]),
            }],
        }],
        choice: PlanChoice {
            name: "function call delegation",
            why: "the function works on rows of one shard, so it runs where that shard is".to_string(),
        },
        route: None,
        parallel_tables: Vec::new(),
        written_tables: Vec::new(),
        repartition: None,
    }))
}

/// CALL on another node (`CallDistributedProcedureRemotely`).
pub fn call_procedure(backend: &mut Backend<'_>, call: &FuncExpr) -> Result<Option<Outcome>> {
    if transaction::in_block(backend) {
        return Ok(None);
    }
    let Some(object) = distributed_function(backend, call.function)? else {
        return Ok(None);
    };
    let Some((node, _)) = place_of_call(backend, &object, &call.args)? else {
        return Ok(None);
    };
    let connection = Connection::open(backend, node)?;
    let name = backend
        .catalog()?
        .functions
        .get(&call.function)
        .map(|function| function.name.to_string());
    let text = format!("CALL {}(...)", name.unwrap_or_default());
    connection
        .send(backend, Sql::text(text), |remote| run_procedure(remote, call.clone()))
        .map(Some)
}

/// The one function that a query calls, in its target list or in FROM.
fn called_function(query: &Query) -> Option<&FuncExpr> {
    if query.command != CommandType::Select || query.quals.is_some() || query.set_operation.is_some() {
        return None;
    }
    let in_from = match query.from.as_slice() {
        [] => None,
        [FromItem::Table(index)] => match &query.entry(*index)?.kind {
            RangeTableKind::Function { functions, .. } => match functions.as_slice() {
                [function] => as_call(&function.expr),
                _ => None,
            },
            _ => return None,
        },
        _ => return None,
    };
    let in_targets = match query.target_list.as_slice() {
        [target] => as_call(&target.expr),
        _ => None,
    };
    match (in_targets, in_from) {
        (Some(_), Some(_)) => None,
        (found, None) | (None, found) => found,
    }
}

fn as_call(expr: &Expr) -> Option<&FuncExpr> {
    match expr {
        Expr::Func(call) => Some(call),
        _ => None,
    }
}

/// What pg_dist_object says of a function whose calls may be sent elsewhere.
fn distributed_function(backend: &Backend<'_>, function: Oid) -> Result<Option<DistributedObject>> {
    if backend.session.internal {
        return Ok(None);
    }
    let key = ObjectKey {
        class: ObjectClass::Function,
        oid: function,
    };
    let object = metadata::of(backend)?.objects.get(&key).cloned();
    Ok(object.filter(|object| object.colocation_id.is_some_and(|group| group != 0)))
}

/// The node, other than this one, on which a call with these arguments is to run.
fn place_of_call(
    backend: &mut Backend<'_>,
    object: &DistributedObject,
    args: &[Expr],
) -> Result<Option<(NodeId, ShardId)>> {
    let functions = evaluate::Functions::of(backend)?;
    let is_constant = |arg: &Expr| evaluate::is_closed(arg) && !functions.has_volatility(arg, Volatility::Volatile);
    if !args.iter().all(is_constant) {
        return Ok(None);
    }
    let group = object.colocation_id.unwrap_or_default();
    let table = metadata::of(backend)?.colocated_tables(group).next().cloned();
    let Some(table) = table else { return Ok(None) };
    let place = match table.table_type() {
        TableType::Reference | TableType::SingleShard => Some(0),
        _ => place_of_argument(backend, object, args, table.relation)?,
    };
    let metadata = metadata::of(backend)?;
    let shard = place.and_then(|place| metadata.colocated_shard(table.relation, place));
    let Some(shard) = shard else { return Ok(None) };
    let mut nodes = metadata
        .nodes_of_shard(shard)
        .filter(|node| node.group != metadata.local_group || table.table_type() != TableType::Reference);
    let found = nodes.next().filter(|node| node.group != metadata.local_group);
    Ok(found.map(|node| (node.id, shard)))
}

fn place_of_argument(
    backend: &mut Backend<'_>,
    object: &DistributedObject,
    args: &[Expr],
    relation: Oid,
) -> Result<Option<usize>> {
    let index = object
        .distribution_argument
        .and_then(|index| usize::try_from(index).ok());
    let Some(Expr::Const(value)) = index.and_then(|index| args.get(index)).map(strip) else {
        return Ok(None);
    };
    let hash = hash_of_value(backend, relation, value.value.clone(), value.type_oid)?;
    let metadata = metadata::of(backend)?;
    Ok(hash.and_then(|hash| metadata.shard_index(relation, hash)))
}
