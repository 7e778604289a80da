//! Which conditions may be tested before those of policies: they must tell nobody of rows that policies hide.

use kumquat_types::{Oid, operator_by_oid, proc_by_oid};

use super::clause::OPEN_LEVEL;
use super::level::Level;
use crate::backend::Backend;
use crate::query::{Expr, RangeTableEntry, RangeTableKind};

/// Conditions that cost more than so many operators wait even if they are leakproof.
const CHEAP_OPERATORS: f64 = 10.0;

/// Types whose comparisons are leakproof; those of others may fail or say more than they should.
const PLAIN_TYPES: [Oid; 24] = [
    Oid::BOOL,
    Oid::BYTEA,
    Oid::NAME,
    Oid::INT2,
    Oid::INT4,
    Oid::INT8,
    Oid::OID,
    Oid::TID,
    Oid::TEXT,
    Oid::VARCHAR,
    Oid::BPCHAR,
    Oid::FLOAT4,
    Oid::FLOAT8,
    Oid::MONEY,
    Oid::DATE,
    Oid::TIME,
    Oid::TIMETZ,
    Oid::TIMESTAMP,
    Oid::TIMESTAMPTZ,
    Oid::INTERVAL,
    Oid::UUID,
    Oid::INET,
    Oid::BIT,
    Oid::VARBIT,
];

/// The level of a condition that is none of a policy: among the first if it is cheap and leakproof.
pub fn open_level(level: &Level<'_, '_, '_>, qual: &Expr, per_tuple: f64) -> u32 {
    let cheap = per_tuple <= CHEAP_OPERATORS * level.problem.settings.cpu_operator;
    match cheap && is_leakproof(level.global.backend, qual) {
        true => 0,
        false => OPEN_LEVEL,
    }
}

/// Nothing in the expression can fail or show what it is given (`contain_leaked_vars`).
pub fn is_leakproof(backend: &Backend<'_>, expr: &Expr) -> bool {
    !expr.any(&mut |part| match part {
        Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => !is_plain_operator(op.operator),
        Expr::ScalarArrayOp { operator, .. } => !is_plain_operator(*operator),
        Expr::Func(call) => {
            let user = backend
                .catalog()
                .ok()
                .and_then(|catalog| catalog.functions.get(&call.function));
            !user.is_some_and(|function| function.leakproof)
        }
        Expr::SubPlan(_) | Expr::SubLink(_) | Expr::CoerceViaIo { .. } | Expr::ArrayCoerce { .. } => true,
        Expr::CoerceToDomain { .. } | Expr::Subscript(_) | Expr::RowCompare { .. } => true,
        _ => false,
    })
}

/// The entry is a view with `security_barrier`: what it hides must not leak through conditions from outside.
pub fn is_barrier(backend: &Backend<'_>, entry: &RangeTableEntry) -> bool {
    let RangeTableKind::Subquery { view, .. } = entry.kind else {
        return false;
    };
    let catalog = backend.catalog().ok();
    let view = catalog.and_then(|catalog| catalog.relation(view));
    view.is_some_and(|view| view.is_security_barrier())
}

fn is_plain_operator(operator: Oid) -> bool {
    let Some(operator) = operator_by_oid(operator) else {
        return false;
    };
    let compares = matches!(operator.name, "=" | "<>" | "<" | "<=" | ">" | ">=");
    let apart = operator.left != operator.right;
    let is_plain = |oid: &Oid| PLAIN_TYPES.contains(oid);
    let moment = |oid: Oid| matches!(oid, Oid::DATE | Oid::TIMESTAMP | Oid::TIMESTAMPTZ);
    compares
        && is_plain(&operator.left)
        && is_plain(&operator.right)
        && !(apart && moment(operator.left))
        && proc_by_oid(operator.function).is_some()
}
