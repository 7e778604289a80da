//! GROUP BY with its grouping sets, and the check that all else is grouped or aggregated
//! (`transformGroupClause` and `parseCheckAggregates`).

use kumquat_sql::ast::{self, GroupItem, GroupingSetKind};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::location::expr_location;
use super::state::{Analyzer, ExprKind};
use crate::catalog::ConstraintKind;
use crate::query::{Expr, GroupingNode, Query, RangeTableKind, SortGroupClause, TargetEntry};

/// More grouping sets than this are refused, as in PostgreSQL.
const MAX_GROUPING_SETS: usize = 4096;

/// GROUP BY, analyzed.
#[derive(Default)]
pub struct Grouping {
    pub clauses: Vec<SortGroupClause>,
    /// Sets of places in `clauses`; empty for a plain GROUP BY.
    pub sets: Vec<Vec<usize>>,
    pub nodes: Vec<GroupingNode>,
}

impl Analyzer<'_, '_> {
    pub fn group_by(
        &mut self,
        items: &[GroupItem],
        distinct: bool,
        targets: &mut Vec<TargetEntry>,
    ) -> Result<Grouping> {
        let mut grouping = Grouping::default();
        let mut nodes = Vec::with_capacity(items.len());
        for item in items {
            nodes.push(self.group_item(item, targets, &mut grouping.clauses)?);
        }
        let plain = items.iter().all(|item| matches!(item, GroupItem::Expr(_)));
        if plain {
            return Ok(grouping);
        }
        let mut sets: Vec<Vec<u32>> = vec![Vec::new()];
        for node in &nodes {
            sets = cross(&sets, &expand(node)?)?;
        }
        if distinct {
            let mut seen: Vec<Vec<u32>> = Vec::new();
            for set in sets {
                let mut sorted = set;
                sorted.sort_unstable();
                sorted.dedup();
                if !seen.contains(&sorted) {
                    seen.push(sorted);
                }
            }
            sets = seen;
        }
        let place = |target_ref: &u32| {
            grouping
                .clauses
                .iter()
                .position(|clause| clause.target_ref == *target_ref)
        };
        grouping.sets = sets.iter().map(|set| set.iter().filter_map(place).collect()).collect();
        grouping.nodes = nodes;
        Ok(grouping)
    }

    fn group_item(
        &mut self,
        item: &GroupItem,
        targets: &mut Vec<TargetEntry>,
        clauses: &mut Vec<SortGroupClause>,
    ) -> Result<GroupingNode> {
        match item {
            GroupItem::Expr(ast::Expr::Row(row)) if !row.explicit => {
                let mut columns = Vec::with_capacity(row.args.len());
                for arg in &row.args {
                    columns.push(self.group_column(arg, targets, clauses)?);
                }
                Ok(GroupingNode::Columns(columns))
            }
            GroupItem::Expr(expr) => Ok(GroupingNode::Columns(vec![self.group_column(expr, targets, clauses)?])),
            GroupItem::Set(set) => {
                let mut content = Vec::with_capacity(set.content.len());
                for item in &set.content {
                    content.push(self.group_item(item, targets, clauses)?);
                }
                if set.kind == GroupingSetKind::Cube && content.len() > 12 {
                    return Err(Error::new(SqlState::TOO_MANY_COLUMNS, "CUBE is limited to 12 elements")
                        .at(super::location::position(set.location)));
                }
                Ok(match set.kind {
                    GroupingSetKind::Empty => GroupingNode::Columns(Vec::new()),
                    GroupingSetKind::Rollup => GroupingNode::Rollup(content),
                    GroupingSetKind::Cube => GroupingNode::Cube(content),
                    GroupingSetKind::Sets => GroupingNode::Sets(content),
                })
            }
        }
    }

    fn group_column(
        &mut self,
        expr: &ast::Expr,
        targets: &mut Vec<TargetEntry>,
        clauses: &mut Vec<SortGroupClause>,
    ) -> Result<u32> {
        let at = self.target_for(expr, targets, ExprKind::GroupBy)?;
        let clause = self.group_clause(at, targets, super::location::position(expr.location()))?;
        let target_ref = clause.target_ref;
        if !clauses.iter().any(|own| own.target_ref == target_ref) {
            clauses.push(clause);
        }
        Ok(target_ref)
    }

