//! Statements of PL/pgSQL, one arm a kind.

use std::sync::Arc;

use kumquat_sql::ast::Statement;
use kumquat_sql::plpgsql::ast::{
    Block, Condition, Declaration, DeclarationKind, Expression, Function, Stmt, StmtKind, Target, VariableType,
};
use kumquat_types::{Datum, Environment, Error, Oid, Result, SqlState, UserType};

use super::variables::{Variable, Variables, with_fields};
use super::{MAX_STATEMENTS, record};
use crate::analyze;
use crate::backend::Backend;
use crate::catalog::Name;
use crate::query::Expr;
use crate::result::ResultSet;

/// Where control goes after a statement.
#[derive(Clone, Debug)]
pub enum Flow {
    Normal,
    /// EXIT, with its label.
    Exit(Option<String>),
    Continue(Option<String>),
    Return(Datum),
}

/// What a function gives back.
#[derive(Clone, Debug, Default)]
pub struct Returns {
    pub result: Oid,
    pub set: bool,
    pub outputs: Vec<(Name, Oid)>,
}

pub struct Interpreter<'i, 'b> {
    pub backend: &'i mut Backend<'b>,
    pub variables: Variables,
    pub returns: Returns,
    /// Rows of RETURN NEXT and RETURN QUERY.
    pub rows: Vec<Vec<Datum>>,
    /// Rows of the last statement, for GET DIAGNOSTICS.
    pub row_count: u64,
    /// The error a handler is at work on.
    pub caught: Option<Error>,
    /// `PL/pgSQL function f(integer)`, the head of CONTEXT lines.
    title: String,
    statements: u64,
    /// Cursors that were declared with their query.
    pub bound_cursors: Vec<(String, kumquat_sql::plpgsql::ast::Sql)>,
}

impl<'i, 'b> Interpreter<'i, 'b> {
    pub fn new(backend: &'i mut Backend<'b>, title: String, name: &str) -> Interpreter<'i, 'b> {
        let mut variables = Variables::default();
        variables.open(Some(name.into()));
        variables.declare("found".into(), Variable::new(Oid::BOOL, -1, Datum::Bool(false)));
        Interpreter {
            backend,
            variables,
            returns: Returns::default(),
            rows: Vec::new(),
            row_count: 0,
            caught: None,
            title,
            statements: 0,
            bound_cursors: Vec::new(),
        }
    }

    pub fn run(&mut self, function: &Function) -> Result<Flow> {
        self.block(&function.body)
    }

    /// The rows of the whole call.
    pub fn finish(mut self, flow: Flow, procedure: bool) -> Result<Vec<Vec<Datum>>> {
        if self.returns.set {
            return Ok(self.rows);
        }
        if !self.returns.outputs.is_empty() {
            return Ok(vec![self.output_row()]);
        }
        match flow {
            Flow::Return(value) if self.returns.result != Oid::VOID => Ok(vec![vec![value]]),
            _ if self.returns.result == Oid::VOID || procedure => Ok(vec![vec![Datum::Void]]),
            _ => Err(Error::new(
                SqlState::FUNCTION_EXECUTED_NO_RETURN_STATEMENT,
                "control reached end of function without RETURN",
            )
            .context(std::mem::take(&mut self.title))),
        }
    }

    /// The values of the OUT variables.
    pub fn output_row(&self) -> Vec<Datum> {
        let outputs = self.returns.outputs.iter();
        outputs
            .map(|(name, _)| self.variables.value_by_name(name).cloned().unwrap_or_default())
            .collect()
    }

    pub fn block(&mut self, block: &Block) -> Result<Flow> {
        let depth = self.variables.depth();
        self.variables.open(block.label.as_deref().map(Name::from));
        for declaration in &block.declarations {
            self.declare(declaration).map_err(|error| {
                self.in_context(
                    error,
                    declaration.line,
                    "during statement block local variable initialization",
                )
            })?;
        }
        let flow = if block.handlers.is_empty() {
            self.body(&block.body)
        } else {
            self.guarded(block)
        };
        self.variables.close_to(depth);
        match flow? {
            Flow::Exit(Some(label)) if block.label.as_ref() == Some(&label) => Ok(Flow::Normal),
            flow => Ok(flow),
        }
    }

