//! The SQL editor of steps and terminal.
//!
//! It begins as a plain text area, so that it can be used at once, and becomes CodeMirror when
//! that large file has come: with the engine, or when an editor is first given the focus.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use crate::browser::{self, EditorModule, EditorView};
use crate::session::{Engine, Failure, use_session};

/// Keys that mean something to the page, whatever the editor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Control and Enter.
    Run,
    Enter,
    /// Arrow up in the first line.
    Older,
    /// Arrow down in the last line.
    Newer,
    /// Control and R.
    Search,
    /// Control and C with nothing selected.
    Abandon,
}

/// CodeMirror, once it is there, for all editors of the page.
#[derive(Clone, Copy)]
pub struct Editors {
    module: RwSignal<Option<EditorModule>, LocalStorage>,
    asked: StoredValue<bool>,
}

impl Editors {
    /// Loads CodeMirror as soon as the engine is there.
    pub fn new() -> Editors {
        let editors = Editors {
            module: RwSignal::new_local(None),
            asked: StoredValue::new(false),
        };
        let engine = use_session().engine;
        Effect::new(move || {
            if engine.get() == Engine::Ready {
                editors.load();
            }
        });
        editors
    }

    fn load(self) {
        if self.asked.get_value() {
            return;
        }
        self.asked.set_value(true);
        spawn_local(async move {
            match browser::load_editor().await {
                Ok(module) => self.module.set(Some(module.unchecked_into())),
                // The text areas do their work; the next focus tries again.
                Err(_) => self.asked.set_value(false),
            }
        });
    }
}

/// An editor over `text`. `pressed` is told of the page's keys and answers whether it did something.
#[component]
pub fn Editor(
    id: String,
    label: String,
    text: RwSignal<String>,
    failure: RwSignal<Option<Failure>>,
    pressed: Callback<Key, bool>,
    #[prop(optional)] wrap: bool,
    /// Turns true when the page gives the editor the focus.
    #[prop(optional)]
    focus: RwSignal<bool>,
) -> impl IntoView {
    let editors: Editors = expect_context();
    let place = NodeRef::<leptos::html::Div>::new();
    let area = NodeRef::<leptos::html::Textarea>::new();
    let upgraded = RwSignal::new(false);
    let mounted = StoredValue::new_local(None::<Mounted>);

    let (name, spoken) = (id.clone(), label.clone());
    Effect::new(move || {
        let (Some(module), Some(place)) = (editors.module.get(), place.get()) else {
            return;
        };
        if upgraded.get_untracked() {
            return;
        }
        let (had_focus, place): (bool, HtmlElement) = (has_focus(area), place.into());
        // A browser that CodeMirror can't live in keeps the text area.
        let Ok(editor) = Mounted::new(&module, &place, &name, &spoken, text, pressed, wrap) else {
            return;
        };
        upgraded.set(true);
        if had_focus {
            editor.view.focus();
        }
        mounted.set_value(Some(editor));
    });
    let with_view = move |act: &dyn Fn(&EditorView)| {
        mounted.with_value(|mounted| mounted.iter().for_each(|mounted| act(&mounted.view)));
    };
    Effect::new(move || text.with(|text| with_view(&|view| view.set(text))));
    Effect::new(move || {
        upgraded.track();
        failure.with(|failure| {
            let place = failure
                .as_ref()
                .map(|failure| text.with_untracked(|text| failure.place_in(text)));
            let message = failure.as_ref().map_or("", |failure| failure.message.as_str());
            with_view(&|view| view.mark(place, message));
        });
    });
    Effect::new(move || {
        if focus.get() {
            focus.set(false);
            with_view(&EditorView::focus);
            if let Some(area) = area.get_untracked() {
                // An area that can't take the focus leaves it where it is.
                let _ = area.focus();
            }
        }
    });
    on_cleanup(move || {
        if let Some(Some(editor)) = mounted.try_update_value(Option::take) {
            editor.view.destroy();
        }
    });

    let down = move |event: KeyboardEvent| {
        if key_of(&event).is_some_and(|key| pressed.run(key)) {
            event.prevent_default();
        }
    };
    view! {
        <div class="sql-editor" class:wrap=wrap node_ref=place>
            <Show when=move || !upgraded.get()>
                <textarea
                    node_ref=area
                    id=id.clone()
                    aria-label=label.clone()
                    rows=move || text.with(|text| text.matches('\n').count() + 1)
                    wrap=if wrap { "soft" } else { "off" }
                    spellcheck="false"
                    autocomplete="off"
                    autocapitalize="off"
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                    on:focus=move |_| editors.load()
                    on:keydown=down
                ></textarea>
            </Show>
        </div>
    }
}

