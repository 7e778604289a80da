//! PREPARE, EXECUTE, DEALLOCATE, DISCARD.

use std::sync::Arc;

use kumquat_sql::ast::{DeallocateStmt, DiscardStmt, ExecuteStmt, Expr, PrepareStmt};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use crate::analyze::{self, ExprContext, Parameters};
use crate::backend::Backend;
use crate::driver::Outcome;
use crate::result::CommandTag;
use crate::session::PreparedStatement;

impl Backend<'_> {
    pub fn prepare(&mut self, statement: &PrepareStmt, text: &str) -> Result<CommandTag> {
        if self.session.prepared.contains_key(statement.name.as_str()) {
            return Err(Error::new(
                SqlState::DUPLICATE_PREPARED_STATEMENT,
                format!("prepared statement \"{}\" already exists", statement.name),
            ));
        }
        let types = statement
            .arg_types
            .iter()
            .map(|name| Ok(Some(analyze::resolve_type(self, name)?.0)));
        let mut parameters = Parameters {
            types: types.collect::<Result<_>>()?,
            infer: true,
            ..Parameters::default()
        };
        let query = analyze::analyze_query(self, &statement.query, &mut parameters)?;
        let parameter_types = parameters.types.iter().enumerate().map(|(i, found)| {
            found.filter(|oid| *oid != Oid::UNKNOWN).ok_or_else(|| {
                Error::new(
                    SqlState::INDETERMINATE_DATATYPE,
                    format!("could not determine data type of parameter ${}", i + 1),
                )
            })
        });
        let prepared = PreparedStatement {
            name: statement.name.as_str().into(),
            text: text.trim_end().into(),
            parameter_types: parameter_types.collect::<Result<_>>()?,
            statement: statement.query.clone(),
            query: Some(Arc::new(query)),
            from_sql: true,
        };
        self.session.prepared.insert(prepared.name.clone(), Arc::new(prepared));
        Ok(CommandTag::new("PREPARE"))
    }

    pub fn execute_prepared(&mut self, statement: &ExecuteStmt) -> Result<Outcome> {
        let prepared = self.prepared_statement(&statement.name)?;
        let params = self.execute_arguments(&prepared, &statement.params)?;
        // Analyzed again, since the tables may have changed since PREPARE.
        let mut parameters = Parameters {
            types: prepared.parameter_types.iter().copied().map(Some).collect(),
            ..Parameters::default()
        };
        let query = analyze::analyze_query(self, &prepared.statement, &mut parameters)?;
        Ok(self.execute_query(&Arc::new(query), &params)?.into())
    }

    pub fn prepared_statement(&self, name: &str) -> Result<Arc<PreparedStatement>> {
        self.session.prepared.get(name).cloned().ok_or_else(|| {
            Error::new(
                SqlState::INVALID_SQL_STATEMENT_NAME,
                format!("prepared statement \"{name}\" does not exist"),
            )
        })
    }

    /// The values of EXECUTE's arguments, coerced to the parameters' types.
    pub fn execute_arguments(&mut self, prepared: &PreparedStatement, args: &[Expr]) -> Result<Vec<Datum>> {
        let expected = prepared.parameter_types.len();
        if args.len() != expected {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!(
                    "wrong number of parameters for prepared statement \"{}\"",
                    prepared.name
                ),
            )
            .detail(format!("Expected {expected} parameters but got {}.", args.len())));
        }
        let mut values = Vec::with_capacity(args.len());
        for (arg, type_oid) in args.iter().zip(&prepared.parameter_types) {
            let expr =
                analyze::analyze_expression(self, None, arg, ExprContext::ExecuteParameter, Some((*type_oid, -1)))?;
            values.push(crate::executor::evaluate(self, &expr, &[])?);
        }
        Ok(values)
    }

    pub fn deallocate(&mut self, statement: &DeallocateStmt) -> Result<CommandTag> {
        let Some(name) = &statement.name else {
            self.session.prepared.clear();
            return Ok(CommandTag::new("DEALLOCATE ALL"));
        };
        self.prepared_statement(name)?;
        self.session.prepared.remove(name.as_str());
        Ok(CommandTag::new("DEALLOCATE"))
    }

    pub fn discard(&mut self, statement: DiscardStmt) -> Result<CommandTag> {
        let tag = match statement {
            DiscardStmt::All => "DISCARD ALL",
            DiscardStmt::Plans => "DISCARD PLANS",
            DiscardStmt::Sequences => "DISCARD SEQUENCES",
            DiscardStmt::Temp => "DISCARD TEMP",
        };
        if statement == DiscardStmt::All {
            self.prevent_in_transaction_block(tag)?;
            self.session.settings.values = self.session.settings.reset.clone();
            self.session.current_user = self.session.authenticated_user;
            self.session.session_user = self.session.authenticated_user;
            self.session.prepared.clear();
            self.session.cursors.clear();
        }
        if matches!(statement, DiscardStmt::All | DiscardStmt::Sequences) {
            self.session.sequence_values.clear();
            self.session.last_sequence = None;
        }
        Ok(CommandTag::new(tag))
    }
}
