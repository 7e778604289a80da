//! CREATE FUNCTION and PROCEDURE, DO, CALL.

use kumquat_types::{Result, SqlState};

use super::cursor::{Parser, QUERY, error_at, syntax_error};
use super::options::{def_elem, flag};
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::keywords::KeywordCategory;

impl Parser<'_> {
    /// After `CREATE FUNCTION` or `CREATE PROCEDURE`.
    pub fn create_function(&mut self, is_procedure: bool, replace: bool) -> Result<Statement> {
        let name = self.func_name()?;
        let mut parameters = self.func_args(true)?;
        let mut return_type = None;
        if !is_procedure && self.at(K::Returns) && !self.at_ahead(1, K::Null) {
            self.bump();
            let location = self.location();
            if self.eat(K::Table) {
                let columns = self.parenthesized_list(Self::table_func_parameter)?;
                return_type = Some(table_func_type(&columns, location));
                merge_table_columns(&mut parameters, columns)?;
            } else {
                return_type = Some(self.func_type()?);
            }
        }
        let mut options = Vec::new();
        while let Some(option) = self.function_option()? {
            options.push(option);
        }
        let sql_body = self.routine_body()?;
        Ok(Statement::CreateFunction(Box::new(CreateFunctionStmt {
            is_procedure,
            replace,
            name,
            parameters,
            return_type,
            options,
            sql_body,
        })))
    }

    /// A column of RETURNS TABLE.
    fn table_func_parameter(&mut self) -> Result<FunctionParameter> {
        Ok(FunctionParameter {
            name: Some(self.type_function_name()?),
            type_name: self.func_type()?,
            mode: FunctionParameterMode::Table,
            default: None,
        })
    }

    /// `(arguments)`, with or without defaults.
    pub fn func_args(&mut self, with_defaults: bool) -> Result<Vec<FunctionParameter>> {
        self.expect('(')?;
        let args = match self.at(')') {
            true => Vec::new(),
            false => self.comma_list(|p| p.func_parameter(with_defaults))?,
        };
        self.expect(')')?;
        Ok(args)
    }

    /// `mode name type`, `name mode type`, `name type`, `mode type` or `type`
    fn func_parameter(&mut self, with_defaults: bool) -> Result<FunctionParameter> {
        let mut mode = self.parameter_mode();
        let next_is_mode = [K::In, K::Out, K::Inout, K::Variadic]
            .iter()
            .any(|word| self.at_ahead(1, *word));
        let named = self.at_type_function_name() && (self.at_type_ahead() || mode.is_none() && next_is_mode);
        let name = match named {
            true => Some(self.type_function_name()?),
            false => None,
        };
        if mode.is_none() && named {
            mode = self.parameter_mode();
        }
        let type_name = self.func_type()?;
        let default = match with_defaults && (self.eat(K::Default) || self.eat('=')) {
            true => Some(self.expr()?),
            false => None,
        };
        Ok(FunctionParameter {
            name,
            type_name,
            mode: mode.unwrap_or_default(),
            default,
        })
    }

    fn parameter_mode(&mut self) -> Option<FunctionParameterMode> {
        if self.eat_both(K::In, K::Out) {
            return Some(FunctionParameterMode::InOut);
        }
        self.eat_one_of(&[
            (K::In, FunctionParameterMode::In),
            (K::Out, FunctionParameterMode::Out),
            (K::Inout, FunctionParameterMode::InOut),
            (K::Variadic, FunctionParameterMode::Variadic),
        ])
    }

    /// Whether a type begins after the current word, which is a parameter's name then.
    fn at_type_ahead(&self) -> bool {
        match self.word_category(1) {
            Some(KeywordCategory::Unreserved | KeywordCategory::TypeFuncName) => true,
            Some(KeywordCategory::ColName) => [
                K::Int,
                K::Integer,
                K::Smallint,
                K::Bigint,
                K::Real,
                K::Float,
                K::Decimal,
                K::Dec,
                K::Numeric,
                K::Boolean,
                K::Bit,
                K::Character,
                K::Char,
                K::Varchar,
                K::Nchar,
                K::National,
                K::Time,
                K::Timestamp,
                K::Interval,
                K::Setof,
            ]
            .iter()
            .any(|word| self.at_ahead(1, *word)),
            _ => false,
        }
    }

    /// The arguments of an aggregate, and how many of them are direct (-1: none are set apart).
    pub fn aggregate_args(&mut self) -> Result<(Vec<FunctionParameter>, i32)> {
        self.expect('(')?;
        if self.eat('*') {
            self.expect(')')?;
            return Ok((Vec::new(), -1));
        }
        let mut direct = Vec::new();
        if !self.at(K::Order) {
            direct = self.comma_list(Self::aggregate_parameter)?;
        }
        let mut ordered = Vec::new();
        let ordered_set = self.eat_all(K::Order, &[K::By])?;
        if ordered_set {
            ordered = self.comma_list(Self::aggregate_parameter)?;
        }
        self.expect(')')?;
        match ordered_set {
            true => ordered_set_args(direct, ordered),
            false => Ok((direct, -1)),
        }
    }

    fn aggregate_parameter(&mut self) -> Result<FunctionParameter> {
        let location = self.location();
        let parameter = self.func_parameter(false)?;
        use FunctionParameterMode::{Default, In, Variadic};
        if !matches!(parameter.mode, Default | In | Variadic) {
            let message = "aggregates cannot have output arguments";
            return Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, location));
        }
        Ok(parameter)
    }

    /// An option of CREATE FUNCTION, if one begins here.
    fn function_option(&mut self) -> Result<Option<DefElem>> {
        let location = self.location();
        let arg = match self.keyword() {
            Some(K::As) => {
                self.bump();
                let mut parts = vec![self.sconst()?];
                if self.eat(',') {
                    parts.push(self.sconst()?);
                }
                return Ok(Some(def_elem("as", Some(DefArg::List(parts)), location)));
            }
            Some(K::Language) => {
                self.bump();
                return Ok(Some(language(self.non_reserved_word_or_sconst()?, location)));
            }
            Some(K::Transform) => {
                self.bump();
                self.comma_list(|p| {
                    p.expect_all(&[K::For, K::Type])?;
                    p.type_name()
                })?;
                return Ok(Some(def_elem("transform", None, location)));
            }
            Some(K::Window) => {
                self.bump();
                Some(flag("window", true, location))
            }
            _ => self.common_function_option()?,
        };
        Ok(arg)
    }

    /// An option of CREATE and of ALTER FUNCTION, if one begins here.
    pub fn common_function_option(&mut self) -> Result<Option<DefElem>> {
        let location = self.location();
        let Some(keyword) = self.keyword() else {
            return Ok(None);
        };
        let volatility = |word: &str| def_elem("volatility", Some(DefArg::String(word.into())), location);
        Ok(Some(match keyword {
            K::Called => {
                self.expect_all(&[K::Called, K::On, K::Null, K::Input])?;
                flag("strict", false, location)
            }
            K::Returns => {
                self.expect_all(&[K::Returns, K::Null, K::On, K::Null, K::Input])?;
                flag("strict", true, location)
            }
            K::Strict => {
                self.bump();
                flag("strict", true, location)
            }
            K::Immutable => {
                self.bump();
                volatility("immutable")
            }
            K::Stable => {
                self.bump();
                volatility("stable")
            }
            K::Volatile => {
                self.bump();
                volatility("volatile")
            }
            K::External | K::Security => {
                self.eat(K::External);
                self.expect(K::Security)?;
                let definer = self.expect_one_of(&[(K::Definer, true), (K::Invoker, false)])?;
                flag("security", definer, location)
            }
            K::Leakproof => {
                self.bump();
                flag("leakproof", true, location)
            }
            K::Not => {
                self.expect_all(&[K::Not, K::Leakproof])?;
                flag("leakproof", false, location)
            }
            K::Cost => {
                self.bump();
                def_elem("cost", Some(self.numeric_only()?), location)
            }
            K::Rows => {
                self.bump();
                def_elem("rows", Some(self.numeric_only()?), location)
            }
            K::Support => {
                self.bump();
                def_elem("support", Some(DefArg::List(self.any_name()?)), location)
            }
            K::Parallel => {
                self.bump();
                def_elem("parallel", Some(DefArg::String(self.col_id()?)), location)
            }
            K::Set => {
                self.bump();
                let set = self.set_rest_more()?;
                def_elem("set", Some(DefArg::Set(Box::new(set))), location)
            }
            K::Reset => {
                let set = self.reset_stmt()?;
                def_elem("set", Some(DefArg::Set(Box::new(set))), location)
            }
            _ => return Ok(None),
        }))
    }

    /// `RETURN expression` or `BEGIN ATOMIC ... END`
    fn routine_body(&mut self) -> Result<Option<FunctionBody>> {
        if self.eat(K::Return) {
            return Ok(Some(FunctionBody::Return(self.expr()?)));
        }
        if !self.eat_all(K::Begin, &[K::Atomic])? {
            return Ok(None);
        }
        let mut statements = Vec::new();
        while !self.eat(K::End) {
            let statement = match self.eat(K::Return) {
                true => Statement::Return(Box::new(self.expr()?)),
                false if self.at(K::Begin) => return self.unexpected(),
                false => self.nested(QUERY, Self::statement)?,
            };
            self.expect(';')?;
            if !matches!(statement, Statement::Empty) {
                statements.push(statement);
            }
        }
        Ok(Some(FunctionBody::Atomic(statements)))
    }

    pub fn do_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Do)?;
        let mut args = Vec::new();
        loop {
            let location = self.location();
            if self.at_sconst() {
                args.push(def_elem("as", Some(DefArg::String(self.sconst()?)), location));
            } else if self.eat(K::Language) {
                args.push(language(self.non_reserved_word_or_sconst()?, location));
            } else if args.is_empty() {
                return self.unexpected();
            } else {
                return Ok(Statement::Do(Box::new(DoStmt { args })));
            }
        }
    }

    pub fn call_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Call)?;
        let location = self.location();
        let name = self.func_name()?;
        let call = self.func_application(name, location)?;
        Ok(Statement::Call(Box::new(CallStmt { call: *call })))
    }
}

