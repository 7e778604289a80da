//! Scans of one index (`build_index_paths`): for the table's own conditions, and for those of joins, with the
//! other side's values as parameters.

use std::rc::Rc;

use super::bitmap::{self, BitmapPath};
use super::matching::{Matched, match_index};
use super::{IndexInfo, Table};
use crate::planner::clause::{Clause, exprs, ordered};
use crate::planner::cost::expression::QualCost;
use crate::planner::cost::scan::{IndexUse, index_scan, index_search};
use crate::planner::cost::{CostSettings, clamp_rows};
use crate::planner::dependence::Dependence;
use crate::planner::estimate::clamp;
use crate::planner::estimate::selectivity::Estimator;
use crate::planner::estimate::variable::{Variable, strip};
use crate::planner::level::Level;
use crate::planner::path::{Path, PathKey, RelSet};
use crate::planner::plan::{Comparison, Cost, IndexCondition, IndexScan, PlanKind, ScanTarget};
use crate::planner::vars::vars_of;
use crate::query::Expr;

/// A use of an index, before it is made a path of its own or part of a bitmap.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub index: Rc<IndexInfo>,
    pub matched: Vec<Matched>,
    pub search: Cost,
    pub selectivity: f64,
    pub used: IndexUse,
}

/// What the scans of one table share.
pub struct TableScan<'t> {
    pub varno: usize,
    pub table: &'t Table,
    /// The table's own conditions.
    pub clauses: Vec<Rc<Clause>>,
    pub target: Rc<[Expr]>,
    pub width: i32,
    pub rows: f64,
    pub settings: CostSettings,
    pub query_pages: f64,
}

/// Adds all scans by indexes to the relation of a table.
pub fn add_index_paths(level: &mut Level<'_, '_, '_>, scan: &TableScan<'_>, paths: &mut Vec<Path>) {
    let mut bitmaps: Vec<BitmapPath> = Vec::new();
    let mut join_bitmaps: Vec<(RelSet, BitmapPath)> = Vec::new();
    let joins = joining_clauses(level, scan.varno);
    for index in &scan.table.indexes {
        if !predicate_holds(index, &scan.clauses) {
            continue;
        }
        let own: Vec<Matched> = matches(index, scan.varno, &scan.clauses);
        index_paths(level, scan, index, &own, RelSet::EMPTY, paths, &mut bitmaps);
        let joining: Vec<Matched> = matches(index, scan.varno, &joins);
        for others in combinations(scan.varno, &joining) {
            let mut all: Vec<Matched> = Vec::new();
            let usable = joining
                .iter()
                .filter(|matched| others.contains(matched.others(scan.varno)));
            for matched in usable {
                // One comparison for each equivalence class and column is enough.
                let repeated = |known: &Matched| {
                    known.column == matched.column
                        && known.clause.class.is_some()
                        && known.clause.class == matched.clause.class
                };
                if !all.iter().any(repeated) {
                    all.push(matched.clone());
                }
            }
            all.extend(own.iter().cloned());
            let mut found = Vec::new();
            index_paths(level, scan, index, &all, others, paths, &mut found);
            join_bitmaps.extend(found.into_iter().map(|bitmap| (others, bitmap)));
        }
    }
    bitmaps.extend(bitmap::or_bitmaps(level, scan));
    bitmap::add_bitmap_paths(level, scan, bitmaps, join_bitmaps, paths);
}

/// A partial index serves if the table's conditions say what it says.
fn predicate_holds(index: &IndexInfo, clauses: &[Rc<Clause>]) -> bool {
    let conditions = exprs(clauses);
    index.predicate.iter().all(|wanted| implies(&conditions, wanted))
}

fn implies(conditions: &[Expr], wanted: &Expr) -> bool {
    conditions.iter().any(|condition| {
        condition.same_as(wanted)
            || matches!(wanted, Expr::NullTest { arg, is_null: false, .. }
                if crate::planner::strict::rejects_nulls([condition])
                    .contains(crate::planner::clause::relations_of(arg))
                    && vars_of(condition).len() == 1
                    && vars_of(condition).iter().any(|var| Expr::Var(var.clone()).same_as(strip(arg))))
    })
}

pub fn matches(index: &IndexInfo, varno: usize, clauses: &[Rc<Clause>]) -> Vec<Matched> {
    // What must wait for policies can't decide which rows are read.
    let first = clauses.iter().map(|clause| clause.security_level).min();
    let mut found: Vec<Matched> = clauses
        .iter()
        .filter(|clause| Some(clause.security_level) == first)
        .filter_map(|clause| match_index(index, varno, clause))
        .collect();
    found.sort_by_key(|matched| matched.column);
    found
}

