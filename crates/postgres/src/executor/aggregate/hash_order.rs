//! The order in which PostgreSQL's hash tables give their entries.
//!
//! A query without ORDER BY over a HashAggregate gives its groups in the order of the slots of an open-addressing
//! table with Robin Hood placement (`simplehash.h`), read backwards. Learners see that order, so the table is
//! acted out here on hash values alone.

use kumquat_types::hash::hash;
use kumquat_types::{Column, Oid};

/// Part of the slots that may be filled before the table grows.
const FILL: f64 = 0.9;
/// A table grows early when entries get this far from their slots, unless it is nearly empty.
const FARTHEST: usize = 25;
const LONGEST_MOVE: usize = 150;
const NEARLY_EMPTY: f64 = 0.1;

/// Entries by slot: hash and number of the group.
struct Table {
    slots: Vec<Option<(u32, u32)>>,
    members: usize,
    threshold: usize,
}

impl Table {
    fn new(expected: f64) -> Table {
        let wanted = (expected / FILL).clamp(2.0, (1u64 << 30) as f64) as usize;
        let mut table = Table {
            slots: Vec::new(),
            members: 0,
            threshold: 0,
        };
        table.resize(wanted.next_power_of_two());
        table
    }

    fn resize(&mut self, size: usize) {
        self.slots = vec![None; size];
        self.threshold = (size as f64 * FILL) as usize;
    }

    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    fn home(&self, hash: u32) -> usize {
        hash as usize & self.mask()
    }

    fn at(&self, slot: usize) -> Option<(u32, u32)> {
        self.slots.get(slot).copied().flatten()
    }

    fn put(&mut self, slot: usize, entry: (u32, u32)) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(entry);
        }
    }

    fn is_crowded(&self) -> bool {
        self.members as f64 / self.slots.len() as f64 >= NEARLY_EMPTY
    }

    fn insert(&mut self, entry: (u32, u32)) {
        if self.members >= self.threshold {
            self.grow();
        }
        while !self.try_insert(entry) {
            self.grow();
        }
        self.members += 1;
    }

    /// False if the table should grow first.
    fn try_insert(&mut self, entry: (u32, u32)) -> bool {
        let mask = self.mask();
        let (mut slot, mut distance) = (self.home(entry.0), 0);
        while let Some((other, _)) = self.at(slot) {
            let others_distance = slot.wrapping_sub(self.home(other)) & mask;
            if distance > others_distance {
                return self.displace(slot, entry);
            }
            slot = (slot + 1) & mask;
            distance += 1;
            if distance > FARTHEST && self.is_crowded() {
                return false;
            }
        }
        self.put(slot, entry);
        true
    }

    /// Moves the entries from a slot on by one place, and takes it.
    fn displace(&mut self, slot: usize, entry: (u32, u32)) -> bool {
        let mask = self.mask();
        let (mut free, mut moved) = (slot, 0);
        while self.at(free).is_some() {
            free = (free + 1) & mask;
            if self.at(free).is_none() {
                break;
            }
            moved += 1;
            if moved > LONGEST_MOVE && self.is_crowded() {
                return false;
            }
        }
        while free != slot {
            let before = free.wrapping_sub(1) & mask;
            if let Some(entry) = self.at(before) {
                self.put(free, entry);
            }
            free = before;
        }
        self.put(slot, entry);
        true
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.resize(old.len() * 2);
        let settled = |(at, entry): (usize, &Option<(u32, u32)>)| match entry {
            None => true,
            Some((hash, _)) => self.home(*hash) == at,
        };
        let start = old.iter().enumerate().position(settled).unwrap_or(0);
        let mask = self.mask();
        for entry in old.iter().cycle().skip(start).take(old.len()).flatten() {
            let mut slot = self.home(entry.0);
            while self.at(slot).is_some() {
                slot = (slot + 1) & mask;
            }
            self.put(slot, *entry);
        }
    }

    /// The entries, backwards from the first free slot.
    fn order(&self) -> Vec<u32> {
        let size = self.slots.len();
        let start = self.slots.iter().position(Option::is_none).unwrap_or(0);
        let slot = |step: usize| (start + size - step) & self.mask();
        (0..size)
            .filter_map(|step| self.at(slot(step)))
            .map(|(_, group)| group)
            .collect()
    }
}

/// The order of groups that came with these keys, when so many were expected.
pub fn hash_order(keys: &[Column], types: &[Oid], groups: usize, expected: f64) -> Vec<u32> {
    let mut table = Table::new(expected);
    for group in 0..groups {
        let number = u32::try_from(group).unwrap_or(u32::MAX);
        table.insert((group_hash(keys, types, group), number));
    }
    table.order()
}

/// As `TupleHashTableHash` combines the hashes of the columns; NULLs count as 0.
fn group_hash(keys: &[Column], types: &[Oid], row: usize) -> u32 {
    let combined = keys.iter().zip(types).fold(0u32, |combined, (column, &type_oid)| {
        let rotated = combined.rotate_left(1);
        match column.is_null(row) {
            true => rotated,
            false => rotated ^ hash(type_oid, &column.get(row)).unwrap_or(0),
        }
    });
    let mixed = (combined ^ combined >> 16).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35);
    mixed ^ mixed >> 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use kumquat_types::Datum;

    fn order(values: impl IntoIterator<Item = i32>, expected: f64) -> Vec<i32> {
        let values: Vec<i32> = values.into_iter().collect();
        let keys = Column::from_datums(Oid::INT4, values.iter().map(|&v| Datum::Int4(v)));
        let order = hash_order(&[keys], &[Oid::INT4], values.len(), expected);
        order.into_iter().map(|at| values[at as usize]).collect()
    }

    #[test]
    fn every_group_comes_once() {
        let mut all = order(0..5000, 2.0);
        all.sort_unstable();
        assert_eq!(all, (0..5000).collect::<Vec<_>>());
    }

    #[test]
    fn groups_come_as_from_a_server() {
        assert_eq!(order(1..=10, 200.0), [9, 3, 5, 4, 10, 6, 2, 7, 1, 8]);
        // The table grows once on the way.
        let grown = order(1..=300, 200.0);
        assert_eq!(grown.get(..8), Some([184, 116, 87, 273, 51, 272, 70, 190].as_slice()));
        let texts = [
            Some("a"),
            Some("b"),
            Some("c"),
            Some("d"),
            Some("dev"),
            Some("ops"),
            None,
        ];
        let keys = Column::from_datums(Oid::TEXT, texts.map(Datum::from));
        assert_eq!(hash_order(&[keys], &[Oid::TEXT], 7, 200.0), [6, 3, 0, 1, 4, 2, 5]);
    }
}
