//! Takes the join tree apart: each condition goes where it can be tested, equalities into classes, and what
//! outer joins demand is noted (`deconstruct_jointree`).

use std::rc::Rc;

use super::clause::{Clause, Sides, relations_of};
use super::cost::expression::QualCost;
use super::level::Level;
use super::path::RelSet;
use super::rel::SpecialJoin;
use super::security::open_level;
use super::strict::{forced_null, rejects_nulls, used};
use super::tree::JoinTree;
use super::vars::{conjuncts, contains_volatile};
use crate::query::{Expr, JoinKind};

/// Tables and groups of tables that are joined in any order.
#[derive(Clone, Debug)]
pub enum JoinList {
    Table(usize),
    List(Vec<JoinList>),
}

/// What a part of the tree is, seen from above.
struct Part {
    tables: RelSet,
    /// Tables that inner joins join.
    inner: RelSet,
    list: Vec<JoinList>,
}

/// The join that a condition stands in.
struct Place<'p> {
    below_outer: bool,
    kind: JoinKind,
    scope: RelSet,
    /// Where the condition of an outer join is tested.
    outer_scope: Option<RelSet>,
    /// The side whose rows all come out.
    non_nullable: RelSet,
    /// The condition is the table's nth policy's.
    policy: Option<u32>,
    delayed: &'p mut Delayed,
}

/// Equalities in the conditions of outer joins: outer operand, inner operand.
#[derive(Default)]
struct Delayed {
    equalities: Vec<(Clause, Expr, Expr)>,
}

/// Distributes all conditions; gives the tables to be joined.
pub fn distribute(level: &mut Level<'_, '_, '_>, tree: &JoinTree) -> Vec<JoinList> {
    let mut delayed = Delayed::default();
    let part = part(level, tree, false, &mut delayed);
    reconsider(level, delayed);
    imply_equalities(level);
    part.list
}

fn part(level: &mut Level<'_, '_, '_>, tree: &JoinTree, below_outer: bool, delayed: &mut Delayed) -> Part {
    match tree {
        JoinTree::Table(varno) => table_part(level, *varno, below_outer, delayed),
        JoinTree::From(items, quals) => from_part(level, items, quals, below_outer, delayed),
        JoinTree::Join {
            kind,
            left,
            right,
            quals,
        } => join_part(level, *kind, (left, right), quals, below_outer, delayed),
    }
}

/// A table, whose policies are tested in its scan (`process_security_barrier_quals`).
fn table_part(level: &mut Level<'_, '_, '_>, varno: usize, below_outer: bool, delayed: &mut Delayed) -> Part {
    let tables = RelSet::of(varno);
    let entry = level.query.entry(varno);
    let quals = entry.map(|entry| entry.security_quals.clone()).unwrap_or_default();
    for (qual, number) in quals.into_iter().zip(0..) {
        for part in conjuncts(qual) {
            let place = Place {
                below_outer,
                kind: JoinKind::Inner,
                scope: tables,
                outer_scope: None,
                non_nullable: RelSet::EMPTY,
                policy: Some(number),
                delayed,
            };
            place_condition(level, &part, place);
        }
    }
    Part {
        tables,
        inner: RelSet::EMPTY,
        list: vec![JoinList::Table(varno)],
    }
}

fn from_part(
    level: &mut Level<'_, '_, '_>,
    items: &[JoinTree],
    quals: &[Expr],
    below_outer: bool,
    delayed: &mut Delayed,
) -> Part {
    let limit = level.collapse_limit("from_collapse_limit");
    let mut whole = Part {
        tables: RelSet::EMPTY,
        inner: RelSet::EMPTY,
        list: Vec::new(),
    };
    for (at, item) in items.iter().enumerate() {
        let part = part(level, item, below_outer, delayed);
        whole.tables = whole.tables.union(part.tables);
        whole.inner = part.inner;
        let remaining = items.len() - at - 1;
        match part.list.len() <= 1 || whole.list.len() + part.list.len() + remaining <= limit {
            true => whole.list.extend(part.list),
            false => whole.list.push(JoinList::List(part.list)),
        }
    }
    if items.len() > 1 {
        whole.inner = whole.tables;
    }
    for qual in quals {
        let place = Place {
            below_outer,
            kind: JoinKind::Inner,
            scope: whole.tables,
            outer_scope: None,
            non_nullable: RelSet::EMPTY,
            policy: None,
            delayed,
        };
        place_condition(level, qual, place);
    }
    whole
}

