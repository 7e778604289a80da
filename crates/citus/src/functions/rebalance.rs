//! rebalance_table_shards, get_rebalance_table_shards_plan, citus_drain_node, and rebalancing as a background job.

use kumquat_postgres::Backend;
use kumquat_types::{Datum, Error, Oid, Result, io};

use super::Arguments;
use super::move_shard::{self, Target};
use super::{cluster_nodes, sizes, strategy_functions};
use crate::metadata::rebalance::JobStatus;
use crate::metadata::{self, BackgroundJob, BackgroundTask, RebalanceStrategy, ShardId, sequence};
use crate::relations::jobs::job_columns;
use crate::shards::balance::{self, Fill, Limits, Move};
use crate::shards::rows;
use crate::shards::transfer;
use crate::tables::checks::error;
use crate::transaction::apart::{self, Apart};

/// What a call asks for.
struct Request {
    relation: Option<Oid>,
    strategy: RebalanceStrategy,
    limits: Limits,
    excluded: Vec<ShardId>,
    mode: String,
}

fn strategy(backend: &Backend<'_>, name: Option<&str>) -> Result<RebalanceStrategy> {
    let metadata = metadata::of(backend)?;
    let found = match name {
        Some(name) => metadata.strategies.get(name),
        None => metadata.default_strategy(),
    };
    found.cloned().ok_or_else(|| {
        error(match name {
            Some(name) => format!("could not find rebalance strategy with name {name}"),
            None => "no rebalance_strategy was provided, but there is also no default strategy set".to_string(),
        })
    })
}

fn request(
    backend: &mut Backend<'_>,
    relation: Option<Oid>,
    name: Option<&str>,
    threshold: Option<f32>,
    drain_only: bool,
) -> Result<Request> {
    let strategy = strategy(backend, name)?;
    let mut threshold = threshold.unwrap_or(strategy.default_threshold);
    if threshold < strategy.minimum_threshold {
        let message = "the given threshold is lower than the minimum threshold allowed by the rebalance strategy, \
                       using the minimum allowed threshold instead";
        let detail = format!("Using threshold of {:.2}", strategy.minimum_threshold);
        backend.notice(Error::warning(kumquat_types::SqlState::WARNING, message).detail(detail));
        threshold = strategy.minimum_threshold;
    }
    Ok(Request {
        relation,
        limits: Limits {
            threshold,
            improvement: strategy.improvement_threshold,
            most_moves: 1_000_000,
            drain_only,
        },
        strategy,
        excluded: Vec::new(),
        mode: "auto".to_string(),
    })
}

/// The moves that a request leads to (`GetRebalanceSteps`).
fn steps(backend: &Backend<'_>, request: &Request) -> Result<Vec<Move>> {
    let metadata = metadata::of(backend)?;
    let allowed = metadata.shard_nodes().len();
    let factor = crate::settings::integer(backend, "citus.shard_replication_factor");
    if allowed < usize::try_from(factor).unwrap_or(0) {
        return Err(error(format!(
            "Shard replication factor ({factor}) cannot be greater than number of nodes with should_have_shards=true \
             ({allowed})."
        )));
    }
    let tables = match request.relation {
        Some(relation) => vec![relation],
        None => balance::tables_to_balance(metadata),
    };
    // Tables with fewer shards than there are nodes are balanced together.
    let mut lists: Vec<Vec<ShardId>> = Vec::new();
    let mut few = Vec::new();
    for table in tables {
        let shards = metadata.shards_of(table).iter().copied();
        let shards: Vec<ShardId> = shards.filter(|shard| !request.excluded.contains(shard)).collect();
        match shards.len() >= allowed {
            true => lists.push(shards),
            false => few.extend(shards),
        }
    }
    lists.push(few);
    let mut moves = Vec::new();
    for shards in lists {
        balance::balance(fills(backend, &request.strategy, &shards)?, request.limits, &mut moves);
    }
    moves.truncate(request.limits.most_moves);
    Ok(moves)
}