/// Conditions of joins that could be tested while the table is scanned.
fn joining_clauses(level: &mut Level<'_, '_, '_>, varno: usize) -> Vec<Rc<Clause>> {
    let own = RelSet::of(varno);
    let mut found: Vec<Rc<Clause>> = Vec::new();
    let movable = |clause: &&Rc<Clause>| clause.relations.overlaps(own) && level.is_movable_to(clause, own);
    found.extend(level.problem.join_clauses.iter().filter(movable).cloned());
    let classes: Vec<(usize, Vec<(usize, usize)>)> = level
        .problem
        .classes
        .iter()
        .filter(|(_, class)| !class.has_const && class.members.len() > 1)
        .map(|(number, class)| {
            let mut pairs = Vec::new();
            for (at, member) in class.members.iter().enumerate() {
                if member.relations != own {
                    continue;
                }
                for (other, partner) in class.members.iter().enumerate() {
                    if other != at && !partner.relations.overlaps(own) && !partner.is_const {
                        pairs.push((at, other));
                    }
                }
            }
            (number, pairs)
        })
        .collect();
    for (class, pairs) in classes {
        for (at, other) in pairs {
            if let Some(clause) = level.class_clause(class, at, other)
                && level.is_movable_to(&clause, own)
            {
                found.push(clause);
            }
        }
    }
    found
}

/// Sets of other tables whose values may be searched for (`consider_index_join_clauses`).
fn combinations(varno: usize, joining: &[Matched]) -> Vec<RelSet> {
    let mut sets: Vec<RelSet> = Vec::new();
    for matched in joining {
        let others = matched.others(varno);
        if others.is_empty() || sets.contains(&others) {
            continue;
        }
        let unions: Vec<RelSet> = sets
            .iter()
            .filter(|known| !known.contains(others) && !others.contains(**known))
            .map(|known| known.union(others))
            .collect();
        for set in unions.into_iter().chain([others]) {
            if !sets.contains(&set) && sets.len() < 10 * joining.len() {
                sets.push(set);
            }
        }
    }
    sets
}

