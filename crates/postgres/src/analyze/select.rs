//! SELECT and VALUES (`transformSelectStmt` and `transformValuesClause`).

use kumquat_sql::ast::{self, SelectBody};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::location::{expr_location, position};
use super::state::{Analyzer, ExprKind, Level};
use crate::query::{CommandType, Expr, LockStrength, Query, RangeTableKind, RowMark};

impl Analyzer<'_, '_> {
    /// A query one level further in.
    pub fn subquery(&mut self, select: &ast::SelectStmt) -> Result<Query> {
        self.nested(Level::default(), |analyzer| analyzer.select(select))
    }

    /// A query at the current level.
    pub fn select(&mut self, select: &ast::SelectStmt) -> Result<Query> {
        if let Some(with) = &select.with {
            self.with_clause(with)?;
        }
        match &select.body {
            SelectBody::Select(core) => self.select_core(select, core),
            SelectBody::Values(rows) => self.values(select, rows),
            SelectBody::SetOperation(operation) => self.set_operation(select, operation),
        }
    }

    fn select_core(&mut self, select: &ast::SelectStmt, core: &ast::SelectCore) -> Result<Query> {
        if let Some(into) = &core.into {
            return Err(
                Error::new(SqlState::SYNTAX_ERROR, "SELECT ... INTO is not allowed here")
                    .at(position(into.relation.location)),
            );
        }
        self.level.window_definitions.clone_from(&core.window);
        self.tables(&core.from)?;
        let mut targets = self.target_list(&core.target_list, ExprKind::SelectTarget)?;
        let quals = self.where_clause(core.where_clause.as_ref(), ExprKind::Where, "WHERE")?;
        let having = self.where_clause(core.having.as_ref(), ExprKind::Having, "HAVING")?;
        let order_by = self.sort_list(&select.sort, &mut targets, ExprKind::OrderBy)?;
        let grouping = self.group_by(&core.group, core.group_distinct, &mut targets)?;
        let distinct = match &core.distinct {
            None => None,
            Some(ast::Distinct::All) => Some(self.distinct_all(&mut targets, &order_by)?),
            Some(ast::Distinct::On(exprs)) => Some(self.distinct_on(exprs, &mut targets, &order_by)?),
        };
        let limit = self.limits(&select.limit)?;
        self.window_clauses(&mut targets)?;
        if !self.level.keep_unknowns {
            self.resolve_unknowns(&mut targets)?;
        }
        let row_marks = self.locking(&select.locking, core, &having, distinct.is_some())?;
        let mut query = self.finish(CommandType::Select);
        query.target_list = targets;
        query.quals = quals;
        query.having = having;
        query.order_by = order_by;
        query.group_by = grouping.clauses;
        query.grouping_sets = grouping.sets;
        query.grouping = grouping.nodes;
        query.group_distinct = core.group_distinct;
        query.distinct = distinct;
        (query.offset, query.limit) = limit;
        query.with_ties = select.limit.with_ties;
        query.row_marks = row_marks;
        let grouped = query.has_aggregates
            || !query.group_by.is_empty()
            || !query.grouping_sets.is_empty()
            || query.having.is_some();
        if grouped {
            self.check_aggregates_of(&mut query)?;
        }
        Ok(query)
    }

    /// The check needs the range table where names are looked up.
    fn check_aggregates_of(&mut self, query: &mut Query) -> Result<()> {
        self.level.range_table = std::mem::take(&mut query.range_table);
        let mut whole = std::mem::replace(query, Query::new(CommandType::Select));
        whole.range_table.clone_from(&self.level.range_table);
        let result = self.check_aggregates(&mut whole);
        *query = whole;
        result
    }

    pub fn where_clause(&mut self, clause: Option<&ast::Expr>, kind: ExprKind, name: &str) -> Result<Option<Expr>> {
        let Some(clause) = clause else { return Ok(None) };
        let expr = self.expression(clause, kind)?;
        self.coerce_to_boolean(expr, name).map(Some)
    }

