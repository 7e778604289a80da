//! The page: a lesson to read, a picture of the cluster, a terminal.
//!
//! - `session`: the engine in its worker, and what the page knows of the cluster
//! - `shell`: the three zones, their dividers and tabs
//! - `lesson`: the text, its steps, their editors and checks
//! - `terminal`: psql
//! - `editor`: the SQL editor of both
//! - `share`: the session as a link and as files
//! - `cluster`, `keys`, `statement`: the three pictures
//! - `glossary`: Citus's terms, each explained once
//! - `figures`: numbers in words
//! - `keep`: small settings that outlive a reload
//! - `address`: what the page's address asks for
//! - `browser`: what is written in JavaScript
//!
//! Each feature is a directory with its own style sheet; `shell/look.css` holds the colours,
//! type and spacing they share. The page draws values it was given and computes none.

mod address;
mod browser;
mod cluster;
mod editor;
mod figures;
mod glossary;
mod keep;
mod keys;
mod lesson;
mod session;
mod share;
mod shell;
mod statement;
mod terminal;

use wasm_bindgen::JsCast;

fn main() {
    let app = leptos::prelude::document().get_element_by_id("app");
    let Some(app) = app.and_then(|app| app.dyn_into::<web_sys::HtmlElement>().ok()) else {
        return;
    };
    let assets = session::Assets::of(&app);
    app.set_inner_html("");
    leptos::mount::mount_to(app, move || shell::Page(shell::PageProps { assets })).forget();
}