    /// A block with handlers: an error undoes what the block did, and the handler goes on.
    fn guarded(&mut self, block: &Block) -> Result<Flow> {
        let (network, settings) = (self.backend.network.clone(), self.backend.session.settings.clone());
        let depth = self.variables.depth();
        let error = match self.body(&block.body) {
            Ok(flow) => return Ok(flow),
            Err(error) => error,
        };
        let handler = block
            .handlers
            .iter()
            .find(|handler| handler.conditions.iter().any(|c| catches(c, &error)));
        let Some(handler) = handler else { return Err(error) };
        self.backend.restore(network);
        self.backend.session.settings = settings;
        self.variables.close_to(depth);
        self.variables.open(None);
        let text = |text: &str| Variable::new(Oid::TEXT, -1, Datum::text(text));
        self.variables.declare("sqlstate".into(), text(error.sqlstate.0));
        self.variables.declare("sqlerrm".into(), text(&error.message));
        let before = self.caught.replace(error);
        let flow = self.body(&handler.body);
        self.caught = before;
        self.variables.close_to(depth);
        flow
    }

    pub fn body(&mut self, statements: &[Stmt]) -> Result<Flow> {
        for statement in statements {
            self.statements += 1;
            if self.statements > MAX_STATEMENTS {
                return Err(Error::new(
                    SqlState::QUERY_CANCELED,
                    "canceling statement due to statement timeout",
                ));
            }
            let flow = self
                .statement(statement)
                .map_err(|error| self.in_context(error, statement.line, at_word(&statement.kind)))?;
            if !matches!(flow, Flow::Normal) {
                return Ok(flow);
            }
        }
        Ok(Flow::Normal)
    }

    /// Adds this function's line to an error, once for each call.
    fn in_context(&self, mut error: Error, line: u32, at: &str) -> Error {
        let head = format!("{} line ", self.title);
        let told = error
            .context
            .as_deref()
            .is_some_and(|context| context.lines().next_back().is_some_and(|last| last.starts_with(&head)));
        if told {
            return error;
        }
        if at.starts_with("during") {
            error = error.context(format!("{head}{line} {at}"));
        } else {
            error = error.context(format!("{head}{line} at {at}"));
        }
        error
    }

