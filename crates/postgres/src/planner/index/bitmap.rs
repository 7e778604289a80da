//! Bitmap scans: the rows of one index or several, fetched in order of the table's pages.

use std::cmp::Ordering;
use std::rc::Rc;

use super::paths::{Candidate, TableScan, candidate, candidate_rows, index_plan, matches};
use crate::planner::clause::{Clause, ordered};
use crate::planner::cost::expression::QualCost;
use crate::planner::cost::scan::{BitmapUse, bitmap_heap_scan};
use crate::planner::dependence::Dependence;
use crate::planner::level::Level;
use crate::planner::path::{Path, RelSet};
use crate::planner::plan::{Cost, PlanKind, ScanTarget};
use crate::planner::vars::{conjunction, conjuncts};
use crate::query::{BoolOp, Expr};

/// A tree of bitmaps.
#[derive(Clone, Debug)]
pub enum BitmapPath {
    Index(Candidate),
    And(Vec<BitmapPath>),
    /// The condition as a whole stands beside its parts.
    Or(Vec<BitmapPath>, Rc<Clause>),
}

impl BitmapPath {
    /// `cost_bitmap_tree_node`.
    fn usage(&self, scan: &TableScan<'_>, rows: f64) -> BitmapUse {
        let combine = scan.settings.cpu_operator * 100.0;
        match self {
            BitmapPath::Index(candidate) => BitmapUse {
                cost: candidate.search.total + 0.1 * scan.settings.cpu_operator * rows,
                selectivity: candidate.selectivity,
                index_pages: candidate.index.size.pages,
            },
            BitmapPath::And(parts) => {
                let mut sum = BitmapUse {
                    selectivity: 1.0,
                    ..BitmapUse::default()
                };
                for (at, part) in parts.iter().enumerate() {
                    let used = part.usage(scan, rows);
                    sum.cost += used.cost + if at > 0 { combine } else { 0.0 };
                    sum.selectivity *= used.selectivity;
                    sum.index_pages += used.index_pages;
                }
                sum
            }
            BitmapPath::Or(parts, _) => {
                let mut sum = BitmapUse::default();
                for (at, part) in parts.iter().enumerate() {
                    let used = part.usage(scan, rows);
                    let separate = at > 0 && !matches!(part, BitmapPath::Index(_));
                    sum.cost += used.cost + if separate { combine } else { 0.0 };
                    sum.selectivity += used.selectivity;
                    sum.index_pages += used.index_pages;
                }
                sum.selectivity = sum.selectivity.min(1.0);
                sum
            }
        }
    }

    /// Conditions of the query that it uses.
    fn clauses(&self, found: &mut Vec<Rc<Clause>>) {
        match self {
            BitmapPath::Index(candidate) => {
                found.extend(candidate.matched.iter().map(|matched| matched.clause.clone()))
            }
            BitmapPath::And(parts) => parts.iter().for_each(|part| part.clauses(found)),
            BitmapPath::Or(_, clause) => found.push(clause.clone()),
        }
    }

    /// What is to be checked again on the rows of a page that was kept as a whole.
    fn recheck(&self, dependence: &Dependence) -> Vec<Expr> {
        match self {
            BitmapPath::Index(candidate) => {
                let mut conditions: Vec<Expr> = candidate
                    .matched
                    .iter()
                    .map(|matched| dependence.bind(&matched.expr))
                    .collect();
                for predicate in &candidate.index.predicate {
                    if !conditions.iter().any(|known| known.same_as(predicate)) {
                        conditions.push(predicate.clone());
                    }
                }
                conditions
            }
            BitmapPath::And(parts) => {
                let mut all: Vec<Expr> = Vec::new();
                for condition in parts.iter().flat_map(|part| part.recheck(dependence)) {
                    if !all.iter().any(|known| known.same_as(&condition)) {
                        all.push(condition);
                    }
                }
                all
            }
            BitmapPath::Or(parts, _) => {
                let args = parts.iter().filter_map(|part| conjunction(part.recheck(dependence)));
                vec![Expr::Bool(BoolOp::Or, args.collect())]
            }
        }
    }

