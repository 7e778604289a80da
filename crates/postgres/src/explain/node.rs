//! One plan node: its line, its properties, and what is under it (`ExplainNode`).

use std::collections::BTreeMap;

use kumquat_types::Result;

use super::condition::Names;
use super::shape::Shape;
use super::writer::ExplainWriter;
use crate::backend::Backend;
use crate::executor::build::node_id;
use crate::executor::context::Counters;
use crate::planner::plan::{AggregateStrategy, Join, ModifyTable, SubplanKind};
use crate::planner::{Plan, PlanKind, PlannedQuery};
use crate::query::Expr;

/// What ANALYZE has counted, by node.
pub type CounterMap = BTreeMap<usize, Counters>;

/// Writes a whole plan.
pub fn explain_plan(
    backend: &mut Backend<'_>,
    plan: &PlannedQuery,
    counters: Option<&CounterMap>,
    writer: &mut ExplainWriter,
) -> Result<()> {
    let mut shape = Shape::of(plan);
    shape.several |= writer.prefixed;
    Explainer { plan, shape, counters }.node(backend, &plan.root, writer)
}

struct Explainer<'e> {
    plan: &'e PlannedQuery,
    shape: Shape,
    counters: Option<&'e CounterMap>,
}

impl Explainer<'_> {
    fn node(&self, backend: &mut Backend<'_>, node: &Plan, writer: &mut ExplainWriter) -> Result<()> {
        if let (true, Some(child)) = (self.shape.is_hidden(node), node.child(0)) {
            return self.node(backend, child, writer);
        }
        let verbose = writer.options.verbose;
        let mut title = Names {
            backend,
            plan: self.plan,
            shape: &self.shape,
            verbose,
        }
        .title(node);
        if writer.options.costs {
            title.push_str(&format!(
                "  (cost={:.2}..{:.2} rows={:.0} width={})",
                node.cost.startup,
                node.cost.total,
                if matches!(node.kind, PlanKind::ModifyTable(_)) {
                    node.rows
                } else {
                    node.rows.max(1.0)
                },
                node.width
            ));
        }
        title.push_str(&self.actual(node, writer));
        writer.node(&title, |writer| self.inside(backend, node, writer))
    }

    /// ` (actual rows=3 loops=1)`.
    fn actual(&self, node: &Plan, writer: &ExplainWriter) -> String {
        let Some(counters) = self.counters else {
            return String::new();
        };
        match counters.get(&node_id(node)) {
            Some(count) if count.loops > 0 => {
                let rows = (count.rows as f64 / count.loops as f64).round();
                let time = if writer.options.timing {
                    "time=0.000..0.000 "
                } else {
                    ""
                };
                format!(" (actual {time}rows={rows:.0} loops={})", count.loops)
            }
            _ => " (never executed)".into(),
        }
    }

    fn inside(&self, backend: &mut Backend<'_>, node: &Plan, writer: &mut ExplainWriter) -> Result<()> {
        if writer.options.verbose && !node.output.is_empty() {
            let names = Names {
                backend,
                plan: self.plan,
                shape: &self.shape,
                verbose: true,
            };
            // Columns of a lone table go without its name.
            let prefixed = self.shape.several;
            let output = self.shape.output(node).iter();
            let output: Vec<String> = output.map(|expr| names.expr(expr, node, prefixed)).collect();
            writer.property("Output", output.join(", "));
        }
        self.properties(
            &Names {
                backend,
                plan: self.plan,
                shape: &self.shape,
                verbose: writer.options.verbose,
            },
            node,
            writer,
        );
        for index in &node.init_plans {
            if let Some(subplan) = self.plan.subplans.get(*index) {
                let name = subplan.name.clone();
                writer.named(&name, |writer| self.node(backend, &subplan.plan, writer))?;
            }
        }
        if let PlanKind::CustomScan { scan, .. } = &node.kind {
            scan.explain(backend, writer)?;
        }
        for child in &node.children {
            self.node(backend, child, writer)?;
        }
        for index in self.subplans_of(node) {
            if let Some(subplan) = self.plan.subplans.get(index) {
                let name = subplan.name.clone();
                writer.named(&name, |writer| self.node(backend, &subplan.plan, writer))?;
            }
        }
        Ok(())
    }

    /// Subplans that the node's own expressions call, in order.
    fn subplans_of(&self, node: &Plan) -> Vec<usize> {
        let mut found = Vec::new();
        node.for_each_expr(&mut |expr| {
            expr.visit(&mut |part| {
                if let Expr::SubPlan(call) = part {
                    let correlated = self
                        .plan
                        .subplans
                        .get(call.plan)
                        .is_some_and(|subplan| matches!(subplan.kind, SubplanKind::Correlated));
                    if correlated && !found.contains(&call.plan) {
                        found.push(call.plan);
                    }
                }
            });
        });
        found
    }

    fn filter(&self, names: &Names<'_>, node: &Plan, prefixed: bool, writer: &mut ExplainWriter) {
        if node.filter.is_empty() {
            return;
        }
        writer.property("Filter", names.conditions(&node.filter, node, prefixed));
        self.removed("Rows Removed by Filter", node, |count| count.removed_by_filter, writer);
    }

    fn removed(&self, label: &str, node: &Plan, pick: impl Fn(&Counters) -> u64, writer: &mut ExplainWriter) {
        let count = self.counters.and_then(|counters| counters.get(&node_id(node)));
        if let Some(count) = count.filter(|count| count.loops > 0 && pick(count) > 0) {
            writer.property(label, (pick(count) as f64 / count.loops as f64).round());
        }
    }

    fn notes(&self, node: &Plan, writer: &mut ExplainWriter) {
        let count = self.counters.and_then(|counters| counters.get(&node_id(node)));
        for (_, text) in count.map(|count| count.notes.as_slice()).unwrap_or_default() {
            writer.line(text);
        }
    }

    fn join_filter(&self, names: &Names<'_>, join: &Join, node: &Plan, writer: &mut ExplainWriter) {
        if !join.filter.is_empty() {
            writer.property(
                "Join Filter",
                names.conditions(&join.filter, node, names.several_entries()),
            );
            self.removed(
                "Rows Removed by Join Filter",
                node,
                |count| count.removed_by_join,
                writer,
            );
        }
    }

    fn properties(&self, names: &Names<'_>, node: &Plan, writer: &mut ExplainWriter) {
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
                    let conditions: Vec<Expr> =
                        scan.conditions.iter().map(|condition| condition.expr.clone()).collect();
                    writer.property("Index Cond", names.conditions(&conditions, node, names.verbose));
                }
                self.filter(names, node, names.verbose, writer);
                self.notes(node, writer);
            }
            PlanKind::BitmapHeapScan { recheck, .. } => {
                if !recheck.is_empty() {
                    writer.property("Recheck Cond", names.conditions(recheck, node, names.verbose));
                    self.removed(
                        "Rows Removed by Index Recheck",
                        node,
                        |count| count.removed_by_recheck,
                        writer,
                    );
                }
                self.filter(names, node, names.verbose, writer);
                let blocks = self
                    .counters
                    .and_then(|counters| counters.get(&node_id(node)))
                    .map_or(0, |c| c.heap_blocks);
                if blocks > 0 {
                    writer.line(format!("Heap Blocks: exact={blocks}"));
                }
            }
            PlanKind::SampleScan { sample, .. } => {
                let args: Vec<String> = sample.args.iter().map(|arg| names.expr(arg, node, several)).collect();
                writer.property("Sampling", format!("{} ({})", sample.method, args.join(", ")));
                self.filter(names, node, names.verbose, writer);
            }
            PlanKind::FunctionScan { functions, .. } if names.verbose => {
                let calls: Vec<String> = functions
                    .iter()
                    .map(|call| names.expr(&call.expr, node, several))
                    .collect();
                writer.property("Function Call", calls.join(", "));
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
            PlanKind::NestedLoop { join, .. } => {
                self.join_filter(names, join, node, writer);
                self.filter(names, node, several, writer);
            }
            PlanKind::HashJoin { join, clauses } | PlanKind::MergeJoin { join, clauses, .. } => {
                let label = if matches!(node.kind, PlanKind::HashJoin { .. }) {
                    "Hash Cond"
                } else {
                    "Merge Cond"
                };
                let conditions: Vec<Expr> = clauses.iter().map(|clause| clause.expr.clone()).collect();
                writer.property(label, names.conditions(&conditions, node, several));
                self.join_filter(names, join, node, writer);
                self.filter(names, node, several, writer);
            }
            PlanKind::Memoize { keys } => {
                let keys: Vec<String> = keys.iter().map(|key| names.expr(key, node, true)).collect();
                writer.property("Cache Key", keys.join(", "));
                writer.property("Cache Mode", "logical");
            }
            PlanKind::Sort { keys } | PlanKind::MergeAppend { keys } => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|key| names.sort_key(&key.expr, key.order, node))
                    .collect();
                writer.property("Sort Key", keys.join(", "));
                self.notes(node, writer);
            }
            PlanKind::IncrementalSort { keys, presorted } => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|key| names.sort_key(&key.expr, key.order, node))
                    .collect();
                writer.property("Sort Key", keys.join(", "));
                writer.property("Presorted Key", keys.get(..*presorted).unwrap_or_default().join(", "));
                self.notes(node, writer);
            }
            PlanKind::Aggregate(aggregation) => {
                let key = |index: usize| {
                    aggregation
                        .groups
                        .get(index)
                        .map(|group| names.key_below(&group.expr, node))
                        .unwrap_or_default()
                };
                if aggregation.sets.is_empty() {
                    if !aggregation.groups.is_empty() {
                        let keys: Vec<String> = (0..aggregation.groups.len()).map(key).collect();
                        writer.property("Group Key", keys.join(", "));
                    }
                } else {
                    let hashed = matches!(
                        aggregation.strategy,
                        AggregateStrategy::Hashed | AggregateStrategy::Mixed
                    );
                    for set in &aggregation.sets {
                        let keys: Vec<String> = set.iter().map(|index| key(*index)).collect();
                        let label = if hashed && !set.is_empty() {
                            "Hash Key"
                        } else {
                            "Group Key"
                        };
                        writer.property(label, if keys.is_empty() { "()".into() } else { keys.join(", ") });
                    }
                }
                self.filter(names, node, several, writer);
                self.notes(node, writer);
            }
            PlanKind::Group { keys } => {
                let keys: Vec<String> = keys.iter().map(|key| names.key_below(&key.expr, node)).collect();
                writer.property("Group Key", keys.join(", "));
                self.filter(names, node, several, writer);
            }
            PlanKind::WindowAgg(window) => {
                if !window.run_condition.is_empty() {
                    writer.property("Run Condition", names.conditions(&window.run_condition, node, several));
                }
                self.filter(names, node, several, writer);
            }
            PlanKind::ModifyTable(modification) => self.modification(names, modification, node, writer),
            _ => self.filter(names, node, several, writer),
        }
    }

    fn modification(&self, names: &Names<'_>, modification: &ModifyTable, node: &Plan, writer: &mut ExplainWriter) {
        for leaf in &modification.leaves {
            let word = match modification.command {
                crate::query::CommandType::Update => "Update",
                crate::query::CommandType::Delete => "Delete",
                _ => "Merge",
            };
            writer.line(format!("{word}{}", names.on_table(node, leaf)));
        }
        let Some(conflict) = &modification.on_conflict else {
            return;
        };
        writer.property(
            "Conflict Resolution",
            if conflict.update.is_some() { "UPDATE" } else { "NOTHING" },
        );
        let indexes: Vec<String> = conflict
            .arbiters
            .iter()
            .filter_map(|oid| Some(names.backend.catalog().ok()?.relation(*oid)?.name.to_string()))
            .collect();
        if !indexes.is_empty() {
            writer.property("Conflict Arbiter Indexes", indexes.join(", "));
        }
        if let Some(update) = conflict.update.as_ref().filter(|update| !update.condition.is_empty()) {
            writer.property("Conflict Filter", names.conditions(&update.condition, node, true));
        }
    }
}
