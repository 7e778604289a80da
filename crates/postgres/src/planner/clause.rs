//! A condition of WHERE or ON with what the planner knows about it (`RestrictInfo`).

use std::rc::Rc;

use kumquat_types::operator_by_oid;

use super::cost::expression::QualCost;
use super::path::RelSet;
use super::vars::varnos;
use crate::query::{BoolOp, Expr, OpExpr};

#[derive(Clone, Debug)]
pub struct Clause {
    pub expr: Expr,
    /// Tables whose columns it uses.
    pub relations: RelSet,
    /// Tables that must be there before it can be tested.
    pub required: RelSet,
    /// It stood above the join that tests it, in WHERE: it tests what an outer join gives.
    pub pushed_down: bool,
    /// Its tables whose rows outer joins below may have replaced by NULLs.
    pub nullable: RelSet,
    /// The side of its outer join whose rows all come out: it can't be tested there.
    pub kept_side: RelSet,
    /// `left operator right`.
    pub sides: Option<Sides>,
    /// Derived from this equivalence class.
    pub class: Option<usize>,
    pub cost: QualCost,
    /// Smaller ones are tested first: conditions of policies before those that may tell of rows.
    pub security_level: u32,
}

/// The level of conditions that come after all policies.
pub const OPEN_LEVEL: u32 = u32::MAX;

/// The operands of a binary operator and the tables they use.
#[derive(Clone, Debug)]
pub struct Sides {
    pub left: Expr,
    pub right: Expr,
    pub left_relations: RelSet,
    pub right_relations: RelSet,
    pub hashable: bool,
    pub mergeable: bool,
    /// The equivalence classes of both, for merge joins.
    pub classes: Option<(usize, usize)>,
}

pub fn relations_of(expr: &Expr) -> RelSet {
    varnos(expr)
        .into_iter()
        .map(RelSet::of)
        .fold(RelSet::EMPTY, RelSet::union)
}

impl Clause {
    pub fn new(expr: Expr, required: Option<RelSet>, pushed_down: bool, nullable: RelSet, cost: QualCost) -> Clause {
        let relations = relations_of(&expr);
        Clause {
            sides: sides(&expr),
            required: required.unwrap_or(relations),
            expr,
            relations,
            pushed_down,
            nullable,
            kept_side: RelSet::EMPTY,
            class: None,
            cost,
            security_level: 0,
        }
    }

    /// It may be tested in a scan or join of these tables, with values of the others given
    /// (`join_clause_is_movable_into`).
    pub fn is_movable_into(&self, here: RelSet, with_given: RelSet) -> bool {
        with_given.contains(self.relations)
            && here.overlaps(self.relations)
            && !here.overlaps(self.kept_side)
            && !here.overlaps(self.nullable)
    }

    /// It tests what the join of these tables gives, and is no condition of an outer join itself.
    pub fn is_above(&self, join: RelSet) -> bool {
        self.pushed_down || !join.contains(self.required)
    }

    /// It can be the key of a hash or merge join: each side uses other tables.
    pub fn can_join(&self) -> Option<&Sides> {
        let sides = self.sides.as_ref()?;
        let apart = !sides.left_relations.is_empty()
            && !sides.right_relations.is_empty()
            && !sides.left_relations.overlaps(sides.right_relations);
        apart.then_some(sides)
    }

    /// The operands, that of the outer side first; `None`: the clause does not join these two.
    pub fn oriented(&self, outer: RelSet, inner: RelSet) -> Option<(&Expr, &Expr)> {
        let sides = self.can_join()?;
        if outer.contains(sides.left_relations) && inner.contains(sides.right_relations) {
            return Some((&sides.left, &sides.right));
        }
        (outer.contains(sides.right_relations) && inner.contains(sides.left_relations))
            .then_some((&sides.right, &sides.left))
    }

    /// The condition with the outer side's operand first.
    pub fn commuted_for(&self, outer: RelSet) -> Expr {
        match (&self.sides, &self.expr) {
            (Some(sides), Expr::Op(op)) if !outer.contains(sides.left_relations) => {
                commute(op).unwrap_or_else(|| self.expr.clone())
            }
            _ => self.expr.clone(),
        }
    }

    /// The parts of a condition that is an OR.
    pub fn or_parts(&self) -> Option<&[Expr]> {
        match &self.expr {
            Expr::Bool(BoolOp::Or, args) => Some(args),
            _ => None,
        }
    }
}

/// `b op' a` for `a op b`.
pub fn commute(op: &OpExpr) -> Option<Expr> {
    let commutator = operator_by_oid(op.operator)?.commutator;
    let [left, right] = op.args.as_slice() else {
        return None;
    };
    commutator.is_valid().then(|| {
        Expr::Op(Box::new(OpExpr {
            operator: commutator,
            args: vec![right.clone(), left.clone()],
            ..op.clone()
        }))
    })
}

fn sides(expr: &Expr) -> Option<Sides> {
    let Expr::Op(op) = expr else { return None };
    let [left, right] = op.args.as_slice() else {
        return None;
    };
    let operator = operator_by_oid(op.operator)?;
    let is_equality = operator.name == "=";
    Some(Sides {
        left_relations: relations_of(left),
        right_relations: relations_of(right),
        left: left.clone(),
        right: right.clone(),
        hashable: operator.can_hash && is_equality,
        mergeable: operator.can_merge && is_equality,
        classes: None,
    })
}

pub fn exprs(clauses: &[Rc<Clause>]) -> Vec<Expr> {
    clauses.iter().map(|clause| clause.expr.clone()).collect()
}

/// Conditions in the order in which they are tested: policies first, then cheap ones (`order_qual_clauses`).
pub fn ordered(clauses: &[Rc<Clause>]) -> Vec<Expr> {
    let mut sorted: Vec<&Rc<Clause>> = clauses.iter().collect();
    sorted.sort_by(|a, b| {
        let costs = a.cost.per_tuple.total_cmp(&b.cost.per_tuple);
        a.security_level.cmp(&b.security_level).then(costs)
    });
    sorted.into_iter().map(|clause| clause.expr.clone()).collect()
}
