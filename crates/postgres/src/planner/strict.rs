//! Which tables a condition rejects the NULL rows of (`find_nonnullable_rels`), and outer joins that are none
//! because of it (`reduce_outer_joins`).

use kumquat_types::{Oid, operator_by_oid, proc_by_oid};

use super::clause::relations_of;
use super::path::RelSet;
use super::tree::JoinTree;
use crate::query::{BoolOp, BooleanTestKind, Expr, JoinKind, Var};

/// Tables for whose NULL rows the conditions do not hold.
pub fn rejects_nulls<'e>(conditions: impl IntoIterator<Item = &'e Expr>) -> RelSet {
    let sets = conditions.into_iter().map(|condition| rejected(condition, true));
    sets.fold(RelSet::EMPTY, RelSet::union)
}

fn rejected(expr: &Expr, top: bool) -> RelSet {
    let any = |args: &[Expr]| {
        let sets = args.iter().map(|arg| rejected(arg, false));
        sets.fold(RelSet::EMPTY, RelSet::union)
    };
    match expr {
        Expr::Var(var) if var.levels_up == 0 => RelSet::of(var.varno),
        Expr::Func(call) if is_strict(call.function) => any(&call.args),
        Expr::Op(op) if is_strict_operator(op.operator) => any(&op.args),
        Expr::ScalarArrayOp {
            operator,
            any: true,
            args,
            ..
        } if is_strict_operator(*operator) => any(args.as_slice()),
        Expr::Bool(BoolOp::And, args) if top => rejects_nulls(args),
        Expr::Bool(BoolOp::And | BoolOp::Or, args) => {
            let mut sets = args.iter().map(|arg| rejected(arg, top));
            let first = sets.next().unwrap_or(RelSet::EMPTY);
            sets.fold(first, RelSet::intersect)
        }
        Expr::Bool(BoolOp::Not, args) => any(args),
        Expr::Relabel { arg, .. } | Expr::CoerceViaIo { arg, .. } | Expr::ArrayCoerce { arg, .. } => rejected(arg, top),
        Expr::NullTest {
            arg,
            is_null: false,
            row_test: false,
        } if top => rejected(arg, false),
        Expr::BooleanTest {
            arg,
            kind: BooleanTestKind::IsTrue | BooleanTestKind::IsFalse | BooleanTestKind::IsNotUnknown,
        } if top => rejected(arg, false),
        _ => RelSet::EMPTY,
    }
}

fn is_strict(function: Oid) -> bool {
    proc_by_oid(function).is_some_and(|proc| proc.strict)
}

fn is_strict_operator(operator: Oid) -> bool {
    operator_by_oid(operator).is_some_and(|operator| is_strict(operator.function))
}

/// Columns that conditions want to be NULL.
pub fn forced_null<'e>(conditions: impl IntoIterator<Item = &'e Expr>) -> Vec<&'e Var> {
    let tested = |condition: &'e Expr| match condition {
        Expr::NullTest {
            arg,
            is_null: true,
            row_test: false,
        } => match arg.as_ref() {
            Expr::Var(var) if var.levels_up == 0 => Some(var),
            _ => None,
        },
        _ => None,
    };
    conditions.into_iter().filter_map(tested).collect()
}

/// Columns that must not be NULL for the conditions to hold.
fn non_null_columns(conditions: &[Expr]) -> Vec<&Var> {
    fn collect<'e>(expr: &'e Expr, found: &mut Vec<&'e Var>) {
        match expr {
            Expr::Var(var) if var.levels_up == 0 => found.push(var),
            Expr::Op(op) if is_strict_operator(op.operator) => op.args.iter().for_each(|arg| collect(arg, found)),
            Expr::Func(call) if is_strict(call.function) => call.args.iter().for_each(|arg| collect(arg, found)),
            Expr::Relabel { arg, .. } => collect(arg, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    conditions.iter().for_each(|condition| collect(condition, &mut found));
    found
}

/// What holds above a part of the tree: tables whose NULL rows are dropped, columns that must be NULL.
#[derive(Clone, Default)]
struct Above {
    non_null: RelSet,
    null: Vec<Var>,
}

impl Above {
    fn with(&self, conditions: &[Expr]) -> Above {
        let mut null = self.null.clone();
        null.extend(forced_null(conditions).into_iter().cloned());
        Above {
            non_null: self.non_null.union(rejects_nulls(conditions)),
            null,
        }
    }
}

/// Makes outer joins inner ones where the rows they would add are dropped above, anti-joins where only those are
/// wanted, and right joins left ones.
pub fn reduce_outer_joins(tree: &mut JoinTree) {
    if tree.has_outer_join() {
        reduce(tree, &Above::default());
    }
}

fn tables(tree: &JoinTree) -> RelSet {
    tree.tables()
        .into_iter()
        .map(RelSet::of)
        .fold(RelSet::EMPTY, RelSet::union)
}

fn reduce(tree: &mut JoinTree, above: &Above) {
    match tree {
        JoinTree::Table(_) => {}
        JoinTree::From(items, quals) => {
            let above = above.with(quals);
            items.iter_mut().for_each(|item| reduce(item, &above));
        }
        JoinTree::Join {
            kind,
            left,
            right,
            quals,
        } => {
            let (keeps_left, keeps_right) = (
                above.non_null.overlaps(tables(left)),
                above.non_null.overlaps(tables(right)),
            );
            *kind = match (*kind, keeps_left, keeps_right) {
                (JoinKind::Left, _, true) | (JoinKind::Right, true, _) | (JoinKind::Full, true, true) => {
                    JoinKind::Inner
                }
                (JoinKind::Full, true, false) => JoinKind::Left,
                (JoinKind::Full, false, true) => JoinKind::Right,
                (kind, _, _) => kind,
            };
            if *kind == JoinKind::Right {
                std::mem::swap(left, right);
                *kind = JoinKind::Left;
            }
            let right_tables = tables(right);
            let is_forced = |var: &&Var| {
                right_tables.contains(RelSet::of(var.varno))
                    && above
                        .null
                        .iter()
                        .any(|null| null.varno == var.varno && null.attribute == var.attribute)
            };
            if *kind == JoinKind::Left && non_null_columns(quals).iter().any(is_forced) {
                *kind = JoinKind::Anti;
            }
            let (for_left, for_right) = match kind {
                JoinKind::Inner | JoinKind::Semi => (above.with(quals), above.with(quals)),
                JoinKind::Full => (Above::default(), Above::default()),
                _ => (above.clone(), Above::default().with(quals)),
            };
            reduce(left, &for_left);
            reduce(right, &for_right);
        }
    }
}

/// The tables a set of conditions uses.
pub fn used<'e>(conditions: impl IntoIterator<Item = &'e Expr>) -> RelSet {
    conditions
        .into_iter()
        .map(relations_of)
        .fold(RelSet::EMPTY, RelSet::union)
}
