//! One plan node: its kind, its properties, and what is under it (`ExplainNode`).

use std::cell::RefCell;
use std::collections::BTreeSet;

use kumquat_types::Result;

use super::ExplainWriter;
use super::condition::Names;
use super::shape::Shape;
use super::tree::{Group, Heading, Value};
use crate::backend::Backend;
use crate::executor::build::node_id;
use crate::executor::counters::{Counters, RunCounts};
use crate::planner::plan::SubplanKind;
use crate::planner::{Plan, PlanKind, PlannedQuery};
use crate::query::Expr;

/// Writes a whole plan.
pub fn explain_plan(
    backend: &mut Backend<'_>,
    plan: &PlannedQuery,
    counters: Option<&RunCounts>,
    writer: &mut ExplainWriter,
) -> Result<()> {
    let mut shape = Shape::of(plan);
    shape.several |= writer.prefixed;
    let explainer = Explainer {
        plan,
        shape,
        counters,
        printed: RefCell::default(),
    };
    explainer.node(backend, &plan.root, Place::default(), writer)
}

/// One plan on its way into the writer.
pub(super) struct Explainer<'e> {
    plan: &'e PlannedQuery,
    shape: Shape,
    counters: Option<&'e RunCounts>,
    /// Subplans that have been written: each is shown where it is met first.
    printed: RefCell<BTreeSet<usize>>,
}

/// Where a node stands under another.
#[derive(Clone, Copy, Default)]
struct Place<'p> {
    /// `Parent Relationship`
    relationship: Option<&'static str>,
    /// `InitPlan 1 (returns $0)`
    subplan: Option<&'p str>,
}

impl Place<'_> {
    fn under(relationship: &'static str) -> Place<'static> {
        Place {
            relationship: Some(relationship),
            subplan: None,
        }
    }
}

