//! Time zones: names of the IANA database, POSIX specifications such as `EST5EDT,M3.2.0,M11.1.0`, and
//! abbreviations such as `CET`.
//!
//! - [`table`]: the zones by name, with their changes since 1970; before that the first known offset holds.
//! - [`posix`]: POSIX specifications, which also say how a named zone goes on after its last listed change.
//! - [`abbreviation`]: what PostgreSQL's `Default` set of abbreviations means.

pub mod abbreviation;
pub mod posix;
pub mod table;

use std::sync::Arc;

use self::posix::Rule;
use super::calendar::{Civil, DAY, SECOND};

/// What a clock shows in a zone for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalType {
    /// Seconds east of Greenwich.
    pub offset: i32,
    pub is_dst: bool,
    pub abbreviation: Arc<str>,
}

/// A time zone.
#[derive(Clone, Debug)]
pub struct Zone {
    pub name: Arc<str>,
    types: Vec<LocalType>,
    /// Seconds since 1970 UTC, and the type in force from then on; ascending.
    changes: Vec<(i64, usize)>,
    /// The first type when no change has come yet.
    rule: Rule,
}

/// A change of offset: seconds since 1970 UTC.
struct Boundary<'a> {
    before: &'a LocalType,
    time: i64,
    after: &'a LocalType,
}

/// Seconds from 1970-01-01 to 2000-01-01.
const EPOCHS: i64 = 946_684_800;

impl Zone {
    /// The zone of this name in any case, or of this POSIX specification (`pg_tzset`).
    pub fn lookup(name: &str) -> Option<Arc<Zone>> {
        table::lookup(name).or_else(|| posix::zone(name).map(Arc::new))
    }

    /// Always one offset, in seconds east; named as PostgreSQL names it, e.g. `<+03>-03`.
    pub fn fixed(offset: i32) -> Zone {
        let size = offset.unsigned_abs();
        let mut digits = format!("{:02}", size / 3600);
        for part in [size / 60 % 60, size % 60] {
            if !size.is_multiple_of(3600) && (part != 0 || digits.len() == 2) {
                digits += &format!(":{part:02}");
            }
        }
        let (sign, west) = if offset < 0 { ('-', '+') } else { ('+', '-') };
        let only = LocalType {
            offset,
            is_dst: false,
            abbreviation: format!("{sign}{digits}").into(),
        };
        Zone {
            name: format!("<{sign}{digits}>{west}{digits}").into(),
            types: vec![only.clone()],
            changes: Vec::new(),
            rule: Rule::always(only),
        }
    }

    /// What holds at microseconds since 2000-01-01 UTC.
    pub fn at(&self, timestamp: i64) -> &LocalType {
        self.type_at(timestamp.div_euclid(SECOND) + EPOCHS)
    }

    /// Local time of an instant.
    pub fn local(&self, timestamp: i64) -> i64 {
        timestamp.saturating_add(i64::from(self.at(timestamp).offset) * SECOND)
    }

    /// Seconds east of Greenwich that hold for a local time (`DetermineTimeZoneOffset`): in the gap of
    /// spring the offset before it, in the doubled hour of autumn the offset after it.
    pub fn offset_of_local(&self, local: &Civil) -> i32 {
        let local = local
            .days()
            .saturating_mul(DAY / SECOND)
            .saturating_add(local.time() / SECOND + EPOCHS);
        let Some(boundary) = self.next_boundary(local.saturating_sub(DAY / SECOND)) else {
            return self.type_at(local).offset;
        };
        let before = local.saturating_sub(i64::from(boundary.before.offset));
        let after = local.saturating_sub(i64::from(boundary.after.offset));
        let chosen = if before < boundary.time && after < boundary.time {
            boundary.before
        } else if before > boundary.time && after >= boundary.time {
            boundary.after
        } else if before > after {
            boundary.before
        } else {
            boundary.after
        };
        chosen.offset
    }

    /// The same from microseconds of local time.
    pub fn offset_of_local_timestamp(&self, local: i64) -> i32 {
        self.offset_of_local(&Civil::from_timestamp(local))
    }

