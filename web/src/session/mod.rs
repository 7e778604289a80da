//! The engine in its worker, and what the page knows of the cluster.
//!
//! - `client`: requests to the worker and their replies
//! - [`Session`]: runs texts, keeps the log, and restores the state when the worker dies

mod client;

use std::collections::VecDeque;

use kumquat_protocol::keys::{MatrixCell, RefusedKey};
use kumquat_protocol::lesson::{Check, CheckResult};
use kumquat_protocol::message::{Answer, Options, Question, Reply, Request, SessionView, Typed};
use kumquat_protocol::outcome::StatementOutcome;
use kumquat_protocol::view::ClusterView;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::figures::counted;
use client::Client;

/// Where the site's files lie, and how large the engine is.
#[derive(Clone, Debug)]
pub struct Assets {
    pub base: String,
    pub engine_bytes: String,
}

impl Assets {
    /// As the element in `index.html` says.
    pub fn of(app: &web_sys::HtmlElement) -> Assets {
        let attribute = |name| app.get_attribute(name).unwrap_or_default();
        Assets {
            base: attribute("data-assets"),
            engine_bytes: attribute("data-engine-bytes"),
        }
    }
}

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
    /// A new worker replays the log.
    Restoring,
    /// It could not be started.
    Failed(String),
}

/// A line of the transcript.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Statement(StatementOutcome),
    /// The page's own words, not psql's.
    Remark(String),
}

/// Entries beyond this many are forgotten, the oldest first.
const TRANSCRIPT_LIMIT: usize = 500;

/// One learner's session, as every part of the page sees it.
#[derive(Clone, Copy)]
pub struct Session {
    pub engine: RwSignal<Engine>,
    pub prompt: RwSignal<String>,
    pub cluster: RwSignal<ClusterView>,
    pub transcript: RwSignal<VecDeque<(u32, Entry)>>,
    /// The last statement that asked the cluster something.
    pub last: RwSignal<Option<StatementOutcome>>,
    /// The last foreign key that was refused, until it is made.
    pub refused: RwSignal<Option<RefusedKey>>,
    pub matrix: RwSignal<Vec<MatrixCell>>,
    /// Texts finished on this cluster; back to 0 with a new cluster.
    pub finished: RwSignal<u32>,
    client: StoredValue<Client, LocalStorage>,
    options: StoredValue<Options>,
    /// Texts that ran, to replay when a worker is replaced.
    log: StoredValue<Vec<Typed>>,
    /// Statements of the running text that are done.
    done: StoredValue<String>,
    /// Texts sent and not finished.
    running: StoredValue<u32>,
    entries: StoredValue<u32>,
}

impl Session {
    /// Starts the engine.
    pub fn new(assets: &Assets) -> Session {
        let total = assets.engine_bytes.parse().unwrap_or(0.0);
        let session = Session {
            engine: RwSignal::new(Engine::Loading { loaded: 0.0, total }),
            prompt: RwSignal::new(String::from("lab=# ")),
            cluster: RwSignal::default(),
            transcript: RwSignal::default(),
            last: RwSignal::new(None),
            refused: RwSignal::new(None),
            matrix: RwSignal::default(),
            finished: RwSignal::new(0),
            client: StoredValue::new_local(Client::new(assets)),
            options: StoredValue::new(Options {
                clock: now(),
                ..Options::default()
            }),
            log: StoredValue::default(),
            done: StoredValue::default(),
            running: StoredValue::new(0),
            entries: StoredValue::new(0),
        };
        session
            .client
            .with_value(|client| client.listen(move |reply| session.hear(reply)));
        spawn_local(session.boot());
        session
    }

    /// Runs a text as if it were typed into psql. True if the worker lived to finish it.
    pub async fn run(self, text: String) -> bool {
        self.running.update_value(|count| *count += 1);
        self.engine.set(Engine::Running);
        let typed = Typed {
            text,
            at: now(),
            files: Vec::new(),
        };
        let reply = self.request(Request::Run { typed: typed.clone() }).await;
        self.running.update_value(|count| *count = count.saturating_sub(1));
        let done = self.done.try_update_value(std::mem::take).unwrap_or_default();
        match reply {
            Some(Reply::Finished { session }) => {
                self.log.update_value(|log| log.push(typed));
                self.show(session);
                self.finished.update(|count| *count += 1);
                if self.running.get_value() == 0 {
                    self.engine.set(Engine::Ready);
                }
                true
            }
            _ => {
                self.log.update_value(|log| log.push(Typed { text: done, ..typed }));
                false
            }
        }
    }

    /// Looks whether a step's goal is reached; none if the worker died over it.
    pub async fn check(self, check: Check) -> Option<CheckResult> {
        match self.request(Request::Check { check }).await {
            Some(Reply::Checked { result }) => Some(result),
            _ => None,
        }
    }