/// The nodes with what they hold of some shards.
fn fills(backend: &Backend<'_>, strategy: &RebalanceStrategy, shards: &[ShardId]) -> Result<Vec<Fill>> {
    let metadata = metadata::of(backend)?;
    let by_size = &*strategy.name == "by_disk_size";
    let mut fills: Vec<Fill> = metadata
        .active_primaries()
        .into_iter()
        .map(|node| Fill {
            node: node.id,
            group: node.group,
            allowed: node.should_have_shards,
            shards: Vec::new(),
        })
        .collect();
    for shard in shards {
        let cost = match by_size {
            true => sizes::disk_cost(backend, *shard)?,
            false => 1.0,
        };
        for placement in metadata.placements_of(*shard) {
            if let Some(fill) = fills.iter_mut().find(|fill| fill.group == placement.group) {
                fill.shards.push((*shard, cost));
            }
        }
    }
    Ok(fills)
}

fn run(backend: &mut Backend<'_>, moves: &[Move], mode: &str) -> Result<()> {
    for step in moves {
        let (source, target) = (Target::Id(step.source), Target::Id(step.target));
        move_shard::move_shard(backend, step.shard, &source, &target, mode)?;
    }
    Ok(())
}

fn announce(backend: &mut Backend<'_>, step: &Move) -> Result<()> {
    let metadata = metadata::of(backend)?;
    let address = |id| metadata.nodes.get(id).map(|node| node.address()).unwrap_or_default();
    let message = format!(
        "Moving shard {} from {} to {} ...",
        step.shard,
        address(&step.source),
        address(&step.target)
    );
    backend.notice(Error::notice(message));
    Ok(())
}

fn run_announced(backend: &mut Backend<'_>, request: &Request) -> Result<()> {
    for step in steps(backend, request)? {
        announce(backend, &step)?;
        run(backend, &[step], &request.mode)?;
    }
    Ok(())
}

fn most_moves(args: Arguments<'_>, at: usize) -> usize {
    args.int(at).and_then(|most| usize::try_from(most).ok()).unwrap_or(0)
}

fn shard_list(args: Arguments<'_>, at: usize) -> Vec<ShardId> {
    args.array(at).iter().filter_map(Datum::as_i64).collect()
}

/// rebalance_table_shards(relation, threshold, max_shard_moves, excluded_shard_list, shard_transfer_mode, drain_only,
/// rebalance_strategy)
pub fn rebalance_table_shards(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let drain_only = args.bool(5).unwrap_or(false);
    if let Some(relation) = args.oid(0) {
        move_shard::ensure_movable(backend, relation)?;
    }
    let mut request = request(backend, args.oid(0), args.text(6), args.float4(1), drain_only)?;
    request.limits.most_moves = most_moves(args, 2);
    request.excluded = shard_list(args, 3);
    request.mode = args.text(4).unwrap_or("auto").to_string();
    run_announced(backend, &request)?;
    Ok(Datum::Void)
}

/// get_rebalance_table_shards_plan(...): the moves, each with the shards that go along.
pub fn plan(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    metadata::ensure_coordinator(backend)?;
    let drain_only = args.bool(4).unwrap_or(false);
    if let Some(relation) = args.oid(0) {
        move_shard::ensure_movable(backend, relation)?;
    }
    let mut request = request(backend, args.oid(0), args.text(5), args.float4(1), drain_only)?;
    request.limits.most_moves = most_moves(args, 2);
    request.excluded = shard_list(args, 3);
    if let Some(improvement) = args.float4(6) {
        request.limits.improvement = improvement;
    }
    let mut plan = Vec::new();
    for step in steps(backend, &request)? {
        for shard in transfer::colocated_shards(backend, step.shard)? {
            plan.push(plan_row(backend, shard, &step)?);
        }
    }
    Ok(plan)
}

