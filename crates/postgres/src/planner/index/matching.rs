//! Conditions that an index can be searched by (`match_clause_to_indexcol`).

use std::rc::Rc;

use kumquat_types::compare::has_btree_class;
use kumquat_types::{Datum, Oid, builtin_type, operator_by_oid, operators};

use super::IndexInfo;
use crate::planner::clause::{Clause, commute};
use crate::planner::estimate::family;
use crate::planner::estimate::variable::strip;
use crate::planner::path::RelSet;
use crate::planner::plan::Comparison;
use crate::planner::vars::varnos;
use crate::query::{BoolOp, BooleanTestKind, Expr, OpExpr};

/// A condition on one key of an index.
#[derive(Clone, Debug)]
pub struct Matched {
    pub column: usize,
    pub comparison: Comparison,
    /// The condition with the key on its left.
    pub expr: Expr,
    pub value: Option<Expr>,
    /// Where it comes from.
    pub clause: Rc<Clause>,
}

impl Matched {
    /// Other tables whose rows it needs.
    pub fn others(&self, varno: usize) -> RelSet {
        self.clause.relations.minus(RelSet::of(varno))
    }
}

/// The first key of the index that the condition is on.
pub fn match_index(index: &IndexInfo, varno: usize, clause: &Rc<Clause>) -> Option<Matched> {
    let matched = (0..index.keys.len()).find_map(|column| match_key(index, column, varno, &clause.expr));
    let (column, comparison, expr, value) = matched?;
    Some(Matched {
        column,
        comparison,
        expr,
        value,
        clause: clause.clone(),
    })
}

type Found = (usize, Comparison, Expr, Option<Expr>);

fn match_key(index: &IndexInfo, column: usize, varno: usize, expr: &Expr) -> Option<Found> {
    let key = index.keys.get(column)?;
    let is_key = |expr: &Expr| strip(expr).same_as(strip(&key.expr));
    let is_free = |expr: &Expr| !varnos(expr).contains(&varno) && !has_subplan(expr);
    let key_type = key.expr.type_oid();
    let found = match expr {
        Expr::Op(op) => match op.args.as_slice() {
            [left, right] if is_key(left) && is_free(right) => {
                let comparison = comparison(op.operator, key_type)?;
                (column, comparison, expr.clone(), Some(right.clone()))
            }
            [left, right] if is_key(right) && is_free(left) => {
                let commuted = commute(op)?;
                let Expr::Op(turned) = &commuted else { return None };
                let comparison = comparison(turned.operator, key_type)?;
                (column, comparison, commuted, Some(left.clone()))
            }
            _ => return None,
        },
        Expr::ScalarArrayOp {
            operator,
            any: true,
            args,
            ..
        } if is_key(&args[0]) && is_free(&args[1]) => {
            let comparison = comparison(*operator, key_type)?;
            if comparison != Comparison::Equal {
                return None;
            }
            (column, Comparison::Any, expr.clone(), Some(args[1].clone()))
        }
        Expr::NullTest {
            arg,
            is_null,
            row_test: false,
        } if is_key(arg) => {
            let comparison = if *is_null {
                Comparison::IsNull
            } else {
                Comparison::IsNotNull
            };
            (column, comparison, expr.clone(), None)
        }
        _ => boolean(expr, &is_key).map(|value| {
            let value = Expr::constant(Datum::Bool(value), Oid::BOOL);
            let operator = operators("=")
                .iter()
                .find(|op| op.left == Oid::BOOL && op.right == Oid::BOOL);
            let expr = Expr::Op(Box::new(OpExpr {
                operator: operator.map_or(Oid::INVALID, |operator| operator.oid),
                result: Oid::BOOL,
                args: vec![key.expr.clone(), value.clone()],
                location: None,
            }));
            (column, Comparison::Equal, expr, Some(value))
        })?,
    };
    (!index.is_hash || found.1 == Comparison::Equal).then_some(found)
}

/// `flag`, `NOT flag`, `flag IS TRUE`: the value that the key must have.
fn boolean(expr: &Expr, is_key: &dyn Fn(&Expr) -> bool) -> Option<bool> {
    match expr {
        Expr::Var(_) if expr.type_oid() == Oid::BOOL && is_key(expr) => Some(true),
        Expr::Bool(BoolOp::Not, args) => args.first().filter(|arg| is_key(arg)).map(|_| false),
        Expr::BooleanTest { arg, kind } if is_key(arg) => match kind {
            BooleanTestKind::IsTrue => Some(true),
            BooleanTestKind::IsFalse => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn has_subplan(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::SubPlan(_) | Expr::Aggref(_) | Expr::WindowFunc(_)))
}

/// What an operator asks of an index on keys of a type; `None`: the index does not know it.
fn comparison(operator: Oid, key_type: Oid) -> Option<Comparison> {
    let operator = operator_by_oid(operator)?;
    let comparison = match operator.name {
        "<" => Comparison::Less,
        "<=" => Comparison::LessEqual,
        "=" => Comparison::Equal,
        ">=" => Comparison::GreaterEqual,
        ">" => Comparison::Greater,
        _ => return None,
    };
    is_searchable(key_type, operator.left, operator.right).then_some(comparison)
}

/// Keys of one type can be compared with values of another in one family, where their values are kept alike.
fn is_searchable(key: Oid, left: Oid, right: Oid) -> bool {
    let general = [Oid::ANYENUM, Oid::ANYARRAY, Oid::ANYRANGE, Oid::RECORD];
    if general.contains(&left) {
        return true;
    }
    let text = |oid: Oid| if oid == Oid::VARCHAR { Oid::TEXT } else { oid };
    let (key, left, right) = (text(key), text(left), text(right));
    let numbers = [Oid::INT8, Oid::FLOAT8];
    let alike = |a: Oid, b: Oid| a == b || family(a) == family(b) && numbers.contains(&family(a));
    let has_class = builtin_type(key).is_none() || has_btree_class(key);
    has_class && alike(key, left) && alike(left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_searched_by_operators_of_their_family() {
        let cases = [
            (Oid::INT4, Oid::INT4, Oid::INT8, true),
            (Oid::VARCHAR, Oid::TEXT, Oid::TEXT, true),
            (Oid::INT4, Oid::NUMERIC, Oid::NUMERIC, false),
            (Oid::DATE, Oid::DATE, Oid::TIMESTAMP, false),
        ];
        for (key, left, right, expected) in cases {
            assert_eq!(is_searchable(key, left, right), expected, "{key} {left} {right}");
        }
    }
}