fn join_part(
    level: &mut Level<'_, '_, '_>,
    kind: JoinKind,
    (left, right): (&JoinTree, &JoinTree),
    quals: &[Expr],
    below_outer: bool,
    delayed: &mut Delayed,
) -> Part {
    let is_full = kind == JoinKind::Full;
    let nulls_right = matches!(kind, JoinKind::Left | JoinKind::Anti | JoinKind::Full);
    let left = part(level, left, below_outer || is_full, delayed);
    let right = part(level, right, below_outer || nulls_right, delayed);
    let tables = left.tables.union(right.tables);
    let (inner, non_nullable) = match kind {
        JoinKind::Inner => (tables, RelSet::EMPTY),
        JoinKind::Left | JoinKind::Anti => (left.inner.union(right.inner), left.tables),
        JoinKind::Full => (left.inner.union(right.inner), tables),
        _ => (left.inner.union(right.inner), RelSet::EMPTY),
    };
    if nulls_right {
        level.problem.nullable = level.problem.nullable.union(right.tables);
    }
    if is_full {
        level.problem.nullable = level.problem.nullable.union(left.tables);
    }
    let special = (kind != JoinKind::Inner).then(|| special_join(level, kind, &left, &right, inner, quals));
    let outer_scope = match (&special, kind) {
        (Some(special), JoinKind::Left | JoinKind::Anti | JoinKind::Full) => {
            Some(special.min_left.union(special.min_right))
        }
        _ => None,
    };
    for qual in quals {
        let place = Place {
            below_outer,
            kind,
            scope: tables,
            outer_scope,
            non_nullable,
            policy: None,
            delayed,
        };
        place_condition(level, qual, place);
    }
    level.problem.special.extend(special);
    Part {
        tables,
        inner,
        list: join_list(level, kind, left.list, right.list),
    }
}

/// Joins inside joins are planned together as far as the settings allow.
fn join_list(level: &Level<'_, '_, '_>, kind: JoinKind, left: Vec<JoinList>, right: Vec<JoinList>) -> Vec<JoinList> {
    let group = |mut list: Vec<JoinList>| match (list.len(), list.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            list.extend(last);
            JoinList::List(list)
        }
    };
    if kind == JoinKind::Full {
        return vec![JoinList::List(vec![group(left), group(right)])];
    }
    if left.len() + right.len() <= level.collapse_limit("join_collapse_limit") {
        return left.into_iter().chain(right).collect();
    }
    vec![group(left), group(right)]
}

/// `make_outerjoininfo`.
fn special_join(
    level: &Level<'_, '_, '_>,
    kind: JoinKind,
    left: &Part,
    right: &Part,
    inner: RelSet,
    quals: &[Expr],
) -> SpecialJoin {
    let (left, right) = (left.tables, right.tables);
    let mut special = SpecialJoin {
        kind,
        min_left: left,
        min_right: right,
        syntactic_left: left,
        syntactic_right: right,
        is_left_strict: false,
        delays_upper_joins: false,
        unique_by: unique_by(kind, right, quals),
    };
    if kind == JoinKind::Full {
        return special;
    }
    let (clause, strict) = (used(quals), rejects_nulls(quals));
    special.is_left_strict = strict.overlaps(left);
    let mut min_left = clause.intersect(left);
    let mut min_right = clause.union(inner).intersect(right);
    let one_sided = |kind: JoinKind| matches!(kind, JoinKind::Semi | JoinKind::Anti);
    for other in &level.problem.special {
        let whole = other.syntactic_left.union(other.syntactic_right);
        if other.kind == JoinKind::Full {
            if left.overlaps(whole) {
                min_left = min_left.union(whole);
            }
            if right.overlaps(whole) {
                min_right = min_right.union(whole);
            }
            continue;
        }
        if left.overlaps(other.syntactic_right)
            && clause.overlaps(other.syntactic_right)
            && (one_sided(kind) || !strict.overlaps(other.min_right))
        {
            min_left = min_left.union(whole);
        }
        if right.overlaps(other.syntactic_right)
            && (clause.overlaps(other.syntactic_right)
                || !clause.overlaps(other.min_left)
                || one_sided(kind)
                || one_sided(other.kind)
                || !other.is_left_strict
                || other.delays_upper_joins)
        {
            min_right = min_right.union(whole);
        }
    }
    special.min_left = if min_left.is_empty() { left } else { min_left };
    special.min_right = if min_right.is_empty() { right } else { min_right };
    special
}

