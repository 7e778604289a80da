//! Scans of the entries of a range table: first how large each is, then the ways to read it.

use std::rc::Rc;
use std::sync::Arc;

use kumquat_types::{Error, Oid, Result};

use super::cost::clamp_rows;
use super::cost::expression::QualCost;
use super::estimate::Base;
use super::estimate::selectivity::Estimator;
use super::estimate::size::table_size;
use super::global::{CteKind, executor_param};
use super::index::paths::TableScan;
use super::level::{Level, plan_subquery};
use super::path::{Path, PathKey, RelSet, Requirement};
use super::plan::{ParamSource, PlanKind, ScanTarget};
use super::rel::Rel;
use super::{children, clause, cost, index, plan, pushdown};
use crate::catalog::{Relation, RelationKind};
use crate::query::{Expr, Query, RangeTableEntry, RangeTableKind};

/// Gives the relation of an entry its size; subqueries are planned here (`set_base_rel_sizes`).
pub fn add_size(level: &mut Level<'_, '_, '_>, varno: usize) -> Result<()> {
    let entry = level.query.entry(varno).cloned();
    let entry = entry.ok_or_else(|| Error::internal(format!("range-table entry {varno} is missing")))?;
    set_target(level, varno);
    if let RangeTableKind::Relation {
        relation: oid, inherit, ..
    } = &entry.kind
    {
        if *inherit {
            let members = leaves(level, *oid)?;
            if members.as_slice() != [*oid] {
                return children::add_children(level, varno, &entry, &members);
            }
        }
        let base = table_base(level, varno, *oid)?;
        level.problem.table_pages += base.pages;
        return set_rows(level, varno, base);
    }
    let mut required = Vec::new();
    let (kind, inner) = source(level, varno, &entry, &mut required)?;
    let (base, width) = source_base(level, &kind, inner.as_ref());
    set_rows(level, varno, base)?;
    let path = source_path(level, varno, kind, inner, required);
    let own = RelSet::of(varno);
    if let Some(rel) = level.problem.rels.get_mut(&own) {
        if let Some(width) = width {
            rel.width = width;
        }
        rel.add(Path {
            width: rel.width,
            ..path
        });
    }
    Ok(())
}

/// What is known of a table; its pages, rows and indexes are noted.
pub fn table_base(level: &mut Level<'_, '_, '_>, varno: usize, oid: Oid) -> Result<Base> {
    let relation = relation(level, oid)?;
    let sized = level.global.bindings.get(&oid).copied().unwrap_or(oid);
    let heap = level.global.backend.database()?.heaps.get(&sized).cloned();
    let has_children = level.global.backend.catalog()?.children_of(oid).next().is_some();
    let size = table_size(&relation, heap.as_deref(), has_children);
    let table = index::load(level, varno, &relation, heap.as_deref(), size)?;
    let base = Base {
        tuples: size.rows,
        rows: size.rows,
        pages: size.pages,
        statistics: heap.and_then(|heap| heap.statistics.clone()),
        unique: table.unique_columns(),
        ..Base::default()
    };
    level.tables.insert(varno, Rc::new(table));
    Ok(base)
}

/// The columns that are needed of an entry, and how wide they are.
fn set_target(level: &mut Level<'_, '_, '_>, varno: usize) {
    let needed = level.problem.needed.iter();
    let own = RelSet::of(varno);
    let wanted = needed.filter(|column| column.var.varno == varno && (column.at_top || !own.contains(column.at)));
    let target: Vec<Expr> = wanted.map(|column| Expr::Var(column.var.clone())).collect();
    if let Some(rel) = level.problem.rels.get_mut(&own) {
        rel.target = target;
    }
}

/// Rows that the entry's conditions leave, and the width of its columns.
pub fn set_rows(level: &mut Level<'_, '_, '_>, varno: usize, base: Base) -> Result<()> {
    level.problem.bases.set(varno, base);
    let own = RelSet::of(varno);
    let Some(rel) = level.problem.rel(own) else {
        return Ok(());
    };
    let conditions = clause::exprs(&rel.clauses);
    let target = rel.target.clone();
    let selectivity = Estimator::table(&level.problem.bases, varno).all(&conditions);
    let tuples = level.problem.bases.get(varno).map_or(0.0, |base| base.tuples);
    let rows = clamp_rows(tuples * selectivity);
    let width = target.iter().map(|expr| level.width_of(expr)).sum();
    if let Some(base) = level.problem.bases.get_mut(varno) {
        base.rows = rows;
    }
    if let Some(rel) = level.problem.rels.get_mut(&own) {
        (rel.rows, rel.width) = (rows, width);
    }
    Ok(())
}

