//! The rows of the tile that was opened.

use kumquat_protocol::message::{Answer, Question};
use kumquat_protocol::view::TableKind;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::MapState;
use super::detail::found;
use super::scene::{Place, WHOLE};
use crate::figures::grouped;
use crate::session::use_session;

/// Rows shown.
const ROWS: u32 = 50;

/// The rows of what was opened, as the node that holds it answers.
#[component]
pub fn Rows(place: Place, state: MapState) -> impl IntoView {
    let session = use_session();
    let answer = RwSignal::new(None::<Answer>);
    let named = Memo::new(move |_| {
        session.cluster.with(|cluster| {
            let (table, shard, _) = found(cluster, place)?;
            let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            let name = shard.map_or_else(|| table.name.clone(), |shard| format!("{}_{}", table.name, shard.id));
            let rows = shard.map_or(table.rows, |shard| shard.rows);
            Some((format!("{}.{}", quote(&table.schema), quote(&name)), rows, table.kind))
        })
    });
    Effect::new(move || {
        let Some((name, _, _)) = named.get() else {
            state.opened.set(None);
            return;
        };
        let question = Question {
            sql: format!("SELECT * FROM {name}"),
            node: Some(place.node),
            limit: ROWS,
        };
        spawn_local(async move {
            answer.set(session.ask(question).await);
        });
    });
    let label = if place.shard == WHOLE {
        "Rows of the table"
    } else {
        "Rows of the shard"
    };
    view! {
        <section class="shard-rows" aria-label=label tabindex="0">
            <button class="quiet close" on:click=move |_| state.opened.set(None)>"Close"</button>
            {move || {
                let kind = named.get().map(|(_, _, kind)| kind)?;
                Some(draw_rows(answer.get()?, kind))
            }}
        </section>
    }
}

fn draw_rows(answer: Answer, kind: TableKind) -> AnyView {
    if let Some(error) = answer.error {
        return view! { <p class="quiet-text">{format!("The node says: {error}")}</p> }.into_any();
    }
    if answer.rows.is_empty() {
        return view! { <p class="quiet-text">"No rows. " {comes_here(kind)}</p> }.into_any();
    }
    let shown = answer.rows.len() as f64;
    let rest = (answer.count > shown).then(|| {
        view! { <p class="quiet-text">{format!("The first {} of {} rows", grouped(shown), grouped(answer.count))}</p> }
    });
    let head = answer
        .columns
        .into_iter()
        .map(|name| view! { <th scope="col">{name}</th> });
    let rows = answer.rows.into_iter().map(|row| {
        let cells = row.into_iter().map(|value| match value {
            Some(value) => view! { <td>{value}</td> }.into_any(),
            None => view! { <td class="null">"NULL"</td> }.into_any(),
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    view! {
        <table>
            <thead><tr>{head.collect_view()}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {rest}
    }
    .into_any()
}

/// Which rows would be here.
fn comes_here(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Distributed => "Rows come here whose distribution column has a hash in this shard's interval.",
        TableKind::Reference => "Each row that you insert is copied to every node.",
        TableKind::SingleShard => "All rows of the table come here.",
        TableKind::Local | TableKind::CitusLocal => "All rows of the table stay on the coordinator.",
    }
}
