//! The session itself.

use kumquat_protocol::lesson::{Check, CheckResult};
use kumquat_protocol::message::{Options, Reply, Request, SessionView, Typed};
use kumquat_protocol::outcome::{OutputKind, StatementOutcome};

use crate::engine::Engine;
use crate::{matrix, names};

/// A cluster and a psql session on its coordinator.
pub struct Playground {
    engine: Engine,
    snapshots: Vec<Engine>,
}

impl Playground {
    /// The cluster every lesson starts from: a coordinator and two workers, nothing in them.
    pub fn new(options: &Options) -> Playground {
        Playground {
            engine: Engine::new(options),
            snapshots: Vec::new(),
        }
    }

    /// Runs a text as if it were typed into psql and reports each statement as it is done.
    pub fn run(&mut self, text: &str, report: &mut dyn FnMut(StatementOutcome)) {
        self.engine.run(text, report);
    }

    fn run_at(&mut self, typed: &Typed, report: &mut dyn FnMut(StatementOutcome)) {
        self.engine.set_clock(typed.at);
        self.engine.give_files(&typed.files);
        self.run(&typed.text, report);
    }

    /// How things stand.
    pub fn view(&self) -> SessionView {
        self.engine.view()
    }

    /// Keeps the present state, which costs the same however many rows there are.
    pub fn snapshot(&mut self) -> u32 {
        self.snapshots.push(self.engine.clone());
        count(self.snapshots.len() - 1)
    }

    /// Goes back to a kept state; false if there is none under that number.
    pub fn restore(&mut self, snapshot: u32) -> bool {
        let kept = usize::try_from(snapshot)
            .ok()
            .and_then(|index| self.snapshots.get(index));
        if let Some(engine) = kept {
            self.engine = engine.clone();
        }
        kept.is_some()
    }

    /// Runs a check's query on a copy of the state and compares rows without regard to order.
    pub fn check(&self, check: &Check) -> CheckResult {
        let mut copy = self.engine.clone();
        let text = format!(
            "\\pset format unaligned\n\\pset fieldsep '|'\n\\pset tuples_only on\n{};\n",
            check.sql.trim_end_matches([';', '\n', ' '])
        );
        let (mut found, mut failed) = (String::new(), false);
        copy.run(&text, &mut |outcome| {
            failed |= outcome.failed;
            for output in outcome.output {
                if outcome.echo.starts_with('\\') || output.kind == OutputKind::Notice {
                    continue;
                }
                found.push_str(&output.text);
            }
        });
        let mut rows: Vec<&str> = found.lines().collect();
        let mut expected: Vec<String> = check.rows.iter().map(|row| row.join("|")).collect();
        rows.sort_unstable();
        expected.sort_unstable();
        CheckResult {
            met: !failed && rows == expected,
            found,
        }
    }

    /// Answers one request; every reply but the last goes through `report`.
    ///
    /// [`Request::Boot`] makes a new playground of this one.
    pub fn answer(&mut self, request: Request, report: &mut dyn FnMut(Reply)) -> Reply {
        match request {
            Request::Boot {
                options,
                log,
                report: aloud,
            } => {
                *self = Playground::new(&options);
                let of = count(log.len());
                for (done, typed) in log.iter().enumerate() {
                    self.run_at(typed, &mut |outcome| {
                        if aloud {
                            report(Reply::Statement { outcome });
                        }
                    });
                    let texts = count(done.saturating_add(1));
                    report(Reply::Replayed { texts, of });
                }
                Reply::Ready {
                    session: self.view(),
                    matrix: matrix::cells(),
                }
            }
            Request::Run { typed } => {
                self.run_at(&typed, &mut |outcome| report(Reply::Statement { outcome }));
                Reply::Finished { session: self.view() }
            }
            Request::Names => Reply::Names {
                names: names::of(&self.engine),
            },
            Request::Check { check } => Reply::Checked {
                result: self.check(&check),
            },
            Request::Ask { question } => Reply::Answered {
                answer: self.engine.ask(&question),
            },
            Request::Snapshot => Reply::Kept {
                snapshot: self.snapshot(),
            },
            Request::Restore { snapshot } if self.restore(snapshot) => Reply::Finished { session: self.view() },
            Request::Restore { snapshot } => Reply::Refused {
                message: format!("there is no snapshot {snapshot}"),
            },
            Request::Ping => Reply::Pong,
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