/// All ways to scan an entry (`set_base_rel_pathlists`).
pub fn add_paths(level: &mut Level<'_, '_, '_>, varno: usize) -> Result<()> {
    let own = RelSet::of(varno);
    if children::add_append_paths(level, varno)? {
        return Ok(());
    }
    let Some(table) = level.tables.get(&varno).cloned() else {
        return Ok(());
    };
    let Some(rel) = level.problem.rel(own).cloned() else {
        return Ok(());
    };
    let paths = table_paths(level, varno, &table, &rel)?;
    if let Some(rel) = level.problem.rels.get_mut(&own) {
        paths.into_iter().for_each(|path| rel.add(path));
    }
    Ok(())
}

/// Scans of one table: of all its pages, or by its indexes.
pub fn table_paths(level: &mut Level<'_, '_, '_>, varno: usize, table: &index::Table, rel: &Rel) -> Result<Vec<Path>> {
    let target: Rc<[Expr]> = rel.target.clone().into();
    let sample = match level.query.entry(varno).map(|entry| &entry.kind) {
        Some(RangeTableKind::Relation { sample, .. }) => sample.clone(),
        _ => None,
    };
    let scanned = ScanTarget {
        entry: varno,
        relation: table.relation,
    };
    // An access method of an extension reads whole tables.
    let relation = level.global.backend.relation_by_oid(table.relation)?;
    let by_index = sample.is_none() && level.global.backend.extension.scan_labels(&relation).is_none();
    let kind = match sample {
        Some(sample) => PlanKind::SampleScan {
            target: scanned,
            sample,
        },
        None => PlanKind::SeqScan(scanned),
    };
    let quals = rel.clauses.iter().map(|clause| clause.cost);
    let quals = quals.sum::<QualCost>();
    let mut path = Path::new(kind, Vec::new(), target.clone(), level.number);
    path.filter = clause::ordered(&rel.clauses);
    path.cost = cost::scan::seq_scan(&level.problem.settings, table.size, quals);
    (path.rows, path.width) = (rel.rows, rel.width);
    let mut paths = vec![path];
    if by_index {
        let scan = TableScan {
            varno,
            table,
            clauses: rel.clauses.clone(),
            target,
            width: rel.width,
            rows: rel.rows,
            settings: level.problem.settings.clone(),
            query_pages: level.problem.table_pages,
        };
        index::paths::add_index_paths(level, &scan, &mut paths);
    }
    Ok(paths)
}

/// Size and width of what is no table.
fn source_base(level: &Level<'_, '_, '_>, kind: &PlanKind, inner: Option<&Path>) -> (Base, Option<i32>) {
    let rows = match kind {
        PlanKind::SubqueryScan { .. } => inner.map_or(1.0, |inner| inner.rows),
        PlanKind::FunctionScan { functions, .. } => functions
            .iter()
            .map(|function| level.function_rows(&function.expr))
            .fold(1.0, f64::max),
        PlanKind::ValuesScan { rows, .. } => rows.len() as f64,
        PlanKind::CteScan { subplan, .. } => level.global.subplans.get(*subplan).map_or(1.0, |found| found.plan.rows),
        PlanKind::WorkTableScan { .. } => level.global.work_rows,
        PlanKind::CustomScan { scan, .. } => scan.estimated_rows(),
        _ => 1.0,
    };
    let base = Base {
        tuples: clamp_rows(rows),
        rows: clamp_rows(rows),
        is_values: matches!(kind, PlanKind::ValuesScan { .. }),
        columns: match kind {
            PlanKind::SubqueryScan { .. } => level.global.subquery.columns.clone(),
            _ => Vec::new(),
        },
        ..Base::default()
    };
    (base, None)
}

