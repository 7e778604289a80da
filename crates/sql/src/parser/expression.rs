//! Expressions with operators: PostgreSQL's `a_expr` and `b_expr`, by precedence climbing.
//!
//! An operator joins two operands if it binds tighter than the one to the left of the first
//! ([`Parser::operators`]). A comparison does not chain: `a < b < c` is an error at the second `<`.

use kumquat_types::{Result, SqlState};

use super::cursor::{LEVEL, Parser, Place, error_at, syntax_error};
use super::names::system_name;
use super::primary::sublink;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

/// How tight operators bind, loosest first.
pub(super) mod precedence {
    pub const NONE: u8 = 0;
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    /// `IS`, `ISNULL`, `NOTNULL`; does not chain.
    pub const IS: u8 = 4;
    /// `<`, `=` and the like; does not chain.
    pub const COMPARISON: u8 = 5;
    /// `BETWEEN`, `IN`, `LIKE` and the like; does not chain.
    pub const BETWEEN: u8 = 6;
    /// Any operator that has no place of its own.
    pub const OP: u8 = 7;
    pub const ADD: u8 = 8;
    pub const MULTIPLY: u8 = 9;
    pub const POWER: u8 = 10;
    pub const AT: u8 = 11;
    pub const COLLATE: u8 = 12;
    pub const UNARY_MINUS: u8 = 13;
    pub const TYPECAST: u8 = 14;

    pub fn chains(precedence: u8) -> bool {
        !(IS..=BETWEEN).contains(&precedence)
    }
}
use precedence::*;

/// Which expressions a place allows.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Grammar {
    /// `a_expr`
    Any,
    /// `b_expr`: without AND, IN and so on, which the place needs for itself.
    Restricted,
}

/// What is in parentheses at the beginning of an expression.
pub(crate) enum Parenthesized {
    Select(Box<SelectStmt>),
    Exprs(Vec<Expr>),
}

