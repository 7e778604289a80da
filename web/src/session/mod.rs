//! The engine in its worker, and what the page knows of the cluster.
//!
//! - `client`: requests to the worker and their replies
//! - `state`: the values that the page shows of a session
//! - `store`: what is kept for the next time the page is opened
//! - [`Session`]: runs texts, keeps the log, and restores the state when the worker dies or the
//!   page was closed
//!
//! Each lesson has a cluster of its own, which is kept as the learner left it.

mod client;
mod state;
mod store;

use std::collections::VecDeque;
use std::sync::Arc;

use kumquat_protocol::keys::{MatrixCell, RefusedKey};
use kumquat_protocol::lesson::{Check, CheckResult};
use kumquat_protocol::message::{Answer, File, Options, Question, Reply, Request, SessionView, Typed};
use kumquat_protocol::outcome::{OutputKind, StatementOutcome};
use kumquat_protocol::view::ClusterView;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

use crate::browser;
use crate::figures::counted;
use client::Client;
pub use state::{Engine, Entry, Failure, Ran};
pub use store::StepState;
use store::{Place, Record};

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

/// Entries beyond this many, or beyond this many bytes of output, are forgotten, the oldest first.
const TRANSCRIPT_LIMIT: usize = 500;
const TRANSCRIPT_BYTES: usize = 64 << 20;

/// One learner's session, as every part of the page sees it.
#[derive(Clone, Copy)]
pub struct Session {
    pub engine: RwSignal<Engine>,
    pub prompt: RwSignal<String>,
    pub cluster: RwSignal<ClusterView>,
    pub transcript: RwSignal<VecDeque<(u32, Entry)>>,
    /// The last statement that asked the cluster something; of what it printed, the errors.
    pub last: RwSignal<Option<StatementOutcome>>,
    /// The last foreign key that was refused, until it is made.
    pub refused: RwSignal<Option<RefusedKey>>,
    pub matrix: RwSignal<Vec<MatrixCell>>,
    /// Texts finished on this cluster; back to 0 with a new cluster.
    pub finished: RwSignal<u32>,
    /// While a log is replayed: its texts that are done, and all.
    pub replayed: RwSignal<Option<(u32, u32)>>,
    /// The cluster that a new one has taken the place of, until something runs on that.
    pub former: RwSignal<Option<Former>>,
    /// Counts how often a former cluster came back: the lesson is opened anew.
    pub returned: RwSignal<u32>,
    client: StoredValue<Client, LocalStorage>,
    place: StoredValue<Place>,
    record: StoredValue<Record>,
    /// Texts that ran, to replay when a worker is replaced.
    log: StoredValue<Vec<Typed>>,
    /// Files to be given to psql with the next text.
    files: StoredValue<Vec<File>>,
    /// Files that a fresh cluster of this lesson begins with.
    brought: StoredValue<Vec<File>>,
    /// Statements of a log that is being replayed: they are shown when all have run.
    held: StoredValue<Vec<Entry>>,
    /// Bytes of the running text that are done, and its last error.
    done: StoredValue<usize>,
    failure: StoredValue<Option<Failure>>,
    /// Texts sent and not finished.
    running: StoredValue<u32>,
    /// Boots begun and the last that ended: what belongs to an earlier one comes too late.
    boots: StoredValue<u32>,
    booted: StoredValue<u32>,
    entries: StoredValue<u32>,
    /// What could be named when so many texts were finished.
    names: StoredValue<Option<(u32, JsValue)>, LocalStorage>,
}

