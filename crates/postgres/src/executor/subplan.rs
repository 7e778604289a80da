//! Subplans: init plans that run once, sublinks that run for each row or are hashed, and CTEs.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use kumquat_types::array::combine::Stacking;
use kumquat_types::{ArrayValue, Bitmap, Chunk, Column, Datum, Error, Oid, Result, SqlState, operator_by_oid};

use super::build::build;
use super::context::Context;
use super::expr::array_op::Key;
use super::expr::{Compiled, Function, per_row};
use super::operator::Operator;
use crate::backend::Backend;
use crate::planner::plan::{InitResult, ParamSource, SubplanKind};
use crate::query::{RowCompareOp, SubLinkKind, SubPlan};

/// A subplan at work.
#[derive(Default)]
pub struct SubplanState {
    operator: Option<Box<dyn Operator>>,
    started: bool,
    hashed: Option<Rc<HashedRows>>,
    /// Rows of a CTE so far, and whether these are all.
    pub rows: Vec<Chunk>,
    pub complete: bool,
}

/// The rows of an uncorrelated subquery, to be looked up.
struct HashedRows {
    known: HashSet<Vec<Key>>,
    /// Rows in which a column is NULL.
    partial: Vec<Vec<Datum>>,
}

/// Takes a subplan's operator out of the context, building it the first time and starting it anew otherwise.
fn start(ctx: &mut Context<'_, '_>, index: usize) -> Result<Box<dyn Operator>> {
    let state = ctx.subplans.get_mut(index);
    let state = state.ok_or_else(|| Error::internal("a subplan is missing or runs inside itself"))?;
    let started = std::mem::replace(&mut state.started, true);
    match state.operator.take() {
        Some(mut operator) => {
            operator.rescan(ctx)?;
            Ok(operator)
        }
        None if started => Err(Error::internal("a subplan runs inside itself")),
        None => build_subplan(ctx, index),
    }
}

fn build_subplan(ctx: &mut Context<'_, '_>, index: usize) -> Result<Box<dyn Operator>> {
    let plan = ctx.plan;
    let definition = plan.subplans.get(index);
    let definition = definition.ok_or_else(|| Error::internal("a subplan is missing"))?;
    build(ctx, &definition.plan)
}

fn put_back(ctx: &mut Context<'_, '_>, index: usize, operator: Box<dyn Operator>) {
    if let Some(state) = ctx.subplans.get_mut(index) {
        state.operator = Some(operator);
    }
}

/// Runs an init plan and sets its parameter.
pub fn run_init_plan(ctx: &mut Context<'_, '_>, number: usize) -> Result<Datum> {
    let plan = ctx.plan;
    let Some(ParamSource::Subplan(index)) = plan.params.get(number) else {
        return Err(Error::internal(format!("parameter ${number} has no value")));
    };
    let Some(SubplanKind::Init { result, type_oid, .. }) = plan.subplans.get(*index).map(|d| &d.kind) else {
        return Err(Error::internal("an init plan is missing"));
    };
    ctx.enter()?;
    let mut operator = start(ctx, *index)?;
    let value = match result {
        InitResult::Exists => exists(ctx, operator.as_mut()).map(Datum::Bool),
        InitResult::Scalar => single_row(ctx, operator.as_mut()).map(|row| first(row.as_deref())),
        InitResult::Array => array(ctx, operator.as_mut(), *type_oid),
    };
    put_back(ctx, *index, operator);
    ctx.leave();
    let value = value?;
    ctx.set_value(number, Some(value.clone()));
    Ok(value)
}

fn first(row: Option<&[Datum]>) -> Datum {
    row.and_then(|row| row.first()).cloned().unwrap_or_default()
}

