//! Predicates that are written like operators: ANY and ALL, IS, BETWEEN, IN, LIKE.

use kumquat_types::Result;

use super::cursor::Parser;
use super::expression::precedence::{BETWEEN, IS};
use super::expression::{Grammar, Parenthesized, call, not, operator_of, sql_call};
use super::names::{not_modelled, system_name};
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    /// `ANY (...)`, `SOME (...)`, `ALL (...)` after an operator.
    #[inline(never)]
    pub fn quantified(&mut self, left: Expr, name: Name, location: Location) -> Result<Expr> {
        let all = self.at(K::All);
        self.bump();
        Ok(match self.parenthesized(1)? {
            Parenthesized::Select(subselect) => Expr::SubLink(Box::new(SubLink {
                kind: if all { SubLinkKind::All } else { SubLinkKind::Any },
                test: Some(left),
                oper_name: name,
                subselect: *subselect,
                location,
            })),
            Parenthesized::Exprs(mut exprs) => {
                let Some(right) = exprs.pop() else {
                    return self.unexpected();
                };
                Expr::Op(Box::new(AExpr {
                    kind: if all { AExprKind::OpAll } else { AExprKind::OpAny },
                    name,
                    left: Some(left),
                    right,
                    location,
                }))
            }
        })
    }

    /// `IS ...`, `ISNULL`, `NOTNULL`
    #[inline(never)]
    pub fn is_test(&mut self, arg: Expr, grammar: Grammar) -> Result<(Expr, bool)> {
        let location = self.location();
        let is_not = match self.keyword() {
            Some(K::Isnull | K::Notnull) => {
                let is_not = self.at(K::Notnull);
                self.bump();
                return Ok((null_test(arg, is_not, location), false));
            }
            _ => {
                self.bump();
                self.eat(K::Not)
            }
        };
        if self.eat_all(K::Distinct, &[K::From])? {
            let right = self.expression(IS, grammar)?;
            let kind = if is_not {
                AExprKind::NotDistinct
            } else {
                AExprKind::Distinct
            };
            return Ok((operator_of(kind, "=", arg, right, location), true));
        }
        if grammar == Grammar::Restricted {
            return self.unexpected();
        }
        if self.eat(K::Null) {
            return Ok((null_test(arg, is_not, location), false));
        }
        let truth = [
            (K::True, Truth::True),
            (K::False, Truth::False),
            (K::Unknown, Truth::Unknown),
        ];
        if let Some(truth) = self.eat_one_of(&truth) {
            let test = BooleanTest {
                arg,
                truth,
                is_not,
                location,
            };
            return Ok((Expr::BooleanTest(Box::new(test)), false));
        }
        if self.at(K::Document) {
            not_modelled::<()>("IS DOCUMENT", self.location())?;
        }
        let mut args = vec![arg];
        args.extend(self.normal_form());
        self.expect(K::Normalized)?;
        let call = sql_call("is_normalized", args, location);
        Ok((if is_not { not(call, location) } else { call }, false))
    }

    /// A Unicode normal form, as a constant.
    pub fn normal_form(&mut self) -> Option<Expr> {
        let location = self.location();
        let form = self.eat_one_of(&[(K::Nfc, "NFC"), (K::Nfd, "NFD"), (K::Nfkc, "NFKC"), (K::Nfkd, "NFKD")])?;
        let value = Value::String(form.to_owned());
        Some(Expr::Const(AConst { value, location }))
    }

    /// `[NOT] BETWEEN`, `IN`, `LIKE`, `ILIKE`, `SIMILAR TO`
    pub fn between_in_like(&mut self, left: Expr) -> Result<(Expr, bool)> {
        let location = self.location();
        let negated = self.eat(K::NotLa);
        match self.keyword() {
            Some(K::Between) => Ok((self.between(left, negated, location)?, true)),
            Some(K::In) => Ok((self.in_list(left, negated, location)?, false)),
            _ => self.like(left, negated, location),
        }
    }

    #[inline(never)]
    fn between(&mut self, expr: Expr, negated: bool, location: Location) -> Result<Expr> {
        self.bump();
        let symmetric = self.eat(K::Symmetric);
        if !symmetric {
            self.eat(K::Asymmetric);
        }
        let low = self.restricted_expr()?;
        self.expect(K::And)?;
        let high = self.expression(BETWEEN, Grammar::Any)?;
        Ok(Expr::Between(Box::new(BetweenExpr {
            expr,
            low,
            high,
            symmetric,
            negated,
            location,
        })))
    }

    #[inline(never)]
    fn in_list(&mut self, expr: Expr, negated: bool, location: Location) -> Result<Expr> {
        self.bump();
        Ok(match self.parenthesized(usize::MAX)? {
            Parenthesized::Exprs(list) => Expr::In(Box::new(InExpr {
                expr,
                list,
                negated,
                location,
            })),
            Parenthesized::Select(subselect) => {
                let sublink = Expr::SubLink(Box::new(SubLink {
                    kind: SubLinkKind::Any,
                    test: Some(expr),
                    oper_name: Vec::new(),
                    subselect: *subselect,
                    location,
                }));
                if negated { not(sublink, location) } else { sublink }
            }
        })
    }

    #[inline(never)]
    fn like(&mut self, left: Expr, negated: bool, location: Location) -> Result<(Expr, bool)> {
        let (kind, name) = match (self.keyword(), negated) {
            (Some(K::Like), false) => (AExprKind::Like, "~~"),
            (Some(K::Like), true) => (AExprKind::Like, "!~~"),
            (Some(K::Ilike), false) => (AExprKind::ILike, "~~*"),
            (Some(K::Ilike), true) => (AExprKind::ILike, "!~~*"),
            (_, false) => (AExprKind::Similar, "~"),
            (_, true) => (AExprKind::Similar, "!~"),
        };
        self.bump();
        if kind == AExprKind::Similar {
            self.expect(K::To)?;
        } else if self.at_any(&[K::Any, K::Some, K::All]) {
            let name = vec![name.to_owned()];
            return Ok((self.quantified(left, name, location)?, false));
        }
        let mut right = self.expression(BETWEEN, Grammar::Any)?;
        let mut args = Vec::new();
        if self.eat(K::Escape) {
            args.push(self.expression(BETWEEN, Grammar::Any)?);
        }
        if kind == AExprKind::Similar {
            args.insert(0, right);
            right = plain_call("similar_to_escape", args, location);
        } else if !args.is_empty() {
            args.insert(0, right);
            right = plain_call("like_escape", args, location);
        }
        Ok((operator_of(kind, name, left, right, location), true))
    }
}

fn null_test(arg: Expr, is_not: bool, location: Location) -> Expr {
    Expr::NullTest(Box::new(NullTest { arg, is_not, location }))
}

fn plain_call(name: &str, args: Vec<Expr>, location: Location) -> Expr {
    Expr::FuncCall(Box::new(call(system_name(name), args, location)))
}
