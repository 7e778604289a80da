//! Orders of rows: from clauses and classes to sort keys, and paths that are made to give them.

use std::rc::Rc;

use super::cost::sort;
use super::level::Level;
use super::path::{Path, PathKey, RelSet};
use super::plan::{PlanKind, SortKey};
use super::rel::has_keys;
use super::upper::above;
use super::vars::vars_of;
use crate::query::Expr;

/// The order that sort keys mean; keys that are constant or come twice are left out.
pub fn path_keys(level: &mut Level<'_, '_, '_>, keys: &[SortKey]) -> Vec<PathKey> {
    let mut found: Vec<PathKey> = Vec::new();
    for key in keys {
        let nullable = level.problem.nullable;
        let class = level.problem.classes.of_sort_key(&key.expr, nullable);
        let class = level.problem.classes.canonical(class);
        let constant = level
            .problem
            .classes
            .get(class)
            .is_some_and(|class| class.has_const && !class.below_outer_join);
        if !constant && !found.iter().any(|known| known.class == class) {
            found.push(PathKey {
                class,
                order: key.order,
            });
        }
    }
    found
}

/// The keys as expressions over what a path gives; `None`: it does not give them.
pub fn sort_keys_of(level: &Level<'_, '_, '_>, keys: &[PathKey], output: &[Expr]) -> Option<Vec<SortKey>> {
    let computable = |expr: &&Expr| {
        output.iter().any(|given| given.same_as(expr))
            || vars_of(expr)
                .iter()
                .all(|var| output.iter().any(|given| given.same_as(&Expr::Var(var.clone()))))
                && !super::vars::contains_aggregate(expr)
                && !super::vars::contains_window_function(expr)
    };
    let key = |key: &PathKey| {
        let class = level.problem.classes.get(key.class)?;
        let given = class
            .exprs()
            .find(|expr| output.iter().any(|given| given.same_as(expr)));
        let expr = given.or_else(|| class.exprs().find(computable))?;
        Some(SortKey {
            expr: expr.clone(),
            order: key.order,
        })
    };
    keys.iter().map(key).collect()
}

/// The path with a Sort above it, if that is needed.
pub fn sorted(level: &Level<'_, '_, '_>, path: Rc<Path>, keys: &[PathKey]) -> Option<Path> {
    if has_keys(&path.keys, keys) {
        return Some(Path::clone(&path));
    }
    let sort_keys = sort_keys_of(level, keys, &path.output)?;
    Some(sort_path(level, Path::clone(&path), sort_keys, keys.to_vec(), None))
}

/// A Sort above a path; `limit`: so many rows may be enough.
pub fn sort_path(
    level: &Level<'_, '_, '_>,
    path: Path,
    sort_keys: Vec<SortKey>,
    keys: Vec<PathKey>,
    limit: Option<f64>,
) -> Path {
    let cost = sort::sort(&level.problem.settings, path.cost, path.rows, path.width, limit);
    let mut sorted = above(path, PlanKind::Sort { keys: sort_keys }, None);
    (sorted.cost, sorted.keys) = (cost, keys);
    sorted
}

/// A sort of rows that are in order of the first keys already.
pub fn incremental_sort_path(
    level: &Level<'_, '_, '_>,
    path: Path,
    sort_keys: Vec<SortKey>,
    keys: Vec<PathKey>,
    presorted: usize,
) -> Path {
    let prefix: Vec<Expr> = sort_keys.iter().take(presorted).map(|key| key.expr.clone()).collect();
    let (groups, used_default) = super::estimate::groups::count_groups(&level.problem.bases, &prefix, path.rows);
    // A mere guess must not make the sort look cheap.
    let groups = if used_default { groups.min(path.rows) } else { groups };
    let cost = sort::incremental_sort(&level.problem.settings, path.cost, path.rows, path.width, groups);
    let kind = PlanKind::IncrementalSort {
        keys: sort_keys,
        presorted,
    };
    let mut sorted = above(path, kind, None);
    (sorted.cost, sorted.keys) = (cost, keys);
    sorted
}

/// The first keys that both orders share.
pub fn shared_keys(have: &[PathKey], wanted: &[PathKey]) -> usize {
    have.iter().zip(wanted).take_while(|(a, b)| a == b).count()
}

/// The part of a join's order that is worth knowing (`truncate_useless_pathkeys`).
pub fn useful_join_keys(level: &Level<'_, '_, '_>, join: RelSet, keys: Vec<PathKey>) -> Vec<PathKey> {
    let ordering = shared_keys(&keys, &level.problem.wanted);
    let merging = keys
        .iter()
        .take_while(|key| level.merges_by(key.class, join) && level.merge_direction(key))
        .count();
    let mut keys = keys;
    keys.truncate(ordering.max(merging));
    keys
}
