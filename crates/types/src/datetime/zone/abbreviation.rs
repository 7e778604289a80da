//! Abbreviations of zones: PostgreSQL's `Default` set, from `abbreviations.txt`.
//!
//! A line is `CEST*=2` (hours east, `*` daylight saving) or `MSK@Europe/Moscow`: the offset that the zone
//! gave this abbreviation at the time in question.

use std::sync::Arc;

use super::{EPOCHS, Zone, table};
use crate::datetime::calendar::{Civil, DAY, SECOND};

static LINES: &str = include_str!("abbreviations.txt");

/// What an abbreviation stands for.
#[derive(Clone, Debug)]
pub enum Abbreviation {
    Fixed { offset: i32, is_dst: bool },
    InZone(Arc<Zone>),
}

/// Finds an abbreviation, in any case.
pub fn lookup(name: &str) -> Option<Abbreviation> {
    all()
        .find(|(abbreviation, _)| abbreviation.eq_ignore_ascii_case(name))
        .and_then(|(_, meaning)| meaning)
}

/// All abbreviations with what they stand for.
pub fn all() -> impl Iterator<Item = (&'static str, Option<Abbreviation>)> {
    LINES.lines().map(|line| match line.split_once('=') {
        Some((name, offset)) => {
            let meaning = table::seconds(offset).map(|offset| Abbreviation::Fixed {
                offset,
                is_dst: name.ends_with('*'),
            });
            (name.trim_end_matches('*'), meaning)
        }
        None => {
            let (name, zone) = line.split_once('@').unwrap_or((line, ""));
            (name, table::lookup(zone).map(Abbreviation::InZone))
        }
    })
}

impl Abbreviation {
    /// Seconds east for a local time (`DetermineTimeZoneAbbrevOffset`).
    pub fn offset_of_local(&self, name: &str, local: &Civil) -> i32 {
        match self {
            Abbreviation::Fixed { offset, .. } => *offset,
            Abbreviation::InZone(zone) => {
                let offset = zone.offset_of_local(local);
                let unix = local
                    .days()
                    .saturating_mul(DAY / SECOND)
                    .saturating_add(local.time() / SECOND + EPOCHS - i64::from(offset));
                zone.offset_of_abbreviation(name, unix).map_or(offset, |t| t.offset)
            }
        }
    }

    /// Seconds east at an instant, in microseconds since 2000-01-01 UTC.
    pub fn offset_at(&self, name: &str, timestamp: i64) -> i32 {
        match self {
            Abbreviation::Fixed { offset, .. } => *offset,
            Abbreviation::InZone(zone) => zone.of_abbreviation_at(name, timestamp).offset,
        }
    }

    /// Whether it is daylight-saving time at an instant.
    pub fn is_dst_at(&self, name: &str, timestamp: i64) -> bool {
        match self {
            Abbreviation::Fixed { is_dst, .. } => *is_dst,
            Abbreviation::InZone(zone) => zone.of_abbreviation_at(name, timestamp).is_dst,
        }
    }
}
