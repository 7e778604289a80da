//! Citus's terms: a panel that explains each once, and links to it.
//!
//! The terms are those of `lessons/glossary.md`. Whatever has `data-term` opens the panel at that
//! term, wherever it is on the page; without a term, at its beginning.

use kumquat_protocol::lesson::Term as Meaning;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::lesson::load;
use crate::session::Assets;

/// A word that opens the panel at its term.
#[component]
pub fn Term(name: &'static str, children: Children) -> impl IntoView {
    view! { <button type="button" class="term" data-term=name>{children()}</button> }
}

/// The panel: a drawer at the right, over whatever is there.
#[component]
pub fn GlossaryPanel() -> impl IntoView {
    let assets = StoredValue::new(expect_context::<Assets>());
    let terms = RwSignal::new(None::<Result<Vec<Meaning>, String>>);
    let open = RwSignal::new(false);
    let from = StoredValue::new_local(None::<HtmlElement>);
    let close = move || {
        open.set(false);
        if let Some(from) = from.try_update_value(Option::take).flatten() {
            // What opened the panel may be gone.
            let _ = from.focus();
        }
    };
    let show = move |term: String| {
        spawn_local(async move {
            if !matches!(terms.get_untracked(), Some(Ok(_))) {
                let found = load::glossary(&assets.get_value()).await;
                terms.set(Some(found.map(|mut terms| {
                    terms.sort_by_key(|term| term.name.to_lowercase());
                    terms
                })));
            }
            open.set(true);
            request_animation_frame(move || focus(&terms.with_untracked(|terms| place(terms.as_ref(), &term))));
        });
    };
    let clicked = window_event_listener(ev::click, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| target.closest("[data-term]").ok().flatten());
        let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        show(link.get_attribute("data-term").unwrap_or_default());
        from.set_value(Some(link));
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
            <div class="glossary" role="dialog" aria-labelledby="glossary-title">
                <div class="title">
                    <h2 id="glossary-title" tabindex="-1">"Glossary"</h2>
                    <button class="quiet" on:click=move |_| close()>"Close"</button>
                </div>
                <div class="terms" tabindex="0" role="group" aria-label="Terms">
                    {move || terms.get().map(draw)}
                </div>
            </div>
        </Show>
    }
}

fn draw(terms: Result<Vec<Meaning>, String>) -> AnyView {
    let terms = match terms {
        Ok(terms) => terms,
        Err(why) => return view! { <p class="quiet-text">{format!("It could not be opened: {why}")}</p> }.into_any(),
    };
    let terms = terms.into_iter().map(|term| {
        let id = id(&term);
        view! {
            <section id=id tabindex="-1">
                <h3>{term.name}</h3>
                <p inner_html=term.meaning></p>
            </section>
        }
    });
    terms.collect_view().into_any()
}

/// A term's place in the panel.
fn id(term: &Meaning) -> String {
    format!("glossary-{}", term.name.to_lowercase().replace(' ', "-"))
}

/// Where a word is explained, in any of its forms; else the panel's beginning.
fn place(terms: Option<&Result<Vec<Meaning>, String>>, word: &str) -> String {
    let word = word.to_lowercase();
    let terms = terms.and_then(|terms| terms.as_ref().ok());
    let term = terms.and_then(|terms| terms.iter().find(|term| term.forms.contains(&word)));
    term.map_or_else(|| "glossary-title".into(), id)
}

fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // The focus brings the term into sight; without it the panel is open all the same.
        let _ = element.focus();
    }
}
