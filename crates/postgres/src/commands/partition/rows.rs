//! Which rows a bound admits: checked when a partition is attached, and when a new one takes rows that the
//! default partition holds.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::compare::compare_typed;
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::{PartitionBound, PartitionKey, PartitionStrategy, RangeDatum, Relation};
use crate::commands::attribute_map::AttributeMap;
use crate::executor;
use crate::query::Expr;

/// The key of a parent over the columns of a partition.
pub fn key_expressions(parent: &Relation, partition: &Relation) -> Vec<Expr> {
    let map = AttributeMap::by_name(parent, partition);
    let Some(key) = &parent.partition_key else {
        return Vec::new();
    };
    key.columns
        .iter()
        .map(|column| map.index_column(column).expression_over(partition))
        .collect()
}

/// Whether a row with these key values belongs under the bound. Not for `Default`, which is known only from
/// the others.
pub fn admits(key: &PartitionKey, bound: &PartitionBound, values: &[Datum]) -> bool {
    match bound {
        PartitionBound::Default => true,
        PartitionBound::List(list) => {
            let (type_oid, value) = (first(&key.types), values.first().cloned().unwrap_or_default());
            list.iter().any(|known| match (known.is_null(), value.is_null()) {
                (false, false) => compare_typed(type_oid, known, &value) == Ordering::Equal,
                (a, b) => a && b,
            })
        }
        PartitionBound::Range { from, to } => {
            !values.iter().any(Datum::is_null)
                && compare_to(key, values, from) != Ordering::Less
                && compare_to(key, values, to) == Ordering::Less
        }
        PartitionBound::Hash { modulus, remainder } => {
            let modulus = u64::try_from(*modulus).unwrap_or(1).max(1);
            row_hash(&key.types, values) % modulus == u64::try_from(*remainder).unwrap_or(0)
        }
    }
}

/// The hash of a row's key by which hash partitions are told apart (`compute_partition_hash_value`).
pub fn row_hash(types: &[Oid], values: &[Datum]) -> u64 {
    const SEED: u64 = 0x7a5b_2236_7996_dcfd;
    const COMBINE: u64 = 0x49a0_f4dd_15e5_a8e3;
    let present = types.iter().zip(values).filter(|(_, value)| !value.is_null());
    present.fold(0, |row, (type_oid, value)| {
        let hash = kumquat_types::hash::hash_extended(*type_oid, value, SEED).unwrap_or(0);
        row ^ hash
            .wrapping_add(COMBINE)
            .wrapping_add(row << 54)
            .wrapping_add(row >> 7)
    })
}

fn first(types: &[Oid]) -> Oid {
    types.first().copied().unwrap_or_default()
}

fn compare_to(key: &PartitionKey, values: &[Datum], bound: &[RangeDatum]) -> Ordering {
    for ((value, bound), type_oid) in values.iter().zip(bound).zip(&key.types) {
        let order = match bound {
            RangeDatum::MinValue => Ordering::Greater,
            RangeDatum::MaxValue => Ordering::Less,
            RangeDatum::Value(bound) => compare_typed(*type_oid, value, bound),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// A bound that is new on `parent`: rows that it admits must not be in the default partition.
pub fn check_default_partition(backend: &mut Backend<'_>, parent: &Relation, bound: &PartitionBound) -> Result<()> {
    let (Some(key), Some(default)) = (&parent.partition_key, default_partition(backend, parent.oid)?) else {
        return Ok(());
    };
    let found = any_row(backend, parent, &default, &mut |values| admits(key, bound, values))?;
    match found {
        Some(leaf) => Err(Error::new(
            SqlState::CHECK_VIOLATION,
            format!("updated partition constraint for default partition \"{leaf}\" would be violated by some row"),
        )),
        None => Ok(()),
    }
}

/// All rows of a table that becomes a partition must be admitted by its bound.
pub fn check_attached(
    backend: &mut Backend<'_>,
    parent: &Relation,
    partition: &Relation,
    bound: &PartitionBound,
) -> Result<()> {
    let Some(key) = &parent.partition_key else {
        return Ok(());
    };
    let others: Vec<Arc<PartitionBound>> = backend
        .catalog()?
        .children_of(parent.oid)
        .filter(|other| other.oid != partition.oid)
        .filter_map(|other| other.partition_bound.clone())
        .collect();
    let mut violates = |values: &[Datum]| match bound {
        PartitionBound::Default => others.iter().any(|other| admits(key, other, values)),
        bound => !admits(key, bound, values),
    };
    match any_row(backend, parent, partition, &mut violates)? {
        Some(leaf) => Err(Error::new(
            SqlState::CHECK_VIOLATION,
            format!("partition constraint of relation \"{leaf}\" is violated by some row"),
        )),
        None => Ok(()),
    }
}

pub fn default_partition(backend: &Backend<'_>, parent: Oid) -> Result<Option<Arc<Relation>>> {
    let mut partitions = backend.catalog()?.children_of(parent);
    let is_default = |relation: &&Arc<Relation>| {
        relation
            .partition_bound
            .as_ref()
            .is_some_and(|bound| matches!(**bound, PartitionBound::Default))
    };
    Ok(partitions.find(is_default).cloned())
}

/// The table among the leaves of `partition` with a row whose key in `parent` satisfies the test.
fn any_row(
    backend: &mut Backend<'_>,
    parent: &Relation,
    partition: &Relation,
    test: &mut dyn FnMut(&[Datum]) -> bool,
) -> Result<Option<String>> {
    if !partition.has_storage() {
        let leaves: Vec<Arc<Relation>> = backend.catalog()?.children_of(partition.oid).cloned().collect();
        for leaf in leaves {
            if let Some(found) = any_row(backend, parent, &leaf, test)? {
                return Ok(Some(found));
            }
        }
        return Ok(None);
    }
    let exprs = key_expressions(parent, partition);
    let chunks: Vec<Chunk> = match backend.database()?.heaps.get(&partition.oid) {
        Some(heap) => heap.live_chunks().collect(),
        None => Vec::new(),
    };
    for chunk in chunks {
        let keys = executor::evaluate_over(backend, &exprs, &chunk)?;
        if keys.iter_rows().any(|values| test(&values)) {
            return Ok(Some(partition.name.to_string()));
        }
    }
    Ok(None)
}

impl PartitionStrategy {
    /// As PARTITION BY writes it.
    pub fn keyword(self) -> &'static str {
        match self {
            PartitionStrategy::Range => "RANGE",
            PartitionStrategy::List => "LIST",
            PartitionStrategy::Hash => "HASH",
        }
    }
}
