//! Statements and blocks.

use kumquat_sql::ast::Statement;
use kumquat_sql::plpgsql::ast::{
    Block, Condition, Declaration, DeclarationKind, Expression, Stmt, StmtKind, VariableType,
};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Interpreter;
use super::expression::{Spoken, Text};
use super::variables::{CursorDeclaration, Variable, known};
use crate::session::Activity;

/// How a statement ended.
#[derive(Debug)]
pub enum Flow {
    Next,
    /// EXIT and CONTINUE, on their way to their loop.
    Exit(Option<String>),
    Continue(Option<String>),
    Return,
}

/// What a list of statements costs, in rows: a loop without an end runs its own again and again.
const BLOCK_WORK: usize = 20;

impl Interpreter<'_, '_, '_> {
    /// Statements one after the other, until one leaves them.
    pub fn statements(&mut self, statements: &[Stmt]) -> Result<Flow> {
        self.backend.spend(BLOCK_WORK)?;
        for statement in statements {
            let kind = kind_name(&statement.kind);
            if let Some((_, activity)) = self.backend.session.call_stack.last_mut() {
                *activity = Some(Activity {
                    line: statement.line,
                    kind,
                });
            }
            let flow = self.statement(statement);
            let flow = flow.map_err(|error| {
                let place = format!("line {} at {kind}", statement.line);
                self.placed_error(error, Some(place))
            })?;
            if !matches!(flow, Flow::Next) {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &Stmt) -> Result<Flow> {
        match &statement.kind {
            StmtKind::Block(block) => return self.block(block),
            StmtKind::Assign {
                target,
                expression,
                text,
            } => {
                let (value, type_oid) = self.evaluate_as(expression, Spoken::Assignment(text))?;
                let assigned = self.assign(target, value, type_oid);
                assigned.map_err(|error| assignment_error(error, text, expression, type_oid))?;
            }
            StmtKind::If { branches, otherwise } => return self.branch(branches, otherwise),
            StmtKind::Case {
                operand,
                whens,
                otherwise,
            } => return self.case(operand.as_ref(), whens, otherwise.as_deref()),
            StmtKind::Loop { label, body } => return self.endless(label.as_deref(), body),
            StmtKind::While { label, condition, body } => return self.while_loop(label.as_deref(), condition, body),
            StmtKind::ForInteger { .. } => return self.for_integer(&statement.kind),
            StmtKind::ForQuery {
                label,
                targets,
                query,
                body,
            } => {
                let outcome = self.run_statement(&query.statement, Text::of_sql(query))?;
                return self.for_rows(label.as_deref(), targets, outcome.rows.unwrap_or_default(), body);
            }
            StmtKind::ForExecute {
                label,
                targets,
                dynamic,
                body,
            } => {
                let outcome = self.run_dynamic(dynamic)?;
                return self.for_rows(label.as_deref(), targets, outcome.rows.unwrap_or_default(), body);
            }
            StmtKind::ForCursor { .. } => return self.for_cursor(&statement.kind),
            StmtKind::Foreach { .. } => return self.foreach(&statement.kind),
            StmtKind::Exit {
                is_exit,
                label,
                condition,
            } => {
                let leaves = match condition {
                    Some(condition) => self.condition(condition)?,
                    None => true,
                };
                return Ok(match (leaves, is_exit) {
                    (false, _) => Flow::Next,
                    (true, true) => Flow::Exit(label.clone()),
                    (true, false) => Flow::Continue(label.clone()),
                });
            }
            StmtKind::Return(expression) => return self.return_value(expression.as_ref()),
            StmtKind::ReturnNext(expression) => self.return_next(expression.as_ref())?,
            StmtKind::ReturnQuery(query) => {
                let outcome = self.run_statement(&query.statement, Text::of_sql(query))?;
                let returned = self.return_rows(outcome);
                returned.map_err(|error| self.in_text(error, Text::of_sql(query), Spoken::Statement))?;
            }
            StmtKind::ReturnExecute(dynamic) => {
                let outcome = self.run_dynamic(dynamic)?;
                self.return_rows(outcome)?;
            }
            StmtKind::Raise(raise) => self.raise(raise)?,
            StmtKind::Assert { condition, message } => self.assert(condition, message.as_ref())?,
            StmtKind::Sql { sql, into } => self.sql(sql, into.as_ref())?,
            StmtKind::Perform(expression) => self.perform(expression)?,
            StmtKind::Execute { dynamic, into } => self.execute(dynamic, into.as_ref())?,
            StmtKind::GetDiagnostics { stacked, items } => self.diagnostics(*stacked, items)?,
            StmtKind::Open { cursor, what } => self.open(cursor, what)?,
            StmtKind::Fetch {
                direction,
                cursor,
                into,
                is_move,
            } => self.fetch(direction, cursor, into, *is_move)?,
            StmtKind::Close(cursor) => self.close(cursor)?,
            StmtKind::Commit { .. } => self.end_transaction(true)?,
            StmtKind::Rollback { .. } => self.end_transaction(false)?,
            StmtKind::Null => {}
        }
        Ok(Flow::Next)
    }

    /// A block: its declarations, its statements, and what catches their errors.
    pub fn block(&mut self, block: &Block) -> Result<Flow> {
        self.scopes.push(block.label.clone());
        let result = self.block_inside(block);
        self.scopes.pop();
        Ok(match result? {
            Flow::Exit(Some(label)) if block.label.as_deref() == Some(label.as_str()) => Flow::Next,
            flow => flow,
        })
    }

    fn block_inside(&mut self, block: &Block) -> Result<Flow> {
        for declaration in &block.declarations {
            self.declare(declaration).map_err(|error| {
                let place = format!(
                    "line {} during statement block local variable initialization",
                    declaration.line
                );
                self.placed_error(error, Some(place))
            })?;
        }
        if block.handlers.is_empty() {
            return self.statements(&block.body);
        }
        let before = (self.backend.network.clone(), self.backend.session.settings.clone());
        self.subtransactions += 1;
        let ended = self.statements(&block.body);
        self.subtransactions -= 1;
        let error = match ended {
            Ok(flow) => return Ok(flow),
            Err(error) => error,
        };
        let handler = block
            .handlers
            .iter()
            .find(|handler| catches(&handler.conditions, error.sqlstate));
        let Some(handler) = handler else {
            return Err(error);
        };
        self.backend.restore(before.0);
        self.backend.session.settings = before.1;
        self.placed = false;
        self.scopes.push(None);
        let text = |text: &str| Variable::scalar(Oid::TEXT, -1, Datum::from(text));
        self.scopes.declare("sqlstate", text(error.sqlstate.0));
        self.scopes.declare("sqlerrm", text(&error.message));
        self.handled.push(error);
        let result = self.statements(&handler.body);
        self.handled.pop();
        self.scopes.pop();
        result
    }

    fn declare(&mut self, declaration: &Declaration) -> Result<()> {
        match &declaration.kind {
            DeclarationKind::Variable {
                type_name,
                constant,
                not_null,
                default,
                ..
            } => {
                let (type_oid, modifier) = self.variable_type(type_name)?;
                let (value, from) = match default {
                    Some(default) => self.evaluate(default)?,
                    None => (Datum::Null, Oid::UNKNOWN),
                };
                let mut variable = Variable::of_type(self.backend, type_oid, modifier, Datum::Null);
                (variable.constant, variable.not_null) = (*constant, *not_null);
                let index = self.scopes.declare(&declaration.name, variable);
                self.assign_variable(index, &declaration.name, value, from)
            }
            DeclarationKind::Alias(name) => {
                let (variable, _) = known(self.scopes.find(name), name)?;
                self.scopes.name(&declaration.name, variable);
                Ok(())
            }
            DeclarationKind::Cursor {
                scroll,
                parameters,
                query,
            } => {
                let mut variable = Variable::scalar(Oid::REFCURSOR, -1, Datum::Null);
                variable.cursor = Some(std::rc::Rc::new(CursorDeclaration {
                    scroll: *scroll,
                    parameters: parameters.clone(),
                    query: query.as_ref().clone(),
                }));
                self.scopes.declare(&declaration.name, variable);
                Ok(())
            }
        }
    }

    /// The type of a variable and its modifier.
    pub fn variable_type(&mut self, type_name: &VariableType) -> Result<(Oid, i32)> {
        match type_name {
            VariableType::Record => Ok((Oid::RECORD, -1)),
            VariableType::Type(name) => match name.names.as_slice() {
                [name] if name == "record" => Ok((Oid::RECORD, -1)),
                _ => crate::analyze::resolve_type(self.backend, name),
            },
            VariableType::RowOf(names) => {
                let (schema, name) = crate::catalog::namespace::split_qualified(self.backend, names)?;
                match self.backend.find_relation_named(schema, name)? {
                    Some(relation) => Ok((relation.row_type, -1)),
                    None => Err(Error::new(
                        SqlState::UNDEFINED_TABLE,
                        format!("relation \"{}\" does not exist", names.join(".")),
                    )),
                }
            }
            VariableType::TypeOf(names) => self.type_of(names),
        }
    }

    /// `name%TYPE`: of a variable or a column.
    fn type_of(&mut self, names: &[String]) -> Result<(Oid, i32)> {
        if let Some((variable, taken)) = self.scopes.find(names)
            && taken == names.len()
            && let Some(variable) = self.scopes.get(variable)
        {
            return Ok((variable.type_oid, variable.type_modifier));
        }
        let Some((column, table)) = names.split_last().filter(|(_, table)| !table.is_empty()) else {
            let message = format!("variable \"{}\" does not exist", names.join("."));
            return Err(Error::new(SqlState::UNDEFINED_OBJECT, message));
        };
        let (schema, name) = crate::catalog::namespace::split_qualified(self.backend, table)?;
        let Some(relation) = self.backend.find_relation_named(schema, name)? else {
            let message = format!("relation \"{}\" does not exist", table.join("."));
            return Err(Error::new(SqlState::UNDEFINED_TABLE, message));
        };
        match relation.attribute_by_name(column) {
            Some(attribute) => Ok((attribute.type_oid, attribute.type_modifier)),
            None => Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{column}\" of relation \"{}\" does not exist", relation.name),
            )),
        }
    }

    pub fn set_found(&mut self, found: bool) {
        self.scopes.set(self.found, Datum::Bool(found));
    }
}

