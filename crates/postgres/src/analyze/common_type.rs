//! Types that a construct demands, and the type that several expressions can have in common
//! (`coerce_to_specific_type`, `select_common_type`).

use kumquat_types::{CastContext, Error, Oid, Result, SqlState};

use super::coercion::Target;
use super::location::expr_location;
use super::set_returning::returns_set;
use super::state::Analyzer;
use crate::backend::Backend;
use crate::query::Expr;

impl Analyzer<'_, '_> {
    /// A condition (`coerce_to_boolean`); `construct`: WHERE, AND, JOIN/ON ...
    pub fn coerce_to_boolean(&mut self, expr: Expr, construct: &str) -> Result<Expr> {
        self.coerce_to_specific(expr, Oid::BOOL, construct)
    }

    /// What a construct needs to be of one type (`coerce_to_specific_type`).
    pub fn coerce_to_specific(&mut self, expr: Expr, type_oid: Oid, construct: &str) -> Result<Expr> {
        let source = expr.type_oid();
        let at = expr_location(&expr);
        let expr = if source == type_oid {
            expr
        } else {
            match self.coerce_to_target(expr, Target::assignment(type_oid, -1))? {
                Some(expr) => expr,
                None => {
                    return Err(Error::new(
                        SqlState::DATATYPE_MISMATCH,
                        format!(
                            "argument of {construct} must be type {}, not type {}",
                            self.backend.format_type(type_oid),
                            self.backend.format_type(source)
                        ),
                    )
                    .at(at));
                }
            }
        };
        if returns_set(&expr) {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!("argument of {construct} must not return a set"),
            )
            .at(at));
        }
        Ok(expr)
    }

    /// The type that all of several expressions can have (`select_common_type`); `context` names the construct.
    pub fn common_type(&self, exprs: &[&Expr], context: &str) -> Result<Oid> {
        let located: Vec<(Oid, Option<u32>)> = exprs
            .iter()
            .map(|expr| (expr.type_oid(), expr_location(expr)))
            .collect();
        self.common_type_of(&located, context)
    }

    /// The same for types and where their expressions are.
    pub fn common_type_of(&self, exprs: &[(Oid, Option<u32>)], context: &str) -> Result<Oid> {
        self.backend.common_type(exprs).map_err(|(first, second, at)| {
            Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "{context} types {} and {} cannot be matched",
                    self.backend.format_type(first),
                    self.backend.format_type(second)
                ),
            )
            .at(at)
        })
    }

    /// To the type that [`Self::common_type`] has found (`coerce_to_common_type`).
    pub fn coerce_to_common(&mut self, expr: Expr, type_oid: Oid, context: &str) -> Result<Expr> {
        let source = expr.type_oid();
        if source == type_oid {
            return Ok(expr);
        }
        if !self.backend.can_coerce(&[source], &[type_oid], CastContext::Implicit) {
            return Err(Error::new(
                SqlState::CANNOT_COERCE,
                format!(
                    "{context} could not convert type {} to {}",
                    self.backend.format_type(source),
                    self.backend.format_type(type_oid)
                ),
            )
            .at(expr_location(&expr)));
        }
        self.coerce_type(expr, Target::implicit(type_oid))
    }
}

impl Backend<'_> {
    /// The common type of several, or the two that don't fit and where the second is.
    pub fn common_type(&self, exprs: &[(Oid, Option<u32>)]) -> Result<Oid, (Oid, Oid, Option<u32>)> {
        let Some(&(first, _)) = exprs.first() else {
            return Ok(Oid::TEXT);
        };
        if first != Oid::UNKNOWN && exprs.iter().all(|(oid, _)| *oid == first) {
            return Ok(first);
        }
        let mut chosen = self.base_type(first);
        let (mut category, mut preferred) = self.type_category(chosen);
        for &(oid, at) in exprs.iter().skip(1) {
            let next = self.base_type(oid);
            if next == Oid::UNKNOWN || next == chosen {
                continue;
            }
            let (next_category, next_preferred) = self.type_category(next);
            let take = if chosen == Oid::UNKNOWN {
                true
            } else if next_category != category {
                return Err((chosen, next, at));
            } else {
                !preferred
                    && self.can_coerce(&[chosen], &[next], CastContext::Implicit)
                    && !self.can_coerce(&[next], &[chosen], CastContext::Implicit)
            };
            if take {
                (chosen, category, preferred) = (next, next_category, next_preferred);
            }
        }
        Ok(if chosen == Oid::UNKNOWN { Oid::TEXT } else { chosen })
    }
}
