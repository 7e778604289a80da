//! Scans of the entries of a range table.

use std::rc::Rc;
use std::sync::Arc;

use kumquat_types::{Error, Oid, Result};

use super::global::{CteKind, executor_param};
use super::level::{Level, plan_subquery};
use super::path::{Path, RelSet, Requirement};
use super::plan::{ParamSource, PlanKind, ScanTarget};
use crate::catalog::{Relation, RelationKind};
use crate::query::{Expr, Query, RangeTableEntry, RangeTableKind, Var};

/// A scan of an entry with the conditions on it alone; its output are the columns that are used anywhere.
pub fn scan(level: &mut Level<'_, '_, '_>, varno: usize, quals: Vec<Expr>) -> Result<Path> {
    let output = level.needed_columns(varno);
    let entry = level.query.entry(varno).cloned();
    let entry = entry.ok_or_else(|| Error::internal(format!("range-table entry {varno} is missing")))?;
    if let RangeTableKind::Relation {
        relation,
        inherit: true,
        sample: None,
    } = &entry.kind
    {
        let members = leaves(level, *relation)?;
        if members.as_slice() != [*relation] {
            return scan_children(level, varno, &entry, &members, quals, output);
        }
    }
    let mut required = Vec::new();
    let (kind, children) = source(level, varno, &entry, &mut required)?;
    let mut path = Path::new(kind, children, output.into(), level.number);
    path.filter = quals;
    path.rows = 1000.0;
    path.required = required;
    Ok(path)
}

fn source(
    level: &mut Level<'_, '_, '_>,
    varno: usize,
    entry: &RangeTableEntry,
    required: &mut Vec<Requirement>,
) -> Result<(PlanKind, Vec<Rc<Path>>)> {
    Ok(match &entry.kind {
        RangeTableKind::Relation { relation, sample, .. } => {
            let target = ScanTarget {
                entry: varno,
                relation: *relation,
            };
            let kind = match sample {
                Some(sample) => PlanKind::SampleScan {
                    target,
                    sample: sample.clone(),
                },
                None => PlanKind::SeqScan(target),
            };
            (kind, Vec::new())
        }
        RangeTableKind::Subquery { query, .. } => {
            let inner = scan_subquery(level, Query::clone(query), required)?;
            (PlanKind::SubqueryScan { entry: varno }, vec![Rc::new(inner)])
        }
        RangeTableKind::Function { functions, ordinality } => {
            let mut functions = functions.clone();
            for function in &mut functions {
                parameterize(level, &mut function.expr, required);
            }
            let kind = PlanKind::FunctionScan {
                entry: varno,
                functions,
                ordinality: *ordinality,
            };
            (kind, Vec::new())
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
            (PlanKind::ValuesScan { entry: varno, rows }, Vec::new())
        }
        RangeTableKind::Cte { name, levels_up, .. } => {
            let cte = level.global.cte(name, *levels_up);
            let cte = cte.ok_or_else(|| Error::internal(format!("WITH query \"{name}\" has no plan")))?;
            let kind = match cte.kind {
                CteKind::Subplan(subplan) => PlanKind::CteScan { entry: varno, subplan },
                CteKind::WorkTable(param) => PlanKind::WorkTableScan { entry: varno, param },
            };
            (kind, Vec::new())
        }
        RangeTableKind::Custom(scan) => {
            let kind = PlanKind::CustomScan {
                entry: varno,
                scan: scan.clone(),
            };
            (kind, Vec::new())
        }
        RangeTableKind::Result => (
            PlanKind::Result {
                one_time_filter: Vec::new(),
            },
            Vec::new(),
        ),
        RangeTableKind::Join { .. } => return Err(Error::internal("a join is not scanned")),
    })
}

