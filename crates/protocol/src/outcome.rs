//! What one statement printed.

use serde::{Deserialize, Serialize};
#[cfg(feature = "typescript")]
use tsify::Tsify;

use crate::trace::Trace;

/// One statement or meta-command, what psql printed for it, and what the cluster did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct StatementOutcome {
    /// The statement as `psql -a` echoes it, with its line end.
    pub echo: String,
    /// What psql printed, in order, to the letter. Joined with `echo` it is the transcript.
    pub output: Vec<Output>,
    /// True if the statement raised an error.
    pub failed: bool,
    /// Where the error is in the text that was run, in bytes from its start, if PostgreSQL says.
    pub error_at: Option<u32>,
    /// How much of the text is done with this statement, in bytes.
    pub end: u32,
    /// Absent for meta-commands that ask the cluster nothing.
    pub trace: Option<Box<Trace>>,
}

/// A stretch of output of one kind, with its line ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Output {
    pub kind: OutputKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub enum OutputKind {
    /// Rows, command tags and what meta-commands print: psql's standard output.
    Result,
    /// NOTICE, WARNING, INFO, DEBUG with their details and hints.
    Notice,
    /// ERROR with its details and hints.
    Error,
}
