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
use kumquat_protocol::message::File;
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
    let asked_step = RwSignal::new(address::asked_step());
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
            asked_step.set(address::asked_step());
        }
    });
    Effect::new(move |before: Option<(Option<Topic>, u32)>| {
        let now = (topic.get(), session.returned.get());
        if let Some(asked) = now.0.clone().filter(|_| before.as_ref() != Some(&now)) {
            // The lesson before must not follow what happens to the next one's cluster.
            opened.set(None);
            spawn_local(async move {
                let found = open(&assets.get_value(), &asked).await;
                let (id, files) = match &found {
                    Ok((lesson, files)) => (lesson.id.clone(), files.clone()),
                    Err(_) => (String::new(), Vec::new()),
                };
                let steps = session.open(id, files).await;
                if topic.get_untracked().as_ref() == Some(&asked) {
                    opened.set(Some(found.map(|(lesson, _)| (lesson, steps))));
                }
            });
        }
        now
    });
    view! {
        <Choice list topic/>
        {move || match opened.get() {
            None => view! { <p class="prose quiet-text opening">"Opening the lesson"</p> }.into_any(),
            Some(Err(why)) => view! { <p class="prose opening">{format!("The lesson could not be opened: {why}")}</p> }.into_any(),
            Some(Ok((lesson, steps))) => view! { <LessonView lesson steps asked_step list/> }.into_any(),
        }}
    }
}

/// The lesson that was open last, or the first.
fn usual(lessons: &[LessonSummary]) -> Option<Topic> {
    let last = keep::get("topic").filter(|last| lessons.iter().any(|lesson| lesson.id == *last));
    let first = || lessons.first().map(|first| first.id.clone());
    last.or_else(first).map(Topic::Lesson)
}

/// A lesson, and the files that come with it.
async fn open(assets: &Assets, topic: &Topic) -> Result<(Lesson, Vec<File>), String> {
    match topic {
        Topic::Lesson(id) => {
            keep::set("topic", id);
            Ok((load::lesson(assets, id).await?, Vec::new()))
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
fn LessonView(
    lesson: Lesson,
    steps: Vec<StepState>,
    asked_step: RwSignal<Option<usize>>,
    list: RwSignal<Vec<LessonSummary>>,
) -> impl IntoView {
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
    Effect::new(move || {
        if let Some(step) = asked_step.get().filter(|step| (1..=count).contains(step)) {
            progress.set_open(step - 1, true);
            request_animation_frame(move || show_step(step));
        }
    });
    let id = StoredValue::new(lesson.id);
    let listed = Memo::new(move |_| list.with(|list| list.iter().any(|other| id.with_value(|id| other.id == *id))));
    let link = move |number: usize| {
        let address = id.with_value(|id| address::step_fragment(id, number + 1));
        move || listed.get().then(|| address.clone())
    };
    let steps: Vec<_> = lesson
        .steps
        .into_iter()
        .enumerate()
        .map(|(number, step)| {
            let link = Signal::derive(link(number));
            view! { <StepView number step link/> }
        })
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
            {move || list.with(|list| id.with_value(|id| neighbours(list, id)))}
        </article>
    }
}

/// Links to the lessons before and after this one.
fn neighbours(list: &[LessonSummary], id: &str) -> Option<impl IntoView + use<>> {
    let here = list.iter().position(|lesson| lesson.id == id)?;
    let link = |lesson: Option<&LessonSummary>, rel: &'static str, word: &'static str| {
        let lesson = lesson?;
        let address = Topic::Lesson(lesson.id.clone()).fragment();
        let title = lesson.title.clone();
        Some(view! { <a class=rel rel=rel href=address><span>{word}</span> {title}</a> })
    };
    let before = here.checked_sub(1).and_then(|place| list.get(place));
    Some(view! {
        <nav class="lesson-nav" aria-label="Other lessons">
            {link(before, "prev", "Previous lesson")}
            {link(list.get(here + 1), "next", "Next lesson")}
        </nav>
    })
}

/// Brings a step that was asked for into sight, and the keyboard to it.
fn show_step(number: usize) {
    let step = document().get_element_by_id(&format!("step-{number}"));
    let step = step.and_then(|body| body.closest(".step").ok().flatten());
    let Some(step) = step else { return };
    let title = step.query_selector("h2 button").ok().flatten();
    if let Some(title) = title.and_then(|title| title.dyn_into::<HtmlElement>().ok()) {
        // A title that can't take the focus leaves it where it is.
        let _ = title.focus();
    }
    step.scroll_into_view();
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
