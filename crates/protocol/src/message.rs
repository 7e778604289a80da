//! Requests to the worker and its replies.

use serde::{Deserialize, Serialize};
#[cfg(feature = "typescript")]
use tsify::Tsify;

use crate::keys::MatrixCell;
use crate::lesson::{Check, CheckResult};
use crate::names::Names;
use crate::outcome::StatementOutcome;
use crate::view::ClusterView;

/// A request under the number its replies carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Numbered<T> {
    pub id: u32,
    pub body: T,
}

/// What the page asks of the worker. Each request is answered by any number of
/// [`Reply::Statement`] and [`Reply::Replayed`], and then exactly one other reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub enum Request {
    /// Makes a fresh cluster and runs `log`, the texts of an earlier session; their statements
    /// are reported if `report` says so. Answered by [`Reply::Replayed`] for each text, and
    /// [`Reply::Ready`].
    Boot {
        options: Options,
        log: Vec<Typed>,
        report: bool,
    },
    /// Runs a text as if it were typed into psql: any number of statements and meta-commands.
    /// Answered by [`Reply::Statement`] for each and [`Reply::Finished`].
    Run { typed: Typed },
    /// Asks what can be named in a statement now. Answered by [`Reply::Names`].
    Names,
    /// Looks whether a step's goal is reached; leaves no trace. Answered by [`Reply::Checked`].
    Check { check: Check },
    /// Asks a question of a copy of the state, so that nothing changes. Answered by
    /// [`Reply::Answered`].
    Ask { question: Question },
    /// Keeps the present state under a number. Answered by [`Reply::Kept`].
    Snapshot,
    /// Goes back to a kept state. Answered by [`Reply::Finished`].
    Restore { snapshot: u32 },
    /// Answered by [`Reply::Pong`].
    Ping,
}

/// SQL whose rows the page wants to show or to look something up in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Question {
    pub sql: String,
    /// The node to ask, by its id in `pg_dist_node`; none is the one the session is connected to.
    pub node: Option<u32>,
    /// Rows beyond this many are not sent.
    pub limit: u32,
}

/// The rows of a question's last statement, or the error that ended it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Answer {
    pub columns: Vec<String>,
    /// Values as psql writes them; none is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many rows there are, those not sent included.
    pub count: f64,
    pub error: Option<String>,
}

/// A text, the files that were given to psql before it, and when it was typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Typed {
    pub text: String,
    /// For `now()`: seconds since 1970-01-01 UTC.
    pub at: f64,
    pub files: Vec<File>,
}

/// A file that `\i` and `\copy` may read from then on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct File {
    pub name: String,
    pub text: String,
}

/// What a cluster starts from. The same options and the same texts give the same output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Options {
    /// Seed of `random()`, `gen_random_uuid()` and the like.
    pub seed: u32,
    /// Start of the session's clock: seconds since 1970-01-01 UTC.
    pub clock: f64,
    /// Workers beside the coordinator; [`MOST_WORKERS`] at the most.
    pub workers: u16,
}

/// Workers that Kumquat's network has room for.
pub const MOST_WORKERS: u16 = 31;

impl Default for Options {
    /// The cluster every lesson starts from: two workers.
    fn default() -> Options {
        Options {
            seed: 0,
            clock: 0.0,
            workers: 2,
        }
    }
}

/// What the worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub enum Reply {
    /// The engine's file is on its way (bytes so far and in all). Sent by the worker's script
    /// before the engine exists, under request 0.
    Loading {
        loaded: f64,
        total: f64,
    },
    /// The engine trapped; the worker is of no more use. Sent by the worker's script.
    Trapped {
        message: String,
    },
    /// So many texts of a log have run, out of so many.
    Replayed {
        texts: u32,
        of: u32,
    },
    /// The cluster stands.
    Ready {
        session: SessionView,
        matrix: Vec<MatrixCell>,
    },
    /// One statement of a running text is done.
    Statement {
        outcome: StatementOutcome,
    },
    /// The text is done; this is how things stand now.
    Finished {
        session: SessionView,
    },
    Names {
        names: Names,
    },
    Checked {
        result: CheckResult,
    },
    Answered {
        answer: Answer,
    },
    Kept {
        snapshot: u32,
    },
    Pong,
    /// The request itself could not be carried out, as with a snapshot that was never kept.
    Refused {
        message: String,
    },
}

/// How the session stands between two texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct SessionView {
    /// psql's prompt: `lab=# `, `lab-# ` inside a statement, `lab=*# ` inside a transaction.
    pub prompt: String,
    pub cluster: ClusterView,
}