fn source_path(
    level: &mut Level<'_, '_, '_>,
    varno: usize,
    kind: PlanKind,
    inner: Option<Path>,
    required: Vec<Requirement>,
) -> Path {
    let settings = level.problem.settings.clone();
    let tuples = level.problem.bases.get(varno).map_or(1.0, |base| base.tuples);
    let Some(rel) = level.problem.rel(RelSet::of(varno)).cloned() else {
        return Path::new(kind, Vec::new(), Rc::from([]), level.number);
    };
    let quals = rel.clauses.iter().map(|clause| clause.cost);
    let quals = quals.sum::<QualCost>();
    let plain = |per_row: f64| cost::scan::row_source(&settings, tuples, per_row, quals);
    let cost = match &kind {
        PlanKind::SubqueryScan { .. } => {
            let input = inner.as_ref().map(|inner| inner.cost).unwrap_or_default();
            match rel.clauses.is_empty() && is_trivial(&rel.target, inner.as_ref()) {
                true => input,
                false => {
                    let own = plain(0.0);
                    plan::Cost {
                        startup: input.startup + own.startup,
                        total: input.total + own.total,
                    }
                }
            }
        }
        PlanKind::FunctionScan { functions, .. } => {
            let calls = level.expressions_cost(functions.iter().map(|function| &function.expr));
            let once = calls.startup + calls.per_tuple;
            let own = plain(0.0);
            plan::Cost {
                startup: own.startup + once,
                total: own.total + once,
            }
        }
        PlanKind::ValuesScan { .. } => plain(settings.cpu_operator),
        PlanKind::CteScan { .. } | PlanKind::WorkTableScan { .. } => plain(settings.cpu_tuple),
        PlanKind::CustomScan { .. } => plan::Cost::default(),
        _ => plain(0.0),
    };
    let keys = match &kind {
        PlanKind::SubqueryScan { .. } => subquery_keys(level, varno),
        _ => Vec::new(),
    };
    let mut path = Path::new(
        kind,
        inner.into_iter().map(Rc::new).collect(),
        rel.target.into(),
        level.number,
    );
    path.filter = clause::ordered(&rel.clauses);
    path.cost = cost;
    path.rows = rel.rows;
    path.width = rel.width;
    path.keys = keys;
    path.required = required;
    path
}

/// The columns are those of the subquery, in their order.
fn is_trivial(target: &[Expr], inner: Option<&Path>) -> bool {
    let in_order = target
        .iter()
        .zip(1..)
        .all(|(expr, number)| matches!(expr, Expr::Var(var) if var.attribute == number));
    in_order && inner.is_some_and(|inner| inner.output.len() == target.len())
}

/// The order of a subquery's rows, as far as the query around it knows of it.
fn subquery_keys(level: &Level<'_, '_, '_>, varno: usize) -> Vec<PathKey> {
    let Some(entry) = level.query.entry(varno) else {
        return Vec::new();
    };
    let key = |(column, order): &(usize, crate::catalog::SortOrder)| {
        let number = i16::try_from(*column + 1).ok()?;
        let var = super::entry_var(varno, number, entry.columns.get(*column)?);
        let class = level.problem.classes.of(&var)?;
        Some(PathKey { class, order: *order })
    };
    level.global.subquery.order.iter().map_while(key).collect()
}

