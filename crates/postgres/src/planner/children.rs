//! Tables with children: the scans of the members, one after the other or merged in order.

use std::rc::Rc;
use std::sync::Arc;

use kumquat_types::{Error, Oid, Result};

use super::clause::Clause;
use super::cost::{clamp_rows, sort};
use super::estimate::Base;
use super::level::Level;
use super::path::{Path, RelSet};
use super::plan::{Cost, PlanKind, SortKey};
use super::rel::Rel;
use super::scans::{relation, table_base, table_paths};
use super::{order, prune};
use crate::catalog::{Attribute, Relation};
use crate::commands::attribute_map::AttributeMap;
use crate::query::{Expr, FuncForm, RangeTableEntry, RangeTableKind, Var};

/// The members of an entry's table that are scanned.
#[derive(Clone, Debug, Default)]
pub struct Children {
    pub members: Vec<Child>,
}

#[derive(Clone, Debug)]
pub struct Child {
    pub varno: usize,
    pub rel: Rel,
}

/// Finds the members whose rows may fulfil the entry's conditions, and their sizes (`set_append_rel_size`).
pub fn add_children(
    level: &mut Level<'_, '_, '_>,
    varno: usize,
    entry: &RangeTableEntry,
    members: &[Oid],
) -> Result<()> {
    let RangeTableKind::Relation { relation: parent, .. } = entry.kind else {
        return Err(Error::internal("only tables have children"));
    };
    let own = RelSet::of(varno);
    let Some(rel) = level.problem.rel(own).cloned() else {
        return Ok(());
    };
    let conditions = super::clause::exprs(&rel.clauses);
    let kept = match level.problem.settings.partition_pruning {
        true => prune::members(level, varno, parent, &conditions)?,
        false => members.to_vec(),
    };
    let mut children = Children::default();
    let (mut rows, mut bytes) = (0.0, 0.0);
    for member in members.iter().filter(|member| kept.contains(member)) {
        let child = add_child(level, varno, entry, parent, *member, &rel)?;
        rows += child.rel.rows;
        bytes += f64::from(child.rel.width) * child.rel.rows;
        children.members.push(child);
    }
    level.publish_names();
    level.problem.bases.set(
        varno,
        Base {
            tuples: rows,
            rows,
            ..Base::default()
        },
    );
    let width = rel.target.iter().map(|expr| level.width_of(expr)).sum();
    if let Some(rel) = level.problem.rels.get_mut(&own) {
        rel.rows = clamp_rows(rows);
        rel.width = match rows > 0.0 {
            true => (bytes / rows).round_ties_even() as i32,
            false => width,
        };
    }
    level.children.insert(varno, children);
    Ok(())
}

fn add_child(
    level: &mut Level<'_, '_, '_>,
    parent_varno: usize,
    entry: &RangeTableEntry,
    parent: Oid,
    member: Oid,
    rel: &Rel,
) -> Result<Child> {
    let varno = add_child_entry(level, entry, member)?;
    let columns = ChildColumns::new(level, parent, member)?;
    let translate = |expr: &Expr| columns.translate(expr, parent_varno, varno);
    let clause = |clause: &Rc<Clause>| {
        let mut translated = Clause::clone(clause);
        translated.expr = translate(&clause.expr);
        translated.relations = RelSet::of(varno);
        Rc::new(translated)
    };
    let mut child = Rel {
        relations: RelSet::of(varno),
        target: rel.target.iter().map(translate).collect(),
        clauses: rel.clauses.iter().map(clause).collect(),
        consider_startup: rel.consider_startup,
        ..Rel::default()
    };
    level.problem.classes.add_children(|expr| {
        let used = super::vars::varnos(expr);
        (used.as_slice() == [parent_varno]).then(|| translate(expr))
    });
    let base = table_base(level, varno, member)?;
    level.problem.table_pages += base.pages;
    level.problem.rels.insert(RelSet::of(varno), child.clone());
    super::scans::set_rows(level, varno, base)?;
    if let Some(sized) = level.problem.rels.remove(&RelSet::of(varno)) {
        child = sized;
    }
    Ok(Child { varno, rel: child })
}

