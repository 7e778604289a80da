//! FROM: tables, subqueries, functions, joins.

use kumquat_types::Result;

use super::cursor::{LEVEL, Parser, syntax_error};
use super::names::not_modelled;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::keywords::KeywordCategory;

/// What is in parentheses in FROM.
enum TableParens {
    Select(Box<SelectStmt>),
    Join(Box<JoinExpr>),
}

impl Parser<'_> {
    pub fn opt_from_clause(&mut self) -> Result<Vec<TableRef>> {
        match self.eat(K::From) {
            true => self.comma_list(Self::table_ref),
            false => Ok(Vec::new()),
        }
    }

    /// An item of FROM with its joins.
    pub fn table_ref(&mut self) -> Result<TableRef> {
        self.nested(LEVEL, |p| {
            let first = p.table_primary()?;
            p.joins(first).map(|(table, _)| table)
        })
    }

    /// The joins after an item, from left to right, and whether there were any.
    #[inline(never)]
    fn joins(&mut self, mut left: TableRef) -> Result<(TableRef, bool)> {
        let mut any = false;
        loop {
            let natural = self.eat(K::Natural);
            let cross = !natural && self.eat(K::Cross);
            let kind = match self.keyword() {
                Some(K::Join) => JoinType::Inner,
                Some(K::Inner) if !cross => {
                    self.bump();
                    JoinType::Inner
                }
                Some(K::Left | K::Right | K::Full) if !cross => {
                    let kind = self.expect_one_of(&[
                        (K::Left, JoinType::Left),
                        (K::Right, JoinType::Right),
                        (K::Full, JoinType::Full),
                    ])?;
                    self.eat(K::Outer);
                    kind
                }
                _ if natural || cross => return self.unexpected(),
                _ => return Ok((left, any)),
            };
            self.expect(K::Join)?;
            // With a condition still to come, what follows may be a join of its own.
            let right = match natural || cross {
                true => self.table_primary()?,
                false => self.table_ref()?,
            };
            let mut join = joined(kind, natural, left, right);
            if !natural && !cross {
                self.join_condition(&mut join)?;
            }
            self.height += 1;
            self.check_depth(self.height)?;
            left = TableRef::Join(join);
            any = true;
        }
    }

    fn join_condition(&mut self, join: &mut JoinExpr) -> Result<()> {
        if self.eat(K::Using) {
            join.using = self.column_list()?;
            if self.eat(K::As) {
                let name = self.col_id()?;
                join.using_alias = Some(Alias {
                    name,
                    columns: Vec::new(),
                });
            }
        } else {
            self.expect(K::On)?;
            join.quals = Some(self.expr()?);
        }
        Ok(())
    }

    #[inline(never)]
    fn table_primary(&mut self) -> Result<TableRef> {
        let location = self.location();
        if self.at('(') {
            return match self.table_parens()? {
                TableParens::Select(select) => self.subselect(select, false, location),
                TableParens::Join(join) => self.aliased_join(join),
            };
        }
        let lateral = self.eat(K::Lateral);
        if lateral && self.at('(') {
            let location = self.location();
            let select = self.select_with_parens()?;
            return self.subselect(select, true, location);
        }
        if self.at_both(K::Xmltable, '(') {
            return not_modelled("XMLTABLE", self.location());
        }
        let only_function = self.word_category(0) == Some(KeywordCategory::TypeFuncName);
        if lateral || only_function || self.at_both(K::Rows, K::From) || self.at_function() {
            return self.range_function(lateral);
        }
        let mut relation = self.relation_expr()?;
        relation.alias = self.opt_alias()?;
        if self.at(K::Tablesample) {
            return self.table_sample(relation);
        }
        Ok(TableRef::Table(relation))
    }

    /// A query or a join in parentheses; how many of them does not matter.
    #[inline(never)]
    fn table_parens(&mut self) -> Result<TableParens> {
        self.nested(LEVEL, |p| {
            p.expect('(')?;
            if p.at_select() {
                let select = p.select_no_parens()?;
                p.expect(')')?;
                return Ok(TableParens::Select(select));
            }
            let location = p.location();
            let first = match p.at('(') {
                false => p.table_primary()?,
                true => match p.table_parens()? {
                    TableParens::Select(select) if p.eat(')') => {
                        return Ok(TableParens::Select(select));
                    }
                    TableParens::Select(select) if p.at_select_continuation() => {
                        let select = p.select_after_operand(select)?;
                        p.expect(')')?;
                        return Ok(TableParens::Select(select));
                    }
                    TableParens::Select(select) => p.subselect(select, false, location)?,
                    TableParens::Join(join) if p.eat(')') => return Ok(TableParens::Join(join)),
                    TableParens::Join(join) => p.aliased_join(join)?,
                },
            };
            match p.joins(first)? {
                (TableRef::Join(join), true) => {
                    p.expect(')')?;
                    Ok(TableParens::Join(join))
                }
                _ => p.unexpected(),
            }
        })
    }

    fn aliased_join(&mut self, mut join: Box<JoinExpr>) -> Result<TableRef> {
        join.alias = self.opt_alias()?;
        Ok(TableRef::Join(join))
    }

    /// A subquery in FROM, of which the query was read at `location`.
    #[inline(never)]
    #[expect(clippy::boxed_local, reason = "a box keeps the frames of recursive rules small")]
    fn subselect(&mut self, subquery: Box<SelectStmt>, lateral: bool, location: Location) -> Result<TableRef> {
        let alias = self.opt_alias()?;
        if alias.is_none() {
            let (what, example) = match subquery.body {
                SelectBody::Values(_) => ("VALUES", "VALUES ..."),
                _ => ("subquery", "SELECT ..."),
            };
            let message = format!("{what} in FROM must have an alias");
            let hint = format!("For example, FROM ({example}) [AS] foo.");
            return syntax_error(message, location).map_err(|error: kumquat_types::Error| error.hint(hint));
        }
        Ok(TableRef::Subselect(Box::new(RangeSubselect {
            lateral,
            subquery: *subquery,
            alias,
        })))
    }

    /// `AS name (columns)`
    pub fn opt_alias(&mut self) -> Result<Option<Alias>> {
        if !self.eat(K::As) && !self.at_col_id() {
            return Ok(None);
        }
        let name = self.col_id()?;
        let columns = self.optional_column_list()?;
        Ok(Some(Alias { name, columns }))
    }

    #[inline(never)]
    fn table_sample(&mut self, relation: RangeVar) -> Result<TableRef> {
        self.expect(K::Tablesample)?;
        let location = self.location();
        let method = self.func_name()?;
        let args = self.in_parens(Self::expr_list)?;
        let repeatable = match self.eat(K::Repeatable) {
            true => Some(self.parenthesized_expr()?),
            false => None,
        };
        Ok(TableRef::TableSample(Box::new(RangeTableSample {
            relation,
            method,
            args,
            repeatable,
            location,
        })))
    }

    #[inline(never)]
    fn range_function(&mut self, lateral: bool) -> Result<TableRef> {
        let is_rows_from = self.eat_both(K::Rows, K::From);
        let functions = match is_rows_from {
            true => self.parenthesized_list(|p| {
                let function = p.windowless_function()?;
                let columns = match p.eat(K::As) {
                    true => p.table_func_columns()?,
                    false => Vec::new(),
                };
                Ok(RangeFunctionItem { function, columns })
            })?,
            false => vec![RangeFunctionItem {
                function: self.windowless_function()?,
                columns: Vec::new(),
            }],
        };
        let ordinality = self.eat_all(K::WithLa, &[K::Ordinality])?;
        let (alias, columns) = self.function_alias()?;
        Ok(TableRef::Function(Box::new(RangeFunction {
            lateral,
            ordinality,
            is_rows_from,
            functions,
            alias,
            columns,
        })))
    }

    /// The alias of a function: with column names, or with names and types.
    fn function_alias(&mut self) -> Result<(Option<Alias>, Vec<ColumnDef>)> {
        let explicit = self.eat(K::As);
        if explicit && self.at('(') {
            return Ok((None, self.table_func_columns()?));
        }
        if !explicit && !self.at_col_id() {
            return Ok((None, Vec::new()));
        }
        let name = self.col_id()?;
        let mut columns = Vec::new();
        let untyped = self.at_ahead(2, ',') || self.at_ahead(2, ')');
        if self.at('(') && !untyped {
            let columns = self.table_func_columns()?;
            return Ok((
                Some(Alias {
                    name,
                    columns: Vec::new(),
                }),
                columns,
            ));
        }
        if self.at('(') {
            columns = self.column_list()?;
        }
        Ok((Some(Alias { name, columns }), Vec::new()))
    }

    /// `(name type COLLATE x, ...)`
    pub fn table_func_columns(&mut self) -> Result<Vec<ColumnDef>> {
        self.parenthesized_list(Self::table_func_column)
    }

    pub fn table_func_column(&mut self) -> Result<ColumnDef> {
        let location = self.location();
        let name = self.col_id()?;
        let type_name = Some(self.type_name()?);
        let collation = self.opt_collation()?;
        Ok(ColumnDef {
            name,
            type_name,
            compression: None,
            collation,
            constraints: Vec::new(),
            fdw_options: Vec::new(),
            location,
        })
    }
}

/// A join, without its condition.
#[inline(never)]
fn joined(kind: JoinType, natural: bool, left: TableRef, right: TableRef) -> Box<JoinExpr> {
    Box::new(JoinExpr {
        kind,
        natural,
        left,
        right,
        using: Vec::new(),
        using_alias: None,
        quals: None,
        alias: None,
    })
}