/// The right side's operands if all conditions of a semi-join on it are equalities (`compute_semijoin_info`).
fn unique_by(kind: JoinKind, right: RelSet, quals: &[Expr]) -> Vec<Expr> {
    if kind != JoinKind::Semi {
        return Vec::new();
    }
    let mut operands = Vec::new();
    for qual in quals {
        let clause = Clause::new(qual.clone(), None, false, RelSet::EMPTY, QualCost::default());
        if !clause.relations.overlaps(right) || right.contains(clause.relations) {
            continue;
        }
        let Some(sides) = clause.can_join().filter(|sides| sides.hashable || sides.mergeable) else {
            return Vec::new();
        };
        if right.contains(sides.right_relations) && !sides.left_relations.overlaps(right) {
            operands.push(sides.right.clone());
        } else if right.contains(sides.left_relations) && !sides.right_relations.overlaps(right) {
            operands.push(sides.left.clone());
        } else {
            return Vec::new();
        }
    }
    operands
}

/// Whether outer joins below keep a condition from being tested as far down as its columns are; the tables that
/// must be there, and those of its own that may be NULL (`check_outerjoin_delay`).
fn delay(level: &mut Level<'_, '_, '_>, relations: RelSet, pushed_down: bool) -> (bool, RelSet, RelSet) {
    let (mut all, mut nullable, mut delayed) = (relations, RelSet::EMPTY, false);
    loop {
        let mut grown = false;
        for special in &mut level.problem.special {
            let is_full = special.kind == JoinKind::Full;
            if !(all.overlaps(special.min_right) || is_full && all.overlaps(special.min_left)) {
                continue;
            }
            let whole = special.min_left.union(special.min_right);
            if !all.contains(whole) {
                all = all.union(whole);
                (delayed, grown) = (true, true);
            }
            nullable = nullable.union(special.min_right);
            if is_full {
                nullable = nullable.union(special.min_left);
            }
            if pushed_down && !is_full && all.overlaps(special.min_left) {
                special.delays_upper_joins = true;
            }
        }
        if !grown {
            return (delayed, all, nullable.intersect(relations));
        }
    }
}

/// `distribute_qual_to_rels`.
fn place_condition(level: &mut Level<'_, '_, '_>, qual: &Expr, place: Place<'_>) {
    let mut relations = relations_of(qual);
    if relations.is_empty() {
        match place.outer_scope {
            Some(scope) => relations = scope,
            None if !place.below_outer && !contains_volatile(level.global.backend, qual) => {
                level.problem.constant.push(qual.clone());
                return;
            }
            None => relations = place.scope,
        }
    }
    let cost = level.expression_cost(qual);
    let security_level = match place.policy {
        Some(number) => number,
        None if is_secured(level) => open_level(level, qual, cost.per_tuple),
        None => 0,
    };
    if relations.overlaps(place.non_nullable) {
        let (_, _, nullable) = delay(level, relations, false);
        let required = place.outer_scope.unwrap_or(relations);
        let mut clause = Clause::new(qual.clone(), Some(required), false, nullable, cost);
        clause.kept_side = place.non_nullable;
        clause.security_level = security_level;
        level.problem.need(qual, Some(required));
        place_outer_clause(level, clause, place);
        return;
    }
    let (delayed, required, nullable) = delay(level, relations, true);
    if delayed && is_met_by_anti_join(level, qual) {
        return;
    }
    let mut clause = Clause::new(qual.clone(), Some(required), true, nullable, cost);
    clause.security_level = security_level;
    if required.count() > 1 {
        level.problem.need(qual, Some(required));
    }
    if !delayed
        && place.policy.is_none()
        && let Some(sides) = clause
            .sides
            .clone()
            .filter(|sides| sides.mergeable && is_stable(level, sides) && !is_side_delayed(level, sides))
    {
        let below = place.below_outer || !place.non_nullable.is_empty();
        if level
            .problem
            .classes
            .add_equality(qual, &sides.left, &sides.right, nullable, below)
        {
            return;
        }
    }
    add_classes(level, &mut clause);
    add_clause(level, clause);
}

