//! What plan nodes are called.

use kumquat_types::Oid;

use super::condition::Names;
use crate::catalog::quote::quote_identifier;
use crate::extension::ScanLabels;
use crate::planner::plan::{AggregateStrategy, ScanTarget};
use crate::planner::{Plan, PlanKind};
use crate::query::{CommandType, Expr, JoinKind, RangeTableKind, SetOperator};

impl Names<'_> {
    /// The first line of a node, without costs.
    pub fn title(&self, node: &Plan) -> String {
        match &node.kind {
            PlanKind::Result { .. } => "Result".into(),
            PlanKind::ProjectSet => "ProjectSet".into(),
            PlanKind::SeqScan(target) => {
                let title = self.scan_labels(target).map_or("Seq Scan", |labels| labels.title);
                format!("{title}{}", self.on_table(node, target))
            }
            PlanKind::SampleScan { target, .. } => format!("Sample Scan{}", self.on_table(node, target)),
            PlanKind::IndexScan(scan) => {
                let word = if scan.only { "Index Only Scan" } else { "Index Scan" };
                let direction = if scan.backward { " Backward" } else { "" };
                let index = self.relation_name(scan.index, false);
                format!("{word}{direction} using {index}{}", self.on_table(node, &scan.target))
            }
            PlanKind::BitmapHeapScan { target, .. } => format!("Bitmap Heap Scan{}", self.on_table(node, target)),
            PlanKind::BitmapIndexScan(scan) => {
                format!("Bitmap Index Scan on {}", self.relation_name(scan.index, false))
            }
            PlanKind::BitmapAnd => "BitmapAnd".into(),
            PlanKind::BitmapOr => "BitmapOr".into(),
            PlanKind::Append => "Append".into(),
            PlanKind::MergeAppend { .. } => "Merge Append".into(),
            PlanKind::SubqueryScan { entry } => format!("Subquery Scan on {}", self.entry_name(node, *entry)),
            PlanKind::FunctionScan { entry, functions, .. } => {
                let function = match functions.first().map(|function| &function.expr) {
                    Some(Expr::Func(call)) if functions.len() == 1 => self.function_name(call.function),
                    _ => String::new(),
                };
                let alias = self.entry_name(node, *entry);
                match (function.is_empty(), function == alias) {
                    (true, _) => format!("Function Scan on {alias}"),
                    (false, true) => format!("Function Scan on {function}"),
                    (false, false) => format!("Function Scan on {function} {alias}"),
                }
            }
            PlanKind::ValuesScan { entry, .. } => format!("Values Scan on {}", self.entry_name(node, *entry)),
            PlanKind::CteScan { entry, .. } => format!("CTE Scan on {}", self.named_entry(node, *entry)),
            PlanKind::WorkTableScan { entry, .. } => format!("WorkTable Scan on {}", self.named_entry(node, *entry)),
            PlanKind::CustomScan { scan, .. } => format!("Custom Scan ({})", scan.name()),
            PlanKind::RecursiveUnion { .. } => "Recursive Union".into(),
            PlanKind::NestedLoop { join, .. } => match join.kind {
                JoinKind::Inner => "Nested Loop".into(),
                kind => format!("Nested Loop {} Join", join_word(kind)),
            },
            PlanKind::HashJoin { join, .. } => join_title("Hash", join.kind),
            PlanKind::MergeJoin { join, .. } => join_title("Merge", join.kind),
            PlanKind::Hash => "Hash".into(),
            PlanKind::Material => "Materialize".into(),
            PlanKind::Memoize { .. } => "Memoize".into(),
            PlanKind::Sort { .. } => "Sort".into(),
            PlanKind::IncrementalSort { .. } => "Incremental Sort".into(),
            PlanKind::Aggregate(aggregation) => match aggregation.strategy {
                AggregateStrategy::Plain => "Aggregate",
                AggregateStrategy::Sorted => "GroupAggregate",
                AggregateStrategy::Hashed => "HashAggregate",
                AggregateStrategy::Mixed => "MixedAggregate",
            }
            .into(),
            PlanKind::Group { .. } => "Group".into(),
            PlanKind::WindowAgg(_) => "WindowAgg".into(),
            PlanKind::Unique { .. } => "Unique".into(),
            PlanKind::SetOp {
                operator, all, hashed, ..
            } => {
                let word = match operator {
                    SetOperator::Union => "Union",
                    SetOperator::Intersect => "Intersect",
                    SetOperator::Except => "Except",
                };
                let all = if *all { " All" } else { "" };
                format!("{} {word}{all}", if *hashed { "HashSetOp" } else { "SetOp" })
            }
            PlanKind::Limit { .. } => "Limit".into(),
            PlanKind::LockRows { .. } => "LockRows".into(),
            PlanKind::ModifyTable(modification) => {
                let word = match modification.command {
                    CommandType::Insert => "Insert",
                    CommandType::Update => "Update",
                    CommandType::Delete => "Delete",
                    CommandType::Merge => "Merge",
                    CommandType::Select => "Select",
                };
                format!("{word}{}", self.on_table(node, &modification.target))
            }
        }
    }

    /// ` on events_102008 events`: the alias where it is another name.
    pub fn on_table(&self, node: &Plan, target: &ScanTarget) -> String {
        let plain = self.relation_name(target.relation, false);
        let shown = self.relation_name(target.relation, self.verbose);
        let alias = self.entry_name(node, target.entry);
        if plain == alias {
            format!(" on {shown}")
        } else {
            format!(" on {shown} {alias}")
        }
    }

    /// The words for a scan by an access method that is not PostgreSQL's own.
    pub fn scan_labels(&self, target: &ScanTarget) -> Option<&'static ScanLabels> {
        let relation = self.backend.catalog().ok()?.relation(target.relation)?;
        self.backend.extension.scan_labels(relation)
    }

    fn relation_name(&self, oid: Oid, qualified: bool) -> String {
        let relation = self.backend.catalog().ok().and_then(|catalog| catalog.relation(oid));
        relation.map_or_else(String::new, |relation| match qualified {
            true => self.backend.qualified_relation_name(relation),
            false => quote_identifier(&relation.name),
        })
    }

    fn entry_name(&self, node: &Plan, entry: usize) -> String {
        let at = (self.shape.offset(node.level) + entry).checked_sub(1);
        let found = at.and_then(|at| self.shape.entries.get(at));
        found.map(|names| quote_identifier(&names.name)).unwrap_or_default()
    }

    /// A CTE with the name it was given and the one it goes by.
    fn named_entry(&self, node: &Plan, entry: usize) -> String {
        let alias = self.entry_name(node, entry);
        let found = self
            .plan
            .levels
            .get(node.level)
            .and_then(|level| level.get(entry.checked_sub(1)?));
        match found.map(|entry| &entry.kind) {
            Some(RangeTableKind::Cte { name, .. }) if quote_identifier(name) != alias => {
                format!("{} {alias}", quote_identifier(name))
            }
            _ => alias,
        }
    }

    fn function_name(&self, oid: Oid) -> String {
        let function = self
            .backend
            .catalog()
            .ok()
            .and_then(|catalog| catalog.functions.get(&oid).cloned());
        match function {
            Some(function) => quote_identifier(&function.name),
            None => self
                .backend
                .any_proc(oid)
                .map_or_else(String::new, |proc| quote_identifier(proc.name)),
        }
    }
}

fn join_title(method: &str, kind: JoinKind) -> String {
    match kind {
        JoinKind::Inner => format!("{method} Join"),
        kind => format!("{method} {} Join", join_word(kind)),
    }
}

fn join_word(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "Inner",
        JoinKind::Left => "Left",
        JoinKind::Right => "Right",
        JoinKind::Full => "Full",
        JoinKind::Semi => "Semi",
        JoinKind::Anti => "Anti",
    }
}
