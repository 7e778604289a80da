//! From plan nodes to operators.

use std::sync::Arc;

use kumquat_types::{Error, Result};

use super::append::{Append, MergeAppend};
use super::context::Context;
use super::cte_scan::{CteScan, WorkTableScan};
use super::custom_scan::CustomScanOperator;
use super::function_scan::FunctionScan;
use super::group::{Group, Unique};
use super::index_scan::{BitmapHeapScan, IndexScanOperator};
use super::layout::Layout;
use super::limit::Limit;
use super::lock_rows::LockRows;
use super::material::Material;
use super::memoize::Memoize;
use super::merge_join::MergeJoin;
use super::nested_loop::NestedLoop;
use super::operator::{Counted, Operator};
use super::project_set::ProjectSet;
use super::recursive_union::RecursiveUnion;
use super::result::{ResultOperator, SubqueryScan};
use super::seq_scan::SeqScan;
use super::set_op::SetOp;
use super::sort::Sort;
use super::values_scan::ValuesScan;
use super::window::WindowAgg;
use super::{aggregate, hash_join, modify};
use crate::planner::{Plan, PlanKind};

/// The operator of a plan node, with those below it.
pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan) -> Result<Box<dyn Operator>> {
    let operator: Box<dyn Operator> = match &plan.kind {
        PlanKind::Result { one_time_filter } => Box::new(ResultOperator::build(ctx, plan, one_time_filter)?),
        PlanKind::ProjectSet => Box::new(ProjectSet::build(ctx, plan)?),
        PlanKind::SeqScan(target) => Box::new(SeqScan::build(ctx, plan, target, None)?),
        PlanKind::SampleScan { target, sample } => Box::new(SeqScan::build(ctx, plan, target, Some(sample))?),
        PlanKind::IndexScan(scan) => Box::new(IndexScanOperator::build(ctx, plan, scan)?),
        PlanKind::BitmapHeapScan { target, .. } => Box::new(BitmapHeapScan::build(ctx, plan, target)?),
        PlanKind::Append => Box::new(Append::build(ctx, plan)?),
        PlanKind::MergeAppend { keys } => Box::new(MergeAppend::build(ctx, plan, keys)?),
        PlanKind::SubqueryScan { entry } => Box::new(SubqueryScan::build(ctx, plan, *entry)?),
        PlanKind::FunctionScan {
            entry,
            functions,
            ordinality,
        } => Box::new(FunctionScan::build(ctx, plan, *entry, functions, *ordinality)?),
        PlanKind::ValuesScan { entry, rows } => Box::new(ValuesScan::build(ctx, plan, *entry, rows)?),
        PlanKind::CteScan { entry, subplan } => Box::new(CteScan::build(ctx, plan, *entry, *subplan)?),
        PlanKind::WorkTableScan { entry, param } => Box::new(WorkTableScan::build(ctx, plan, *entry, *param)?),
        PlanKind::CustomScan { entry, scan } => Box::new(CustomScanOperator::build(ctx, plan, *entry, scan)?),
        PlanKind::RecursiveUnion { distinct, param } => Box::new(RecursiveUnion::build(ctx, plan, *distinct, *param)?),
        PlanKind::NestedLoop { join, params } => Box::new(NestedLoop::build(ctx, plan, join, params)?),
        PlanKind::HashJoin { join, clauses } => hash_join::build(ctx, plan, join, clauses)?,
        PlanKind::MergeJoin { join, clauses, orders } => Box::new(MergeJoin::build(ctx, plan, join, clauses, orders)?),
        PlanKind::Material | PlanKind::Hash => Box::new(Material::build(ctx, plan)?),
        PlanKind::Memoize { params, .. } => Box::new(Memoize::build(ctx, plan, params)?),
        PlanKind::Sort { keys } | PlanKind::IncrementalSort { keys, .. } => {
            Box::new(Sort::build(ctx, plan, keys, None)?)
        }
        PlanKind::Aggregate(aggregation) => aggregate::build(ctx, plan, aggregation)?,
        PlanKind::Group { keys } => Box::new(Group::build(ctx, plan, keys)?),
        PlanKind::WindowAgg(window) => Box::new(WindowAgg::build(ctx, plan, window)?),
        PlanKind::Unique { keys } => Box::new(Unique::build(ctx, plan, keys)?),
        PlanKind::SetOp {
            operator,
            all,
            keys,
            hashed,
        } => Box::new(SetOp::build(ctx, plan, *operator, *all, *keys, *hashed)?),
        PlanKind::Limit { offset, count, ties } => Box::new(Limit::build(ctx, plan, offset, count, ties)?),
        PlanKind::LockRows { marks } => Box::new(LockRows::build(ctx, plan, marks)?),
        PlanKind::ModifyTable(modification) => modify::build(ctx, plan, modification)?,
        PlanKind::BitmapIndexScan(_) | PlanKind::BitmapAnd | PlanKind::BitmapOr => {
            return Err(Error::internal("a bitmap is not a stream of rows"));
        }
    };
    Ok(match ctx.counters {
        None => operator,
        Some(_) => Box::new(Counted {
            inner: operator,
            node: node_id(plan),
            started: false,
            waiting: None,
        }),
    })
}

/// What identifies a plan node while its plan is running.
pub fn node_id(plan: &Plan) -> usize {
    std::ptr::from_ref(plan).addr()
}

/// The operator of a child node.
pub fn build_child(ctx: &mut Context<'_, '_>, plan: &Plan, index: usize) -> Result<Box<dyn Operator>> {
    let child = child(plan, index)?;
    build(ctx, &child)
}

pub fn child(plan: &Plan, index: usize) -> Result<Arc<Plan>> {
    let missing = || Error::internal("a plan node lacks its input");
    plan.children.get(index).cloned().ok_or_else(missing)
}

/// The columns a child node gives.
pub fn child_layout(plan: &Plan, index: usize) -> Result<Layout> {
    Ok(Layout::new(child(plan, index)?.output.clone()))
}
