//! ProjectSet: set-returning functions in a target list. Each row of the input gives as many rows as the
//! longest set has; shorter sets are filled with NULLs.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Datum, Oid, RecordValue, Result};

use super::build::{build_child, child_layout};
use super::context::Context;
use super::expr::{Compiled, compile};
use super::layout::Layout;
use super::operator::Operator;
use super::set_function::{ColumnDefinition, SetFunction};
use crate::planner::Plan;
use crate::query::Expr;

pub struct ProjectSet {
    input: Option<Box<dyn Operator>>,
    given: bool,
    output: Vec<Item>,
    types: Vec<Oid>,
    current: Option<(Chunk, usize)>,
}

enum Item {
    Set(SetFunction),
    Plain(Compiled),
}

impl ProjectSet {
    pub fn build(ctx: &mut Context<'_, '_>, plan: &Plan) -> Result<ProjectSet> {
        let (input, layout) = match plan.children.is_empty() {
            true => (None, Layout::default()),
            false => (Some(build_child(ctx, plan, 0)?), child_layout(plan, 0)?),
        };
        let mut output = Vec::with_capacity(plan.output.len());
        for expr in &plan.output {
            let is_set = matches!(expr, Expr::Func(call) if call.returns_set) && layout.find(expr).is_none();
            output.push(match is_set {
                true => Item::Set(SetFunction::new(ctx, expr, columns(ctx, expr), &layout)?),
                false => Item::Plain(compile(ctx.backend, expr, &layout)?),
            });
        }
        Ok(ProjectSet {
            input,
            given: false,
            output,
            types: plan.output.iter().map(Expr::type_oid).collect(),
            current: None,
        })
    }

    fn expand(&mut self, ctx: &mut Context<'_, '_>, row: &Chunk) -> Result<Chunk> {
        let mut values: Vec<Value> = Vec::with_capacity(self.output.len());
        for item in &mut self.output {
            values.push(match item {
                Item::Set(function) => {
                    let chunks = function.call(ctx, row)?;
                    Value::Set(single_column(function.columns(), &chunks))
                }
                Item::Plain(expr) => Value::Plain(expr.eval_row(ctx, row)?),
            });
        }
        let rows = values.iter().map(|value| match value {
            Value::Set(column) => column.len(),
            Value::Plain(_) => 0,
        });
        let rows = rows.max().unwrap_or(0);
        let indices: Vec<u32> = (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect();
        let columns = values.into_iter().zip(&self.types).map(|(value, &type_oid)| {
            Arc::new(match value {
                Value::Set(column) if column.len() == rows => column,
                Value::Set(column) => column.take(&indices),
                Value::Plain(value) => Column::constant(type_oid, &value, rows),
            })
        });
        Ok(Chunk::new(columns.collect(), rows))
    }
}

enum Value {
    Set(Column),
    Plain(Datum),
}

/// The columns a function gives: its OUT columns, or the one.
fn columns(ctx: &Context<'_, '_>, expr: &Expr) -> Vec<ColumnDefinition> {
    let out_types = match expr {
        Expr::Func(call) => match super::expr::function::find_proc(ctx.backend, call.function) {
            Some(proc) => proc.out_types.to_vec(),
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let types = if out_types.len() > 1 {
        out_types
    } else {
        vec![expr.type_oid()]
    };
    types.into_iter().map(|type_oid| ("".into(), type_oid, -1)).collect()
}

/// Several columns become one of rows.
fn single_column(types: &[Oid], chunks: &[Chunk]) -> Column {
    let all = Chunk::concat(types, chunks);
    if let [column] = all.columns.as_slice() {
        return Column::clone(column);
    }
    let types: Arc<[(Oid, i32)]> = types.iter().map(|&oid| (oid, -1)).collect();
    let record = |values: Vec<Datum>| {
        Datum::Record(Arc::new(RecordValue {
            values,
            types: types.clone(),
            names: [].into(),
        }))
    };
    Column::from_datums(Oid::RECORD, all.iter_rows().map(record))
}

impl Operator for ProjectSet {
    fn next(&mut self, ctx: &mut Context<'_, '_>) -> Result<Option<Chunk>> {
        loop {
            if let Some((chunk, at)) = self.current.take()
                && at < chunk.rows
            {
                let row = chunk.slice(at, 1);
                self.current = Some((chunk, at + 1));
                let rows = self.expand(ctx, &row)?;
                if rows.rows > 0 {
                    return Ok(Some(rows));
                }
                continue;
            }
            let chunk = match &mut self.input {
                Some(input) => input.next(ctx)?,
                None if std::mem::replace(&mut self.given, true) => None,
                None => Some(Chunk::new(Vec::new(), 1)),
            };
            match chunk {
                Some(chunk) => self.current = Some((chunk, 0)),
                None => return Ok(None),
            }
        }
    }

    fn rescan(&mut self, ctx: &mut Context<'_, '_>) -> Result<()> {
        (self.given, self.current) = (false, None);
        match &mut self.input {
            Some(input) => input.rescan(ctx),
            None => Ok(()),
        }
    }
}
