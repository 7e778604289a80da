//! Which expressions need no parentheses in pretty style (`isSimpleNode`).

use kumquat_types::operator_by_oid;

use crate::query::{BoolOp, Expr, FuncForm, OpExpr};

/// Whether `node`, an argument of `parent`, is read back as it is without parentheses.
pub(super) fn is_simple(node: &Expr, parent: &Expr) -> bool {
    match node {
        Expr::Var(_)
        | Expr::Const(_)
        | Expr::Param { .. }
        | Expr::CoerceToDomainValue { .. }
        | Expr::SetToDefault { .. }
        | Expr::InputColumn { .. }
        | Expr::Subscript(_)
        | Expr::Array { .. }
        | Expr::Row { .. }
        | Expr::Coalesce { .. }
        | Expr::MinMax { .. }
        | Expr::SqlValue { .. }
        | Expr::NullIf(_)
        | Expr::Aggref(_)
        | Expr::Grouping { .. }
        | Expr::WindowFunc(_)
        | Expr::Func(_)
        | Expr::Case { .. }
        | Expr::CaseTest { .. } => true,
        Expr::FieldSelect { .. } => !matches!(parent, Expr::FieldSelect { .. }),
        Expr::FieldStore { .. } => !matches!(parent, Expr::FieldStore { .. }),
        // What counts is whether what is under a cast is simple.
        Expr::CoerceToDomain { arg, .. }
        | Expr::Relabel { arg, .. }
        | Expr::CoerceViaIo { arg, .. }
        | Expr::ArrayCoerce { arg, .. }
        | Expr::ConvertRowtype { arg, .. } => is_simple(arg, node),
        Expr::Op(op) => match parent {
            Expr::Op(outer) => operator_in_operator(op, node, outer),
            _ => other_is_simple(parent),
        },
        Expr::SubLink(_) | Expr::NullTest { .. } | Expr::BooleanTest { .. } | Expr::Distinct(_) => {
            other_is_simple(parent)
        }
        Expr::SubPlan(_) | Expr::ScalarArrayOp { .. } | Expr::RowCompare { .. } | Expr::Collate { .. } => false,
        Expr::Bool(op, _) => match parent {
            Expr::Bool(outer, _) => match op {
                BoolOp::Not | BoolOp::And => matches!(outer, BoolOp::And | BoolOp::Or),
                BoolOp::Or => *outer == BoolOp::Or,
            },
            _ => in_function(parent),
        },
    }
}

fn is_cast(form: FuncForm) -> bool {
    matches!(form, FuncForm::ExplicitCast | FuncForm::ImplicitCast)
}

/// Arguments inside the parentheses of a call need none of their own.
fn in_function(parent: &Expr) -> bool {
    match parent {
        Expr::Func(call) => !is_cast(call.form),
        Expr::Subscript(_)
        | Expr::Array { .. }
        | Expr::Row { .. }
        | Expr::Coalesce { .. }
        | Expr::MinMax { .. }
        | Expr::NullIf(_)
        | Expr::Aggref(_)
        | Expr::Grouping { .. }
        | Expr::WindowFunc(_)
        | Expr::Case { .. } => true,
        _ => false,
    }
}

fn other_is_simple(parent: &Expr) -> bool {
    in_function(parent) || matches!(parent, Expr::Bool(..))
}

/// Only arithmetic of known precedence goes without: `a * b + c`, but not `a + (b + c)`.
fn operator_in_operator(op: &OpExpr, node: &Expr, outer: &OpExpr) -> bool {
    let (Some(inner_name), Some(outer_name)) = (symbol(op), symbol(outer)) else {
        return false;
    };
    let low = |name: &str| matches!(name, "+" | "-");
    let high = |name: &str| matches!(name, "*" | "/" | "%");
    if op.args.len() != 2 || outer.args.len() != 2 || !(low(inner_name) || high(inner_name)) {
        return false;
    }
    if high(inner_name) && low(outer_name) {
        return true;
    }
    let same_level = (low(inner_name) && low(outer_name)) || (high(inner_name) && high(outer_name));
    // Operators lean to the left.
    same_level && outer.args.first().is_some_and(|first| std::ptr::eq(first, node))
}

fn symbol(op: &OpExpr) -> Option<&'static str> {
    operator_by_oid(op.operator)
        .map(|operator| operator.name)
        .filter(|name| name.len() == 1)
}
