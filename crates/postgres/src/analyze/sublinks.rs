//! Subqueries in expressions: EXISTS, IN, ANY, ALL, ARRAY and scalar ones (`transformSubLink`).

use std::sync::Arc;

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::location::position;
use super::operators::row_compare_operator;
use super::state::{Analyzer, ExprKind};
use crate::query::{Expr, Query, RowCompareOp, SubLink, SubLinkKind};

impl Analyzer<'_, '_> {
    pub fn sublink(&mut self, link: &ast::SubLink) -> Result<Expr> {
        let at = position(link.location);
        self.sublink_allowed(at)?;
        self.level.has_sublinks = true;
        let query = Arc::new(self.subquery(&link.subselect)?);
        let one_column = |query: &Query| -> Result<Oid> {
            let mut columns = query.output_columns();
            match (columns.next(), columns.next()) {
                (Some(column), None) => Ok(column.expr.type_oid()),
                _ => Err(Error::new(SqlState::SYNTAX_ERROR, "subquery must return only one column").at(at)),
            }
        };
        let (kind, result) = match link.kind {
            ast::SubLinkKind::Exists => (SubLinkKind::Exists, Oid::BOOL),
            ast::SubLinkKind::Expr => (SubLinkKind::Expr, one_column(&query)?),
            ast::SubLinkKind::Array => {
                let element = one_column(&query)?;
                (SubLinkKind::Array, self.array_of(element, at)?)
            }
            ast::SubLinkKind::Any => return self.compared_sublink(link, SubLinkKind::Any, query),
            ast::SubLinkKind::All => return self.compared_sublink(link, SubLinkKind::All, query),
        };
        Ok(Expr::SubLink(Box::new(SubLink {
            kind,
            left: Vec::new(),
            right: Vec::new(),
            operators: Vec::new(),
            query,
            result,
            location: at,
            is_in: false,
        })))
    }

    fn array_of(&self, element: Oid, at: Option<u32>) -> Result<Oid> {
        let array = match self.backend.array_element(element) {
            Some(_) => element,
            None => self.backend.array_type(element),
        };
        if array.is_valid() {
            return Ok(array);
        }
        Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!(
                "could not find array type for data type {}",
                self.backend.format_type(element)
            ),
        )
        .at(at))
    }

    /// `test op ANY (subquery)`.
    fn compared_sublink(&mut self, link: &ast::SubLink, kind: SubLinkKind, query: Arc<Query>) -> Result<Expr> {
        let at = position(link.location);
        let left = match &link.test {
            Some(ast::Expr::Row(row)) => self.transform_list(&row.args)?,
            Some(test) => vec![self.transform(test)?],
            None => return Err(Error::internal("ANY without a left side")),
        };
        let names = match link.oper_name.is_empty() {
            true => vec!["=".to_string()],
            false => link.oper_name.clone(),
        };
        // A composite value on the left is compared column by column only if written out.
        let (left, right, operators) = self.compare_with_columns(&names, left, &query, at)?;
        Ok(Expr::SubLink(Box::new(SubLink {
            kind,
            left,
            right,
            operators,
            query,
            result: Oid::BOOL,
            location: at,
            is_in: link.oper_name.is_empty(),
        })))
    }

    /// The operators between left-hand expressions and the columns of a subquery, both coerced as they need.
    fn compare_with_columns(
        &mut self,
        names: &[String],
        left: Vec<Expr>,
        query: &Arc<Query>,
        at: Option<u32>,
    ) -> Result<(Vec<Expr>, Vec<Expr>, Vec<Oid>)> {
        let columns: Vec<(Oid, i32)> = query
            .output_columns()
            .map(|column| (column.expr.type_oid(), column.expr.type_modifier()))
            .collect();
        if left.len() < columns.len() {
            return Err(Error::new(SqlState::SYNTAX_ERROR, "subquery has too many columns").at(at));
        }
        if left.len() > columns.len() {
            return Err(Error::new(SqlState::SYNTAX_ERROR, "subquery has too few columns").at(at));
        }
        let mut result = (Vec::new(), Vec::new(), Vec::new());
        for (number, (left, (type_oid, type_modifier))) in left.into_iter().zip(columns).enumerate() {
            let column = Expr::InputColumn {
                column: number + 1,
                type_oid,
                type_modifier,
            };
            let Expr::Op(op) = self.make_operator(names, Some(left), column, at)? else {
                return Err(Error::internal("comparison without an operator"));
            };
            if op.result != Oid::BOOL {
                return Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    format!(
                        "operator {} must return type boolean, not type {}",
                        names.join("."),
                        self.backend.format_type(op.result)
                    ),
                )
                .at(at));
            }
            result.2.push(op.operator);
            let mut args = op.args.into_iter();
            result.0.extend(args.next());
            result.1.extend(args.next());
        }
        Ok(result)
    }

    /// `(a, b) op (SELECT c, d ...)`.
    pub fn row_compare_sublink(
        &mut self,
        names: &[String],
        left: &ast::RowExpr,
        link: &ast::SubLink,
        at: Option<u32>,
    ) -> Result<Expr> {
        self.sublink_allowed(at)?;
        self.level.has_sublinks = true;
        let query = Arc::new(self.subquery(&link.subselect)?);
        let left = self.transform_list(&left.args)?;
        let (left, right, operators) = self.compare_with_columns(names, left, &query, at)?;
        let name = names.last().map_or("", String::as_str);
        let op = row_compare_operator(name).unwrap_or(RowCompareOp::Equal);
        Ok(Expr::SubLink(Box::new(SubLink {
            kind: SubLinkKind::RowCompare(op),
            left,
            right,
            operators,
            query,
            result: Oid::BOOL,
            location: at,
            is_in: false,
        })))
    }

    fn sublink_allowed(&self, at: Option<u32>) -> Result<()> {
        let place = match self.level.kind {
            ExprKind::CheckConstraint | ExprKind::DomainCheck => "check constraint",
            ExprKind::ColumnDefault | ExprKind::FunctionDefault => "DEFAULT expression",
            ExprKind::IndexExpression => "index expression",
            ExprKind::IndexPredicate => "index predicate",
            ExprKind::AlterColumnTransform => "transform expression",
            ExprKind::ExecuteParameter => "EXECUTE parameter",
            ExprKind::TriggerWhen => "trigger WHEN condition",
            ExprKind::PartitionBound => "partition bound",
            ExprKind::PartitionExpression => "partition key expression",
            ExprKind::CallArgument => "CALL argument",
            ExprKind::CopyWhere => "COPY FROM WHERE condition",
            ExprKind::GeneratedColumn => "column generation expression",
            _ => return Ok(()),
        };
        Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("cannot use subquery in {place}"),
        )
        .at(at))
    }
}
