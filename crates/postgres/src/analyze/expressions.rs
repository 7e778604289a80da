//! Expressions: one arm a kind of syntax node, after PostgreSQL's `parse_expr.c`.

use kumquat_sql::ast::{self, AExprKind};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::coercion::Target;
use super::literals::{constant_node, sql_value_function};
use super::location::position;
use super::state::{Analyzer, ExprKind};
use crate::query::{BoolOp, BooleanTestKind, Expr, MinMaxOp, OpExpr};

impl Analyzer<'_, '_> {
    /// An expression of the given kind (`transformExpr`).
    pub fn expression(&mut self, expr: &ast::Expr, kind: ExprKind) -> Result<Expr> {
        self.with_kind(kind, |analyzer| analyzer.transform(expr))
    }

    /// An expression of the kind that is being analyzed already (`transformExprRecurse`).
    pub fn transform(&mut self, expr: &ast::Expr) -> Result<Expr> {
        self.deeper(|analyzer| analyzer.transform_node(expr))
    }

    fn transform_node(&mut self, expr: &ast::Expr) -> Result<Expr> {
        match expr {
            ast::Expr::ColumnRef(reference) => self.column_reference(reference),
            ast::Expr::ParamRef(reference) => self.parameter(reference),
            ast::Expr::Const(constant) => constant_node(constant),
            ast::Expr::TypeCast(cast) => self.type_cast(cast),
            ast::Expr::Collate(collate) => self.collate(collate),
            ast::Expr::Op(op) => self.operator_expression(op),
            ast::Expr::In(list) => self.in_list(list),
            ast::Expr::Between(between) => self.between(between),
            ast::Expr::Bool(bool_expr) => self.bool_expression(bool_expr),
            ast::Expr::NullTest(test) => self.null_test(test),
            ast::Expr::BooleanTest(test) => self.boolean_test(test),
            ast::Expr::FuncCall(call) => self.function_call(call),
            ast::Expr::NamedArg(named) => self.transform(&named.arg),
            ast::Expr::Indirection(indirection) => self.indirection(indirection),
            ast::Expr::Array(array) => self.array(array, None),
            ast::Expr::Row(row) => self.row(row),
            ast::Expr::SubLink(link) => self.sublink(link),
            ast::Expr::Case(case) => self.case(case),
            ast::Expr::Coalesce(coalesce) => self.coalesce(coalesce),
            ast::Expr::MinMax(min_max) => self.min_max(min_max),
            ast::Expr::SqlValueFunction(function) => Ok(sql_value_function(function)),
            ast::Expr::Grouping(grouping) => self.grouping_function(grouping),
            ast::Expr::SetToDefault(location) => Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "DEFAULT is not allowed in this context",
            )
            .at(position(*location))),
            ast::Expr::CurrentOf(_) => Err(Error::not_modelled("WHERE CURRENT OF")),
        }
    }

    fn type_cast(&mut self, cast: &ast::TypeCast) -> Result<Expr> {
        let (type_oid, modifier) = self.backend.resolve_type_name(&cast.type_name)?;
        // ARRAY[...]::type[] tells the elements their type before they are looked at.
        let arg = match &cast.arg {
            ast::Expr::Array(array) => {
                let (base, base_modifier) = self.backend.base_type_and_modifier(type_oid, modifier);
                match self.backend.array_element(base) {
                    Some(element) => self.array(array, Some((base, element, base_modifier)))?,
                    None => self.transform(&cast.arg)?,
                }
            }
            arg => self.transform(arg)?,
        };
        let at = position(cast.location).or(position(cast.type_name.location));
        let source = arg.type_oid();
        match self.coerce_to_target(arg, Target::explicit(type_oid, modifier, at))? {
            Some(expr) => Ok(expr),
            None => Err(self.cannot_cast(source, type_oid).at(at)),
        }
    }

    pub fn cannot_cast(&self, source: Oid, target: Oid) -> Error {
        Error::new(
            SqlState::CANNOT_COERCE,
            format!(
                "cannot cast type {} to {}",
                self.backend.format_type(source),
                self.backend.format_type(target)
            ),
        )
    }

    fn collate(&mut self, collate: &ast::CollateClause) -> Result<Expr> {
        let arg = self.transform(&collate.arg)?;
        let at = position(collate.location);
        let type_oid = arg.type_oid();
        let base = self.backend.base_type(type_oid);
        let element = self.backend.array_element(base).unwrap_or(base);
        let collatable = kumquat_types::builtin_type(element).is_some_and(|builtin| builtin.collatable);
        if !collatable && type_oid != Oid::UNKNOWN {
            let message = format!(
                "collations are not supported by type {}",
                self.backend.format_type(type_oid)
            );
            return Err(Error::new(SqlState::DATATYPE_MISMATCH, message).at(at));
        }
        let name = collate.collation.last().map_or("", String::as_str);
        if !matches!(name, "C" | "POSIX" | "default" | "ucs_basic" | "C.UTF-8" | "C.utf8") {
            let message = format!(
                "collation \"{}\" for encoding \"UTF8\" does not exist",
                collate.collation.join(".")
            );
            return Err(Error::new(SqlState::UNDEFINED_OBJECT, message).at(at));
        }
        Ok(Expr::Collate {
            arg: Box::new(arg),
            collation: name.into(),
        })
    }

    fn operator_expression(&mut self, op: &ast::AExpr) -> Result<Expr> {
        let at = position(op.location);
        match op.kind {
            AExprKind::OpAny | AExprKind::OpAll => {
                let Some(left) = &op.left else {
                    return Err(Error::internal("ANY without a left side"));
                };
                let (left, right) = (self.transform(left)?, self.transform(&op.right)?);
                self.scalar_array_operator(&op.name, op.kind == AExprKind::OpAny, left, right, at)
            }
            AExprKind::Distinct => self.distinct(op, false),
            AExprKind::NotDistinct => self.distinct(op, true),
            AExprKind::NullIf => self.null_if(op),
            AExprKind::Op | AExprKind::Like | AExprKind::ILike | AExprKind::Similar => self.plain_operator(op),
        }
    }

    fn plain_operator(&mut self, op: &ast::AExpr) -> Result<Expr> {
        let at = position(op.location);
        if let (Some(ast::Expr::Row(left)), ast::Expr::SubLink(link)) = (&op.left, &op.right)
            && link.kind == ast::SubLinkKind::Expr
        {
            return self.row_compare_sublink(&op.name, left, link, at);
        }
        if let (Some(ast::Expr::Row(left)), ast::Expr::Row(right)) = (&op.left, &op.right) {
            let left = self.transform_list(&left.args)?;
            let right = self.transform_list(&right.args)?;
            return self.row_comparison(&op.name, left, right, at);
        }
        // A chain of operators leans to the left and may be long: it is walked without recursion.
        let mut chain = vec![op];
        while let Some(ast::Expr::Op(inner)) = chain.last().and_then(|op| op.left.as_ref())
            && is_plain_operator(inner)
        {
            chain.push(inner);
        }
        let first = chain.last().and_then(|op| op.left.as_ref());
        let mut left = first.map(|left| self.transform(left)).transpose()?;
        for op in chain.into_iter().rev() {
            let right = self.transform(&op.right)?;
            left = Some(self.make_operator(&op.name, left, right, position(op.location))?);
        }
        left.ok_or_else(|| Error::internal("operator without operands"))
    }

    pub fn transform_list(&mut self, exprs: &[ast::Expr]) -> Result<Vec<Expr>> {
        exprs.iter().map(|expr| self.transform(expr)).collect()
    }

    fn distinct(&mut self, op: &ast::AExpr, negated: bool) -> Result<Expr> {
        let at = position(op.location);
        let Some(left) = &op.left else {
            return Err(Error::internal("IS DISTINCT FROM without a left side"));
        };
        let negate = |expr: Expr| match negated {
            true => Expr::Bool(BoolOp::Not, vec![expr]),
            false => expr,
        };
        // IS DISTINCT FROM NULL is a test for NULL.
        for (null, other) in [(&op.right, left), (left, &op.right)] {
            if is_null_constant(null) {
                let arg = self.transform(other)?;
                let row_test = self.backend.is_composite(arg.type_oid());
                return Ok(Expr::NullTest {
                    row_test,
                    arg: Box::new(arg),
                    is_null: negated,
                });
            }
        }
        if let (ast::Expr::Row(left), ast::Expr::Row(right)) = (left, &op.right) {
            let left = self.transform_list(&left.args)?;
            let right = self.transform_list(&right.args)?;
            return Ok(negate(self.row_distinct(&op.name, left, right, at)?));
        }
        let (left, right) = (self.transform(left)?, self.transform(&op.right)?);
        Ok(negate(self.make_distinct(&op.name, left, right, at)?))
    }

    fn null_if(&mut self, op: &ast::AExpr) -> Result<Expr> {
        let at = position(op.location);
        let left = op.left.as_ref().map(|left| self.transform(left)).transpose()?;
        let right = self.transform(&op.right)?;
        let result = self.make_operator(&op.name, left, right, at)?;
        let Expr::Op(op) = result else {
            return Err(Error::internal("NULLIF without an operator"));
        };
        if op.result != Oid::BOOL {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                "NULLIF requires = operator to yield boolean",
            )
            .at(at));
        }
        Ok(Expr::NullIf(op))
    }

    /// IN with a list: an array comparison where all values have one scalar type, else a chain of comparisons.
    fn in_list(&mut self, list: &ast::InExpr) -> Result<Expr> {
        let at = position(list.location);
        let operator = vec![if list.negated { "<>" } else { "=" }.to_string()];
        let left = self.transform(&list.expr)?;
        let left_is_row = matches!(list.expr, ast::Expr::Row(_));
        let mut values = Vec::with_capacity(list.list.len());
        for item in &list.list {
            let value = self.transform(item)?;
            let has_columns = value.any(&mut |part| matches!(part, Expr::Var(_) | Expr::SubLink(_)));
            values.push((item, value, has_columns));
        }
        let constants: Vec<&Expr> = values
            .iter()
            .filter(|(.., has_columns)| !has_columns)
            .map(|(_, value, _)| value)
            .collect();
        let array = match constants.len() > 1 && !left_is_row {
            true => self.in_array(&left, &constants)?,
            false => None,
        };
        let result = match array {
            Some(array) => {
                values.retain(|(.., has_columns)| *has_columns);
                Some(self.scalar_array_operator(&operator, !list.negated, left.clone(), array, at)?)
            }
            None => None,
        };
        let mut comparisons: Vec<Expr> = result.into_iter().collect();
        for (item, value, _) in values {
            let comparison = match (&left, item, value) {
                (Expr::Row { args, .. }, ast::Expr::Row(_), Expr::Row { args: values, .. }) if left_is_row => {
                    self.row_comparison(&operator, args.clone(), values, at)?
                }
                (left, _, value) => self.make_operator(&operator, Some(left.clone()), value, at)?,
            };
            comparisons.push(self.coerce_to_boolean(comparison, "IN")?);
        }
        let op = if list.negated { BoolOp::And } else { BoolOp::Or };
        Ok(match comparisons.len() {
            1 => comparisons.remove(0),
            _ => Expr::Bool(op, comparisons),
        })
    }

    /// The values of an IN list as one array, if they and the left side have a common scalar type.
    fn in_array(&mut self, left: &Expr, values: &[&Expr]) -> Result<Option<Expr>> {
        let exprs = std::iter::once(left).chain(values.iter().copied());
        let located: Vec<(Oid, Option<u32>)> = exprs.map(|expr| (expr.type_oid(), None)).collect();
        let Ok(element) = self.backend.common_type(&located) else {
            return Ok(None);
        };
        let array_type = self.backend.array_type(element);
        if element == Oid::RECORD || !array_type.is_valid() {
            return Ok(None);
        }
        let coerced = values
            .iter()
            .map(|value| self.coerce_to_common((*value).clone(), element, "IN"));
        Ok(Some(Expr::Array {
            elements: coerced.collect::<Result<_>>()?,
            element_type: element,
            array_type,
            multi: false,
        }))
    }

    fn between(&mut self, between: &ast::BetweenExpr) -> Result<Expr> {
        let part = |operator: &str, right: &ast::Expr| {
            ast::Expr::Op(Box::new(ast::AExpr {
                kind: AExprKind::Op,
                name: vec![operator.to_string()],
                left: Some(between.expr.clone()),
                right: right.clone(),
                location: between.location,
            }))
        };
        let range = |low: &ast::Expr, high: &ast::Expr| {
            let (op, parts) = match between.negated {
                false => (ast::BoolOp::And, vec![part(">=", low), part("<=", high)]),
                true => (ast::BoolOp::Or, vec![part("<", low), part(">", high)]),
            };
            bool_node(op, parts, between.location)
        };
        let mut whole = range(&between.low, &between.high);
        if between.symmetric {
            let op = if between.negated {
                ast::BoolOp::And
            } else {
                ast::BoolOp::Or
            };
            let other = range(&between.high, &between.low);
            whole = bool_node(op, vec![whole, other], between.location);
        }
        self.transform(&whole)
    }

    fn bool_expression(&mut self, expr: &ast::BoolExpr) -> Result<Expr> {
        let (op, name) = match expr.op {
            ast::BoolOp::And => (BoolOp::And, "AND"),
            ast::BoolOp::Or => (BoolOp::Or, "OR"),
            ast::BoolOp::Not => (BoolOp::Not, "NOT"),
        };
        let mut args = Vec::with_capacity(expr.args.len());
        for arg in &expr.args {
            let arg = self.transform(arg)?;
            args.push(self.coerce_to_boolean(arg, name)?);
        }
        Ok(Expr::Bool(op, args))
    }

    fn null_test(&mut self, test: &ast::NullTest) -> Result<Expr> {
        let arg = self.transform(&test.arg)?;
        let type_oid = arg.type_oid();
        Ok(Expr::NullTest {
            row_test: type_oid == Oid::RECORD || self.backend.is_composite(type_oid),
            arg: Box::new(arg),
            is_null: !test.is_not,
        })
    }

    fn boolean_test(&mut self, test: &ast::BooleanTest) -> Result<Expr> {
        let (kind, clause) = match (test.truth, test.is_not) {
            (ast::Truth::True, false) => (BooleanTestKind::IsTrue, "IS TRUE"),
            (ast::Truth::True, true) => (BooleanTestKind::IsNotTrue, "IS NOT TRUE"),
            (ast::Truth::False, false) => (BooleanTestKind::IsFalse, "IS FALSE"),
            (ast::Truth::False, true) => (BooleanTestKind::IsNotFalse, "IS NOT FALSE"),
            (ast::Truth::Unknown, false) => (BooleanTestKind::IsUnknown, "IS UNKNOWN"),
            (ast::Truth::Unknown, true) => (BooleanTestKind::IsNotUnknown, "IS NOT UNKNOWN"),
        };
        let arg = self.transform(&test.arg)?;
        let arg = self.coerce_to_boolean(arg, clause)?;
        Ok(Expr::BooleanTest {
            arg: Box::new(arg),
            kind,
        })
    }

    fn case(&mut self, case: &ast::CaseExpr) -> Result<Expr> {
        let at = position(case.location);
        let sets_before = std::mem::take(&mut self.level.has_set_functions);
        let mut arg = case.arg.as_ref().map(|arg| self.transform(arg)).transpose()?;
        if arg.as_ref().is_some_and(|arg| arg.type_oid() == Oid::UNKNOWN) {
            arg = arg
                .map(|arg| self.coerce_to_common(arg, Oid::TEXT, "CASE"))
                .transpose()?;
        }
        let test = arg.as_ref().map(|arg| Expr::CaseTest {
            type_oid: arg.type_oid(),
            type_modifier: arg.type_modifier(),
        });
        let mut conditions = Vec::with_capacity(case.whens.len());
        let mut results = Vec::with_capacity(case.whens.len());
        for when in &case.whens {
            let condition = self.transform(&when.expr)?;
            let condition = match &test {
                None => condition,
                Some(test) => {
                    let when_at = position(when.location);
                    self.make_operator(&["=".to_string()], Some(test.clone()), condition, when_at)?
                }
            };
            conditions.push(self.coerce_to_boolean(condition, "CASE/WHEN")?);
            results.push(self.transform(&when.result)?);
        }
        let otherwise = match &case.default {
            Some(default) => self.transform(default)?,
            None => Expr::null(Oid::UNKNOWN),
        };
        // ELSE counts first: it is the likeliest to be of the wanted type.
        let exprs: Vec<&Expr> = std::iter::once(&otherwise).chain(&results).collect();
        let type_oid = self.common_type(&exprs, "CASE")?;
        let otherwise = self.coerce_to_common(otherwise, type_oid, "CASE/ELSE")?;
        let mut whens = Vec::with_capacity(results.len());
        for (condition, result) in conditions.into_iter().zip(results) {
            whens.push((condition, self.coerce_to_common(result, type_oid, "CASE/WHEN")?));
        }
        let result = Expr::Case {
            arg: arg.map(Box::new),
            whens,
            otherwise: Some(Box::new(otherwise)),
            type_oid,
        };
        self.no_set_functions_inside(sets_before, &result, "CASE", at)?;
        Ok(result)
    }

    fn coalesce(&mut self, coalesce: &ast::CoalesceExpr) -> Result<Expr> {
        let sets_before = std::mem::take(&mut self.level.has_set_functions);
        let (args, type_oid) = self.common_list(&coalesce.args, "COALESCE")?;
        let result = Expr::Coalesce { args, type_oid };
        self.no_set_functions_inside(sets_before, &result, "COALESCE", position(coalesce.location))?;
        Ok(result)
    }

    fn min_max(&mut self, min_max: &ast::MinMaxExpr) -> Result<Expr> {
        let (op, name) = match min_max.op {
            ast::MinMaxOp::Greatest => (MinMaxOp::Greatest, "GREATEST"),
            ast::MinMaxOp::Least => (MinMaxOp::Least, "LEAST"),
        };
        let (args, type_oid) = self.common_list(&min_max.args, name)?;
        Ok(Expr::MinMax { op, args, type_oid })
    }

    fn common_list(&mut self, args: &[ast::Expr], context: &str) -> Result<(Vec<Expr>, Oid)> {
        let args = self.transform_list(args)?;
        let type_oid = self.common_type(&args.iter().collect::<Vec<_>>(), context)?;
        let coerced = args
            .into_iter()
            .map(|arg| self.coerce_to_common(arg, type_oid, context));
        Ok((coerced.collect::<Result<_>>()?, type_oid))
    }
}

/// An operator with operands that are no rows.
fn is_plain_operator(op: &ast::AExpr) -> bool {
    let plain = matches!(
        op.kind,
        AExprKind::Op | AExprKind::Like | AExprKind::ILike | AExprKind::Similar
    );
    plain && !matches!(op.left, Some(ast::Expr::Row(_)))
}

fn bool_node(op: ast::BoolOp, args: Vec<ast::Expr>, location: ast::Location) -> ast::Expr {
    ast::Expr::Bool(Box::new(ast::BoolExpr { op, args, location }))
}

fn is_null_constant(expr: &ast::Expr) -> bool {
    matches!(
        expr,
        ast::Expr::Const(ast::AConst {
            value: ast::Value::Null,
            ..
        })
    )
}

/// The operator node of a comparison.
pub fn comparison(operator: Oid, result: Oid, args: Vec<Expr>, location: Option<u32>) -> Box<OpExpr> {
    Box::new(OpExpr {
        operator,
        result,
        args,
        location,
    })
}
