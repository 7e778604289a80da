//! Search in what was typed before, as Control and R does in psql.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

/// Statements shown at once.
const SHOWN: usize = 8;

/// A field and the statements that hold what stands in it. `chosen` gets the one that was taken,
/// or none.
#[component]
pub fn Search(statements: Vec<String>, chosen: Callback<Option<String>>) -> impl IntoView {
    let sought = RwSignal::new(String::new());
    let place = RwSignal::new(0_usize);
    let field = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        if let Some(field) = field.get() {
            // A field that can't take the focus leaves it where it is.
            let _ = field.focus();
        }
    });
    let found = Memo::new(move |_| {
        let sought = sought.get().to_lowercase();
        let holding = statements.iter().filter(|text| text.to_lowercase().contains(&sought));
        holding.take(SHOWN).cloned().collect::<Vec<_>>()
    });
    let step = move |by: usize| {
        let count = found.with(Vec::len).max(1);
        place.update(|place| *place = (*place + by) % count);
    };
    let press = move |event: KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        match event.key().as_str() {
            "Enter" => chosen.run(found.with_untracked(|found| found.get(place.get_untracked()).cloned())),
            "Escape" => chosen.run(None),
            "ArrowDown" => step(1),
            "r" if event.ctrl_key() => step(1),
            "ArrowUp" => step(count.saturating_sub(1)),
            _ => return,
        }
        event.prevent_default();
    };
    let option = move |(index, text): (usize, String)| {
        let taken = text.clone();
        view! {
            <li
                role="option"
                id=format!("found-{index}")
                aria-selected=move || (place.get() == index).to_string()
                on:pointerdown=move |_| chosen.run(Some(taken.clone()))
            >
                {text}
            </li>
        }
    };
    view! {
        <div class="history-search">
            <ul role="listbox" id="found" aria-label="Earlier statements">
                {move || found.get().into_iter().enumerate().map(option).collect_view()}
            </ul>
            <label for="history-search">"Search history"</label>
            <input
                node_ref=field
                id="history-search"
                role="combobox"
                aria-expanded="true"
                aria-controls="found"
                aria-activedescendant=move || format!("found-{}", place.get())
                autocomplete="off"
                spellcheck="false"
                on:input=move |event| {
                    sought.set(event_target_value(&event));
                    place.set(0);
                }
                on:keydown=press
                on:blur=move |_| chosen.run(None)
            />
        </div>
    }
}
