//! How far the learner has come, shared by the steps and kept with the session.

use leptos::prelude::*;

use crate::keep;
use crate::session::{StepState, use_session};

#[derive(Clone, Copy)]
pub struct Progress {
    steps: RwSignal<Vec<StepState>>,
}

impl Progress {
    /// Of a lesson with so many steps; `kept` is how far they were, empty for a new lesson.
    pub fn new(lesson: &str, count: usize, mut kept: Vec<StepState>) -> Progress {
        let new = kept.is_empty();
        kept.resize(count, StepState::default());
        let progress = Progress {
            steps: RwSignal::new(kept),
        };
        if new {
            progress.set_open(0, true);
        }
        progress.keep(lesson.to_string());
        progress
    }

    /// Keeps every change.
    fn keep(self, lesson: String) {
        let session = use_session();
        Effect::new(move |before: Option<Vec<StepState>>| {
            let steps = self.steps.get();
            if before.is_some_and(|before| before != steps) {
                session.keep_steps(steps.clone());
                let done = steps.iter().filter(|step| step.done).count();
                keep::set(&format!("progress.{lesson}"), &format!("{done} of {}", steps.len()));
            }
            steps
        });
    }

    fn change(self, step: usize, change: impl FnOnce(&mut StepState)) {
        self.steps.update(|steps| {
            if let Some(state) = steps.get_mut(step) {
                change(state);
            }
        });
    }

    fn of<T: Default>(self, step: usize, read: impl FnOnce(&StepState) -> T) -> T {
        self.steps.with(|steps| steps.get(step).map(read).unwrap_or_default())
    }

    pub fn finish(self, step: usize) {
        self.change(step, |state| state.done = true);
        self.set_open(step.saturating_add(1), true);
    }

    pub fn set_open(self, step: usize, open: bool) {
        self.change(step, |state| state.open = open);
    }

    pub fn is_done(self, step: usize) -> bool {
        self.of(step, |state| state.done)
    }

    pub fn is_open(self, step: usize) -> bool {
        self.of(step, |state| state.open)
    }

    pub fn done(self) -> usize {
        self.steps.with(|steps| steps.iter().filter(|step| step.done).count())
    }

    /// The learner's SQL, where it differs from the lesson's.
    pub fn edited(self, step: usize) -> Option<String> {
        self.of(step, |state| state.sql.clone())
    }

    pub fn edit(self, step: usize, sql: Option<String>) {
        if self
            .steps
            .with_untracked(|steps| steps.get(step).is_some_and(|state| state.sql != sql))
        {
            self.change(step, |state| state.sql = sql);
        }
    }

    /// Where the log stood before the step first ran.
    pub fn before(self, step: usize) -> Option<u32> {
        self.of(step, |state| state.before)
    }

    /// The step runs while the log has so many texts.
    pub fn start(self, step: usize, texts: u32) {
        self.change(step, |state| {
            state.before.get_or_insert(texts);
        });
    }

    /// Forgets what was done since the log had so many texts.
    pub fn rewind(self, texts: u32) {
        self.steps.update(|steps| {
            for state in steps
                .iter_mut()
                .filter(|state| state.before.is_some_and(|before| before >= texts))
            {
                state.done = false;
                state.before = None;
            }
        });
    }

    /// Begins anew; what was typed into the editors stays.
    pub fn restart(self) {
        self.steps.update(|steps| {
            for (number, state) in steps.iter_mut().enumerate() {
                state.done = false;
                state.before = None;
                state.open = number == 0;
            }
        });
    }
}

/// What is kept of a lesson's progress for the list of lessons: `5 of 12`.
pub fn kept(lesson: &str) -> Option<String> {
    keep::get(&format!("progress.{lesson}"))
}
