//! What it costs to compute expressions (`cost_qual_eval`).

use kumquat_types::Oid;

use super::CostSettings;
use crate::planner::plan::{Cost, SubplanDefinition, SubplanKind};
use crate::query::{Expr, SubLinkKind, SubPlan};

/// What is done once, and for each row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QualCost {
    pub startup: f64,
    pub per_tuple: f64,
}

impl std::ops::Add for QualCost {
    type Output = QualCost;

    fn add(self, other: QualCost) -> QualCost {
        QualCost {
            startup: self.startup + other.startup,
            per_tuple: self.per_tuple + other.per_tuple,
        }
    }
}

impl std::iter::Sum for QualCost {
    fn sum<I: Iterator<Item = QualCost>>(costs: I) -> QualCost {
        costs.fold(QualCost::default(), |a, b| a + b)
    }
}

/// What is needed to know the costs of expressions.
pub struct ExpressionCosts<'c> {
    pub settings: &'c CostSettings,
    pub subplans: &'c [SubplanDefinition],
    /// `procost` of functions that are not built in.
    pub function_cost: &'c dyn Fn(Oid) -> f64,
}

impl ExpressionCosts<'_> {
    pub fn of_all<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> QualCost {
        let costs = exprs.into_iter().map(|expr| self.of(expr));
        costs.fold(QualCost::default(), |sum, cost| sum + cost)
    }

    pub fn of(&self, expr: &Expr) -> QualCost {
        let operator = self.settings.cpu_operator;
        let own = match expr {
            Expr::Aggref(_) | Expr::WindowFunc(_) | Expr::Grouping { .. } => return QualCost::default(),
            Expr::SubPlan(call) => return self.of_subplan(call) + self.of_all(&call.left),
            Expr::Func(call) => (self.function_cost)(call.function) * operator,
            Expr::Op(_) | Expr::Distinct(_) | Expr::NullIf(_) => operator,
            Expr::ScalarArrayOp { args, .. } => operator * array_length(&args[1]) * 0.5,
            Expr::CoerceViaIo { .. } => 2.0 * operator,
            Expr::ArrayCoerce { arg, element, .. } => {
                let element = self.of(element);
                return self.of(arg)
                    + QualCost {
                        startup: element.startup,
                        per_tuple: element.per_tuple * array_length(arg),
                    };
            }
            Expr::RowCompare { operators, .. } => operators.len() as f64 * operator,
            Expr::MinMax { .. } | Expr::SqlValue { .. } | Expr::CoerceToDomain { .. } => operator,
            _ => 0.0,
        };
        let mut sum = QualCost {
            startup: 0.0,
            per_tuple: own,
        };
        expr.for_each_child(&mut |child| sum = sum + self.of(child));
        sum
    }

    /// A hashed subplan is read once; another runs to its end, or half-way until something is found.
    fn of_subplan(&self, call: &SubPlan) -> QualCost {
        let Some(definition) = self.subplans.get(call.plan) else {
            return QualCost::default();
        };
        match definition.kind {
            SubplanKind::Correlated => subplan_cost(self.settings, call, definition),
            SubplanKind::Init { .. } | SubplanKind::Cte { .. } => QualCost::default(),
        }
    }
}

/// `cost_subplan`.
fn subplan_cost(settings: &CostSettings, call: &SubPlan, definition: &SubplanDefinition) -> QualCost {
    let Cost { startup, total } = definition.plan.cost;
    let test = call.operators.len() as f64 * settings.cpu_operator;
    if call.hashed {
        return QualCost {
            startup: total + settings.cpu_operator * definition.plan.rows,
            per_tuple: test,
        };
    }
    let run = total - startup;
    let rows = definition.plan.rows.max(1.0);
    let per_tuple = match call.kind {
        SubLinkKind::Exists => run / rows,
        SubLinkKind::Any | SubLinkKind::All => 0.5 * run + 0.5 * rows * test,
        _ => run,
    };
    // A plan that keeps its rows is set up once.
    let kept = call.args.is_empty()
        && matches!(
            definition.plan.kind,
            crate::planner::PlanKind::Material | crate::planner::PlanKind::CteScan { .. }
        );
    match kept {
        true => QualCost { startup, per_tuple },
        false => QualCost {
            startup: 0.0,
            per_tuple: per_tuple + startup,
        },
    }
}

/// Elements of an array expression (`estimate_array_length`).
pub fn array_length(expr: &Expr) -> f64 {
    match expr {
        Expr::Const(constant) => match &constant.value {
            kumquat_types::Datum::Array(array) => array.values.len() as f64,
            _ => 0.0,
        },
        Expr::Array {
            elements, multi: false, ..
        } => elements.len() as f64,
        Expr::Relabel { arg, .. } => array_length(arg),
        _ => 10.0,
    }
}