/// An editor in the page, and the functions it calls, which live as long.
struct Mounted {
    view: EditorView,
    _changed: Closure<dyn Fn(String)>,
    _pressed: Closure<dyn Fn(String) -> bool>,
    _names: Closure<dyn Fn() -> js_sys::Promise>,
}

impl Mounted {
    fn new(
        module: &EditorModule,
        place: &HtmlElement,
        id: &str,
        label: &str,
        text: RwSignal<String>,
        pressed: Callback<Key, bool>,
        wrap: bool,
    ) -> Result<Mounted, JsValue> {
        let session = use_session();
        let on_change = Closure::<dyn Fn(String)>::new(move |changed: String| {
            if text.with_untracked(|text| *text != changed) {
                text.set(changed);
            }
        });
        let on_key = Closure::<dyn Fn(String) -> bool>::new(move |name: String| {
            named_key(&name).is_some_and(|key| pressed.run(key))
        });
        let ask_names = Closure::<dyn Fn() -> js_sys::Promise>::new(move || {
            future_to_promise(async move { Ok(session.names().await) })
        });
        let options = js_sys::Object::new();
        let entries: [(&str, JsValue); 7] = [
            ("id", id.into()),
            ("label", label.into()),
            ("text", text.get_untracked().into()),
            ("wrap", wrap.into()),
            ("changed", on_change.as_ref().clone()),
            ("pressed", on_key.as_ref().clone()),
            ("names", ask_names.as_ref().clone()),
        ];
        for (name, value) in entries {
            // Setting a property of a plain object does not fail.
            let _ = js_sys::Reflect::set(&options, &name.into(), &value);
        }
        Ok(Mounted {
            view: module.mount(place, &options)?,
            _changed: on_change,
            _pressed: on_key,
            _names: ask_names,
        })
    }
}

fn has_focus(area: NodeRef<leptos::html::Textarea>) -> bool {
    let area = area.get_untracked();
    let active = document().active_element();
    area.is_some_and(|area| active.is_some_and(|active| active.is_same_node(Some(&area))))
}

/// The names that `web/js/editor.js` gives the keys.
fn named_key(name: &str) -> Option<Key> {
    Some(match name {
        "run" => Key::Run,
        "enter" => Key::Enter,
        "older" => Key::Older,
        "newer" => Key::Newer,
        "search" => Key::Search,
        "abandon" => Key::Abandon,
        _ => return None,
    })
}

/// The same keys in a text area.
fn key_of(event: &KeyboardEvent) -> Option<Key> {
    let area: HtmlTextAreaElement = event_target(event);
    let (value, start) = (area.value(), area.selection_start().ok().flatten().unwrap_or(0));
    let selected = area.selection_end().ok().flatten() != Some(start);
    let before: Vec<u16> = value.encode_utf16().take(usize::try_from(start).unwrap_or(0)).collect();
    let newline = u16::from(b'\n');
    let last_line = !value.encode_utf16().skip(before.len()).any(|unit| unit == newline);
    let control = event.ctrl_key() || event.meta_key();
    match event.key().as_str() {
        "Enter" if control => Some(Key::Run),
        "Enter" if !event.shift_key() && !event.is_composing() => Some(Key::Enter),
        "ArrowUp" if !before.contains(&newline) => Some(Key::Older),
        "ArrowDown" if last_line => Some(Key::Newer),
        "r" if event.ctrl_key() => Some(Key::Search),
        "c" if event.ctrl_key() && !selected => Some(Key::Abandon),
        _ => None,
    }
}
