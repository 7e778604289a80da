//! Foreign keys: which stand and why, which was refused and what would make it legal.
//!
//! - `layout`: where the boxes stand and the lines run; `order`: which box stands above which
//! - `diagram`: tables as boxes with columns, keys as lines that end on columns
//! - `refusal`: the refused key's conditions and repairs
//! - `matrix`: what may reference what

mod diagram;
mod layout;
mod matrix;
mod order;
mod refusal;

use kumquat_protocol::view::TableKind;
use leptos::prelude::*;

use diagram::Diagram;
use matrix::Matrix;
use refusal::Refusal;

#[component]
pub fn Keys() -> impl IntoView {
    view! {
        <div class="keys">
            <Diagram/>
            <Refusal/>
            <Matrix/>
        </div>
    }
}

/// A table's kind in Citus's words.
pub fn kind_words(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Local => "local",
        TableKind::CitusLocal => "Citus local",
        TableKind::Reference => "reference",
        TableKind::Distributed => "distributed",
        TableKind::SingleShard => "single-shard",
    }
}
