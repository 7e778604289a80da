//! Where an analyzed expression stands in the statement (`exprLocation`).

use kumquat_sql::ast::Location;

use crate::query::Expr;

/// The leftmost place of the expression and its parts, if any is known. Nodes that carry no place of their own
/// answer with that of their first part.
pub fn expr_location(expr: &Expr) -> Option<u32> {
    let own = match expr {
        Expr::Var(var) => return var.location,
        Expr::Const(constant) => return constant.location,
        Expr::Aggref(aggregate) => return aggregate.location,
        Expr::WindowFunc(window) => return window.location,
        Expr::SubLink(link) => return leftmost(link.location, link.left.first().and_then(expr_location)),
        Expr::Func(call) => call.location,
        Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => op.location,
        Expr::ScalarArrayOp { location, .. } | Expr::CoerceViaIo { location, .. } => *location,
        _ => None,
    };
    let mut location = own;
    expr.for_each_child(&mut |child| location = leftmost(location, expr_location(child)));
    location
}

fn leftmost(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The place of a syntax node in the form that errors and analyzed nodes carry.
pub fn position(location: Location) -> Option<u32> {
    location.into()
}