    fn plan(&self, level: &Level<'_, '_, '_>, scan: &TableScan<'_>, dependence: &Dependence, rows: f64) -> Path {
        let used = self.usage(scan, rows);
        let (kind, children, total) = match self {
            BitmapPath::Index(candidate) => {
                let mut index = index_plan(level, scan, candidate, dependence, false);
                index.only = false;
                (PlanKind::BitmapIndexScan(index), Vec::new(), candidate.search.total)
            }
            BitmapPath::And(parts) => (PlanKind::BitmapAnd, parts.clone(), used.cost),
            BitmapPath::Or(parts, _) => (PlanKind::BitmapOr, parts.clone(), used.cost),
        };
        let startup = if children.is_empty() { 0.0 } else { total };
        let children = children
            .iter()
            .map(|part| Rc::new(part.plan(level, scan, dependence, rows)));
        let mut path = Path::new(kind, children.collect(), Rc::from([]), level.number);
        path.cost = Cost { startup, total };
        path.rows = candidate_rows(scan, used.selectivity);
        path
    }
}

/// `a = 1 OR b = 2`, where indexes serve each part (`generate_bitmap_or_paths`).
pub fn or_bitmaps(level: &Level<'_, '_, '_>, scan: &TableScan<'_>) -> Vec<BitmapPath> {
    let mut found = Vec::new();
    for clause in &scan.clauses {
        let Some(parts) = clause.or_parts() else { continue };
        let bitmaps: Option<Vec<BitmapPath>> = parts.iter().map(|part| part_bitmap(level, scan, part)).collect();
        if let Some(bitmaps) = bitmaps {
            found.push(BitmapPath::Or(bitmaps, clause.clone()));
        }
    }
    found
}

/// The best bitmap for one part of an OR; the other conditions help on later columns.
fn part_bitmap(level: &Level<'_, '_, '_>, scan: &TableScan<'_>, part: &Expr) -> Option<BitmapPath> {
    let own: Vec<Rc<Clause>> = conjuncts(part.clone())
        .into_iter()
        .map(|expr| {
            let cost = level.expression_cost(&expr);
            Rc::new(Clause::new(expr, None, true, RelSet::EMPTY, cost))
        })
        .collect();
    let mut all = own.clone();
    all.extend(scan.clauses.iter().cloned());
    let mut bitmaps = Vec::new();
    for index in scan.table.indexes.iter().filter(|index| index.predicate.is_empty()) {
        let matched = matches(index, scan.varno, &all);
        let uses_own = matched
            .iter()
            .any(|matched| own.iter().any(|clause| Rc::ptr_eq(clause, &matched.clause)));
        if uses_own && matched.first().is_some_and(|matched| matched.column == 0) {
            bitmaps.push(BitmapPath::Index(candidate(
                level,
                scan,
                index,
                &matched,
                RelSet::EMPTY,
                false,
            )));
        }
    }
    best_and(level, scan, bitmaps, RelSet::EMPTY)
}

/// Adds the best bitmap scans of the table: by its own conditions, and for each set of other tables whose values
/// are searched for.
pub fn add_bitmap_paths(
    level: &mut Level<'_, '_, '_>,
    scan: &TableScan<'_>,
    own: Vec<BitmapPath>,
    joining: Vec<(RelSet, BitmapPath)>,
    paths: &mut Vec<Path>,
) {
    if let Some(best) = best_and(level, scan, own.clone(), RelSet::EMPTY) {
        paths.push(heap_scan(level, scan, &best, RelSet::EMPTY));
    }
    let mut sets: Vec<RelSet> = Vec::new();
    for (others, _) in &joining {
        if !sets.contains(others) {
            sets.push(*others);
        }
    }
    for others in sets {
        let usable = joining.iter().filter(|(needs, _)| others.contains(*needs));
        let mut bitmaps: Vec<BitmapPath> = usable.map(|(_, bitmap)| bitmap.clone()).collect();
        bitmaps.extend(own.iter().cloned());
        if let Some(best) = best_and(level, scan, bitmaps, others) {
            paths.push(heap_scan(level, scan, &best, others));
        }
    }
}

