//! Citus's terms: a panel that explains each once, and links to it where a term first appears.
//!
//! - `terms`: what they mean
//! - `link`: terms in a lesson's text
//!
//! Whatever has `data-term` opens the panel at that term, wherever it is on the page.

mod link;
mod terms;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

pub use link::link_terms;

/// Whether the panel is open.
#[derive(Clone, Copy)]
pub struct Glossary {
    pub open: RwSignal<bool>,
}

impl Glossary {
    pub fn new() -> Glossary {
        Glossary {
            open: RwSignal::new(false),
        }
    }
}

/// A word that opens the panel at its term.
#[component]
pub fn Term(name: &'static str, children: Children) -> impl IntoView {
    view! { <button type="button" class="term" data-term=name>{children()}</button> }
}

/// The panel: a drawer at the right, over whatever is there.
#[component]
pub fn GlossaryPanel() -> impl IntoView {
    let open = expect_context::<Glossary>().open;
    let from = StoredValue::new_local(None::<HtmlElement>);
    let close = move || {
        open.set(false);
        if let Some(from) = from.try_update_value(Option::take).flatten() {
            // What opened the panel may be gone.
            let _ = from.focus();
        }
    };
    let clicked = window_event_listener(ev::click, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| target.closest("[data-term]").ok().flatten());
        let Some(link) = link else { return };
        let term = link.get_attribute("data-term").and_then(|name| terms::find(&name));
        if let Ok(link) = link.dyn_into::<HtmlElement>() {
            from.set_value(Some(link));
        }
        open.set(true);
        request_animation_frame(move || focus(term.map_or("glossary-title".into(), terms::id)));
    });
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && open.get_untracked() {
            close();
        }
    });
    on_cleanup(move || {
        clicked.remove();
        escape.remove();
    });
    view! {
        <Show when=move || open.get()>
            <aside class="glossary" role="dialog" aria-labelledby="glossary-title">
                <header>
                    <h2 id="glossary-title" tabindex="-1">"Glossary"</h2>
                    <button class="quiet" on:click=move |_| close()>"Close"</button>
                </header>
                <dl tabindex="0" role="group" aria-label="Terms">
                    {terms::TERMS.iter().map(|term| view! {
                        <div id=terms::id(term) tabindex="-1">
                            <dt>{term.name}</dt>
                            <dd>{term.meaning}</dd>
                        </div>
                    }).collect_view()}
                </dl>
            </aside>
        </Show>
    }
}

fn focus(id: String) {
    let element = document().get_element_by_id(&id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // The focus brings the term into sight; without it the panel is open all the same.
        let _ = element.focus();
    }
}