    /// OFFSET, then LIMIT.
    pub fn limits(&mut self, clause: &ast::LimitClause) -> Result<(Option<Expr>, Option<Expr>)> {
        let offset = self.limit_clause(clause.offset.as_ref(), ExprKind::Offset, "OFFSET")?;
        let limit = self.limit_clause(clause.count.as_ref(), ExprKind::Limit, "LIMIT")?;
        if clause.with_ties && limit.as_ref().is_some_and(super::functions::is_null_literal) {
            return Err(Error::new(
                SqlState::INVALID_ROW_COUNT_IN_LIMIT_CLAUSE,
                "row count cannot be null in FETCH FIRST ... WITH TIES clause",
            ));
        }
        Ok((offset, limit))
    }

    /// What the level has become, with the parts that every command has.
    pub fn finish(&mut self, command: CommandType) -> Query {
        let level = &mut self.level;
        Query {
            range_table: std::mem::take(&mut level.range_table),
            from: std::mem::take(&mut level.from),
            ctes: std::mem::take(&mut level.ctes),
            recursive: level.recursive,
            windows: std::mem::take(&mut level.windows),
            result_relation: level.target,
            has_aggregates: level.has_aggregates,
            has_windows: level.has_windows,
            has_sublinks: level.has_sublinks,
            has_set_functions: level.has_set_functions,
            ..Query::new(command)
        }
    }