impl Session {
    /// Loads the engine. Nothing runs before [`Session::open`].
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
            replayed: RwSignal::new(None),
            former: RwSignal::new(None),
            returned: RwSignal::new(0),
            client: StoredValue::new_local(Client::new(assets)),
            place: StoredValue::default(),
            record: StoredValue::new(fresh_record()),
            log: StoredValue::default(),
            files: StoredValue::default(),
            brought: StoredValue::default(),
            held: StoredValue::default(),
            done: StoredValue::default(),
            failure: StoredValue::default(),
            running: StoredValue::new(0),
            boots: StoredValue::new(0),
            booted: StoredValue::new(0),
            entries: StoredValue::new(0),
            names: StoredValue::new_local(None),
        };
        session
            .client
            .with_value(|client| client.listen(move |reply| session.hear(reply)));
        session
    }

    /// Opens a lesson's cluster as it was left, and tells how far its steps are; empty if it was
    /// never opened. A fresh cluster of it begins with the files.
    pub async fn open(self, lesson: String, files: Vec<File>) -> Vec<StepState> {
        self.halt().await;
        self.brought.set_value(files);
        self.former.set(None);
        let mut place = self.place.get_value();
        if place.desk == 0 {
            place.desk = browser::from_js(browser::take_desk().await).unwrap_or(1);
        }
        place.lesson = lesson;
        let (record, log) = place.load().await.unwrap_or_else(|| (fresh_record(), Vec::new()));
        let (steps, kept) = (record.steps.clone(), !log.is_empty());
        self.place.set_value(place);
        self.record.set_value(record);
        self.clear();
        if kept {
            self.files.update_value(Vec::clear);
        }
        self.finished.set(log_length(&log));
        self.log.set_value(log);
        spawn_local(async move {
            self.boot(true).await;
            if kept && self.transcript.with_untracked(|transcript| !transcript.is_empty()) {
                self.remark("The cluster is as you left it.");
            }
        });
        steps
    }

    /// Keeps how far the lesson's steps are.
    pub fn keep_steps(self, steps: Vec<StepState>) {
        self.record.update_value(|record| record.steps = steps);
        self.keep_record();
    }

    fn keep_record(self) {
        self.place
            .with_value(|place| self.record.with_value(|record| place.keep(record)));
    }

    /// Gives files to psql, which reads them with `\i` and `\copy`.
    pub fn give(self, files: Vec<File>) {
        self.files.update_value(|waiting| waiting.extend(files));
    }

    /// Runs a text as if it were typed into psql.
    pub async fn run(self, text: String) -> Ran {
        self.running.update_value(|count| *count += 1);
        self.engine.set(Engine::Running);
        let files = self.files.try_update_value(std::mem::take).unwrap_or_default();
        let typed = Typed { text, at: now(), files };
        let reply = self.request(Request::Run { typed: typed.clone() }).await;
        self.running.update_value(|count| *count = count.saturating_sub(1));
        let done = self.done.try_update_value(std::mem::take).unwrap_or_default();
        let failure = self.failure.try_update_value(Option::take).flatten();
        match reply {
            Some(Reply::Finished { session }) => {
                self.write_down(typed);
                self.show(session);
                self.finished.update(|count| *count += 1);
                if self.running.get_value() == 0 {
                    self.engine.set(Engine::Ready);
                }
                Ran {
                    finished: true,
                    failure,
                }
            }
            _ => {
                let text = typed.text.get(..done).unwrap_or_default().to_string();
                if !text.is_empty() || !typed.files.is_empty() {
                    self.write_down(Typed { text, ..typed });
                }
                Ran::default()
            }
        }
    }

    /// Adds a text to the log, here and in the browser's database.
    fn write_down(self, typed: Typed) {
        self.former.set(None);
        self.place.with_value(|place| {
            self.log.update_value(|log| {
                if log.is_empty() {
                    self.record.with_value(|record| place.keep(record));
                }
                place.append(log.len(), &typed);
                log.push(typed);
            });
        });
    }

    /// Texts that ran on this cluster, in order.
    pub fn log(self) -> Vec<Typed> {
        self.log.get_value()
    }

    /// How many they are: a place in the log to go back to.
    pub fn texts(self) -> u32 {
        self.log.with_value(|log| log_length(log))
    }

    /// What can be named in a statement now, as the editor reads it. While a statement runs, what
    /// could be named before it.
    pub async fn names(self) -> JsValue {
        let finished = self.finished.get_untracked();
        let known = self.names.get_value();
        let idle = self.engine.get_untracked() == Engine::Ready;
        match known {
            Some((at, names)) if at == finished || !idle => names,
            _ if !idle => JsValue::UNDEFINED,
            _ => match self.request(Request::Names).await {
                Some(Reply::Names { names }) => {
                    let names = browser::to_js(&names);
                    self.names.set_value(Some((finished, names.clone())));
                    names
                }
                _ => JsValue::UNDEFINED,
            },
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
    pub fn reset(self, workers: u16) {
        self.engine.set(Engine::Restoring);
        spawn_local(async move {
            self.halt().await;
            self.place.with_value(|place| place.cut(0));
            let former = Former {
                record: self.record.get_value(),
                log: self.log.get_value(),
            };
            let used = !former.log.is_empty();
            self.former.set(used.then_some(former));
            self.log.update_value(Vec::clear);
            self.record.update_value(|record| {
                record.options.workers = workers;
                record.options.clock = now();
                record.steps.clear();
            });
            self.keep_record();
            self.clear();
            self.finished.set(0);
            let workers = counted(f64::from(workers), "worker", "workers");
            self.remark(&format!(
                "A fresh cluster: a coordinator and {workers}, with nothing in them."
            ));
            self.boot(false).await;
        });
    }

    /// Brings the former cluster back in place of a new one.
    pub fn bring_back(self) {
        let Some(former) = self.former.try_update(Option::take).flatten() else {
            return;
        };
        self.place.with_value(|place| {
            place.cut(0);
            place.keep(&former.record);
            for (number, typed) in former.log.iter().enumerate() {
                place.append(number, typed);
            }
        });
        self.returned.update(|count| *count += 1);
    }

    /// Goes back to when the log had only so many texts.
    pub fn rewind(self, texts: u32) {
        self.engine.set(Engine::Restoring);
        spawn_local(async move {
            self.halt().await;
            let texts = usize::try_from(texts).unwrap_or(usize::MAX);
            self.place.with_value(|place| place.cut(texts));
            self.log.update_value(|log| log.truncate(texts));
            if texts == 0 {
                self.files.set_value(self.brought.get_value());
            }
            self.refused.set(None);
            self.last.set(None);
            self.finished.set(self.texts());
            self.remark("The cluster is as it was before the step.");
            self.boot(false).await;
        });
    }

    /// Tries to start an engine that failed to start.
    pub fn retry(self) {
        self.replace();
    }

    fn clear(self) {
        self.transcript.update(VecDeque::clear);
        self.refused.set(None);
        self.last.set(None);
        self.files.set_value(self.brought.get_value());
        self.names.set_value(None);
    }

    fn replace(self) {
        self.engine.set(Engine::Restoring);
        self.client.with_value(Client::replace);
        // What was asked of the old worker is answered, with nothing, before the new one boots.
        spawn_local(self.boot(false));
    }

    /// Ends what the worker is at, by replacing it if need be.
    async fn halt(self) {
        let booting = self.boots.get_value() != self.booted.get_value();
        let failed = matches!(self.engine.get_untracked(), Engine::Failed(_));
        if booting || failed || self.running.get_value() > 0 {
            self.client.with_value(Client::replace);
            // The texts that were running write down how far they came.
            leptos::task::tick().await;
        }
    }

    /// Makes the cluster from the log; `report` brings its statements back to the transcript.
    async fn boot(self, report: bool) {
        self.boots.update_value(|boots| *boots += 1);
        let boot = self.boots.get_value();
        if !matches!(self.engine.get_untracked(), Engine::Loading { .. }) {
            self.engine.set(Engine::Restoring);
        }
        let options = self.record.with_value(|record| record.options.clone());
        // The texts that were running write down how far they came before this goes on.
        leptos::task::tick().await;
        let log = self.log.get_value();
        self.replayed.set(None);
        self.held.update_value(Vec::clear);
        let reply = self.request(Request::Boot { options, log, report }).await;
        if self.boots.get_value() != boot {
            return;
        }
        self.booted.set_value(boot);
        self.replayed.set(None);
        self.print(self.held.try_update_value(std::mem::take).unwrap_or_default());
        self.done.set_value(0);
        self.failure.set_value(None);
        match reply {
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
            Reply::Replayed { texts, of } => {
                self.replayed.set(Some((texts, of)));
                if matches!(self.engine.get_untracked(), Engine::Loading { .. }) {
                    self.engine.set(Engine::Restoring);
                }
            }
            Reply::Trapped { message } => self.trapped(message),
            Reply::Statement { outcome } => self.hear_statement(outcome),
            _ => {}
        }
    }

    fn hear_statement(self, mut outcome: StatementOutcome) {
        self.done.set_value(usize::try_from(outcome.end).unwrap_or_default());
        if outcome.failed {
            self.failure.set_value(Failure::of(&outcome));
        }
        if let Some(trace) = outcome.trace.take() {
            if let Some(key) = &trace.refused_key {
                self.refused.set(Some(key.clone()));
            }
            let errors = outcome.output.iter().filter(|output| output.kind == OutputKind::Error);
            self.last.set(Some(StatementOutcome {
                echo: outcome.echo.clone(),
                output: errors.cloned().collect(),
                trace: Some(trace),
                ..outcome
            }));
        }
        let entry = Entry::Statement(Arc::new(outcome));
        if self.boots.get_value() == self.booted.get_value() {
            self.print(vec![entry]);
        } else {
            self.held.update_value(|held| held.push(entry));
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

    /// Adds words of the page's own to the transcript.
    pub fn remark(self, text: &str) {
        self.print(vec![Entry::Remark(text.to_string())]);
    }

    fn print(self, entries: Vec<Entry>) {
        self.transcript.update(|transcript| {
            for entry in entries {
                self.entries.update_value(|count| *count += 1);
                transcript.push_back((self.entries.get_value(), entry));
            }
            let mut bytes: usize = transcript.iter().map(|(_, entry)| entry.bytes()).sum();
            while transcript.len() > 1 && (transcript.len() > TRANSCRIPT_LIMIT || bytes > TRANSCRIPT_BYTES) {
                let forgotten = transcript.pop_front();
                bytes = bytes.saturating_sub(forgotten.map_or(0, |(_, entry)| entry.bytes()));
            }
        });
    }
}

/// A cluster as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Former {
    record: Record,
    log: Vec<Typed>,
}

/// Of a cluster that was never used.
fn fresh_record() -> Record {
    Record {
        options: Options {
            clock: now(),
            ..Options::default()
        },
        steps: Vec::new(),
    }
}

fn log_length(log: &[Typed]) -> u32 {
    u32::try_from(log.len()).unwrap_or(u32::MAX)
}

/// Seconds since 1970-01-01 UTC.
fn now() -> f64 {
    js_sys::Date::now() / 1000.0
}

/// The session that the page provides to all its parts.
pub fn use_session() -> Session {
    expect_context()
}
