//! One placement of a shard.

use leptos::prelude::*;

/// Which placement, and what lies with it: tiles of the same group and interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub table: u32,
    pub shard: u32,
    pub node: u32,
    pub group: u32,
    /// Place of the shard's hash interval among those of its table.
    pub interval: usize,
}

impl Place {
    fn lies_with(self, other: Place) -> bool {
        self.group == other.group && self.interval == other.interval
    }
}

#[component]
pub fn Tile(
    place: Place,
    label: String,
    /// The shard's rows as a share of the table's fullest shard.
    fill: f64,
    new: bool,
    focus: RwSignal<Option<Place>>,
) -> impl IntoView {
    let lit = move || focus.get().is_some_and(|focused| focused.lies_with(place));
    let chosen = move || focus.get() == Some(place);
    view! {
        <button
            class="tile"
            class:new=new
            class:lit=lit
            class:chosen=chosen
            tabindex="-1"
            aria-label=label
            data-shard=place.shard.to_string()
            data-table=place.table.to_string()
            style=("--fill", fill.to_string())
            on:pointerenter=move |_| focus.set(Some(place))
            on:focus=move |_| focus.set(Some(place))
        ></button>
    }
}
