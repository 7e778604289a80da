//! The cluster and psql over it, behind the few calls that the session makes.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::well_known::BOOTSTRAP_SUPERUSER;
use kumquat_postgres::connect::{self, ConnectionTarget};
use kumquat_postgres::result::{Client, Message, ResultColumn, ResultSet};
use kumquat_protocol::message::{Answer, File, MOST_WORKERS, Options, Question, SessionView};
use kumquat_protocol::outcome::{Output, OutputKind, StatementOutcome};
use kumquat_psql::script::Lines;
use kumquat_psql::{PieceKind, Psql};
use kumquat_types::Chunk;

use crate::view::COORDINATOR;
use crate::{ask, trace, view};

/// Seconds from 1970-01-01 to 2000-01-01, where PostgreSQL's clock begins.
const POSTGRES_EPOCH: f64 = 946_684_800.0;

/// The whole state of a session; a copy is cheap.
pub struct Engine {
    psql: Psql,
}

impl Clone for Engine {
    fn clone(&self) -> Engine {
        let mut psql = self.psql.clone();
        kumquat_citus::session::detach(&mut psql.session);
        Engine { psql }
    }
}

impl Engine {
    /// A fresh cluster, and psql connected to its coordinator as `postgres`.
    pub fn new(options: &Options) -> Engine {
        let mut psql = crate::fresh::psql(options.workers.min(MOST_WORKERS));
        psql.session.random = u64::from(options.seed);
        psql.variables.set("ECHO", "all");
        let mut engine = Engine { psql };
        engine.set_clock(options.clock);
        engine
    }

    /// Sets the time that `now()` tells, in seconds since 1970-01-01 UTC.
    pub fn set_clock(&mut self, seconds: f64) {
        // Out of range the conversion saturates.
        self.psql.session.clock.now = ((seconds - POSTGRES_EPOCH) * 1e6) as i64;
    }

    /// Runs a text as if it were typed into psql and reports each statement as it is done. What
    /// stands on one line is reported as one.
    pub fn run(&mut self, text: &str, report: &mut dyn FnMut(StatementOutcome)) {
        self.psql.resume();
        let mut lines = Lines::new(text);
        let mut out = kumquat_psql::Output::default();
        let mut more = true;
        let mut start = 0;
        while more {
            more = self.psql.run_next_line(&mut lines, &mut out);
            let done = self.psql.pending().trim().is_empty() || !more;
            let end = text.len().saturating_sub(lines.remaining());
            if done && !out.pieces.is_empty() {
                let mut outcome = self.outcome(std::mem::take(&mut out));
                outcome.end = offset(end);
                if outcome.failed {
                    let place = self.error_place(text.get(start..end).unwrap_or_default());
                    outcome.error_at = place.map(|place| offset(start + place));
                }
                report(outcome);
                start = end;
            }
        }
    }

    /// Where in a text that failed the error is, in bytes. None if psql sent something else, as
    /// where it put in variables.
    fn error_place(&self, text: &str) -> Option<usize> {
        let (error, statement) = self.psql.last_error()?;
        let place = usize::try_from(error.position?).ok()?;
        Some(text.rfind(statement.trim_end())? + place)
    }

    /// Files that `\i` and `\copy` may read from now on; one of the same name is replaced.
    pub fn give_files(&mut self, files: &[File]) {
        for file in files {
            let (name, text) = (file.name.as_str(), file.text.as_str());
            self.psql.files.insert(name.into(), text.into());
        }
    }

    /// Rows of a query that a new session on the coordinator would get, as text; NULL is empty.
    /// None after an error.
    pub fn rows(&self, query: &str) -> Option<Vec<Vec<String>>> {
        let mut session = connect::open(COORDINATOR, crate::fresh::DATABASE.into(), BOOTSTRAP_SUPERUSER);
        let mut backend = Backend {
            network: &mut self.psql.network.clone(),
            session: &mut session,
            extension: self.psql.extension,
        };
        let mut result = QueryRows::default();
        backend.simple_query(query, &mut result);
        let found = result.0?;
        let texts = |chunk: &Chunk, row: usize| {
            let columns = found.columns.iter().enumerate();
            let text = |(column, about): (usize, &ResultColumn)| {
                let value = chunk.get(column, row);
                backend.output_text(about.type_oid, &value).unwrap_or_default()
            };
            columns.map(text).collect()
        };
        let rows = found
            .chunks
            .iter()
            .flat_map(|chunk| (0..chunk.rows).map(move |row| (chunk, row)));
        Some(rows.map(|(chunk, row)| texts(chunk, row)).collect())
    }

    /// How things stand.
    pub fn view(&self) -> SessionView {
        SessionView {
            prompt: self.psql.prompt(),
            cluster: self.look(view::cluster),
        }
    }

    /// Answers a question from a copy of the state.
    pub fn ask(&self, question: &Question) -> Answer {
        let mut copy = self.clone();
        match copy.go_to(question.node) {
            Ok(()) => ask::ask(&mut copy.psql, question),
            Err(error) => Answer {
                error: Some(error),
                ..Answer::default()
            },
        }
    }

    /// Connects to a node, as psql's `\c` would.
    fn go_to(&mut self, node: Option<u32>) -> Result<(), String> {
        let Some(node) = node else { return Ok(()) };
        let nodes = self.look(view::cluster).nodes;
        let node = nodes.into_iter().find(|found| found.id == node);
        let node = node.ok_or_else(|| "there is no such node".to_string())?;
        let target = ConnectionTarget {
            database: self.psql.session.database.to_string(),
            user: "postgres".into(),
            host: node.host,
            port: node.port.to_string(),
        };
        self.psql.session = connect::connect(&self.psql.network, &target, &self.psql.session, self.psql.extension)?;
        Ok(())
    }

    /// Reads a copy of the state as a session on the coordinator does.
    fn look<R>(&self, read: impl FnOnce(&Backend<'_>) -> R) -> R {
        let mut session = self.psql.session.clone();
        session.server = COORDINATOR;
        read(&Backend {
            network: &mut self.psql.network.clone(),
            session: &mut session,
            extension: self.psql.extension,
        })
    }

    fn outcome(&mut self, out: kumquat_psql::Output) -> StatementOutcome {
        let mut outcome = StatementOutcome::default();
        for piece in out.pieces {
            let kind = match piece.kind {
                PieceKind::Echo => {
                    outcome.echo.push_str(&piece.text);
                    continue;
                }
                PieceKind::Notice => OutputKind::Notice,
                PieceKind::Error => OutputKind::Error,
                PieceKind::Result | PieceKind::Info => OutputKind::Result,
            };
            match outcome.output.last_mut() {
                Some(last) if last.kind == kind => last.text.push_str(&piece.text),
                _ => outcome.output.push(Output { kind, text: piece.text }),
            }
        }
        outcome.failed = outcome.output.iter().any(|output| output.kind == OutputKind::Error);
        if !outcome.echo.starts_with('\\') {
            let trace = kumquat_citus::session::take_trace(&mut self.psql.session);
            outcome.trace = Some(Box::new(self.look(|backend| trace::shown(trace, backend))));
        }
        outcome
    }
}

/// The rows of a query, if it gave any.
#[derive(Default)]
struct QueryRows(Option<ResultSet>);

impl Client for QueryRows {
    fn message(&mut self, message: Message) {
        if let Message::Rows(rows) = message {
            self.0 = Some(rows);
        }
    }

    fn copy_data(&mut self) -> String {
        String::new()
    }
}

/// A place in a text as the page has it.
fn offset(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
