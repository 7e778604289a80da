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
    // How far it is, where that takes more than a moment.
    let replay = move || {
        let (texts, of) = session.replayed.get().filter(|(_, of)| *of > 1)?;
        Some(view! {
            <progress max=of.to_string() prop:value=f64::from(texts) aria-label="Restoring the cluster"></progress>
            <span class="count" aria-hidden="true">{format!("{texts} of {of}")}</span>
        })
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
                Engine::Restoring => view! { <span>"Restoring the cluster"</span> {replay} }.into_any(),
                Engine::Failed(why) => view! {
                    <span class="failed">{format!("The engine could not start: {why}")}</span>
                    <button class="quiet" on:click=move |_| session.retry()>"Try again"</button>
                }.into_any(),
            }}
        </div>
    }
}