impl Parser<'_> {
    /// Any expression.
    pub fn expr(&mut self) -> Result<Expr> {
        self.expression(NONE, Grammar::Any)
    }

    /// An expression where AND, IN and the like mean something else.
    pub fn restricted_expr(&mut self) -> Result<Expr> {
        self.expression(NONE, Grammar::Restricted)
    }

    pub fn expr_list(&mut self) -> Result<Vec<Expr>> {
        self.comma_list(Self::expr)
    }

    /// An expression of operators that bind tighter than `floor`.
    pub fn expression(&mut self, floor: u8, grammar: Grammar) -> Result<Expr> {
        self.nested(LEVEL, |p| {
            let outer = std::mem::take(&mut p.height);
            let first = p.operand(grammar)?;
            let expr = p.operators(first, floor, grammar)?;
            p.height = outer.max(p.height + 1);
            Ok(expr)
        })
    }

    /// An operand with the prefix operators before it.
    #[inline(never)]
    fn operand(&mut self, grammar: Grammar) -> Result<Expr> {
        let location = self.location();
        match self.tok() {
            Tok::Char(sign @ ('+' | '-')) => {
                let sign = *sign;
                self.bump();
                let operand = self.expression(UNARY_MINUS, grammar)?;
                Ok(match sign {
                    '-' => negate(operand, location),
                    _ => operator(vec!["+".into()], None, operand, location),
                })
            }
            _ if self.at_prefix_operator() => {
                let name = self.other_operator()?;
                let operand = self.expression(OP, grammar)?;
                Ok(operator(name, None, operand, location))
            }
            Tok::Keyword(K::Not | K::NotLa) if grammar == Grammar::Any => {
                self.bump();
                let operand = self.expression(NOT, grammar)?;
                Ok(not(operand, location))
            }
            Tok::Keyword(K::Default) if grammar == Grammar::Any => {
                self.bump();
                Ok(Expr::SetToDefault(location))
            }
            Tok::Keyword(K::Unique) if grammar == Grammar::Any => self.unique_predicate(),
            _ => {
                let primary = self.primary()?;
                match primary {
                    Expr::Row(row) if self.at(K::Overlaps) && grammar == Grammar::Any => self.overlaps(*row, location),
                    primary => Ok(primary),
                }
            }
        }
    }

    /// `UNIQUE (query)`, which PostgreSQL knows by name only.
    #[inline(never)]
    fn unique_predicate(&mut self) -> Result<Expr> {
        let location = self.location();
        self.bump();
        self.unique_null_treatment()?;
        self.select_with_parens()?;
        let message = "UNIQUE predicate is not yet implemented";
        Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, location))
    }

    /// `(start, end) OVERLAPS (start, end)`
    #[inline(never)]
    fn overlaps(&mut self, left: RowExpr, location: Location) -> Result<Expr> {
        self.bump();
        if !self.at('(') && !self.at_both(K::Row, '(') {
            return self.unexpected();
        }
        let right_location = self.location();
        let right = match self.primary()? {
            Expr::Row(row) => row.args,
            _ => return self.unexpected(),
        };
        for (side, args, location) in [("left", &left.args, location), ("right", &right, right_location)] {
            if args.len() != 2 {
                let message = format!("wrong number of parameters on {side} side of OVERLAPS expression");
                return syntax_error(message, location);
            }
        }
        let args = left.args.into_iter().chain(right).collect();
        Ok(sql_call("overlaps", args, location))
    }

    /// The operators after `left`, as long as they bind tighter than `floor`.
    #[inline(never)]
    fn operators(&mut self, mut left: Expr, floor: u8, grammar: Grammar) -> Result<Expr> {
        // The precedence of what `left` is, if it ends in an operand and does not chain.
        let mut last = NONE;
        while let Some(precedence) = self.infix(grammar) {
            if precedence <= floor {
                break;
            }
            if precedence == last {
                return self.unexpected();
            }
            let height = self.height;
            self.height = 0;
            let open;
            (left, open) = self.apply_infix(left, precedence, grammar)?;
            last = if open && !chains(precedence) { precedence } else { NONE };
            let flat = matches!(precedence, AND | OR);
            self.height = height.max(self.height) + usize::from(!flat);
            self.check_depth(self.height)?;
        }
        Ok(left)
    }

    /// The precedence of the operator that stands here, if it is one.
    fn infix(&self, grammar: Grammar) -> Option<u8> {
        let any = grammar == Grammar::Any;
        match self.tok() {
            Tok::Typecast => Some(TYPECAST),
            Tok::Char('+' | '-') => Some(ADD),
            Tok::Char('*' | '/' | '%') => Some(MULTIPLY),
            Tok::Char('^') => Some(POWER),
            Tok::Char('<' | '>' | '=') | Tok::LessEquals | Tok::GreaterEquals | Tok::NotEquals => Some(COMPARISON),
            Tok::Op(_) => Some(OP),
            Tok::Keyword(keyword) => {
                let precedence = match keyword {
                    K::Is => IS,
                    K::Operator if self.at_ahead(1, '(') || !self.is_in(Place::Target) => OP,
                    K::Or if any => OR,
                    K::And if any => AND,
                    K::Isnull | K::Notnull if any => IS,
                    K::Between | K::In | K::Like | K::Ilike | K::NotLa if any => BETWEEN,
                    K::Similar if any && !self.separates_substring() => BETWEEN,
                    K::At if any && (self.at_ahead(1, K::Time) || !self.is_in(Place::Target)) => AT,
                    K::Collate if any => COLLATE,
                    _ => return None,
                };
                (!self.is_label(*keyword)).then_some(precedence)
            }
            _ => None,
        }
    }

    /// `SUBSTRING(text SIMILAR pattern ...)`, not `SIMILAR TO`.
    fn separates_substring(&self) -> bool {
        self.is_in(Place::Substring) && !self.at_ahead(1, K::To)
    }

    /// In a target list the key word of an operator may also be a label: then the target ends after it.
    fn is_label(&self, keyword: K) -> bool {
        self.is_in(Place::Target)
            && keyword.entry().is_some_and(|entry| entry.bare_label)
            && match self.tok_at(1) {
                Tok::End | Tok::Char(',' | ')' | ';') => true,
                Tok::Keyword(keyword) => matches!(
                    keyword,
                    K::From
                        | K::Into
                        | K::Where
                        | K::Group
                        | K::Having
                        | K::Window
                        | K::Union
                        | K::Intersect
                        | K::Except
                        | K::Order
                        | K::Limit
                        | K::Offset
                        | K::Fetch
                        | K::For
                ),
                _ => false,
            }
    }

    /// Takes an operator and what follows it; also tells whether the result ends in an operand that the
    /// next operator might be part of.
    #[inline(never)]
    fn apply_infix(&mut self, left: Expr, precedence: u8, grammar: Grammar) -> Result<(Expr, bool)> {
        let location = self.location();
        let expr = match precedence {
            TYPECAST => {
                self.bump();
                let type_name = self.type_name()?;
                return Ok((cast(left, type_name, location), false));
            }
            COLLATE => {
                self.bump();
                let collation = self.any_name()?;
                let clause = CollateClause {
                    arg: left,
                    collation,
                    location,
                };
                return Ok((Expr::Collate(Box::new(clause)), false));
            }
            AT => {
                self.bump();
                self.expect_all(&[K::Time, K::Zone])?;
                let zone = self.expression(AT, grammar)?;
                sql_call("timezone", vec![zone, left], location)
            }
            AND | OR => {
                self.bump();
                let right = self.expression(precedence, grammar)?;
                let op = if precedence == AND { BoolOp::And } else { BoolOp::Or };
                join_bool(op, left, right, location)
            }
            IS => return self.is_test(left, grammar),
            BETWEEN => return self.between_in_like(left),
            _ => {
                let name = self.binary_operator()?;
                if grammar == Grammar::Any && self.at_any(&[K::Any, K::Some, K::All]) {
                    return Ok((self.quantified(left, name, location)?, false));
                }
                let right = self.expression(precedence, grammar)?;
                operator(name, Some(left), right, location)
            }
        };
        Ok((expr, true))
    }

    fn at_prefix_operator(&self) -> bool {
        matches!(self.tok(), Tok::Op(_)) || self.at_both(K::Operator, '(')
    }

    fn at_other_operator(&self) -> bool {
        matches!(self.tok(), Tok::Op(_)) || self.at(K::Operator)
    }

    /// An operator without a precedence of its own, or `OPERATOR(schema.op)`.
    fn other_operator(&mut self) -> Result<Name> {
        if !self.at(K::Operator) {
            return Ok(vec![self.all_operator()?]);
        }
        self.bump();
        self.expect('(')?;
        let name = self.any_operator()?;
        self.expect(')')?;
        Ok(name)
    }

    /// Any operator between two operands.
    fn binary_operator(&mut self) -> Result<Name> {
        if self.at_other_operator() {
            self.other_operator()
        } else {
            Ok(vec![self.all_operator()?])
        }
    }

    /// `schema.schema.op`
    pub fn any_operator(&mut self) -> Result<Name> {
        let mut name = Vec::new();
        while self.at_col_id() {
            name.push(self.col_id()?);
            self.expect('.')?;
        }
        name.push(self.all_operator()?);
        Ok(name)
    }

    /// `op` or `OPERATOR(schema.op)`: PostgreSQL's `qual_all_Op`.
    pub fn qualified_operator(&mut self) -> Result<Name> {
        if self.at(K::Operator) {
            self.other_operator()
        } else {
            Ok(vec![self.all_operator()?])
        }
    }

    /// Any operator without a schema.
    fn all_operator(&mut self) -> Result<String> {
        let name = match self.tok() {
            Tok::Op(_) => {
                return match self.bump() {
                    Tok::Op(name) => Ok(name),
                    _ => self.unexpected(),
                };
            }
            Tok::Char(c @ ('+' | '-' | '*' | '/' | '%' | '^' | '<' | '>' | '=')) => c.to_string(),
            Tok::LessEquals => "<=".to_owned(),
            Tok::GreaterEquals => ">=".to_owned(),
            Tok::NotEquals => "<>".to_owned(),
            _ => return self.unexpected(),
        };
        self.bump();
        Ok(name)
    }

    /// `( query )` or `( expression, ... )` with at most so many expressions. A query in more parentheses
    /// may turn out to be the beginning of an expression, and the other way round.
    pub fn parenthesized(&mut self, most: usize) -> Result<Parenthesized> {
        self.nested(LEVEL, |p| p.within(Place::Plain, |p| p.inside_parens(most)))
    }

    #[inline(never)]
    fn inside_parens(&mut self, most: usize) -> Result<Parenthesized> {
        self.expect('(')?;
        if self.at_select() {
            let select = self.select_no_parens()?;
            self.expect(')')?;
            return Ok(Parenthesized::Select(select));
        }
        let location = self.location();
        let first = match self.at('(') {
            false => self.expr()?,
            true => match self.parenthesized(usize::MAX)? {
                Parenthesized::Select(select) if self.eat(')') => {
                    return Ok(Parenthesized::Select(select));
                }
                Parenthesized::Select(select) if self.at_select_continuation() => {
                    let select = self.select_after_operand(select)?;
                    self.expect(')')?;
                    return Ok(Parenthesized::Select(select));
                }
                inner => {
                    let first = self.parenthesized_primary(inner, location)?;
                    let first = match first {
                        Expr::Row(row) if self.at(K::Overlaps) => self.overlaps(*row, location)?,
                        first => first,
                    };
                    self.operators(first, NONE, Grammar::Any)?
                }
            },
        };
        let mut exprs = vec![first];
        while exprs.len() < most && self.eat(',') {
            exprs.push(self.expr()?);
        }
        self.expect(')')?;
        Ok(Parenthesized::Exprs(exprs))
    }

    /// What parentheses stand for as an operand, with the subscripts and fields that follow.
    #[inline(never)]
    pub fn parenthesized_primary(&mut self, inside: Parenthesized, location: Location) -> Result<Expr> {
        match inside {
            Parenthesized::Select(subselect) => self.with_indirection(sublink(SubLinkKind::Expr, subselect, location)),
            Parenthesized::Exprs(mut exprs) => match (exprs.pop(), exprs.is_empty()) {
                (Some(expr), true) => self.with_indirection(expr),
                (last, _) => {
                    exprs.extend(last);
                    Ok(Expr::Row(Box::new(RowExpr {
                        args: exprs,
                        explicit: false,
                        location,
                    })))
                }
            },
        }
    }
}

