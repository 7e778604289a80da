//! INSERT (`transformInsertStmt`).

use kumquat_sql::ast::{self, InsertSource, ResTarget, SelectBody};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::location::{expr_location, position};
use super::modify::{AssignedColumn, assignment};
use super::select::unequal_lists;
use super::state::{Analyzer, ExprKind, Level};
use crate::catalog::Relation;
use crate::query::{CommandType, Expr, FromItem, Override, Query, TargetEntry};

impl Analyzer<'_, '_> {
    pub fn insert(&mut self, insert: &ast::InsertStmt) -> Result<Query> {
        if let Some(with) = &insert.with {
            self.with_clause(with)?;
        }
        let updates = matches!(
            insert.on_conflict.as_ref().map(|conflict| &conflict.action),
            Some(ast::OnConflictAction::Update { .. })
        );
        let (relation, item) = self.target_table(&insert.relation, 'a')?;
        if updates {
            self.require(item.index, 'w');
        }
        let columns = self.insert_columns(&insert.columns, &relation)?;
        if !matches!(insert.source, InsertSource::DefaultValues) {
            columns
                .iter()
                .for_each(|column| self.mark_written(column.attribute.number, true));
        }
        let named = !insert.columns.is_empty();
        let targets = match &insert.source {
            InsertSource::DefaultValues => Vec::new(),
            InsertSource::Select(select) => match plain_values(select) {
                Some([row]) => {
                    let values = self.with_kind(ExprKind::ValuesSingle, |analyzer| analyzer.value_list(row))?;
                    self.insert_row(values, &columns, named, false)?
                }
                Some(rows) => self.insert_values(rows, &columns, named)?,
                None => self.insert_select(select, &columns, named)?,
            },
        };
        // ON CONFLICT and RETURNING see the target and nothing else.
        self.level.namespace = vec![item.clone()];
        let on_conflict = match &insert.on_conflict {
            Some(clause) => Some(self.on_conflict(clause, &relation, &item)?),
            None => None,
        };
        self.level.namespace = vec![item];
        let returning = self.returning(&insert.returning)?;
        let mut query = self.finish(CommandType::Insert);
        query.target_list = targets;
        query.override_kind = override_kind(insert.overriding);
        query.on_conflict = on_conflict;
        query.returning = returning;
        Ok(query)
    }

