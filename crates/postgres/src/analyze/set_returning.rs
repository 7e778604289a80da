//! Where functions that return sets may stand (`check_srf_call_placement`).

use kumquat_types::{Error, Result, SqlState};

use super::location::expr_location;
use super::state::{Analyzer, ExprKind};
use crate::query::Expr;

/// The expression gives a set of values (`expression_returns_set`).
pub fn returns_set(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::Func(call) if call.returns_set))
}

impl Analyzer<'_, '_> {
    /// Refuses a set-returning function where the current kind of expression can't hold one.
    pub fn set_function_allowed(&mut self, at: Option<u32>) -> Result<()> {
        let place = match self.level.kind {
            ExprKind::None
            | ExprKind::Other
            | ExprKind::FromFunction
            | ExprKind::FromSubselect
            | ExprKind::InsertTarget => {
                return Ok(());
            }
            ExprKind::SelectTarget
            | ExprKind::DistinctOn
            | ExprKind::GroupBy
            | ExprKind::OrderBy
            | ExprKind::ValuesSingle => {
                self.level.has_set_functions = true;
                return Ok(());
            }
            ExprKind::JoinOn | ExprKind::JoinUsing => "set-returning functions are not allowed in JOIN conditions",
            ExprKind::WindowPartition | ExprKind::WindowOrder => {
                self.level.has_set_functions = true;
                return Ok(());
            }
            ExprKind::WindowFrameRange | ExprKind::WindowFrameRows | ExprKind::WindowFrameGroups => {
                "set-returning functions are not allowed in window definitions"
            }
            ExprKind::MergeWhen => "set-returning functions are not allowed in MERGE WHEN conditions",
            ExprKind::CheckConstraint | ExprKind::DomainCheck => {
                "set-returning functions are not allowed in check constraints"
            }
            ExprKind::ColumnDefault | ExprKind::FunctionDefault => {
                "set-returning functions are not allowed in DEFAULT expressions"
            }
            ExprKind::IndexExpression => "set-returning functions are not allowed in index expressions",
            ExprKind::IndexPredicate => "set-returning functions are not allowed in index predicates",
            ExprKind::AlterColumnTransform => "set-returning functions are not allowed in transform expressions",
            ExprKind::ExecuteParameter => "set-returning functions are not allowed in EXECUTE parameters",
            ExprKind::TriggerWhen => "set-returning functions are not allowed in trigger WHEN conditions",
            ExprKind::Policy => "set-returning functions are not allowed in policy expressions",
            ExprKind::PartitionBound => "set-returning functions are not allowed in partition bound",
            ExprKind::PartitionExpression => "set-returning functions are not allowed in partition key expressions",
            ExprKind::CallArgument => "set-returning functions are not allowed in CALL arguments",
            ExprKind::CopyWhere => "set-returning functions are not allowed in COPY FROM WHERE conditions",
            ExprKind::GeneratedColumn => "set-returning functions are not allowed in column generation expressions",
            ExprKind::Where => "set-returning functions are not allowed in WHERE",
            ExprKind::Having => "set-returning functions are not allowed in HAVING",
            ExprKind::Filter => "set-returning functions are not allowed in FILTER",
            ExprKind::UpdateSource => "set-returning functions are not allowed in UPDATE",
            ExprKind::Limit => "set-returning functions are not allowed in LIMIT",
            ExprKind::Offset => "set-returning functions are not allowed in OFFSET",
            ExprKind::Returning => "set-returning functions are not allowed in RETURNING",
            ExprKind::Values => "set-returning functions are not allowed in VALUES",
        };
        Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, place).at(at))
    }

    /// CASE and COALESCE can't hold sets: they decide which part to compute.
    pub fn no_set_functions_inside(
        &mut self,
        before: bool,
        expr: &Expr,
        construct: &str,
        at: Option<u32>,
    ) -> Result<()> {
        if self.level.has_set_functions && returns_set(expr) {
            let mut inner = None;
            expr.visit(&mut |part| {
                if inner.is_none() && matches!(part, Expr::Func(call) if call.returns_set) {
                    inner = expr_location(part);
                }
            });
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("set-returning functions are not allowed in {construct}"),
            )
            .hint("You might be able to move the set-returning function into a LATERAL FROM item.")
            .at(inner.or(at)));
        }
        self.level.has_set_functions |= before;
        Ok(())
    }
}
