//! The line to type in. Enter runs what psql would take as complete; otherwise it opens a line.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::complete::is_complete;
use super::files::FileButton;
use super::history::History;
use super::search::Search;
use crate::editor::{Editor, Key};
use crate::session::{Engine, Failure, use_session};

#[component]
pub fn Prompt(typed: RwSignal<String>) -> impl IntoView {
    let session = use_session();
    let history = StoredValue::new(History::new());
    let searching = RwSignal::new(false);
    let focus = RwSignal::new(false);
    // The last text that failed, and where.
    let failed = RwSignal::new(None::<(String, Failure)>);
    let failure = RwSignal::new(None);
    Effect::new(move || {
        let here = failed.with(|failed| failed.clone().filter(|(text, _)| typed.with(|typed| typed == text)));
        failure.set(here.map(|(_, failure)| failure));
    });
    let asleep = move || !matches!(session.engine.get(), Engine::Ready | Engine::Running);
    let send = move |text: String| {
        spawn_local(async move {
            let ran = session.run(text.clone()).await;
            failed.set(ran.failure.map(|failure| (text, failure)));
        });
    };
    let submit = move || {
        let text = typed.get_untracked();
        if text.trim().is_empty() || asleep() {
            return;
        }
        history.update_value(|history| history.push(&text));
        typed.set(String::new());
        send(text);
    };
    let recall = move |older: bool| {
        let draft = typed.get_untracked();
        let recalled = history
            .try_update_value(|history| history.recall(older, &draft))
            .flatten();
        if let Some(recalled) = recalled {
            typed.set(recalled);
        }
    };
    // What psql does on Control and C: it forgets the lines of a statement that was begun.
    let abandon = move || {
        typed.set(String::new());
        if session.prompt.with_untracked(|prompt| !prompt.contains('=')) && !asleep() {
            send("\\r".into());
        }
    };
    let pressed = Callback::new(move |key| {
        match key {
            Key::Enter if !typed.with_untracked(|typed| is_complete(typed)) => return false,
            Key::Run | Key::Enter => submit(),
            Key::Older => recall(true),
            Key::Newer => recall(false),
            Key::Search => searching.set(true),
            Key::Abandon => abandon(),
        }
        true
    });
    let chosen = Callback::new(move |text: Option<String>| {
        searching.set(false);
        if let Some(text) = text {
            typed.set(text);
        }
        focus.set(true);
    });
    let mendable = move || failed.with(Option::is_some) && typed.with(String::is_empty);
    let mend = move |_| {
        if let Some((text, _)) = failed.get_untracked() {
            typed.set(text);
            focus.set(true);
        }
    };
    view! {
        <div class="prompt">
            <Show when=move || searching.get()>
                <Search statements=history.with_value(History::newest_first) chosen/>
            </Show>
            <span class="prompt-label" aria-hidden="true">{move || session.prompt.get()}</span>
            <Editor id="prompt".into() label="SQL for psql".into() text=typed failure pressed wrap=true focus/>
            <Show when=mendable>
                <button class="quiet" on:click=mend title="Puts the last statement back, its error marked">"Mend"</button>
            </Show>
            <FileButton typed/>
            <button class="run" aria-disabled=move || asleep().to_string() on:click=move |_| submit()>"Run"</button>
            <span id="prompt-keys" class="unseen">
                "Enter runs a statement that ends with a semicolon, Control and Enter runs anything, arrow keys \
                 recall earlier statements, Control and R searches them, Tab takes what is offered"
            </span>
        </div>
    }
}