    /// The columns named, or all of them (`checkInsertTargets`).
    pub fn insert_columns<'s>(&self, columns: &'s [ResTarget], relation: &Relation) -> Result<Vec<AssignedColumn<'s>>> {
        if columns.is_empty() {
            let all = relation.live_attributes().map(|attribute| AssignedColumn {
                attribute: attribute.clone(),
                indirection: &[],
                at: None,
            });
            return Ok(all.collect());
        }
        let mut list: Vec<AssignedColumn<'s>> = Vec::with_capacity(columns.len());
        for target in columns {
            let name = target.name.as_deref().unwrap_or_default();
            if relation.attribute_by_name(name).is_none() {
                return Err(super::modify::missing_target(relation, name).at(position(target.location)));
            }
            let column = self.target_column(relation, target)?;
            let twin = list.iter().find(|own| own.attribute.number == column.attribute.number);
            if twin.is_some_and(|own| own.indirection.is_empty() || column.indirection.is_empty()) {
                return Err(Error::new(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column \"{}\" specified more than once", column.attribute.name),
                )
                .at(column.at));
            }
            list.push(column);
        }
        Ok(list)
    }

    /// One row of values for the columns (`transformInsertRow`). With `strip`, values for parts of columns are
    /// only coerced: they go into a VALUES list and are put into place later.
    pub fn insert_row(
        &mut self,
        values: Vec<(Expr, Option<u32>)>,
        columns: &[AssignedColumn<'_>],
        named: bool,
        strip: bool,
    ) -> Result<Vec<TargetEntry>> {
        self.check_row_width(&values, columns, named)?;
        let mut targets = Vec::with_capacity(values.len());
        for ((value, value_at), column) in values.into_iter().zip(columns) {
            let expr = self.with_kind(ExprKind::InsertTarget, |analyzer| {
                analyzer.assigned(value, value_at, column)
            })?;
            let expr = if strip { strip_indirection(expr) } else { expr };
            targets.push(assignment(&column.attribute, expr));
        }
        Ok(targets)
    }

    fn check_row_width(
        &self,
        values: &[(Expr, Option<u32>)],
        columns: &[AssignedColumn<'_>],
        named: bool,
    ) -> Result<()> {
        if let Some((_, at)) = values.get(columns.len()) {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "INSERT has more expressions than target columns",
            )
            .at(*at));
        }
        let Some(first_missing) = columns.get(values.len()).filter(|_| named) else {
            return Ok(());
        };
        let error = Error::new(
            SqlState::SYNTAX_ERROR,
            "INSERT has more target columns than expressions",
        )
        .at(first_missing.at);
        Err(match values {
            [(Expr::Row { args, .. }, _)] if args.len() == columns.len() => error.hint(
                "The insertion source is a row expression containing the same number of columns expected by the \
                 INSERT. Did you accidentally use extra parentheses?",
            ),
            _ => error,
        })
    }

    /// Several rows: a VALUES list in the range table.
    fn insert_values(
        &mut self,
        rows: &[Vec<ast::Expr>],
        columns: &[AssignedColumn<'_>],
        named: bool,
    ) -> Result<Vec<TargetEntry>> {
        let mut lists: Vec<Vec<Expr>> = Vec::with_capacity(rows.len());
        let mut width = None;
        for row in rows {
            let list = self.with_kind(ExprKind::Values, |analyzer| analyzer.value_list(row))?;
            if *width.get_or_insert(list.len()) != list.len() {
                return Err(unequal_lists(list.first().and_then(|(_, at)| *at)));
            }
            let targets = self.insert_row(list, columns, named, true)?;
            lists.push(targets.into_iter().map(|target| target.expr).collect());
        }
        let types = lists.first().map_or_else(Vec::new, |list| {
            list.iter().map(|value| (value.type_oid(), -1)).collect()
        });
        let uses_columns = lists
            .iter()
            .flatten()
            .any(|value| value.any(&mut |part| matches!(part, Expr::Var(var) if var.levels_up == 0)));
        let item = self.add_values(lists, types, uses_columns);
        self.level.from.push(FromItem::Table(item.index));
        let values = self.expand_item(&item, 0, None).into_iter();
        let values = values.map(|(_, expr)| (expr, None)).collect();
        self.insert_row(values, columns, named, false)
    }

    /// The rows of a query.
    fn insert_select(
        &mut self,
        select: &ast::SelectStmt,
        columns: &[AssignedColumn<'_>],
        named: bool,
    ) -> Result<Vec<TargetEntry>> {
        let query = self.nested(Level::subquery(true), |analyzer| analyzer.select(select))?;
        // Untyped literals move up, so that they take the types of the columns.
        let literals: Vec<Option<Expr>> = query
            .output_columns()
            .map(|target| {
                let literal = matches!(target.expr, Expr::Const(_) | Expr::Param { .. });
                (literal && target.expr.type_oid() == Oid::UNKNOWN).then(|| target.expr.clone())
            })
            .collect();
        let locations: Vec<Option<u32>> = query
            .output_columns()
            .map(|target| expr_location(&target.expr))
            .collect();
        let item = self.add_subquery(query, "*SELECT*", None, false)?;
        self.level.from.push(FromItem::Table(item.index));
        let mut values = Vec::with_capacity(literals.len());
        for ((column, literal), at) in item.columns.iter().zip(literals).zip(locations) {
            let value = literal.unwrap_or_else(|| {
                let mut var = column.var.clone();
                var.location = at;
                Expr::Var(var)
            });
            values.push((value, at));
        }
        self.insert_row(values, columns, named, false)
    }
}

/// The rows of a VALUES clause with nothing around it.
fn plain_values(select: &ast::SelectStmt) -> Option<&[Vec<ast::Expr>]> {
    let plain = select.with.is_none()
        && select.sort.is_empty()
        && select.limit == ast::LimitClause::default()
        && select.locking.is_empty();
    match &select.body {
        SelectBody::Values(rows) if plain => Some(rows),
        _ => None,
    }
}

/// The value alone of an assignment to a part of a column.
fn strip_indirection(mut expr: Expr) -> Expr {
    loop {
        expr = match expr {
            Expr::FieldStore { mut fields, .. } if !fields.is_empty() => fields.remove(0).1,
            Expr::Subscript(subscript) => match subscript.assign {
                Some(value) => value,
                None => return Expr::Subscript(subscript),
            },
            Expr::CoerceToDomain { arg, .. } if matches!(*arg, Expr::FieldStore { .. } | Expr::Subscript(_)) => *arg,
            other => return other,
        };
    }
}

pub fn override_kind(overriding: ast::OverridingKind) -> Option<Override> {
    match overriding {
        ast::OverridingKind::NotSet => None,
        ast::OverridingKind::UserValue => Some(Override::User),
        ast::OverridingKind::SystemValue => Some(Override::System),
    }
}
