//! Where ids come from: sequences in `pg_catalog`, ordinary ones, which no ROLLBACK turns back.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Relation, RelationKind, SequenceDefinition, well_known};
use kumquat_postgres::server::{Database, SequenceValue};
use kumquat_types::{Error, Oid, Result};

use super::ensure_coordinator;

/// A sequence of Citus: its oid, its name, its first value.
#[derive(Clone, Copy)]
pub struct CitusSequence {
    pub oid: Oid,
    pub name: &'static str,
    pub start: i64,
}

impl CitusSequence {
    /// The setting that, while it is above 0, gives the ids instead.
    fn setting(self) -> Option<&'static str> {
        [
            (SHARD_ID, "citus.next_shard_id"),
            (PLACEMENT_ID, "citus.next_placement_id"),
            (OPERATION_ID, "citus.next_operation_id"),
            (CLEANUP_RECORD_ID, "citus.next_cleanup_record_id"),
        ]
        .into_iter()
        .find_map(|(sequence, setting)| (sequence.oid == self.oid).then_some(setting))
    }
}

pub const SHARD_ID: CitusSequence = sequence(15_300, "pg_dist_shardid_seq", 102_008);
pub const PLACEMENT_ID: CitusSequence = sequence(15_301, "pg_dist_placement_placementid_seq", 1);
pub const COLOCATION_ID: CitusSequence = sequence(15_302, "pg_dist_colocationid_seq", 1);
pub const GROUP_ID: CitusSequence = sequence(15_303, "pg_dist_groupid_seq", 1);
pub const NODE_ID: CitusSequence = sequence(15_304, "pg_dist_node_nodeid_seq", 1);
pub const JOB_ID: CitusSequence = sequence(15_305, "pg_dist_background_job_job_id_seq", 1);
pub const TASK_ID: CitusSequence = sequence(15_306, "pg_dist_background_task_task_id_seq", 1);
pub const CLEANUP_RECORD_ID: CitusSequence = sequence(15_307, "pg_dist_cleanup_recordid_seq", 1);
pub const OPERATION_ID: CitusSequence = sequence(15_308, "pg_dist_operationid_seq", 1);
pub const CLOCK_LOGICAL: CitusSequence = sequence(15_309, "pg_dist_clock_logical_seq", 1);

const ALL: [CitusSequence; 10] = [
    SHARD_ID,
    PLACEMENT_ID,
    COLOCATION_ID,
    GROUP_ID,
    NODE_ID,
    JOB_ID,
    TASK_ID,
    CLEANUP_RECORD_ID,
    OPERATION_ID,
    CLOCK_LOGICAL,
];

const fn sequence(oid: u32, name: &'static str, start: i64) -> CitusSequence {
    CitusSequence {
        oid: Oid(oid),
        name,
        start,
    }
}

/// The next value; ids are given out by the coordinator alone.
pub fn next_value(backend: &mut Backend<'_>, sequence: CitusSequence) -> Result<i64> {
    ensure_coordinator(backend)?;
    if let Some(id) = next_of_setting(backend, sequence)? {
        return Ok(id);
    }
    let sequences = &mut backend.database_mut()?.sequences;
    let current = sequences
        .get(&sequence.oid)
        .copied()
        .ok_or_else(|| Error::internal(format!("sequence {} is gone", sequence.name)))?;
    let next = match current.is_called {
        true => current.last_value.saturating_add(1),
        false => current.last_value,
    };
    let value = SequenceValue {
        last_value: next,
        is_called: true,
    };
    sequences.insert(sequence.oid, value);
    Ok(next)
}

/// The id that a setting fixes; the setting then holds the one after it.
fn next_of_setting(backend: &mut Backend<'_>, sequence: CitusSequence) -> Result<Option<i64>> {
    let Some(setting) = sequence.setting() else {
        return Ok(None);
    };
    let id = backend.setting_integer(setting);
    if id <= 0 {
        return Ok(None);
    }
    backend.set_setting(setting, Some(&id.saturating_add(1).to_string()), false)?;
    Ok(Some(id))
}

/// Makes the sequences in a database that gets the extension. `used` says which have given out values.
pub fn create_all(database: &mut Database, owner: Oid, used: &[(CitusSequence, i64)]) {
    for sequence in ALL {
        database.catalog.put_relation(relation(sequence, owner));
        let last = used.iter().find(|(other, _)| other.oid == sequence.oid);
        let value = SequenceValue {
            last_value: last.map_or(sequence.start, |(_, last)| *last),
            is_called: last.is_some(),
        };
        database.sequences.insert(sequence.oid, value);
    }
}

fn relation(sequence: CitusSequence, owner: Oid) -> Relation {
    let definition = SequenceDefinition {
        type_oid: Oid::INT8,
        start: sequence.start,
        increment: 1,
        min: 1,
        max: i64::MAX,
        cache: 1,
        cycle: false,
    };
    let mut relation = Relation::new(
        sequence.oid,
        sequence.name,
        well_known::PG_CATALOG,
        RelationKind::Sequence,
        owner,
    );
    relation.sequence = Some(definition);
    relation
}
