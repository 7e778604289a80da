//! What the engine is doing, in one line.

use leptos::prelude::*;

use crate::session::{Engine, use_session};

#[component]
pub fn EngineStatus() -> impl IntoView {
    let session = use_session();
    let loading = move |loaded: f64, total: f64| {
        let share = if total > 0.0 {
            (100.0 * loaded / total).min(100.0)
        } else {
            0.0
        };
        view! {
            <span>{format!("Loading the engine, {share:.0} %")}</span>
            <progress max="100" prop:value=share aria-label="Loading the engine">{format!("{share:.0} %")}</progress>
        }
    };
    view! {
        <div class="engine-status" role="status">
            {move || match session.engine.get() {
                Engine::Loading { loaded, total } => loading(loaded, total).into_any(),
                Engine::Ready => view! { <span class="ready">"Ready"</span> }.into_any(),
                Engine::Running => view! {
                    <span>"Running"</span>
                    <button class="quiet" on:click=move |_| session.stop()>"Stop"</button>
                }.into_any(),
                Engine::Restoring => view! { <span>"Restoring the cluster"</span> }.into_any(),
                Engine::Failed(why) => view! {
                    <span class="failed">{format!("The engine could not start: {why}")}</span>
                    <button class="quiet" on:click=move |_| session.retry()>"Try again"</button>
                }.into_any(),
            }}
        </div>
    }
}
