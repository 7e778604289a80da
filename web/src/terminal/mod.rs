//! psql: what it printed, and a line to type the next statement.
//!
//! - `output`: one statement and what psql printed for it
//! - `prompt`: the line to type in
//! - `complete`: whether Enter ends what was typed
//! - `history`, `search`: what was typed before
//! - `files`: files of the learner's for `\i` and `\copy`

mod complete;
mod files;
mod history;
mod output;
mod prompt;
mod search;

use leptos::prelude::*;

use crate::session::{Entry, use_session};
use files::DropZone;
use output::Statement;
use prompt::Prompt;

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
    let typed = RwSignal::new(String::new());
    let empty = move || session.transcript.with(|transcript| transcript.is_empty());
    view! {
        <DropZone typed>
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
                <Prompt typed/>
            </div>
        </DropZone>
    }
}