/// Adds the scans of a table with children; false if the entry is none.
pub fn add_append_paths(level: &mut Level<'_, '_, '_>, varno: usize) -> Result<bool> {
    let Some(children) = level.children.get(&varno).cloned() else {
        return Ok(false);
    };
    let own = RelSet::of(varno);
    let mut members = Vec::with_capacity(children.members.len());
    for child in &children.members {
        let Some(table) = level.tables.get(&child.varno).cloned() else {
            continue;
        };
        let mut rel = child.rel.clone();
        for path in table_paths(level, child.varno, &table, &child.rel)? {
            if path.required.is_empty() {
                rel.add(path);
            }
        }
        members.push(rel);
    }
    let Some(rel) = level.problem.rel(own).cloned() else {
        return Ok(true);
    };
    let mut paths = vec![append(level, &rel, &members)];
    paths.extend(merge_append(level, &rel, &members));
    if let Some(rel) = level.problem.rels.get_mut(&own) {
        paths.into_iter().for_each(|path| rel.add(path));
    }
    Ok(true)
}

/// The cheapest scans one after the other; of none, nothing comes.
fn append(level: &Level<'_, '_, '_>, rel: &Rel, members: &[Rel]) -> Path {
    let children: Vec<Rc<Path>> = members.iter().filter_map(Rel::cheapest).collect();
    if children.is_empty() {
        return empty(level, rel);
    }
    let rows: f64 = children.iter().map(|child| child.rows).sum();
    let own = level.problem.settings.cpu_tuple * 0.5 * rows;
    let cost = Cost {
        startup: children.first().map_or(0.0, |child| child.cost.startup),
        total: children.iter().map(|child| child.cost.total).sum::<f64>() + own,
    };
    let mut path = Path::new(PlanKind::Append, children, rel.target.clone().into(), level.number);
    (path.rows, path.width, path.cost) = (rows, rel.width, cost);
    path
}

/// Columns that are computed from those of a partitioned table are computed by the scans of its partitions
/// (`apply_scanjoin_target_to_paths`); `None`: the path is none of partitions, or lacks a column.
pub fn project_partitions(level: &Level<'_, '_, '_>, path: &Path, output: &[Expr]) -> Option<Path> {
    let catalog = level.global.backend.catalog().ok()?;
    let is_partitioned = |varno: &usize| {
        let entry = level.query.entry(*varno);
        entry.is_some_and(|entry| match entry.kind {
            RangeTableKind::Relation { relation, .. } => catalog
                .relation(relation)
                .is_some_and(|relation| relation.partition_key.is_some()),
            _ => false,
        })
    };
    let keys = match &path.kind {
        PlanKind::Append => &[],
        PlanKind::MergeAppend { keys } => keys.as_slice(),
        _ => return None,
    };
    let has_key = |key: &SortKey| output.iter().any(|expr| expr.same_as(&key.expr));
    let members = level.children.keys();
    if path.children.is_empty() || !members.clone().all(is_partitioned) || !keys.iter().all(has_key) {
        return None;
    }
    let mut children = Vec::with_capacity(path.children.len());
    for child in &path.children {
        let exprs: Option<Vec<Expr>> = output
            .iter()
            .map(|expr| translated(expr, &path.output, &child.output))
            .collect();
        children.push(Rc::new(super::upper::project(Path::clone(child), exprs?)));
    }
    Some(Path {
        children,
        output: output.into(),
        ..path.clone()
    })
}

/// The expression with columns of `from` replaced by those of `to` in the same place.
fn translated(expr: &Expr, from: &[Expr], to: &[Expr]) -> Option<Expr> {
    if let Some(at) = from.iter().position(|known| known.same_as(expr)) {
        return to.get(at).cloned();
    }
    if matches!(expr, Expr::Var(_)) {
        return None;
    }
    let mut result = expr.clone();
    let mut complete = true;
    result.for_each_child_mut(&mut |child| match translated(child, from, to) {
        Some(new) => *child = new,
        None => complete = false,
    });
    complete.then_some(result)
}

/// A relation without rows.
pub fn empty(level: &Level<'_, '_, '_>, rel: &Rel) -> Path {
    let kind = PlanKind::Result {
        one_time_filter: vec![Expr::constant(kumquat_types::Datum::Bool(false), Oid::BOOL)],
    };
    let mut path = Path::new(kind, Vec::new(), rel.target.clone().into(), level.number);
    (path.rows, path.width) = (0.0, rel.width);
    path
}