/// An operator between two operands, or before one.
fn operator(name: Name, left: Option<Expr>, right: Expr, location: Location) -> Expr {
    Expr::Op(Box::new(AExpr {
        kind: AExprKind::Op,
        name,
        left,
        right,
        location,
    }))
}

pub(super) fn operator_of(kind: AExprKind, name: &str, left: Expr, right: Expr, location: Location) -> Expr {
    Expr::Op(Box::new(AExpr {
        kind,
        name: vec![name.to_owned()],
        left: Some(left),
        right,
        location,
    }))
}

/// Negates at once what is a literal number.
fn negate(operand: Expr, location: Location) -> Expr {
    let value = match operand {
        Expr::Const(AConst {
            value: Value::Integer(value),
            ..
        }) => Value::Integer(value.wrapping_neg()),
        Expr::Const(AConst {
            value: Value::Float(digits),
            ..
        }) => Value::Float(match digits.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            None => format!("-{digits}"),
        }),
        operand => return operator(vec!["-".into()], None, operand, location),
    };
    Expr::Const(AConst { value, location })
}

pub(super) fn not(arg: Expr, location: Location) -> Expr {
    Expr::Bool(Box::new(BoolExpr {
        op: BoolOp::Not,
        args: vec![arg],
        location,
    }))
}

