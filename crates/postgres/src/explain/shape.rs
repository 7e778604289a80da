//! A plan as it is shown: which nodes are left out, what its entries are called, and which columns scans give.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::Name;
use crate::executor::build::node_id;
use crate::planner::{Plan, PlanKind, PlannedQuery, entry_var};
use crate::query::{Expr, RangeTableKind};
use crate::ruleutils::namespace::EntryNames;

/// How a node's parent wants its columns (`CP_*` flags).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// Any columns will do, the whole row included.
    Any,
    /// Those that it is grouped by must be among them.
    Labelled,
    /// No more than are needed, since the rows are kept.
    Few,
    Exact,
}

/// What is worked out before a plan is written.
#[derive(Default)]
pub struct Shape {
    /// Names of all entries of all levels.
    pub entries: Vec<EntryNames>,
    /// Where the entries of a level start.
    offsets: BTreeMap<usize, usize>,
    /// Scans of subqueries that are not shown, by level and entry: the subquery's plan.
    pub renamed: BTreeMap<(usize, usize), Arc<Plan>>,
    /// Nodes that are not shown.
    hidden: BTreeSet<usize>,
    /// Columns of scans that give whole rows.
    outputs: BTreeMap<usize, Vec<Expr>>,
    /// There is more than one entry in all.
    pub several: bool,
}

impl Shape {
    pub fn of(plan: &PlannedQuery) -> Shape {
        let mut shape = Shape::default();
        let mut walk = Walk {
            plan,
            shape: &mut shape,
            levels: Vec::new(),
            used: BTreeSet::new(),
            reserved: BTreeSet::new(),
        };
        walk.level(plan.root.level);
        walk.node(&plan.root, Wants::Exact);
        for subplan in &plan.subplans {
            walk.level(subplan.plan.level);
            walk.node(&subplan.plan, Wants::Exact);
        }
        for level in 0..plan.levels.len() {
            walk.level(level);
        }
        let Walk {
            levels, used, reserved, ..
        } = walk;
        shape.name_entries(plan, &levels, &used, &reserved);
        let is_custom = |entry: &crate::query::RangeTableEntry| matches!(entry.kind, RangeTableKind::Custom(_));
        shape.several = shape.entries.len() > 1 || plan.levels.iter().flatten().any(is_custom);
        shape
    }

    pub fn offset(&self, level: usize) -> usize {
        self.offsets.get(&level).copied().unwrap_or(0)
    }

    pub fn is_hidden(&self, node: &Plan) -> bool {
        self.hidden.contains(&node_id(node))
    }

    /// The columns that a node is shown to give.
    pub fn output<'s>(&'s self, node: &'s Plan) -> &'s [Expr] {
        self.outputs
            .get(&node_id(node))
            .map_or(node.output.as_slice(), Vec::as_slice)
    }

    /// The first node below that is shown, of the same query level.
    pub fn visible_child<'p>(&self, node: &'p Plan) -> Option<&'p Plan> {
        let mut child = node.child(0)?;
        while self.is_hidden(child) && matches!(child.kind, PlanKind::Append) {
            child = child.child(0)?;
        }
        (!self.is_hidden(child)).then_some(child)
    }

    /// What a column is in the subquery below, if its scan is not shown.
    pub fn behind(&self, node: &Plan, expr: &Expr) -> Option<(&Plan, Expr)> {
        let child = node.child(0)?;
        let Expr::Var(var) = expr else { return None };
        if !self.is_hidden(child) {
            return None;
        }
        let mut plan = self.renamed.get(&(node.level, var.varno))?;
        let mut expr = plan.output.get(usize::try_from(var.attribute).ok()?.checked_sub(1)?)?;
        while let (Expr::Var(var), true) = (expr, self.is_hidden(plan)) {
            plan = self.renamed.get(&(plan.level, var.varno))?;
            expr = plan.output.get(usize::try_from(var.attribute).ok()?.checked_sub(1)?)?;
        }
        Some((plan, expr.clone()))
    }

    /// Entries that are scanned get names that no other one has (`select_rtable_names_for_explain`).
    fn name_entries(
        &mut self,
        plan: &PlannedQuery,
        levels: &[usize],
        used: &BTreeSet<(usize, usize)>,
        reserved: &BTreeSet<(usize, Name)>,
    ) {
        let mut taken: Vec<Name> = Vec::new();
        for &level in levels {
            self.offsets.insert(level, self.entries.len());
            let mut pending: BTreeSet<Name> = reserved
                .iter()
                .filter(|(at, _)| *at == level)
                .map(|(_, name)| name.clone())
                .collect();
            for (entry, number) in plan.levels.get(level).into_iter().flatten().zip(1..) {
                let mut name = entry.name.clone();
                let is_parent =
                    matches!(entry.kind, RangeTableKind::Relation { inherit: true, .. }) && pending.remove(&name);
                if used.contains(&(level, number)) || is_parent {
                    let mut suffix = 0;
                    while taken.contains(&name) {
                        suffix += 1;
                        name = format!("{}_{suffix}", entry.name).into();
                    }
                    taken.push(name.clone());
                }
                self.entries.push(EntryNames {
                    name,
                    columns: entry.columns.iter().map(|column| column.name.clone()).collect(),
                    join_vars: None,
                    unnamed_join: false,
                    verbatim: false,
                });
            }
        }
    }
}

