//! Function calls: the ordinary ones, with what aggregates and window functions add, and those the
//! standard gives a syntax of their own.

use kumquat_types::Result;

use super::cursor::{Parser, Place, syntax_error};
use super::expression::{call, cast, operator_of, sql_call};
use super::names::{not_modelled, system_name};
use super::types::{int_const, type_name_of};
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// After the name of a function or a type: the call, or the literal.
    pub fn function_or_typed_literal(&mut self, name: Name, location: Location) -> Result<Expr> {
        if self.at_sconst() {
            return self.typed_literal(type_name_of(name, location));
        }
        let call = self.func_application(name, location)?;
        if self.at_sconst() && !(call.agg_star || call.agg_distinct || call.func_variadic || call.args.is_empty()) {
            return self.literal_of_type_with_modifiers(call);
        }
        self.aggregate_clauses(call)
    }

    /// `type(modifiers) 'literal'`, of which the first part was read as a call.
    #[inline(never)]
    fn literal_of_type_with_modifiers(&mut self, call: Box<FuncCall>) -> Result<Expr> {
        for arg in &call.args {
            if let Expr::NamedArg(arg) = arg {
                return syntax_error("type modifier cannot have parameter name", arg.location);
            }
        }
        if !call.agg_order.is_empty() {
            return syntax_error("type modifier cannot have ORDER BY", call.location);
        }
        let FuncCall {
            name, args, location, ..
        } = *call;
        let mut type_name = type_name_of(name, location);
        type_name.typmods = args;
        self.typed_literal(type_name)
    }

    /// The arguments of a call, in their parentheses.
    #[inline(never)]
    pub fn func_application(&mut self, name: Name, location: Location) -> Result<Box<FuncCall>> {
        let mut call = Box::new(call(name, Vec::new(), location));
        self.in_parens(|p| {
            if p.at(')') {
                return Ok(());
            }
            if p.eat('*') {
                call.agg_star = true;
                return Ok(());
            }
            call.agg_distinct = p.eat(K::Distinct);
            let plain = call.agg_distinct || p.eat(K::All);
            loop {
                call.func_variadic = !plain && p.eat(K::Variadic);
                call.args.push(p.func_arg()?);
                if call.func_variadic || !p.eat(',') {
                    break;
                }
            }
            call.agg_order = p.opt_sort_clause()?;
            Ok(())
        })?;
        Ok(call)
    }

    /// An argument, perhaps with its parameter's name.
    #[inline(never)]
    fn func_arg(&mut self) -> Result<Expr> {
        let named = self.at_type_function_name() && matches!(self.tok_at(1), Tok::ColonEquals | Tok::EqualsGreater);
        if !named {
            return self.expr();
        }
        let location = self.location();
        let name = self.type_function_name()?;
        self.bump();
        let arg = self.expr()?;
        Ok(Expr::NamedArg(Box::new(NamedArgExpr { name, arg, location })))
    }

    /// `WITHIN GROUP`, `FILTER`, `OVER`
    #[inline(never)]
    fn aggregate_clauses(&mut self, mut call: Box<FuncCall>) -> Result<Expr> {
        let location = self.location();
        if self.eat_all(K::Within, &[K::Group])? {
            let order = self.in_parens(Self::sort_clause)?;
            let clash = [
                (!call.agg_order.is_empty(), "multiple ORDER BY clauses"),
                (call.agg_distinct, "DISTINCT"),
                (call.func_variadic, "VARIADIC"),
            ];
            if let Some((_, what)) = clash.iter().find(|(clashes, _)| *clashes) {
                return syntax_error(format!("cannot use {what} with WITHIN GROUP"), location);
            }
            call.agg_order = order;
            call.agg_within_group = true;
        }
        if self.eat(K::Filter) {
            call.agg_filter = Some(self.in_parens(|p| {
                p.expect(K::Where)?;
                p.expr()
            })?);
        }
        if self.eat(K::Over) {
            call.over = Some(self.over_clause()?);
        }
        Ok(Expr::FuncCall(call))
    }

    /// A function in FROM, or as the key of an index: without FILTER and OVER.
    pub fn windowless_function(&mut self) -> Result<Expr> {
        if let Some(keyword) = self.keyword()
            && let Some(expr) = self.special_function(keyword)?
        {
            return Ok(expr);
        }
        let location = self.location();
        let name = self.func_name()?;
        if !self.at('(') {
            return self.unexpected();
        }
        Ok(Expr::FuncCall(self.func_application(name, location)?))
    }

    /// Whether what stands here is a function rather than a column or a table.
    pub fn at_function(&self) -> bool {
        if let Some(keyword) = self.keyword() {
            let paren = self.at_ahead(1, '(');
            match keyword {
                K::CurrentDate
                | K::CurrentTime
                | K::CurrentTimestamp
                | K::Localtime
                | K::Localtimestamp
                | K::CurrentRole
                | K::CurrentUser
                | K::SessionUser
                | K::User
                | K::CurrentCatalog
                | K::CurrentSchema
                | K::Cast => return true,
                K::Collation if self.at_ahead(1, K::For) => return true,
                K::Extract
                | K::Normalize
                | K::Overlay
                | K::Position
                | K::Substring
                | K::Treat
                | K::Trim
                | K::Nullif
                | K::Greatest
                | K::Least
                | K::Coalesce
                | K::Xmlconcat
                | K::Xmlelement
                | K::Xmlexists
                | K::Xmlforest
                | K::Xmlparse
                | K::Xmlpi
                | K::Xmlroot
                | K::Xmlserialize => return paren,
                _ => {}
            }
        }
        let mut ahead = 1;
        while self.at_ahead(ahead, '.') {
            ahead += 2;
        }
        self.at_ahead(ahead, '(') && (ahead > 1 || self.at_type_function_name())
    }

    /// A function with a syntax of its own, if one stands here.
    #[inline(never)]
    pub fn special_function(&mut self, keyword: K) -> Result<Option<Expr>> {
        use SqlValueFunctionOp::*;
        let paren = self.at_ahead(1, '(');
        let location = self.location();
        Ok(Some(match keyword {
            K::CurrentDate => self.sql_value(CurrentDate, false)?,
            K::CurrentTime => self.sql_value(CurrentTime, true)?,
            K::CurrentTimestamp => self.sql_value(CurrentTimestamp, true)?,
            K::Localtime => self.sql_value(LocalTime, true)?,
            K::Localtimestamp => self.sql_value(LocalTimestamp, true)?,
            K::CurrentRole => self.sql_value(CurrentRole, false)?,
            K::CurrentUser => self.sql_value(CurrentUser, false)?,
            K::SessionUser => self.sql_value(SessionUser, false)?,
            K::User => self.sql_value(User, false)?,
            K::CurrentCatalog => self.sql_value(CurrentCatalog, false)?,
            K::CurrentSchema if !paren && !matches!(self.tok_at(1), Tok::Sconst(_)) => {
                self.sql_value(CurrentSchema, false)?
            }
            K::Cast => {
                self.bump();
                self.in_parens(|p| {
                    let arg = p.expr()?;
                    p.expect(K::As)?;
                    let type_name = p.type_name()?;
                    Ok(cast(arg, type_name, location))
                })?
            }
            K::Collation if self.at_ahead(1, K::For) => {
                self.bump();
                self.bump();
                let arg = self.parenthesized_expr()?;
                sql_call("pg_collation_for", vec![arg], location)
            }
            _ if !paren => return Ok(None),
            K::Extract => self.extract()?,
            K::Normalize => self.normalize()?,
            K::Overlay => self.overlay()?,
            K::Position => self.position()?,
            K::Substring => self.substring()?,
            K::Treat => self.treat()?,
            K::Trim => self.trim()?,
            K::Nullif => {
                self.bump();
                self.in_parens(|p| {
                    let left = p.expr()?;
                    p.expect(',')?;
                    let right = p.expr()?;
                    Ok(operator_of(AExprKind::NullIf, "=", left, right, location))
                })?
            }
            K::Coalesce => {
                self.bump();
                let args = self.in_parens(Self::expr_list)?;
                Expr::Coalesce(Box::new(CoalesceExpr { args, location }))
            }
            K::Greatest | K::Least => {
                self.bump();
                let args = self.in_parens(Self::expr_list)?;
                let op = match keyword {
                    K::Greatest => MinMaxOp::Greatest,
                    _ => MinMaxOp::Least,
                };
                Expr::MinMax(Box::new(MinMaxExpr { op, args, location }))
            }
            K::Xmlconcat
            | K::Xmlelement
            | K::Xmlexists
            | K::Xmlforest
            | K::Xmlparse
            | K::Xmlpi
            | K::Xmlroot
            | K::Xmlserialize => {
                let word = keyword.entry().map_or("", |entry| entry.word);
                return not_modelled(&word.to_ascii_uppercase(), location);
            }
            _ => return Ok(None),
        }))
    }

    /// `CURRENT_DATE`, `CURRENT_TIME(3)`
    #[inline(never)]
    fn sql_value(&mut self, op: SqlValueFunctionOp, with_precision: bool) -> Result<Expr> {
        let location = self.location();
        self.bump();
        let mut typmod = None;
        if with_precision && self.eat('(') {
            typmod = Some(self.iconst()?);
            self.expect(')')?;
        }
        Ok(Expr::SqlValueFunction(Box::new(SqlValueFunction {
            op,
            typmod,
            location,
        })))
    }

    /// `EXTRACT(field FROM source)`
    #[inline(never)]
    fn extract(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        self.in_parens(|p| {
            let field_location = p.location();
            let field = match p.tok() {
                Tok::Sconst(_) => p.sconst()?,
                Tok::Ident(_) | Tok::Keyword(K::Year | K::Month | K::Day | K::Hour | K::Minute | K::Second) => {
                    p.col_label()?
                }
                _ => return p.unexpected(),
            };
            p.expect(K::From)?;
            let source = p.expr()?;
            let field = Expr::Const(AConst {
                value: Value::String(field),
                location: field_location,
            });
            Ok(sql_call("extract", vec![field, source], location))
        })
    }

    /// `NORMALIZE(text, form)`
    #[inline(never)]
    fn normalize(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        self.in_parens(|p| {
            let mut args = vec![p.expr()?];
            if p.eat(',') {
                match p.normal_form() {
                    Some(form) => args.push(form),
                    None => return p.unexpected(),
                }
            }
            Ok(sql_call("normalize", args, location))
        })
    }

    /// `OVERLAY(text PLACING new FROM start FOR count)`
    #[inline(never)]
    fn overlay(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        self.own_or_plain_syntax("overlay", location, |p, args| {
            if !p.eat(K::Placing) {
                return Ok(false);
            }
            args.push(p.expr()?);
            p.expect(K::From)?;
            args.push(p.expr()?);
            if p.eat(K::For) {
                args.push(p.expr()?);
            }
            Ok(true)
        })
    }

    /// `SUBSTRING(text FROM start FOR count)`, `SUBSTRING(text SIMILAR pattern ESCAPE escape)`
    #[inline(never)]
    fn substring(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        self.own_or_plain_syntax("substring", location, |p, args| {
            if p.eat(K::From) {
                args.push(p.expr()?);
                if p.eat(K::For) {
                    args.push(p.expr()?);
                }
            } else if p.eat(K::For) {
                let count = p.expr()?;
                if p.eat(K::From) {
                    args.push(p.expr()?);
                    args.push(count);
                } else {
                    // No function takes a count alone, and the count must be a number: the cast tells it
                    // from a pattern.
                    let int4 = type_name_of(system_name("int4"), Location::UNKNOWN);
                    args.push(int_const(1));
                    args.push(cast(count, int4, Location::UNKNOWN));
                }
            } else if p.eat(K::Similar) {
                args.push(p.expr()?);
                p.expect(K::Escape)?;
                args.push(p.expr()?);
            } else {
                return Ok(false);
            }
            Ok(true)
        })
    }

    /// A function that is called in the standard's syntax, if `rule` finds it after the first argument,
    /// or like any other.
    fn own_or_plain_syntax(
        &mut self,
        name: &str,
        location: Location,
        rule: impl FnOnce(&mut Self, &mut Vec<Expr>) -> Result<bool>,
    ) -> Result<Expr> {
        self.in_parens(|p| {
            let mut args = Vec::new();
            if !p.at(')') {
                args.push(p.within(Place::Substring, Self::func_arg)?);
                if rule(p, &mut args)? {
                    return Ok(sql_call(name, args, location));
                }
                while p.eat(',') {
                    args.push(p.func_arg()?);
                }
            }
            Ok(Expr::FuncCall(Box::new(call(vec![name.to_owned()], args, location))))
        })
    }

    /// `POSITION(part IN whole)`: the function takes the whole first.
    #[inline(never)]
    fn position(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        self.in_parens(|p| {
            let part = p.restricted_expr()?;
            p.expect(K::In)?;
            let whole = p.restricted_expr()?;
            Ok(sql_call("position", vec![whole, part], location))
        })
    }

    /// `TREAT(value AS type)`: a call of the function that bears the type's name.
    #[inline(never)]
    fn treat(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        self.in_parens(|p| {
            let arg = p.expr()?;
            p.expect(K::As)?;
            let mut type_name = p.type_name()?;
            let name = system_name(&type_name.names.pop().unwrap_or_default());
            Ok(Expr::FuncCall(Box::new(call(name, vec![arg], location))))
        })
    }

    /// `TRIM(BOTH chars FROM text)`: the function takes the text first.
    #[inline(never)]
    fn trim(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        self.in_parens(|p| {
            let name = p
                .eat_one_of(&[(K::Both, "btrim"), (K::Leading, "ltrim"), (K::Trailing, "rtrim")])
                .unwrap_or("btrim");
            if p.eat(K::From) {
                return Ok(sql_call(name, p.expr_list()?, location));
            }
            let first = p.expr()?;
            let mut args;
            if p.eat(K::From) {
                args = p.expr_list()?;
                args.push(first);
            } else {
                args = vec![first];
                while p.eat(',') {
                    args.push(p.expr()?);
                }
            }
            Ok(sql_call(name, args, location))
        })
    }
}
