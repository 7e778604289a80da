//! What a plan node scans, joins or writes: the rest of its first line, or the properties that say the same.

use kumquat_types::Oid;

use super::ExplainWriter;
use super::condition::Names;
use super::kind::{NodeKind, join_word, set_operation};
use crate::catalog::Name;
use crate::catalog::quote::quote_identifier;
use crate::extension::ScanLabels;
use crate::planner::plan::{IndexScan, ScanTarget};
use crate::planner::{Plan, PlanKind};
use crate::query::{Expr, JoinKind, RangeTableKind};

impl Names<'_> {
    /// What a node is called. A scan by an access method of an extension is a custom scan.
    pub fn kind(&self, node: &Plan) -> NodeKind {
        let labels = match &node.kind {
            PlanKind::SeqScan(target) => self.scan_labels(target),
            _ => None,
        };
        labels.map_or_else(|| NodeKind::of(node), |labels| NodeKind::custom(labels.provider))
    }

    /// The first line of a node in the text format, without costs.
    pub fn title(&self, node: &Plan) -> String {
        let kind = self.kind(node);
        let title = kind.title;
        match &node.kind {
            PlanKind::SeqScan(target)
            | PlanKind::SampleScan { target, .. }
            | PlanKind::BitmapHeapScan { target, .. } => {
                let provider = kind.provider.map_or_else(String::new, |name| format!(" ({name})"));
                format!("{title}{provider}{}", self.on_table(node, target))
            }
            PlanKind::IndexScan(scan) => {
                let direction = if scan.backward { " Backward" } else { "" };
                let index = quote_identifier(&self.relation_name(scan.index));
                format!("{title}{direction} using {index}{}", self.on_table(node, &scan.target))
            }
            PlanKind::BitmapIndexScan(scan) => {
                format!("{title} on {}", quote_identifier(&self.relation_name(scan.index)))
            }
            PlanKind::SubqueryScan { entry } | PlanKind::ValuesScan { entry, .. } => {
                format!("{title} on {}", quote_identifier(&self.entry_name(node, *entry)))
            }
            PlanKind::FunctionScan { entry, .. } => {
                let schema = self.function_schema(node).filter(|_| self.verbose);
                let alias = self.entry_name(node, *entry);
                format!("{title}{}", on(schema, self.function_name(node), alias))
            }
            PlanKind::CteScan { entry, .. } | PlanKind::WorkTableScan { entry, .. } => {
                let alias = self.entry_name(node, *entry);
                format!("{title}{}", on(None, self.cte_name(node, *entry), alias))
            }
            PlanKind::CustomScan { scan, .. } => format!("{title} ({})", scan.name()),
            PlanKind::NestedLoop { join, .. } => match join.kind {
                JoinKind::Inner => title.into(),
                kind => format!("{title} {} Join", join_word(kind)),
            },
            PlanKind::HashJoin { join, .. } | PlanKind::MergeJoin { join, .. } => match join.kind {
                JoinKind::Inner => format!("{title} Join"),
                kind => format!("{title} {} Join", join_word(kind)),
            },
            PlanKind::SetOp { operator, all, .. } => format!("{title} {}", set_operation(*operator, *all)),
            PlanKind::ModifyTable(modification) => {
                format!("{title}{}", self.on_table(node, &modification.target))
            }
            _ => title.into(),
        }
    }

    /// What the title says beside the kind of the node, as properties.
    pub fn describe(&self, node: &Plan, writer: &mut ExplainWriter) {
        match &node.kind {
            PlanKind::SeqScan(target)
            | PlanKind::SampleScan { target, .. }
            | PlanKind::BitmapHeapScan { target, .. } => self.describe_table(node, target, writer),
            PlanKind::IndexScan(scan) => {
                writer.data("Scan Direction", if scan.backward { "Backward" } else { "Forward" });
                self.describe_index(scan, writer);
                self.describe_table(node, &scan.target, writer);
            }
            PlanKind::BitmapIndexScan(scan) => self.describe_index(scan, writer),
            PlanKind::SubqueryScan { entry } | PlanKind::ValuesScan { entry, .. } => {
                writer.data("Alias", &*self.entry_name(node, *entry));
            }
            PlanKind::FunctionScan { entry, .. } => {
                if let Some(name) = self.function_name(node) {
                    writer.data("Function Name", &*name);
                    if let Some(schema) = self.function_schema(node).filter(|_| self.verbose) {
                        writer.data("Schema", &*schema);
                    }
                }
                writer.data("Alias", &*self.entry_name(node, *entry));
            }
            PlanKind::CteScan { entry, .. } | PlanKind::WorkTableScan { entry, .. } => {
                if let Some(name) = self.cte_name(node, *entry) {
                    writer.data("CTE Name", &*name);
                }
                writer.data("Alias", &*self.entry_name(node, *entry));
            }
            PlanKind::NestedLoop { join, .. } | PlanKind::HashJoin { join, .. } | PlanKind::MergeJoin { join, .. } => {
                writer.data("Join Type", join_word(join.kind))
            }
            PlanKind::SetOp { operator, all, .. } => writer.data("Command", set_operation(*operator, *all)),
            PlanKind::ModifyTable(modification) => self.describe_table(node, &modification.target, writer),
            _ => {}
        }
    }

    fn describe_index(&self, scan: &IndexScan, writer: &mut ExplainWriter) {
        writer.data("Index Name", &*self.relation_name(scan.index));
    }

    pub fn describe_table(&self, node: &Plan, target: &ScanTarget, writer: &mut ExplainWriter) {
        writer.data("Relation Name", &*self.relation_name(target.relation));
        if let Some(schema) = self.relation_schema(target.relation).filter(|_| self.verbose) {
            writer.data("Schema", &*schema);
        }
        writer.data("Alias", &*self.entry_name(node, target.entry));
    }

    /// ` on events_102008 events`: the alias where it is another name.
    pub fn on_table(&self, node: &Plan, target: &ScanTarget) -> String {
        let schema = self.relation_schema(target.relation).filter(|_| self.verbose);
        let name = self.relation_name(target.relation);
        on(schema, Some(name), self.entry_name(node, target.entry))
    }

    /// The words for a scan by an access method that is not PostgreSQL's own.
    pub fn scan_labels(&self, target: &ScanTarget) -> Option<&'static ScanLabels> {
        let relation = self.backend.catalog().ok()?.relation(target.relation)?;
        self.backend.extension.scan_labels(relation)
    }

    pub fn relation_name(&self, oid: Oid) -> Name {
        let relation = self.backend.catalog().ok().and_then(|catalog| catalog.relation(oid));
        relation.map_or_else(|| "".into(), |relation| relation.name.clone())
    }

    fn relation_schema(&self, oid: Oid) -> Option<Name> {
        let relation = self.backend.catalog().ok()?.relation(oid)?;
        Some(self.backend.schema_name(relation.schema))
    }

    fn entry_name(&self, node: &Plan, entry: usize) -> Name {
        let at = (self.shape.offset(node.level) + entry).checked_sub(1);
        let found = at.and_then(|at| self.shape.entries.get(at));
        found.map_or_else(|| "".into(), |names| names.name.clone())
    }

    /// The name that a CTE was given.
    fn cte_name(&self, node: &Plan, entry: usize) -> Option<Name> {
        let level = self.plan.levels.get(node.level)?;
        match &level.get(entry.checked_sub(1)?)?.kind {
            RangeTableKind::Cte { name, .. } => Some(name.clone()),
            _ => None,
        }
    }

    /// The function that a node scans, if it is one.
    fn scanned_function(&self, node: &Plan) -> Option<Oid> {
        let PlanKind::FunctionScan { functions, .. } = &node.kind else {
            return None;
        };
        match functions.as_slice() {
            [function] => match &function.expr {
                Expr::Func(call) => Some(call.function),
                _ => None,
            },
            _ => None,
        }
    }

    fn function_name(&self, node: &Plan) -> Option<Name> {
        let oid = self.scanned_function(node)?;
        match self.backend.catalog().ok()?.functions.get(&oid) {
            Some(function) => Some(function.name.clone()),
            None => self.backend.any_proc(oid).map(|proc| proc.name.into()),
        }
    }

    fn function_schema(&self, node: &Plan) -> Option<Name> {
        let oid = self.scanned_function(node)?;
        match self.backend.catalog().ok()?.functions.get(&oid) {
            Some(function) => Some(self.backend.schema_name(function.schema)),
            None => Some("pg_catalog".into()),
        }
    }
}

/// ` on schema.name alias`, or what there is of them; the alias goes without saying if it is the name.
fn on(schema: Option<Name>, name: Option<Name>, alias: Name) -> String {
    let named = name.as_ref() == Some(&alias);
    let parts = [schema, name].into_iter().flatten().map(|part| quote_identifier(&part));
    let shown = parts.collect::<Vec<_>>().join(".");
    match (shown.is_empty(), named) {
        (true, _) => format!(" on {}", quote_identifier(&alias)),
        (false, true) => format!(" on {shown}"),
        (false, false) => format!(" on {shown} {}", quote_identifier(&alias)),
    }
}
