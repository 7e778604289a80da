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
        (Local, Reference) | (Reference, Local) => (
            Allowed,
            "the local table is added to the metadata as a Citus local table",
        ),
        (Local, CitusLocal) | (CitusLocal, Local) => (Allowed, "both become Citus local tables"),
        (Local | CitusLocal | Reference, Local | CitusLocal | Reference) => (Allowed, ""),
        (Distributed | SingleShard, Reference) => (Allowed, "every node has a copy of the reference table"),
        (Distributed, Distributed) => (
            Conditional,
            "colocated, and the distribution columns stand at the same place in the key",
        ),
        (SingleShard, SingleShard) => (Conditional, "colocated: both whole on the same node"),
        (Distributed, SingleShard) | (SingleShard, Distributed) => (Refused, "they are never colocated"),
        (Distributed | SingleShard, Local | CitusLocal) => (Refused, "the workers do not have the referenced rows"),
        (Reference, Distributed | SingleShard) => (Refused, "no single node has all the referenced rows"),
        (Local | CitusLocal, Distributed | SingleShard) => {
            (Refused, "the coordinator does not have the referenced rows")
        }
    }
}
