//! Cursors inside a function.

use std::sync::Arc;

use kumquat_sql::ast::{self, ClosePortalStmt, FetchStmt};
use kumquat_sql::plpgsql::ast::{CursorArgument, FetchDirection, OpenWhat, StmtKind, Target};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Interpreter;
use super::expression::Text;
use super::statement::Flow;
use super::variables::{CursorDeclaration, Variable, known};
use crate::driver::Outcome;
use crate::executor::functions::convert_value;
use crate::result::{QueryOutcome, ResultSet};
use crate::session::Cursor;

impl Interpreter<'_, '_, '_> {
    pub fn open(&mut self, cursor: &Target, what: &OpenWhat) -> Result<()> {
        let (variable, _) = known(self.scopes.find(&cursor.name), &cursor.name)?;
        let declared = self.scopes.get(variable);
        if declared.is_some_and(|variable| variable.constant && variable.value.is_null()) {
            let message = format!("variable \"{}\" is declared CONSTANT", cursor.name.join("."));
            return Err(Error::new(SqlState("22005"), message));
        }
        let (scroll, outcome, text) = match what {
            OpenWhat::Bound { arguments } => {
                let declaration = self.declaration(variable, cursor)?;
                let outcome = self.run_bound(&declaration, arguments)?;
                (declaration.scroll, outcome, declaration.query.text.clone())
            }
            OpenWhat::For { scroll, query } => {
                let outcome = self.run_statement(&query.statement, Text::of_sql(query))?;
                (*scroll, outcome, query.text.clone())
            }
            OpenWhat::ForExecute { scroll, dynamic } => (*scroll, self.run_dynamic(dynamic)?, String::new()),
        };
        let name = match self.scopes.value(variable) {
            Datum::Text(name) => name.to_string(),
            _ => match self
                .scopes
                .get(variable)
                .is_some_and(|variable| variable.cursor.is_some())
            {
                true => cursor.name.join("."),
                false => self.new_portal_name(),
            },
        };
        if self.backend.session.cursors.contains_key(name.as_str()) {
            let message = format!("cursor \"{name}\" already in use");
            return Err(Error::new(SqlState::DUPLICATE_CURSOR, message));
        }
        let rows = outcome.rows.unwrap_or_default();
        let opened = Cursor {
            name: name.as_str().into(),
            text: text.as_str().into(),
            columns: rows.columns,
            chunks: rows.chunks,
            position: 0,
            hold: false,
            committed: false,
            scrollable: scroll != Some(false),
        };
        self.backend
            .session
            .cursors
            .insert(opened.name.clone(), Arc::new(opened));
        self.scopes.set(variable, Datum::from(name));
        Ok(())
    }

    fn new_portal_name(&self) -> String {
        let taken = |name: &String| self.backend.session.cursors.contains_key(name.as_str());
        let names = (1..).map(|number| format!("<unnamed portal {number}>"));
        names.take(10_000).find(|name| !taken(name)).unwrap_or_default()
    }

    fn declaration(&self, variable: usize, cursor: &Target) -> Result<std::rc::Rc<CursorDeclaration>> {
        let declared = self.scopes.get(variable).and_then(|variable| variable.cursor.clone());
        declared.ok_or_else(|| {
            let message = format!("cursor \"{}\" has no query", cursor.name.join("."));
            Error::new(SqlState::SYNTAX_ERROR, message)
        })
    }

    /// The rows of a declared cursor with these arguments.
    fn run_bound(&mut self, declaration: &CursorDeclaration, arguments: &[CursorArgument]) -> Result<QueryOutcome> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push((argument.name.clone(), self.evaluate(&argument.value)?));
        }
        self.scopes.push(None);
        let result = self.run_with_arguments(declaration, values);
        self.scopes.pop();
        result
    }

    fn run_with_arguments(
        &mut self,
        declaration: &CursorDeclaration,
        values: Vec<(Option<String>, (Datum, Oid))>,
    ) -> Result<QueryOutcome> {
        for (at, parameter) in declaration.parameters.iter().enumerate() {
            let (type_oid, modifier) = self.variable_type(&parameter.type_name)?;
            let named = values.iter().find(|(name, _)| name.as_ref() == Some(&parameter.name));
            let given = named.or_else(|| values.get(at).filter(|(name, _)| name.is_none()));
            let (value, from) = given.map(|(_, value)| value.clone()).unwrap_or((Datum::Null, type_oid));
            let value = convert_value(self.backend, value, from, (type_oid, modifier))?;
            self.scopes.declare(
                &parameter.name,
                Variable::of_type(self.backend, type_oid, modifier, value),
            );
        }
        self.run_statement(&declaration.query.statement, Text::of_sql(&declaration.query))
    }

    /// FOR variable IN cursor: the variable is a record of the loop's own.
    pub fn for_cursor(&mut self, kind: &StmtKind) -> Result<Flow> {
        let StmtKind::ForCursor {
            label,
            variable,
            cursor,
            arguments,
            body,
        } = kind
        else {
            return Ok(Flow::Next);
        };
        let target = Target {
            name: vec![cursor.clone()],
            indirection: Vec::new(),
            location: ast::Location::UNKNOWN,
        };
        let (index, _) = known(self.scopes.find(&target.name), &target.name)?;
        let declaration = self.declaration(index, &target)?;
        if let Datum::Text(name) = self.scopes.value(index)
            && self.backend.session.cursors.contains_key(&*name)
        {
            let message = format!("cursor \"{name}\" already in use");
            return Err(Error::new(SqlState::DUPLICATE_CURSOR, message));
        }
        let rows = self.run_bound(&declaration, arguments)?.rows.unwrap_or_default();
        self.scopes.push(None);
        self.scopes
            .declare(variable, Variable::scalar(Oid::RECORD, -1, Datum::Null));
        let row = Target {
            name: vec![variable.clone()],
            ..target
        };
        let result = self.for_rows(label.as_deref(), std::slice::from_ref(&row), rows, body);
        self.scopes.pop();
        result
    }

    fn cursor_name(&self, cursor: &Target) -> Result<String> {
        let (variable, _) = known(self.scopes.find(&cursor.name), &cursor.name)?;
        match self.scopes.value(variable) {
            Datum::Text(name) => Ok(name.to_string()),
            _ => {
                let message = format!("cursor variable \"{}\" is null", cursor.name.join("."));
                Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message))
            }
        }
    }

    pub fn fetch(&mut self, direction: &FetchDirection, cursor: &Target, into: &[Target], is_move: bool) -> Result<()> {
        let cursor_name = self.cursor_name(cursor)?;
        let columns = self
            .backend
            .session
            .cursors
            .get(cursor_name.as_str())
            .map(|cursor| cursor.columns.clone());
        let (direction, count) = self.direction(direction)?;
        let statement = FetchStmt {
            direction,
            count,
            cursor_name,
            is_move,
        };
        let rows = match self.backend.fetch(&statement)? {
            Outcome::Rows(rows, _) => rows,
            Outcome::Command(tag) | Outcome::CopyOut(_, tag) => {
                let moved = tag
                    .0
                    .rsplit(' ')
                    .next()
                    .and_then(|count| count.parse::<u64>().ok())
                    .unwrap_or(0);
                self.row_count = moved;
                self.set_found(moved > 0);
                return Ok(());
            }
        };
        let first = rows
            .chunks
            .iter()
            .find(|chunk| chunk.rows > 0)
            .map(|chunk| chunk.row(0));
        self.set_found(first.is_some());
        self.row_count = u64::from(first.is_some());
        let columns = columns.unwrap_or_else(|| ResultSet::default().columns);
        self.assign_row(into, &columns, first)
    }

    fn direction(&mut self, direction: &FetchDirection) -> Result<(ast::FetchDirection, Option<i32>)> {
        let mut number = |expression| -> Result<Option<i32>> {
            let (value, type_oid) = self.evaluate(expression)?;
            let value = convert_value(self.backend, value, type_oid, (Oid::INT4, -1))?;
            match value.as_i64().and_then(|value| i32::try_from(value).ok()) {
                Some(value) => Ok(Some(value)),
                None => Err(Error::new(
                    SqlState::NULL_VALUE_NOT_ALLOWED,
                    "relative or absolute cursor position is null",
                )),
            }
        };
        use ast::FetchDirection as To;
        Ok(match direction {
            FetchDirection::Next => (To::Forward, Some(1)),
            FetchDirection::Prior => (To::Backward, Some(1)),
            FetchDirection::First => (To::Absolute, Some(1)),
            FetchDirection::Last => (To::Absolute, Some(-1)),
            FetchDirection::Absolute(n) => (To::Absolute, number(n)?),
            FetchDirection::Relative(n) => (To::Relative, number(n)?),
            FetchDirection::Forward(n) => (To::Forward, number(n)?),
            FetchDirection::Backward(n) => (To::Backward, number(n)?),
            FetchDirection::ForwardAll => (To::Forward, None),
            FetchDirection::BackwardAll => (To::Backward, None),
        })
    }

    pub fn close(&mut self, cursor: &Target) -> Result<()> {
        let name = self.cursor_name(cursor)?;
        self.backend.close_cursor(&ClosePortalStmt { name: Some(name) })?;
        Ok(())
    }
}
