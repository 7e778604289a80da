//! A session as a link, and as files to take away.
//!
//! - `script`: what ran, as one text
//! - `carried`: the files that psql was given, in a link

pub mod carried;
mod script;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::address::{Topic, link};
use crate::browser;
use crate::session::use_session;
use carried::Carried;

/// A button and the dialog it opens.
#[component]
pub fn Share() -> impl IntoView {
    let session = use_session();
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let address = RwSignal::new(String::new());
    let carried = RwSignal::new(Carried::default());
    let copied = RwSignal::new(false);
    let open = move |_| {
        copied.set(false);
        address.set(String::new());
        let log = session.log();
        spawn_local(async move {
            let letters = browser::pack(&script::text(&log)).await.ok();
            let letters = letters.and_then(|letters| letters.as_string()).unwrap_or_default();
            let (files, parts) = carried::pack(script::files(&log)).await;
            carried.set(files);
            address.set(link(&Topic::Script(format!("{letters}{parts}"))));
        });
        if let Some(dialog) = dialog.get_untracked() {
            // A dialog that is open already stays open.
            let _ = dialog.show_modal();
        }
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let copy = move |_| {
        if let Some(window) = web_sys::window() {
            // Without leave to write there, the field can still be copied from.
            let _ = window.navigator().clipboard().write_text(&address.get_untracked());
            copied.set(true);
        }
    };
    let select = move |event: web_sys::FocusEvent| {
        let field: web_sys::HtmlInputElement = event_target(&event);
        field.select();
    };
    let save_sql = move |_| browser::save("kumquat.sql", &script::plain_sql(&session.log()));
    let save_psql = move |_| browser::save("kumquat.psql", &script::for_psql(&session.log()));
    let files = move || {
        let Carried { files, without } = carried.get();
        let files: Vec<String> = files.into_iter().map(|file| file.name).collect();
        let with = (!files.is_empty()).then(|| {
            view! { <p class="quiet-text">{format!("Files in the link: {}.", files.join(", "))}</p> }
        });
        let without = (!without.is_empty()).then(|| {
            view! {
                <p class="without">
                    {format!("Too large for the link: {}. ", without.join(", "))}
                    "Send it along. Whoever opens the link gives it to psql with the button File, then runs the script."
                </p>
            }
        });
        view! { {with} {without} }
    };
    view! {
        <button class="quiet" on:click=open>"Share"</button>
        <dialog class="share" node_ref=dialog aria-labelledby="share-title">
            <h2 id="share-title">"Share this session"</h2>
            <p>"The link holds everything that ran on this cluster. No server keeps it: the script itself is in the address."</p>
            <div class="share-link">
                <input aria-label="Link" readonly prop:value=move || address.get()
                    on:focus=select/>
                <button class="run" on:click=copy>{move || if copied.get() { "Copied" } else { "Copy" }}</button>
            </div>
            {files}
            <p>"To run it elsewhere:"</p>
            <div class="share-actions">
                <button class="quiet" on:click=save_sql>"Save as .sql"</button>
                <button class="quiet" on:click=save_psql>"Save as psql script"</button>
                <button class="quiet close" on:click=close>"Close"</button>
            </div>
        </dialog>
    }
}
