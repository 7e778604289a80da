//! CREATE TABLE, CREATE TABLE AS, CREATE FOREIGN TABLE.

use kumquat_types::{Error, Result, SqlState};

use super::cursor::{Parser, error_at, syntax_error};
use super::select::into_clause;
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    /// `TEMPORARY`, `UNLOGGED` and the like before TABLE, VIEW or SEQUENCE.
    pub fn persistence(&mut self) -> Result<Persistence> {
        if self.eat(K::Unlogged) {
            return Ok(Persistence::Unlogged);
        }
        let global = self.at(K::Global);
        let location = self.location();
        let scoped = self.eat(K::Local) || self.eat(K::Global);
        if self.eat(K::Temporary) || self.eat(K::Temp) {
            if global {
                let message = "GLOBAL is deprecated in temporary table creation";
                let position = location.offset().and_then(|at| u32::try_from(at).ok());
                self.notices
                    .push(Error::warning(SqlState::WARNING, message).at(position));
            }
            return Ok(Persistence::Temporary);
        }
        match scoped {
            true => self.unexpected(),
            false => Ok(Persistence::Permanent),
        }
    }

    /// After `CREATE ... TABLE`.
    pub fn create_table(&mut self, persistence: Persistence, form: Form) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let mut relation = self.qualified_name()?;
        relation.persistence = persistence;
        if form == Form::As || form == Form::Any && self.at_create_as() {
            return self.create_table_as(relation, if_not_exists);
        }
        let mut stmt = self.table_body(relation, if_not_exists)?;
        stmt.partition_spec = self.partition_spec()?;
        stmt.access_method = self.table_access_method()?;
        stmt.options = self.table_options()?;
        stmt.on_commit = self.on_commit()?;
        stmt.tablespace = self.opt_tablespace()?;
        Ok(Statement::Create(Box::new(stmt)))
    }

    /// Columns, or what the table takes them from.
    fn table_body(&mut self, relation: RangeVar, if_not_exists: bool) -> Result<CreateStmt> {
        let mut stmt = CreateStmt {
            relation,
            elements: Vec::new(),
            inherits: Vec::new(),
            partition_bound: None,
            partition_spec: None,
            of_type: None,
            access_method: None,
            options: Vec::new(),
            on_commit: OnCommitAction::NoOption,
            tablespace: None,
            if_not_exists,
        };
        if self.eat_all(K::Partition, &[K::Of])? {
            stmt.inherits = vec![self.qualified_name()?];
            stmt.elements = self.optional_list(Self::typed_table_element)?;
            stmt.partition_bound = Some(self.partition_bound()?);
        } else if self.eat(K::Of) {
            let location = self.location();
            let names = self.any_name()?;
            stmt.of_type = Some(super::types::type_name_of(names, location));
            stmt.elements = self.optional_list(Self::typed_table_element)?;
        } else {
            stmt.elements = self.table_elements()?;
            stmt.inherits = self.opt_inherits()?;
        }
        Ok(stmt)
    }

    /// Whether CREATE TABLE goes on with AS: a list of columns without types says so, too.
    fn at_create_as(&self) -> bool {
        let column_names = self.at('(')
            && self.word_category(1).is_some()
            && !self.at_ahead(1, K::Like)
            && (self.at_ahead(2, ',') || self.at_ahead(2, ')'));
        let body = self.at('(') || self.at_any(&[K::Partition, K::Of]);
        column_names || !body
    }

    fn create_table_as(&mut self, relation: RangeVar, if_not_exists: bool) -> Result<Statement> {
        let mut into = into_clause(relation);
        into.columns = self.optional_column_list()?;
        into.access_method = self.table_access_method()?;
        into.options = self.table_options()?;
        into.on_commit = self.on_commit()?;
        into.tablespace = self.opt_tablespace()?;
        self.expect(K::As)?;
        let query = match self.at(K::Execute) {
            true => self.execute_stmt()?,
            false => Statement::Select(self.select_stmt()?),
        };
        into.skip_data = self.with_no_data()?;
        Ok(Statement::CreateTableAs(Box::new(CreateTableAsStmt {
            into,
            query,
            materialized_view: false,
            if_not_exists,
        })))
    }

    /// `WITH [NO] DATA`: whether there is to be none.
    pub fn with_no_data(&mut self) -> Result<bool> {
        if !self.eat(K::With) {
            return Ok(false);
        }
        let no = self.eat(K::No);
        self.expect(K::Data)?;
        Ok(no)
    }

    /// After `CREATE FOREIGN TABLE`.
    pub fn create_foreign_table(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let relation = self.qualified_name()?;
        if !self.at('(') && !self.at(K::Partition) {
            return self.unexpected();
        }
        let base = self.table_body(relation, if_not_exists)?;
        self.expect(K::Server)?;
        let server = self.col_id()?;
        let options = self.generic_options()?;
        Ok(Statement::CreateForeignTable(Box::new(CreateForeignTableStmt {
            base,
            server,
            options,
        })))
    }

    fn table_elements(&mut self) -> Result<Vec<TableElement>> {
        if self.at('(') && self.at_ahead(1, ')') {
            self.bump();
            self.bump();
            return Ok(Vec::new());
        }
        self.parenthesized_list(|p| {
            if p.at(K::Like) {
                return Ok(TableElement::Like(p.like_clause()?));
            }
            if p.at_table_constraint() {
                return Ok(TableElement::Constraint(p.table_constraint()?));
            }
            Ok(TableElement::Column(p.column_def()?))
        })
    }

    /// An element of a table whose columns have their types elsewhere.
    fn typed_table_element(&mut self) -> Result<TableElement> {
        if self.at_table_constraint() {
            return Ok(TableElement::Constraint(self.table_constraint()?));
        }
        let location = self.location();
        let name = self.col_id()?;
        self.eat_all(K::With, &[K::Options])?;
        let mut column = ColumnDef {
            name,
            type_name: None,
            compression: None,
            collation: None,
            constraints: Vec::new(),
            fdw_options: Vec::new(),
            location,
        };
        self.column_constraints(&mut column)?;
        Ok(TableElement::Column(column))
    }

    /// A column of CREATE TABLE or ADD COLUMN.
    pub fn column_def(&mut self) -> Result<ColumnDef> {
        let location = self.location();
        let name = self.col_id()?;
        let type_name = Some(self.type_name()?);
        let compression = match self.at(K::Compression) {
            true => Some(self.column_compression()?),
            false => None,
        };
        let fdw_options = self.generic_options()?;
        let mut column = ColumnDef {
            name,
            type_name,
            compression,
            collation: None,
            constraints: Vec::new(),
            fdw_options,
            location,
        };
        self.column_constraints(&mut column)?;
        Ok(column)
    }

    /// `COMPRESSION method`
    pub fn column_compression(&mut self) -> Result<String> {
        self.expect(K::Compression)?;
        match self.eat(K::Default) {
            true => Ok("default".to_owned()),
            false => self.col_id(),
        }
    }

    /// `COLLATE name`
    pub fn opt_collation(&mut self) -> Result<Option<ColumnCollation>> {
        let location = self.location();
        match self.eat(K::Collate) {
            true => Ok(Some(ColumnCollation {
                name: self.any_name()?,
                location,
            })),
            false => Ok(None),
        }
    }

    fn like_clause(&mut self) -> Result<TableLikeClause> {
        self.expect(K::Like)?;
        let relation = self.qualified_name()?;
        let mut options = LikeOptions::default();
        while let Some(including) = self.eat_one_of(&[(K::Including, true), (K::Excluding, false)]) {
            let option = self.keyword();
            let flag = match option {
                Some(K::Comments) => &mut options.comments,
                Some(K::Compression) => &mut options.compression,
                Some(K::Constraints) => &mut options.constraints,
                Some(K::Defaults) => &mut options.defaults,
                Some(K::Generated) => &mut options.generated,
                Some(K::Identity) => &mut options.identity,
                Some(K::Indexes) => &mut options.indexes,
                Some(K::Statistics) => &mut options.statistics,
                Some(K::Storage) => &mut options.storage,
                Some(K::All) => {
                    options = LikeOptions::all(including);
                    self.bump();
                    continue;
                }
                _ => return self.unexpected(),
            };
            *flag = including;
            self.bump();
        }
        Ok(TableLikeClause { relation, options })
    }

    fn opt_inherits(&mut self) -> Result<Vec<RangeVar>> {
        match self.eat(K::Inherits) {
            true => self.parenthesized_list(Self::qualified_name),
            false => Ok(Vec::new()),
        }
    }

    /// `USING method`
    pub fn table_access_method(&mut self) -> Result<Option<String>> {
        match self.eat(K::Using) {
            true => Ok(Some(self.col_id()?)),
            false => Ok(None),
        }
    }

    /// `WITH (options)` or `WITHOUT OIDS`
    fn table_options(&mut self) -> Result<Vec<DefElem>> {
        if self.eat_all(K::Without, &[K::Oids])? {
            return Ok(Vec::new());
        }
        self.opt_with_reloptions()
    }

    fn on_commit(&mut self) -> Result<OnCommitAction> {
        if !self.eat_all(K::On, &[K::Commit])? {
            return Ok(OnCommitAction::NoOption);
        }
        if self.eat(K::Drop) {
            return Ok(OnCommitAction::Drop);
        }
        let action = self.expect_one_of(&[
            (K::Delete, OnCommitAction::DeleteRows),
            (K::Preserve, OnCommitAction::PreserveRows),
        ])?;
        self.expect(K::Rows)?;
        Ok(action)
    }

    /// `TABLESPACE name`
    pub fn opt_tablespace(&mut self) -> Result<Option<String>> {
        match self.eat(K::Tablespace) {
            true => Ok(Some(self.col_id()?)),
            false => Ok(None),
        }
    }

    /// `PARTITION BY strategy (columns and expressions)`
    fn partition_spec(&mut self) -> Result<Option<PartitionSpec>> {
        let location = self.location();
        if !self.eat_all(K::Partition, &[K::By])? {
            return Ok(None);
        }
        let name = self.col_id()?;
        let params = self.parenthesized_list(|p| {
            let location = p.location();
            let key = p.index_key()?;
            let collation = p.opt_collate_name()?;
            let opclass = p.opt_any_name()?;
            Ok(PartitionElem {
                key,
                collation,
                opclass,
                location,
            })
        })?;
        let strategy = match name.to_ascii_lowercase().as_str() {
            "list" => PartitionStrategy::List,
            "range" => PartitionStrategy::Range,
            "hash" => PartitionStrategy::Hash,
            _ => {
                let message = format!("unrecognized partitioning strategy \"{name}\"");
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
        };
        Ok(Some(PartitionSpec {
            strategy,
            params,
            location,
        }))
    }

    /// `FOR VALUES ...` or `DEFAULT`
    pub fn partition_bound(&mut self) -> Result<PartitionBoundSpec> {
        let mut location = self.location();
        if self.eat(K::Default) {
            return Ok(PartitionBoundSpec {
                bound: PartitionBound::Default,
                location,
            });
        }
        self.expect_all(&[K::For, K::Values])?;
        location = self.location();
        let bound = if self.eat(K::With) {
            self.hash_bound()?
        } else if self.eat(K::In) {
            PartitionBound::In(self.in_parens(Self::expr_list)?)
        } else {
            self.expect(K::From)?;
            let from = self.in_parens(Self::expr_list)?;
            self.expect(K::To)?;
            let to = self.in_parens(Self::expr_list)?;
            PartitionBound::Range { from, to }
        };
        Ok(PartitionBoundSpec { bound, location })
    }

    /// `(MODULUS n, REMAINDER n)`
    fn hash_bound(&mut self) -> Result<PartitionBound> {
        let (mut modulus, mut remainder) = (None, None);
        let elements = self.parenthesized_list(|p| {
            let location = p.location();
            Ok((p.non_reserved_word()?, p.iconst()?, location))
        })?;
        for (name, value, location) in elements {
            let slot = match name.as_str() {
                "modulus" => &mut modulus,
                "remainder" => &mut remainder,
                _ => {
                    let message = format!("unrecognized hash partition bound specification \"{name}\"");
                    return syntax_error(message, location);
                }
            };
            if slot.replace(value).is_some() {
                let message = format!("{name} for hash partition provided more than once");
                return Err(error_at(SqlState::DUPLICATE_OBJECT, message, location));
            }
        }
        let missing = |name: &str| {
            syntax_error(
                format!("{name} for hash partition must be specified"),
                Location::UNKNOWN,
            )
        };
        match (modulus, remainder) {
            (None, _) => missing("modulus"),
            (_, None) => missing("remainder"),
            (Some(modulus), Some(remainder)) => Ok(PartitionBound::Hash { modulus, remainder }),
        }
    }
}

/// What a place takes of CREATE TABLE.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    Any,
    /// With columns: in CREATE SCHEMA.
    Table,
    /// CREATE TABLE AS: after EXPLAIN.
    As,
}

impl LikeOptions {
    /// `INCLUDING ALL` or `EXCLUDING ALL`
    fn all(value: bool) -> LikeOptions {
        LikeOptions {
            comments: value,
            compression: value,
            constraints: value,
            defaults: value,
            generated: value,
            identity: value,
            indexes: value,
            statistics: value,
            storage: value,
        }
    }
}
