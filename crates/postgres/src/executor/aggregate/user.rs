//! User-defined aggregates: a transition function called row by row, and a final one.

use std::sync::Arc;

use kumquat_types::{Chunk, Column, Datum, Oid, Result, io};

use super::accumulator::{Accumulator, Signature};
use crate::analyze::typed_call;
use crate::backend::Backend;
use crate::catalog::aggregate::Aggregate;
use crate::executor::context::Context;
use crate::executor::expr::function::find_proc;
use crate::executor::expr::{Compiled, compile};
use crate::executor::layout::Layout;
use crate::query::{Expr, Var};

pub struct UserAggregate {
    /// Over the state and the arguments.
    transition: Compiled,
    strict: bool,
    state_type: Oid,
    args: Vec<Oid>,
    initial: Datum,
    /// `None`: no row yet, where the first value becomes the state.
    states: Vec<Option<Datum>>,
    /// Over the state.
    finish: Option<Compiled>,
}

/// Whether a function gives NULL for NULL without being called.
pub fn is_strict(backend: &Backend<'_>, function: Oid) -> Result<bool> {
    Ok(match backend.catalog()?.functions.get(&function) {
        Some(function) => function.strict,
        None => find_proc(backend, function).is_some_and(|proc| proc.strict),
    })
}

/// INITCOND as a value of the state's type.
pub fn initial_value(backend: &Backend<'_>, text: &str, state_type: Oid) -> Result<Datum> {
    io::input(backend, state_type, -1, text)
}

fn column(attribute: i16, type_oid: Oid) -> Expr {
    Expr::Var(Var {
        varno: 1,
        attribute,
        type_oid,
        type_modifier: -1,
        collation: Oid::INVALID,
        levels_up: 0,
        location: None,
    })
}

impl UserAggregate {
    pub fn new(ctx: &Context<'_, '_>, aggregate: &Aggregate, signature: &Signature) -> Result<UserAggregate> {
        let backend = &*ctx.backend;
        let state_type =
            crate::analyze::aggregate_state_type(backend, signature.function, aggregate.state_type, &signature.args)?;
        let mut types = vec![state_type];
        types.extend(&signature.args);
        let columns: Vec<Expr> = (1..)
            .zip(&types)
            .map(|(number, &type_oid)| column(number, type_oid))
            .collect();
        let layout = Layout::of_entry(1, types.iter().map(|&type_oid| (type_oid, -1)));
        let transition = typed_call(backend, &aggregate.transition, columns.clone(), aggregate.variadic)?;
        let finish = match &aggregate.final_function {
            None => None,
            Some((_, names)) => {
                let given = match aggregate.final_extra {
                    true => columns,
                    false => columns.into_iter().take(1).collect(),
                };
                Some(compile(
                    backend,
                    &typed_call(backend, names, given, aggregate.variadic && aggregate.final_extra)?,
                    &layout,
                )?)
            }
        };
        Ok(UserAggregate {
            transition: compile(backend, &transition, &layout)?,
            strict: is_strict(backend, aggregate.transition_function)?,
            initial: match &aggregate.initial {
                Some(initial) => initial_value(backend, initial, state_type)?,
                None => Datum::Null,
            },
            state_type,
            args: signature.args.clone(),
            states: Vec::new(),
            finish,
        })
    }

    fn advance(&mut self, ctx: &mut Context<'_, '_>, group: usize, values: Vec<Datum>) -> Result<()> {
        let Some(slot) = self.states.get_mut(group) else {
            return Ok(());
        };
        if self.strict {
            if values.iter().any(Datum::is_null) {
                return Ok(());
            }
            match slot {
                // The first value becomes the state.
                None if self.initial.is_null() => {
                    *slot = values.into_iter().next();
                    return Ok(());
                }
                Some(Datum::Null) => return Ok(()),
                _ => {}
            }
        }
        let state = slot.take().unwrap_or_else(|| self.initial.clone());
        let mut types = vec![self.state_type];
        types.extend(&self.args);
        let mut row = vec![state];
        row.extend(values);
        *slot = Some(self.transition.eval_row(ctx, &Chunk::from_rows(&types, [row]))?);
        Ok(())
    }
}

impl Accumulator for UserAggregate {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, None);
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        for (row, &group) in groups.iter().enumerate() {
            let values = args.iter().map(|column| column.get(row)).collect();
            self.advance(ctx, group as usize, values)?;
        }
        Ok(())
    }

    fn finish(&mut self, ctx: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let state = self.states.get(group).cloned().flatten();
        let state = state.unwrap_or_else(|| self.initial.clone());
        let Some(finish) = &mut self.finish else {
            return Ok(state);
        };
        let mut types = vec![self.state_type];
        types.extend(&self.args);
        let mut row = vec![state];
        row.resize(types.len(), Datum::Null);
        finish.eval_row(ctx, &Chunk::from_rows(&types, [row]))
    }
}
