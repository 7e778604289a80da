//! Which moves make the nodes equally full (`RebalancePlacementUpdates`).

use std::cmp::Ordering;

use kumquat_types::Oid;

use crate::metadata::{GroupId, Metadata, NodeId, PartitionMethod, ShardId};

/// One shard, with those colocated with it, from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub shard: ShardId,
    pub source: NodeId,
    pub target: NodeId,
}

/// A node with what it holds.
#[derive(Clone, Debug)]
pub struct Fill {
    pub node: NodeId,
    pub group: GroupId,
    /// Takes shards at all.
    pub allowed: bool,
    /// Shards with their costs.
    pub shards: Vec<(ShardId, f32)>,
}

impl Fill {
    /// All nodes have the same capacity.
    fn utilization(&self) -> f32 {
        match self.allowed {
            true => self.shards.iter().map(|(_, cost)| cost).sum(),
            false => f32::INFINITY,
        }
    }
}

/// How far nodes may differ.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub threshold: f32,
    pub improvement: f32,
    pub most_moves: usize,
    pub drain_only: bool,
}

/// Tables to balance, one of each colocation group, in order of group.
pub fn tables_to_balance(metadata: &Metadata) -> Vec<Oid> {
    let mut tables: Vec<(u32, Oid)> = Vec::new();
    for table in metadata.tables.values() {
        let is_distributed = table.table_type().is_distributed();
        let is_known = table.colocation_id != 0 && tables.iter().any(|(group, _)| *group == table.colocation_id);
        if is_distributed && table.method != PartitionMethod::Append && !is_known {
            tables.push((table.colocation_id, table.relation));
        }
    }
    tables.sort_unstable();
    tables.into_iter().map(|(_, table)| table).collect()
}

/// The moves for the shards of one list of tables: first off the nodes that are to have none, then from the fullest
/// to the emptiest.
pub fn balance(mut nodes: Vec<Fill>, limits: Limits, moves: &mut Vec<Move>) {
    empty_disallowed(&mut nodes, moves);
    if limits.drain_only {
        return;
    }
    let allowed = nodes.iter().filter(|node| node.allowed).count();
    let total: f32 = nodes.iter().flat_map(|node| &node.shards).map(|(_, cost)| cost).sum();
    let average = total / allowed.max(1) as f32;
    let (low, high) = ((1.0 - limits.threshold) * average, (1.0 + limits.threshold) * average);
    while moves.len() < limits.most_moves && improve(&mut nodes, low, high, limits.improvement, moves) {}
}

fn empty_disallowed(nodes: &mut [Fill], moves: &mut Vec<Move>) {
    let mut leaving: Vec<(usize, ShardId, f32)> = Vec::new();
    for (at, node) in nodes.iter().enumerate().filter(|(_, node)| !node.allowed) {
        leaving.extend(node.shards.iter().map(|(shard, cost)| (at, *shard, *cost)));
    }
    leaving.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.cmp(&b.1)));
    for (source, shard, cost) in leaving {
        let target = emptiest_first(nodes).into_iter().find(|at| allows(nodes, *at, shard));
        if let Some(target) = target {
            relocate(nodes, source, target, (shard, cost), moves);
        }
    }
}

fn allows(nodes: &[Fill], at: usize, shard: ShardId) -> bool {
    nodes
        .get(at)
        .is_some_and(|node| node.allowed && !node.shards.iter().any(|(found, _)| *found == shard))
}

fn emptiest_first(nodes: &[Fill]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by(|a, b| compare(nodes, *a, *b));
    order
}

fn compare(nodes: &[Fill], a: usize, b: usize) -> Ordering {
    match (nodes.get(a), nodes.get(b)) {
        (Some(a), Some(b)) => a.utilization().total_cmp(&b.utilization()).then(a.node.cmp(&b.node)),
        _ => Ordering::Equal,
    }
}

fn relocate(nodes: &mut [Fill], source: usize, target: usize, shard: (ShardId, f32), moves: &mut Vec<Move>) {
    let (Some(from), Some(to)) = (
        nodes.get(source).map(|node| node.node),
        nodes.get(target).map(|node| node.node),
    ) else {
        return;
    };
    moves.push(Move {
        shard: shard.0,
        source: from,
        target: to,
    });
    if let Some(node) = nodes.get_mut(source) {
        node.shards.retain(|(found, _)| *found != shard.0);
    }
    if let Some(node) = nodes.get_mut(target) {
        node.shards.push(shard);
    }
}

/// One move from a fuller to an emptier node, if there is one that is worth it (`FindAndMoveShardCost`).
fn improve(nodes: &mut [Fill], low: f32, high: f32, least: f32, moves: &mut Vec<Move>) -> bool {
    let ascending: Vec<usize> = emptiest_first(nodes)
        .into_iter()
        .filter(|at| nodes.get(*at).is_some_and(|node| node.allowed))
        .collect();
    for source in ascending.iter().rev().copied() {
        let Some(from) = nodes.get(source).cloned() else {
            continue;
        };
        if from.utilization() <= low {
            return false;
        }
        for target in ascending.iter().copied() {
            let Some(to) = nodes.get(target) else { continue };
            let is_decent = to.utilization() >= low && from.utilization() <= high;
            if to.utilization() >= high || is_decent {
                break;
            }
            let mut shards = from.shards.clone();
            shards.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let found = shards.into_iter().find(|shard| {
                allows(nodes, target, shard.0) && is_worth(from.utilization(), to.utilization(), shard.1, least)
            });
            if let Some(shard) = found {
                relocate(nodes, source, target, shard, moves);
                return true;
            }
        }
    }
    false
}

/// True if a move leaves the fuller of both nodes less full, by enough for its cost.
fn is_worth(source: f32, target: f32, cost: f32, least: f32) -> bool {
    let (new_source, new_target) = (source - cost, target + cost);
    if new_target <= new_source {
        return true;
    }
    if new_target > source || (new_target == source && new_source <= target) {
        return false;
    }
    let improvement = (source - new_target).max(new_source - target);
    let added = (new_target - target).min(source - new_source);
    improvement / added >= least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(node: NodeId, allowed: bool, shards: &[ShardId]) -> Fill {
        Fill {
            node,
            group: node,
            allowed,
            shards: shards.iter().map(|shard| (*shard, 1.0)).collect(),
        }
    }

    fn check(nodes: Vec<Fill>, drain_only: bool, expect: &[(ShardId, NodeId, NodeId)]) {
        let limits = Limits {
            threshold: 0.0,
            improvement: 0.0,
            most_moves: 100,
            drain_only,
        };
        let mut moves = Vec::new();
        balance(nodes, limits, &mut moves);
        let found: Vec<_> = moves
            .iter()
            .map(|step| (step.shard, step.source, step.target))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn shards_go_from_the_fullest_node_to_the_emptiest() {
        check(
            vec![fill(2, true, &[8, 9, 10, 11]), fill(3, true, &[])],
            false,
            &[(8, 2, 3), (9, 2, 3)],
        );
        check(vec![fill(2, true, &[8, 10]), fill(3, true, &[9, 11])], false, &[]);
    }

    #[test]
    fn a_node_that_takes_no_shards_is_emptied() {
        check(
            vec![fill(2, true, &[8, 10]), fill(3, false, &[9, 11])],
            true,
            &[(9, 3, 2), (11, 3, 2)],
        );
    }
}
