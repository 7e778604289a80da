//! The lesson: its text, its steps, how far the learner has come.
//!
//! - `load`: lessons from the site's files
//! - `step`: one step with its editor, Run, and checks

mod load;
mod step;

use kumquat_protocol::lesson::{Lesson, LessonSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::{Assets, use_session};
use step::StepView;

#[component]
pub fn LessonZone() -> impl IntoView {
    let assets = StoredValue::new(expect_context::<Assets>());
    let list = RwSignal::new(Vec::<LessonSummary>::new());
    let chosen = RwSignal::new(None::<String>);
    let lesson = RwSignal::new(None::<Result<Lesson, String>>);
    spawn_local(async move {
        match load::list(&assets.get_value()).await {
            Ok(lessons) => {
                chosen.set(lessons.first().map(|first| first.id.clone()));
                list.set(lessons);
            }
            Err(why) => lesson.set(Some(Err(why))),
        }
    });
    Effect::new(move || {
        if let Some(id) = chosen.get() {
            spawn_local(async move {
                lesson.set(Some(load::lesson(&assets.get_value(), &id).await));
            });
        }
    });
    let choice = move || {
        list.get()
            .into_iter()
            .map(|summary| view! { <option value=summary.id.clone()>{summary.title}</option> })
            .collect_view()
    };
    view! {
        <div class="lesson-choice">
            <label for="lesson-choice" class="unseen">"Lesson"</label>
            <select id="lesson-choice" on:change=move |event| chosen.set(Some(event_target_value(&event)))>
                {choice}
            </select>
        </div>
        {move || match lesson.get() {
            None => view! { <p class="prose quiet-text">"Opening the lesson"</p> }.into_any(),
            Some(Err(why)) => view! { <p class="prose">{format!("The lesson could not be opened: {why}")}</p> }.into_any(),
            Some(Ok(lesson)) => view! { <LessonView lesson/> }.into_any(),
        }}
    }
}

/// How far the learner has come, shared by the steps.
#[derive(Clone, Copy)]
struct Progress {
    done: RwSignal<Vec<bool>>,
    open: RwSignal<Vec<bool>>,
}

impl Progress {
    fn new(steps: usize) -> Progress {
        let progress = Progress {
            done: RwSignal::new(vec![false; steps]),
            open: RwSignal::new(vec![false; steps]),
        };
        progress.set_open(0, true);
        progress
    }

    fn finish(self, step: usize) {
        self.done.update(|done| {
            if let Some(mark) = done.get_mut(step) {
                *mark = true;
            }
        });
        self.set_open(step + 1, true);
    }

    fn set_open(self, step: usize, value: bool) {
        self.open.update(|open| {
            if let Some(open) = open.get_mut(step) {
                *open = value;
            }
        });
    }

    fn is_done(self, step: usize) -> bool {
        self.done.with(|done| done.get(step).copied().unwrap_or(false))
    }

    fn is_open(self, step: usize) -> bool {
        self.open.with(|open| open.get(step).copied().unwrap_or(false))
    }

    fn restart(self) {
        self.done.update(|done| done.fill(false));
        self.open.update(|open| open.fill(false));
        self.set_open(0, true);
    }
}

#[component]
fn LessonView(lesson: Lesson) -> impl IntoView {
    let count = lesson.steps.len();
    let progress = Progress::new(count);
    provide_context(progress);
    let session = use_session();
    Effect::new(move |before: Option<u32>| {
        let finished = session.finished.get();
        if finished == 0 && before.is_some_and(|before| before > 0) {
            progress.restart();
        }
        finished
    });
    let done = move || progress.done.with(|done| done.iter().filter(|done| **done).count());
    let steps: Vec<_> = lesson
        .steps
        .into_iter()
        .enumerate()
        .map(|(number, step)| view! { <StepView number step/> })
        .collect();
    view! {
        <div class="progress-line">
            <progress max=count.to_string() prop:value=move || done() as f64 aria-label="Steps done"></progress>
            <span>{move || format!("{} of {count}", done())}</span>
        </div>
        <article class="lesson">
            <div class="prose">
                <h1>{lesson.title}</h1>
                <div inner_html=lesson.intro></div>
            </div>
            <ol class="steps">{steps}</ol>
            <div class="prose outro">
                <div inner_html=lesson.outro></div>
                <p class="leaves-out">"What the simulation leaves out: " {lesson.leaves_out}</p>
            </div>
        </article>
    }
}
