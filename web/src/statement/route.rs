//! A routed statement's way as a path: value, hash, place on the hash line, shard, node.

use kumquat_protocol::trace::Route;
use kumquat_protocol::view::ClusterView;
use leptos::prelude::*;

use super::Walk;
use super::steps::Step;
use crate::cluster::{hue, node_name, shown_name};
use crate::figures::grouped;

/// The hash line is as many units long.
const LENGTH: f64 = 1000.0;

pub fn draw(route: &Route, cluster: &ClusterView, walk: Walk) -> impl IntoView + use<> {
    let table = cluster.tables.iter().find(|table| shown_name(table) == route.table);
    let edges: Vec<i32> = table
        .iter()
        .flat_map(|table| table.shards.iter().filter_map(|shard| Some(shard.range?.min)))
        .collect();
    let station = |step: Step, title: &'static str, text: String| {
        view! {
            <li id=step.id() class:now=move || walk.is_at(step)>
                <span class="title">{title}</span>
                <code>{text}</code>
            </li>
        }
    };
    let interval = format!(
        "{} \u{2026} {}",
        grouped(f64::from(route.min)),
        grouped(f64::from(route.max))
    );
    view! {
        <section class=format!("route {}", hue::of_table(table)) aria-label="Route">
            <ol class="path">
                {station(Step::Value, "value", format!("{} = {}", route.column, route.value))}
                {station(Step::Hash, "hash", grouped(f64::from(route.hash)))}
                {station(Step::Interval, "interval", interval)}
                {station(Step::Shard, "shard", format!("{}_{}", route.table, route.shard))}
                {station(Step::Node, "node", node_name(&cluster.nodes, route.node))}
            </ol>
            {hash_line(route, &edges)}
        </section>
    }
}

fn along(hash: i32) -> f64 {
    (f64::from(hash) - f64::from(i32::MIN)) / f64::from(u32::MAX) * LENGTH
}

/// All hashes from the lowest to the highest, cut where the table's shards begin.
fn hash_line(route: &Route, edges: &[i32]) -> impl IntoView + use<> {
    let (left, right, point) = (along(route.min), along(route.max), along(route.hash));
    let ticks: String = edges.iter().map(|edge| format!("M{:.1} 0V1", along(*edge))).collect();
    view! {
        <div class="hash-line" aria-hidden="true">
            <svg viewBox=format!("0 0 {LENGTH} 1") preserveAspectRatio="none">
                <rect class="interval" x=left.to_string() width=(right - left).to_string() height="1"></rect>
                <path class="ticks" d=ticks></path>
            </svg>
            <span class="point" style=format!("left:{}%", point / LENGTH * 100.0)></span>
            <span class="end">{grouped(f64::from(i32::MIN))}</span>
            <span class="end">"0"</span>
            <span class="end">{grouped(f64::from(i32::MAX))}</span>
        </div>
    }
}
