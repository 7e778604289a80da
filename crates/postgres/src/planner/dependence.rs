//! Scans that depend on rows of other tables: which conditions of joins they test, and by which parameters
//! (`ParamPathInfo`).

use std::rc::Rc;

use super::clause::Clause;
use super::clause::relations_of;
use super::cost::clamp_rows;
use super::cost::expression::{ExpressionCosts, QualCost};
use super::estimate::selectivity::Estimator;
use super::global::executor_param;
use super::level::Level;
use super::path::{PathKey, RelSet, Requirement};
use super::plan::ParamSource;
use crate::query::{Expr, JoinKind, Var};

/// What a scan needs of others.
#[derive(Clone, Debug, Default)]
pub struct Dependence {
    /// Conditions of joins that the scan tests.
    pub clauses: Vec<Rc<Clause>>,
    pub required: Vec<Requirement>,
    /// Rows for each set of values.
    estimate: Option<f64>,
}

impl Dependence {
    /// The expression with other tables' columns replaced by parameters.
    pub fn bind(&self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        if self.required.is_empty() {
            return expr;
        }
        expr.transform(&mut |part| {
            if matches!(part, Expr::Var(_))
                && let Some(found) = self.required.iter().find(|required| required.value.same_as(part))
            {
                *part = executor_param(found.param, part.type_oid(), part.type_modifier());
            }
        });
        expr
    }

    pub fn rows(&self, unbound: f64) -> f64 {
        self.estimate.map_or(unbound, |rows| rows.min(unbound))
    }
}

