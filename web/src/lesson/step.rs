//! One step: its text, an editor with its SQL, and whether its goal is reached.

use kumquat_protocol::lesson::{Check, CheckResult, Step};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::progress::Progress;
use crate::editor::{Editor, Key};
use crate::session::{Engine, use_session};
use crate::shell::{Front, Zone};

#[component]
pub fn StepView(number: usize, step: Step, link: Signal<Option<String>>) -> impl IntoView {
    let progress: Progress = expect_context();
    let open = move || progress.is_open(number);
    let title = step.title.clone();
    let (text, hints, solution) = (step.text.clone(), step.hints.clone(), step.solution.clone());
    let sql = RwSignal::new(progress.edited(number).unwrap_or_else(|| step.sql.clone()));
    let step = StoredValue::new(step);
    let body = format!("step-{}", number + 1);
    view! {
        <li class="step" class:done=move || progress.is_done(number)>
            <h2>
                <button
                    aria-expanded=move || open().to_string()
                    aria-controls=body.clone()
                    on:click=move |_| progress.set_open(number, !progress.is_open(number))
                >
                    <span class="number" aria-hidden="true">{number + 1}</span>
                    <span class="title">{title}</span>
                    <Show when=move || progress.is_done(number)>
                        <span class="unseen">", done"</span>
                    </Show>
                </button>
                {move || link.get().map(|address| view! {
                    <a class="step-link" href=address aria-label=format!("Link to step {}", number + 1)>"#"</a>
                })}
            </h2>
            <div id=body class="step-body" hidden=move || !open()>
                <div class="prose" inner_html=text></div>
                <StepEditor number step sql/>
                <Hints hints/>
                {solution.map(|solution| view! { <Solution solution sql/> })}
            </div>
        </li>
    }
}

/// The step's SQL, to be edited and run, and its checks after the run.
#[component]
fn StepEditor(number: usize, step: StoredValue<Step>, sql: RwSignal<String>) -> impl IntoView {
    let session = use_session();
    let front: Front = expect_context();
    let progress: Progress = expect_context();
    let results = RwSignal::new(Vec::<(Check, CheckResult)>::new());
    let failure = RwSignal::new(None);
    let running = RwSignal::new(false);
    let asleep = move || !matches!(session.engine.get(), Engine::Ready | Engine::Running);
    let edited = move || sql.with(|sql| step.with_value(|step| *sql != step.sql));
    Effect::new(move || progress.edit(number, edited().then(|| sql.get())));
    let run = move || {
        if running.get_untracked() || asleep() {
            return;
        }
        running.set(true);
        front.zone.set(Zone::Terminal);
        progress.start(number, session.texts());
        spawn_local(async move {
            let ran = session.run(format!("{}\n", sql.get_untracked())).await;
            failure.set(ran.failure);
            if ran.finished {
                let checked = check(session, step.with_value(|step| step.checks.clone())).await;
                if checked.iter().all(|(_, result)| result.met) {
                    progress.finish(number);
                }
                results.set(checked);
            }
            running.set(false);
        });
    };
    follow_terminal(number, step, running);
    let pressed = Callback::new(move |key| {
        if key == Key::Run {
            run();
        }
        key == Key::Run
    });
    let reset = move |before| {
        results.set(Vec::new());
        failure.set(None);
        // First the session, so that no check meets the cluster as it is about to be no more.
        session.rewind(before);
        progress.rewind(before);
    };
    view! {
        <div class="editor">
            // Drawn when the step is first opened: a lesson has more editors than are looked at.
            <Show when=move || progress.is_open(number)>
                <Editor id=format!("sql-{}", number + 1) label=format!("SQL of step {}", number + 1)
                    text=sql failure pressed/>
            </Show>
            <div class="editor-actions">
                // Not `disabled`, which would take the keyboard away from it.
                <button class="run" aria-disabled=move || (asleep() || running.get()).to_string()
                    on:click=move |_| run()>
                    "Run"
                </button>
                <Show when=edited>
                    <button class="quiet" on:click=move |_| sql.set(step.with_value(|step| step.sql.clone()))>
                        "Undo edits"
                    </button>
                </Show>
                {move || progress.before(number).map(|before| view! {
                    <button class="quiet" disabled=running title="Takes the cluster back to before this step"
                        on:click=move |_| reset(before)>
                        "Reset step"
                    </button>
                })}
                <kbd class="wide-only">"Ctrl Enter"</kbd>
            </div>
            <ul class="checks" aria-live="polite">
                {move || results.get().into_iter().map(|(check, result)| view! {
                    <li class:met=result.met>
                        <span class="unseen">{if result.met { "Reached: " } else { "Not yet: " }}</span>
                        {check.goal}
                    </li>
                }).collect_view()}
            </ul>
        </div>
    }
}

async fn check(session: crate::session::Session, checks: Vec<Check>) -> Vec<(Check, CheckResult)> {
    let mut results = Vec::new();
    for check in checks {
        if let Some(result) = session.check(check.clone()).await {
            results.push((check, result));
        }
    }
    results
}

/// Finishes an open step whose goal is reached from the terminal. A goal that held already
/// when the step was first looked at doesn't count: there the learner is to see something.
fn follow_terminal(number: usize, step: StoredValue<Step>, running: RwSignal<bool>) {
    let session = use_session();
    let progress: Progress = expect_context();
    let unmet = StoredValue::new(false);
    Effect::new(move || {
        session.finished.track();
        let waiting = progress.is_open(number) && !progress.is_done(number);
        let ready = session.engine.with_untracked(|engine| *engine != Engine::Restoring);
        if !waiting || !ready || running.get_untracked() {
            return;
        }
        spawn_local(async move {
            let results = check(session, step.with_value(|step| step.checks.clone())).await;
            let met = results.iter().all(|(_, result)| result.met);
            if !met {
                unmet.set_value(true);
            } else if unmet.get_value() && !results.is_empty() {
                progress.finish(number);
            }
        });
    });
}

#[component]
fn Hints(hints: Vec<String>) -> impl IntoView {
    hints
        .into_iter()
        .map(|hint| {
            view! {
                <details class="hint">
                    <summary>"Hint"</summary>
                    <div class="prose" inner_html=hint></div>
                </details>
            }
        })
        .collect_view()
}

/// SQL that reaches the goal, for whoever asks.
#[component]
fn Solution(solution: String, sql: RwSignal<String>) -> impl IntoView {
    let text = solution.clone();
    view! {
        <details class="hint">
            <summary>"Solution"</summary>
            <pre class="solution">{text}</pre>
            <button class="quiet" on:click=move |_| sql.set(solution.clone())>"Put it into the editor"</button>
        </details>
    }
}