/// The bitmap, or AND of bitmaps, that makes the cheapest scan (`choose_bitmap_and`).
fn best_and(
    level: &Level<'_, '_, '_>,
    scan: &TableScan<'_>,
    bitmaps: Vec<BitmapPath>,
    others: RelSet,
) -> Option<BitmapPath> {
    let cost_of = |bitmap: &BitmapPath| heap_cost(level, scan, bitmap, others).total;
    // Of those that use the same conditions, only the cheapest.
    let mut distinct: Vec<(Vec<Rc<Clause>>, BitmapPath)> = Vec::new();
    for bitmap in bitmaps {
        let mut clauses = Vec::new();
        bitmap.clauses(&mut clauses);
        let same = distinct.iter_mut().find(|(known, _)| {
            known.len() == clauses.len() && known.iter().all(|a| clauses.iter().any(|b| a.expr.same_as(&b.expr)))
        });
        let usage = |bitmap: &BitmapPath| bitmap.usage(scan, scan.rows).cost;
        match same {
            Some((_, known)) if usage(&bitmap) < usage(known) => *known = bitmap,
            Some(_) => {}
            None => distinct.push((clauses, bitmap)),
        }
    }
    distinct.sort_by(|(_, a), (_, b)| {
        let (a, b) = (a.usage(scan, scan.rows), b.usage(scan, scan.rows));
        let by_selectivity = a.selectivity.total_cmp(&b.selectivity);
        a.cost.total_cmp(&b.cost).then(by_selectivity).then(Ordering::Equal)
    });
    let mut best: Option<(f64, BitmapPath)> = None;
    for start in 0..distinct.len() {
        let Some((clauses, first)) = distinct.get(start) else {
            break;
        };
        let mut chosen = vec![first.clone()];
        let mut used = clauses.clone();
        let mut cost = cost_of(first);
        for (more, bitmap) in distinct.iter().skip(start + 1) {
            if more
                .iter()
                .any(|clause| used.iter().any(|known| known.expr.same_as(&clause.expr)))
            {
                continue;
            }
            let mut attempt = chosen.clone();
            attempt.push(bitmap.clone());
            let attempted = cost_of(&BitmapPath::And(attempt.clone()));
            if attempted < cost {
                (chosen, cost) = (attempt, attempted);
                used.extend(more.iter().cloned());
            }
        }
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            let bitmap = match chosen.len() {
                1 => chosen.pop()?,
                _ => BitmapPath::And(chosen),
            };
            best = Some((cost, bitmap));
        }
    }
    best.map(|(_, bitmap)| bitmap)
}

fn heap_cost(level: &Level<'_, '_, '_>, scan: &TableScan<'_>, bitmap: &BitmapPath, others: RelSet) -> Cost {
    let quals = scan.clauses.iter().map(|clause| clause.cost);
    let joining = level.joining_cost(scan.varno, others);
    bitmap_heap_scan(
        &scan.settings,
        scan.table.size,
        bitmap.usage(scan, scan.rows),
        level.loop_count(scan.varno, others),
        quals.fold(joining, |a: QualCost, b| a + b),
        scan.query_pages,
    )
}

fn heap_scan(level: &mut Level<'_, '_, '_>, scan: &TableScan<'_>, bitmap: &BitmapPath, others: RelSet) -> Path {
    let mut dependence = level.dependence(scan.varno, others);
    let mut used = Vec::new();
    bitmap.clauses(&mut used);
    // An index may be searched for another member of a class than the one that others compare.
    used.iter()
        .for_each(|clause| level.depend_on(&mut dependence, scan.varno, clause));
    let cost = heap_cost(level, scan, bitmap, others);
    let rows = dependence.rows(scan.rows);
    let recheck = bitmap.recheck(&dependence);
    let settled = |clause: &Rc<Clause>| {
        let expr = dependence.bind(&clause.expr);
        recheck.iter().any(|known| known.same_as(&expr))
            || used
                .iter()
                .any(|known| known.expr.same_as(&clause.expr) || clause.class.is_some() && known.class == clause.class)
    };
    let all = scan.clauses.iter().chain(&dependence.clauses);
    let rest: Vec<Rc<Clause>> = all.filter(|clause| !settled(clause)).cloned().collect();
    let tree = bitmap.plan(level, scan, &dependence, rows);
    let kind = PlanKind::BitmapHeapScan {
        target: ScanTarget {
            entry: scan.varno,
            relation: scan.table.relation,
        },
        recheck,
    };
    let mut path = Path::new(kind, vec![Rc::new(tree)], scan.target.clone(), level.number);
    path.filter = ordered(&rest).iter().map(|expr| dependence.bind(expr)).collect();
    path.rows = rows;
    path.width = scan.width;
    path.cost = cost;
    path.required = dependence.required;
    path
}
