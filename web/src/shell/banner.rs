//! The line on top: the name, the engine's state, what concerns the whole page.

use leptos::prelude::*;

use kumquat_protocol::message::{MOST_WORKERS, Options};

use super::engine_status::EngineStatus;
use super::update::Update;
use crate::figures::counted;
use crate::session::use_session;
use crate::share::Share;

/// Workers to choose from; the largest cluster has 32 nodes.
const SIZES: [u16; 6] = [1, 2, 4, 8, 16, MOST_WORKERS];

#[component]
pub fn Banner(lesson_open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let workers = RwSignal::new(Options::default().workers);
    let choose = move |event| {
        if let Ok(count) = event_target_value(&event).parse() {
            workers.set(count);
        }
    };
    let sizes = SIZES.map(|count| {
        let words = counted(f64::from(count), "worker", "workers");
        view! { <option value=count.to_string() selected=count == workers.get_untracked()>{words}</option> }
    });
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
                <button class="quiet wide-only" data-term="">"Glossary"</button>
                <Show when=move || session.former.with(Option::is_some)>
                    <button class="quiet" on:click=move |_| session.bring_back()
                        title="Brings back the cluster that was here, and the progress">"Undo"</button>
                </Show>
                <div class="new-cluster">
                    <button class="quiet" on:click=move |_| session.reset(workers.get_untracked())>
                        "New cluster"
                    </button>
                    <select class="quiet wide-only" aria-label="Workers of a new cluster" on:change=choose>{sizes}</select>
                </div>
            </div>
        </header>
    }
}
