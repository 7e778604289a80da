//! Tables as boxes with columns, keys as lines that end on columns.

use kumquat_protocol::keys::{ForeignKey, KeyEnd, RefusedKey};
use kumquat_protocol::view::{ClusterView, Table};
use leptos::prelude::*;

use super::kind_words;
use super::layout::{BOX_WIDTH, COLUMN_HEIGHT, Frame, HEAD_HEIGHT, Layout, Line, spread};
use crate::cluster::{hue, shown_name};
use crate::figures::counted;
use crate::glossary::Term;
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
    let tables = cluster.tables.iter().filter(|table| table.parent.is_none());
    let (keys, refused) = (keys(cluster), refused.filter(|key| stands(cluster, key)));
    let links = keys.iter().map(|key| (&key.from, &key.to));
    let links: Vec<(&KeyEnd, &KeyEnd)> = links.chain(refused.map(|key| (&key.from, &key.to))).collect();
    let linked = |table: &&Table| {
        links.is_empty()
            || links
                .iter()
                .any(|(from, to)| from.table == table.oid || to.table == table.oid)
    };
    let (linked, alone): (Vec<&Table>, Vec<&Table>) = tables.partition(linked);
    if linked.is_empty() {
        return nothing();
    }
    let linked: Vec<Table> = linked.into_iter().cloned().collect();
    let layout = Layout::new(&linked, &links);
    // Each key's name, words and classes, in the order of the links.
    let standing = keys
        .iter()
        .map(|key| (key.name.clone(), key.rule.clone(), "rule", "key"));
    let stopped = refused.map(|key| (key.name.clone(), "refused".into(), "rule refused", "key refused"));
    let (mut lines, mut labels, mut middles) = (Vec::new(), Vec::new(), Vec::new());
    for (link, (name, rule, label, class)) in standing.chain(stopped).enumerate() {
        let found = layout.lines(link);
        if let Some(middle) = middle(&found) {
            middles.push(middle);
            labels.push((name, rule, label));
        }
        lines.extend(found.iter().map(|line| curve(line, class)));
    }
    spread(&mut middles);
    let labels = labels.into_iter().zip(middles);
    let labels = labels.map(|((name, rule, class), place)| label(place, name, rule, class));
    let labels = labels.collect_view();
    let boxes = layout.frames.iter().map(table_box).collect_view();
    view! {
        <div class="diagram-frame" tabindex="0" role="group" aria-label="Tables and their foreign keys">
            <div class="diagram" style=format!("width:{}px;height:{}px", layout.width, layout.height)>
                <svg width=layout.width.to_string() height=layout.height.to_string() aria-hidden="true">{lines}</svg>
                {boxes}
                {labels}
            </div>
            <p class="legend">
                <span class="sign primary">"id"</span> " primary key "
                <span class="sign distributes">"id"</span> " " <Term name="distribution column">"distribution column"</Term>
                {without_keys(&alone)}
            </p>
        </div>
    }
    .into_any()
}

fn keys(cluster: &ClusterView) -> Vec<&ForeignKey> {
    let whole = |oid: u32| {
        cluster
            .tables
            .iter()
            .any(|table| table.oid == oid && table.parent.is_none())
    };
    let keys = cluster.foreign_keys.iter();
    keys.filter(|key| whole(key.from.table) && whole(key.to.table))
        .collect()
}

/// Both tables of the refused key are there.
fn stands(cluster: &ClusterView, key: &RefusedKey) -> bool {
    let there = |end: &KeyEnd| cluster.tables.iter().any(|table| table.oid == end.table);
    there(&key.from) && there(&key.to)
}

fn nothing() -> AnyView {
    view! {
        <p class="empty">
            "No tables yet. Run step 1, or type " <code>"CREATE TABLE"</code>
            " with a column that " <code>"REFERENCES"</code> " another table."
        </p>
    }
    .into_any()
}

fn without_keys(tables: &[&Table]) -> Option<impl IntoView + use<>> {
    const NAMED: usize = 8;
    let names: Vec<String> = tables.iter().take(NAMED).map(|table| shown_name(table)).collect();
    let rest = tables.len().saturating_sub(NAMED);
    let rest = (rest > 0).then(|| format!(" and {}", counted(rest as f64, "other", "others")));
    let names = names.join(", ");
    (!tables.is_empty()).then(|| view! { <span class="alone">"Without a key: " <code>{names}</code> {rest}</span> })
}

/// A line with a dot on each column that it joins.
fn curve(line: &Line, class: &'static str) -> impl IntoView + use<> {
    let dot = |(x, y): (f64, f64)| view! { <circle cx=x.to_string() cy=y.to_string() r="3.5"></circle> };
    view! {
        <g class=class>
            <path d=line.path.clone() class=class fill="none"></path>
            {dot(line.from)}
            {dot(line.to)}
        </g>
    }
}

/// The middle of a key's lines.
fn middle(lines: &[Line]) -> Option<(f64, f64)> {
    let x = lines.first()?.middle.0;
    let y = lines.iter().map(|line| line.middle.1).sum::<f64>() / lines.len() as f64;
    Some((x, y))
}

/// The rule that allows a key.
fn label((x, y): (f64, f64), name: String, rule: String, class: &'static str) -> impl IntoView {
    view! {
        <p class=class style=format!("left:{x}px;top:{y}px") title=name.clone()>
            <span class="unseen">{format!("{name}: ")}</span>
            {rule}
        </p>
    }
}

fn table_box(frame: &Frame) -> impl IntoView + use<> {
    let table = &frame.table;
    let group = table.colocation_id.map(|id| {
        view! { <span class="group-number"><span class="unseen">"group "</span>{id}</span> }
    });
    let hue = hue::of_table(Some(table));
    let columns = table.columns.iter().map(|column| {
        let distributes = table.distribution_column.as_ref() == Some(&column.name);
        let role = match (column.primary_key, distributes) {
            (true, true) => "primary key, distribution column",
            (true, false) => "primary key",
            (false, true) => "distribution column",
            (false, false) => "",
        };
        view! {
            <li style=format!("height:{COLUMN_HEIGHT}px") class:primary=column.primary_key class:distributes=distributes>
                <span class="column" title=column.name.clone()>{column.name.clone()}</span>
                <span class="type">{column.type_name.clone()}</span>
                <span class="unseen">{role}</span>
            </li>
        }
    });
    let columns = columns.collect_view();
    let name = shown_name(table);
    view! {
        <section
            class=format!("box {hue}")
            aria-label=name.clone()
            style=format!("left:{}px;top:{}px;width:{BOX_WIDTH}px;height:{}px", frame.x, frame.y, frame.height())
        >
            <header style=format!("height:{HEAD_HEIGHT}px")>
                <h3 title=name.clone()>{name.clone()}</h3>
                <p>{kind_words(table.kind)} {group}</p>
            </header>
            <ul>{columns}</ul>
        </section>
    }
}