fn source(
    level: &mut Level<'_, '_, '_>,
    varno: usize,
    entry: &RangeTableEntry,
    required: &mut Vec<Requirement>,
) -> Result<(PlanKind, Option<Path>)> {
    let kind = match &entry.kind {
        RangeTableKind::Subquery { query, .. } => {
            let inner = pushdown::push_conditions(level, varno, Query::clone(query));
            let inner = scan_subquery(level, inner, required)?;
            return Ok((PlanKind::SubqueryScan { entry: varno }, Some(inner)));
        }
        RangeTableKind::Function { functions, ordinality } => {
            let mut functions = functions.clone();
            for function in &mut functions {
                parameterize(level, &mut function.expr, required);
            }
            PlanKind::FunctionScan {
                entry: varno,
                functions,
                ordinality: *ordinality,
            }
        }
        RangeTableKind::Values { rows } => {
            let mut rows = rows.clone();
            if rows
                .iter()
                .flatten()
                .any(|value| !super::vars::varnos(value).is_empty())
            {
                let values = Arc::make_mut(&mut rows).iter_mut().flatten();
                values.for_each(|value| parameterize(level, value, required));
            }
            PlanKind::ValuesScan { entry: varno, rows }
        }
        RangeTableKind::Cte { name, levels_up, .. } => {
            let cte = level.global.cte(name, *levels_up);
            let cte = cte.ok_or_else(|| Error::internal(format!("WITH query \"{name}\" has no plan")))?;
            match cte.kind {
                CteKind::Subplan(subplan) => PlanKind::CteScan { entry: varno, subplan },
                CteKind::WorkTable(param) => {
                    level.global.work_rows = cte.rows;
                    PlanKind::WorkTableScan { entry: varno, param }
                }
            }
        }
        RangeTableKind::Custom(scan) => PlanKind::CustomScan {
            entry: varno,
            scan: scan.clone(),
        },
        RangeTableKind::Result => PlanKind::Result {
            one_time_filter: Vec::new(),
        },
        RangeTableKind::Relation { .. } | RangeTableKind::Join { .. } => {
            return Err(Error::internal("tables and joins are no sources of rows by themselves"));
        }
    };
    Ok((kind, None))
}

/// Plans a subquery in FROM; what it needs of other entries (LATERAL) becomes parameters.
fn scan_subquery(level: &mut Level<'_, '_, '_>, query: Query, required: &mut Vec<Requirement>) -> Result<Path> {
    level.publish_names();
    let before = level
        .global
        .frame()
        .map(|frame| std::mem::take(&mut frame.needed))
        .unwrap_or_default();
    let path = plan_subquery(level.global, query, 0.0)?;
    let needed = match level.global.frame() {
        Some(frame) => std::mem::replace(&mut frame.needed, before),
        None => Vec::new(),
    };
    for (param, value) in needed {
        required.push(Requirement {
            param,
            relations: relations_of(&value),
            value,
        });
    }
    Ok(path)
}

fn relations_of(expr: &Expr) -> RelSet {
    super::vars::varnos(expr)
        .into_iter()
        .map(RelSet::of)
        .fold(RelSet::EMPTY, RelSet::union)
}

/// Columns of other entries in an expression become parameters that the outer side of a join sets.
pub fn parameterize(level: &mut Level<'_, '_, '_>, expr: &mut Expr, required: &mut Vec<Requirement>) {
    let number = level.number;
    expr.transform(&mut |part| {
        let Expr::Var(var) = part else { return };
        if var.levels_up > 0 {
            return;
        }
        let known = required
            .iter()
            .find(|requirement| requirement.value.same_as(part))
            .map(|r| r.param);
        let param = known.unwrap_or_else(|| {
            let param = level.global.new_param(ParamSource::Outer {
                expr: part.clone(),
                level: number,
            });
            required.push(Requirement {
                param,
                value: part.clone(),
                relations: relations_of(part),
            });
            param
        });
        *part = executor_param(param, part.type_oid(), part.type_modifier());
    });
}

/// The tables with rows of their own that belong to a table: itself, its partitions, its inheritance children.
pub fn leaves(level: &Level<'_, '_, '_>, relation: Oid) -> Result<Vec<Oid>> {
    let catalog = level.global.backend.catalog()?;
    let mut found = Vec::new();
    let mut waiting = vec![relation];
    while let Some(oid) = waiting.pop() {
        let Some(relation) = catalog.relation(oid) else {
            continue;
        };
        if relation.kind != RelationKind::PartitionedTable {
            found.push(oid);
        }
        let mut children: Vec<Oid> = catalog.children_of(oid).map(|child| child.oid).collect();
        children.reverse();
        waiting.extend(children);
    }
    Ok(found)
}

pub fn relation(level: &Level<'_, '_, '_>, oid: Oid) -> Result<Arc<Relation>> {
    let found = level.global.backend.catalog()?.relation(oid).cloned();
    found.ok_or_else(|| Error::internal(format!("could not open relation with OID {oid}")))
}