fn plan_row(backend: &Backend<'_>, shard: ShardId, step: &Move) -> Result<Vec<Datum>> {
    let relation = transfer::table_of(backend, shard)?;
    let metadata = metadata::of(backend)?;
    let size = metadata
        .placements_of(shard)
        .first()
        .map_or(0, |placement| rows::byte_count(backend, placement));
    let mut row = vec![
        Datum::Oid(relation.0),
        Datum::Int8(shard),
        Datum::Int8(i64::try_from(size).unwrap_or(i64::MAX)),
    ];
    for id in [step.source, step.target] {
        let node = metadata.nodes.get(&id);
        row.push(node.map_or(Datum::Null, |node| Datum::text(node.host.clone())));
        row.push(node.map_or(Datum::Null, |node| Datum::Int4(node.port.into())));
    }
    Ok(row)
}

/// citus_drain_node(nodename, nodeport, shard_transfer_mode, rebalance_strategy)
pub fn drain_node(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let id = cluster_nodes::find(backend, args)?.id;
    cluster_nodes::set_should_have_shards(backend, id, false)?;
    apart::note(backend, Apart::ShouldHaveShards(id, false))?;
    let mut request = request(backend, None, args.text(3), None, true)?;
    request.mode = args.text(2).unwrap_or("auto").to_string();
    run_announced(backend, &request)?;
    Ok(Datum::Void)
}

/// citus_rebalance_start(rebalance_strategy, drain_only, shard_transfer_mode, ...): the job. Its moves are made at
/// once; it counts as running until somebody looks.
pub fn start(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    metadata::ensure_coordinator(backend)?;
    let drain_only = args.bool(1).unwrap_or(false);
    let mut request = request(backend, None, args.text(0), None, drain_only)?;
    request.mode = args.text(2).unwrap_or("auto").to_string();
    if balance::tables_to_balance(metadata::of(backend)?).is_empty() {
        backend.notice(Error::notice("No tables to rebalance"));
        return Ok(Datum::Null);
    }
    let moves = steps(backend, &request)?;
    if moves.is_empty() {
        backend.notice(Error::notice("No moves available for rebalancing"));
        return Ok(Datum::Null);
    }
    let job = schedule(backend, &moves, &request.mode)?;
    backend.notice(
        Error::notice(format!("Scheduled {} moves as job {job}", moves.len()))
            .detail("Rebalance scheduled as background job")
            .hint("To monitor progress, run: SELECT * FROM citus_rebalance_status();"),
    );
    run(backend, &moves, &request.mode)?;
    Ok(Datum::Int8(job))
}

fn schedule(backend: &mut Backend<'_>, moves: &[Move], mode: &str) -> Result<i64> {
    let id = sequence::next_value(backend, sequence::JOB_ID)?;
    let mut tasks = Vec::new();
    for step in moves {
        let command = format!(
            "SELECT pg_catalog.citus_move_shard_placement({},{},{},'{mode}')",
            step.shard, step.source, step.target
        );
        tasks.push(BackgroundTask {
            id: sequence::next_value(backend, sequence::TASK_ID)?,
            owner: backend.session.current_user,
            status: JobStatus::Finished,
            command: command.into(),
            message: "".into(),
            nodes_involved: vec![step.source, step.target],
            depends_on: Vec::new(),
        });
    }
    let now = Some(backend.session.clock.now);
    let job = BackgroundJob {
        id,
        status: JobStatus::Running,
        job_type: "rebalance".into(),
        description: "Rebalance all colocation groups".into(),
        started_at: now,
        finished_at: now,
        tasks,
    };
    metadata::update(backend, |metadata| {
        metadata.jobs.insert(id, job);
    })?;
    Ok(id)
}

/// Jobs that count as running come to their end; true if there was one.
fn finish_jobs(backend: &mut Backend<'_>) -> Result<bool> {
    let is_running = |job: &BackgroundJob| job.status == JobStatus::Running;
    let found = metadata::of(backend)?.jobs.values().any(is_running);
    if found {
        metadata::update(backend, |metadata| {
            let ids: Vec<i64> = metadata.jobs.keys().copied().collect();
            for id in ids {
                if let Some(job) = metadata.jobs.get_mut(&id)
                    && is_running(job)
                {
                    job.status = JobStatus::Finished;
                }
            }
        })?;
    }
    Ok(found)
}

