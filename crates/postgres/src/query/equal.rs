//! Whether two expressions are the same, places in the text aside (PostgreSQL's `equal()`).

use std::sync::Arc;

use kumquat_types::compare::same;

use super::expr::{AggregateOrder, SubscriptingRef};
use super::{Aggref, Const, Expr, OpExpr, Var, WindowFunc};

impl Expr {
    /// Compute the same value from the same columns.
    pub fn same_as(&self, other: &Expr) -> bool {
        match (self, other) {
            (Expr::Var(a), Expr::Var(b)) => same_var(a, b),
            (Expr::Const(a), Expr::Const(b)) => same_const(a, b),
            (
                Expr::Param {
                    kind: ka, number: na, ..
                },
                Expr::Param {
                    kind: kb, number: nb, ..
                },
            ) => ka == kb && na == nb,
            (Expr::Aggref(a), Expr::Aggref(b)) => same_aggregate(a, b),
            (Expr::Grouping { refs: a, .. }, Expr::Grouping { refs: b, .. }) => a == b,
            (Expr::WindowFunc(a), Expr::WindowFunc(b)) => same_window(a, b),
            (Expr::Func(a), Expr::Func(b)) => {
                a.function == b.function && a.result == b.result && a.variadic == b.variadic && all(&a.args, &b.args)
            }
            (Expr::Op(a), Expr::Op(b))
            | (Expr::Distinct(a), Expr::Distinct(b))
            | (Expr::NullIf(a), Expr::NullIf(b)) => same_operation(a, b),
            (
                Expr::ScalarArrayOp {
                    operator: oa,
                    any: na,
                    args: aa,
                    ..
                },
                Expr::ScalarArrayOp {
                    operator: ob,
                    any: nb,
                    args: ab,
                    ..
                },
            ) => oa == ob && na == nb && all(aa.as_slice(), ab.as_slice()),
            (Expr::Bool(ka, a), Expr::Bool(kb, b)) => ka == kb && all(a, b),
            (Expr::SubLink(a), Expr::SubLink(b)) => {
                a.kind == b.kind && Arc::ptr_eq(&a.query, &b.query) && all(&a.left, &b.left)
            }
            (Expr::SubPlan(a), Expr::SubPlan(b)) => {
                a.plan == b.plan && a.kind == b.kind && all(&a.left, &b.left) && arguments(&a.args, &b.args)
            }
            (Expr::Subscript(a), Expr::Subscript(b)) => same_subscript(a, b),
            (Expr::FieldSelect { arg: a, field: fa, .. }, Expr::FieldSelect { arg: b, field: fb, .. }) => {
                fa == fb && a.same_as(b)
            }
            (
                Expr::FieldStore {
                    arg: a,
                    fields: fa,
                    type_oid: ta,
                },
                Expr::FieldStore {
                    arg: b,
                    fields: fb,
                    type_oid: tb,
                },
            ) => ta == tb && a.same_as(b) && pairs(fa, fb, |(na, va), (nb, vb)| na == nb && va.same_as(vb)),
            (
                Expr::Array {
                    elements: a,
                    array_type: ta,
                    multi: ma,
                    ..
                },
                Expr::Array {
                    elements: b,
                    array_type: tb,
                    multi: mb,
                    ..
                },
            ) => ta == tb && ma == mb && all(a, b),
            (
                Expr::Row {
                    args: a, type_oid: ta, ..
                },
                Expr::Row {
                    args: b, type_oid: tb, ..
                },
            )
            | (Expr::Coalesce { args: a, type_oid: ta }, Expr::Coalesce { args: b, type_oid: tb }) => {
                ta == tb && all(a, b)
            }
            (
                Expr::MinMax {
                    op: oa,
                    args: a,
                    type_oid: ta,
                },
                Expr::MinMax {
                    op: ob,
                    args: b,
                    type_oid: tb,
                },
            ) => oa == ob && ta == tb && all(a, b),
            (
                Expr::RowCompare {
                    operators: oa,
                    left: la,
                    right: ra,
                    op: ka,
                },
                Expr::RowCompare {
                    operators: ob,
                    left: lb,
                    right: rb,
                    op: kb,
                },
            ) => ka == kb && oa == ob && all(la, lb) && all(ra, rb),
            (
                Expr::Case {
                    arg: aa,
                    whens: wa,
                    otherwise: ea,
                    type_oid: ta,
                },
                Expr::Case {
                    arg: ab,
                    whens: wb,
                    otherwise: eb,
                    type_oid: tb,
                },
            ) => {
                ta == tb
                    && optional(aa.as_deref(), ab.as_deref())
                    && optional(ea.as_deref(), eb.as_deref())
                    && pairs(wa, wb, |(ca, ra), (cb, rb)| ca.same_as(cb) && ra.same_as(rb))
            }
            (Expr::CaseTest { type_oid: a, .. }, Expr::CaseTest { type_oid: b, .. })
            | (Expr::CoerceToDomainValue { type_oid: a, .. }, Expr::CoerceToDomainValue { type_oid: b, .. })
            | (Expr::SetToDefault { type_oid: a, .. }, Expr::SetToDefault { type_oid: b, .. }) => a == b,
            (Expr::SqlValue { value: a, .. }, Expr::SqlValue { value: b, .. }) => a == b,
            (
                Expr::NullTest {
                    arg: a,
                    is_null: na,
                    row_test: ra,
                },
                Expr::NullTest {
                    arg: b,
                    is_null: nb,
                    row_test: rb,
                },
            ) => na == nb && ra == rb && a.same_as(b),
            (Expr::BooleanTest { arg: a, kind: ka }, Expr::BooleanTest { arg: b, kind: kb }) => {
                ka == kb && a.same_as(b)
            }
            (
                Expr::Collate {
                    arg: a, collation: ca, ..
                },
                Expr::Collate {
                    arg: b, collation: cb, ..
                },
            ) => ca == cb && a.same_as(b),
            (Expr::InputColumn { column: a, .. }, Expr::InputColumn { column: b, .. }) => a == b,
            _ => self.same_coercion(other),
        }
    }

