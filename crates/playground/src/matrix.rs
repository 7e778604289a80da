//! What Citus lets reference what.

use kumquat_protocol::keys::{MatrixCell, Verdict};
use kumquat_protocol::view::TableKind;

/// The verdict on every pair of kinds, row by row (the referencing kind first).
pub fn cells() -> Vec<MatrixCell> {
    use TableKind::*;
    let kinds = [Local, CitusLocal, Reference, Distributed, SingleShard];
    kinds
        .iter()
        .flat_map(|&from| kinds.iter().map(move |&to| cell(from, to)))
        .collect()
}

fn cell(from: TableKind, to: TableKind) -> MatrixCell {
    let (verdict, note) = verdict(from, to);
    MatrixCell {
        from,
        to,
        verdict,
        note: note.to_string(),
    }
}

fn verdict(from: TableKind, to: TableKind) -> (Verdict, &'static str) {
    use TableKind::*;
    use Verdict::*;
    match (from, to) {
        (Local, Distributed | SingleShard) => (Allowed, "PostgreSQL's own affair: the key is looked up in the shards"),
        (Local, CitusLocal | Reference) | (Reference, Local) => (Allowed, "the local table becomes Citus local"),
        (Local | CitusLocal | Reference, Local | CitusLocal | Reference) => (Allowed, ""),
        (Distributed | SingleShard, Reference) => (Allowed, "every node has a copy of the reference table"),
        (Distributed, Distributed) => (
            Conditional,
            "colocated, with the distribution columns at the same place in the key",
        ),
        (SingleShard, SingleShard) => (Conditional, "colocated: both lie whole on one node"),
        (Distributed, SingleShard) | (SingleShard, Distributed) => (Refused, "they are never colocated"),
        (Distributed | SingleShard, Local | CitusLocal) => (Refused, "the workers don't have the referenced rows"),
        (CitusLocal | Reference, Distributed | SingleShard) => (Refused, "no single node has all the referenced rows"),
    }
}
