//! The cluster: nodes as columns, colocation groups as bands, tables as rows, shards as tiles.
//!
//! Tiles of the same hash interval stand exactly under each other over all tables of a band,
//! so that what lies together is seen without a word. Names stand at the left, once for a row.
//!
//! - `scene`: the map as data, and the way of arrow keys over it
//! - `grid`: columns and rows, as nested lists; `cell`: a table's tiles on one node
//! - `pointer`, `zoom`: what pointer, keys and wheel do
//! - `flight`: shards that change place are seen to move
//! - `meant`: what the last statement touched, or would have touched
//! - `detail`: what the tile in focus is; `rows`: its rows
//! - `hue`: what tells colocation groups apart

mod cell;
mod detail;
mod flight;
mod grid;
pub mod hue;
mod meant;
mod pointer;
mod rows;
mod scene;
mod zoom;

use std::collections::BTreeSet;

use kumquat_protocol::view::Table;
use leptos::prelude::*;
use web_sys::Element;

use crate::figures::grouped;
use crate::session::use_session;
use detail::Detail;
use meant::{Meant, MeantWords};
use scene::{Place, Scene};

/// What is seen of the cluster, and how near: the page provides it, so that it outlives the map.
#[derive(Clone, Copy)]
pub struct MapState {
    pub scene: Memo<Scene>,
    /// The tile that the keyboard is on.
    pub focus: RwSignal<Option<Place>>,
    /// The tile under the pointer.
    pub hover: RwSignal<Option<Place>>,
    /// The tile whose rows are shown.
    pub opened: RwSignal<Option<Place>>,
    /// Partitioned tables whose partitions are shown.
    pub unfolded: RwSignal<BTreeSet<u32>>,
    /// What the last statement touched, or would have.
    meant: Memo<Meant>,
    /// Width of a worker's column in pixels, where it was changed.
    pub node_width: RwSignal<Option<f64>>,
}

impl MapState {
    pub fn new() -> MapState {
        let session = use_session();
        let unfolded = RwSignal::new(BTreeSet::new());
        MapState {
            scene: Memo::new(move |_| {
                session
                    .cluster
                    .with(|cluster| unfolded.with(|unfolded| Scene::new(cluster, unfolded)))
            }),
            focus: RwSignal::new(None),
            hover: RwSignal::new(None),
            opened: RwSignal::new(None),
            unfolded,
            meant: meant::of_session(),
            node_width: RwSignal::new(None),
        }
    }

    /// The tile to tell of: under the pointer, else under the keyboard, else the opened one.
    pub fn in_focus(self) -> Option<Place> {
        self.hover
            .get()
            .or_else(|| self.focus.get())
            .or_else(|| self.opened.get())
    }
}

#[component]
pub fn ClusterMap() -> impl IntoView {
    let state: MapState = expect_context();
    let map_ref = NodeRef::<leptos::html::Div>::new();
    let element = move || map_ref.get_untracked().map(|map| Element::clone(&map));
    let before = StoredValue::new(Scene::default());
    let map = move || {
        let scene = state.scene.get();
        // What stands on the page still is what was there before.
        if let Some(map) = element() {
            let spots = before.with_value(|before| flight::spots(&map, before));
            let scene = scene.clone();
            request_animation_frame(move || flight::launch(&map, &spots, &scene));
        }
        before.set_value(scene.clone());
        grid::draw(&scene, state)
    };
    // Tiles that can't be told apart are drawn as one.
    let far = move || {
        let (tiles, nodes) = state.scene.with(|scene| (scene.widest_cell(), scene.nodes.len()));
        let node = state.node_width.get().unwrap_or(800.0 / nodes.max(1) as f64);
        node / (tiles.max(1) as f64) < 2.5
    };
    view! {
        <div class="map-frame">
            <Bar state map_ref/>
            <div
                class="map"
                class:far=far
                class:refused=move || state.meant.with(|meant| meant.refused.is_some())
                role="group"
                tabindex="0"
                aria-label="Cluster map. Arrow keys move over the shards, Enter shows their rows, plus and minus zoom."
                node_ref=map_ref
                style=("--node", move || state.node_width.get().map(|width| format!("{width:.0}px")))
                on:keydown=move |event| if let Some(map) = element() { pointer::press(&event, state, &map) }
                on:wheel=move |event| if let Some(map) = element() { zoom::wheel(&event, state, &map) }
                on:pointermove=move |event| pointer::follow(&event, state)
                on:pointerleave=move |_| state.hover.set(None)
                on:click=move |event| {
                    let place = state.scene.with_untracked(|scene| pointer::place_at(&event, scene));
                    if place.is_some() {
                        state.focus.set(place);
                        state.opened.set(place);
                    }
                }
            >
                {map}
            </div>
            <Detail state/>
        </div>
    }
}

/// What the last statement touched, and how near the map is.
#[component]
fn Bar(state: MapState, map_ref: NodeRef<leptos::html::Div>) -> impl IntoView {
    let empty = move || state.scene.with(|scene| scene.bands.is_empty());
    let step = move |direction: f64| {
        if let Some(map) = map_ref.get_untracked() {
            zoom::step(state, &map, direction);
        }
    };
    view! {
        <div class="map-bar">
            <MeantWords meant=state.meant/>
            <div class="zoom" role="group" aria-label="Zoom" hidden=empty>
                <button class="quiet" aria-label="Narrower nodes" on:click=move |_| step(-1.0)>"\u{2212}"</button>
                <button class="quiet" on:click=move |_| zoom::fit(state)
                    disabled=move || state.node_width.get().is_none()>"Fit"</button>
                <button class="quiet" aria-label="Wider nodes" on:click=move |_| step(1.0)>"+"</button>
            </div>
        </div>
    }
}

/// A table's name, with its schema unless that is `public`.
pub fn shown_name(table: &Table) -> String {
    if table.schema == "public" {
        table.name.clone()
    } else {
        format!("{}.{}", table.schema, table.name)
    }
}

/// `localhost:9701`, or the number of a node that is gone.
pub fn node_name(nodes: &[kumquat_protocol::view::Node], id: u32) -> String {
    let node = nodes.iter().find(|node| node.id == id);
    node.map_or_else(
        || format!("node {}", grouped(f64::from(id))),
        |node| format!("{}:{}", node.host, node.port),
    )
}
