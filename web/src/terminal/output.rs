//! One statement and what psql printed for it.

use kumquat_protocol::outcome::{Output, OutputKind, StatementOutcome};
use leptos::prelude::*;

use crate::figures::grouped;

/// Lines drawn at first; more on request, so that a long result does not slow the page.
const LINES: usize = 400;

#[component]
pub fn Statement(outcome: StatementOutcome) -> impl IntoView {
    let pieces: Vec<_> = outcome
        .output
        .into_iter()
        .map(|output| view! { <Piece output/> })
        .collect();
    view! {
        <div class="statement" class:failed=outcome.failed>
            <pre class="echo">{outcome.echo}</pre>
            {pieces}
        </div>
    }
}

#[component]
fn Piece(output: Output) -> impl IntoView {
    let kind = match output.kind {
        OutputKind::Result => "result",
        OutputKind::Notice => "notice",
        OutputKind::Error => "error",
    };
    let lines = output.text.lines().count();
    let end = output
        .text
        .match_indices('\n')
        .nth(LINES)
        .map_or(output.text.len(), |(end, _)| end);
    let whole = RwSignal::new(lines <= LINES);
    let text = StoredValue::new(output.text);
    let shown = move || {
        text.with_value(|text| {
            let end = if whole.get() { text.len() } else { end };
            text.get(..end).unwrap_or_default().to_string()
        })
    };
    view! {
        <pre class=kind>{shown}</pre>
        <Show when=move || !whole.get()>
            <button class="quiet more" on:click=move |_| whole.set(true)>
                {format!("Show all {} lines", grouped(lines as f64))}
            </button>
        </Show>
    }
}