    /// Asks a question of the state, which changes nothing; none if the worker died over it.
    pub async fn ask(self, question: Question) -> Option<Answer> {
        match self.request(Request::Ask { question }).await {
            Some(Reply::Answered { answer }) => Some(answer),
            _ => None,
        }
    }

    /// Stops the running statement: the worker is replaced and the log replayed.
    pub fn stop(self) {
        self.remark("You stopped the statement. The cluster is as it was before it.");
        self.replace();
    }

    /// Starts over with an empty cluster of so many workers.
    pub fn reset_with_workers(self, workers: u16) {
        self.options.update_value(|options| options.workers = workers);
        self.reset();
    }

    /// Starts over with an empty cluster.
    pub fn reset(self) {
        self.log.update_value(Vec::clear);
        self.transcript.update(VecDeque::clear);
        self.refused.set(None);
        self.last.set(None);
        self.finished.set(0);
        let workers = f64::from(self.options.with_value(|options| options.workers));
        self.remark(&format!(
            "A fresh cluster: a coordinator and {}, with nothing in them.",
            counted(workers, "worker", "workers")
        ));
        self.replace();
    }

    /// Tries to start an engine that failed to start.
    pub fn retry(self) {
        self.replace();
    }

    fn replace(self) {
        self.engine.set(Engine::Restoring);
        self.client.with_value(Client::replace);
        // What was asked of the old worker is answered, with nothing, before the new one boots.
        spawn_local(self.boot());
    }

    async fn boot(self) {
        let options = self.options.get_value();
        // The texts that were running write down how far they came before this goes on.
        leptos::task::tick().await;
        let log = self.log.get_value();
        match self
            .request(Request::Boot {
                options,
                log,
                report: false,
            })
            .await
        {
            Some(Reply::Ready { session, matrix }) => {
                self.show(session);
                self.matrix.set(matrix);
                self.engine.set(Engine::Ready);
            }
            _ if !matches!(self.engine.get_untracked(), Engine::Failed(_)) => {
                self.engine.set(Engine::Failed("the worker gave no answer".into()));
            }
            _ => {}
        }
    }

    async fn request(self, request: Request) -> Option<Reply> {
        let answer = self.client.with_value(|client| client.request(&request));
        answer.await
    }

    /// Replies that end no request.
    fn hear(self, reply: Reply) {
        match reply {
            Reply::Loading { loaded, total } => {
                if matches!(self.engine.get_untracked(), Engine::Loading { .. }) {
                    self.engine.set(Engine::Loading { loaded, total });
                }
            }
            Reply::Trapped { message } => self.trapped(message),
            Reply::Statement { outcome } => {
                self.done.update_value(|done| done.push_str(&outcome.echo));
                if let Some(trace) = &outcome.trace {
                    if let Some(key) = &trace.refused_key {
                        self.refused.set(Some(key.clone()));
                    }
                    self.last.set(Some(outcome.clone()));
                }
                self.append(Entry::Statement(outcome));
            }
            _ => {}
        }
    }

    fn trapped(self, message: String) {
        let booted = matches!(self.engine.get_untracked(), Engine::Running | Engine::Ready);
        if !booted {
            self.engine.set(Engine::Failed(message));
            return;
        }
        self.remark(&format!(
            "The engine stopped ({message}). That is a fault of Kumquat, not yours. The cluster \
             has been rebuilt as it was before the statement."
        ));
        self.replace();
    }

    fn show(self, session: SessionView) {
        self.prompt.set(session.prompt);
        let made = self.refused.with_untracked(|refused| {
            refused.as_ref().is_some_and(|refused| {
                session
                    .cluster
                    .foreign_keys
                    .iter()
                    .any(|key| key.from.table == refused.from.table && key.from.columns == refused.from.columns)
                    || !session
                        .cluster
                        .tables
                        .iter()
                        .any(|table| table.oid == refused.from.table)
            })
        });
        if made {
            self.refused.set(None);
        }
        self.cluster.set(session.cluster);
    }

    fn remark(self, text: &str) {
        self.append(Entry::Remark(text.to_string()));
    }

    fn append(self, entry: Entry) {
        self.entries.update_value(|count| *count += 1);
        let number = self.entries.get_value();
        self.transcript.update(|transcript| {
            transcript.push_back((number, entry));
            if transcript.len() > TRANSCRIPT_LIMIT {
                transcript.pop_front();
            }
        });
    }
}

/// Seconds since 1970-01-01 UTC.
fn now() -> f64 {
    js_sys::Date::now() / 1000.0
}

/// The session that the page provides to all its parts.
pub fn use_session() -> Session {
    expect_context()
}