    /// Refuses columns that are neither grouped nor aggregated, and finds out what GROUPING means.
    pub fn check_aggregates(&self, query: &mut Query) -> Result<()> {
        let common = match query.grouping_sets.split_first() {
            None => (0..query.group_by.len()).collect(),
            Some((first, rest)) => first
                .iter()
                .copied()
                .filter(|place| rest.iter().all(|set| set.contains(place)))
                .collect::<Vec<usize>>(),
        };
        let mut groups = Vec::with_capacity(query.group_by.len());
        for (place, clause) in query.group_by.iter().enumerate() {
            if let Some(target) = query.target_by_ref(clause.target_ref) {
                let mut expr = target.expr.clone();
                self.flatten_join_vars(&mut expr);
                groups.push((expr, common.contains(&place), clause.target_ref));
            }
        }
        let targets = query.target_list.iter().map(|target| &target.expr);
        let checked: Vec<Expr> = targets.chain(&query.having).cloned().collect();
        for mut expr in checked {
            self.flatten_join_vars(&mut expr);
            let checker = Checker {
                analyzer: self,
                query,
                groups: &groups,
            };
            checker.check(&expr, 0)?;
        }
        self.check_recursive_aggregates(query)?;
        let mut failure = None;
        let mut resolve = |expr: &mut Expr| {
            expr.transform(&mut |part| {
                if let Expr::Grouping { refs, args } = part {
                    match self.grouping_refs(args, &groups) {
                        Ok(found) => *refs = found,
                        Err(error) => failure = Some(error),
                    }
                }
            });
        };
        query
            .target_list
            .iter_mut()
            .for_each(|target| resolve(&mut target.expr));
        query.having.iter_mut().for_each(resolve);
        failure.map_or(Ok(()), Err)
    }

    fn check_recursive_aggregates(&self, query: &Query) -> Result<()> {
        let recursive = query.range_table.iter().any(|entry| {
            matches!(
                entry.kind,
                RangeTableKind::Cte {
                    self_reference: true,
                    ..
                }
            )
        });
        if !recursive || !query.has_aggregates {
            return Ok(());
        }
        let targets = query.target_list.iter().map(|target| &target.expr);
        let aggregate = targets.chain(&query.having).find_map(|expr| {
            super::aggregates::find(expr, &|part| matches!(part, Expr::Aggref(own) if own.levels_up == 0))
        });
        Err(Error::new(
            SqlState::INVALID_RECURSION,
            "aggregate functions are not allowed in a recursive query's recursive term",
        )
        .at(aggregate.and_then(expr_location)))
    }

    fn grouping_refs(&self, args: &[Expr], groups: &[(Expr, bool, u32)]) -> Result<Vec<u32>> {
        let found = args.iter().map(|arg| {
            let mut flat = arg.clone();
            self.flatten_join_vars(&mut flat);
            let group = groups.iter().find(|(group, ..)| group.same_as(&flat));
            group.map(|(.., target_ref)| *target_ref).ok_or_else(|| {
                Error::new(
                    SqlState::GROUPING_ERROR,
                    "arguments to GROUPING must be grouping expressions of the associated query level",
                )
                .at(expr_location(arg))
            })
        });
        found.collect()
    }

    /// Replaces columns of joins by what they stand for.
    fn flatten_join_vars(&self, expr: &mut Expr) {
        expr.transform(&mut |part| {
            if let Expr::Var(var) = part
                && var.levels_up == 0
                && let Some(entry) = self.entry(var.varno, 0)
                && let RangeTableKind::Join { join_vars, .. } = &entry.kind
                && let Some(real) = usize::try_from(var.attribute)
                    .ok()
                    .and_then(|n| n.checked_sub(1))
                    .and_then(|n| join_vars.get(n))
            {
                let location = var.location;
                *part = real.clone();
                if let Expr::Var(var) = part {
                    var.location = location;
                }
                self.flatten_join_vars(part);
            }
        });
    }
}

/// Looks for ungrouped columns in one expression (`check_ungrouped_columns_walker`).
struct Checker<'c, 'a, 'b> {
    analyzer: &'c Analyzer<'a, 'b>,
    query: &'c Query,
    /// Expressions, whether in all grouping sets, and their target refs.
    groups: &'c [(Expr, bool, u32)],
}