struct Walk<'w> {
    plan: &'w PlannedQuery,
    shape: &'w mut Shape,
    /// In the order in which they are met.
    levels: Vec<usize>,
    used: BTreeSet<(usize, usize)>,
    /// Names of tables whose members are scanned.
    reserved: BTreeSet<(usize, Name)>,
}

impl Walk<'_> {
    fn level(&mut self, level: usize) {
        if !self.levels.contains(&level) {
            self.levels.push(level);
        }
    }

    fn node(&mut self, node: &Plan, wants: Wants) {
        self.widen(node, wants);
        let below = wants_of_child(node, wants);
        for (at, child) in node.children.iter().enumerate() {
            let wants = match (&node.kind, at) {
                (PlanKind::HashJoin { .. }, 1) => Wants::Few,
                _ => below,
            };
            if child.level != node.level {
                self.level(child.level);
            }
            self.node(child, wants);
        }
        if let PlanKind::SubqueryScan { entry } = node.kind
            && self.is_trivial(node, entry)
        {
            self.hide(node, entry);
            return;
        }
        if matches!(node.kind, PlanKind::Append) && node.children.len() == 1 {
            self.shape.hidden.insert(node_id(node));
            return;
        }
        if let Some(entry) = scanned_entry(node) {
            self.used.insert((node.level, entry));
        }
        match &node.kind {
            PlanKind::ModifyTable(modification) => {
                for leaf in &modification.leaves {
                    self.used.insert((node.level, leaf.entry));
                }
            }
            PlanKind::Append | PlanKind::MergeAppend { .. } => {
                let member = node
                    .child(0)
                    .filter(|child| child.level == node.level)
                    .and_then(|child| table_of(child));
                if let Some(name) = member.and_then(|entry| self.entry_name(node.level, entry)) {
                    self.reserved.insert((node.level, name));
                }
            }
            _ => {}
        }
    }

    fn entry_name(&self, level: usize, entry: usize) -> Option<Name> {
        let found = self.plan.levels.get(level)?.get(entry.checked_sub(1)?)?;
        Some(found.name.clone())
    }

    fn hide(&mut self, node: &Plan, entry: usize) {
        self.shape.hidden.insert(node_id(node));
        if let Some(child) = node.child(0) {
            self.shape
                .renamed
                .entry((node.level, entry))
                .or_insert_with(|| child.clone());
        }
    }

    /// The scan only passes on what the subquery gives (`trivial_subqueryscan`).
    fn is_trivial(&self, node: &Plan, entry: usize) -> bool {
        let output = self.shape.output(node);
        let same = |(expr, number): (&Expr, i16)| match expr {
            Expr::Var(var) => var.varno == entry && var.attribute == number,
            _ => false,
        };
        node.filter.is_empty()
            && node.child(0).is_some_and(|child| child.output.len() == output.len())
            && output.iter().zip(1..).all(same)
    }

    /// A scan whose parent takes any columns gives whole rows: that needs no projection (`use_physical_tlist`).
    fn widen(&mut self, node: &Plan, wants: Wants) {
        if matches!(wants, Wants::Exact | Wants::Few) {
            return;
        }
        let entry = match &node.kind {
            PlanKind::SeqScan(target)
            | PlanKind::BitmapHeapScan { target, .. }
            | PlanKind::SampleScan { target, .. } => target.entry,
            PlanKind::IndexScan(scan) if !scan.only => scan.target.entry,
            PlanKind::SubqueryScan { entry }
            | PlanKind::FunctionScan { entry, .. }
            | PlanKind::ValuesScan { entry, .. }
            | PlanKind::CteScan { entry, .. } => *entry,
            _ => return,
        };
        let plain = |expr: &Expr| matches!(expr, Expr::Var(var) if var.attribute > 0 && var.varno == entry);
        let place = entry.checked_sub(1);
        let found = place.and_then(|at| self.plan.levels.get(node.level)?.get(at));
        let Some(found) = found.filter(|_| node.output.iter().all(plain)) else {
            return;
        };
        let columns = found
            .columns
            .iter()
            .zip(1..)
            .filter(|(column, _)| !column.name.is_empty());
        let mut output: Vec<Expr> = columns
            .map(|(column, number)| entry_var(entry, number, column))
            .collect();
        if let (PlanKind::SubqueryScan { .. }, Some(child)) = (&node.kind, node.child(0)) {
            output.truncate(child.output.len());
        }
        self.shape.outputs.insert(node_id(node), output);
    }
}

