//! What may reference what.

use kumquat_protocol::keys::{MatrixCell, Verdict};
use kumquat_protocol::view::TableKind;
use leptos::prelude::*;

use super::kind_words;
use crate::session::use_session;

const KINDS: [TableKind; 5] = [
    TableKind::Local,
    TableKind::CitusLocal,
    TableKind::Reference,
    TableKind::Distributed,
    TableKind::SingleShard,
];

#[component]
pub fn Matrix() -> impl IntoView {
    let session = use_session();
    let cell = move |from: TableKind, to: TableKind| {
        let keys = session.cluster.with(|cluster| {
            let of = |kind_from, kind_to| (kind_from, kind_to) == (from, to);
            cluster
                .foreign_keys
                .iter()
                .filter(|key| of(key.from.kind, key.to.kind))
                .count()
        });
        let refused = session.refused.with(|refused| {
            refused
                .as_ref()
                .is_some_and(|key| (key.from.kind, key.to.kind) == (from, to))
        });
        session.matrix.with(|matrix| {
            let cell = matrix.iter().find(|cell| (cell.from, cell.to) == (from, to))?;
            Some(draw(cell, keys, refused))
        })
    };
    let row = move |from: TableKind| {
        view! {
            <tr>
                <th scope="row">{kind_words(from)}</th>
                {KINDS.map(|to| move || cell(from, to))}
            </tr>
        }
    };
    view! {
        <section class="matrix" aria-label="What may reference what" tabindex="0">
            <table>
                <caption>"What may reference what"<span>"Each row is a kind of table that has the key, each column a kind that it points to."</span></caption>
                <thead>
                    <tr>
                        <th scope="col"><span class="unseen">"from"</span></th>
                        {KINDS.map(|kind| view! { <th scope="col">{kind_words(kind)}</th> })}
                    </tr>
                </thead>
                <tbody>{KINDS.map(row)}</tbody>
            </table>
        </section>
    }
}

fn draw(cell: &MatrixCell, keys: usize, refused: bool) -> impl IntoView + use<> {
    let (class, word) = match cell.verdict {
        Verdict::Allowed => ("allowed", "yes"),
        Verdict::Conditional => ("conditional", "if"),
        Verdict::Refused => ("refused", "no"),
    };
    let marks = match (keys, refused) {
        (_, true) => Some("the refused key".to_string()),
        (0, false) => None,
        (1, false) => Some("1 key".to_string()),
        (keys, false) => Some(format!("{keys} keys")),
    };
    view! {
        <td class=class class:hit=refused>
            <b>{word}</b>
            {marks.map(|marks| view! { <span class="mark">{marks}</span> })}
            <span class="note">{cell.note.clone()}</span>
        </td>
    }
}
