//! The refused key: the rule that forbids it, its conditions, and what would make it legal.

use kumquat_protocol::keys::{KeyEnd, RefusedKey};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;

#[component]
pub fn Refusal() -> impl IntoView {
    let session = use_session();
    move || session.refused.get().map(|key| view! { <Why key/> })
}

#[component]
fn Why(key: RefusedKey) -> impl IntoView {
    let session = use_session();
    let end = |end: &KeyEnd| format!("{} ({})", end.name, end.columns.join(", "));
    let conditions = key.conditions.into_iter().map(|condition| {
        view! {
            <li class:met=condition.met>
                <span class="unseen">{if condition.met { "Holds: " } else { "Does not hold: " }}</span>
                {condition.text}
            </li>
        }
    });
    let repairs = key.repairs.into_iter().map(|repair| {
        let sql = repair.sql.clone();
        let run = move |_| {
            let sql = format!("{sql}\n");
            spawn_local(async move {
                session.run(sql).await;
            });
        };
        view! {
            <li>
                <h4>{repair.title}</h4>
                <pre>{repair.sql}</pre>
                <button class="run" on:click=run>"Run"</button>
            </li>
        }
    });
    view! {
        <section class="refusal" aria-label="The refused key">
            <h3>"Refused: " <code>{end(&key.from)}</code> " to " <code>{end(&key.to)}</code></h3>
            <p class="why">{key.rule}</p>
            <ul class="checks">{conditions.collect_view()}</ul>
            <h4 class="legal">"What would make it legal"</h4>
            <ul class="repairs">{repairs.collect_view()}</ul>
        </section>
    }
}