impl Checker<'_, '_, '_> {
    fn check(&self, expr: &Expr, depth: usize) -> Result<()> {
        match expr {
            Expr::Aggref(aggregate) if aggregate.levels_up == depth => {
                for arg in &aggregate.direct_args {
                    self.check(arg, depth).map_err(|error| {
                        error.detail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
                    })?;
                }
                return Ok(());
            }
            Expr::Aggref(aggregate) if aggregate.levels_up > depth => return Ok(()),
            Expr::Grouping { .. } if depth == 0 => return Ok(()),
            _ => {}
        }
        if depth == 0 && self.groups.iter().any(|(group, ..)| group.same_as(expr)) {
            return Ok(());
        }
        if let Expr::Var(var) = expr {
            return match var.levels_up == depth {
                true => self.check_var(var, depth),
                false => Ok(()),
            };
        }
        let mut result = Ok(());
        expr.for_each_child(&mut |child| {
            if result.is_ok() {
                result = self.check(child, depth);
            }
        });
        result?;
        match expr {
            Expr::SubLink(link) => self.check_query(&link.query, depth + 1),
            _ => Ok(()),
        }
    }

    fn check_query(&self, query: &Query, depth: usize) -> Result<()> {
        let mut result = Ok(());
        query.for_each_expr(&mut |expr| {
            if result.is_ok() {
                result = self.check(expr, depth);
            }
        });
        result?;
        let entries = query.range_table.iter().filter_map(|entry| match &entry.kind {
            RangeTableKind::Subquery { query, .. } => Some(query),
            _ => None,
        });
        let ctes = query.ctes.iter().map(|cte| &cte.query);
        entries
            .chain(ctes)
            .try_for_each(|query| self.check_query(query, depth + 1))
    }

    fn check_var(&self, var: &crate::query::Var, depth: usize) -> Result<()> {
        let grouped = |group: &Expr| {
            matches!(group, Expr::Var(own)
                if own.varno == var.varno && own.attribute == var.attribute && own.levels_up == 0)
        };
        if self.groups.iter().any(|(group, ..)| grouped(group)) {
            return Ok(());
        }
        let Some(entry) = self.query.entry(var.varno) else {
            return Ok(());
        };
        if let RangeTableKind::Relation { relation, .. } = entry.kind
            && self.depends_on_groups(relation, var.varno)
        {
            return Ok(());
        }
        let column = usize::try_from(var.attribute)
            .ok()
            .and_then(|n| n.checked_sub(1))
            .and_then(|n| entry.columns.get(n))
            .map(|column| column.name.to_string());
        let column = column.unwrap_or_else(|| match var.attribute {
            0 => "*".into(),
            number => {
                let system = super::columns::SYSTEM_COLUMNS.iter().find(|(_, own, _)| *own == number);
                system.map_or("", |(name, ..)| name).to_string()
            }
        });
        let message = match depth {
            0 => format!(
                "column \"{}.{column}\" must appear in the GROUP BY clause or be used in an aggregate function",
                entry.name
            ),
            _ => format!(
                "subquery uses ungrouped column \"{}.{column}\" from outer query",
                entry.name
            ),
        };
        Err(Error::new(SqlState::GROUPING_ERROR, message).at(var.location))
    }

    /// All columns of a relation depend on its primary key (`check_functional_grouping`).
    fn depends_on_groups(&self, relation: Oid, varno: usize) -> bool {
        let grouped: Vec<i16> = self
            .groups
            .iter()
            .filter(|(_, common, _)| *common)
            .filter_map(|(group, ..)| match group {
                Expr::Var(var) if var.varno == varno && var.levels_up == 0 => Some(var.attribute),
                _ => None,
            })
            .collect();
        let Ok(catalog) = self.analyzer.backend.catalog() else {
            return false;
        };
        let mut constraints = catalog.constraints_of(relation);
        constraints.any(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } if !constraint.deferrable => {
                columns.iter().all(|column| grouped.contains(column))
            }
            _ => false,
        })
    }
}

/// All grouping sets that a node stands for.
fn expand(node: &GroupingNode) -> Result<Vec<Vec<u32>>> {
    Ok(match node {
        GroupingNode::Columns(columns) => vec![columns.clone()],
        GroupingNode::Sets(content) => {
            let mut sets = Vec::new();
            for item in content {
                sets.extend(expand(item)?);
            }
            sets
        }
        GroupingNode::Rollup(content) => {
            let items = content.iter().map(columns_of).collect::<Vec<_>>();
            let prefixes = (0..=items.len()).rev();
            prefixes
                .map(|length| items.iter().take(length).flatten().copied().collect())
                .collect()
        }
        GroupingNode::Cube(content) => {
            let items = content.iter().map(columns_of).collect::<Vec<_>>();
            let subsets = (0..1_usize << items.len()).rev();
            let chosen = |mask: usize| {
                let bits = items.iter().enumerate();
                // The first item is the highest bit, so that sets come in the order PostgreSQL gives them.
                let kept = bits.filter(|(place, _)| mask >> (items.len() - 1 - place) & 1 == 1);
                kept.flat_map(|(_, columns)| columns.iter().copied()).collect()
            };
            subsets.map(chosen).collect()
        }
    })
}

fn columns_of(node: &GroupingNode) -> Vec<u32> {
    match node {
        GroupingNode::Columns(columns) => columns.clone(),
        GroupingNode::Rollup(content) | GroupingNode::Cube(content) | GroupingNode::Sets(content) => {
            content.iter().flat_map(columns_of).collect()
        }
    }
}

/// Each set of one list with each of the other.
fn cross(left: &[Vec<u32>], right: &[Vec<u32>]) -> Result<Vec<Vec<u32>>> {
    if left.len().saturating_mul(right.len()) > MAX_GROUPING_SETS {
        return Err(Error::new(
            SqlState::STATEMENT_TOO_COMPLEX,
            format!("too many grouping sets present (maximum {MAX_GROUPING_SETS})"),
        ));
    }
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (a, b)));
    Ok(pairs
        .map(|(a, b)| {
            let mut set = a.clone();
            set.extend(b.iter().filter(|column| !a.contains(column)));
            set
        })
        .collect())
}
