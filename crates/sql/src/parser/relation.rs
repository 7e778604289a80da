//! CREATE INDEX, VIEW, MATERIALIZED VIEW, SEQUENCE, SCHEMA, STATISTICS.

use kumquat_types::{Result, SqlState};

use super::create_table::Form;
use super::cursor::{Parser, QUERY, error_at};
use super::options::{def_elem, flag};
use super::select::into_clause;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::keywords::KeywordCategory;

impl Parser<'_> {
    /// After `CREATE [UNIQUE] INDEX`.
    pub fn create_index(&mut self, unique: bool) -> Result<Statement> {
        let concurrent = self.eat(K::Concurrently);
        let if_not_exists = self.if_not_exists()?;
        let name = match self.at(K::On) && !if_not_exists {
            true => None,
            false => Some(self.col_id()?),
        };
        self.expect(K::On)?;
        let relation = self.relation_expr()?;
        let access_method = self.table_access_method()?;
        let params = self.parenthesized_list(Self::index_elem)?;
        let including = match self.eat(K::Include) {
            true => self.parenthesized_list(Self::index_elem)?,
            false => Vec::new(),
        };
        Ok(Statement::Index(Box::new(IndexStmt {
            name,
            relation,
            access_method,
            params,
            including,
            nulls_not_distinct: self.unique_null_treatment()?,
            options: self.opt_with_reloptions()?,
            tablespace: self.opt_tablespace()?,
            where_clause: self.where_clause()?,
            unique,
            concurrent,
            if_not_exists,
        })))
    }

    /// A key of an index: also what ON CONFLICT and EXCLUDE name.
    pub fn index_elem(&mut self) -> Result<IndexElem> {
        let location = self.location();
        let key = self.index_key()?;
        let collation = self.opt_collate_name()?;
        let opclass = self.opt_any_name()?;
        let opclass_options = match !opclass.is_empty() && self.at('(') {
            true => self.reloptions()?,
            false => Vec::new(),
        };
        let ordering = self.sort_direction();
        let nulls = self.nulls_order()?;
        Ok(IndexElem {
            key,
            collation,
            opclass,
            opclass_options,
            ordering,
            nulls,
            location,
        })
    }

    /// A column, a function call, or any expression in parentheses.
    pub fn index_key(&mut self) -> Result<IndexKey> {
        if self.at('(') {
            return Ok(IndexKey::Expr(self.parenthesized_expr()?));
        }
        let only_function = self.word_category(0) == Some(KeywordCategory::TypeFuncName);
        if only_function || self.at_ahead(1, '.') || self.at_function() {
            return Ok(IndexKey::Expr(self.windowless_function()?));
        }
        Ok(IndexKey::Column(self.col_id()?))
    }

    /// `COLLATE name`, of an index or partition key.
    pub fn opt_collate_name(&mut self) -> Result<Name> {
        match self.eat(K::Collate) {
            true => self.any_name(),
            false => Ok(Vec::new()),
        }
    }

    pub fn opt_any_name(&mut self) -> Result<Name> {
        match self.at_col_id() {
            true => self.any_name(),
            false => Ok(Vec::new()),
        }
    }

    /// At `[RECURSIVE] VIEW`.
    pub fn create_view(&mut self, replace: bool, persistence: Persistence) -> Result<Statement> {
        let recursive = self.eat(K::Recursive);
        self.expect(K::View)?;
        let mut view = self.qualified_name()?;
        view.persistence = persistence;
        let columns = match recursive {
            true => self.column_list()?,
            false => self.optional_column_list()?,
        };
        let options = self.opt_with_reloptions()?;
        self.expect(K::As)?;
        let mut query = *self.select_stmt()?;
        let location = self.location();
        let check_option = self.check_option()?;
        if recursive {
            if check_option != ViewCheckOption::None {
                let message = "WITH CHECK OPTION not supported on recursive views";
                return Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, location));
            }
            query = recursive_view_query(&view.name, &columns, query);
        }
        Ok(Statement::View(Box::new(ViewStmt {
            view,
            columns,
            query,
            replace,
            options,
            check_option,
        })))
    }

    fn check_option(&mut self) -> Result<ViewCheckOption> {
        if !self.eat(K::With) {
            return Ok(ViewCheckOption::None);
        }
        let option = self
            .eat_one_of(&[
                (K::Cascaded, ViewCheckOption::Cascaded),
                (K::Local, ViewCheckOption::Local),
            ])
            .unwrap_or(ViewCheckOption::Cascaded);
        self.expect_all(&[K::Check, K::Option])?;
        Ok(option)
    }

    /// At `MATERIALIZED VIEW`.
    pub fn create_materialized_view(&mut self, persistence: Persistence) -> Result<Statement> {
        self.expect_all(&[K::Materialized, K::View])?;
        let if_not_exists = self.if_not_exists()?;
        let mut relation = self.qualified_name()?;
        relation.persistence = persistence;
        let mut into = into_clause(relation);
        into.columns = self.optional_column_list()?;
        into.access_method = self.table_access_method()?;
        into.options = self.opt_with_reloptions()?;
        into.tablespace = self.opt_tablespace()?;
        self.expect(K::As)?;
        let query = Statement::Select(self.select_stmt()?);
        into.skip_data = self.with_no_data()?;
        Ok(Statement::CreateTableAs(Box::new(CreateTableAsStmt {
            into,
            query,
            materialized_view: true,
            if_not_exists,
        })))
    }

    pub fn refresh_stmt(&mut self) -> Result<Statement> {
        self.expect_all(&[K::Refresh, K::Materialized, K::View])?;
        let concurrent = self.eat(K::Concurrently);
        let relation = self.qualified_name()?;
        let skip_data = self.with_no_data()?;
        Ok(Statement::RefreshMatView(Box::new(RefreshMatViewStmt {
            relation,
            concurrent,
            skip_data,
        })))
    }

    /// After `CREATE SEQUENCE`.
    pub fn create_sequence(&mut self, persistence: Persistence) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let mut sequence = self.qualified_name()?;
        sequence.persistence = persistence;
        let mut options = Vec::new();
        while let Some(option) = self.sequence_option()? {
            options.push(option);
        }
        Ok(Statement::CreateSeq(Box::new(CreateSeqStmt {
            sequence,
            options,
            if_not_exists,
        })))
    }

    /// One or more options of a sequence.
    pub fn sequence_option_list(&mut self) -> Result<Vec<DefElem>> {
        let mut options = Vec::new();
        while let Some(option) = self.sequence_option()? {
            options.push(option);
        }
        match options.is_empty() {
            true => self.unexpected(),
            false => Ok(options),
        }
    }

    /// An option of a sequence, if one begins here.
    pub fn sequence_option(&mut self) -> Result<Option<DefElem>> {
        let location = self.location();
        let Some(keyword) = self.keyword() else {
            return Ok(None);
        };
        let (name, arg) = match keyword {
            K::As => {
                self.bump();
                ("as", Some(DefArg::Type(self.simple_type_name()?)))
            }
            K::Cache => {
                self.bump();
                ("cache", Some(self.numeric_only()?))
            }
            K::Cycle => {
                self.bump();
                return Ok(Some(flag("cycle", true, location)));
            }
            K::No => {
                self.bump();
                match self.expect_one_of(&[(K::Cycle, 0), (K::Maxvalue, 1), (K::Minvalue, 2)])? {
                    0 => return Ok(Some(flag("cycle", false, location))),
                    1 => ("maxvalue", None),
                    _ => ("minvalue", None),
                }
            }
            K::Increment => {
                self.bump();
                self.eat(K::By);
                ("increment", Some(self.numeric_only()?))
            }
            K::Logged | K::Unlogged => {
                self.bump();
                match keyword {
                    K::Logged => ("logged", None),
                    _ => ("unlogged", None),
                }
            }
            K::Maxvalue => {
                self.bump();
                ("maxvalue", Some(self.numeric_only()?))
            }
            K::Minvalue => {
                self.bump();
                ("minvalue", Some(self.numeric_only()?))
            }
            K::Owned => {
                self.expect_all(&[K::Owned, K::By])?;
                ("owned_by", Some(DefArg::List(self.any_name()?)))
            }
            K::Sequence => {
                self.expect_all(&[K::Sequence, K::Name])?;
                ("sequence_name", Some(DefArg::List(self.any_name()?)))
            }
            K::Start => {
                self.bump();
                self.eat(K::With);
                ("start", Some(self.numeric_only()?))
            }
            K::Restart => {
                self.bump();
                let with = self.eat(K::With);
                (
                    "restart",
                    match with || self.at_number() {
                        true => Some(self.numeric_only()?),
                        false => None,
                    },
                )
            }
            _ => return Ok(None),
        };
        Ok(Some(def_elem(name, arg, location)))
    }

    /// After `CREATE SCHEMA`.
    pub fn create_schema(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = match self.at(K::Authorization) {
            true => None,
            false => Some(self.col_id()?),
        };
        let authorization = match self.eat(K::Authorization) {
            true => Some(self.role_spec()?),
            false => None,
        };
        let location = self.location();
        let mut elements = Vec::new();
        while self.at_any(&[K::Create, K::Grant]) {
            elements.push(self.nested(QUERY, Self::schema_element)?);
        }
        if if_not_exists && !elements.is_empty() {
            let message = "CREATE SCHEMA IF NOT EXISTS cannot include schema elements";
            return Err(error_at(SqlState::FEATURE_NOT_SUPPORTED, message, location));
        }
        Ok(Statement::CreateSchema(Box::new(CreateSchemaStmt {
            name,
            authorization,
            elements,
            if_not_exists,
        })))
    }

    /// A statement inside CREATE SCHEMA.
    fn schema_element(&mut self) -> Result<Statement> {
        if self.at(K::Grant) {
            return self.grant_stmt();
        }
        self.expect(K::Create)?;
        let replace = self.or_replace()?;
        let persistence = self.persistence()?;
        if !replace && self.eat(K::Table) {
            return self.create_table(persistence, Form::Table);
        }
        if !replace && self.eat(K::Sequence) {
            return self.create_sequence(persistence);
        }
        if self.at_any(&[K::View, K::Recursive]) {
            return self.create_view(replace, persistence);
        }
        if persistence != Persistence::Permanent {
            return self.unexpected();
        }
        if !replace && self.at_any(&[K::Unique, K::Index]) {
            let unique = self.eat(K::Unique);
            self.expect(K::Index)?;
            return self.create_index(unique);
        }
        self.create_trigger(replace)
    }

    /// After `CREATE STATISTICS`.
    pub fn create_statistics(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.any_name()?;
        let kinds = match self.at('(') {
            true => self.column_list()?,
            false => Vec::new(),
        };
        self.expect(K::On)?;
        let exprs = self.comma_list(Self::index_key)?;
        self.expect(K::From)?;
        let relations = self.comma_list(Self::table_ref)?;
        Ok(Statement::CreateStats(Box::new(CreateStatsStmt {
            name,
            kinds,
            exprs,
            relations,
            if_not_exists,
        })))
    }
}