impl Level<'_, '_, '_> {
    /// The cost of an expression, once and for each row.
    pub fn expression_cost(&self, expr: &Expr) -> QualCost {
        let function_cost = |oid: kumquat_types::Oid| match kumquat_types::proc_by_oid(oid) {
            Some(_) => 1.0,
            None => {
                let catalog = self.global.backend.catalog().ok();
                let function = catalog.and_then(|catalog| catalog.functions.get(&oid).cloned());
                function.map_or(1.0, |function| function.cost)
            }
        };
        let costs = ExpressionCosts {
            settings: &self.problem.settings,
            subplans: &self.global.subplans,
            function_cost: &function_cost,
        };
        costs.of(expr)
    }

    pub fn expressions_cost<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> QualCost {
        let costs = exprs.into_iter().map(|expr| self.expression_cost(expr));
        costs.sum::<QualCost>()
    }

    /// What a scan of a table needs if it tests all it can with values of these others.
    pub fn dependence(&mut self, varno: usize, others: RelSet) -> Dependence {
        let own = RelSet::of(varno);
        let mut found = Dependence::default();
        if others.is_empty() {
            return found;
        }
        found.clauses = self.joining(own, others);
        for clause in found.clauses.clone() {
            self.depend_on(&mut found, varno, &clause);
        }
        let estimator = Estimator::table(&self.problem.bases, varno);
        let clauses = self.problem.rel(own).map(|rel| rel.clauses.clone()).unwrap_or_default();
        let all: Vec<Expr> = found
            .clauses
            .iter()
            .chain(&clauses)
            .map(|clause| clause.expr.clone())
            .collect();
        let tuples = self.problem.bases.get(varno).map_or(0.0, |base| base.tuples);
        found.estimate = Some(clamp_rows(tuples * estimator.all(&all)));
        found
    }

    /// Adds what a clause of the scan needs of other tables.
    pub fn depend_on(&mut self, dependence: &mut Dependence, varno: usize, clause: &Clause) {
        for var in super::vars::vars_of(&clause.expr) {
            if var.varno != varno {
                self.require(&mut dependence.required, var);
            }
        }
    }

    fn require(&mut self, required: &mut Vec<Requirement>, var: Var) {
        let value = Expr::Var(var);
        if required.iter().any(|known| known.value.same_as(&value)) {
            return;
        }
        required.push(Requirement {
            param: self.nested_loop_param(&value),
            relations: relations_of(&value),
            value,
        });
    }

    /// The parameter by which nested loops of this level hand on a column.
    fn nested_loop_param(&mut self, value: &Expr) -> usize {
        if let Some((_, param)) = self.loop_params.iter().find(|(known, _)| known.same_as(value)) {
            return *param;
        }
        let param = self.global.new_param(ParamSource::Outer {
            expr: value.clone(),
            level: self.number,
        });
        self.loop_params.push((value.clone(), param));
        param
    }

    /// The conditions that a scan of `own` can test, given rows of `others`.
    fn joining(&mut self, own: RelSet, others: RelSet) -> Vec<Rc<Clause>> {
        let whole = own.union(others);
        let movable = |clause: &&Rc<Clause>| clause.is_movable_into(own, whole) && !own.contains(clause.relations);
        let mut found: Vec<Rc<Clause>> = self.problem.join_clauses.iter().filter(movable).cloned().collect();
        found.extend(self.class_clauses(others, own));
        found
    }

    /// Their cost for each row.
    pub fn joining_cost(&self, varno: usize, others: RelSet) -> QualCost {
        if others.is_empty() {
            return QualCost::default();
        }
        let (own, whole) = (RelSet::of(varno), RelSet::of(varno).union(others));
        let movable = |clause: &&Rc<Clause>| clause.is_movable_into(own, whole) && !own.contains(clause.relations);
        let plain = self
            .problem
            .join_clauses
            .iter()
            .filter(movable)
            .map(|clause| clause.cost);
        let sum = plain.sum::<QualCost>();
        let classes = self.problem.classes.iter().filter(|(_, class)| {
            let has = |side: RelSet| {
                class
                    .members
                    .iter()
                    .any(|member| !member.is_const && side.contains(member.relations))
            };
            !class.has_const && has(own) && has(others)
        });
        let per_class = QualCost {
            startup: 0.0,
            per_tuple: self.problem.settings.cpu_operator,
        };
        classes.fold(sum, |sum, _| sum + per_class)
    }

    /// The clause that compares two members of a class.
    pub fn class_clause(&mut self, class: usize, left: usize, right: usize) -> Option<Rc<Clause>> {
        let expr = self.problem.classes.comparison(class, left, right)?;
        let cost = self.expression_cost(&expr);
        let nullable = |at: usize| {
            let class = self.problem.classes.get(class)?;
            class.members.get(at).map(|member| member.nullable)
        };
        let nullable = nullable(left)
            .unwrap_or_default()
            .union(nullable(right).unwrap_or_default());
        let mut clause = Clause::new(expr, None, true, nullable, cost);
        clause.class = Some(class);
        if let Some(sides) = &mut clause.sides {
            sides.classes = Some((class, class));
        }
        Some(Rc::new(clause))
    }

    /// Comparisons between two sets of tables that classes imply (`generate_join_implied_equalities`).
    pub fn class_clauses(&mut self, outer: RelSet, inner: RelSet) -> Vec<Rc<Clause>> {
        let join = outer.union(inner);
        let mut wanted: Vec<(usize, usize, usize)> = Vec::new();
        for (number, class) in self.problem.classes.iter() {
            if class.has_const || class.members.len() < 2 {
                continue;
            }
            let (mut left, mut right, mut spanning) = (Vec::new(), Vec::new(), Vec::new());
            for (at, member) in class.members.iter().enumerate() {
                if !join.contains(member.relations) {
                    continue;
                }
                match (outer.contains(member.relations), inner.contains(member.relations)) {
                    (true, _) => left.push(at),
                    (_, true) => right.push(at),
                    _ => spanning.push(at),
                }
            }
            if let Some((left, right)) = best_pair(class, &left, &right) {
                wanted.push((number, left, right));
            }
            if let (Some(old), false) = (left.iter().chain(&right).next(), spanning.is_empty()) {
                spanning.push(*old);
                wanted.extend(spanning.windows(2).filter_map(|pair| match pair {
                    [a, b] => Some((number, *a, *b)),
                    _ => None,
                }));
            }
        }
        let clauses = wanted
            .into_iter()
            .filter_map(|(class, left, right)| self.class_clause(class, left, right));
        clauses.collect()
    }

    /// How often a scan is repeated that depends on these (`get_loop_count`).
    pub fn loop_count(&self, varno: usize, others: RelSet) -> f64 {
        let mut least: f64 = 0.0;
        for other in others.members() {
            let Some(rel) = self.problem.rel(RelSet::of(other)) else {
                continue;
            };
            let rows = self.without_repetition(varno, other, rel.rows);
            if least == 0.0 || rows < least {
                least = rows;
            }
        }
        least.max(1.0)
    }

    /// The inner side of a semi-join counts each value once (`adjust_rowcount_for_semijoins`).
    fn without_repetition(&self, current: usize, outer: usize, rows: f64) -> f64 {
        let (current, outer) = (RelSet::of(current), RelSet::of(outer));
        let mut rows = rows;
        for special in &self.problem.special {
            if special.kind != JoinKind::Semi
                || !special.syntactic_left.contains(current)
                || !special.syntactic_right.contains(outer)
            {
                continue;
            }
            let tables = special.syntactic_right.members();
            let whole: f64 = tables
                .filter_map(|table| self.problem.rel(RelSet::of(table)))
                .map(|rel| rel.rows)
                .product();
            let (unique, _) = super::estimate::groups::count_groups(&self.problem.bases, &special.unique_by, whole);
            rows = rows.min(unique);
        }
        rows
    }

    pub fn is_movable_to(&self, clause: &Clause, own: RelSet) -> bool {
        clause.relations.overlaps(own) && !clause.kept_side.overlaps(own) && !clause.nullable.overlaps(own)
    }

    /// A merge join of this table with others may compare members of the class.
    pub fn merges_by(&self, class: usize, own: RelSet) -> bool {
        let found = self.problem.classes.get(class).is_some_and(|class| {
            let others = |member: &&super::classes::Member| !member.relations.overlaps(own) && !member.is_const;
            !class.has_const && !class.sources.is_empty() && class.members.iter().any(|member| others(&member))
        });
        let canonical = self.problem.classes.canonical(class);
        found
            || self.problem.join_clauses.iter().any(|clause| {
                let classes = clause.sides.as_ref().and_then(|sides| sides.classes);
                clause.relations.overlaps(own)
                    && classes.is_some_and(|(left, right)| {
                        self.problem.classes.canonical(left) == canonical
                            || self.problem.classes.canonical(right) == canonical
                    })
            })
    }

    /// Merge joins sort upwards, unless the query wants the other direction (`right_merge_direction`).
    pub fn merge_direction(&self, key: &PathKey) -> bool {
        let wanted = self.problem.wanted.iter().find(|wanted| wanted.class == key.class);
        match wanted {
            Some(wanted) => wanted.order.descending == key.order.descending,
            None => !key.order.descending,
        }
    }
}

/// Plain columns that can be hashed are the best to compare.
fn best_pair(class: &super::classes::Class, left: &[usize], right: &[usize]) -> Option<(usize, usize)> {
    let score = |at: usize| {
        let member = class.members.get(at);
        u32::from(member.is_some_and(|member| matches!(super::estimate::variable::strip(&member.expr), Expr::Var(_))))
    };
    let mut best: Option<(u32, usize, usize)> = None;
    for &l in left {
        for &r in right {
            let points = score(l) + score(r);
            if best.is_none_or(|(most, _, _)| points > most) {
                best = Some((points, l, r));
            }
        }
    }
    best.map(|(_, l, r)| (l, r))
}
