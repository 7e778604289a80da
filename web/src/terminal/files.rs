//! Files of the learner's: dropped on the terminal or chosen, then read with `\i` and `\copy`.

use kumquat_protocol::message::File;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{DragEvent, FileList, HtmlInputElement};

use crate::browser;
use crate::session::{Session, use_session};

/// The terminal's surroundings, which take files. The command for the file is put into `typed`,
/// if nothing is there.
#[component]
pub fn DropZone(typed: RwSignal<String>, children: Children) -> impl IntoView {
    let session = use_session();
    let above = RwSignal::new(false);
    let hover = move |event: DragEvent| {
        event.prevent_default();
        above.set(true);
    };
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        above.set(false);
        if let Some(files) = event.data_transfer().and_then(|transfer| transfer.files()) {
            take(session, typed, files);
        }
    };
    view! {
        <div class="drop-zone" class:above=move || above.get()
            on:dragover=hover on:dragleave=move |_| above.set(false) on:drop=dropped>
            {children()}
        </div>
    }
}

/// The same by a button, for those who don't drag.
#[component]
pub fn FileButton(typed: RwSignal<String>) -> impl IntoView {
    let session = use_session();
    let field = NodeRef::<leptos::html::Input>::new();
    let chosen = move |event| {
        let field: HtmlInputElement = event_target(&event);
        if let Some(files) = field.files() {
            take(session, typed, files);
        }
        // The same file can be chosen again.
        field.set_value("");
    };
    let open = move |_| {
        if let Some(field) = field.get_untracked() {
            field.click();
        }
    };
    view! {
        <input node_ref=field type="file" multiple hidden on:change=chosen aria-label="Files for psql"/>
        <button class="quiet" on:click=open title="Files for \\copy and \\i; they stay in this browser">"File"</button>
    }
}

fn take(session: Session, typed: RwSignal<String>, files: FileList) {
    // The list is the browser's, which empties it when the field or the drop is done with.
    let files = js_sys::Array::from(&files);
    spawn_local(async move {
        match browser::read_files(&files).await {
            Ok(read) => {
                let files: Vec<File> = browser::from_js(read).unwrap_or_default();
                if let Some(first) = files.first().filter(|_| typed.with_untracked(String::is_empty)) {
                    typed.set(command(&first.name));
                }
                let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
                session.remark(&format!("psql can read {} now, with \\i or \\copy.", names.join(", ")));
                session.give(files);
            }
            Err(error) => session.remark(&format!("The file could not be read: {}.", browser::message(&error))),
        }
    });
}

/// What reads a file, as far as its name tells; the table is the learner's to name.
fn command(file: &str) -> String {
    let name = if file.contains([' ', '\'']) {
        format!("'{}'", file.replace('\'', "''"))
    } else {
        file.to_string()
    };
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
    match ending.to_ascii_lowercase().as_str() {
        "sql" | "psql" => format!("\\i {name}"),
        "csv" => format!("\\copy {} from {name} with (format csv, header)", table(stem)),
        _ => format!("\\copy {} from {name}", table(stem)),
    }
}

/// A table's name for a file's.
fn table(stem: &str) -> String {
    let plain = |letter: char| {
        if letter.is_alphanumeric() {
            letter.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    stem.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_file_is_read_by_what_its_name_tells() {
        let check = |file: &str, expected: &str| assert_eq!(command(file), expected);
        check("orders.csv", "\\copy orders from orders.csv with (format csv, header)");
        check(
            "Big Orders.csv",
            "\\copy big_orders from 'Big Orders.csv' with (format csv, header)",
        );
        check("make.sql", "\\i make.sql");
        check("rows.txt", "\\copy rows from rows.txt");
    }
}