fn index_paths(
    level: &mut Level<'_, '_, '_>,
    scan: &TableScan<'_>,
    index: &Rc<IndexInfo>,
    matched: &[Matched],
    others: RelSet,
    paths: &mut Vec<Path>,
    bitmaps: &mut Vec<BitmapPath>,
) {
    // Lists of values on later columns spoil the order; then those are filters in a plain scan.
    let spoils = |m: &Matched| m.comparison == Comparison::Any && m.column > 0;
    let plain: Vec<Matched> = matched.iter().filter(|m| !spoils(m)).cloned().collect();
    let has_spoiling = plain.len() < matched.len();
    if others.is_empty() || !matched.is_empty() {
        scans(level, scan, index, &plain, others, false, paths, bitmaps);
        if has_spoiling {
            scans(level, scan, index, matched, others, true, paths, bitmaps);
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn scans(
    level: &mut Level<'_, '_, '_>,
    scan: &TableScan<'_>,
    index: &Rc<IndexInfo>,
    matched: &[Matched],
    others: RelSet,
    unordered: bool,
    paths: &mut Vec<Path>,
    bitmaps: &mut Vec<BitmapPath>,
) {
    let only = is_index_only(scan, index);
    let forward = match unordered || index.is_hash {
        true => Vec::new(),
        false => useful_keys(level, scan.varno, &index_keys(level, index, false)),
    };
    let backward = match unordered || index.is_hash || !others.is_empty() {
        true => Vec::new(),
        false => useful_keys(level, scan.varno, &index_keys(level, index, true)),
    };
    if matched.is_empty() && forward.is_empty() && backward.is_empty() && !only && index.predicate.is_empty() {
        return;
    }
    let candidate = candidate(level, scan, index, matched, others, only);
    // A whole index is no bitmap worth making.
    if !matched.is_empty() && (forward.is_empty() || candidate.selectivity < 1.0) {
        bitmaps.push(BitmapPath::Index(candidate.clone()));
    }
    if !matched.is_empty() || !forward.is_empty() || only || !index.predicate.is_empty() {
        paths.push(scan_path(level, scan, &candidate, others, forward, false));
    }
    if !backward.is_empty() {
        paths.push(scan_path(level, scan, &candidate, others, backward, true));
    }
}

/// All columns that are asked for are in the index.
fn is_index_only(scan: &TableScan<'_>, index: &IndexInfo) -> bool {
    if !scan.settings.indexonlyscan || index.is_hash {
        return false;
    }
    let has =
        |attribute: i16| index.keys.iter().any(|key| key.attribute == attribute) || index.included.contains(&attribute);
    let conditions = scan
        .clauses
        .iter()
        .filter(|clause| !index.predicate.iter().any(|predicate| predicate.same_as(&clause.expr)));
    let mut exprs = scan.target.iter().chain(conditions.map(|clause| &clause.expr));
    exprs.all(|expr| {
        vars_of(expr)
            .iter()
            .filter(|var| var.varno == scan.varno)
            .all(|var| var.attribute > 0 && has(var.attribute))
    })
}

/// The order that an index gives, as far as it means anything to the query (`build_index_pathkeys`).
fn index_keys(level: &Level<'_, '_, '_>, index: &IndexInfo, backward: bool) -> Vec<PathKey> {
    let mut keys: Vec<PathKey> = Vec::new();
    for key in &index.keys {
        let Some(class) = level.problem.classes.of(&key.expr) else {
            break;
        };
        let order = crate::catalog::SortOrder {
            descending: key.order.descending != backward,
            nulls_first: key.order.nulls_first != backward,
        };
        let constant = level.problem.classes.get(class).is_some_and(|class| class.has_const);
        if !constant && !keys.iter().any(|known| known.class == class) {
            keys.push(PathKey { class, order });
        }
    }
    keys
}

/// The part of an order that a merge join or the query itself can use (`truncate_useless_pathkeys`).
pub fn useful_keys(level: &Level<'_, '_, '_>, varno: usize, keys: &[PathKey]) -> Vec<PathKey> {
    let own = RelSet::of(varno);
    let wanted = &level.problem.wanted;
    let ordering = keys.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    let merges = |key: &&PathKey| level.merges_by(key.class, own) && level.merge_direction(key);
    let merging = keys.iter().take_while(merges).count();
    keys.get(..ordering.max(merging)).unwrap_or_default().to_vec()
}

/// Cost and selectivity of searching the index for these values (`btcostestimate`).
pub fn candidate(
    level: &Level<'_, '_, '_>,
    scan: &TableScan<'_>,
    index: &Rc<IndexInfo>,
    matched: &[Matched],
    others: RelSet,
    only: bool,
) -> Candidate {
    let estimator = Estimator::table(&level.problem.bases, scan.varno);
    let with_predicate = |conditions: Vec<&Matched>| -> Vec<Expr> {
        let mut all: Vec<Expr> = conditions.into_iter().map(|matched| matched.expr.clone()).collect();
        let missing = index
            .predicate
            .iter()
            .filter(|p| !all.iter().any(|known| known.same_as(p)));
        let mut predicate: Vec<Expr> = missing.cloned().collect();
        predicate.append(&mut all);
        predicate
    };
    let selectivity = clamp(estimator.all(&with_predicate(matched.iter().collect())));
    let bounds = Bounds::of(index, matched);
    let index_rows = match bounds.is_one_row {
        true => 1.0,
        false => {
            let selectivity = estimator.all(&with_predicate(bounds.matched.clone()));
            (selectivity * scan.table.size.rows / bounds.searches).round_ties_even()
        }
    };
    let index_rows = match index_rows > 0.0 {
        true => index_rows,
        false => (selectivity * scan.table.size.rows / bounds.searches).round_ties_even(),
    };
    let values = matched.iter().filter_map(|matched| matched.value.as_ref());
    let arguments = values.map(|value| level.expression_cost(value)).sum::<QualCost>();
    let used = IndexUse {
        selectivity,
        index_rows,
        searches: bounds.searches,
        conditions: matched.len() as f64,
        arguments,
        correlation: correlation(level, index),
        only,
        loops: level.loop_count(scan.varno, others),
    };
    Candidate {
        index: index.clone(),
        search: index_search(&scan.settings, index.size, &used, scan.query_pages),
        matched: matched.to_vec(),
        selectivity,
        used,
    }
}

/// The conditions that say where in the index to start and to end.
struct Bounds<'m> {
    matched: Vec<&'m Matched>,
    searches: f64,
    /// Equalities on all columns of a unique index.
    is_one_row: bool,
}

impl<'m> Bounds<'m> {
    fn of(index: &IndexInfo, matched: &'m [Matched]) -> Bounds<'m> {
        let mut bounds = Bounds {
            matched: Vec::new(),
            searches: 1.0,
            is_one_row: false,
        };
        let (mut column, mut equal, mut plain) = (0, false, true);
        for condition in matched {
            if condition.column != column {
                if !equal || condition.column != column + 1 {
                    break;
                }
                column += 1;
                equal = false;
            }
            match condition.comparison {
                Comparison::Equal => equal = true,
                Comparison::Any => {
                    equal = true;
                    plain = false;
                    let length = condition
                        .value
                        .as_ref()
                        .map_or(1.0, crate::planner::cost::expression::array_length);
                    bounds.searches *= length.max(1.0);
                }
                Comparison::IsNull => {
                    equal = true;
                    plain = false;
                }
                _ => {}
            }
            bounds.matched.push(condition);
        }
        bounds.is_one_row = index.unique && column + 1 == index.keys.len() && equal && plain;
        bounds
    }
}

/// How closely the table's order follows that of the index.
fn correlation(level: &Level<'_, '_, '_>, index: &IndexInfo) -> f64 {
    let Some(first) = index.keys.first().filter(|key| key.attribute > 0) else {
        return 0.0;
    };
    let variable = Variable::of(&level.problem.bases, &first.expr);
    let found = variable.statistics.map_or(0.0, |found| found.correlation);
    let found = if first.order.descending { -found } else { found };
    if index.keys.len() > 1 { found * 0.75 } else { found }
}

/// Conditions of the scan that searching the index does not settle.
pub fn remaining(
    scan: &TableScan<'_>,
    matched: &[Matched],
    joining: &[Rc<Clause>],
    predicate: &[Expr],
) -> Vec<Rc<Clause>> {
    let settled = |clause: &Rc<Clause>| {
        matched.iter().any(|matched| {
            Rc::ptr_eq(&matched.clause, clause)
                || matched.clause.expr.same_as(&clause.expr)
                || clause.class.is_some() && matched.clause.class == clause.class
        }) || predicate.iter().any(|known| known.same_as(&clause.expr))
    };
    let all = scan.clauses.iter().chain(joining);
    all.filter(|clause| !settled(clause)).cloned().collect()
}

fn scan_path(
    level: &mut Level<'_, '_, '_>,
    scan: &TableScan<'_>,
    candidate: &Candidate,
    others: RelSet,
    keys: Vec<PathKey>,
    backward: bool,
) -> Path {
    let dependence = level.dependence(scan.varno, others);
    let rest = remaining(
        scan,
        &candidate.matched,
        &dependence.clauses,
        &candidate.index.predicate,
    );
    let quals = rest.iter().map(|clause| clause.cost).sum::<QualCost>();
    let cost = index_scan(
        &scan.settings,
        scan.table.size,
        candidate.index.size,
        &candidate.used,
        candidate.search,
        quals,
        scan.query_pages,
    );
    let index_scan = index_plan(level, scan, candidate, &dependence, backward);
    let mut path = Path::new(
        PlanKind::IndexScan(index_scan),
        Vec::new(),
        scan.target.clone(),
        level.number,
    );
    path.filter = ordered(&rest).iter().map(|expr| dependence.bind(expr)).collect();
    path.rows = dependence.rows(scan.rows);
    path.width = scan.width;
    path.cost = cost;
    path.keys = keys;
    path.required = dependence.required;
    path
}

/// The node that searches the index.
pub fn index_plan(
    level: &Level<'_, '_, '_>,
    scan: &TableScan<'_>,
    candidate: &Candidate,
    dependence: &Dependence,
    backward: bool,
) -> IndexScan {
    let _ = level;
    let condition = |matched: &Matched| IndexCondition {
        column: matched.column,
        comparison: matched.comparison,
        expr: dependence.bind(&matched.expr),
        value: matched.value.as_ref().map(|value| dependence.bind(value)),
    };
    IndexScan {
        target: ScanTarget {
            entry: scan.varno,
            relation: scan.table.relation,
        },
        index: candidate.index.oid,
        conditions: candidate.matched.iter().map(condition).collect(),
        backward,
        only: candidate.used.only,
    }
}

/// Rows that a search of an index gives.
pub fn candidate_rows(scan: &TableScan<'_>, selectivity: f64) -> f64 {
    clamp_rows(selectivity * scan.table.size.rows)
}
