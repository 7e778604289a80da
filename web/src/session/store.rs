//! What is kept of a session in the browser's database, for the next time the page is opened.

use kumquat_protocol::message::{Options, Typed};
use serde::{Deserialize, Serialize};

use crate::browser::{append, cut, from_js, keep_record, load, to_js};

/// Where a lesson's session lies: each tab has a desk, each lesson on it a cluster of its own.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub desk: u32,
    pub lesson: String,
}

/// What is kept beside the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub options: Options,
    /// Empty before the lesson's first step was touched.
    pub steps: Vec<StepState>,
}

/// How far a step is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepState {
    pub done: bool,
    pub open: bool,
    /// The learner's SQL, where it differs from the lesson's.
    pub sql: Option<String>,
    /// Length of the log before the step first ran, to go back to.
    pub before: Option<u32>,
}

#[derive(Deserialize)]
struct Kept {
    record: Option<Record>,
    log: Vec<Typed>,
}

impl Place {
    /// What was kept here, if it can be read.
    pub async fn load(&self) -> Option<(Record, Vec<Typed>)> {
        let kept: Kept = from_js(load(self.desk, &self.lesson).await)?;
        Some((kept.record?, kept.log))
    }

    pub fn keep(&self, record: &Record) {
        keep_record(self.desk, &self.lesson, to_js(record));
    }

    /// Keeps the log's entry of that number.
    pub fn append(&self, number: usize, typed: &Typed) {
        append(self.desk, &self.lesson, count(number), to_js(typed));
    }

    /// Forgets the log's entries from that number on.
    pub fn cut(&self, number: usize) {
        cut(self.desk, &self.lesson, count(number));
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
