//! Relations of one level while ways to compute them are looked for: tables and joins (`RelOptInfo`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::classes::Classes;
use super::clause::Clause;
use super::cost::CostSettings;
use super::estimate::Bases;
use super::path::{Path, PathKey, RelSet};
use crate::query::{Expr, JoinKind, Var};

/// A table, another entry of FROM, or a join of several.
#[derive(Clone, Debug, Default)]
pub struct Rel {
    pub relations: RelSet,
    pub rows: f64,
    /// The columns that are needed above it.
    pub target: Vec<Expr>,
    pub width: i32,
    /// Ways to compute it, cheapest first, none worse than another in all respects.
    pub paths: Vec<Rc<Path>>,
    /// Conditions on a single table.
    pub clauses: Vec<Rc<Clause>>,
    /// Others whose rows it needs (LATERAL).
    pub lateral: RelSet,
    /// The first rows may be all that is wanted.
    pub consider_startup: bool,
    /// The same for paths that depend on other tables' rows.
    pub consider_param_startup: bool,
}

/// A join that is not an inner one, and what it demands of the order of joins (`SpecialJoinInfo`).
#[derive(Clone, Debug)]
pub struct SpecialJoin {
    pub kind: JoinKind,
    /// Tables that must be there on each side.
    pub min_left: RelSet,
    pub min_right: RelSet,
    /// Tables on each side as written.
    pub syntactic_left: RelSet,
    pub syntactic_right: RelSet,
    /// Its condition fails where the left side is NULL.
    pub is_left_strict: bool,
    /// Conditions above it use its right side.
    pub delays_upper_joins: bool,
    /// Of a semi-join by equalities: the right side's operands; making those unique makes it an inner join.
    pub unique_by: Vec<Expr>,
}

/// A column and where it is needed.
#[derive(Clone, Debug)]
pub struct NeededColumn {
    pub var: Var,
    pub at: RelSet,
    /// Above all joins.
    pub at_top: bool,
}

/// What is known of a level's FROM and WHERE.
#[derive(Clone, Debug)]
pub struct Problem {
    pub settings: CostSettings,
    pub bases: Bases,
    pub rels: BTreeMap<RelSet, Rel>,
    /// Conditions on several tables that are in no equivalence class.
    pub join_clauses: Vec<Rc<Clause>>,
    pub classes: Classes,
    pub special: Vec<SpecialJoin>,
    /// Tables whose rows an outer join may replace by NULLs.
    pub nullable: RelSet,
    pub needed: Vec<NeededColumn>,
    /// Conditions without columns, tested once above everything.
    pub constant: Vec<Expr>,
    pub all: RelSet,
    /// Pages of all tables together.
    pub table_pages: f64,
    /// The part of the rows that will be read, 0: all; or how many, above 1.
    pub fraction: f64,
    /// Rows that LIMIT asks for, if sorting may stop there.
    pub limit: Option<f64>,
    /// The order that is wanted of the rows of FROM and WHERE.
    pub wanted: Vec<PathKey>,
}

impl Problem {
    pub fn new(settings: CostSettings) -> Problem {
        Problem {
            settings,
            bases: Bases::default(),
            rels: BTreeMap::new(),
            join_clauses: Vec::new(),
            classes: Classes::default(),
            special: Vec::new(),
            nullable: RelSet::EMPTY,
            needed: Vec::new(),
            constant: Vec::new(),
            all: RelSet::EMPTY,
            table_pages: 0.0,
            fraction: 0.0,
            limit: None,
            wanted: Vec::new(),
        }
    }

    pub fn rel(&self, relations: RelSet) -> Option<&Rel> {
        self.rels.get(&relations)
    }

    /// Columns in an expression are needed at these tables' join; `None`: above all.
    pub fn need(&mut self, expr: &Expr, at: Option<RelSet>) {
        for var in super::vars::vars_of(expr) {
            let same = |known: &&mut NeededColumn| known.var.varno == var.varno && known.var.attribute == var.attribute;
            let place = match self.needed.iter_mut().find(same) {
                Some(found) => found,
                None => {
                    self.needed.push(NeededColumn {
                        var,
                        at: RelSet::EMPTY,
                        at_top: false,
                    });
                    match self.needed.last_mut() {
                        Some(last) => last,
                        None => return,
                    }
                }
            };
            match at {
                Some(at) => place.at = place.at.union(at),
                None => place.at_top = true,
            }
        }
    }