impl Explainer<'_> {
    fn node(&self, backend: &mut Backend<'_>, node: &Plan, place: Place<'_>, writer: &mut ExplainWriter) -> Result<()> {
        if let (true, Some(child)) = (self.shape.is_hidden(node), node.child(0)) {
            return self.node(backend, child, place, writer);
        }
        let names = Names {
            backend,
            plan: self.plan,
            shape: &self.shape,
            verbose: writer.options.verbose,
        };
        let heading = Heading::Arrow {
            above: place.subplan.map(str::to_string),
            title: names.title(node) + &self.costs(node, writer) + &self.actual(node, writer),
        };
        let group = match place.relationship {
            None => Group::named("Plan"),
            Some(_) => Group::member("Plan"),
        };
        writer.group(group.heading(heading), |writer| {
            self.identity(backend, node, place, writer);
            self.inside(backend, node, writer)
        })
    }

    /// The properties that the text's first line holds.
    fn identity(&self, backend: &Backend<'_>, node: &Plan, place: Place<'_>, writer: &mut ExplainWriter) {
        if writer.is_text() {
            return;
        }
        let names = Names {
            backend,
            plan: self.plan,
            shape: &self.shape,
            verbose: writer.options.verbose,
        };
        let kind = names.kind(node);
        let partial = kind.is_aggregate.then_some("Simple");
        for (label, value) in [
            ("Node Type", Some(kind.node_type)),
            ("Strategy", kind.strategy),
            ("Partial Mode", partial),
            ("Operation", kind.operation),
            ("Parent Relationship", place.relationship),
            ("Subplan Name", place.subplan),
            ("Custom Plan Provider", kind.provider),
        ] {
            if let Some(value) = value {
                writer.data(label, value);
            }
        }
        writer.data("Parallel Aware", false);
        writer.data("Async Capable", false);
        names.describe(node, writer);
        if writer.options.costs {
            writer.data("Startup Cost", Value::float(node.cost.startup, 2));
            writer.data("Total Cost", Value::float(node.cost.total, 2));
            writer.data("Plan Rows", Value::float(estimated_rows(node), 0));
            writer.data("Plan Width", Value::number(node.width));
        }
        if self.counters.is_some() {
            let (rows, loops) = self.actual_rows(node).unwrap_or_default();
            if writer.options.timing {
                writer.data("Actual Startup Time", Value::float(0.0, 3));
                writer.data("Actual Total Time", Value::float(0.0, 3));
            }
            writer.data("Actual Rows", Value::float(rows, 0));
            writer.data("Actual Loops", Value::number(loops));
        }
    }

    /// `  (cost=0.00..1.01 rows=1 width=4)`.
    fn costs(&self, node: &Plan, writer: &ExplainWriter) -> String {
        if !writer.options.costs {
            return String::new();
        }
        format!(
            "  (cost={:.2}..{:.2} rows={:.0} width={})",
            node.cost.startup,
            node.cost.total,
            estimated_rows(node),
            node.width
        )
    }

    /// ` (actual rows=3 loops=1)`.
    fn actual(&self, node: &Plan, writer: &ExplainWriter) -> String {
        if self.counters.is_none() {
            return String::new();
        }
        let time = match writer.options.timing {
            true => "time=0.000..0.000 ",
            false => "",
        };
        match self.actual_rows(node) {
            Some((rows, loops)) => format!(" (actual {time}rows={rows:.0} loops={loops})"),
            None => " (never executed)".into(),
        }
    }

    /// Rows of a loop, rounded half to even as C prints them, and loops.
    fn actual_rows(&self, node: &Plan) -> Option<(f64, u64)> {
        let count = self.counters_of(node)?;
        Some((count.rows as f64 / count.loops as f64, count.loops))
    }

    /// What a node counted, if it has run.
    pub(super) fn counters_of(&self, node: &Plan) -> Option<&Counters> {
        let count = self.counters?.nodes.get(&node_id(node));
        count.filter(|count| count.loops > 0)
    }

    pub(super) fn is_analyzed(&self) -> bool {
        self.counters.is_some()
    }

    fn inside(&self, backend: &mut Backend<'_>, node: &Plan, writer: &mut ExplainWriter) -> Result<()> {
        let names = Names {
            backend,
            plan: self.plan,
            shape: &self.shape,
            verbose: writer.options.verbose,
        };
        self.output(&names, node, writer);
        self.properties(&names, node, writer);
        if let PlanKind::CustomScan { scan, .. } = &node.kind {
            scan.explain(backend, writer)?;
        }
        self.usage(node, writer);
        if matches!(node.kind, PlanKind::Append | PlanKind::MergeAppend { .. }) {
            writer.data("Subplans Removed", 0_usize);
        }
        let subplans = self.subplans_of(node);
        if node.init_plans.is_empty() && node.children.is_empty() && subplans.is_empty() {
            return Ok(());
        }
        writer.group(Group::list("Plans"), |writer| {
            for index in &node.init_plans {
                self.subplan(backend, *index, "InitPlan", writer)?;
            }
            for (at, child) in node.children.iter().enumerate() {
                let place = Place::under(relationship(node, at));
                self.node(backend, child, place, writer)?;
            }
            for index in subplans {
                if self.printed.borrow_mut().insert(index) {
                    self.subplan(backend, index, "SubPlan", writer)?;
                }
            }
            Ok(())
        })
    }

    fn subplan(
        &self,
        backend: &mut Backend<'_>,
        index: usize,
        relationship: &'static str,
        writer: &mut ExplainWriter,
    ) -> Result<()> {
        let Some(subplan) = self.plan.subplans.get(index) else {
            return Ok(());
        };
        let place = Place {
            relationship: Some(relationship),
            subplan: Some(&subplan.name),
        };
        self.node(backend, &subplan.plan, place, writer)
    }

    /// The columns that the node gives, under VERBOSE (`show_plan_tlist`).
    fn output(&self, names: &Names<'_>, node: &Plan, writer: &mut ExplainWriter) {
        let passes_on = matches!(
            node.kind,
            PlanKind::Append | PlanKind::MergeAppend { .. } | PlanKind::RecursiveUnion { .. }
        );
        if !names.verbose || node.output.is_empty() || passes_on {
            return;
        }
        // Columns of a lone table go without its name.
        let prefixed = self.shape.several;
        let output = self.shape.output(node).iter();
        let output: Vec<String> = output.map(|expr| names.expr(expr, node, prefixed)).collect();
        writer.property("Output", output);
    }

    /// Subplans that the node's own expressions call, in order.
    fn subplans_of(&self, node: &Plan) -> Vec<usize> {
        let mut found = Vec::new();
        node.for_each_expr(&mut |expr| {
            expr.visit(&mut |part| {
                if let Expr::SubPlan(call) = part {
                    let subplan = self.plan.subplans.get(call.plan);
                    let correlated = subplan.is_some_and(|subplan| matches!(subplan.kind, SubplanKind::Correlated));
                    if correlated && !found.contains(&call.plan) {
                        found.push(call.plan);
                    }
                }
            });
        });
        found
    }
}

/// At least one row is expected, but for a modification, which may give none.
fn estimated_rows(node: &Plan) -> f64 {
    match node.kind {
        PlanKind::ModifyTable(_) => node.rows,
        _ => node.rows.max(1.0),
    }
}

/// `Parent Relationship` of a child.
fn relationship(node: &Plan, at: usize) -> &'static str {
    match (&node.kind, at) {
        (PlanKind::Append | PlanKind::MergeAppend { .. } | PlanKind::BitmapAnd | PlanKind::BitmapOr, _) => "Member",
        (PlanKind::SubqueryScan { .. }, _) => "Subquery",
        (_, 0) => "Outer",
        _ => "Inner",
    }
}
