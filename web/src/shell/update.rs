//! The site kept for use without a network, and new versions of it, which are offered.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;

use crate::browser;
use crate::session::{Engine, use_session};

/// Keeps the site once the engine is there, and offers a new version when one is ready.
#[component]
pub fn Update() -> impl IntoView {
    let engine = use_session().engine;
    let ready = RwSignal::new(false);
    Effect::new(move |kept: Option<bool>| {
        let keep = engine.get() == Engine::Ready;
        if keep && kept != Some(true) {
            let offer = Closure::<dyn Fn()>::new(move || ready.set(true));
            spawn_local(async move {
                // Where there are no service workers the page works, if only with a network.
                let _ = browser::offer_updates(offer.as_ref().unchecked_ref()).await;
                offer.forget();
            });
        }
        kept == Some(true) || keep
    });
    view! {
        <Show when=move || ready.get()>
            <p class="update" aria-live="polite">
                "A new version is ready. "
                <button class="quiet" on:click=move |_| browser::update()>"Reload"</button>
            </p>
        </Show>
    }
}