/// An error of an assignment's target. A literal is read as the variable's type while the assignment is analyzed.
fn assignment_error(mut error: Error, text: &str, expression: &Expression, type_oid: Oid) -> Error {
    if let Some(position) = error.position.take() {
        error.internal = Some((text.to_string(), position));
        return error;
    }
    if error.sqlstate == SqlState::UNDEFINED_COLUMN {
        return error.context(format!("PL/pgSQL assignment \"{text}\""));
    }
    let is_input = error.sqlstate == SqlState::INVALID_TEXT_REPRESENTATION;
    if type_oid == Oid::UNKNOWN && error.internal.is_none() && is_input {
        let before = text.len().saturating_sub(expression.text.len());
        error.internal = Some((text.to_string(), u32::try_from(before).unwrap_or(0)));
    }
    error
}

/// Whether a handler with these conditions catches an error.
fn catches(conditions: &[Condition], state: SqlState) -> bool {
    let matches = |code: &str| code == state.0 || code.ends_with("000") && code.get(..2) == state.0.get(..2);
    conditions.iter().any(|condition| match condition {
        Condition::Others => state != SqlState::QUERY_CANCELED && state != SqlState::ASSERT_FAILURE,
        Condition::Named(_, codes) => codes.iter().any(|code| matches(code)),
        Condition::SqlState(code) => matches(code),
    })
}

