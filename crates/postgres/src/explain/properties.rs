//! The properties of each kind of node: conditions, keys, and what there is to say of how it ran.

use super::ExplainWriter;
use super::condition::Names;
use super::kind::command_word;
use super::node::Explainer;
use super::tree::{Group, Heading, Value};
use crate::planner::plan::{AggregateStrategy, Aggregation, ConflictAction, Join, ModifyTable, SortKey};
use crate::planner::{Plan, PlanKind};
use crate::query::{CommandType, Expr, TableSample};

impl Explainer<'_> {
    pub(super) fn properties(&self, names: &Names<'_>, node: &Plan, writer: &mut ExplainWriter) {
        let several = names.several_entries();
        match &node.kind {
            PlanKind::Result { one_time_filter } => {
                if !one_time_filter.is_empty() {
                    writer.property("One-Time Filter", names.conditions(one_time_filter, node, several));
                }
                self.filter(names, node, several, writer);
            }
            PlanKind::IndexScan(scan) | PlanKind::BitmapIndexScan(scan) => {
                if !scan.conditions.is_empty() {
                    let conditions = scan.conditions.iter().map(|condition| condition.expr.clone());
                    let conditions: Vec<Expr> = conditions.collect();
                    writer.property("Index Cond", names.conditions(&conditions, node, names.verbose));
                }
                if let PlanKind::IndexScan(scan) = &node.kind {
                    if !scan.conditions.is_empty() {
                        self.removed("Rows Removed by Index Recheck", node, writer, |_| 0);
                    }
                    self.filter(names, node, names.verbose, writer);
                    self.heap_fetches(scan, node, writer);
                }
            }
            PlanKind::BitmapHeapScan { recheck, .. } => {
                if !recheck.is_empty() {
                    writer.property("Recheck Cond", names.conditions(recheck, node, names.verbose));
                    self.removed("Rows Removed by Index Recheck", node, writer, |count| {
                        count.removed_by_recheck
                    });
                }
                self.filter(names, node, names.verbose, writer);
                self.heap_blocks(node, writer);
            }
            PlanKind::SampleScan { sample, .. } => {
                sampling(names, sample, node, writer);
                self.filter(names, node, names.verbose, writer);
            }
            PlanKind::FunctionScan { functions, .. } if names.verbose => {
                let calls = functions.iter().map(|call| names.expr(&call.expr, node, several));
                writer.property("Function Call", calls.collect::<Vec<_>>().join(", "));
                self.filter(names, node, true, writer);
            }
            PlanKind::SubqueryScan { .. } => self.filter(names, node, true, writer),
            PlanKind::SeqScan(target) => {
                self.filter(names, node, names.verbose, writer);
                if let Some(labels) = names.scan_labels(target) {
                    names.read_by_scan(labels, target, node, writer);
                }
            }
            PlanKind::FunctionScan { .. }
            | PlanKind::ValuesScan { .. }
            | PlanKind::CteScan { .. }
            | PlanKind::WorkTableScan { .. }
            | PlanKind::CustomScan { .. } => self.filter(names, node, names.verbose, writer),
            PlanKind::NestedLoop { join, .. } => self.join(names, join, node, None, writer),
            PlanKind::HashJoin { join, clauses } | PlanKind::MergeJoin { join, clauses, .. } => {
                let label = match node.kind {
                    PlanKind::HashJoin { .. } => "Hash Cond",
                    _ => "Merge Cond",
                };
                let conditions: Vec<Expr> = clauses.iter().map(|clause| clause.expr.clone()).collect();
                let conditions = names.conditions(&conditions, node, several);
                self.join(names, join, node, Some((label, conditions)), writer);
            }
            PlanKind::Memoize { keys, .. } => {
                let keys: Vec<String> = keys.iter().map(|key| names.expr(key, node, true)).collect();
                writer.property("Cache Key", keys.join(", "));
                writer.property("Cache Mode", "logical");
                self.memoize(node, writer);
            }
            PlanKind::Sort { keys } => {
                writer.property("Sort Key", sort_keys(names, keys, node));
                self.sort_method(node, writer);
            }
            PlanKind::MergeAppend { keys } => writer.property("Sort Key", sort_keys(names, keys, node)),
            PlanKind::IncrementalSort { keys, presorted } => {
                let keys = sort_keys(names, keys, node);
                let presorted = keys.get(..*presorted).unwrap_or_default().to_vec();
                writer.property("Sort Key", keys);
                writer.property("Presorted Key", presorted);
                self.sort_groups(node, writer);
            }
            PlanKind::Aggregate(aggregation) => {
                aggregate_keys(names, aggregation, node, writer);
                self.condition(names, node, several, writer);
                self.hashed_groups(aggregation, node, writer);
                self.removed_by_filter(node, writer);
            }
            PlanKind::Group { keys } => {
                let keys = keys.iter().map(|key| names.key_below(&key.expr, node));
                writer.property("Group Key", keys.collect::<Vec<_>>());
                self.filter(names, node, several, writer);
            }
            PlanKind::WindowAgg(window) => {
                self.filter(names, node, several, writer);
                if !window.run_condition.is_empty() {
                    writer.property("Run Condition", names.conditions(&window.run_condition, node, several));
                }
            }
            PlanKind::Hash => self.hash_table(node, writer),
            PlanKind::ModifyTable(modification) => self.modification(names, modification, node, writer),
            _ => self.filter(names, node, several, writer),
        }
    }

    fn condition(&self, names: &Names<'_>, node: &Plan, prefixed: bool, writer: &mut ExplainWriter) {
        if !node.filter.is_empty() {
            writer.property("Filter", names.conditions(&node.filter, node, prefixed));
        }
    }

    fn removed_by_filter(&self, node: &Plan, writer: &mut ExplainWriter) {
        if !node.filter.is_empty() {
            self.removed("Rows Removed by Filter", node, writer, |count| count.removed_by_filter);
        }
    }

    fn filter(&self, names: &Names<'_>, node: &Plan, prefixed: bool, writer: &mut ExplainWriter) {
        self.condition(names, node, prefixed, writer);
        self.removed_by_filter(node, writer);
    }

    fn join(
        &self,
        names: &Names<'_>,
        join: &Join,
        node: &Plan,
        clauses: Option<(&str, String)>,
        writer: &mut ExplainWriter,
    ) {
        if names.verbose && join.inner_unique {
            writer.property("Inner Unique", true);
        } else {
            writer.data("Inner Unique", join.inner_unique);
        }
        if let Some((label, conditions)) = clauses {
            writer.property(label, conditions);
        }
        let several = names.several_entries();
        if !join.filter.is_empty() {
            writer.property("Join Filter", names.conditions(&join.filter, node, several));
            self.removed("Rows Removed by Join Filter", node, writer, |count| {
                count.removed_by_join
            });
        }
        self.filter(names, node, several, writer);
    }

    fn modification(&self, names: &Names<'_>, modification: &ModifyTable, node: &Plan, writer: &mut ExplainWriter) {
        if !modification.leaves.is_empty() {
            let word = command_word(modification.command);
            writer.group(Group::list("Target Tables"), |writer| {
                for leaf in &modification.leaves {
                    let heading = Heading::Line(format!("{word}{}", names.on_table(node, leaf)));
                    writer.group(Group::member("Target Table").heading(heading), |writer| {
                        names.describe_table(node, leaf, writer);
                    });
                }
            });
        }
        if let Some(conflict) = &modification.on_conflict {
            self.conflict(names, conflict, node, writer);
        } else if modification.command == CommandType::Merge {
            self.merged(node, writer);
        }
    }

    fn conflict(&self, names: &Names<'_>, conflict: &ConflictAction, node: &Plan, writer: &mut ExplainWriter) {
        let resolution = if conflict.update.is_some() { "UPDATE" } else { "NOTHING" };
        writer.property("Conflict Resolution", resolution);
        if !conflict.arbiters.is_empty() {
            let indexes = conflict
                .arbiters
                .iter()
                .map(|oid| names.relation_name(*oid).to_string());
            writer.property("Conflict Arbiter Indexes", indexes.collect::<Vec<_>>());
        }
        if let Some(update) = conflict.update.as_ref().filter(|update| !update.condition.is_empty()) {
            writer.property("Conflict Filter", names.conditions(&update.condition, node, true));
            self.removed("Rows Removed by Conflict Filter", node, writer, |count| {
                count.removed_by_filter
            });
        }
        self.proposed(node, writer);
    }
}