    /// Whether a column is needed above the join of these.
    pub fn is_needed_above(&self, expr: &Expr, relations: RelSet) -> bool {
        let Expr::Var(var) = expr else { return true };
        let same = |known: &&NeededColumn| known.var.varno == var.varno && known.var.attribute == var.attribute;
        self.needed
            .iter()
            .find(same)
            .is_some_and(|known| known.at_top || !relations.contains(known.at))
    }
}

/// How much costs must differ to count.
const FUZZ: f64 = 1.01;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Costs {
    Equal,
    First,
    Second,
    Different,
}

/// `compare_path_costs_fuzzily`.
fn compare_costs(a: &Path, b: &Path, startup_counts: bool) -> Costs {
    if a.cost.total > b.cost.total * FUZZ {
        return match startup_counts && b.cost.startup > a.cost.startup * FUZZ {
            true => Costs::Different,
            false => Costs::Second,
        };
    }
    if b.cost.total > a.cost.total * FUZZ {
        return match startup_counts && a.cost.startup > b.cost.startup * FUZZ {
            true => Costs::Different,
            false => Costs::First,
        };
    }
    if a.cost.startup > b.cost.startup * FUZZ {
        return Costs::Second;
    }
    if b.cost.startup > a.cost.startup * FUZZ {
        return Costs::First;
    }
    Costs::Equal
}

/// How two orders relate: `Greater`, the first one contains the other; `None`: neither does (`compare_pathkeys`).
pub fn compare_keys(a: &[PathKey], b: &[PathKey]) -> Option<Ordering> {
    let shared = a.iter().zip(b).all(|(a, b)| a == b);
    shared.then(|| a.len().cmp(&b.len()))
}

/// Whether an order satisfies another.
pub fn has_keys(have: &[PathKey], wanted: &[PathKey]) -> bool {
    matches!(compare_keys(have, wanted), Some(Ordering::Equal | Ordering::Greater))
}

impl Rel {
    /// Takes a path in, unless another is as good in all respects; drops those that are worse (`add_path`).
    pub fn add(&mut self, path: Path) {
        let needs = path.required_relations();
        let keys: &[PathKey] = if needs.is_empty() { &path.keys } else { &[] };
        let startup_counts = if needs.is_empty() {
            self.consider_startup
        } else {
            self.consider_param_startup
        };
        let mut accepted = true;
        let mut kept = Vec::with_capacity(self.paths.len() + 1);
        for old in std::mem::take(&mut self.paths) {
            let mut drops_old = false;
            if accepted {
                match judge(&path, keys, needs, &old, startup_counts) {
                    Verdict::DropOld => drops_old = true,
                    Verdict::RefuseNew => accepted = false,
                    Verdict::KeepBoth => {}
                }
            }
            if !drops_old {
                kept.push(old);
            }
        }
        if accepted {
            let at = kept.partition_point(|old: &Rc<Path>| old.cost.total <= path.cost.total);
            kept.insert(at, Rc::new(path));
        }
        self.paths = kept;
    }

    /// The cheapest path that depends on no other table; else the cheapest of those that depend on the fewest.
    pub fn cheapest(&self) -> Option<Rc<Path>> {
        self.best(|a, b| {
            a.cost
                .total
                .total_cmp(&b.cost.total)
                .then(a.cost.startup.total_cmp(&b.cost.startup))
        })
    }

    /// The same by the cost of the first row.
    pub fn quickest(&self) -> Option<Rc<Path>> {
        self.best(|a, b| {
            a.cost
                .startup
                .total_cmp(&b.cost.startup)
                .then(a.cost.total.total_cmp(&b.cost.total))
        })
    }

    fn best(&self, compare: impl Fn(&Path, &Path) -> Ordering) -> Option<Rc<Path>> {
        let mut best: Option<&Rc<Path>> = None;
        for path in &self.paths {
            let (needs, least) = (
                path.required_relations().count(),
                best.map_or(u32::MAX, |best| best.required_relations().count()),
            );
            let better = match best {
                None => true,
                Some(_) if needs != least => needs < least,
                Some(best) => match compare(path, best) {
                    Ordering::Less => true,
                    Ordering::Equal => compare_keys(&path.keys, &best.keys) == Some(Ordering::Greater),
                    Ordering::Greater => false,
                },
            };
            if better {
                best = Some(path);
            }
        }
        best.cloned()
    }

