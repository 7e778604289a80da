//! Branches and loops.

use kumquat_sql::plpgsql::ast::{Expression, Stmt, StmtKind, Target};
use kumquat_types::compare::compare;
use kumquat_types::{ArrayValue, Datum, Error, Oid, Result, SqlState};

use super::Interpreter;
use super::statement::Flow;
use super::variables::Variable;
use crate::executor::expr::coerce::element_type;
use crate::executor::functions::convert_value;
use crate::result::ResultSet;

/// What a loop does after one round.
enum Round {
    Again,
    Done(Flow),
}

/// EXIT and CONTINUE that mean this loop end here.
fn round(flow: Flow, label: Option<&str>) -> Round {
    let mine = |target: &Option<String>| target.is_none() || target.as_deref() == label;
    match flow {
        Flow::Next => Round::Again,
        Flow::Continue(target) if mine(&target) => Round::Again,
        Flow::Exit(target) if mine(&target) => Round::Done(Flow::Next),
        flow => Round::Done(flow),
    }
}

impl Interpreter<'_, '_, '_> {
    pub fn branch(&mut self, branches: &[(Expression, Vec<Stmt>)], otherwise: &[Stmt]) -> Result<Flow> {
        for (condition, body) in branches {
            if self.condition(condition)? {
                return self.statements(body);
            }
        }
        self.statements(otherwise)
    }

    pub fn case(
        &mut self,
        operand: Option<&Expression>,
        whens: &[(Vec<Expression>, Vec<Stmt>)],
        otherwise: Option<&[Stmt]>,
    ) -> Result<Flow> {
        let operand = operand.map(|operand| self.evaluate(operand)).transpose()?;
        for (values, body) in whens {
            for value in values {
                let chosen = match &operand {
                    None => self.condition(value)?,
                    Some((operand, type_oid)) => {
                        let (value, from) = self.evaluate(value)?;
                        let value = convert_value(self.backend, value, from, (*type_oid, -1))?;
                        !value.is_null() && !operand.is_null() && compare(&value, operand).is_eq()
                    }
                };
                if chosen {
                    return self.statements(body);
                }
            }
        }
        match otherwise {
            Some(body) => self.statements(body),
            None => Err(Error::new(SqlState("20000"), "case not found").hint("CASE statement is missing ELSE part.")),
        }
    }

    pub fn endless(&mut self, label: Option<&str>, body: &[Stmt]) -> Result<Flow> {
        loop {
            if let Round::Done(flow) = round(self.statements(body)?, label) {
                return Ok(flow);
            }
        }
    }

    pub fn while_loop(&mut self, label: Option<&str>, condition: &Expression, body: &[Stmt]) -> Result<Flow> {
        loop {
            if !self.condition(condition)? {
                return Ok(Flow::Next);
            }
            if let Round::Done(flow) = round(self.statements(body)?, label) {
                return Ok(flow);
            }
        }
    }

    fn integer(&mut self, expression: &Expression, what: &str) -> Result<i32> {
        let (value, type_oid) = self.evaluate(expression)?;
        if value.is_null() {
            let message = format!("{what} of FOR loop cannot be null");
            return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
        }
        let value = convert_value(self.backend, value, type_oid, (Oid::INT4, -1))?;
        Ok(value
            .as_i64()
            .and_then(|value| i32::try_from(value).ok())
            .unwrap_or_default())
    }

    pub fn for_integer(&mut self, kind: &StmtKind) -> Result<Flow> {
        let StmtKind::ForInteger {
            label,
            variable,
            reverse,
            lower,
            upper,
            step,
            body,
        } = kind
        else {
            return Ok(Flow::Next);
        };
        let first = self.integer(lower, "lower bound")?;
        let last = self.integer(upper, "upper bound")?;
        let step = match step {
            Some(step) => self.integer(step, "BY value")?,
            None => 1,
        };
        if step <= 0 {
            let message = "BY value of FOR loop must be greater than zero";
            return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        self.scopes.push(label.clone());
        let counter = self
            .scopes
            .declare(variable, Variable::scalar(Oid::INT4, -1, Datum::Int4(first)));
        let mut at = Some(first);
        let mut result = Ok(Flow::Next);
        let mut found = false;
        while let Some(value) = at.filter(|&at| if *reverse { at >= last } else { at <= last }) {
            found = true;
            self.scopes.set(counter, Datum::Int4(value));
            match self.statements(body).map(|flow| round(flow, label.as_deref())) {
                Ok(Round::Again) => {}
                Ok(Round::Done(flow)) => {
                    result = Ok(flow);
                    break;
                }
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
            at = if *reverse {
                value.checked_sub(step)
            } else {
                value.checked_add(step)
            };
        }
        self.scopes.pop();
        self.set_found(found);
        result
    }

    /// FOR over the rows of a query.
    pub fn for_rows(
        &mut self,
        label: Option<&str>,
        targets: &[Target],
        rows: ResultSet,
        body: &[Stmt],
    ) -> Result<Flow> {
        self.scopes.push(label.map(String::from));
        let result = self.each_row(label, targets, &rows, body);
        self.scopes.pop();
        self.set_found(rows.row_count() > 0);
        result
    }

    fn each_row(&mut self, label: Option<&str>, targets: &[Target], rows: &ResultSet, body: &[Stmt]) -> Result<Flow> {
        if rows.row_count() == 0 {
            self.assign_row(targets, &rows.columns, None)?;
        }
        for row in rows.chunks.iter().flat_map(kumquat_types::Chunk::iter_rows) {
            self.assign_row(targets, &rows.columns, Some(row))?;
            if let Round::Done(flow) = round(self.statements(body)?, label) {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// FOREACH over the elements, or slices, of an array.
    pub fn foreach(&mut self, kind: &StmtKind) -> Result<Flow> {
        let StmtKind::Foreach {
            label,
            targets,
            slice,
            array,
            body,
        } = kind
        else {
            return Ok(Flow::Next);
        };
        let (value, array_type) = self.evaluate(array)?;
        let array = match value {
            Datum::Array(array) => array,
            Datum::Null => {
                let message = "FOREACH expression must not be null";
                return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
            }
            _ => {
                let message = format!(
                    "FOREACH expression must yield an array, not type {}",
                    self.backend.format_type(array_type)
                );
                return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
            }
        };
        let depth = usize::try_from(*slice).unwrap_or(0);
        if depth > array.dims.len() {
            let message = format!(
                "slice dimension ({depth}) is out of the valid range 0..{}",
                array.dims.len()
            );
            return Err(Error::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message));
        }
        if let Some((variable, taken)) = targets.first().and_then(|target| self.scopes.find(&target.name)) {
            let whole = targets.first().is_some_and(|target| target.name.len() == taken) && targets.len() == 1;
            let declared = self
                .scopes
                .get(variable)
                .map_or(Oid::INVALID, |variable| variable.type_oid);
            let is_array = whole && element_type(&*self.backend, declared).is_valid();
            let message = match (depth > 0, is_array) {
                (true, false) => "FOREACH ... SLICE loop variable must be of an array type",
                (false, true) => "FOREACH loop variable must not be of an array type",
                _ => "",
            };
            if !message.is_empty() {
                return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
            }
        }
        let element = element_type(&*self.backend, array_type);
        let parts: Vec<(Datum, Oid)> = match depth {
            0 => array.values.iter().map(|value| (value.clone(), element)).collect(),
            depth => slices(&array, depth)
                .into_iter()
                .map(|slice| (slice, array_type))
                .collect(),
        };
        let found = !parts.is_empty();
        let mut result = Flow::Next;
        for (value, type_oid) in parts {
            match (targets.as_slice(), value) {
                ([target], value) => self.assign(target, value, type_oid)?,
                (targets, value) => self.spread(targets, &value)?,
            }
            if let Round::Done(flow) = round(self.statements(body)?, label.as_deref()) {
                result = flow;
                break;
            }
        }
        self.set_found(found);
        Ok(result)
    }
}

impl Interpreter<'_, '_, '_> {
    /// The fields of a row, one to each target.
    fn spread(&mut self, targets: &[Target], value: &Datum) -> Result<()> {
        for (at, target) in targets.iter().enumerate() {
            let (value, type_oid) = match value {
                Datum::Record(row) => {
                    let type_oid = row.types.get(at).map_or(Oid::UNKNOWN, |(type_oid, _)| *type_oid);
                    (row.values.get(at).cloned().unwrap_or_default(), type_oid)
                }
                _ => (Datum::Null, Oid::UNKNOWN),
            };
            self.assign(target, value, type_oid)?;
        }
        Ok(())
    }
}

/// The parts of an array with its last `depth` dimensions.
fn slices(array: &ArrayValue, depth: usize) -> Vec<Datum> {
    let inner = array.dims.get(array.dims.len() - depth..).unwrap_or_default();
    let size: usize = inner.iter().map(|(length, _)| *length).product();
    let slice = |values: &[Datum]| {
        Datum::Array(std::sync::Arc::new(ArrayValue {
            element: array.element,
            dims: inner.to_vec(),
            values: values.to_vec(),
        }))
    };
    array.values.chunks(size.max(1)).map(slice).collect()
}
