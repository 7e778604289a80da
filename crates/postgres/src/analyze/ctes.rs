//! WITH: items, references to them, and recursion (`parse_cte.c`).

use std::sync::Arc;

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::location::{expr_location, position};
use super::relations::output_columns;
use super::set_operations::leftmost_leaf;
use super::state::{Analyzer, ExprKind, Level, shared};
use crate::catalog::Name;
use crate::query::{CommandType, CommonTableExpr, Query, RangeTableKind, RteColumn, SetOperation, SetOperator};

/// The part of a recursive query that is being analyzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecursionPart {
    /// Not (yet) inside a UNION.
    Whole,
    NonRecursive,
    Recursive,
}

/// A WITH item of WITH RECURSIVE while its own query is analyzed.
pub struct Recursion {
    pub name: Name,
    aliases: Vec<String>,
    location: Option<u32>,
    /// Columns of the non-recursive term, once known.
    columns: Option<Vec<RteColumn>>,
    part: RecursionPart,
    references: usize,
}

impl Analyzer<'_, '_> {
    /// Analyzes all items of a WITH clause (`transformWithClause`).
    pub fn with_clause(&mut self, with: &ast::WithClause) -> Result<()> {
        for (place, cte) in with.ctes.iter().enumerate() {
            if with.ctes.iter().take(place).any(|earlier| earlier.name == cte.name) {
                return Err(Error::new(
                    SqlState::DUPLICATE_ALIAS,
                    format!("WITH query name \"{}\" specified more than once", cte.name),
                )
                .at(position(cte.location)));
            }
            if !matches!(*cte.query, ast::Statement::Select(_)) && !self.outer.is_empty() {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "WITH clause containing a data-modifying statement must be at the top level",
                )
                .at(position(cte.location)));
            }
        }
        self.level.future_ctes = with.ctes.iter().map(|cte| shared(&cte.name)).collect();
        self.level.recursive |= with.recursive;
        // The first is analyzed next; those behind it wait, some of them for those before them.
        let mut waiting: Vec<&ast::CommonTableExpr> = with.ctes.iter().collect();
        let mut interrupted: Vec<&str> = Vec::new();
        while let Some(&cte) = waiting.first() {
            match self.cte(cte, with.recursive) {
                Ok(analyzed) => {
                    waiting.remove(0);
                    interrupted.retain(|name| *name != cte.name);
                    self.level.future_ctes.retain(|name| *name != analyzed.name);
                    self.level.ctes.push(analyzed);
                }
                Err(error) => {
                    let Some(needed) = self.level.forward_reference.take() else {
                        return Err(error);
                    };
                    interrupted.push(&cte.name);
                    let place = waiting.iter().position(|other| *other.name == *needed);
                    let Some(place) = place.filter(|_| !interrupted.contains(&&*needed)) else {
                        let first = with.ctes.iter().find(|cte| waiting.contains(cte));
                        return Err(Error::new(
                            SqlState::FEATURE_NOT_SUPPORTED,
                            "mutual recursion between WITH items is not implemented",
                        )
                        .at(first.and_then(|cte| position(cte.location))));
                    };
                    let next = waiting.remove(place);
                    waiting.insert(0, next);
                }
            }
        }
        Ok(())
    }

    /// One item (`analyzeCTE`).
    fn cte(&mut self, cte: &ast::CommonTableExpr, may_recurse: bool) -> Result<CommonTableExpr> {
        let at = position(cte.location);
        let name = shared(&cte.name);
        if may_recurse {
            self.level.recursion = Some(Recursion {
                name: name.clone(),
                aliases: cte.columns.clone(),
                location: at,
                columns: None,
                part: RecursionPart::Whole,
                references: 0,
            });
        }
        let level = Level {
            is_cte: true,
            ..Level::default()
        };
        let query = self.with_kind(ExprKind::None, |analyzer| {
            analyzer.nested(level, |analyzer| analyzer.statement(&cte.query))
        });
        let recursion = self.level.recursion.take();
        let query = query?;
        let recursive = recursion.as_ref().is_some_and(|recursion| recursion.references > 0);
        if recursive && let ast::Statement::Select(select) = &*cte.query {
            check_recursive_clauses(select)?;
        }
        let own = recursion.and_then(|recursion| recursion.columns).filter(|_| recursive);
        let columns = match own {
            Some(columns) => {
                self.check_recursive_types(&name, &columns, &query)?;
                columns
            }
            None => named_columns(&cte.name, output_columns(&query), &cte.columns, at)?,
        };
        Ok(CommonTableExpr {
            name,
            column_aliases: cte.columns.iter().map(|name| shared(name)).collect(),
            materialized: match cte.materialized {
                ast::CteMaterialize::Default => None,
                ast::CteMaterialize::Always => Some(true),
                ast::CteMaterialize::Never => Some(false),
            },
            query: Arc::new(query),
            recursive,
            references: 0,
            columns,
        })
    }

    /// The recursive term must not change the types of the columns.
    fn check_recursive_types(&self, name: &str, columns: &[RteColumn], query: &Query) -> Result<()> {
        for ((column, target), number) in columns.iter().zip(query.output_columns()).zip(1..) {
            let (type_oid, modifier) = (target.expr.type_oid(), target.expr.type_modifier());
            if type_oid == column.type_oid && modifier == column.type_modifier {
                continue;
            }
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "recursive query \"{name}\" column {number} has type {} in non-recursive term but type {} overall",
                    self.backend
                        .format_type_with_modifier(column.type_oid, column.type_modifier),
                    self.backend.format_type_with_modifier(type_oid, modifier)
                ),
            )
            .hint("Cast the output of the non-recursive term to the correct type.")
            .at(expr_location(&target.expr)));
        }
        Ok(())
    }

    /// Notes which part of the recursive query comes next; false if this is no WITH item's own UNION.
    pub fn begin_recursion_part(&mut self, kind: SetOperator, part: RecursionPart) -> bool {
        if !self.level.is_cte || kind != SetOperator::Union {
            return false;
        }
        match self.outer.last_mut().and_then(|level| level.recursion.as_mut()) {
            Some(recursion) => {
                recursion.part = part;
                true
            }
            None => false,
        }
    }

    /// The columns that the recursive term sees (`determineRecursiveColTypes`).
    pub fn recursive_columns(&mut self, left: &SetOperation, types: &[(Oid, i32)]) {
        let names = match self.entry(leftmost_leaf(left), 0).map(|entry| &entry.kind) {
            Some(RangeTableKind::Subquery { query, .. }) => output_columns(query),
            _ => Vec::new(),
        };
        let Some(recursion) = self.outer.last_mut().and_then(|level| level.recursion.as_mut()) else {
            return;
        };
        let columns = names
            .into_iter()
            .zip(types)
            .map(|(column, &(type_oid, type_modifier))| RteColumn {
                type_oid: if type_oid == Oid::UNKNOWN { Oid::TEXT } else { type_oid },
                type_modifier,
                ..column
            });
        let mut columns: Vec<RteColumn> = columns.collect();
        for (column, alias) in columns.iter_mut().zip(&recursion.aliases) {
            column.name = shared(alias);
        }
        recursion.columns = Some(columns);
    }

    /// The WITH item of that name in the innermost query that has one, and how many levels up it is.
    pub fn find_cte(&self, name: &str) -> Option<usize> {
        (0..=self.outer.len()).find(|&levels_up| {
            self.level_up(levels_up).is_some_and(|level| {
                level.ctes.iter().any(|cte| *cte.name == *name)
                    || level
                        .recursion
                        .as_ref()
                        .is_some_and(|recursion| *recursion.name == *name)
            })
        })
    }

    /// Whether the name is that of a WITH item that comes later.
    pub fn is_future_cte(&self, name: &str) -> bool {
        let levels = (0..=self.outer.len()).filter_map(|levels_up| self.level_up(levels_up));
        levels
            .flat_map(|level| &level.future_ctes)
            .any(|future| **future == *name)
    }

    /// Items of WITH RECURSIVE may refer to those that come later, which are then analyzed first.
    fn note_forward_reference(&mut self, name: &str) -> bool {
        for levels_up in 0..=self.outer.len() {
            if let Some(level) = self.level_up_mut(levels_up)
                && level.recursive
                && let Some(needed) = level.future_ctes.iter().find(|future| ***future == *name).cloned()
            {
                level.forward_reference = Some(needed);
                return true;
            }
        }
        false
    }

    /// Counts a reference to a WITH item; its columns, how many levels up it is, and whether it is recursion.
    pub fn use_cte(&mut self, range: &ast::RangeVar) -> Result<Option<(Vec<RteColumn>, usize, bool)>> {
        let at = position(range.location);
        let Some(levels_up) = self.find_cte(&range.name) else {
            return match self.note_forward_reference(&range.name) {
                true => Err(Error::internal("a WITH item that comes later")),
                false => Ok(None),
            };
        };
        let in_progress = self
            .level_up(levels_up)
            .and_then(|level| level.recursion.as_ref())
            .is_some_and(|recursion| *recursion.name == *range.name);
        if in_progress {
            let columns = self.use_recursively(levels_up, range)?;
            return Ok(Some((columns, levels_up, true)));
        }
        let level = self.level_up_mut(levels_up);
        let Some(cte) = level.and_then(|level| level.ctes.iter_mut().find(|cte| *cte.name == *range.name)) else {
            return Ok(None);
        };
        cte.references += 1;
        if cte.query.command != CommandType::Select && cte.query.returning.is_empty() {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("WITH query \"{}\" does not have a RETURNING clause", range.name),
            )
            .at(at));
        }
        Ok(Some((cte.columns.clone(), levels_up, false)))
    }

    /// A recursive reference must stand in the recursive term, once, and not under what would need all rows
    /// (`checkWellFormedRecursion`).
    fn use_recursively(&mut self, levels_up: usize, range: &ast::RangeVar) -> Result<Vec<RteColumn>> {
        let at = position(range.location);
        let name = &range.name;
        let misplaced = |place: &str| {
            Error::new(
                SqlState::INVALID_RECURSION,
                format!("recursive reference to query \"{name}\" must not appear within {place}"),
            )
            .at(at)
        };
        let under_sublink = (1..levels_up).any(|up| {
            let kind = self.level_up(up).map_or(ExprKind::None, |level| level.kind);
            !matches!(kind, ExprKind::None | ExprKind::FromSubselect)
        });
        let outer_join = (0..levels_up).any(|up| self.level_up(up).is_some_and(|level| level.outer_joins));
        let set_context = (0..levels_up).find_map(|up| self.level_up(up).and_then(|level| level.set_context));
        let recursion = self.level_up_mut(levels_up).and_then(|level| level.recursion.as_mut());
        let Some(recursion) = recursion else {
            return Err(Error::internal("no recursive query"));
        };
        if recursion.part == RecursionPart::Whole {
            return Err(Error::new(
                SqlState::INVALID_RECURSION,
                format!(
                    "recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term"
                ),
            )
            .at(recursion.location));
        }
        if recursion.part == RecursionPart::NonRecursive {
            return Err(misplaced("its non-recursive term"));
        }
        if under_sublink {
            return Err(misplaced("a subquery"));
        }
        if outer_join {
            return Err(misplaced("an outer join"));
        }
        if let Some(context) = set_context {
            return Err(misplaced(context));
        }
        recursion.references += 1;
        if recursion.references > 1 {
            return Err(Error::new(
                SqlState::INVALID_RECURSION,
                format!("recursive reference to query \"{name}\" must not appear more than once"),
            )
            .at(at));
        }
        recursion
            .columns
            .clone()
            .ok_or_else(|| misplaced("its non-recursive term"))
    }
}