/// Plans a subquery in FROM; what it needs of other entries (LATERAL) becomes parameters.
fn scan_subquery(level: &mut Level<'_, '_, '_>, query: Query, required: &mut Vec<Requirement>) -> Result<Path> {
    level.publish_names();
    let before = level
        .global
        .frame()
        .map(|frame| std::mem::take(&mut frame.needed))
        .unwrap_or_default();
    let path = plan_subquery(level.global, query)?;
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

fn scan_children(
    level: &mut Level<'_, '_, '_>,
    varno: usize,
    entry: &RangeTableEntry,
    members: &[Oid],
    quals: Vec<Expr>,
    output: Vec<Expr>,
) -> Result<Path> {
    let RangeTableKind::Relation { relation: parent, .. } = entry.kind else {
        return Err(Error::internal("only tables have children"));
    };
    let mut children = Vec::with_capacity(members.len());
    for &member in members {
        let child = add_child_entry(level, entry, member)?;
        let translate = ChildColumns::new(level, parent, member)?;
        let mut path = Path::new(
            PlanKind::SeqScan(ScanTarget {
                entry: child,
                relation: member,
            }),
            Vec::new(),
            output
                .iter()
                .map(|expr| translate.translate(expr, varno, child))
                .collect(),
            level.number,
        );
        path.filter = quals
            .iter()
            .map(|qual| translate.translate(qual, varno, child))
            .collect();
        children.push(Rc::new(path));
    }
    level.publish_names();
    let mut append = Path::new(PlanKind::Append, children, output.into(), level.number);
    append.rows = 1000.0;
    Ok(append)
}

/// A range-table entry for a child of an entry's table.
pub fn add_child_entry(level: &mut Level<'_, '_, '_>, parent: &RangeTableEntry, member: Oid) -> Result<usize> {
    let relation = relation(level, member)?;
    let mut entry = parent.clone();
    entry.kind = RangeTableKind::Relation {
        relation: member,
        inherit: false,
        sample: None,
    };
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

pub fn relation(level: &Level<'_, '_, '_>, oid: Oid) -> Result<Arc<Relation>> {
    let found = level.global.backend.catalog()?.relation(oid).cloned();
    found.ok_or_else(|| Error::internal(format!("could not open relation with OID {oid}")))
}

/// Which column of a child each column of its parent is: they have the same names.
pub struct ChildColumns {
    numbers: Vec<i16>,
    row_type: Oid,
}

impl ChildColumns {
    pub fn new(level: &Level<'_, '_, '_>, parent: Oid, child: Oid) -> Result<ChildColumns> {
        let (parent, child) = (relation(level, parent)?, relation(level, child)?);
        let number = |attribute: &crate::catalog::Attribute| match attribute.dropped {
            true => 0,
            false => child.attribute_by_name(&attribute.name).map_or(0, |found| found.number),
        };
        Ok(ChildColumns {
            numbers: parent.attributes.iter().map(number).collect(),
            row_type: parent.row_type,
        })
    }

    /// The expression over the child's entry.
    pub fn translate(&self, expr: &Expr, from: usize, to: usize) -> Expr {
        let mut expr = expr.clone();
        expr.transform(&mut |part| {
            let Expr::Var(var) = part else { return };
            if var.varno != from || var.levels_up != 0 {
                return;
            }
            *part = match usize::try_from(var.attribute) {
                Ok(0) => self.whole_row(var, to),
                Ok(attribute) => Expr::Var(Var {
                    varno: to,
                    attribute: self.numbers.get(attribute - 1).copied().unwrap_or(0),
                    ..var.clone()
                }),
                Err(_) => Expr::Var(Var {
                    varno: to,
                    ..var.clone()
                }),
            };
        });
        expr
    }

    /// The child's row as one of the parent.
    fn whole_row(&self, var: &Var, to: usize) -> Expr {
        Expr::ConvertRowtype {
            arg: Box::new(Expr::Var(Var {
                varno: to,
                ..var.clone()
            })),
            type_oid: self.row_type,
        }
    }
}