/// Adds to the list of operands if there is one already.
fn join_bool(op: BoolOp, left: Expr, right: Expr, location: Location) -> Expr {
    match left {
        Expr::Bool(mut list) if list.op == op => {
            list.args.push(right);
            Expr::Bool(list)
        }
        left => Expr::Bool(Box::new(BoolExpr {
            op,
            args: vec![left, right],
            location,
        })),
    }
}

pub(super) fn cast(arg: Expr, type_name: TypeName, location: Location) -> Expr {
    Expr::TypeCast(Box::new(TypeCast {
        arg,
        type_name,
        location,
    }))
}

/// A call with nothing but arguments.
pub(super) fn call(name: Name, args: Vec<Expr>, location: Location) -> FuncCall {
    FuncCall {
        name,
        args,
        agg_order: Vec::new(),
        agg_filter: None,
        over: None,
        agg_within_group: false,
        agg_star: false,
        agg_distinct: false,
        func_variadic: false,
        format: CoercionForm::ExplicitCall,
        location,
    }
}

/// A call of PostgreSQL's own function, written in the standard's own syntax.
pub(super) fn sql_call(name: &str, args: Vec<Expr>, location: Location) -> Expr {
    let mut call = call(system_name(name), args, location);
    call.format = CoercionForm::SqlSyntax;
    Expr::FuncCall(Box::new(call))
}
