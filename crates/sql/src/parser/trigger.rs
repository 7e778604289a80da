//! CREATE TRIGGER, EVENT TRIGGER, RULE, POLICY.

use kumquat_types::{Error, Result, SqlState};

use super::cursor::{Parser, error_at};
use super::options::def_elem;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// At `[CONSTRAINT] TRIGGER`.
    pub fn create_trigger(&mut self, replace: bool) -> Result<Statement> {
        let is_constraint = self.eat(K::Constraint);
        self.expect(K::Trigger)?;
        let name = self.col_id()?;
        let timing = if self.eat(K::After) {
            TriggerTiming::After
        } else if !is_constraint && self.eat(K::Before) {
            TriggerTiming::Before
        } else if !is_constraint && self.eat_all(K::Instead, &[K::Of])? {
            TriggerTiming::InsteadOf
        } else {
            return self.unexpected();
        };
        let (events, columns) = self.trigger_events()?;
        self.expect(K::On)?;
        let relation = self.qualified_name()?;
        let mut stmt = CreateTrigStmt {
            replace,
            is_constraint,
            name,
            relation,
            function: Vec::new(),
            args: Vec::new(),
            row: false,
            timing,
            events,
            columns,
            when_clause: None,
            transition_rels: Vec::new(),
            constraint_relation: None,
            attributes: ConstraintAttributes::default(),
        };
        match is_constraint {
            true => self.constraint_trigger_clauses(&mut stmt)?,
            false => self.trigger_clauses(&mut stmt)?,
        }
        if self.eat(K::When) {
            stmt.when_clause = Some(self.parenthesized_expr()?);
        }
        self.expect(K::Execute)?;
        self.expect_one_of(&[(K::Function, ()), (K::Procedure, ())])?;
        stmt.function = self.func_name()?;
        self.expect('(')?;
        // PostgreSQL lets the first argument be missing where others follow it.
        if !self.at(')') && !self.at(',') {
            stmt.args.push(self.trigger_argument()?);
        }
        while self.eat(',') {
            stmt.args.push(self.trigger_argument()?);
        }
        self.expect(')')?;
        if replace && is_constraint {
            let message = "CREATE OR REPLACE CONSTRAINT TRIGGER is not supported";
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
        }
        Ok(Statement::CreateTrig(Box::new(stmt)))
    }

    fn constraint_trigger_clauses(&mut self, stmt: &mut CreateTrigStmt) -> Result<()> {
        if self.eat(K::From) {
            stmt.constraint_relation = Some(self.qualified_name()?);
        }
        let allowed = super::constraint::Allowed {
            deferrable: true,
            not_valid: false,
            no_inherit: false,
        };
        stmt.attributes = self.checked_attributes("TRIGGER", allowed)?;
        self.expect_all(&[K::For, K::Each, K::Row])?;
        stmt.row = true;
        Ok(())
    }

    fn trigger_clauses(&mut self, stmt: &mut CreateTrigStmt) -> Result<()> {
        if self.eat(K::Referencing) {
            while self.at_any(&[K::Old, K::New]) {
                let is_new = self.eat(K::New) || !self.eat(K::Old);
                let is_table = self.expect_one_of(&[(K::Table, true), (K::Row, false)])?;
                self.eat(K::As);
                let name = self.col_id()?;
                stmt.transition_rels.push(TriggerTransition { name, is_new, is_table });
            }
            if stmt.transition_rels.is_empty() {
                return self.unexpected();
            }
        }
        if self.eat(K::For) {
            self.eat(K::Each);
            stmt.row = self.expect_one_of(&[(K::Row, true), (K::Statement, false)])?;
        }
        Ok(())
    }

    fn trigger_events(&mut self) -> Result<(TriggerEvents, Vec<String>)> {
        let mut events = TriggerEvents::default();
        let mut columns = Vec::new();
        loop {
            // PostgreSQL notices a duplicate once the event is complete, which UPDATE is with the token
            // after it.
            let mut duplicate = self.error_here("duplicate trigger events specified");
            let event = match self.keyword() {
                Some(K::Insert) => &mut events.insert,
                Some(K::Delete) => &mut events.delete,
                Some(K::Update) => &mut events.update,
                Some(K::Truncate) => &mut events.truncate,
                _ => return self.unexpected(),
            };
            let twice = std::mem::replace(event, true);
            let update = self.at(K::Update);
            self.bump();
            if update {
                if self.eat(K::Of) {
                    columns = self.name_list()?;
                }
                duplicate = self.error_here("duplicate trigger events specified");
            }
            if twice {
                return Err(duplicate);
            }
            if !self.eat(K::Or) {
                return Ok((events, columns));
            }
        }
    }

    /// A number, a string or a word: all of them are strings to the trigger.
    fn trigger_argument(&mut self) -> Result<String> {
        match self.tok() {
            Tok::Iconst(value) => {
                let value = value.to_string();
                self.bump();
                Ok(value)
            }
            Tok::Fconst(digits) => {
                let digits = digits.clone();
                self.bump();
                Ok(digits)
            }
            Tok::Sconst(_) => self.sconst(),
            _ => self.col_label(),
        }
    }

    /// After `CREATE EVENT TRIGGER`.
    pub fn create_event_trigger(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        self.expect(K::On)?;
        let event = self.col_label()?;
        let mut when_clause = Vec::new();
        if self.eat(K::When) {
            loop {
                let location = self.location();
                let variable = self.col_id()?;
                self.expect(K::In)?;
                let values = self.parenthesized_list(Self::sconst)?;
                when_clause.push(def_elem(&variable, Some(DefArg::List(values)), location));
                if !self.eat(K::And) {
                    break;
                }
            }
        }
        self.expect(K::Execute)?;
        self.expect_one_of(&[(K::Function, ()), (K::Procedure, ())])?;
        let function = self.func_name()?;
        self.expect('(')?;
        self.expect(')')?;
        Ok(Statement::CreateEventTrig(Box::new(CreateEventTrigStmt {
            name,
            event,
            when_clause,
            function,
        })))
    }

    /// After `CREATE RULE`.
    pub fn create_rule(&mut self, replace: bool) -> Result<Statement> {
        let name = self.col_id()?;
        self.expect_all(&[K::As, K::On])?;
        let event = self.expect_one_of(&[
            (K::Select, RuleEvent::Select),
            (K::Update, RuleEvent::Update),
            (K::Delete, RuleEvent::Delete),
            (K::Insert, RuleEvent::Insert),
        ])?;
        self.expect(K::To)?;
        let relation = self.qualified_name()?;
        let where_clause = self.where_clause()?;
        self.expect(K::Do)?;
        let instead = self
            .eat_one_of(&[(K::Instead, true), (K::Also, false)])
            .unwrap_or(false);
        let mut actions = Vec::new();
        if !self.eat(K::Nothing) {
            // A query in parentheses is taken for a list of actions, as in PostgreSQL.
            if self.eat('(') {
                loop {
                    if !self.at(')') && !self.at(';') {
                        actions.push(self.rule_action()?);
                    }
                    if !self.eat(';') {
                        break;
                    }
                }
                self.expect(')')?;
            } else {
                actions.push(self.rule_action()?);
            }
        }
        Ok(Statement::Rule(Box::new(RuleStmt {
            replace,
            name,
            relation,
            event,
            where_clause,
            instead,
            actions,
        })))
    }

    fn rule_action(&mut self) -> Result<Statement> {
        match self.at(K::Notify) {
            true => self.notify_stmt(),
            false => self.preparable_stmt(),
        }
    }

    /// After `CREATE POLICY`.
    pub fn create_policy(&mut self) -> Result<Statement> {
        let name = self.col_id()?;
        self.expect(K::On)?;
        let table = self.qualified_name()?;
        let permissive = self.policy_permissive()?;
        let command = match self.eat(K::For) {
            false => "all",
            true => self.expect_one_of(&[
                (K::All, "all"),
                (K::Select, "select"),
                (K::Insert, "insert"),
                (K::Update, "update"),
                (K::Delete, "delete"),
            ])?,
        };
        let location = Location::UNKNOWN;
        let roles = match self.eat(K::To) {
            true => self.role_list()?,
            false => vec![RoleSpec {
                kind: RoleSpecKind::Public,
                location,
            }],
        };
        let (using, with_check) = self.policy_expressions()?;
        Ok(Statement::CreatePolicy(Box::new(CreatePolicyStmt {
            name,
            table,
            command: command.to_owned(),
            permissive,
            roles,
            using,
            with_check,
        })))
    }

    /// `AS PERMISSIVE`, `AS RESTRICTIVE`
    fn policy_permissive(&mut self) -> Result<bool> {
        if !self.eat(K::As) {
            return Ok(true);
        }
        let location = self.location();
        if !matches!(self.tok(), Tok::Ident(_)) {
            return self.unexpected();
        }
        match self.col_id()?.as_str() {
            "permissive" => Ok(true),
            "restrictive" => Ok(false),
            other => {
                let message = format!("unrecognized row security option \"{other}\"");
                Err(error_at(SqlState::SYNTAX_ERROR, message, location)
                    .hint("Only PERMISSIVE or RESTRICTIVE policies are supported currently."))
            }
        }
    }

    /// `USING (expression) WITH CHECK (expression)`
    pub fn policy_expressions(&mut self) -> Result<(Option<Expr>, Option<Expr>)> {
        let using = match self.eat(K::Using) {
            true => Some(self.parenthesized_expr()?),
            false => None,
        };
        let with_check = match self.eat_all(K::With, &[K::Check])? {
            true => Some(self.parenthesized_expr()?),
            false => None,
        };
        Ok((using, with_check))
    }
}