    fn statement(&mut self, statement: &Stmt) -> Result<Flow> {
        match &statement.kind {
            StmtKind::Block(block) => self.block(block),
            StmtKind::Assign { target, expression } => {
                let (value, type_oid) = self.evaluate(expression)?;
                self.assign(target, value, type_oid)?;
                Ok(Flow::Normal)
            }
            StmtKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.truth(condition)? {
                        return self.body(body);
                    }
                }
                self.body(otherwise)
            }
            StmtKind::Case {
                operand,
                whens,
                otherwise,
            } => self.case(operand.as_ref(), whens, otherwise.as_deref()),
            StmtKind::Loop { .. }
            | StmtKind::While { .. }
            | StmtKind::ForInteger { .. }
            | StmtKind::ForQuery { .. }
            | StmtKind::ForExecute { .. }
            | StmtKind::ForCursor { .. }
            | StmtKind::Foreach { .. } => self.looping(&statement.kind),
            StmtKind::Exit {
                is_exit,
                label,
                condition,
            } => {
                if let Some(condition) = condition {
                    if !self.truth(condition)? {
                        return Ok(Flow::Normal);
                    }
                }
                Ok(if *is_exit {
                    Flow::Exit(label.clone())
                } else {
                    Flow::Continue(label.clone())
                })
            }
            StmtKind::Return(value) => self.return_value(value.as_ref()),
            StmtKind::ReturnNext(value) => self.return_next(value.as_ref()),
            StmtKind::ReturnQuery(sql) => {
                let rows = self.sql(sql)?.unwrap_or_default();
                self.return_rows(&rows)
            }
            StmtKind::ReturnExecute(dynamic) => {
                let rows = self.dynamic(dynamic)?.unwrap_or_default();
                self.return_rows(&rows)
            }
            StmtKind::Raise(raise) => self.raise(raise),
            StmtKind::Assert { condition, message } => self.assert(condition, message.as_ref()),
            StmtKind::Sql { sql, into } => {
                let rows = self.sql(sql)?;
                self.store_into(rows, into.as_ref(), Some(&sql.statement))
            }
            StmtKind::Perform(expression) => {
                let rows = self.select(expression)?;
                self.note_rows(rows.row_count() as u64);
                Ok(Flow::Normal)
            }
            StmtKind::Execute { dynamic, into } => {
                let rows = self.dynamic(dynamic)?;
                self.store_into(rows, into.as_ref(), None)
            }
            StmtKind::GetDiagnostics { items, .. } => self.diagnostics(items),
            StmtKind::Open { .. } | StmtKind::Fetch { .. } | StmtKind::Close(_) => {
                Err(Error::not_modelled("a cursor variable in PL/pgSQL"))
            }
            StmtKind::Commit { .. } => Err(Error::not_modelled("COMMIT inside a procedure")),
            StmtKind::Rollback { .. } => Err(Error::not_modelled("ROLLBACK inside a procedure")),
            StmtKind::Null => Ok(Flow::Normal),
        }
    }

    fn declare(&mut self, declaration: &Declaration) -> Result<()> {
        let name = Name::from(declaration.name.as_str());
        match &declaration.kind {
            DeclarationKind::Variable {
                type_name,
                constant,
                not_null,
                default,
                ..
            } => {
                let (type_oid, modifier) = self.resolve(type_name)?;
                let mut variable = Variable::new(type_oid, modifier, Datum::Null);
                if let Some(default) = default {
                    let (value, source) = self.evaluate(default)?;
                    variable.value = self.coerce(value, source, type_oid, modifier)?;
                }
                if *not_null && variable.value.is_null() {
                    return Err(Error::new(
                        SqlState::NULL_VALUE_NOT_ALLOWED,
                        format!("null value cannot be assigned to variable \"{name}\" declared NOT NULL"),
                    ));
                }
                (variable.constant, variable.not_null) = (*constant, *not_null);
                self.variables.declare(name, variable);
            }
            DeclarationKind::Alias(of) => {
                let of = of.last().cloned().unwrap_or_default();
                self.variables.alias(name, &of);
            }
            DeclarationKind::Cursor { query, .. } => {
                self.bound_cursors.push((declaration.name.clone(), (**query).clone()));
            }
        }
        Ok(())
    }

    fn resolve(&self, wanted: &VariableType) -> Result<(Oid, i32)> {
        match wanted {
            VariableType::Type(name) => analyze::resolve_type(self.backend, name),
            VariableType::Record => Ok((Oid::RECORD, -1)),
            VariableType::RowOf(names) => {
                let (schema, relation) = crate::catalog::namespace::split_qualified(self.backend, names)?;
                let found = self.backend.find_relation_named(schema, relation)?;
                found.map(|relation| (relation.row_type, -1)).ok_or_else(|| {
                    Error::new(
                        SqlState::UNDEFINED_TABLE,
                        format!("relation \"{}\" does not exist", names.join(".")),
                    )
                })
            }
            VariableType::TypeOf(names) => {
                if let Some(variable) = self.variables.find(names).and_then(|slot| self.variables.get(slot)) {
                    return Ok((variable.type_oid, variable.type_modifier));
                }
                let Some((column, table)) = names.split_last() else {
                    return Err(Error::internal("%TYPE without a name"));
                };
                let (schema, relation) = crate::catalog::namespace::split_qualified(self.backend, table)?;
                let found = self.backend.find_relation_named(schema, relation)?.ok_or_else(|| {
                    Error::new(
                        SqlState::UNDEFINED_TABLE,
                        format!("relation \"{}\" does not exist", table.join(".")),
                    )
                })?;
                let attribute = found.attribute_by_name(column).ok_or_else(|| {
                    Error::new(
                        SqlState::UNDEFINED_COLUMN,
                        format!("column \"{column}\" of relation \"{relation}\" does not exist"),
                    )
                })?;
                Ok((attribute.type_oid, attribute.type_modifier))
            }
        }
    }

    /// The rows of what follows SELECT.
    pub fn select(&mut self, expression: &Expression) -> Result<ResultSet> {
        let statement = Statement::Select(Box::new(expression.query.clone()));
        let (mut parameters, values) = self.variables.parameters();
        let inner = |mut error: Error| {
            // Positions are those in the expression with its SELECT in front.
            if let Some(position) = error.position.take() {
                error.internal = Some((expression.text.clone(), position.saturating_sub("SELECT ".len() as u32)));
            }
            error
        };
        let query = analyze::analyze_query(self.backend, &statement, &mut parameters).map_err(inner)?;
        let outcome = self
            .backend
            .execute_query(&Arc::new(query), &values)
            .map_err(|mut error| {
                error.position = None;
                error
            })?;
        Ok(outcome.rows.unwrap_or_default())
    }

    /// The value and type of an expression; no row is NULL.
    pub fn evaluate(&mut self, expression: &Expression) -> Result<(Datum, Oid)> {
        let rows = self.select(expression)?;
        if rows.columns.len() > 1 {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!("query \"{}\" returned {} columns", expression.text, rows.columns.len()),
            ));
        }
        if rows.row_count() > 1 {
            return Err(Error::new(
                SqlState::CARDINALITY_VIOLATION,
                format!("query \"{}\" returned more than one row", expression.text),
            ));
        }
        let type_oid = rows.columns.first().map_or(Oid::TEXT, |column| column.type_oid);
        let value = rows
            .chunks
            .iter()
            .find(|chunk| chunk.rows > 0)
            .map(|chunk| chunk.get(0, 0));
        Ok((value.unwrap_or_default(), type_oid))
    }

    pub fn truth(&mut self, expression: &Expression) -> Result<bool> {
        let (value, type_oid) = self.evaluate(expression)?;
        Ok(self.coerce(value, type_oid, Oid::BOOL, -1)?.as_bool() == Some(true))
    }

    /// Casts as on assignment; where there is no cast, by way of text.
    pub fn coerce(&mut self, value: Datum, source: Oid, target: Oid, modifier: i32) -> Result<Datum> {
        if matches!(target, Oid::RECORD | Oid::VOID) || (source == target && modifier < 0 && !self.is_domain(target)) {
            return Ok(value);
        }
        let expr = Expr::constant(value.clone(), source);
        match analyze::coerce_expression(self.backend, expr, (target, modifier), true)? {
            Some(expr) => crate::executor::evaluate(self.backend, &expr, &[]),
            None if value.is_null() => Ok(Datum::Null),
            None => {
                let text = self.backend.output_text(source, &value).unwrap_or_default();
                kumquat_types::io::input(self.backend, target, modifier, &text)
            }
        }
    }

    fn is_domain(&self, oid: Oid) -> bool {
        matches!(Environment::user_type(self.backend, oid), Some(UserType::Domain(..)))
    }

    /// Stores a value in a variable, a field of a record or an element of an array.
    pub fn assign(&mut self, target: &Target, value: Datum, source: Oid) -> Result<()> {
        let name = target.name.as_slice();
        if let Some(slot) = self.variables.find(name) {
            let Some(variable) = self.variables.get(slot).cloned() else {
                return Ok(());
            };
            if variable.constant {
                return Err(Error::new(
                    SqlState::CANT_CHANGE_RUNTIME_PARAM,
                    format!("variable \"{}\" is declared CONSTANT", name.join(".")),
                ));
            }
            let value = if target.indirection.is_empty() {
                self.coerce(value, source, variable.type_oid, variable.type_modifier)?
            } else {
                self.assign_element(&variable, target, value, source)?
            };
            if variable.not_null && value.is_null() {
                return Err(Error::new(
                    SqlState::NULL_VALUE_NOT_ALLOWED,
                    format!(
                        "null value cannot be assigned to variable \"{}\" declared NOT NULL",
                        name.join(".")
                    ),
                ));
            }
            if let Some(variable) = self.variables.get_mut(slot) {
                variable.value = value;
            }
            return Ok(());
        }
        let Some((field, owner)) = name.split_last() else {
            return Ok(());
        };
        let slot = self.variables.find(owner).ok_or_else(|| {
            Error::new(
                SqlState::SYNTAX_ERROR,
                format!("\"{}\" is not a known variable", name.join(".")),
            )
        })?;
        let Some(variable) = self.variables.get(slot).cloned() else {
            return Ok(());
        };
        let mut row = with_fields(self.backend, &variable)?;
        let index = row.names.iter().position(|own| **own == **field).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("record \"{}\" has no field \"{field}\"", owner.join(".")),
            )
        })?;
        let (type_oid, modifier) = row.types.get(index).copied().unwrap_or((source, -1));
        let value = self.coerce(value, source, type_oid, modifier)?;
        if let Some(place) = row.values.get_mut(index) {
            *place = value;
        }
        if let Some(variable) = self.variables.get_mut(slot) {
            variable.value = Datum::Record(Arc::new(row));
        }
        Ok(())
    }

    /// `a[i] := x`: as an UPDATE of one column would do it.
    fn assign_element(&mut self, variable: &Variable, target: &Target, value: Datum, source: Oid) -> Result<Datum> {
        use kumquat_sql::ast::Indirection;
        let [Indirection::Index(index)] = target.indirection.as_slice() else {
            return Err(Error::not_modelled("this assignment to a part of a variable"));
        };
        let (mut parameters, values) = self.variables.parameters();
        let select = Statement::Select(Box::new(select_of(index.clone())));
        let query = analyze::analyze_query(self.backend, &select, &mut parameters)?;
        let rows = self
            .backend
            .execute_query(&Arc::new(query), &values)?
            .rows
            .unwrap_or_default();
        let position = rows.chunks.first().and_then(|chunk| chunk.get(0, 0).as_i64());
        let Some(position) = position.and_then(|position| i32::try_from(position).ok()) else {
            return Err(Error::new(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                "array subscript in assignment must not be null",
            ));
        };
        let element = self.backend.array_element(variable.type_oid).unwrap_or(source);
        let value = self.coerce(value, source, element, -1)?;
        let array = match &variable.value {
            Datum::Array(array) => array.as_ref().clone(),
            _ => kumquat_types::ArrayValue::empty(element),
        };
        Ok(Datum::Array(Arc::new(array.set(&[position], value)?)))
    }

    /// Stores a row in a list of targets, or in one record or composite variable.
    pub fn assign_row(&mut self, targets: &[Target], rows: &ResultSet, row: Option<Vec<Datum>>) -> Result<()> {
        let types: Vec<(Oid, i32)> = rows.columns.iter().map(|c| (c.type_oid, c.type_modifier)).collect();
        if let [target] = targets {
            let slot = self.variables.find(target.name.as_slice());
            let variable = slot.and_then(|slot| self.variables.get(slot)).cloned();
            if let (Some(slot), Some(variable)) = (slot, variable) {
                let composite = self.composite_fields(variable.type_oid);
                if variable.type_oid == Oid::RECORD || composite.is_some() {
                    let names: Vec<Name> = match &composite {
                        Some(fields) => fields.iter().map(|(name, _, _)| name.clone()).collect(),
                        None => rows.columns.iter().map(|column| column.name.clone()).collect(),
                    };
                    let values = row.unwrap_or_else(|| vec![Datum::Null; types.len()]);
                    if let Some(variable) = self.variables.get_mut(slot) {
                        variable.value = record(names, types, values);
                    }
                    return Ok(());
                }
            }
        }
        for (index, target) in targets.iter().enumerate() {
            let value = row.as_ref().and_then(|row| row.get(index)).cloned().unwrap_or_default();
            let source = types.get(index).map_or(Oid::TEXT, |(oid, _)| *oid);
            self.assign(target, value, source)?;
        }
        Ok(())
    }

    fn composite_fields(&self, oid: Oid) -> Option<Vec<(Name, Oid, i32)>> {
        match Environment::user_type(self.backend, oid) {
            Some(UserType::Composite(fields)) => Some(fields),
            _ => None,
        }
    }

    /// Sets FOUND and ROW_COUNT.
    pub fn note_rows(&mut self, count: u64) {
        self.row_count = count;
        self.variables.set_by_name("found", Datum::Bool(count > 0));
    }

    fn case(
        &mut self,
        operand: Option<&Expression>,
        whens: &[(Vec<Expression>, Vec<Stmt>)],
        otherwise: Option<&[Stmt]>,
    ) -> Result<Flow> {
        let subject = operand.map(|operand| self.evaluate(operand)).transpose()?;
        for (values, body) in whens {
            for value in values {
                let matched = match &subject {
                    None => self.truth(value)?,
                    Some((subject, type_oid)) => {
                        let (value, source) = self.evaluate(value)?;
                        let value = self.coerce(value, source, *type_oid, -1)?;
                        !subject.is_null() && !value.is_null() && kumquat_types::compare::same(subject, &value)
                    }
                };
                if matched {
                    return self.body(body);
                }
            }
        }
        match otherwise {
            Some(body) => self.body(body),
            None => Err(Error::new(SqlState("20000"), "case not found").hint("CASE statement is missing ELSE part.")),
        }
    }
}