/// `CREATE RECURSIVE VIEW v (a) AS query` is `WITH RECURSIVE v (a) AS (query) SELECT a FROM v`.
fn recursive_view_query(name: &str, columns: &[String], query: SelectStmt) -> SelectStmt {
    let location = Location::UNKNOWN;
    let target = |column: &String| ResTarget {
        name: None,
        indirection: Vec::new(),
        val: Some(Expr::ColumnRef(ColumnRef {
            fields: vec![ColumnRefField::Name(column.clone())],
            location,
        })),
        location,
    };
    let relation = RangeVar {
        catalog: None,
        schema: None,
        name: name.to_owned(),
        inherit: true,
        persistence: Persistence::Permanent,
        alias: None,
        location,
    };
    let cte = CommonTableExpr {
        name: name.to_owned(),
        columns: columns.to_vec(),
        materialized: CteMaterialize::Default,
        query: Box::new(Statement::Select(Box::new(query))),
        location,
    };
    SelectStmt {
        with: Some(WithClause {
            ctes: vec![cte],
            recursive: true,
            location,
        }),
        body: SelectBody::Select(Box::new(SelectCore {
            target_list: columns.iter().map(target).collect(),
            from: vec![TableRef::Table(relation)],
            ..SelectCore::default()
        })),
        sort: Vec::new(),
        limit: LimitClause::default(),
        locking: Vec::new(),
    }
}
