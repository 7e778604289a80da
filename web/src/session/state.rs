//! The values that the page shows of a session.

use std::sync::Arc;

use kumquat_protocol::outcome::{OutputKind, StatementOutcome};

/// What the engine is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Engine {
    /// Bytes so far and in all.
    Loading {
        loaded: f64,
        total: f64,
    },
    Ready,
    Running,
    /// The log is replayed.
    Restoring,
    /// It could not be started.
    Failed(String),
}

/// A line of the transcript.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Statement(Arc<StatementOutcome>),
    /// The page's own words, not psql's.
    Remark(String),
}

impl Entry {
    /// Length of its texts.
    pub fn bytes(&self) -> usize {
        match self {
            Entry::Statement(outcome) => {
                let output = outcome.output.iter().map(|output| output.text.len());
                outcome.echo.len() + output.sum::<usize>()
            }
            Entry::Remark(text) => text.len(),
        }
    }
}

/// The last error of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Bytes from the text's start.
    pub at: usize,
    pub message: String,
}

impl Failure {
    /// Of a statement that failed and says where.
    pub fn of(outcome: &StatementOutcome) -> Option<Failure> {
        let at = usize::try_from(outcome.error_at?).ok()?;
        let errors = outcome.output.iter().filter(|output| output.kind == OutputKind::Error);
        let text = errors.map(|output| output.text.as_str()).next_back()?;
        let message = text.lines().next()?.to_string();
        Some(Failure { at, message })
    }

    /// The place in UTF-16 units, as the browser counts.
    pub fn place_in(&self, text: &str) -> u32 {
        let before = text.get(..self.at).unwrap_or(text);
        u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
    }
}

/// How a text ran.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ran {
    /// The worker lived to finish it.
    pub finished: bool,
    pub failure: Option<Failure>,
}