fn language(name: String, location: Location) -> DefElem {
    def_elem("language", Some(DefArg::String(name)), location)
}

/// The result of a RETURNS TABLE function: its one column's type, or a record; always a set.
fn table_func_type(columns: &[FunctionParameter], location: Location) -> TypeName {
    let mut type_name = match columns {
        [column] => column.type_name.clone(),
        _ => super::types::type_name_of(super::names::system_name("record"), location),
    };
    type_name.setof = true;
    type_name.location = location;
    type_name
}

/// Adds the columns of RETURNS TABLE to the parameters, which then must all be inputs.
fn merge_table_columns(parameters: &mut Vec<FunctionParameter>, columns: Vec<FunctionParameter>) -> Result<()> {
    use FunctionParameterMode::{Default, In, Variadic};
    if parameters.iter().any(|p| !matches!(p.mode, Default | In | Variadic)) {
        let message = "OUT and INOUT arguments aren't allowed in TABLE functions";
        return syntax_error(message, Location::UNKNOWN);
    }
    parameters.extend(columns);
    Ok(())
}

/// The arguments of an ordered-set aggregate. A VARIADIC one is both direct and aggregated, and then it
/// is the only one aggregated.
fn ordered_set_args(
    mut direct: Vec<FunctionParameter>,
    ordered: Vec<FunctionParameter>,
) -> Result<(Vec<FunctionParameter>, i32)> {
    let count = i32::try_from(direct.len()).unwrap_or(i32::MAX);
    let is_variadic = |p: &FunctionParameter| p.mode == FunctionParameterMode::Variadic;
    match (direct.last(), ordered.first()) {
        (Some(last), Some(first)) if is_variadic(last) => {
            if ordered.len() != 1 || !is_variadic(first) || first.type_name != last.type_name {
                let message = "an ordered-set aggregate with a VARIADIC direct argument must have \
                               one VARIADIC aggregated argument of the same data type";
                let location = first.type_name.location;
                return Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, location));
            }
        }
        _ => direct.extend(ordered),
    }
    Ok((direct, count))
}
