//! INSERT, UPDATE, DELETE, MERGE, TRUNCATE.

use kumquat_types::Result;

use super::cursor::{Parser, QUERY};
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    /// SELECT, INSERT, UPDATE, DELETE or MERGE.
    pub fn preparable_stmt(&mut self) -> Result<Statement> {
        self.nested(QUERY, |p| {
            if p.at('(') {
                return Ok(Statement::Select(p.select_stmt()?));
            }
            let with = p.opt_with_clause()?;
            p.preparable_stmt_after_with(with)
        })
    }

    #[inline(never)]
    fn preparable_stmt_after_with(&mut self, with: Option<WithClause>) -> Result<Statement> {
        Ok(match self.keyword() {
            Some(K::Insert) => Statement::Insert(Box::new(self.insert_stmt(with)?)),
            Some(K::Update) => Statement::Update(Box::new(self.update_stmt(with)?)),
            Some(K::Delete) => Statement::Delete(Box::new(self.delete_stmt(with)?)),
            Some(K::Merge) => Statement::Merge(Box::new(self.merge_stmt(with)?)),
            _ => Statement::Select(self.select_after_with(with)?),
        })
    }

    #[inline(never)]
    fn insert_stmt(&mut self, with: Option<WithClause>) -> Result<InsertStmt> {
        self.expect_all(&[K::Insert, K::Into])?;
        let mut relation = self.qualified_name()?;
        if self.eat(K::As) {
            relation.alias = Some(Alias {
                name: self.col_id()?,
                columns: Vec::new(),
            });
        }
        let mut columns = Vec::new();
        let mut overriding = OverridingKind::NotSet;
        let source = if self.eat_all(K::Default, &[K::Values])? {
            InsertSource::DefaultValues
        } else {
            if self.at('(') && !self.at_parenthesized_select() {
                columns = self.parenthesized_list(Self::insert_column)?;
            }
            overriding = self.overriding()?;
            InsertSource::Select(*self.select_stmt()?)
        };
        let on_conflict = self.on_conflict()?;
        let returning = self.returning()?;
        Ok(InsertStmt {
            with,
            relation,
            columns,
            overriding,
            source,
            on_conflict,
            returning,
        })
    }

    /// Whether the parenthesis holds a query and not a list of columns.
    fn at_parenthesized_select(&self) -> bool {
        let mut ahead = 1;
        while self.at_ahead(ahead, '(') {
            ahead += 1;
        }
        ahead > 1
            || [K::Select, K::Table, K::With, K::WithLa]
                .iter()
                .any(|keyword| self.at_ahead(1, *keyword))
            || self.at_ahead(1, K::Values) && self.at_ahead(2, '(')
    }

    /// A column with subscripts or fields, as INSERT and SET take it.
    fn insert_column(&mut self) -> Result<ResTarget> {
        let location = self.location();
        let name = Some(self.col_id()?);
        let indirection = self.indirection()?;
        Ok(ResTarget {
            name,
            indirection,
            val: None,
            location,
        })
    }

    fn overriding(&mut self) -> Result<OverridingKind> {
        if !self.eat(K::Overriding) {
            return Ok(OverridingKind::NotSet);
        }
        let kind = self.expect_one_of(&[
            (K::User, OverridingKind::UserValue),
            (K::System, OverridingKind::SystemValue),
        ])?;
        self.expect(K::Value)?;
        Ok(kind)
    }

    #[inline(never)]
    fn on_conflict(&mut self) -> Result<Option<OnConflictClause>> {
        let location = self.location();
        if !self.eat_all(K::On, &[K::Conflict])? {
            return Ok(None);
        }
        let infer_location = self.location();
        let infer = if self.at('(') {
            let elems = self.parenthesized_list(Self::index_elem)?;
            let where_clause = self.where_clause()?;
            Some(InferClause::Index {
                elems,
                where_clause,
                location: infer_location,
            })
        } else if self.eat_all(K::On, &[K::Constraint])? {
            Some(InferClause::Constraint {
                name: self.col_id()?,
                location: infer_location,
            })
        } else {
            None
        };
        self.expect(K::Do)?;
        let action = if self.eat(K::Nothing) {
            OnConflictAction::Nothing
        } else {
            self.expect_all(&[K::Update, K::Set])?;
            OnConflictAction::Update {
                set: self.comma_list(Self::set_clause)?,
                where_clause: self.where_clause()?,
            }
        };
        Ok(Some(OnConflictClause {
            infer,
            action,
            location,
        }))
    }

    fn returning(&mut self) -> Result<Vec<ResTarget>> {
        match self.eat(K::Returning) {
            true => self.target_list(),
            false => Ok(Vec::new()),
        }
    }

    fn set_clause(&mut self) -> Result<SetClause> {
        if self.at('(') {
            let targets = self.parenthesized_list(Self::insert_column)?;
            self.expect('=')?;
            let source = self.expr()?;
            return Ok(SetClause::Multiple { targets, source });
        }
        let mut target = self.insert_column()?;
        self.expect('=')?;
        target.val = Some(self.expr()?);
        Ok(SetClause::Single(target))
    }

    /// The table that is changed. SET is no alias unless AS says so.
    fn target_relation(&mut self) -> Result<RangeVar> {
        let mut relation = self.relation_expr()?;
        if self.eat(K::As) || self.at_col_id() && !self.at(K::Set) {
            relation.alias = Some(Alias {
                name: self.col_id()?,
                columns: Vec::new(),
            });
        }
        Ok(relation)
    }

    fn where_or_current_of(&mut self) -> Result<Option<Expr>> {
        if self.at(K::Where) && self.at_ahead(1, K::Current) && self.at_ahead(2, K::Of) {
            self.expect_all(&[K::Where, K::Current, K::Of])?;
            let cursor_name = self.col_id()?;
            return Ok(Some(Expr::CurrentOf(Box::new(CurrentOfExpr { cursor_name }))));
        }
        self.where_clause()
    }

    #[inline(never)]
    fn update_stmt(&mut self, with: Option<WithClause>) -> Result<UpdateStmt> {
        self.expect(K::Update)?;
        let relation = self.target_relation()?;
        self.expect(K::Set)?;
        Ok(UpdateStmt {
            with,
            relation,
            set: self.comma_list(Self::set_clause)?,
            from: self.opt_from_clause()?,
            where_clause: self.where_or_current_of()?,
            returning: self.returning()?,
        })
    }

    #[inline(never)]
    fn delete_stmt(&mut self, with: Option<WithClause>) -> Result<DeleteStmt> {
        self.expect_all(&[K::Delete, K::From])?;
        let relation = self.target_relation()?;
        let using = match self.eat(K::Using) {
            true => self.comma_list(Self::table_ref)?,
            false => Vec::new(),
        };
        Ok(DeleteStmt {
            with,
            relation,
            using,
            where_clause: self.where_or_current_of()?,
            returning: self.returning()?,
        })
    }

    #[inline(never)]
    fn merge_stmt(&mut self, with: Option<WithClause>) -> Result<MergeStmt> {
        self.expect_all(&[K::Merge, K::Into])?;
        let relation = self.target_relation()?;
        self.expect(K::Using)?;
        let source = self.table_ref()?;
        self.expect(K::On)?;
        let join_condition = self.expr()?;
        let mut when_clauses = vec![self.merge_when()?];
        while self.at(K::When) {
            when_clauses.push(self.merge_when()?);
        }
        Ok(MergeStmt {
            with,
            relation,
            source,
            join_condition,
            when_clauses,
        })
    }

    fn merge_when(&mut self) -> Result<MergeWhenClause> {
        self.expect(K::When)?;
        let matched = !self.eat(K::Not);
        self.expect(K::Matched)?;
        let condition = match self.eat(K::And) {
            true => Some(self.expr()?),
            false => None,
        };
        self.expect(K::Then)?;
        let action = if self.eat_all(K::Do, &[K::Nothing])? {
            MergeAction::Nothing
        } else if !matched {
            self.expect(K::Insert)?;
            self.merge_insert()?
        } else if self.eat(K::Delete) {
            MergeAction::Delete
        } else {
            self.expect_all(&[K::Update, K::Set])?;
            MergeAction::Update {
                set: self.comma_list(Self::set_clause)?,
            }
        };
        Ok(MergeWhenClause {
            matched,
            condition,
            action,
        })
    }

    fn merge_insert(&mut self) -> Result<MergeAction> {
        let mut columns = Vec::new();
        let mut overriding = OverridingKind::NotSet;
        let mut values = Vec::new();
        if !self.eat_all(K::Default, &[K::Values])? {
            columns = self.optional_list(Self::insert_column)?;
            overriding = self.overriding()?;
            self.expect(K::Values)?;
            values = self.parenthesized_list(Self::expr)?;
        }
        Ok(MergeAction::Insert {
            columns,
            overriding,
            values,
        })
    }

    pub fn truncate_stmt(&mut self) -> Result<TruncateStmt> {
        self.expect(K::Truncate)?;
        self.eat(K::Table);
        let relations = self.comma_list(Self::relation_expr)?;
        let restart_seqs = self.eat_all(K::Restart, &[K::Identity])?;
        if !restart_seqs {
            self.eat_all(K::Continue, &[K::Identity])?;
        }
        let behavior = self.drop_behavior();
        Ok(TruncateStmt {
            relations,
            restart_seqs,
            behavior,
        })
    }
}