/// Clauses that a recursive query as a whole can't have.
fn check_recursive_clauses(select: &ast::SelectStmt) -> Result<()> {
    let clauses = [
        ("ORDER BY", select.sort.first().map(|sort| sort.node.location())),
        ("OFFSET", select.limit.offset.as_ref().map(ast::Expr::location)),
        ("LIMIT", select.limit.count.as_ref().map(ast::Expr::location)),
        (
            "FOR UPDATE/SHARE",
            select.locking.first().map(|_| ast::Location::UNKNOWN),
        ),
    ];
    for (clause, location) in clauses {
        if let Some(location) = location {
            let message = format!("{clause} in a recursive query is not implemented");
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(position(location)));
        }
    }
    Ok(())
}

/// Columns under the names that the WITH item gives them.
fn named_columns(
    name: &str,
    mut columns: Vec<RteColumn>,
    aliases: &[String],
    at: Option<u32>,
) -> Result<Vec<RteColumn>> {
    if aliases.len() > columns.len() {
        return Err(Error::new(
            SqlState::INVALID_COLUMN_REFERENCE,
            format!(
                "WITH query \"{name}\" has {} columns available but {} columns specified",
                columns.len(),
                aliases.len()
            ),
        )
        .at(at));
    }
    for (column, alias) in columns.iter_mut().zip(aliases) {
        column.name = shared(alias);
    }
    Ok(columns)
}