fn sort_keys(names: &Names<'_>, keys: &[SortKey], node: &Plan) -> Vec<String> {
    let keys = keys.iter().map(|key| names.sort_key(&key.expr, key.order, node));
    keys.collect()
}

/// TABLESAMPLE: one line, or its parts.
fn sampling(names: &Names<'_>, sample: &TableSample, node: &Plan, writer: &mut ExplainWriter) {
    let several = names.several_entries();
    let args: Vec<String> = sample.args.iter().map(|arg| names.expr(arg, node, several)).collect();
    let repeatable = sample.repeatable.as_ref().map(|seed| names.expr(seed, node, several));
    let seed = repeatable
        .as_ref()
        .map_or_else(String::new, |seed| format!(" REPEATABLE ({seed})"));
    writer.line(format!("Sampling: {} ({}){seed}", sample.method, args.join(", ")));
    writer.data("Sampling Method", &*sample.method);
    writer.data("Sampling Parameters", args);
    if let Some(seed) = repeatable {
        writer.data("Repeatable Seed", seed);
    }
}

/// GROUP BY, or each of the grouping sets (`show_agg_keys`).
fn aggregate_keys(names: &Names<'_>, aggregation: &Aggregation, node: &Plan, writer: &mut ExplainWriter) {
    let key = |index: &usize| {
        let group = aggregation.groups.get(*index);
        group
            .map(|group| names.key_below(&group.expr, node))
            .unwrap_or_default()
    };
    if aggregation.sets.is_empty() {
        if !aggregation.groups.is_empty() {
            let keys: Vec<String> = (0..aggregation.groups.len()).map(|index| key(&index)).collect();
            writer.property("Group Key", keys);
        }
        return;
    }
    let hashed = matches!(
        aggregation.strategy,
        AggregateStrategy::Hashed | AggregateStrategy::Mixed
    );
    writer.group(Group::list("Grouping Sets"), |writer| {
        for set in &aggregation.sets {
            let (label, list) = match hashed && !set.is_empty() {
                true => ("Hash Key", "Hash Keys"),
                false => ("Group Key", "Group Keys"),
            };
            writer.group(Group::member("Grouping Set"), |writer| {
                writer.group(Group::list(list), |writer| {
                    let keys: Vec<String> = set.iter().map(key).collect();
                    match writer.is_text() && keys.is_empty() {
                        true => writer.property(label, "()"),
                        false => writer.property(label, Value::Nested(keys)),
                    }
                });
            });
        }
    });
}