/// `SELECT expr`.
fn select_of(expr: kumquat_sql::ast::Expr) -> kumquat_sql::ast::SelectStmt {
    use kumquat_sql::ast::{Location, ResTarget, SelectBody, SelectCore, SelectStmt};
    let target = ResTarget {
        name: None,
        indirection: Vec::new(),
        val: Some(expr),
        location: Location::UNKNOWN,
    };
    SelectStmt {
        with: None,
        body: SelectBody::Select(Box::new(SelectCore {
            target_list: vec![target],
            ..SelectCore::default()
        })),
        sort: Vec::new(),
        limit: Default::default(),
        locking: Vec::new(),
    }
}

/// Whether a handler's condition matches an error; OTHERS leaves cancellation and failed assertions alone.
fn catches(condition: &Condition, error: &Error) -> bool {
    let code = error.sqlstate.0;
    match condition {
        Condition::Others => !matches!(error.sqlstate, SqlState::QUERY_CANCELED | SqlState::ASSERT_FAILURE),
        Condition::SqlState(wanted) => wanted == code,
        Condition::Named(_, codes) => codes
            .iter()
            .any(|wanted| wanted == code || (wanted.ends_with("000") && wanted.get(..2) == code.get(..2))),
    }
}

/// What CONTEXT calls a statement (`plpgsql_stmt_typename`).
fn at_word(kind: &StmtKind) -> &'static str {
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
        StmtKind::Sql { .. } => "SQL statement",
        StmtKind::Perform(_) => "PERFORM",
        StmtKind::Execute { .. } => "EXECUTE",
        StmtKind::GetDiagnostics { .. } => "GET DIAGNOSTICS",
        StmtKind::Open { .. } => "OPEN",
        StmtKind::Fetch { .. } => "FETCH",
        StmtKind::Close(_) => "CLOSE",
        StmtKind::Commit { .. } => "COMMIT",
        StmtKind::Rollback { .. } => "ROLLBACK",
        StmtKind::Null => "NULL",
    }
}