/// As contexts name a statement (`plpgsql_stmt_typename`).
fn kind_name(kind: &StmtKind) -> &'static str {
    match kind {
        StmtKind::Block(_) => "statement block",
        StmtKind::Assign { .. } => "assignment",
        StmtKind::If { .. } => "IF",
        StmtKind::Case { .. } => "CASE",
        StmtKind::Loop { .. } => "LOOP",
        StmtKind::While { .. } => "WHILE",
        StmtKind::ForInteger { .. } => "FOR with integer loop variable",
        StmtKind::ForQuery { .. } => "FOR over SELECT rows",
        StmtKind::ForExecute { .. } => "FOR over EXECUTE statement",
        StmtKind::ForCursor { .. } => "FOR over cursor",
        StmtKind::Foreach { .. } => "FOREACH over array",
        StmtKind::Exit { is_exit: true, .. } => "EXIT",
        StmtKind::Exit { .. } => "CONTINUE",
        StmtKind::Return(_) => "RETURN",
        StmtKind::ReturnNext(_) => "RETURN NEXT",
        StmtKind::ReturnQuery(_) | StmtKind::ReturnExecute(_) => "RETURN QUERY",
        StmtKind::Raise(_) => "RAISE",
        StmtKind::Assert { .. } => "ASSERT",
        StmtKind::Sql { sql, .. } if matches!(sql.statement, Statement::Call(_)) => "CALL",
        StmtKind::Sql { .. } => "SQL statement",
        StmtKind::Perform(_) => "PERFORM",
        StmtKind::Execute { .. } => "EXECUTE",
        StmtKind::GetDiagnostics { stacked: true, .. } => "GET STACKED DIAGNOSTICS",
        StmtKind::GetDiagnostics { .. } => "GET DIAGNOSTICS",
        StmtKind::Open { .. } => "OPEN",
        StmtKind::Fetch { is_move: true, .. } => "MOVE",
        StmtKind::Fetch { .. } => "FETCH",
        StmtKind::Close(_) => "CLOSE",
        StmtKind::Commit { .. } => "COMMIT",
        StmtKind::Rollback { .. } => "ROLLBACK",
        StmtKind::Null => "NULL",
    }
}