/// Members that give the order that is wanted are merged, if one does so by an index.
fn merge_append(level: &mut Level<'_, '_, '_>, rel: &Rel, members: &[Rel]) -> Option<Path> {
    let wanted = level.problem.wanted.clone();
    let sorted = |member: &Rel| member.cheapest_sorted(&wanted, false);
    if wanted.is_empty() || members.len() < 2 || !members.iter().any(|member| sorted(member).is_some()) {
        return None;
    }
    let keys: Vec<SortKey> = order::sort_keys_of(level, &wanted, &rel.target)?;
    let mut children = Vec::with_capacity(members.len());
    for member in members {
        let child = match sorted(member) {
            Some(path) => path,
            None => Rc::new(order::sorted(level, member.cheapest()?, &wanted)?),
        };
        children.push(child);
    }
    let rows: f64 = children.iter().map(|child| child.rows).sum();
    let input = Cost {
        startup: children.iter().map(|child| child.cost.startup).sum(),
        total: children.iter().map(|child| child.cost.total).sum(),
    };
    let cost = sort::merge_append(&level.problem.settings, input, children.len(), rows);
    let mut path = Path::new(
        PlanKind::MergeAppend { keys },
        children,
        rel.target.clone().into(),
        level.number,
    );
    (path.rows, path.width, path.cost, path.keys) = (rows, rel.width, cost, wanted);
    Some(path)
}

/// A range-table entry for a child of an entry's table.
pub fn add_child_entry(level: &mut Level<'_, '_, '_>, parent: &RangeTableEntry, member: Oid) -> Result<usize> {
    let relation = relation(level, member)?;
    let mut entry = parent.clone();
    if let RangeTableKind::Relation { relation, inherit, .. } = &mut entry.kind {
        (*relation, *inherit) = (member, false);
    }
    entry.columns = relation
        .attributes
        .iter()
        .map(|attribute| crate::query::RteColumn {
            name: if attribute.dropped {
                "".into()
            } else {
                attribute.name.clone()
            },
            type_oid: attribute.type_oid,
            type_modifier: attribute.type_modifier,
            collation: attribute.collation,
        })
        .collect();
    entry.required.clear();
    level.query.range_table.push(entry);
    Ok(level.query.range_table.len())
}

/// Which column of a child each column of its parent is: they have the same names.
pub struct ChildColumns {
    parent: Arc<Relation>,
    map: AttributeMap,
}

impl ChildColumns {
    pub fn new(level: &Level<'_, '_, '_>, parent: Oid, child: Oid) -> Result<ChildColumns> {
        let parent = relation(level, parent)?;
        let map = AttributeMap::by_name(&parent, &*relation(level, child)?);
        Ok(ChildColumns { parent, map })
    }

    /// The expression over the child's entry.
    pub fn translate(&self, expr: &Expr, from: usize, to: usize) -> Expr {
        let mut expr = expr.clone();
        expr.transform(&mut |part| {
            let Expr::Var(var) = part else { return };
            if var.varno != from || var.levels_up != 0 {
                return;
            }
            *part = match var.attribute {
                0 => self.whole_row(var, to),
                attribute => Expr::Var(Var {
                    varno: to,
                    // System columns are the same in all tables.
                    attribute: match attribute < 0 {
                        true => attribute,
                        false => self.map.get(attribute).unwrap_or(0),
                    },
                    ..var.clone()
                }),
            };
        });
        expr
    }

    /// The child's row as one of the parent: made anew if columns stand in other places.
    fn whole_row(&self, var: &Var, to: usize) -> Expr {
        let row = Var {
            varno: to,
            ..var.clone()
        };
        let attributes = &self.parent.attributes;
        if attributes
            .iter()
            .all(|column| self.map.get(column.number) == Some(column.number))
        {
            return Expr::ConvertRowtype {
                arg: Box::new(Expr::Var(row)),
                type_oid: self.parent.row_type,
            };
        }
        let value = |column: &Attribute| match self.map.get(column.number) {
            None => Expr::null(Oid::INT4),
            Some(attribute) => Expr::Var(Var {
                attribute,
                type_oid: column.type_oid,
                type_modifier: column.type_modifier,
                collation: column.collation,
                ..row.clone()
            }),
        };
        Expr::Row {
            args: attributes.iter().map(value).collect(),
            names: attributes.iter().map(|column| column.name.clone()).collect(),
            type_oid: self.parent.row_type,
            form: FuncForm::ImplicitCast,
        }
    }
}
