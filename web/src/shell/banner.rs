//! The line on top: the name, the engine's state, what concerns the whole page.

use leptos::prelude::*;

use super::engine_status::EngineStatus;
use super::update::Update;
use crate::session::use_session;
use crate::share::Share;

#[component]
pub fn Banner(lesson_open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    view! {
        <header class="banner">
            <p class="name">
                <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
                    <circle cx="10" cy="11" r="8" class="fruit"/>
                    <path d="M10 3c1-2 3-2.5 5-2-.4 2-2.4 3-5 2z" class="leaf"/>
                </svg>
                "Kumquat"
            </p>
            <EngineStatus/>
            <Update/>
            <div class="actions">
                <button class="quiet wide-only" on:click=move |_| lesson_open.update(|open| *open = !*open)
                    aria-pressed=move || (!lesson_open.get()).to_string()>
                    {move || if lesson_open.get() { "Fold lesson" } else { "Show lesson" }}
                </button>
                <Share/>
                <button class="quiet" on:click=move |_| session.reset()>"New cluster"</button>
            </div>
        </header>
    }
}
