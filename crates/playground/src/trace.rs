//! What the cluster did for a statement, as values to draw.

use kumquat_citus::foreign_keys::refusal::{self, ForeignKeyRefusal};
use kumquat_citus::trace::{self as citus, MetadataChange, Sql};
use kumquat_postgres::Backend;
use kumquat_protocol::keys::{Condition, KeyEnd, RefusedKey, Repair, Way};
use kumquat_protocol::trace::{Message, Phase, PlanChoice, Route, Task, Trace};

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
                shards: shards(task),
                node: number(task.node),
                sql: text(&task.sql),
                rows: task.rows as f64,
            })
            .collect(),
        task_count: trace.tasks.len() as f64,
        message_count: trace.messages.len() as f64,
        messages: trace
            .messages
            .iter()
            .take(LIMIT)
            .map(|message| {
                let sql = text(&message.sql);
                Message {
                    from: number(message.from),
                    to: number(message.to),
                    phase: phase(&sql),
                    sql,
                    rows: message.rows as f64,
                }
            })
            .collect(),
        metadata: trace.metadata.iter().flat_map(changes).collect(),
        refused_key: trace.refused_key.map(refused),
        named: trace.named.iter().map(|relation| relation.0).collect(),
    }
}

/// Shards of a task: the anchor, and those whose names stand in the query.
fn shards(task: &citus::TaskTrace) -> Vec<u32> {
    let mut shards: Vec<u32> = task.shard.map(number).into_iter().collect();
    if let Sql::Query { names, .. } = &task.sql {
        let ids = names.iter().filter_map(|(_, name)| {
            let (_, id) = name.trim_end_matches('"').rsplit_once('_')?;
            id.parse::<u32>().ok()
        });
        shards.extend(ids);
    }
    shards.sort_unstable();
    shards.dedup();
    shards
}

/// What a message does in the distributed transaction.
fn phase(sql: &str) -> Phase {
    let starts = |word: &str| {
        sql.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    match () {
        () if starts("BEGIN") => Phase::Begin,
        () if starts("PREPARE TRANSACTION") => Phase::Prepare,
        () if starts("COMMIT") => Phase::Commit,
        () if starts("ROLLBACK") && !starts("ROLLBACK TO") => Phase::Rollback,
        () => Phase::Work,
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
                way: match condition.way {
                    refusal::Way::Reference => Way::Reference,
                    refusal::Way::Colocated => Way::Colocated,
                    refusal::Way::Always => Way::Always,
                },
                text: condition.text.to_string(),
                found: condition.found,
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
