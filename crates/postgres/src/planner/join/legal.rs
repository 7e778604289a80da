//! Which joins outer joins, semi-joins and LATERAL permit (`join_is_legal`).

use crate::planner::level::Level;
use crate::planner::path::RelSet;
use crate::planner::rel::SpecialJoin;
use crate::query::JoinKind;

/// A join that may be done: as which special join, and whether the sides must be swapped for it.
pub struct Legal {
    pub special: Option<SpecialJoin>,
    pub reversed: bool,
}

/// How one special join looks at a join of two relations.
enum View {
    Irrelevant,
    Match {
        reversed: bool,
    },
    Forbidden,
    /// Only as a left join with a strict condition.
    MustBeLeft,
}

/// `None`: these two must not be joined with each other (yet).
pub fn legality(level: &Level<'_, '_, '_>, a: RelSet, b: RelSet) -> Option<Legal> {
    let mut matched: Option<(&SpecialJoin, bool)> = None;
    let mut must_be_left = false;
    for special in &level.problem.special {
        match view(special, a, b) {
            View::Irrelevant => {}
            View::Forbidden => return None,
            View::MustBeLeft => must_be_left = true,
            View::Match { .. } if matched.is_some() => return None,
            View::Match { reversed } => matched = Some((special, reversed)),
        }
    }
    if must_be_left && matched.is_none_or(|(special, _)| special.kind != JoinKind::Left || !special.is_left_strict) {
        return None;
    }
    let (forward, backward) = (is_lateral(level, b, a), is_lateral(level, a, b));
    if forward && backward {
        return None;
    }
    if let Some((special, reversed)) = matched
        && (forward && reversed || backward && !reversed || (forward || backward) && special.kind == JoinKind::Full)
    {
        return None;
    }
    Some(Legal {
        special: matched.map(|(special, _)| special.clone()),
        reversed: matched.is_some_and(|(_, reversed)| reversed),
    })
}

fn view(special: &SpecialJoin, a: RelSet, b: RelSet) -> View {
    let join = a.union(b);
    let done_in = |side: RelSet| side.contains(special.min_left) && side.contains(special.min_right);
    if !special.min_right.overlaps(join) || special.min_right.contains(join) || done_in(a) || done_in(b) {
        return View::Irrelevant;
    }
    let right = special.syntactic_right;
    let is_semi = special.kind == JoinKind::Semi;
    // The right side was made unique and joined before.
    if is_semi && (a.contains(right) && a != right || b.contains(right) && b != right) {
        return View::Irrelevant;
    }
    if a.contains(special.min_left) && b.contains(special.min_right) {
        return View::Match { reversed: false };
    }
    if b.contains(special.min_left) && a.contains(special.min_right) {
        return View::Match { reversed: true };
    }
    let can_be_unique = is_semi && !special.unique_by.is_empty();
    if can_be_unique && b == right {
        return View::Match { reversed: false };
    }
    if can_be_unique && a == right {
        return View::Match { reversed: true };
    }
    if a.overlaps(special.min_right) && b.overlaps(special.min_right) {
        return View::Irrelevant;
    }
    match special.kind == JoinKind::Left && !join.overlaps(special.min_left) {
        true => View::MustBeLeft,
        false => View::Forbidden,
    }
}

/// `of` needs rows of `given`.
fn is_lateral(level: &Level<'_, '_, '_>, of: RelSet, given: RelSet) -> bool {
    level.problem.rel(of).is_some_and(|rel| rel.lateral.overlaps(given))
}

/// A special join or LATERAL limits what it may be joined with (`has_join_restriction`).
pub fn has_restriction(level: &Level<'_, '_, '_>, relations: RelSet) -> bool {
    if level.problem.rel(relations).is_some_and(|rel| !rel.lateral.is_empty()) {
        return true;
    }
    if level
        .problem
        .rels
        .values()
        .any(|rel| rel.relations.count() == 1 && rel.lateral.overlaps(relations))
    {
        return true;
    }
    level.problem.special.iter().any(|special| {
        special.kind != JoinKind::Full
            && !(relations.contains(special.min_left) && relations.contains(special.min_right))
            && (relations.overlaps(special.min_left) || relations.overlaps(special.min_right))
    })
}

/// The two must be joined although no condition compares them (`have_join_order_restriction`).
pub fn forces_order(level: &Level<'_, '_, '_>, a: RelSet, b: RelSet) -> bool {
    if is_lateral(level, a, b) || is_lateral(level, b, a) {
        return true;
    }
    let mut forced = false;
    for special in level
        .problem
        .special
        .iter()
        .filter(|special| special.kind != JoinKind::Full)
    {
        let (left, right) = (special.min_left, special.min_right);
        if a.contains(left) && b.contains(right) || b.contains(left) && a.contains(right) {
            return true;
        }
        let both = |side: RelSet| side.overlaps(a) && side.overlaps(b);
        forced |= both(left) || both(right);
    }
    forced && !has_legal_clause(level, a) && !has_legal_clause(level, b)
}

/// The relation could be joined with another by a condition.
fn has_legal_clause(level: &Level<'_, '_, '_>, relations: RelSet) -> bool {
    level
        .problem
        .rels
        .keys()
        .filter(|other| other.count() == 1)
        .any(|&other| {
            !relations.overlaps(other)
                && level.problem.all.contains(other)
                && super::is_connected(level, relations, other)
                && legality(level, relations, other).is_some()
        })
}