    /// The rest of [`Expr::same_as`]: changes of type.
    fn same_coercion(&self, other: &Expr) -> bool {
        let typed = |a: &Expr, b: &Expr| {
            self.type_oid() == other.type_oid() && self.type_modifier() == other.type_modifier() && a.same_as(b)
        };
        match (self, other) {
            (Expr::Relabel { arg: a, .. }, Expr::Relabel { arg: b, .. })
            | (Expr::CoerceViaIo { arg: a, .. }, Expr::CoerceViaIo { arg: b, .. })
            | (Expr::ConvertRowtype { arg: a, .. }, Expr::ConvertRowtype { arg: b, .. })
            | (Expr::CoerceToDomain { arg: a, .. }, Expr::CoerceToDomain { arg: b, .. }) => typed(a, b),
            (
                Expr::ArrayCoerce {
                    arg: a, element: ea, ..
                },
                Expr::ArrayCoerce {
                    arg: b, element: eb, ..
                },
            ) => typed(a, b) && ea.same_as(eb),
            _ => false,
        }
    }
}

fn same_var(a: &Var, b: &Var) -> bool {
    a.varno == b.varno && a.attribute == b.attribute && a.levels_up == b.levels_up
}

fn same_const(a: &Const, b: &Const) -> bool {
    a.type_oid == b.type_oid && a.value.is_null() == b.value.is_null() && same(&a.value, &b.value)
}

fn same_operation(a: &OpExpr, b: &OpExpr) -> bool {
    a.operator == b.operator && all(&a.args, &b.args)
}

fn same_aggregate(a: &Aggref, b: &Aggref) -> bool {
    a.function == b.function
        && a.star == b.star
        && a.distinct == b.distinct
        && a.result == b.result
        && a.levels_up == b.levels_up
        && all(&a.args, &b.args)
        && all(&a.direct_args, &b.direct_args)
        && optional(a.filter.as_ref(), b.filter.as_ref())
        && pairs(&a.order_by, &b.order_by, same_order)
}

fn same_order(a: &AggregateOrder, b: &AggregateOrder) -> bool {
    a.order == b.order && a.expr.same_as(&b.expr)
}

fn same_window(a: &WindowFunc, b: &WindowFunc) -> bool {
    a.function == b.function
        && a.star == b.star
        && a.window == b.window
        && all(&a.args, &b.args)
        && optional(a.filter.as_ref(), b.filter.as_ref())
}

fn same_subscript(a: &SubscriptingRef, b: &SubscriptingRef) -> bool {
    let bounds = |a: &Option<Expr>, b: &Option<Expr>| optional(a.as_ref(), b.as_ref());
    a.is_slice == b.is_slice
        && a.container.same_as(&b.container)
        && pairs(&a.lower, &b.lower, bounds)
        && pairs(&a.upper, &b.upper, bounds)
        && optional(a.assign.as_ref(), b.assign.as_ref())
}

fn arguments(a: &[(usize, Expr)], b: &[(usize, Expr)]) -> bool {
    pairs(a, b, |(na, ea), (nb, eb)| na == nb && ea.same_as(eb))
}

fn optional(a: Option<&Expr>, b: Option<&Expr>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.same_as(b),
        _ => false,
    }
}

fn all(a: &[Expr], b: &[Expr]) -> bool {
    pairs(a, b, Expr::same_as)
}

fn pairs<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}