fn exists(ctx: &mut Context<'_, '_>, operator: &mut dyn Operator) -> Result<bool> {
    while let Some(chunk) = ctx.row_by_row(|ctx| operator.next(ctx))? {
        if chunk.rows > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The only row, if there is one.
fn single_row(ctx: &mut Context<'_, '_>, operator: &mut dyn Operator) -> Result<Option<Vec<Datum>>> {
    let mut row = None;
    while let Some(chunk) = operator.next(ctx)? {
        if chunk.rows > 1 || chunk.rows == 1 && row.is_some() {
            return Err(Error::new(
                SqlState::CARDINALITY_VIOLATION,
                "more than one row returned by a subquery used as an expression",
            ));
        }
        if chunk.rows == 1 {
            row = Some(chunk.row(0));
        }
    }
    Ok(row)
}

/// ARRAY(SELECT ...): arrays become one with a dimension more.
fn array(ctx: &mut Context<'_, '_>, operator: &mut dyn Operator, array_type: Oid) -> Result<Datum> {
    let mut values = Vec::new();
    while let Some(chunk) = operator.next(ctx)? {
        values.extend((0..chunk.rows).map(|row| chunk.get(0, row)));
        ctx.memory.grow(chunk.rows * 24)?;
    }
    let element = super::expr::coerce::element_type(&*ctx.backend, array_type);
    let array = match values.iter().any(|value| matches!(value, Datum::Array(_))) {
        true => ArrayValue::stack(element, &values, Stacking::Aggregate)?,
        false => ArrayValue::vector(element, values),
    };
    Ok(Datum::Array(Arc::new(array)))
}

/// A sublink in an expression.
pub struct SubplanCall {
    plan: usize,
    kind: SubLinkKind,
    left: Vec<Compiled>,
    functions: Vec<Function>,
    params: Vec<usize>,
    args: Vec<Compiled>,
    hashed: bool,
    /// `(a, b) < ANY (...)` and its like.
    row_op: Option<RowCompareOp>,
}

/// How rows of several columns are compared by an operator that is not `=`.
fn row_op(operators: &[Oid]) -> Option<RowCompareOp> {
    let [operator, _, ..] = operators else { return None };
    match operator_by_oid(*operator)?.name {
        "<" => Some(RowCompareOp::Less),
        "<=" => Some(RowCompareOp::LessEqual),
        ">" => Some(RowCompareOp::Greater),
        ">=" => Some(RowCompareOp::GreaterEqual),
        "<>" => Some(RowCompareOp::NotEqual),
        _ => None,
    }
}

impl SubplanCall {
    pub fn new(backend: &Backend<'_>, plan: &SubPlan, left: Vec<Compiled>, args: Vec<Compiled>) -> Result<SubplanCall> {
        let function = |(left, &operator): (&Compiled, &Oid)| {
            let right = kumquat_types::operator_by_oid(operator).map_or(left.type_oid, |operator| operator.right);
            Function::for_operator(backend, operator, vec![left.type_oid, right], Oid::BOOL)
        };
        Ok(SubplanCall {
            plan: plan.plan,
            kind: plan.kind,
            functions: left.iter().zip(&plan.operators).map(function).collect::<Result<_>>()?,
            left,
            params: plan.args.iter().map(|(param, _)| *param).collect(),
            args,
            hashed: plan.hashed,
            row_op: row_op(&plan.operators),
        })
    }

    pub fn eval(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
        type_oid: Oid,
    ) -> Result<Column> {
        let eval = |exprs: &mut [Compiled], ctx: &mut Context<'_, '_>| -> Result<Vec<Arc<Column>>> {
            exprs.iter_mut().map(|expr| expr.eval(ctx, input, mask)).collect()
        };
        let left = eval(&mut self.left, ctx)?;
        let args = eval(&mut self.args, ctx)?;
        let row_of = |columns: &[Arc<Column>], row: usize| columns.iter().map(|column| column.get(row)).collect();
        if self.hashed {
            let rows = hash_rows(ctx, self.plan)?;
            // EXISTS is never unknown.
            let find = |left: Vec<Datum>| match self.kind {
                SubLinkKind::Exists => Datum::Bool(rows.contains(left)),
                _ => rows.find(left),
            };
            return per_row(input.rows, mask, Oid::BOOL, |row| Ok(find(row_of(&left, row))));
        }
        per_row(input.rows, mask, type_oid, |row| {
            let values: Vec<Datum> = row_of(&args, row);
            let left: Vec<Datum> = row_of(&left, row);
            self.run(ctx, &left, values, type_oid)
        })
    }

    fn run(&self, ctx: &mut Context<'_, '_>, left: &[Datum], args: Vec<Datum>, type_oid: Oid) -> Result<Datum> {
        ctx.enter()?;
        for (&param, value) in self.params.iter().zip(args) {
            ctx.set_value(param, Some(value));
        }
        ctx.forget_dependent_values();
        let mut operator = start(ctx, self.plan)?;
        let result = self.result(ctx, operator.as_mut(), left, type_oid);
        put_back(ctx, self.plan, operator);
        ctx.leave();
        result
    }

    fn result(
        &self,
        ctx: &mut Context<'_, '_>,
        operator: &mut dyn Operator,
        left: &[Datum],
        type_oid: Oid,
    ) -> Result<Datum> {
        Ok(match self.kind {
            SubLinkKind::Exists => Datum::Bool(exists(ctx, operator)?),
            SubLinkKind::Expr => first(single_row(ctx, operator)?.as_deref()),
            SubLinkKind::MultiExpr(column) => {
                let row = single_row(ctx, operator)?.unwrap_or_default();
                column
                    .checked_sub(1)
                    .and_then(|at| row.get(at))
                    .cloned()
                    .unwrap_or_default()
            }
            SubLinkKind::Array => array(ctx, operator, type_oid)?,
            SubLinkKind::RowCompare(op) => match single_row(ctx, operator)? {
                Some(row) => self.compare_rows(ctx, op, left, &row)?,
                None => Datum::Null,
            },
            SubLinkKind::Any => self.quantify(ctx, operator, left, true)?,
            SubLinkKind::All => self.quantify(ctx, operator, left, false)?,
        })
    }

    fn quantify(
        &self,
        ctx: &mut Context<'_, '_>,
        operator: &mut dyn Operator,
        left: &[Datum],
        any: bool,
    ) -> Result<Datum> {
        let mut unknown = false;
        while let Some(chunk) = ctx.row_by_row(|ctx| operator.next(ctx))? {
            for row in 0..chunk.rows {
                match self.compare_all(ctx, left, &chunk.row(row))? {
                    Some(truth) if truth == any => return Ok(Datum::Bool(any)),
                    Some(_) => {}
                    None => unknown = true,
                }
            }
        }
        Ok(if unknown { Datum::Null } else { Datum::Bool(!any) })
    }

    /// The operators hold column by column: AND. Rows that are compared otherwise than by `=` are so as rows.
    fn compare_all(&self, ctx: &mut Context<'_, '_>, left: &[Datum], row: &[Datum]) -> Result<Option<bool>> {
        if let Some(op) = self.row_op {
            return Ok(self.compare_rows(ctx, op, left, row)?.as_bool());
        }
        let mut truth = Some(true);
        for ((a, b), function) in left.iter().zip(row).zip(&self.functions) {
            match function.call(ctx, &[a.clone(), b.clone()])?.as_bool() {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => truth = None,
            }
        }
        Ok(truth)
    }

    fn compare_rows(
        &self,
        ctx: &mut Context<'_, '_>,
        op: RowCompareOp,
        left: &[Datum],
        row: &[Datum],
    ) -> Result<Datum> {
        let last = self.functions.len().saturating_sub(1);
        let mut truth = Datum::Bool(op == RowCompareOp::Equal);
        for (at, ((a, b), function)) in left.iter().zip(row).zip(&self.functions).enumerate() {
            let holds = function.call(ctx, &[a.clone(), b.clone()])?;
            match op {
                RowCompareOp::Equal if holds.as_bool() == Some(true) => {}
                RowCompareOp::NotEqual if holds.as_bool() == Some(false) => {}
                RowCompareOp::Equal | RowCompareOp::NotEqual if holds.is_null() => truth = Datum::Null,
                RowCompareOp::Equal | RowCompareOp::NotEqual => return Ok(holds),
                _ if at == last || holds.is_null() || kumquat_types::compare::compare(a, b).is_ne() => {
                    return Ok(holds);
                }
                _ => {}
            }
        }
        Ok(truth)
    }
}

fn hash_rows(ctx: &mut Context<'_, '_>, index: usize) -> Result<Rc<HashedRows>> {
    if let Some(rows) = ctx.subplans.get(index).and_then(|state| state.hashed.clone()) {
        return Ok(rows);
    }
    let mut operator = start(ctx, index)?;
    let chunks = ctx.collect(operator.as_mut())?;
    put_back(ctx, index, operator);
    let mut rows = HashedRows {
        known: HashSet::new(),
        partial: Vec::new(),
    };
    for row in chunks.iter().flat_map(Chunk::iter_rows) {
        match row.iter().any(Datum::is_null) {
            true => rows.partial.push(row),
            false => {
                rows.known.insert(row.into_iter().map(Key).collect());
            }
        }
    }
    let rows = Rc::new(rows);
    if let Some(state) = ctx.subplans.get_mut(index) {
        state.hashed = Some(rows.clone());
    }
    Ok(rows)
}

impl HashedRows {
    /// A row equals these values, none of which is NULL.
    fn contains(&self, left: Vec<Datum>) -> bool {
        let left: Vec<Key> = left.into_iter().map(Key).collect();
        self.known.contains(&left)
    }

    /// `left = ANY (rows)` with three-valued logic.
    fn find(&self, left: Vec<Datum>) -> Datum {
        if self.known.is_empty() && self.partial.is_empty() {
            return Datum::Bool(false);
        }
        let left: Vec<Key> = left.into_iter().map(Key).collect();
        let may_match = |row: &mut dyn Iterator<Item = &Datum>| {
            left.iter()
                .zip(row)
                .all(|(a, b)| a.0.is_null() || b.is_null() || kumquat_types::compare::same(&a.0, b))
        };
        if left.iter().any(|value| value.0.is_null()) {
            let possible = self
                .known
                .iter()
                .any(|row| may_match(&mut row.iter().map(|key| &key.0)))
                || self.partial.iter().any(|row| may_match(&mut row.iter()));
            return if possible { Datum::Null } else { Datum::Bool(false) };
        }
        if self.known.contains(&left) {
            return Datum::Bool(true);
        }
        match self.partial.iter().any(|row| may_match(&mut row.iter())) {
            true => Datum::Null,
            false => Datum::Bool(false),
        }
    }
}

/// The chunk of a CTE's rows at a place, running it as far as needed.
pub fn cte_chunk(ctx: &mut Context<'_, '_>, index: usize, place: usize) -> Result<Option<Chunk>> {
    loop {
        let state = ctx.subplans.get(index);
        let state = state.ok_or_else(|| Error::internal("a CTE's plan is missing"))?;
        if let Some(chunk) = state.rows.get(place) {
            return Ok(Some(chunk.clone()));
        }
        if state.complete {
            return Ok(None);
        }
        advance_cte(ctx, index)?;
    }
}

/// A CTE that depends on an outer row or on a recursive query's last rows is computed anew.
pub fn restart_cte(ctx: &mut Context<'_, '_>, index: usize) -> Result<()> {
    let plan = ctx.plan;
    let modifies = plan
        .subplans
        .get(index)
        .is_none_or(|definition| matches!(definition.kind, SubplanKind::Cte { modifies: true }));
    if modifies || plan.subplan_is_stable(index) {
        return Ok(());
    }
    let Some(state) = ctx.subplans.get_mut(index) else {
        return Ok(());
    };
    state.rows.clear();
    state.complete = false;
    match state.operator.take() {
        Some(mut operator) => {
            operator.rescan(ctx)?;
            put_back(ctx, index, operator);
            Ok(())
        }
        None => Ok(()),
    }
}

/// Runs a CTE to its end: what is asked of one that modifies data.
pub fn complete_cte(ctx: &mut Context<'_, '_>, index: usize) -> Result<()> {
    while ctx.subplans.get(index).is_some_and(|state| !state.complete) {
        advance_cte(ctx, index)?;
    }
    Ok(())
}

fn advance_cte(ctx: &mut Context<'_, '_>, index: usize) -> Result<()> {
    let taken = ctx.subplans.get_mut(index).and_then(|state| state.operator.take());
    let mut operator = match taken {
        Some(operator) => operator,
        None => build_subplan(ctx, index)?,
    };
    let chunk = operator.next(ctx)?;
    if let Some(chunk) = &chunk {
        ctx.memory.grow(super::context::chunk_bytes(chunk))?;
    }
    if let Some(state) = ctx.subplans.get_mut(index) {
        state.operator = Some(operator);
        match chunk {
            Some(chunk) => state.rows.push(chunk),
            None => state.complete = true,
        }
    }
    Ok(())
}
