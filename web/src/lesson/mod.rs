//! The lesson: its text, its steps, how far the learner has come.
//!
//! - `load`: lessons from the site's files
//! - `script`: a script from a link, as a lesson of one step
//! - `step`: one step with its editor, Run, and checks
//! - `progress`: what is done and open

pub mod load;
mod progress;
mod script;
mod step;

use kumquat_protocol::lesson::{Lesson, LessonSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use crate::address::{self, Topic};
use crate::keep;
use crate::session::{Assets, StepState, use_session};
use progress::Progress;
use step::StepView;

/// A lesson and how far its steps are, or why it can't be had.
type Opened = Result<(Lesson, Vec<StepState>), String>;

#[component]
pub fn LessonZone() -> impl IntoView {
    let list = RwSignal::new(Vec::<LessonSummary>::new());
    let topic = RwSignal::new(Topic::asked());
    let opened = RwSignal::new(None::<Opened>);
    let (session, assets) = (use_session(), StoredValue::new(expect_context::<Assets>()));
    spawn_local(async move {
        match load::list(&assets.get_value()).await {
            Ok(lessons) => {
                if let Some(usual) = usual(&lessons).filter(|_| topic.with_untracked(Option::is_none)) {
                    usual.stay();
                    topic.set(Some(usual));
                }
                list.set(lessons);
            }
            Err(why) => opened.set(Some(Err(why))),
        }
    });
    address::on_change(move || {
        if let Some(asked) = Topic::asked() {
            topic.set(Some(asked));
        }
    });
    Effect::new(move |before: Option<Option<Topic>>| {
        let asked = topic.get();
        if let Some(asked) = asked.clone().filter(|_| before.flatten() != asked) {
            // The lesson before must not follow what happens to the next one's cluster.
            opened.set(None);
            spawn_local(async move {
                let found = open(&assets.get_value(), &asked).await;
                let id = found
                    .as_ref()
                    .map_or_else(|_| String::new(), |lesson| lesson.id.clone());
                let steps = session.open(id).await;
                if topic.get_untracked().as_ref() == Some(&asked) {
                    opened.set(Some(found.map(|lesson| (lesson, steps))));
                }
            });
        }
        asked
    });
    view! {
        <Choice list topic/>
        {move || match opened.get() {
            None => view! { <p class="prose quiet-text opening">"Opening the lesson"</p> }.into_any(),
            Some(Err(why)) => view! { <p class="prose opening">{format!("The lesson could not be opened: {why}")}</p> }.into_any(),
            Some(Ok((lesson, steps))) => view! { <LessonView lesson steps/> }.into_any(),
        }}
    }
}

/// The lesson that was open last, or the first.
fn usual(lessons: &[LessonSummary]) -> Option<Topic> {
    let last = keep::get("topic").filter(|last| lessons.iter().any(|lesson| lesson.id == *last));
    let first = || lessons.first().map(|first| first.id.clone());
    last.or_else(first).map(Topic::Lesson)
}

async fn open(assets: &Assets, topic: &Topic) -> Result<Lesson, String> {
    match topic {
        Topic::Lesson(id) => {
            keep::set("topic", id);
            load::lesson(assets, id).await
        }
        Topic::Script(letters) => script::lesson(letters).await,
    }
}

/// The list to choose from; a script from a link stands in it while it is open.
#[component]
fn Choice(list: RwSignal<Vec<LessonSummary>>, topic: RwSignal<Option<Topic>>) -> impl IntoView {
    let option = move |summary: LessonSummary| {
        let chosen = topic.with(|topic| *topic == Some(Topic::Lesson(summary.id.clone())));
        let title = match progress::kept(&summary.id) {
            Some(done) => format!("{} ({done})", summary.title),
            None => summary.title,
        };
        view! { <option value=summary.id selected=chosen>{title}</option> }
    };
    let scripted = move || topic.with(|topic| matches!(topic, Some(Topic::Script(_))));
    view! {
        <div class="lesson-choice">
            <label for="lesson-choice" class="unseen">"Lesson"</label>
            <select id="lesson-choice" on:change=move |event| Topic::Lesson(event_target_value(&event)).go()>
                {move || scripted().then(|| view! { <option value="" selected>"A shared script"</option> })}
                {move || list.get().into_iter().map(option).collect_view()}
            </select>
        </div>
    }
}

#[component]
fn LessonView(lesson: Lesson, steps: Vec<StepState>) -> impl IntoView {
    let count = lesson.steps.len();
    let progress = Progress::new(&lesson.id, count, steps);
    provide_context(progress);
    let session = use_session();
    Effect::new(move |before: Option<u32>| {
        let finished = session.finished.get();
        if finished == 0 && before.is_some_and(|before| before > 0) {
            progress.restart();
        }
        finished
    });
    let steps: Vec<_> = lesson
        .steps
        .into_iter()
        .enumerate()
        .map(|(number, step)| view! { <StepView number step/> })
        .collect();
    let leaves_out = (!lesson.leaves_out.is_empty()).then(|| {
        view! { <p class="leaves-out">"What the simulation leaves out: " {lesson.leaves_out}</p> }
    });
    view! {
        <div class="progress-line">
            <progress max=count.to_string() prop:value=move || progress.done() as f64 aria-label="Steps done"></progress>
            <span>{move || format!("{} of {count}", progress.done())}</span>
        </div>
        <article class="lesson">
            <div class="prose">
                <h1>{lesson.title}</h1>
                <div inner_html=lesson.intro></div>
            </div>
            <ol class="steps" on:keydown=walk>{steps}</ol>
            <div class="prose outro">
                <div inner_html=lesson.outro></div>
                {leaves_out}
            </div>
        </article>
    }
}

/// Arrow keys on a step's title go to the next or previous step.
fn walk(event: KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let target: web_sys::Element = event_target(&event);
    let Some(step) = target
        .closest("h2")
        .ok()
        .flatten()
        .and_then(|title| title.closest(".step").ok().flatten())
    else {
        return;
    };
    let next = if forward {
        step.next_element_sibling()
    } else {
        step.previous_element_sibling()
    };
    let title = next.and_then(|next| next.query_selector("h2 button").ok().flatten());
    if let Some(title) = title.and_then(|title| title.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        // A title that can't take the focus leaves it where it is.
        let _ = title.focus();
    }
}
