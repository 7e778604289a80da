//! One statement and what psql printed for it.
//!
//! A long result is cut into blocks of lines whose size is known beforehand, so that the browser
//! lays out only those in sight; all of it can still be searched, selected and copied.

use std::sync::Arc;

use kumquat_protocol::outcome::{Output, OutputKind, StatementOutcome};
use leptos::prelude::*;

/// Lines of a block.
const LINES: usize = 250;

#[component]
pub fn Statement(outcome: Arc<StatementOutcome>) -> impl IntoView {
    let pieces: Vec<_> = outcome.output.iter().map(piece).collect();
    view! {
        <div class="statement" class:failed=outcome.failed>
            <pre class="echo">{outcome.echo.clone()}</pre>
            {pieces}
        </div>
    }
}

fn piece(output: &Output) -> impl IntoView + use<> {
    let kind = match output.kind {
        OutputKind::Result => "result",
        OutputKind::Notice => "notice",
        OutputKind::Error => "error",
    };
    let blocks = blocks(&output.text);
    if output.kind != OutputKind::Result || blocks.len() < 2 {
        return view! { <pre class=kind>{output.text.clone()}</pre> }.into_any();
    }
    let columns = output.text.lines().map(str::len).max().unwrap_or_default();
    let block = |(text, lines): (&str, usize)| {
        view! {
            <span class="block" style=("--lines", lines.to_string()) style=("--columns", columns.to_string())>
                {text.to_string()}
            </span>
        }
    };
    let blocks: Vec<_> = blocks.into_iter().map(block).collect();
    view! { <pre class=format!("{kind} long") tabindex="0">{blocks}</pre> }.into_any()
}

/// A text in blocks of whole lines, each with their number.
fn blocks(text: &str) -> Vec<(&str, usize)> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .match_indices('\n')
            .nth(LINES - 1)
            .map_or(rest.len(), |(at, _)| at + 1);
        let (block, after) = rest.split_at(end);
        blocks.push((block, block.lines().count()));
        rest = after;
    }
    blocks
}
