//! The part of the rows that conditions let through (`clauselist_selectivity`, `clause_selectivity`).

use std::cmp::Ordering;

use kumquat_types::{Datum, operator_by_oid};

use super::comparison::{DEFAULT_INEQUALITY, any_of, elements, equal, inequality, not_equal};
use super::variable::Variable;
use super::{Bases, clamp, join, pattern};
use crate::planner::vars::varnos;
use crate::query::{BoolOp, BooleanTestKind, Expr};

/// `DEFAULT_RANGE_INEQ_SEL`, `DEFAULT_UNK_SEL`.
const DEFAULT_RANGE: f64 = 0.005;
const DEFAULT_NULLS: f64 = 0.005;
/// Of a boolean function.
const DEFAULT_FUNCTION: f64 = 0.333_333_3;

/// How conditions are looked at.
#[derive(Clone, Copy)]
pub struct Estimator<'e> {
    pub bases: &'e Bases,
    /// Conditions between tables are those of a join of this kind; `None`: other tables' columns are values.
    pub join: Option<join::JoinSides>,
    /// The only table whose columns are no values.
    pub only: Option<usize>,
}

impl<'e> Estimator<'e> {
    /// For conditions on one table.
    pub fn table(bases: &'e Bases, varno: usize) -> Estimator<'e> {
        Estimator {
            bases,
            join: None,
            only: Some(varno),
        }
    }

    pub fn any(bases: &'e Bases) -> Estimator<'e> {
        Estimator {
            bases,
            join: None,
            only: None,
        }
    }

    pub fn join(bases: &'e Bases, sides: join::JoinSides) -> Estimator<'e> {
        Estimator {
            bases,
            join: Some(sides),
            only: None,
        }
    }

    /// All of the conditions: independent of each other, except for two bounds of one range.
    pub fn all<'c>(&self, conditions: impl IntoIterator<Item = &'c Expr>) -> f64 {
        let conditions: Vec<&Expr> = conditions.into_iter().collect();
        if let [only] = conditions.as_slice() {
            return self.one(only);
        }
        let mut product = 1.0;
        let mut ranges: Vec<Range<'_>> = Vec::new();
        for condition in conditions {
            let selectivity = self.one(condition);
            match self.bound(condition) {
                Some((column, is_lower)) => Range::add(&mut ranges, column, is_lower, selectivity),
                None => product *= selectivity,
            }
        }
        ranges
            .iter()
            .fold(product, |product, range| product * range.selectivity(self.bases))
    }

    /// `column < value` and kin: the column, and whether the value is its lower bound.
    fn bound<'c>(&self, condition: &'c Expr) -> Option<(&'c Expr, bool)> {
        let Expr::Op(op) = condition else { return None };
        let [left, right] = op.args.as_slice() else { return None };
        let is_greater = match operator_by_oid(op.operator)?.name {
            "<" | "<=" => false,
            ">" | ">=" => true,
            _ => return None,
        };
        match (self.is_variable(left), self.is_variable(right)) {
            (true, false) => Some((left, is_greater)),
            (false, true) => Some((right, !is_greater)),
            _ => None,
        }
    }

    fn is_variable(&self, expr: &Expr) -> bool {
        let used = varnos(expr);
        match self.only {
            Some(only) => used.contains(&only),
            None => !used.is_empty(),
        }
    }

    pub fn one(&self, condition: &Expr) -> f64 {
        match condition {
            Expr::Const(constant) => match constant.value.as_bool() {
                Some(true) => 1.0,
                _ => 0.0,
            },
            Expr::Bool(BoolOp::And, args) => self.all(args),
            Expr::Bool(BoolOp::Or, args) => args.iter().fold(0.0, |sum, arg| {
                let part = self.one(arg);
                sum + part - sum * part
            }),
            Expr::Bool(BoolOp::Not, args) => args.first().map_or(0.5, |arg| clamp(1.0 - self.one(arg))),
            Expr::Op(op) => self.operator(op.operator, &op.args),
            Expr::Distinct(op) => clamp(1.0 - self.operator(op.operator, &op.args)),
            Expr::ScalarArrayOp {
                operator, any, args, ..
            } => self.array(*operator, *any, args),
            Expr::NullTest { arg, is_null, .. } => {
                let variable = Variable::of(self.bases, arg);
                let nulls = variable
                    .statistics
                    .as_ref()
                    .map_or(DEFAULT_NULLS, |found| found.null_fraction);
                if *is_null { nulls } else { 1.0 - nulls }
            }
            Expr::BooleanTest { arg, kind } => self.boolean_test(arg, *kind),
            Expr::RowCompare {
                operators, left, right, ..
            } => match (operators.first(), left.first(), right.first()) {
                (Some(operator), Some(left), Some(right)) => self.operator(*operator, &[left.clone(), right.clone()]),
                _ => 0.5,
            },
            Expr::Func(_) => DEFAULT_FUNCTION,
            Expr::Var(_) | Expr::Relabel { .. } => self.boolean(condition),
            Expr::Param { .. } => 0.5,
            _ => 0.5,
        }
    }

    fn boolean(&self, expr: &Expr) -> f64 {
        let variable = Variable::of(self.bases, expr);
        match variable.statistics {
            Some(_) => equal(&variable, Some(&Datum::Bool(true))),
            None => 0.5,
        }
    }

    fn boolean_test(&self, arg: &Expr, kind: BooleanTestKind) -> f64 {
        let variable = Variable::of(self.bases, arg);
        let nulls = match &variable.statistics {
            Some(found) => found.null_fraction,
            None => DEFAULT_NULLS,
        };
        match kind {
            BooleanTestKind::IsUnknown => nulls,
            BooleanTestKind::IsNotUnknown => 1.0 - nulls,
            BooleanTestKind::IsTrue | BooleanTestKind::IsNotFalse => self.one(arg),
            BooleanTestKind::IsFalse | BooleanTestKind::IsNotTrue => clamp(1.0 - self.one(arg)),
        }
    }

    fn operator(&self, operator: kumquat_types::Oid, args: &[Expr]) -> f64 {
        let Some(known) = operator_by_oid(operator) else {
            return 0.5;
        };
        let [left, right] = args else { return 0.5 };
        if let Some(sides) = self.join
            && varnos(left).len() + varnos(right).len() > 1
            && varnos(left) != varnos(right)
        {
            return join::operator(self.bases, sides, known.name, left, right);
        }
        let (variable, other, swapped) = match (self.is_variable(left), self.is_variable(right)) {
            (true, false) => (left, right, false),
            (false, true) => (right, left, true),
            _ => return default_of(known.name),
        };
        let variable = Variable::of(self.bases, variable);
        let value = constant(other);
        match (known.name, swapped) {
            ("=", _) => equal(&variable, value),
            ("<>", _) => not_equal(&variable, value),
            ("<", false) | (">", true) => inequality(&variable, value, Ordering::is_lt),
            ("<=", false) | (">=", true) => inequality(&variable, value, Ordering::is_le),
            (">", false) | ("<", true) => inequality(&variable, value, Ordering::is_gt),
            (">=", false) | ("<=", true) => inequality(&variable, value, Ordering::is_ge),
            ("~~", _) => pattern::like(&variable, value),
            ("!~~", _) => clamp(1.0 - pattern::like(&variable, value) - variable.null_fraction()),
            (name, _) => default_of(name),
        }
    }

    fn array(&self, operator: kumquat_types::Oid, any: bool, args: &[Expr; 2]) -> f64 {
        let name = operator_by_oid(operator).map_or("", |known| known.name);
        let element = |value: Expr| self.operator(operator, &[args[0].clone(), value]);
        let is_equality = if any { name == "=" } else { name == "<>" };
        let parts: Vec<f64> = match (constant(&args[1]), &args[1]) {
            (Some(Datum::Null), _) => return 0.0,
            (Some(value), _) => match elements(value) {
                Some(array) => array
                    .values
                    .iter()
                    .map(|value| element(Expr::constant(value.clone(), args[0].type_oid())))
                    .collect(),
                None => return 0.5,
            },
            (None, Expr::Array { elements, .. }) => elements.iter().map(|value| element(value.clone())).collect(),
            // Ten elements are taken for granted.
            _ => vec![
                element(Expr::CaseTest {
                    type_oid: args[0].type_oid(),
                    type_modifier: -1
                });
                10
            ],
        };
        any_of(&parts, any, is_equality && !parts.is_empty())
    }
}

/// The value of an expression, where it is one already.
fn constant(expr: &Expr) -> Option<&Datum> {
    match expr {
        Expr::Const(constant) => Some(&constant.value),
        Expr::Relabel { arg, .. } => constant(arg),
        _ => None,
    }
}

/// Of operators on what nothing is known about.
fn default_of(name: &str) -> f64 {
    match name {
        "=" => 0.005,
        "<>" => 0.995,
        "<" | "<=" | ">" | ">=" => DEFAULT_INEQUALITY,
        "~~" | "~~*" | "~" | "~*" | "^@" => pattern::DEFAULT_MATCH,
        "!~~" | "!~~*" | "!~" | "!~*" => 1.0 - pattern::DEFAULT_MATCH,
        "@>" | "<@" => 0.001,
        "&&" => 0.01,
        "?" | "?|" | "?&" => 0.01,
        "@@" => 0.005,
        _ => 0.5,
    }
}

/// Bounds on one column.
struct Range<'c> {
    column: &'c Expr,
    lower: Option<f64>,
    upper: Option<f64>,
}

impl<'c> Range<'c> {
    fn add(ranges: &mut Vec<Range<'c>>, column: &'c Expr, is_lower: bool, selectivity: f64) {
        let at = match ranges.iter().position(|range| range.column.same_as(column)) {
            Some(at) => at,
            None => {
                ranges.push(Range {
                    column,
                    lower: None,
                    upper: None,
                });
                ranges.len() - 1
            }
        };
        if let Some(range) = ranges.get_mut(at) {
            let bound = if is_lower { &mut range.lower } else { &mut range.upper };
            *bound = Some(bound.map_or(selectivity, |known| known.min(selectivity)));
        }
    }

    fn selectivity(&self, bases: &Bases) -> f64 {
        match (self.lower, self.upper) {
            (Some(lower), Some(upper)) if lower == DEFAULT_INEQUALITY || upper == DEFAULT_INEQUALITY => DEFAULT_RANGE,
            (Some(lower), Some(upper)) => {
                let nulls = Variable::of(bases, self.column).null_fraction();
                let both = lower + upper - 1.0 + nulls;
                if both > 0.0 {
                    both
                } else if both < -0.01 {
                    DEFAULT_RANGE
                } else {
                    1.0e-10
                }
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => 1.0,
        }
    }
}
