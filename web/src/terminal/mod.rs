//! psql: what it printed, and a line to type the next statement.

mod history;
mod output;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{HtmlTextAreaElement, KeyboardEvent};

use crate::session::{Engine, Entry, use_session};
use history::History;
use output::Statement;

#[component]
pub fn Terminal() -> impl IntoView {
    let session = use_session();
    let scroll = NodeRef::<leptos::html::Div>::new();
    // The newest output is in sight.
    Effect::new(move || {
        session.transcript.track();
        request_animation_frame(move || {
            if let Some(scroll) = scroll.get_untracked() {
                scroll.set_scroll_top(scroll.scroll_height());
            }
        });
    });
    let empty = move || session.transcript.with(|transcript| transcript.is_empty());
    view! {
        <div class="terminal" node_ref=scroll>
            <div class="transcript" role="log" aria-label="Output of psql" tabindex="0">
                <Show when=empty>
                    <p class="empty">
                        "This is psql on the coordinator, database " <code>"lab"</code> ". Run the first step, or type "
                        <code>"SELECT * FROM citus_get_active_worker_nodes();"</code> " below."
                    </p>
                </Show>
                <For each=move || session.transcript.get() key=|(number, _)| *number let((_, entry))>
                    {match entry {
                        Entry::Statement(outcome) => view! { <Statement outcome/> }.into_any(),
                        Entry::Remark(text) => view! { <p class="remark">{text}</p> }.into_any(),
                    }}
                </For>
            </div>
            <Prompt/>
        </div>
    }
}

/// The line to type in. Enter runs what psql would take as complete; otherwise it opens a line.
#[component]
fn Prompt() -> impl IntoView {
    let session = use_session();
    let text = RwSignal::new(String::new());
    let history = StoredValue::new(History::new());
    let loading = move || !matches!(session.engine.get(), Engine::Ready | Engine::Running);
    let submit = move || {
        let typed = text.get_untracked();
        if typed.trim().is_empty() || loading() {
            return;
        }
        history.update_value(|history| history.push(&typed));
        text.set(String::new());
        spawn_local(async move {
            session.run(typed).await;
        });
    };
    let recall = move |older: bool| {
        let draft = text.get_untracked();
        let recalled = history
            .try_update_value(|history| history.recall(older, &draft))
            .flatten();
        if let Some(recalled) = recalled {
            text.set(recalled);
        }
    };
    let press = move |event: KeyboardEvent| {
        let area: HtmlTextAreaElement = event_target(&event);
        let (value, cursor) = (area.value(), area.selection_start().ok().flatten().unwrap_or(0));
        let before: String = value.chars().take(usize::try_from(cursor).unwrap_or(0)).collect();
        match event.key().as_str() {
            "Enter" if event.ctrl_key() || event.meta_key() => submit(),
            "Enter" if !event.shift_key() && !event.is_composing() && complete(&value) => submit(),
            "ArrowUp" if !before.contains('\n') => recall(true),
            "ArrowDown" if !value.contains('\n') || before.len() == value.len() => recall(false),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <div class="prompt">
            <label for="prompt" class="prompt-label">{move || session.prompt.get()}<span class="unseen">"SQL"</span></label>
            <textarea
                id="prompt"
                rows=move || text.with(|text| text.matches('\n').count() + 1).min(12)
                spellcheck="false"
                autocomplete="off"
                autocapitalize="off"
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
                on:keydown=press
                aria-describedby="prompt-keys"
            ></textarea>
            <button class="run" disabled=loading on:click=move |_| submit()>"Run"</button>
            <span id="prompt-keys" class="unseen">
                "Enter runs a statement that ends with a semicolon, Control and Enter runs anything, arrow keys recall earlier statements"
            </span>
        </div>
    }
}

/// Whether Enter runs the text: it ends a statement, or is a meta-command.
fn complete(text: &str) -> bool {
    let text = text.trim();
    text.ends_with(';') || (text.starts_with('\\') && !text.contains('\n'))
}
