//! What each kind of plan node is called: in the text format, and in the properties of the others.

use crate::planner::plan::AggregateStrategy;
use crate::planner::{Plan, PlanKind};
use crate::query::{CommandType, JoinKind, SetOperator};

/// The names of a node's kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeKind {
    /// Begins the first line of the text.
    pub title: &'static str,
    /// `Node Type`
    pub node_type: &'static str,
    pub strategy: Option<&'static str>,
    /// Aggregates are neither split nor combined here.
    pub is_aggregate: bool,
    pub operation: Option<&'static str>,
    /// `Custom Plan Provider`
    pub provider: Option<&'static str>,
}

impl NodeKind {
    fn plain(name: &'static str) -> NodeKind {
        NodeKind {
            title: name,
            node_type: name,
            ..NodeKind::default()
        }
    }

    /// A scan that an extension carries out.
    pub fn custom(provider: &'static str) -> NodeKind {
        NodeKind {
            provider: Some(provider),
            ..NodeKind::plain("Custom Scan")
        }
    }

    pub fn of(node: &Plan) -> NodeKind {
        match &node.kind {
            PlanKind::Result { .. } => NodeKind::plain("Result"),
            PlanKind::ProjectSet => NodeKind::plain("ProjectSet"),
            PlanKind::SeqScan(_) => NodeKind::plain("Seq Scan"),
            PlanKind::SampleScan { .. } => NodeKind::plain("Sample Scan"),
            PlanKind::IndexScan(scan) if scan.only => NodeKind::plain("Index Only Scan"),
            PlanKind::IndexScan(_) => NodeKind::plain("Index Scan"),
            PlanKind::BitmapHeapScan { .. } => NodeKind::plain("Bitmap Heap Scan"),
            PlanKind::BitmapIndexScan(_) => NodeKind::plain("Bitmap Index Scan"),
            PlanKind::BitmapAnd => NodeKind::plain("BitmapAnd"),
            PlanKind::BitmapOr => NodeKind::plain("BitmapOr"),
            PlanKind::Append => NodeKind::plain("Append"),
            PlanKind::MergeAppend { .. } => NodeKind::plain("Merge Append"),
            PlanKind::SubqueryScan { .. } => NodeKind::plain("Subquery Scan"),
            PlanKind::FunctionScan { .. } => NodeKind::plain("Function Scan"),
            PlanKind::ValuesScan { .. } => NodeKind::plain("Values Scan"),
            PlanKind::CteScan { .. } => NodeKind::plain("CTE Scan"),
            PlanKind::WorkTableScan { .. } => NodeKind::plain("WorkTable Scan"),
            PlanKind::CustomScan { scan, .. } => NodeKind::custom(scan.name()),
            PlanKind::RecursiveUnion { .. } => NodeKind::plain("Recursive Union"),
            PlanKind::NestedLoop { .. } => NodeKind::plain("Nested Loop"),
            PlanKind::HashJoin { .. } => NodeKind {
                title: "Hash",
                ..NodeKind::plain("Hash Join")
            },
            PlanKind::MergeJoin { .. } => NodeKind {
                title: "Merge",
                ..NodeKind::plain("Merge Join")
            },
            PlanKind::Hash => NodeKind::plain("Hash"),
            PlanKind::Material => NodeKind::plain("Materialize"),
            PlanKind::Memoize { .. } => NodeKind::plain("Memoize"),
            PlanKind::Sort { .. } => NodeKind::plain("Sort"),
            PlanKind::IncrementalSort { .. } => NodeKind::plain("Incremental Sort"),
            PlanKind::Aggregate(aggregation) => aggregate(aggregation.strategy),
            PlanKind::Group { .. } => NodeKind::plain("Group"),
            PlanKind::WindowAgg(_) => NodeKind::plain("WindowAgg"),
            PlanKind::Unique { .. } => NodeKind::plain("Unique"),
            PlanKind::SetOp { hashed, .. } => NodeKind {
                title: if *hashed { "HashSetOp" } else { "SetOp" },
                strategy: Some(if *hashed { "Hashed" } else { "Sorted" }),
                ..NodeKind::plain("SetOp")
            },
            PlanKind::Limit { .. } => NodeKind::plain("Limit"),
            PlanKind::LockRows { .. } => NodeKind::plain("LockRows"),
            PlanKind::ModifyTable(modification) => {
                let operation = command_word(modification.command);
                NodeKind {
                    title: operation,
                    operation: Some(operation),
                    ..NodeKind::plain("ModifyTable")
                }
            }
        }
    }
}

fn aggregate(strategy: AggregateStrategy) -> NodeKind {
    let (title, strategy) = match strategy {
        AggregateStrategy::Plain => ("Aggregate", "Plain"),
        AggregateStrategy::Sorted => ("GroupAggregate", "Sorted"),
        AggregateStrategy::Hashed => ("HashAggregate", "Hashed"),
        AggregateStrategy::Mixed => ("MixedAggregate", "Mixed"),
    };
    NodeKind {
        title,
        strategy: Some(strategy),
        is_aggregate: true,
        ..NodeKind::plain("Aggregate")
    }
}

/// `Update`, as a node and its target tables show it.
pub fn command_word(command: CommandType) -> &'static str {
    match command {
        CommandType::Insert => "Insert",
        CommandType::Update => "Update",
        CommandType::Delete => "Delete",
        CommandType::Merge => "Merge",
        CommandType::Select => "Select",
    }
}

/// `Join Type`
pub fn join_word(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "Inner",
        JoinKind::Left => "Left",
        JoinKind::Right => "Right",
        JoinKind::Full => "Full",
        JoinKind::Semi => "Semi",
        JoinKind::Anti => "Anti",
    }
}

/// `Command` of a set operation.
pub fn set_operation(operator: SetOperator, all: bool) -> &'static str {
    match (operator, all) {
        (SetOperator::Union, false) => "Union",
        (SetOperator::Union, true) => "Union All",
        (SetOperator::Intersect, false) => "Intersect",
        (SetOperator::Intersect, true) => "Intersect All",
        (SetOperator::Except, false) => "Except",
        (SetOperator::Except, true) => "Except All",
    }
}
