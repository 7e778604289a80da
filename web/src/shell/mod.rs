//! The three zones: lesson, stage, terminal.
//!
//! On a wide screen they stand side by side with dividers between them; on a narrow one they
//! are tabs at the bottom of the screen.

mod banner;
mod divider;
mod engine_status;
mod update;

use leptos::prelude::*;

use crate::cluster::{ClusterMap, MapState};
use crate::editor::Editors;
use crate::glossary::GlossaryPanel;
use crate::keys::Keys;
use crate::lesson::LessonZone;
use crate::session::{Assets, Session};
use crate::statement::StatementPicture;
use crate::terminal::Terminal;
use crate::{keep, session};
use banner::Banner;
use divider::{Axis, Divider};

/// A zone of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Zone {
    Lesson,
    Stage,
    Terminal,
}

/// A picture on the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Picture {
    Cluster,
    Keys,
    Statement,
}

/// What is in front: one zone where they are tabs, and one picture.
#[derive(Clone, Copy)]
pub struct Front {
    pub zone: RwSignal<Zone>,
    pub picture: RwSignal<Picture>,
}

#[component]
pub fn Page(assets: Assets) -> impl IntoView {
    let front = Front {
        zone: RwSignal::new(Zone::Lesson),
        picture: RwSignal::new(Picture::Cluster),
    };
    provide_context(front);
    provide_context(Session::new(&assets));
    provide_context(MapState::new());
    provide_context(Editors::new());
    provide_context(assets);

    let lesson_open = RwSignal::new(keep::get("lesson").as_deref() != Some("folded"));
    Effect::new(move || keep::set("lesson", if lesson_open.get() { "open" } else { "folded" }));
    let lesson_width = RwSignal::new(kept_size("lesson-width", 27.0));
    let terminal_height = RwSignal::new(kept_size("terminal-height", 17.0));
    show_refusals(front);

    view! {
        <div
            class="page"
            class:folded=move || !lesson_open.get()
            data-zone=move || format!("{:?}", front.zone.get()).to_lowercase()
            style=("--lesson-width", move || format!("{}rem", lesson_width.get()))
            style=("--terminal-height", move || format!("{}rem", terminal_height.get()))
        >
            <Banner lesson_open/>
            <main class="zones">
                <h1 class="zone-name unseen">{move || format!("{:?}", front.zone.get())}</h1>
                <section class="zone lesson-zone" aria-label="Lesson">
                    <LessonZone/>
                </section>
                <Divider axis=Axis::Vertical size=lesson_width name="lesson-width"
                    label="Width of the lesson" range=(18.0, 44.0)/>
                <section class="zone stage-zone" aria-label="Picture">
                    <h2 class="unseen">"Picture"</h2>
                    <Stage/>
                </section>
                <Divider axis=Axis::Horizontal size=terminal_height name="terminal-height"
                    label="Height of the terminal" range=(8.0, 48.0)/>
                <section class="zone terminal-zone" aria-label="Terminal">
                    <Terminal/>
                </section>
            </main>
            <ZoneTabs/>
            <GlossaryPanel/>
        </div>
    }
}

fn kept_size(name: &str, usual: f64) -> f64 {
    keep::get(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Brings the foreign keys to the front when one is refused: there the reason is drawn.
fn show_refusals(front: Front) {
    let refused = session::use_session().refused;
    Effect::new(move || {
        if refused.with(Option::is_some) {
            front.picture.set(Picture::Keys);
        }
    });
}

#[component]
fn Stage() -> impl IntoView {
    let front: Front = expect_context();
    let refused = session::use_session().refused;
    let pictures = [
        (Picture::Cluster, "Cluster"),
        (Picture::Keys, "Foreign keys"),
        (Picture::Statement, "Statement"),
    ];
    let tab = move |(picture, name): (Picture, &'static str)| {
        let chosen = move || front.picture.get() == picture;
        let id = format!("tab-{picture:?}").to_lowercase();
        view! {
            <button
                role="tab"
                id=id
                aria-controls="stage"
                aria-selected=move || chosen().to_string()
                tabindex=move || if chosen() { "0" } else { "-1" }
                on:click=move |_| front.picture.set(picture)
            >
                {name}
                {(picture == Picture::Keys).then(|| view! {
                    <Show when=move || refused.with(Option::is_some)>
                        <span class="flag" title="A key was refused"><span class="unseen">", one refused"</span></span>
                    </Show>
                })}
            </button>
        }
    };
    let turn = move |event: web_sys::KeyboardEvent| {
        let place = pictures
            .iter()
            .position(|(picture, _)| *picture == front.picture.get_untracked());
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => pictures.len() - 1,
            _ => return,
        };
        let next = place.and_then(|place| pictures.get((place + step) % pictures.len()));
        if let Some((picture, _)) = next {
            front.picture.set(*picture);
            focus(&format!("tab-{picture:?}").to_lowercase());
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label="Pictures" on:keydown=turn>
            {pictures.map(tab)}
        </div>
        <div
            class="stage"
            id="stage"
            role="tabpanel"
            aria-labelledby=move || format!("tab-{:?}", front.picture.get()).to_lowercase()
        >
            {move || match front.picture.get() {
                Picture::Cluster => ClusterMap().into_any(),
                Picture::Keys => Keys().into_any(),
                Picture::Statement => StatementPicture().into_any(),
            }}
        </div>
    }
}

fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // An element that can't take the focus keeps it where it is.
        let _ = element.focus();
    }
}

#[component]
fn ZoneTabs() -> impl IntoView {
    let front: Front = expect_context();
    let tab = move |(zone, name): (Zone, &'static str)| {
        view! {
            <button
                aria-pressed=move || (front.zone.get() == zone).to_string()
                on:click=move |_| front.zone.set(zone)
            >
                {name}
            </button>
        }
    };
    view! {
        <nav class="zone-tabs" aria-label="Zones">
            {[(Zone::Lesson, "Lesson"), (Zone::Stage, "Picture"), (Zone::Terminal, "Terminal")].map(tab)}
        </nav>
    }
}