fn wants_of_child(node: &Plan, wants: Wants) -> Wants {
    match &node.kind {
        PlanKind::Aggregate(aggregation) => labelled(node, aggregation.groups.iter().map(|group| &group.expr)),
        PlanKind::Group { keys } => labelled(node, keys.iter().map(|key| &key.expr)),
        PlanKind::Unique { .. } | PlanKind::SetOp { .. } if wants == Wants::Any => Wants::Labelled,
        PlanKind::Unique { .. } | PlanKind::SetOp { .. } | PlanKind::Limit { .. } | PlanKind::LockRows { .. } => wants,
        PlanKind::WindowAgg(_) => Wants::Few,
        PlanKind::Sort { .. } | PlanKind::IncrementalSort { .. } | PlanKind::Material | PlanKind::Memoize { .. } => {
            match wants {
                Wants::Exact => Wants::Exact,
                _ => Wants::Few,
            }
        }
        PlanKind::Hash => Wants::Few,
        PlanKind::NestedLoop { .. } | PlanKind::HashJoin { .. } | PlanKind::MergeJoin { .. } => Wants::Any,
        PlanKind::ProjectSet | PlanKind::Result { .. } => Wants::Any,
        _ => Wants::Exact,
    }
}

/// Groups by expressions are computed by the scan, which then gives what is asked for only.
fn labelled<'e>(_: &Plan, mut keys: impl Iterator<Item = &'e Expr>) -> Wants {
    match keys.all(|key| matches!(key, Expr::Var(_))) {
        true => Wants::Labelled,
        false => Wants::Few,
    }
}

/// The entry that a node scans.
fn scanned_entry(node: &Plan) -> Option<usize> {
    match &node.kind {
        PlanKind::SubqueryScan { entry }
        | PlanKind::FunctionScan { entry, .. }
        | PlanKind::ValuesScan { entry, .. }
        | PlanKind::CteScan { entry, .. }
        | PlanKind::WorkTableScan { entry, .. }
        | PlanKind::CustomScan { entry, .. } => Some(*entry),
        PlanKind::ModifyTable(modification) => Some(modification.target.entry),
        _ => table_of(node),
    }
}

fn table_of(node: &Plan) -> Option<usize> {
    match &node.kind {
        PlanKind::SeqScan(target) | PlanKind::SampleScan { target, .. } | PlanKind::BitmapHeapScan { target, .. } => {
            Some(target.entry)
        }
        PlanKind::IndexScan(scan) => Some(scan.target.entry),
        _ => None,
    }
}
