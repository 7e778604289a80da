//! Tables as boxes with columns, keys as lines that end on columns.

use kumquat_protocol::keys::{ForeignKey, KeyEnd, RefusedKey};
use kumquat_protocol::view::{ClusterView, Table};
use leptos::prelude::*;

use super::kind_words;
use super::layout::{BOX_WIDTH, COLUMN_HEIGHT, Frame, HEAD_HEIGHT, Layout, Line};
use crate::cluster::{hue, shown_name};
use crate::session::use_session;

#[component]
pub fn Diagram() -> impl IntoView {
    let session = use_session();
    move || {
        let refused = session.refused.get();
        session.cluster.with(|cluster| draw(cluster, refused.as_ref()))
    }
}

fn draw(cluster: &ClusterView, refused: Option<&RefusedKey>) -> AnyView {
    // A partition has its parent's keys.
    let tables: Vec<Table> = cluster
        .tables
        .iter()
        .filter(|table| table.parent.is_none())
        .cloned()
        .collect();
    if tables.is_empty() {
        return view! {
            <p class="empty">
                "No tables yet. Run step 1, or type " <code>"CREATE TABLE"</code>
                " with a column that " <code>"REFERENCES"</code> " another table."
            </p>
        }
        .into_any();
    }
    let keys: Vec<&ForeignKey> = cluster
        .foreign_keys
        .iter()
        .filter(|key| tables.iter().any(|table| table.oid == key.from.table))
        .collect();
    let mut links: Vec<(&KeyEnd, &KeyEnd)> = keys.iter().map(|key| (&key.from, &key.to)).collect();
    links.extend(refused.map(|key| (&key.from, &key.to)));
    let layout = Layout::new(&tables, &links);
    let (mut lines, mut labels) = (Vec::new(), Vec::new());
    for key in &keys {
        if let Some(line) = layout.line(&key.from, &key.to) {
            lines.push(curve(&line, "key"));
            labels.push(label(&line, key.name.clone(), key.rule.clone(), "rule"));
        }
    }
    if let Some(key) = refused
        && let Some(line) = layout.line(&key.from, &key.to)
    {
        lines.push(curve(&line, "key refused"));
        labels.push(label(&line, key.name.clone(), "refused".into(), "rule refused"));
    }
    let boxes = layout.frames.iter().map(table_box).collect_view();
    view! {
        <div class="diagram-frame" tabindex="0" role="group" aria-label="Tables and their foreign keys">
            <div class="diagram" style=format!("width:{}px;height:{}px", layout.width, layout.height)>
                <svg width=layout.width.to_string() height=layout.height.to_string() aria-hidden="true">{lines}</svg>
                {boxes}
                {labels}
            </div>
        </div>
    }
    .into_any()
}

fn curve(line: &Line, class: &'static str) -> impl IntoView + use<> {
    view! { <path d=line.path.clone() class=class fill="none"/> }
}

fn label(line: &Line, name: String, rule: String, class: &'static str) -> impl IntoView + use<> {
    view! {
        <p class=class style=format!("left:{}px;top:{}px", line.label_x, line.label_y) title=name.clone()>
            <span class="unseen">{format!("{name}: ")}</span>
            {rule}
        </p>
    }
}

fn table_box(frame: &Frame) -> impl IntoView + use<> {
    let table = &frame.table;
    let group = table.colocation_id.map(|id| {
        view! { <span class=format!("group-number hue-{}", hue(id)) title="Colocation group">{id}</span> }
    });
    let columns = table.columns.iter().map(|column| {
        let distributes = table.distribution_column.as_ref() == Some(&column.name);
        view! {
            <li style=format!("height:{COLUMN_HEIGHT}px") class:primary=column.primary_key class:distributes=distributes>
                <span>{column.name.clone()}</span>
                <span class="type">{column.type_name.clone()}</span>
            </li>
        }
    });
    let columns = columns.collect_view();
    view! {
        <section
            class="box"
            aria-label=shown_name(table)
            style=format!("left:{}px;top:{}px;width:{BOX_WIDTH}px;height:{}px", frame.x, frame.y, frame.height())
        >
            <header style=format!("height:{HEAD_HEIGHT}px")>
                <h3>{shown_name(table)}</h3>
                <p>{kind_words(table.kind)} {group}</p>
            </header>
            <ul>{columns}</ul>
        </section>
    }
}