/// A table of this level has policies.
fn is_secured(level: &Level<'_, '_, '_>) -> bool {
    let mut entries = level.query.range_table.iter();
    entries.any(|entry| !entry.security_quals.is_empty())
}

/// A side alone could be tested below the outer join that the whole condition must stand above
/// (`check_equivalence_delay`).
fn is_side_delayed(level: &mut Level<'_, '_, '_>, sides: &Sides) -> bool {
    delay(level, sides.left_relations, true).0 || delay(level, sides.right_relations, true).0
}

/// `b.x IS NULL` above the anti-join that gives no rows of `b` (`check_redundant_nullability_qual`).
fn is_met_by_anti_join(level: &Level<'_, '_, '_>, qual: &Expr) -> bool {
    let Some(var) = forced_null([qual]).into_iter().next() else {
        return false;
    };
    let own = RelSet::of(var.varno);
    let mut joins = level.problem.special.iter();
    joins.any(|special| special.kind == JoinKind::Anti && special.min_right.contains(own))
}

fn is_stable(level: &Level<'_, '_, '_>, sides: &Sides) -> bool {
    let volatile = |expr: &Expr| contains_volatile(level.global.backend, expr);
    let has_columns = !sides.left_relations.is_empty() || !sides.right_relations.is_empty();
    has_columns && !volatile(&sides.left) && !volatile(&sides.right)
}

/// An equality in the condition of an outer join may yet turn out to compare with a constant.
fn place_outer_clause(level: &mut Level<'_, '_, '_>, mut clause: Clause, place: Place<'_>) {
    if let Some(sides) = clause.can_join().filter(|sides| sides.mergeable)
        && place.kind != JoinKind::Full
    {
        let (left, right) = (sides.left_relations, sides.right_relations);
        let (left_expr, right_expr) = (sides.left.clone(), sides.right.clone());
        if place.non_nullable.contains(left) && !right.overlaps(place.non_nullable) {
            place.delayed.equalities.push((clause, left_expr, right_expr));
            return;
        }
        if place.non_nullable.contains(right) && !left.overlaps(place.non_nullable) {
            place.delayed.equalities.push((clause, right_expr, left_expr));
            return;
        }
    }
    add_classes(level, &mut clause);
    add_clause(level, clause);
}

/// Merge joins by the clause need the classes of its sides (`initialize_mergeclause_eclasses`).
fn add_classes(level: &mut Level<'_, '_, '_>, clause: &mut Clause) {
    let nullable = clause.nullable;
    let can_join = clause.can_join().is_some();
    if let Some(sides) = clause.sides.as_mut().filter(|sides| sides.mergeable && can_join) {
        let left = level.problem.classes.of_sort_key(&sides.left, nullable);
        let right = level.problem.classes.of_sort_key(&sides.right, nullable);
        sides.classes = Some((left, right));
    }
}

/// To the table it is about, or to the conditions of joins.
pub fn add_clause(level: &mut Level<'_, '_, '_>, clause: Clause) {
    if clause.required.count() == 1
        && let Some(rel) = level.problem.rels.get_mut(&clause.required)
    {
        rel.clauses.push(Rc::new(clause));
        return;
    }
    level.problem.join_clauses.push(Rc::new(clause));
}

/// `a LEFT JOIN b ON a.x = b.x WHERE a.x = 7`: only rows of `b` with 7 matter (`reconsider_outer_join_clauses`).
fn reconsider(level: &mut Level<'_, '_, '_>, delayed: Delayed) {
    let mut waiting = delayed.equalities;
    let mut settled = Vec::new();
    loop {
        let before = waiting.len();
        let mut rest = Vec::new();
        for (clause, outer, inner) in waiting {
            match constants_of(level, &outer) {
                constants if constants.is_empty() => rest.push((clause, outer, inner)),
                constants => {
                    let mut matched = false;
                    for constant in constants {
                        let nullable = relations_of(&inner).intersect(clause.nullable);
                        if let Some(equality) = super::classes::equality(&inner, &constant) {
                            let classes = &mut level.problem.classes;
                            matched |= classes.add_equality(&equality, &inner, &constant, nullable, true);
                        }
                    }
                    match matched {
                        true => settled.push(clause),
                        false => rest.push((clause, outer, inner)),
                    }
                }
            }
        }
        waiting = rest;
        if waiting.len() == before {
            break;
        }
    }
    let rest = waiting.into_iter().map(|(clause, _, _)| clause);
    for mut clause in settled.into_iter().chain(rest) {
        add_classes(level, &mut clause);
        add_clause(level, clause);
    }
}