/// citus_rebalance_wait()
pub fn wait(backend: &mut Backend<'_>) -> Result<Datum> {
    if !finish_jobs(backend)? {
        let message = "no ongoing rebalance that can be waited on";
        backend.notice(Error::warning(kumquat_types::SqlState::WARNING, message));
    }
    Ok(Datum::Void)
}

/// citus_rebalance_stop()
pub fn stop(backend: &mut Backend<'_>) -> Result<Datum> {
    match finish_jobs(backend)? {
        true => Ok(Datum::Void),
        false => Err(error("no ongoing rebalance that can be stopped")),
    }
}

/// citus_job_wait, citus_job_cancel
pub fn end_job(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let id = args.int(0).unwrap_or(0);
    if !metadata::of(backend)?.jobs.contains_key(&id) {
        return Err(error(format!("no job found with job id {id}")));
    }
    finish_jobs(backend)?;
    Ok(Datum::Void)
}

/// citus_job_list()
pub fn job_list(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    finish_jobs(backend)?;
    Ok(metadata::of(backend)?.jobs.values().map(job_columns).collect())
}

/// citus_job_status(job_id, raw): a job with its details.
pub fn job_status(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    finish_jobs(backend)?;
    let id = args.int(0).unwrap_or(0);
    let job = metadata::of(backend)?.jobs.get(&id).cloned();
    job.into_iter().map(|job| status_row(backend, &job)).collect()
}

/// citus_rebalance_status(raw): the last rebalancing.
pub fn status(backend: &mut Backend<'_>) -> Result<Vec<Vec<Datum>>> {
    finish_jobs(backend)?;
    let jobs = &metadata::of(backend)?.jobs;
    let last = jobs.values().rev().find(|job| &*job.job_type == "rebalance").cloned();
    last.into_iter().map(|job| status_row(backend, &job)).collect()
}

fn status_row(backend: &mut Backend<'_>, job: &BackgroundJob) -> Result<Vec<Datum>> {
    let details = format!(
        "{{\"tasks\": [], \"task_state_counts\": {{\"done\": {}}}}}",
        job.tasks.len()
    );
    let mut row = job_columns(job);
    row.push(io::input(backend, Oid::JSONB, -1, &details)?);
    Ok(row)
}

/// citus_add_rebalance_strategy(name, shard_cost_function, node_capacity_function, shard_allowed_on_node_function,
/// default_threshold, minimum_threshold, improvement_threshold)
pub fn add_strategy(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(name), Some(default), Some(minimum)) = (args.text(0), args.float4(4), args.float4(5)) else {
        return Ok(Datum::Null);
    };
    let functions: Vec<Oid> = (1..=3).map(|at| args.oid(at).unwrap_or_default()).collect();
    strategy_functions::ensure_signatures(backend, &functions)?;
    if default < minimum {
        return Err(error(format!(
            "default_threshold cannot be smaller than minimum_threshold for {name}"
        )));
    }
    let strategy = RebalanceStrategy {
        name: name.into(),
        is_default: false,
        shard_cost: args.oid(1).unwrap_or_default(),
        node_capacity: args.oid(2).unwrap_or_default(),
        shard_allowed_on_node: args.oid(3).unwrap_or_default(),
        default_threshold: default,
        minimum_threshold: minimum,
        improvement_threshold: args.float4(6).unwrap_or(0.0),
    };
    metadata::update(backend, |metadata| {
        metadata.strategies.insert(strategy.name.clone(), strategy);
    })?;
    Ok(Datum::Void)
}

/// citus_set_default_rebalance_strategy(name)
pub fn set_default_strategy(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let name = args.text(0).unwrap_or_default();
    if !metadata::of(backend)?.strategies.contains_key(name) {
        return Err(error("strategy with specified name does not exist"));
    }
    metadata::update(backend, |metadata| {
        let names: Vec<_> = metadata.strategies.keys().cloned().collect();
        for key in names {
            if let Some(strategy) = metadata.strategies.get_mut(&key) {
                strategy.is_default = &*key == name;
            }
        }
    })?;
    Ok(Datum::Void)
}
