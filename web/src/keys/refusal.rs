//! The refused key: the rule that forbids it, its conditions, and what would make it legal.

use kumquat_protocol::keys::{Condition, KeyEnd, RefusedKey, Repair, Way};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::{Session, use_session};

#[component]
pub fn Refusal() -> impl IntoView {
    let session = use_session();
    move || session.refused.get().map(|key| view! { <Why key/> })
}

#[component]
fn Why(key: RefusedKey) -> impl IntoView {
    let session = use_session();
    let end = |end: &KeyEnd| format!("{} ({})", end.name, end.columns.join(", "));
    let ways = [Way::Reference, Way::Colocated, Way::Always].map(|way| {
        let conditions: Vec<Condition> = key
            .conditions
            .iter()
            .filter(|condition| condition.way == way)
            .cloned()
            .collect();
        (!conditions.is_empty()).then(|| draw_way(way, conditions))
    });
    let repairs = key.repairs.into_iter().map(|repair| draw_repair(repair, session));
    let repairs = repairs.collect_view();
    view! {
        <section class="refusal" aria-label="The refused key">
            <h3>"Refused: " <code>{end(&key.from)}</code> " to " <code>{end(&key.to)}</code></h3>
            <p class="why">{key.rule}</p>
            {ways}
            <h4 class="legal">"What would help"</h4>
            <ul class="repairs">{repairs}</ul>
        </section>
    }
}

fn draw_way(way: Way, conditions: Vec<Condition>) -> impl IntoView {
    let words = match way {
        Way::Reference => "One way: a copy of the rows on every node",
        Way::Colocated => "Another: both rows on one node",
        Way::Always => "In any case",
    };
    let legal = conditions.iter().all(|condition| condition.met);
    let conditions = conditions.into_iter().map(|condition| {
        view! {
            <li class:met=condition.met>
                <span class="unseen">{if condition.met { "Holds: " } else { "Does not hold: " }}</span>
                <span class="condition">{condition.text}</span>
                <span class="found">{condition.found}</span>
            </li>
        }
    });
    view! {
        <div class="way" class:open=legal>
            <h4>{words}</h4>
            <ul class="checks">{conditions.collect_view()}</ul>
        </div>
    }
}

fn draw_repair(repair: Repair, session: Session) -> impl IntoView {
    let sql = repair.sql.clone();
    let run = move |_| {
        let sql = format!("{sql}\n");
        spawn_local(async move {
            session.run(sql).await;
        });
    };
    let label = format!("Run: {}", repair.title);
    view! {
        <li>
            <h5>{repair.title}</h5>
            <button class="run" aria-label=label on:click=run>"Run"</button>
            <pre>{repair.sql}</pre>
        </li>
    }
}