    /// The cheapest path, and all that depend on other tables.
    pub fn inner_candidates(&self) -> Vec<Rc<Path>> {
        let cheapest = self.cheapest().filter(|path| path.required.is_empty());
        let dependent = self.paths.iter().filter(|path| !path.required.is_empty()).cloned();
        cheapest.into_iter().chain(dependent).collect()
    }

    /// The cheapest path in an order (`get_cheapest_path_for_pathkeys`).
    pub fn cheapest_sorted(&self, keys: &[PathKey], by_startup: bool) -> Option<Rc<Path>> {
        let cost = |path: &Rc<Path>| if by_startup { path.cost.startup } else { path.cost.total };
        let mut best: Option<&Rc<Path>> = None;
        for path in &self.paths {
            let fits = path.required.is_empty() && has_keys(&path.keys, keys);
            if fits && best.is_none_or(|best| cost(path) < cost(best)) {
                best = Some(path);
            }
        }
        best.cloned()
    }
}

enum Verdict {
    DropOld,
    RefuseNew,
    KeepBoth,
}

fn judge(new: &Path, new_keys: &[PathKey], new_needs: RelSet, old: &Path, startup_counts: bool) -> Verdict {
    let costs = compare_costs(new, old, startup_counts);
    if costs == Costs::Different {
        return Verdict::KeepBoth;
    }
    let old_needs = old.required_relations();
    let old_keys: &[PathKey] = if old_needs.is_empty() { &old.keys } else { &[] };
    let Some(order) = compare_keys(new_keys, old_keys) else {
        return Verdict::KeepBoth;
    };
    // Fewer needs are better.
    let needs = match (old_needs.contains(new_needs), new_needs.contains(old_needs)) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => return Verdict::KeepBoth,
    };
    let new_is_as_good = order.is_ge() && needs.is_ge() && new.rows <= old.rows;
    let old_is_as_good = order.is_le() && needs.is_le() && old.rows <= new.rows;
    match costs {
        Costs::First if new_is_as_good => Verdict::DropOld,
        Costs::Second if old_is_as_good => Verdict::RefuseNew,
        Costs::Equal => equal_costs(new, old, (order, needs), new_is_as_good, old_is_as_good),
        _ => Verdict::KeepBoth,
    }
}

/// Costs are the same, nearly: order, needs and rows decide, and then the costs to the last digit.
fn equal_costs(
    new: &Path,
    old: &Path,
    (order, needs): (Ordering, Ordering),
    new_is_as_good: bool,
    old_is_as_good: bool,
) -> Verdict {
    match order {
        Ordering::Greater if new_is_as_good => Verdict::DropOld,
        Ordering::Less if old_is_as_good => Verdict::RefuseNew,
        Ordering::Equal => match needs {
            Ordering::Equal if new.rows < old.rows => Verdict::DropOld,
            Ordering::Equal if new.rows > old.rows => Verdict::RefuseNew,
            Ordering::Equal => {
                let much_less = new.cost.total * 1.0000000001 < old.cost.total
                    || (new.cost.total <= old.cost.total * 1.0000000001
                        && new.cost.startup * 1.0000000001 < old.cost.startup);
                if much_less {
                    Verdict::DropOld
                } else {
                    Verdict::RefuseNew
                }
            }
            Ordering::Greater if new_is_as_good => Verdict::DropOld,
            Ordering::Less if old_is_as_good => Verdict::RefuseNew,
            _ => Verdict::KeepBoth,
        },
        _ => Verdict::KeepBoth,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::planner::plan::{Cost, PlanKind};

    fn path(startup: f64, total: f64) -> Path {
        let mut path = Path::new(PlanKind::Append, Vec::new(), Rc::from([]), 0);
        path.cost = Cost { startup, total };
        path
    }

    #[test]
    fn only_paths_that_are_best_in_some_respect_are_kept() {
        let mut rel = Rel {
            consider_startup: true,
            ..Rel::default()
        };
        for (startup, total) in [(0.0, 100.0), (50.0, 60.0), (60.0, 70.0), (0.0, 100.5)] {
            rel.add(path(startup, total));
        }
        let totals: Vec<f64> = rel.paths.iter().map(|path| path.cost.total).collect();
        assert_eq!(totals, [60.0, 100.0]);
        assert_eq!(rel.quickest().unwrap().cost.total, 100.0);
    }
}
