//! Ways to compute a relation: plan nodes with what the planner needs to choose between them.

use std::rc::Rc;
use std::sync::Arc;

use super::plan::{Cost, Plan, PlanKind};
use crate::catalog::SortOrder;
use crate::query::Expr;

/// A set of base relations, by their number in the level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelSet(pub u128);

impl RelSet {
    pub const EMPTY: RelSet = RelSet(0);

    pub fn of(number: usize) -> RelSet {
        RelSet(
            1u128
                .checked_shl(u32::try_from(number).unwrap_or(u32::MAX))
                .unwrap_or(0),
        )
    }

    pub fn contains(self, other: RelSet) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn overlaps(self, other: RelSet) -> bool {
        self.0 & other.0 != 0
    }

    #[must_use]
    pub fn union(self, other: RelSet) -> RelSet {
        RelSet(self.0 | other.0)
    }

    #[must_use]
    pub fn intersect(self, other: RelSet) -> RelSet {
        RelSet(self.0 & other.0)
    }

    #[must_use]
    pub fn minus(self, other: RelSet) -> RelSet {
        RelSet(self.0 & !other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The members' numbers in order.
    pub fn members(self) -> impl Iterator<Item = usize> {
        (0..128).filter(move |&number| self.0 >> number & 1 == 1)
    }
}

/// Rows are sorted by an equivalence class of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathKey {
    /// Index of the class in its level.
    pub class: usize,
    pub order: SortOrder,
}

/// What an inner path needs of other relations' rows: an executor parameter, its value, and where that comes from.
#[derive(Clone, Debug)]
pub struct Requirement {
    pub param: usize,
    pub value: Expr,
    pub relations: RelSet,
}

/// One way to compute some rows.
#[derive(Clone, Debug)]
pub struct Path {
    pub kind: PlanKind,
    pub children: Vec<Rc<Path>>,
    pub output: Rc<[Expr]>,
    pub filter: Vec<Expr>,
    pub init_plans: Vec<usize>,
    pub cost: Cost,
    pub rows: f64,
    pub width: i32,
    pub keys: Vec<PathKey>,
    pub required: Vec<Requirement>,
    /// The level whose range table the expressions mean.
    pub level: usize,
}

impl Path {
    pub fn new(kind: PlanKind, children: Vec<Rc<Path>>, output: Rc<[Expr]>, level: usize) -> Path {
        Path {
            kind,
            children,
            output,
            filter: Vec::new(),
            init_plans: Vec::new(),
            cost: Cost::default(),
            rows: 1.0,
            width: 0,
            keys: Vec::new(),
            required: Vec::new(),
            level,
        }
    }

    pub fn required_relations(&self) -> RelSet {
        let relations = self.required.iter().map(|requirement| requirement.relations);
        relations.fold(RelSet::EMPTY, RelSet::union)
    }

    /// The plan to run.
    pub fn to_plan(&self) -> Plan {
        Plan {
            kind: self.kind.clone(),
            children: self.children.iter().map(|child| Arc::new(child.to_plan())).collect(),
            output: self.output.to_vec(),
            filter: self.filter.clone(),
            init_plans: self.init_plans.clone(),
            cost: self.cost,
            rows: self.rows,
            width: self.width,
            level: self.level,
        }
    }
}
