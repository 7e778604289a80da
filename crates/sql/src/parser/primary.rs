//! What an expression is made of: constants, columns, parentheses, CASE, ARRAY and the like
//! (PostgreSQL's `c_expr`). Functions are in `function_call`.

use kumquat_types::Result;

use super::cursor::{LEVEL, Parser, Place};
use super::names::system_name;
use super::types::type_name_of;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// An operand without operators.
    pub fn primary(&mut self) -> Result<Expr> {
        let location = self.location();
        match self.tok() {
            Tok::Iconst(_) | Tok::Fconst(_) | Tok::Sconst(_) | Tok::BitString(_) => {
                let value = match self.bump() {
                    Tok::Iconst(value) => Value::Integer(value),
                    Tok::Fconst(digits) => Value::Float(digits),
                    Tok::Sconst(value) => Value::String(value),
                    Tok::BitString(digits) => Value::BitString(digits),
                    _ => return self.unexpected(),
                };
                Ok(Expr::Const(AConst { value, location }))
            }
            Tok::Param(number) => {
                let number = *number;
                self.bump();
                self.with_indirection(Expr::ParamRef(ParamRef { number, location }))
            }
            Tok::Char('(') => {
                let inside = self.parenthesized(usize::MAX)?;
                self.parenthesized_primary(inside, location)
            }
            Tok::Ident(_) => self.named(location),
            Tok::Keyword(keyword) => {
                let keyword = *keyword;
                self.keyword_primary(keyword, location)
            }
            _ => self.unexpected(),
        }
    }

    #[inline(never)]
    fn keyword_primary(&mut self, keyword: K, location: Location) -> Result<Expr> {
        let paren = self.at_ahead(1, '(');
        let value = match keyword {
            K::True => Value::Boolean(true),
            K::False => Value::Boolean(false),
            K::Null => Value::Null,
            K::Case => return self.case(),
            K::Array => return self.array(),
            K::Exists if paren => {
                self.bump();
                let subselect = self.select_with_parens()?;
                return Ok(sublink(SubLinkKind::Exists, subselect, location));
            }
            K::Row if paren => return self.row(),
            K::Grouping if paren => {
                self.bump();
                let args = self.parenthesized_list(Self::expr)?;
                return Ok(Expr::Grouping(Box::new(GroupingFunc { args, location })));
            }
            _ => {
                return match self.special_function(keyword)? {
                    Some(expr) => Ok(expr),
                    None => self.named(location),
                };
            }
        };
        self.bump();
        Ok(Expr::Const(AConst { value, location }))
    }

    /// A column, a function call or a literal with its type before it.
    #[inline(never)]
    fn named(&mut self, location: Location) -> Result<Expr> {
        if self.at_typed_literal() {
            return self.standard_typed_literal();
        }
        let may_be_function = self.at_type_function_name();
        let may_be_column = self.at_col_id();
        let name = match may_be_column || may_be_function {
            true => self.non_reserved_word()?,
            false => return self.unexpected(),
        };
        let indirection = match may_be_column {
            true => self.indirection()?,
            false => Vec::new(),
        };
        let callable = may_be_function || !indirection.is_empty();
        if callable && (self.at('(') || self.at_sconst()) {
            let mut names = vec![name];
            self.push_fields(&mut names, indirection)?;
            return self.function_or_typed_literal(names, location);
        }
        if !may_be_column {
            return self.unexpected();
        }
        self.column_ref(name, indirection, location)
    }

    /// `numeric(4,2) '1.5'`, `interval '1' day`
    #[inline(never)]
    fn standard_typed_literal(&mut self) -> Result<Expr> {
        let location = self.location();
        if let Some(type_name) = self.standard_type(false)? {
            return self.typed_literal(type_name);
        }
        self.expect(K::Interval)?;
        let mut type_name = type_name_of(system_name("interval"), location);
        if self.at('(') {
            type_name.typmods = self.interval_precision()?;
            return self.typed_literal(type_name);
        }
        let mut literal = self.typed_literal(type_name)?;
        if let Expr::TypeCast(cast) = &mut literal {
            cast.type_name.typmods = self.interval_qualifier()?;
        }
        Ok(literal)
    }

    /// A column reference up to the first subscript; from there on subscripts and fields of it.
    #[inline(never)]
    pub fn column_ref(&self, name: String, indirection: Vec<Indirection>, location: Location) -> Result<Expr> {
        let mut fields = vec![ColumnRefField::Name(name)];
        let mut steps = indirection.into_iter().peekable();
        while let Some(step) = steps.next_if(|step| matches!(step, Indirection::Field(_) | Indirection::Star)) {
            fields.push(match step {
                Indirection::Field(field) => ColumnRefField::Name(field),
                _ => ColumnRefField::Star,
            });
        }
        let column = Expr::ColumnRef(ColumnRef { fields, location });
        let indirection: Vec<Indirection> = steps.collect();
        if indirection.is_empty() {
            return Ok(column);
        }
        Ok(Expr::Indirection(Box::new(AIndirection {
            arg: column,
            indirection,
        })))
    }

    /// `.field`, `.*`, `[subscript]`, as many as there are.
    #[inline(never)]
    pub fn indirection(&mut self) -> Result<Vec<Indirection>> {
        let mut steps = Vec::new();
        loop {
            if self.eat('.') {
                steps.push(match self.eat('*') {
                    true => Indirection::Star,
                    false => Indirection::Field(self.col_label()?),
                });
            } else if self.at('[') {
                steps.push(self.subscript()?);
            } else {
                break;
            }
        }
        let star = steps.iter().position(|step| matches!(step, Indirection::Star));
        if star.is_some_and(|star| star + 1 < steps.len()) {
            return Err(self.error_here("improper use of \"*\""));
        }
        Ok(steps)
    }

    #[inline(never)]
    fn subscript(&mut self) -> Result<Indirection> {
        self.expect('[')?;
        let step = self.within(Place::Plain, |p| {
            let lower = match p.at(':') {
                true => None,
                false => Some(p.expr()?),
            };
            Ok(match lower {
                Some(index) if !p.at(':') => Indirection::Index(index),
                lower => {
                    p.expect(':')?;
                    let upper = match p.at(']') {
                        true => None,
                        false => Some(p.expr()?),
                    };
                    Indirection::Slice(lower, upper)
                }
            })
        })?;
        self.expect(']')?;
        Ok(step)
    }

    /// The subscripts and fields after an operand, if there are any.
    #[inline(never)]
    pub fn with_indirection(&mut self, arg: Expr) -> Result<Expr> {
        let indirection = self.indirection()?;
        if indirection.is_empty() {
            return Ok(arg);
        }
        Ok(Expr::Indirection(Box::new(AIndirection { arg, indirection })))
    }

    #[inline(never)]
    fn case(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        let case = self.within(Place::Plain, |p| {
            let arg = match p.at(K::When) {
                true => None,
                false => Some(p.expr()?),
            };
            let mut whens = vec![p.case_when()?];
            while p.at(K::When) {
                whens.push(p.case_when()?);
            }
            let default = match p.eat(K::Else) {
                true => Some(p.expr()?),
                false => None,
            };
            Ok(CaseExpr {
                arg,
                whens,
                default,
                location,
            })
        })?;
        self.expect(K::End)?;
        Ok(Expr::Case(Box::new(case)))
    }

    fn case_when(&mut self) -> Result<CaseWhen> {
        let location = self.location();
        self.expect(K::When)?;
        let expr = self.expr()?;
        self.expect(K::Then)?;
        let result = self.expr()?;
        Ok(CaseWhen { expr, result, location })
    }

    /// `ARRAY[...]`, `ARRAY(query)`
    #[inline(never)]
    fn array(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        if !self.at('(') {
            return self.array_elements(location);
        }
        let subselect = self.select_with_parens()?;
        Ok(sublink(SubLinkKind::Array, subselect, location))
    }

    /// `[a, b]` or `[[a, b], [c, d]]`
    #[inline(never)]
    fn array_elements(&mut self, location: Location) -> Result<Expr> {
        self.nested(LEVEL, |p| {
            p.expect('[')?;
            let elements = if p.at('[') {
                p.comma_list(|p| p.array_elements(p.location()))?
            } else if p.at(']') {
                Vec::new()
            } else {
                p.within(Place::Plain, Self::expr_list)?
            };
            p.expect(']')?;
            Ok(Expr::Array(Box::new(AArrayExpr { elements, location })))
        })
    }

    /// `ROW(...)`
    #[inline(never)]
    fn row(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        let args = match self.at_ahead(1, ')') {
            true => {
                self.bump();
                self.bump();
                Vec::new()
            }
            false => self.in_parens(|p| p.expr_list())?,
        };
        Ok(Expr::Row(Box::new(RowExpr {
            args,
            explicit: true,
            location,
        })))
    }

    /// A query in parentheses.
    #[inline(never)]
    pub fn select_with_parens(&mut self) -> Result<Box<SelectStmt>> {
        self.nested(LEVEL, |p| {
            p.in_parens(|p| match p.at('(') {
                false => p.select_no_parens(),
                true => {
                    let select = p.select_with_parens()?;
                    match p.at(')') {
                        true => Ok(select),
                        false => p.select_after_operand(select),
                    }
                }
            })
        })
    }

    /// An expression that must be the only one in its parentheses.
    pub fn parenthesized_expr(&mut self) -> Result<Expr> {
        self.in_parens(Self::expr)
    }
}

/// A subquery without a left side.
#[inline(never)]
#[expect(clippy::boxed_local, reason = "a box keeps the frames of recursive rules small")]
pub(super) fn sublink(kind: SubLinkKind, subselect: Box<SelectStmt>, location: Location) -> Expr {
    Expr::SubLink(Box::new(SubLink {
        kind,
        test: None,
        oper_name: Vec::new(),
        subselect: *subselect,
        location,
    }))
}
