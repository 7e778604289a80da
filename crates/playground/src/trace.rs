//! What the cluster did for a statement, as values to draw.

use kumquat_citus::foreign_keys::refusal::{self, ForeignKeyRefusal};
use kumquat_citus::trace::{self as citus, MetadataChange, Sql};
use kumquat_postgres::Backend;
use kumquat_protocol::keys::{Condition, KeyEnd, RefusedKey, Repair};
use kumquat_protocol::trace::{Message, PlanChoice, Route, Task, Trace};

use crate::view::{number, table_kind};

/// Messages and tasks whose SQL is written out; a statement over thousands of shards has more.
const LIMIT: usize = 256;

/// A trace in the words of the page.
pub fn shown(trace: citus::Trace, backend: &Backend<'_>) -> Trace {
    // A query that can't be written as text was refused, and the refusal says why.
    let text = |sql: &Sql| sql.render(backend).unwrap_or_default();
    Trace {
        plan: trace.plan.map(|plan| PlanChoice {
            name: plan.name.to_string(),
            why: plan.why,
        }),
        route: trace.route.map(route),
        tasks: trace
            .tasks
            .iter()
            .take(LIMIT)
            .map(|task| Task {
                shard: task.shard.map(number),
                node: number(task.node),
                sql: text(&task.sql),
                rows: task.rows as f64,
            })
            .collect(),
        messages: trace
            .messages
            .iter()
            .take(LIMIT)
            .map(|message| Message {
                from: number(message.from),
                to: number(message.to),
                sql: text(&message.sql),
            })
            .collect(),
        metadata: trace.metadata.iter().flat_map(changes).collect(),
        refused_key: trace.refused_key.map(refused),
    }
}

fn route(route: citus::Route) -> Route {
    Route {
        table: short(&route.table),
        column: route.column.to_string(),
        value: route.value,
        hash: route.hash,
        min: route.interval.min,
        max: route.interval.max,
        shard: number(route.shard),
        node: number(route.node),
    }
}

/// `pg_dist_shard: 32 rows added`.
fn changes(change: &MetadataChange) -> Vec<String> {
    let counts = [
        (change.added, "added"),
        (change.changed, "changed"),
        (change.removed, "removed"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts
        .map(|(count, what)| {
            let rows = if count == 1 { "row" } else { "rows" };
            format!("{}: {count} {rows} {what}", change.table)
        })
        .collect()
}

fn refused(refusal: ForeignKeyRefusal) -> RefusedKey {
    RefusedKey {
        name: refusal.name.to_string(),
        from: end(refusal.from),
        to: end(refusal.to),
        rule: refusal.rule.to_string(),
        conditions: refusal
            .conditions
            .into_iter()
            .map(|condition| Condition {
                text: condition.text,
                met: condition.met,
            })
            .collect(),
        repairs: refusal
            .repairs
            .into_iter()
            .map(|repair| Repair {
                title: repair.title,
                sql: repair.sql,
            })
            .collect(),
    }
}

fn end(end: refusal::KeyEnd) -> KeyEnd {
    KeyEnd {
        table: end.relation.0,
        name: short(&end.name),
        kind: table_kind(end.table_type),
        columns: end.columns.iter().map(ToString::to_string).collect(),
    }
}

/// A qualified name without the schema that a learner leaves out.
fn short(name: &str) -> String {
    name.strip_prefix("public.").unwrap_or(name).to_string()
}
