//! What the page's address asks for: a lesson by its name, and a step of it, or a script that the
//! link holds.
//!
//! ```text
//! #lesson=woodgrove
//! #lesson=woodgrove&step=3
//! #script=LETTERS&file=orders.csv:LETTERS&without=large.csv
//! ```

use wasm_bindgen::prelude::*;

/// What the lesson zone is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    Lesson(String),
    /// The script in the letters of [`crate::browser::pack`], and after it its files.
    Script(String),
}

impl Topic {
    /// Of the address as it is now.
    pub fn asked() -> Option<Topic> {
        let fragment = web_sys::window()?.location().hash().ok()?;
        let (kind, value) = fragment.strip_prefix('#')?.split_once('=')?;
        match kind {
            "lesson" => Some(Topic::Lesson(value.split('&').next()?.to_string())),
            "script" => Some(Topic::Script(value.to_string())),
            _ => None,
        }
    }

    /// The fragment that asks for it.
    pub fn fragment(&self) -> String {
        match self {
            Topic::Lesson(id) => format!("#lesson={id}"),
            Topic::Script(letters) => format!("#script={letters}"),
        }
    }

    /// Makes it the address of what is open already.
    pub fn stay(&self) {
        let history = web_sys::window().and_then(|window| window.history().ok());
        if let Some(history) = history {
            // A browser that refuses keeps the address it has.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&self.fragment()));
        }
    }

    /// Makes it the address; the way back is the browser's.
    pub fn go(&self) {
        if let Some(window) = web_sys::window() {
            // A browser that refuses stays where it is.
            let _ = window.location().set_hash(&self.fragment());
        }
    }
}

/// The step of a lesson that the address asks for, counted from 1.
pub fn asked_step() -> Option<usize> {
    let fragment = web_sys::window()?.location().hash().ok()?;
    let (_, step) = fragment.strip_prefix("#lesson=")?.split_once("&step=")?;
    step.parse().ok()
}

/// The fragment that asks for a step of a lesson.
pub fn step_fragment(lesson: &str, step: usize) -> String {
    format!("{}&step={step}", Topic::Lesson(lesson.to_string()).fragment())
}

/// The whole address of a page about a topic.
pub fn link(topic: &Topic) -> String {
    let location = web_sys::window().map(|window| window.location());
    let href = location.and_then(|location| location.href().ok()).unwrap_or_default();
    let page = href.split('#').next().unwrap_or_default();
    format!("{page}{}", topic.fragment())
}

/// Calls `changed` whenever the address asks for something else, for as long as the page lives.
pub fn on_change(changed: impl Fn() + 'static) {
    let changed = Closure::<dyn Fn()>::new(changed);
    if let Some(window) = web_sys::window() {
        window.set_onhashchange(Some(changed.as_ref().unchecked_ref()));
    }
    changed.forget();
}
