//! LOOP, WHILE and the kinds of FOR.

use kumquat_sql::plpgsql::ast::{Expression, Stmt, StmtKind, Target};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::interpreter::{Flow, Interpreter};
use super::variables::Variable;
use crate::result::ResultSet;

/// What a round of a loop leads to.
enum Round {
    Next,
    Done(Flow),
}

impl Interpreter<'_, '_> {
    pub(super) fn looping(&mut self, kind: &StmtKind) -> Result<Flow> {
        match kind {
            StmtKind::Loop { label, body } => loop {
                if let Round::Done(flow) = self.round(label.as_deref(), body)? {
                    return Ok(flow);
                }
            },
            StmtKind::While { label, condition, body } => {
                while self.truth(condition)? {
                    if let Round::Done(flow) = self.round(label.as_deref(), body)? {
                        return Ok(flow);
                    }
                }
                Ok(Flow::Normal)
            }
            StmtKind::ForInteger {
                label,
                variable,
                reverse,
                lower,
                upper,
                step,
                body,
            } => {
                let bounds = (lower, upper, step.as_ref());
                self.for_integer(label.as_deref(), variable, *reverse, bounds, body)
            }
            StmtKind::ForQuery {
                label,
                targets,
                query,
                body,
            } => {
                let rows = self.sql(query)?.unwrap_or_default();
                self.for_rows(label.as_deref(), targets, &rows, body)
            }
            StmtKind::ForExecute {
                label,
                targets,
                dynamic,
                body,
            } => {
                let rows = self.dynamic(dynamic)?.unwrap_or_default();
                self.for_rows(label.as_deref(), targets, &rows, body)
            }
            StmtKind::ForCursor {
                label,
                variable,
                cursor,
                body,
                ..
            } => {
                let bound = self
                    .bound_cursors
                    .iter()
                    .find(|(name, _)| name == cursor)
                    .map(|(_, sql)| sql.clone());
                let Some(query) = bound else {
                    return Err(Error::new(
                        SqlState::SYNTAX_ERROR,
                        format!("cursor \"{cursor}\" is not bound to a query"),
                    ));
                };
                let rows = self.sql(&query)?.unwrap_or_default();
                self.variables.open(None);
                self.variables
                    .declare(variable.as_str().into(), Variable::new(Oid::RECORD, -1, Datum::Null));
                let target = Target {
                    name: vec![variable.clone()],
                    indirection: Vec::new(),
                    location: kumquat_sql::ast::Location::UNKNOWN,
                };
                let flow = self.for_rows(label.as_deref(), &[target], &rows, body);
                self.variables.close();
                flow
            }
            StmtKind::Foreach {
                label,
                targets,
                slice,
                array,
                body,
            } => self.foreach(label.as_deref(), targets, *slice, array, body),
            _ => Ok(Flow::Normal),
        }
    }

    /// Runs the body once and sorts out EXIT and CONTINUE.
    fn round(&mut self, label: Option<&str>, body: &[Stmt]) -> Result<Round> {
        let depth = self.variables.depth();
        let flow = self.body(body)?;
        self.variables.close_to(depth);
        let mine = |wanted: &Option<String>| wanted.is_none() || wanted.as_deref() == label;
        Ok(match flow {
            Flow::Normal => Round::Next,
            Flow::Continue(wanted) if mine(&wanted) => Round::Next,
            Flow::Exit(wanted) if mine(&wanted) => Round::Done(Flow::Normal),
            other => Round::Done(other),
        })
    }

    fn for_integer(
        &mut self,
        label: Option<&str>,
        variable: &str,
        reverse: bool,
        (lower, upper, step): (&Expression, &Expression, Option<&Expression>),
        body: &[Stmt],
    ) -> Result<Flow> {
        let mut current = self.bound(lower, "lower bound")?;
        let last = self.bound(upper, "upper bound")?;
        let step = step.map_or(Ok(1), |step| self.bound(step, "BY value"))?;
        if step <= 0 {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "BY value of FOR loop must be greater than zero",
            ));
        }
        let mut found = false;
        while if reverse { current >= last } else { current <= last } {
            found = true;
            self.variables.open(label.map(Into::into));
            self.variables
                .declare(variable.into(), Variable::new(Oid::INT4, -1, Datum::Int4(current)));
            let round = self.round(label, body)?;
            self.variables.close();
            if let Round::Done(flow) = round {
                self.variables.set_by_name("found", Datum::Bool(true));
                return Ok(flow);
            }
            let next = if reverse {
                current.checked_sub(step)
            } else {
                current.checked_add(step)
            };
            let Some(next) = next else { break };
            current = next;
        }
        self.variables.set_by_name("found", Datum::Bool(found));
        Ok(Flow::Normal)
    }

    fn bound(&mut self, expression: &Expression, what: &str) -> Result<i32> {
        let (value, type_oid) = self.evaluate(expression)?;
        match self.coerce(value, type_oid, Oid::INT4, -1)? {
            Datum::Int4(value) => Ok(value),
            _ => Err(Error::new(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                format!("{what} of FOR loop cannot be null"),
            )),
        }
    }

    fn for_rows(&mut self, label: Option<&str>, targets: &[Target], rows: &ResultSet, body: &[Stmt]) -> Result<Flow> {
        let mut found = false;
        for chunk in &rows.chunks {
            for row in chunk.iter_rows() {
                found = true;
                self.assign_row(targets, rows, Some(row))?;
                if let Round::Done(flow) = self.round(label, body)? {
                    self.variables.set_by_name("found", Datum::Bool(true));
                    return Ok(flow);
                }
            }
        }
        if !found {
            self.assign_row(targets, rows, None)?;
        }
        self.variables.set_by_name("found", Datum::Bool(found));
        Ok(Flow::Normal)
    }

    fn foreach(
        &mut self,
        label: Option<&str>,
        targets: &[Target],
        slice: i32,
        array: &Expression,
        body: &[Stmt],
    ) -> Result<Flow> {
        if slice != 0 {
            return Err(Error::not_modelled("FOREACH with SLICE"));
        }
        let (value, _) = self.evaluate(array)?;
        let Datum::Array(array) = value else {
            return Err(Error::new(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                "FOREACH expression must not be null",
            ));
        };
        let mut found = false;
        for element in &array.values {
            found = true;
            if let Some(target) = targets.first() {
                self.assign(target, element.clone(), array.element)?;
            }
            if let Round::Done(flow) = self.round(label, body)? {
                self.variables.set_by_name("found", Datum::Bool(true));
                return Ok(flow);
            }
        }
        self.variables.set_by_name("found", Datum::Bool(found));
        Ok(Flow::Normal)
    }
}
