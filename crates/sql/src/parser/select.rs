//! Queries: SELECT, VALUES, TABLE, set operations, WITH, and the clauses after them.

use kumquat_types::Result;

use super::cursor::{LEVEL, Parser, Place, QUERY, syntax_error};
use super::names::not_modelled;
use super::types::int_const;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

/// What may follow a target list: here an empty one ends.
const AFTER_TARGETS: &[K] = &[
    K::From,
    K::Into,
    K::Where,
    K::Group,
    K::Having,
    K::Window,
    K::Union,
    K::Intersect,
    K::Except,
    K::Order,
    K::Limit,
    K::Offset,
    K::Fetch,
    K::For,
    K::On,
    K::Returning,
    K::With,
    K::Create,
    K::Grant,
];

impl Parser<'_> {
    /// Whether a query begins here, not counting one in parentheses.
    pub fn at_select(&self) -> bool {
        self.at_any(&[K::Select, K::Table, K::With, K::WithLa]) || self.at_both(K::Values, '(')
    }

    /// Whether what follows goes on with a query that was in parentheses.
    pub fn at_select_continuation(&self) -> bool {
        self.at_any(&[
            K::Union,
            K::Intersect,
            K::Except,
            K::Order,
            K::Limit,
            K::Offset,
            K::Fetch,
            K::For,
        ])
    }

    /// Any query, in parentheses or not: PostgreSQL's `SelectStmt`.
    pub fn select_stmt(&mut self) -> Result<Box<SelectStmt>> {
        if !self.at('(') {
            return self.select_no_parens();
        }
        let select = self.select_with_parens()?;
        match self.at_select_continuation() {
            true => self.select_after_operand(select),
            false => Ok(select),
        }
    }

    /// A query that is not in parentheses as a whole.
    pub fn select_no_parens(&mut self) -> Result<Box<SelectStmt>> {
        let with = self.opt_with_clause()?;
        self.select_after_with(with)
    }

    #[inline(never)]
    pub fn select_after_with(&mut self, with: Option<WithClause>) -> Result<Box<SelectStmt>> {
        self.nested(QUERY, |p| {
            let first = p.select_operand()?;
            let select = p.set_operations(first, 0)?;
            p.select_options(select, with)
        })
    }

    /// The rest of a query of which the first operand was read.
    pub fn select_after_operand(&mut self, first: Box<SelectStmt>) -> Result<Box<SelectStmt>> {
        let select = self.set_operations(first, 0)?;
        self.select_options(select, None)
    }

    #[inline(never)]
    fn select_operand(&mut self) -> Result<Box<SelectStmt>> {
        let body = match self.keyword() {
            Some(K::Select) => {
                self.bump();
                SelectBody::Select(self.select_core()?)
            }
            Some(K::Values) => {
                self.bump();
                let row = |p: &mut Self| p.parenthesized_list(Self::expr);
                SelectBody::Values(self.comma_list(row)?)
            }
            Some(K::Table) => {
                self.bump();
                SelectBody::Select(Box::new(SelectCore {
                    target_list: vec![star_target(Location::UNKNOWN)],
                    from: vec![TableRef::Table(self.relation_expr()?)],
                    ..SelectCore::default()
                }))
            }
            _ => return self.select_with_parens(),
        };
        Ok(query(body))
    }

    /// UNION and EXCEPT, and INTERSECT, which binds tighter; all from left to right.
    #[inline(never)]
    fn set_operations(&mut self, mut left: Box<SelectStmt>, floor: u8) -> Result<Box<SelectStmt>> {
        loop {
            let (op, precedence) = match self.keyword() {
                Some(K::Union) => (SetOperator::Union, 1),
                Some(K::Except) => (SetOperator::Except, 1),
                Some(K::Intersect) => (SetOperator::Intersect, 2),
                _ => return Ok(left),
            };
            if precedence <= floor {
                return Ok(left);
            }
            self.bump();
            let all = self.eat(K::All);
            if !all {
                self.eat(K::Distinct);
            }
            let right = self.select_operand()?;
            let right = self.set_operations(right, precedence)?;
            self.height += 1;
            self.check_depth(self.height)?;
            let (left_query, right) = (*left, *right);
            let operation = SetOperation {
                op,
                all,
                left: left_query,
                right,
            };
            left = query(SelectBody::SetOperation(Box::new(operation)));
        }
    }

    /// What follows SELECT, as an expression of PL/pgSQL is written.
    pub fn plpgsql_expression(&mut self) -> Result<Box<SelectStmt>> {
        let core = self.select_core()?;
        let select = self.select_options(query(SelectBody::Select(core)), None)?;
        match self.at_end() {
            true => Ok(select),
            false => self.unexpected(),
        }
    }

    /// The clauses after SELECT.
    #[inline(never)]
    fn select_core(&mut self) -> Result<Box<SelectCore>> {
        let mut core = Box::<SelectCore>::default();
        if self.eat(K::Distinct) {
            core.distinct = Some(match self.eat(K::On) {
                true => Distinct::On(self.in_parens(Self::expr_list)?),
                false => Distinct::All,
            });
        } else {
            self.eat(K::All);
        }
        let ended = self.at_end() || self.at(')') || self.at(';') || self.at_any(AFTER_TARGETS);
        if core.distinct.is_some() || !ended {
            core.target_list = self.target_list()?;
        }
        if self.eat(K::Into) {
            core.into = Some(self.select_into()?);
        }
        core.from = self.opt_from_clause()?;
        core.where_clause = self.where_clause()?;
        if self.eat_all(K::Group, &[K::By])? {
            core.group_distinct = self.eat(K::Distinct);
            if !core.group_distinct {
                self.eat(K::All);
            }
            core.group = self.comma_list(Self::group_item)?;
        }
        if self.eat(K::Having) {
            core.having = Some(self.expr()?);
        }
        if self.eat(K::Window) {
            core.window = self.comma_list(Self::window_definition)?;
        }
        Ok(core)
    }

    pub fn where_clause(&mut self) -> Result<Option<Expr>> {
        match self.eat(K::Where) {
            true => Ok(Some(self.expr()?)),
            false => Ok(None),
        }
    }

    /// The columns of SELECT or RETURNING.
    pub fn target_list(&mut self) -> Result<Vec<ResTarget>> {
        self.comma_list(|p| {
            let location = p.location();
            if p.eat('*') {
                return Ok(star_target(location));
            }
            let val = p.within(Place::Target, Self::expr)?;
            let name = match p.eat(K::As) {
                true => Some(p.col_label()?),
                false if p.at_bare_label() => Some(p.col_label()?),
                false => None,
            };
            Ok(ResTarget {
                name,
                indirection: Vec::new(),
                val: Some(val),
                location,
            })
        })
    }

    /// The table of SELECT INTO.
    #[inline(never)]
    fn select_into(&mut self) -> Result<IntoClause> {
        let followed_by_name = self.at_ahead(1, K::Table)
            || self.word_category(1).is_some_and(|category| {
                use crate::keywords::KeywordCategory::*;
                matches!(category, Unreserved | ColName)
            });
        let mut persistence = Persistence::Permanent;
        let words = self.at_any(&[K::Temporary, K::Temp, K::Local, K::Global, K::Unlogged]);
        if words && followed_by_name {
            persistence = self.persistence()?;
        }
        self.eat(K::Table);
        let mut relation = self.qualified_name()?;
        relation.persistence = persistence;
        Ok(into_clause(relation))
    }

    fn group_item(&mut self) -> Result<GroupItem> {
        let location = self.location();
        let set = |kind, content| {
            Ok(GroupItem::Set(GroupingSet {
                kind,
                content,
                location,
            }))
        };
        if self.at('(') && self.at_ahead(1, ')') {
            self.bump();
            self.bump();
            return set(GroupingSetKind::Empty, Vec::new());
        }
        let exprs = |p: &mut Self| p.parenthesized_list(|p| Ok(GroupItem::Expr(p.expr()?)));
        if self.at_both(K::Rollup, '(') {
            self.bump();
            return set(GroupingSetKind::Rollup, exprs(self)?);
        }
        if self.at_both(K::Cube, '(') {
            self.bump();
            return set(GroupingSetKind::Cube, exprs(self)?);
        }
        if self.eat_both(K::Grouping, K::Sets) {
            let content = self.nested(LEVEL, |p| p.parenthesized_list(Self::group_item))?;
            return set(GroupingSetKind::Sets, content);
        }
        Ok(GroupItem::Expr(self.expr()?))
    }

    pub fn opt_with_clause(&mut self) -> Result<Option<WithClause>> {
        let location = self.location();
        if !self.eat(K::With) && !self.eat(K::WithLa) {
            return Ok(None);
        }
        let named_recursive = self.at_ahead(1, K::As) || self.at_ahead(1, '(');
        let recursive = !named_recursive && self.eat(K::Recursive);
        let ctes = self.comma_list(Self::common_table_expr)?;
        Ok(Some(WithClause {
            ctes,
            recursive,
            location,
        }))
    }

    #[inline(never)]
    fn common_table_expr(&mut self) -> Result<CommonTableExpr> {
        let location = self.location();
        let name = self.col_id()?;
        let columns = self.optional_column_list()?;
        self.expect(K::As)?;
        let materialized = if self.eat(K::Materialized) {
            CteMaterialize::Always
        } else if self.eat_all(K::Not, &[K::Materialized])? {
            CteMaterialize::Never
        } else {
            CteMaterialize::Default
        };
        let query = Box::new(self.in_parens(Self::preparable_stmt)?);
        for (word, name) in [(K::Search, "SEARCH"), (K::Cycle, "CYCLE")] {
            if self.at(word) {
                return not_modelled(&format!("{name} clause of WITH"), self.location());
            }
        }
        Ok(CommonTableExpr {
            name,
            columns,
            materialized,
            query,
            location,
        })
    }

    pub fn sort_clause(&mut self) -> Result<Vec<SortBy>> {
        self.expect_all(&[K::Order, K::By])?;
        self.comma_list(|p| {
            let node = p.expr()?;
            let mut location = Location::UNKNOWN;
            let direction = if p.eat(K::Using) {
                location = p.location();
                SortDirection::Using(p.qualified_operator()?)
            } else {
                p.sort_direction()
            };
            let nulls = p.nulls_order()?;
            Ok(SortBy {
                node,
                direction,
                nulls,
                location,
            })
        })
    }

    pub fn opt_sort_clause(&mut self) -> Result<Vec<SortBy>> {
        match self.at(K::Order) {
            true => self.sort_clause(),
            false => Ok(Vec::new()),
        }
    }

    pub fn sort_direction(&mut self) -> SortDirection {
        if self.eat(K::Asc) {
            SortDirection::Asc
        } else if self.eat(K::Desc) {
            SortDirection::Desc
        } else {
            SortDirection::Default
        }
    }

    pub fn nulls_order(&mut self) -> Result<NullsOrder> {
        if !self.eat(K::NullsLa) {
            return Ok(NullsOrder::Default);
        }
        self.expect_one_of(&[(K::First, NullsOrder::First), (K::Last, NullsOrder::Last)])
    }

    /// ORDER BY, LIMIT, FOR UPDATE after a query, which may have such clauses already if it is in
    /// parentheses.
    #[inline(never)]
    fn select_options(&mut self, mut select: Box<SelectStmt>, with: Option<WithClause>) -> Result<Box<SelectStmt>> {
        let sort = self.opt_sort_clause()?;
        let mut limit_first = None;
        if self.at_limit() {
            limit_first = Some(self.limit_clause()?);
        }
        let locking = self.locking_clauses()?;
        let limit = match limit_first {
            None if !locking.is_empty() && self.at_limit() => Some(self.limit_clause()?),
            limit => limit,
        };
        if let Some(first) = sort.first() {
            if !select.sort.is_empty() {
                return syntax_error("multiple ORDER BY clauses not allowed", first.node.location());
            }
            select.sort = sort;
        }
        select.locking.extend(locking);
        if let Some(limit) = limit {
            add_limit(&mut select, limit)?;
        }
        if let Some(with) = with {
            if select.with.is_some() {
                return syntax_error("multiple WITH clauses not allowed", with.location);
            }
            select.with = Some(with);
        }
        Ok(select)
    }

    fn at_limit(&self) -> bool {
        self.at_any(&[K::Limit, K::Offset, K::Fetch])
    }

    #[inline(never)]
    fn limit_clause(&mut self) -> Result<LimitClause> {
        let mut limit = LimitClause::default();
        if self.at(K::Offset) {
            limit.offset = Some(self.offset_clause()?);
            if self.at_any(&[K::Limit, K::Fetch]) {
                self.count_clause(&mut limit)?;
            }
        } else {
            self.count_clause(&mut limit)?;
            if self.at(K::Offset) {
                limit.offset = Some(self.offset_clause()?);
            }
        }
        Ok(limit)
    }

    fn offset_clause(&mut self) -> Result<Expr> {
        self.expect(K::Offset)?;
        let offset = self.expr()?;
        if !self.eat(K::Row) {
            self.eat(K::Rows);
        }
        Ok(offset)
    }

    /// `LIMIT count` or `FETCH FIRST count ROWS ONLY`
    fn count_clause(&mut self, limit: &mut LimitClause) -> Result<()> {
        let location = self.location();
        if self.eat(K::Limit) {
            let value_location = self.location();
            limit.count = Some(match self.eat(K::All) {
                true => Expr::Const(AConst {
                    value: Value::Null,
                    location: value_location,
                }),
                false => self.expr()?,
            });
            if self.eat(',') {
                self.expr()?;
                return syntax_error("LIMIT #,# syntax is not supported", location)
                    .map_err(|error: kumquat_types::Error| error.hint("Use separate LIMIT and OFFSET clauses."));
            }
            return Ok(());
        }
        self.expect(K::Fetch)?;
        let rows = [(K::Row, ()), (K::Rows, ())];
        self.expect_one_of(&[(K::First, ()), (K::Next, ())])?;
        let rows_ahead = self.at_ahead(1, K::Row) || self.at_ahead(1, K::Rows);
        let row_value = self.at_both(K::Row, '(');
        let counted = !self.at_any(&[K::Row, K::Rows]) || rows_ahead || row_value;
        limit.count = Some(if !counted {
            int_const(1)
        } else if self.at('+') || self.at('-') {
            if !matches!(self.tok_at(1), Tok::Iconst(_) | Tok::Fconst(_)) {
                self.bump();
                return self.unexpected();
            }
            self.expr()?
        } else {
            self.primary()?
        });
        self.expect_one_of(&rows)?;
        limit.with_ties = self.eat_all(K::With, &[K::Ties])?;
        if !limit.with_ties {
            self.expect(K::Only)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn locking_clauses(&mut self) -> Result<Vec<LockingClause>> {
        let mut clauses = Vec::new();
        while self.eat(K::For) {
            if self.eat_all(K::Read, &[K::Only])? {
                break;
            }
            let strength = match self.keyword() {
                Some(K::Update) => LockStrength::Update,
                Some(K::Share) => LockStrength::Share,
                Some(K::No) => {
                    self.bump();
                    self.expect(K::Key)?;
                    LockStrength::NoKeyUpdate
                }
                Some(K::Key) => {
                    self.bump();
                    LockStrength::KeyShare
                }
                _ => return self.unexpected(),
            };
            self.expect(match strength {
                LockStrength::Update | LockStrength::NoKeyUpdate => K::Update,
                LockStrength::Share | LockStrength::KeyShare => K::Share,
            })?;
            let relations = match self.eat(K::Of) {
                true => self.qualified_name_list()?,
                false => Vec::new(),
            };
            let wait_policy = if self.eat(K::Nowait) {
                LockWaitPolicy::Error
            } else if self.eat_all(K::Skip, &[K::Locked])? {
                LockWaitPolicy::Skip
            } else {
                LockWaitPolicy::Block
            };
            clauses.push(LockingClause {
                relations,
                strength,
                wait_policy,
            });
        }
        Ok(clauses)
    }
}

/// A query with nothing around its body.
#[inline(never)]
fn query(body: SelectBody) -> Box<SelectStmt> {
    Box::new(SelectStmt {
        with: None,
        body,
        sort: Vec::new(),
        limit: LimitClause::default(),
        locking: Vec::new(),
    })
}

/// Adds LIMIT and OFFSET to a query that may have some already.
fn add_limit(select: &mut SelectStmt, limit: LimitClause) -> Result<()> {
    if let Some(offset) = limit.offset {
        if select.limit.offset.is_some() {
            return syntax_error("multiple OFFSET clauses not allowed", offset.location());
        }
        select.limit.offset = Some(offset);
    }
    if let Some(count) = limit.count {
        if select.limit.count.is_some() {
            return syntax_error("multiple LIMIT clauses not allowed", count.location());
        }
        select.limit.count = Some(count);
    }
    if limit.with_ties {
        if select.sort.is_empty() {
            let message = "WITH TIES cannot be specified without ORDER BY clause";
            return syntax_error(message, Location::UNKNOWN);
        }
        if select
            .locking
            .iter()
            .any(|lock| lock.wait_policy == LockWaitPolicy::Skip)
        {
            let message = "SKIP LOCKED and WITH TIES options cannot be used together";
            return syntax_error(message, Location::UNKNOWN);
        }
        select.limit.with_ties = true;
    }
    Ok(())
}

/// `*`
fn star_target(location: Location) -> ResTarget {
    let star = ColumnRef {
        fields: vec![ColumnRefField::Star],
        location,
    };
    ResTarget {
        name: None,
        indirection: Vec::new(),
        val: Some(Expr::ColumnRef(star)),
        location,
    }
}

/// The target of a query, with nothing but its name.
pub(super) fn into_clause(relation: RangeVar) -> IntoClause {
    IntoClause {
        relation,
        columns: Vec::new(),
        access_method: None,
        options: Vec::new(),
        on_commit: OnCommitAction::NoOption,
        tablespace: None,
        skip_data: false,
    }
}