    /// The offset if it is and was always the same.
    pub fn fixed_offset(&self) -> Option<i32> {
        let first = self.types.first()?;
        let same = |t: &LocalType| t.offset == first.offset;
        (self.types.iter().all(same) && self.rule.types().all(same)).then_some(first.offset)
    }

    /// The offset that an abbreviation had in this zone at or before the time, else after it.
    fn offset_of_abbreviation(&self, abbreviation: &str, unix: i64) -> Option<&LocalType> {
        let matching = |t: &&LocalType| t.abbreviation.eq_ignore_ascii_case(abbreviation);
        let now = Some(self.type_at(unix)).filter(matching);
        let index = self.changes.partition_point(|&(time, _)| time <= unix);
        let listed = |&(_, i): &(i64, usize)| self.types.get(i);
        let past = self.changes.get(..index).unwrap_or_default();
        let future = self.changes.get(index..).unwrap_or_default();
        now.or_else(|| past.iter().rev().filter_map(listed).find(matching))
            .or_else(|| self.types.first().filter(matching))
            .or_else(|| future.iter().filter_map(listed).find(matching))
            .or_else(|| self.rule.types().find(matching))
    }

    /// What an abbreviation means at an instant.
    fn of_abbreviation_at(&self, abbreviation: &str, timestamp: i64) -> &LocalType {
        self.offset_of_abbreviation(abbreviation, timestamp.div_euclid(SECOND) + EPOCHS)
            .unwrap_or(self.at(timestamp))
    }

    fn type_at(&self, unix: i64) -> &LocalType {
        let index = self.changes.partition_point(|&(time, _)| time <= unix);
        if index == self.changes.len() {
            let last = self.changes.last().map_or(i64::MIN, |&(time, _)| time);
            if let Some((_, after)) = self.rule.last_change(unix).filter(|&(t, _)| t > last) {
                return after;
            }
        }
        let listed = index.checked_sub(1).and_then(|i| self.changes.get(i));
        match listed {
            Some(&(_, i)) => self.types.get(i).unwrap_or(self.rule.standard()),
            None => self.types.first().unwrap_or(self.rule.standard()),
        }
    }

    /// The first change after an instant.
    fn next_boundary(&self, unix: i64) -> Option<Boundary<'_>> {
        let before = self.type_at(unix);
        let index = self.changes.partition_point(|&(time, _)| time <= unix);
        let (time, after) = match self.changes.get(index) {
            Some(&(time, i)) => (time, self.types.get(i)?),
            None => self.rule.next_change(unix)?,
        };
        Some(Boundary { before, time, after })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn local(year: i32, month: i32, day: i32, hour: i32) -> Civil {
        Civil {
            year,
            month,
            day,
            hour,
            minute: 30,
            ..Civil::default()
        }
    }

    #[test]
    fn summer_time_begins_and_ends() {
        let amsterdam = Zone::lookup("europe/AMSTERDAM").unwrap();
        assert_eq!(&*amsterdam.name, "Europe/Amsterdam");
        for (civil, offset) in [
            (local(2024, 1, 4, 12), 1),
            (local(2024, 7, 4, 12), 2),
            // In the gap, and in the doubled hour.
            (local(2024, 3, 31, 2), 1),
            (local(2024, 10, 27, 2), 1),
            (local(1975, 7, 1, 0), 1),
            (local(2123, 7, 1, 0), 2),
        ] {
            assert_eq!(amsterdam.offset_of_local(&civil), offset * 3600, "{civil:?}");
        }
    }

    #[test]
    fn posix_names_count_west() {
        for (name, hours) in [("+03", -3), ("FOO-2", 2), ("<+05>-05", 5), ("Asia/Tokyo", 9)] {
            let zone = Zone::lookup(name).unwrap();
            assert_eq!(zone.fixed_offset(), Some(hours * 3600), "{name}");
        }
        for name in ["Mars/Base", "nowhere", ""] {
            assert!(Zone::lookup(name).is_none(), "{name}");
        }
    }

    #[test]
    fn fixed_zones_are_named_both_ways() {
        assert_eq!(&*Zone::fixed(3 * 3600).name, "<+03>-03");
        assert_eq!(&*Zone::fixed(-(3600 * 5 + 1800)).name, "<-05:30>+05:30");
    }
}
