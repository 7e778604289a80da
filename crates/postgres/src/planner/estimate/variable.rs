//! What is known of the column that an expression is (`examine_variable`).

use kumquat_types::{Datum, Oid};

use super::Bases;
use crate::planner::cost::clamp_rows;
use crate::planner::vars::varnos;
use crate::query::Expr;
use crate::storage::ColumnStatistics;

/// `DEFAULT_NUM_DISTINCT`.
const DEFAULT_DISTINCT: f64 = 200.0;

/// A column, or another expression over one table.
#[derive(Clone, Debug)]
pub struct Variable<'e> {
    pub expr: &'e Expr,
    pub statistics: Option<ColumnStatistics>,
    /// Rows of its table; 0: not known.
    pub tuples: f64,
    /// Rows that the conditions on its table leave.
    pub rows: f64,
    pub unique: bool,
    /// Distinct values as a fraction of the rows, where that is plain from what it is.
    known_distinct: Option<f64>,
    pub has_relation: bool,
}

/// How many distinct values there are, and whether that is a mere default.
#[derive(Clone, Copy, Debug)]
pub struct Distinct {
    pub count: f64,
    pub is_default: bool,
}

/// Looks through changes of type that keep the value.
pub fn strip(expr: &Expr) -> &Expr {
    match expr {
        Expr::Relabel { arg, .. } => strip(arg),
        expr => expr,
    }
}

impl<'e> Variable<'e> {
    pub fn of(bases: &Bases, expr: &'e Expr) -> Variable<'e> {
        let mut variable = Variable {
            expr,
            statistics: None,
            tuples: 0.0,
            rows: 0.0,
            unique: false,
            known_distinct: (expr.type_oid() == Oid::BOOL).then_some(2.0),
            has_relation: false,
        };
        let Expr::Var(var) = strip(expr) else {
            if let [only] = varnos(expr).as_slice()
                && let Some(base) = bases.get(*only)
            {
                (variable.tuples, variable.rows, variable.has_relation) = (base.tuples, base.rows, true);
            }
            return variable;
        };
        let Some(base) = bases.get(var.varno).filter(|_| var.levels_up == 0) else {
            return variable;
        };
        (variable.tuples, variable.rows, variable.has_relation) = (base.tuples, base.rows, true);
        variable.unique = base.unique.contains(&var.attribute);
        let place = usize::try_from(var.attribute).ok().and_then(|n| n.checked_sub(1));
        if let Some(place) = place {
            let found = base.statistics.as_ref().and_then(|found| found.columns.get(place));
            variable.statistics = found.cloned().flatten();
            if let Some(column) = base.columns.get(place) {
                variable.statistics = column.statistics.clone();
                variable.unique |= column.unique;
            }
        }
        if base.is_values {
            variable.known_distinct = Some(-1.0);
        }
        match var.attribute {
            crate::executor::scan::CTID => variable.known_distinct = Some(-1.0),
            crate::executor::scan::TABLE_OID => variable.known_distinct = Some(1.0),
            _ => {}
        }
        variable
    }

    pub fn null_fraction(&self) -> f64 {
        self.statistics.as_ref().map_or(0.0, |found| found.null_fraction)
    }

    /// The most common values with their frequencies.
    pub fn common(&self) -> &[(Datum, f64)] {
        self.statistics.as_ref().map_or(&[], |found| found.common.as_slice())
    }

    /// `get_variable_numdistinct`.
    pub fn distinct(&self) -> Distinct {
        let known = |count: f64| Distinct {
            count: clamp_rows(count),
            is_default: false,
        };
        let default = Distinct {
            count: DEFAULT_DISTINCT,
            is_default: true,
        };
        let mut found = match &self.statistics {
            Some(statistics) => statistics.distinct,
            None => self.known_distinct.unwrap_or(0.0),
        };
        if self.unique {
            found = -(1.0 - self.null_fraction());
        }
        if found > 0.0 {
            return known(found);
        }
        if !self.has_relation || self.tuples <= 0.0 {
            return default;
        }
        if found < 0.0 {
            return known(-found * self.tuples);
        }
        if self.tuples < DEFAULT_DISTINCT {
            return known(self.tuples);
        }
        default
    }
}