fn constants_of(level: &Level<'_, '_, '_>, expr: &Expr) -> Vec<Expr> {
    let found = level.problem.classes.iter().find(|(_, class)| {
        class.has_const
            && class
                .members
                .iter()
                .any(|member| !member.is_const && member.expr.same_as(expr))
    });
    let members = found.map(|(_, class)| class.members.as_slice()).unwrap_or_default();
    let constants = members.iter().filter(|member| member.is_const);
    constants.map(|member| member.expr.clone()).collect()
}

/// What follows for single tables: comparisons with the constant of a class, or between columns of one table
/// (`generate_base_implied_equalities`).
fn imply_equalities(level: &mut Level<'_, '_, '_>) {
    let classes: Vec<(usize, super::classes::Class)> = level
        .problem
        .classes
        .iter()
        .map(|(number, class)| (number, class.clone()))
        .collect();
    for (number, class) in classes {
        if class.members.len() < 2 {
            continue;
        }
        if class.has_const {
            imply_constants(level, number, &class);
        } else {
            imply_pairs(level, number, &class);
        }
    }
}

fn imply_constants(level: &mut Level<'_, '_, '_>, number: usize, class: &super::classes::Class) {
    let nullable = |members: &[&super::classes::Member]| {
        let nullable = members.iter().map(|member| member.nullable);
        nullable.fold(RelSet::EMPTY, RelSet::union)
    };
    if let ([first, second], [only]) = (class.members.as_slice(), class.sources.as_slice()) {
        derive(level, None, only.clone(), nullable(&[first, second]));
        return;
    }
    let Some(constant) = class.members.iter().position(|member| member.is_const) else {
        return;
    };
    let mut others = Vec::new();
    let mut column = None;
    for (at, member) in class.members.iter().enumerate() {
        if member.is_const {
            others.extend((at != constant).then_some(at));
            continue;
        }
        column = column.or(Some(at));
        if let Some(expr) = level.problem.classes.comparison(number, at, constant) {
            derive(level, None, expr, member.nullable);
        }
    }
    // Two constants may not be equal: then no row is both.
    for (column, other) in column
        .iter()
        .flat_map(|column| others.iter().map(move |other| (*column, *other)))
    {
        if let Some(expr) = level.problem.classes.comparison(number, column, other) {
            derive(level, None, expr, RelSet::EMPTY);
        }
    }
}

fn imply_pairs(level: &mut Level<'_, '_, '_>, number: usize, class: &super::classes::Class) {
    let mut last: Vec<(RelSet, usize)> = Vec::new();
    for (at, member) in class.members.iter().enumerate() {
        if member.relations.count() == 1 {
            match last.iter_mut().find(|(relations, _)| *relations == member.relations) {
                Some((_, before)) => {
                    let pair = (*before, at);
                    *before = at;
                    let other = class.members.get(pair.0).map_or(RelSet::EMPTY, |other| other.nullable);
                    if let Some(expr) = level.problem.classes.comparison(number, pair.0, pair.1) {
                        derive(level, Some(number), expr, member.nullable.union(other));
                    }
                }
                None => last.push((member.relations, at)),
            }
        }
        level.problem.need(&member.expr, Some(class.relations));
    }
}

/// A condition that a class implies. Conditions of one class may stand for each other, but not those with its
/// constant, of which each speaks of another column.
fn derive(level: &mut Level<'_, '_, '_>, class: Option<usize>, expr: Expr, nullable: RelSet) {
    let cost = level.expression_cost(&expr);
    let mut clause = Clause::new(expr, None, true, nullable, cost);
    clause.class = class;
    if clause.relations.count() > 1 {
        let (expr, relations) = (clause.expr.clone(), clause.relations);
        level.problem.need(&expr, Some(relations));
        add_classes(level, &mut clause);
    }
    add_clause(level, clause);
}