    /// FOR UPDATE and kin (`transformLockingClause`).
    fn locking(
        &mut self,
        clauses: &[ast::LockingClause],
        core: &ast::SelectCore,
        having: &Option<Expr>,
        distinct: bool,
    ) -> Result<Vec<RowMark>> {
        let mut marks: Vec<RowMark> = Vec::new();
        for clause in clauses {
            let name = lock_name(clause.strength);
            let refuse = |what: &str| {
                Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("{name} is not allowed with {what}"),
                ))
            };
            if distinct {
                return refuse("DISTINCT clause");
            }
            if !core.group.is_empty() {
                return refuse("GROUP BY clause");
            }
            if having.is_some() {
                return refuse("HAVING clause");
            }
            if self.level.has_aggregates {
                return refuse("aggregate functions");
            }
            if self.level.has_windows {
                return refuse("window functions");
            }
            if self.level.has_set_functions {
                return refuse("set-returning functions in the target list");
            }
            let tables = self.locked_tables(clause, name)?;
            for index in tables {
                let strength = match clause.strength {
                    ast::LockStrength::KeyShare => LockStrength::KeyShare,
                    ast::LockStrength::Share => LockStrength::Share,
                    ast::LockStrength::NoKeyUpdate => LockStrength::NoKeyUpdate,
                    ast::LockStrength::Update => LockStrength::Update,
                };
                self.require(index, 'w');
                marks.push(RowMark {
                    index,
                    strength,
                    nowait: clause.wait_policy == ast::LockWaitPolicy::Error,
                    skip_locked: clause.wait_policy == ast::LockWaitPolicy::Skip,
                });
            }
        }
        Ok(marks)
    }

    /// Range-table indexes of what a locking clause names, or of all tables.
    fn locked_tables(&self, clause: &ast::LockingClause, name: &str) -> Result<Vec<usize>> {
        let lockable =
            |kind: &RangeTableKind| matches!(kind, RangeTableKind::Relation { .. } | RangeTableKind::Subquery { .. });
        if clause.relations.is_empty() {
            let entries = self.level.range_table.iter().zip(1..);
            let tables = entries.filter(|(entry, _)| matches!(entry.kind, RangeTableKind::Relation { .. }));
            return Ok(tables.map(|(_, index)| index).collect());
        }
        let mut indexes = Vec::new();
        for relation in &clause.relations {
            let at = position(relation.location);
            if relation.schema.is_some() || relation.catalog.is_some() {
                return Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    format!("{name} must specify unqualified relation names"),
                )
                .at(at));
            }
            let found = self
                .level
                .range_table
                .iter()
                .zip(1..)
                .find(|(entry, _)| *entry.name == *relation.name);
            let Some((entry, index)) = found else {
                return Err(Error::new(
                    SqlState::UNDEFINED_TABLE,
                    format!(
                        "relation \"{}\" in {name} clause not found in FROM clause",
                        relation.name
                    ),
                )
                .at(at));
            };
            if !lockable(&entry.kind) {
                let what = match entry.kind {
                    RangeTableKind::Join { .. } => "a join",
                    RangeTableKind::Function { .. } => "a function",
                    RangeTableKind::Values { .. } => "VALUES",
                    _ => "a WITH query",
                };
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("{name} cannot be applied to {what}"),
                )
                .at(at));
            }
            if matches!(entry.kind, RangeTableKind::Relation { .. }) {
                indexes.push(index);
            }
        }
        Ok(indexes)
    }

    /// VALUES as a query of its own.
    fn values(&mut self, select: &ast::SelectStmt, rows: &[Vec<ast::Expr>]) -> Result<Query> {
        let mut lists: Vec<Vec<Expr>> = Vec::with_capacity(rows.len());
        for row in rows {
            let list = self.with_kind(ExprKind::Values, |analyzer| analyzer.expression_list(row))?;
            if let Some(first) = lists.first()
                && first.len() != list.len()
            {
                return Err(unequal_lists(list.first().and_then(expr_location)));
            }
            lists.push(list);
        }
        let columns = self.unify_columns(&mut lists)?;
        let uses_columns = lists
            .iter()
            .flatten()
            .any(|value| value.any(&mut |part| matches!(part, Expr::Var(var) if var.levels_up == 0)));
        let item = self.add_values(lists, columns, uses_columns);
        self.level.from.push(crate::query::FromItem::Table(item.index));
        let mut targets = Vec::new();
        for (name, expr) in self.expand_item(&item, 0, None) {
            self.push_target(&mut targets, expr, name);
        }
        self.level.namespace.push(item);
        let order_by = self.sort_list(&select.sort, &mut targets, ExprKind::OrderBy)?;
        let limit = self.limits(&select.limit)?;
        if let Some(clause) = select.locking.first() {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("{} cannot be applied to VALUES", lock_name(clause.strength)),
            ));
        }
        let mut query = self.finish(CommandType::Select);
        query.target_list = targets;
        query.order_by = order_by;
        (query.offset, query.limit) = limit;
        query.with_ties = select.limit.with_ties;
        Ok(query)
    }

    /// The values of each column to one type, which is given with its modifier.
    fn unify_columns(&mut self, lists: &mut [Vec<Expr>]) -> Result<Vec<(Oid, i32)>> {
        let width = lists.first().map_or(0, Vec::len);
        let mut columns = Vec::with_capacity(width);
        for place in 0..width {
            let values: Vec<&Expr> = lists.iter().filter_map(|list| list.get(place)).collect();
            let type_oid = self.common_type(&values, "VALUES")?;
            for list in lists.iter_mut() {
                if let Some(slot) = list.get_mut(place) {
                    let value = std::mem::replace(slot, Expr::null(type_oid));
                    *slot = self.coerce_to_common(value, type_oid, "VALUES")?;
                }
            }
            let mut modifiers = lists.iter().filter_map(|list| list.get(place)).map(Expr::type_modifier);
            let first = modifiers.next().unwrap_or(-1);
            let modifier = if modifiers.all(|other| other == first) {
                first
            } else {
                -1
            };
            columns.push((type_oid, modifier));
        }
        Ok(columns)
    }
}

pub fn unequal_lists(at: Option<u32>) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, "VALUES lists must all be the same length").at(at)
}

/// `LCS_asString`.
pub fn lock_name(strength: ast::LockStrength) -> &'static str {
    match strength {
        ast::LockStrength::KeyShare => "FOR KEY SHARE",
        ast::LockStrength::Share => "FOR SHARE",
        ast::LockStrength::NoKeyUpdate => "FOR NO KEY UPDATE",
        ast::LockStrength::Update => "FOR UPDATE",
    }
}
