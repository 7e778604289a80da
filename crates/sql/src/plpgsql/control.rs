//! IF, CASE and the loops.

use kumquat_types::{Result, SqlState};

use super::ast::*;
use super::block::check_labels;
use super::reader::{Reader, Until};
use super::scope::{Kind, Level};
use crate::lexer::Tok;
use crate::parser::{error_at, syntax_error};

impl Reader<'_> {
    /// After IF.
    pub fn if_statement(&mut self) -> Result<StmtKind> {
        let mut branches = vec![self.branch()?];
        while self.eat_word("elsif") || self.eat_word("elseif") {
            branches.push(self.branch()?);
        }
        let otherwise = match self.eat_word("else") {
            true => self.statements()?,
            false => Vec::new(),
        };
        self.expect_word("end")?;
        self.expect_word("if")?;
        self.parser.expect(';')?;
        Ok(StmtKind::If { branches, otherwise })
    }

    fn branch(&mut self) -> Result<(Expression, Vec<Stmt>)> {
        let condition = self.expression(&[Until::Word("then")], "THEN")?;
        self.expect_word("then")?;
        Ok((condition, self.statements()?))
    }

    /// After CASE.
    pub fn case_statement(&mut self) -> Result<StmtKind> {
        let operand = match self.at_word("when") {
            true => None,
            false => Some(self.expression(&[Until::Word("when")], "WHEN")?),
        };
        let mut whens = Vec::new();
        while self.at_word("when") || whens.is_empty() {
            self.expect_word("when")?;
            let mut values = Vec::new();
            loop {
                // Without an operand the condition is a single expression.
                let comma: &[Until] = &[Until::Char(','), Until::Word("then")];
                let untils = if operand.is_some() {
                    comma
                } else {
                    &[Until::Word("then")]
                };
                values.push(self.expression(untils, "THEN")?);
                if !self.parser.eat(',') {
                    break;
                }
            }
            self.expect_word("then")?;
            whens.push((values, self.statements()?));
        }
        let otherwise = match self.eat_word("else") {
            true => Some(self.statements()?),
            false => None,
        };
        self.expect_word("end")?;
        self.expect_word("case")?;
        self.parser.expect(';')?;
        Ok(StmtKind::Case {
            operand,
            whens,
            otherwise,
        })
    }

    /// At LOOP: the body, to the end of the loop.
    fn loop_body(&mut self, label: Option<&str>) -> Result<Vec<Stmt>> {
        self.expect_word("loop")?;
        let body = self.statements()?;
        self.expect_word("end")?;
        self.expect_word("loop")?;
        let end_label = self.end_label()?;
        self.parser.expect(';')?;
        check_labels(label, end_label)?;
        Ok(body)
    }

    /// A loop of any kind, after its label.
    pub fn loop_statement(&mut self, label: Option<String>) -> Result<StmtKind> {
        self.scopes.push(Level::Loop, label.clone());
        let kind = if self.at_word("loop") {
            let body = self.loop_body(label.as_deref())?;
            StmtKind::Loop { label, body }
        } else if self.eat_word("while") {
            let condition = self.expression(&[Until::Word("loop")], "LOOP")?;
            let body = self.loop_body(label.as_deref())?;
            StmtKind::While { label, condition, body }
        } else if self.eat_word("for") {
            self.for_loop(label)?
        } else {
            self.expect_word("foreach")?;
            self.foreach_loop(label)?
        };
        self.scopes.pop();
        Ok(kind)
    }

    /// After FOR.
    fn for_loop(&mut self, label: Option<String>) -> Result<StmtKind> {
        let loop_variables = self.loop_variables()?;
        self.expect_word("in")?;
        if self.eat_word("execute") {
            let targets = self.row_targets(loop_variables)?;
            let dynamic = self.dynamic(&[Until::Word("loop"), Until::Word("using")], "LOOP or USING")?;
            let body = self.loop_body(label.as_deref())?;
            return Ok(StmtKind::ForExecute {
                label,
                targets,
                dynamic,
                body,
            });
        }
        if let Some(cursor) = self.bound_cursor() {
            return self.cursor_loop(label, loop_variables, cursor);
        }
        if self.scopes.variable(&self.path_ahead()) == Some(Kind::RefCursor) {
            let message = "cursor FOR loop must use a bound cursor variable";
            return syntax_error(message, self.parser.location());
        }
        let reverse_location = self.parser.location();
        let reverse = self.eat_word("reverse");
        if self.range_follows()? {
            return self.integer_loop(label, loop_variables, reverse);
        }
        if reverse {
            return syntax_error("cannot specify REVERSE in query FOR loop", reverse_location);
        }
        if self.at_word("loop") {
            return Err(self.parser.error_here("missing expression"));
        }
        let query = Box::new(self.loop_query()?);
        let targets = self.row_targets(loop_variables)?;
        let body = self.loop_body(label.as_deref())?;
        Ok(StmtKind::ForQuery {
            label,
            targets,
            query,
            body,
        })
    }

    /// `lower .. upper BY step LOOP`
    fn integer_loop(&mut self, label: Option<String>, variables: Vec<LoopVariable>, reverse: bool) -> Result<StmtKind> {
        let lower = self.expression(&[Until::DotDot], "..")?;
        self.parser.bump();
        let upper = self.expression(&[Until::Word("loop"), Until::Word("by")], "LOOP")?;
        let step = match self.eat_word("by") {
            true => Some(self.expression(&[Until::Word("loop")], "LOOP")?),
            false => None,
        };
        let [variable] = variables.as_slice() else {
            let location = variables.first().map(|v| v.location).unwrap_or_default();
            return syntax_error("integer FOR loop must have only one target variable", location);
        };
        let variable = variable.name.join(".");
        self.scopes.declare(&variable, Kind::Scalar);
        let body = self.loop_body(label.as_deref())?;
        Ok(StmtKind::ForInteger {
            label,
            variable,
            reverse,
            lower,
            upper,
            step,
            body,
        })
    }

    /// The cursor with a query that stands here, if one does.
    fn bound_cursor(&self) -> Option<String> {
        let Tok::Ident(name) = self.parser.tok() else {
            return None;
        };
        let variable = self.scopes.variable(std::slice::from_ref(name));
        matches!(variable, Some(Kind::Cursor { .. })).then(|| name.clone())
    }

    fn cursor_loop(&mut self, label: Option<String>, variables: Vec<LoopVariable>, cursor: String) -> Result<StmtKind> {
        let location = variables.first().map(|v| v.location).unwrap_or_default();
        let [variable] = variables.as_slice() else {
            return syntax_error("cursor FOR loop must have only one target variable", location);
        };
        let variable = variable.name.join(".");
        self.parser.bump();
        let arguments = self.cursor_arguments(&cursor)?;
        self.scopes.declare(&variable, Kind::Composite);
        let body = self.loop_body(label.as_deref())?;
        Ok(StmtKind::ForCursor {
            label,
            variable,
            cursor,
            arguments,
            body,
        })
    }

    /// After FOREACH.
    fn foreach_loop(&mut self, label: Option<String>) -> Result<StmtKind> {
        let variables = self.loop_variables()?;
        if let Some(variable) = variables.iter().find(|v| self.scopes.variable(&v.name).is_none()) {
            let message = "loop variable of FOREACH must be a known variable or list of variables";
            return syntax_error(message, variable.location);
        }
        for variable in &variables {
            self.check_assignable(&variable.name, variable.location)?;
        }
        let targets = variables.into_iter().map(LoopVariable::target).collect();
        let slice = match self.eat_word("slice") {
            true => self.parser.iconst()?,
            false => 0,
        };
        self.expect_word("in")?;
        self.expect_word("array")?;
        let array = self.expression(&[Until::Word("loop")], "LOOP")?;
        let body = self.loop_body(label.as_deref())?;
        Ok(StmtKind::Foreach {
            label,
            targets,
            slice,
            array,
            body,
        })
    }

    /// The names after FOR, known or not. Of several all must be known.
    fn loop_variables(&mut self) -> Result<Vec<LoopVariable>> {
        let mut variables = vec![self.loop_variable()?];
        while self.parser.at(',') {
            self.check_known(variables.first())?;
            self.parser.bump();
            variables.push(self.loop_variable()?);
            self.check_known(variables.last())?;
        }
        Ok(variables)
    }

    fn check_known(&self, variable: Option<&LoopVariable>) -> Result<()> {
        match variable {
            Some(v) if self.scopes.variable(&v.name).is_none() => {
                Err(super::reader::unknown_variable(&v.name.join("."), v.location))
            }
            _ => Ok(()),
        }
    }

    fn loop_variable(&mut self) -> Result<LoopVariable> {
        let location = self.parser.location();
        let mut name = vec![self.any_identifier()?];
        while self.parser.eat('.') {
            name.push(self.any_identifier()?);
        }
        Ok(LoopVariable { name, location })
    }

    /// The variables of a loop over rows, which must be known.
    fn row_targets(&self, variables: Vec<LoopVariable>) -> Result<Vec<Target>> {
        if let Some(variable) = variables.iter().find(|v| self.scopes.variable(&v.name).is_none()) {
            let message = "loop variable of loop over rows must be a record variable or list of scalar variables";
            return syntax_error(message, variable.location);
        }
        for variable in &variables {
            self.check_assignable(&variable.name, variable.location)?;
        }
        Ok(variables.into_iter().map(LoopVariable::target).collect())
    }

    /// After EXIT or CONTINUE, which stands at `location`.
    pub fn exit_statement(&mut self, is_exit: bool, location: crate::ast::Location) -> Result<StmtKind> {
        let mut label = None;
        if !self.parser.at(';') && !self.at_word("when") {
            let label_location = self.parser.location();
            let name = self.any_identifier()?;
            match self.scopes.label(&name) {
                Some(Level::Block) if !is_exit => {
                    let message = format!("block label \"{name}\" cannot be used in CONTINUE");
                    return syntax_error(message, label_location);
                }
                Some(_) => label = Some(name),
                None => {
                    let message =
                        format!("there is no label \"{name}\" attached to any block or loop enclosing this statement");
                    return Err(error_at(SqlState::SYNTAX_ERROR, message, label_location));
                }
            }
        }
        let condition = match self.eat_word("when") {
            true => Some(self.last_expression(false)?),
            false => {
                self.parser.expect(';')?;
                None
            }
        };
        if label.is_none() && !self.scopes.in_loop() {
            let message = match is_exit {
                true => "EXIT cannot be used outside a loop, unless it has a label",
                false => "CONTINUE cannot be used outside a loop",
            };
            return syntax_error(message, location);
        }
        Ok(StmtKind::Exit {
            is_exit,
            label,
            condition,
        })
    }
}

/// A name after FOR or FOREACH.
struct LoopVariable {
    name: crate::ast::Name,
    location: crate::ast::Location,
}

impl LoopVariable {
    fn target(self) -> Target {
        Target {
            name: self.name,
            indirection: Vec::new(),
            location: self.location,
        }
    }
}
