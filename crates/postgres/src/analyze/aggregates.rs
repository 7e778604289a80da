//! Aggregate calls: where they may stand, which query they belong to, after PostgreSQL's `parse_agg.c`.

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::candidates::{CallKind, Callable};
use super::functions::Decoration;
use super::location::{expr_location, position};
use super::set_returning::returns_set;
use super::state::{Analyzer, ExprKind};
use crate::query::expr::AggregateOrder;
use crate::query::{Aggref, Expr, Query};

impl Analyzer<'_, '_> {
    /// Builds the aggregate node from arguments that have their types already.
    pub fn aggregate_call(
        &mut self,
        call: Decoration<'_>,
        callable: Callable,
        args: Vec<Expr>,
        result: Oid,
        variadic: bool,
        written: usize,
    ) -> Result<Expr> {
        let name = call.name.join(".");
        if written == 0 && !call.star {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("{name}(*) must be used to call a parameterless aggregate function"),
            )
            .at(call.at));
        }
        if callable.returns_set() {
            return Err(Error::new(SqlState::INVALID_FUNCTION_DEFINITION, "aggregates cannot return sets").at(call.at));
        }
        let direct = match callable.kind() {
            CallKind::OrderedSet(direct) => usize::from(direct),
            // Variadic ones come as one array, or for "any" as the arguments written.
            CallKind::HypotheticalSet(_) => args.len().saturating_sub(call.order.len()),
            _ => 0,
        };
        let mut direct_args = args;
        let args = direct_args.split_off(direct.min(direct_args.len()));
        if matches!(callable.kind(), CallKind::HypotheticalSet(_)) {
            self.unify_hypothetical(&mut direct_args, &args)?;
        }
        let order_by = match call.within_group {
            true => self.directions(call.order, &args)?,
            false => self.aggregate_order(call.order, &args, call.distinct)?,
        };
        let mut aggregate = Aggref {
            function: callable.oid(),
            direct_args,
            args,
            star: call.star,
            distinct: call.distinct,
            order_by,
            filter: call.filter,
            within_group: call.within_group,
            variadic,
            result,
            levels_up: 0,
            location: call.at,
        };
        self.place_aggregate(&mut aggregate)?;
        Ok(Expr::Aggref(Box::new(aggregate)))
    }

    /// Hypothetical values take the types of the columns they are compared with.
    fn unify_hypothetical(&mut self, direct: &mut [Expr], ordering: &[Expr]) -> Result<()> {
        for (value, column) in direct.iter_mut().zip(ordering) {
            let common = self.common_type(&[column, value], "WITHIN GROUP")?;
            let taken = std::mem::replace(value, Expr::null(common));
            *value = self.coerce_to_common(taken, common, "WITHIN GROUP")?;
        }
        Ok(())
    }

    /// The directions of WITHIN GROUP's ordering columns, which are arguments.
    fn directions(&mut self, order: &[ast::SortBy], args: &[Expr]) -> Result<Vec<AggregateOrder>> {
        let skip = args.len().saturating_sub(order.len());
        let mut result = Vec::with_capacity(order.len());
        for (sort, arg) in order.iter().zip(args.iter().skip(skip)) {
            let (order, _) = self.sort_order(sort, arg)?;
            result.push(AggregateOrder {
                expr: arg.clone(),
                order,
            });
        }
        Ok(result)
    }

    /// ORDER BY inside the parentheses; with DISTINCT its columns must be arguments.
    fn aggregate_order(&mut self, order: &[ast::SortBy], args: &[Expr], distinct: bool) -> Result<Vec<AggregateOrder>> {
        let mut result = Vec::with_capacity(order.len());
        for sort in order {
            let mut expr = self.expression(&sort.node, ExprKind::OrderBy)?;
            if let Some(arg) = args.iter().find(|arg| strip_coercion(arg).same_as(&expr)) {
                expr = arg.clone();
            } else if expr.type_oid() == Oid::UNKNOWN {
                expr = self.coerce_to_common(expr, Oid::TEXT, "ORDER BY")?;
            }
            let (order, _) = self.sort_order(sort, &expr)?;
            if distinct && !args.iter().any(|arg| arg.same_as(&expr)) {
                return Err(Error::new(
                    SqlState::INVALID_COLUMN_REFERENCE,
                    "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
                )
                .at(expr_location(&expr)));
            }
            result.push(AggregateOrder { expr, order });
        }
        if distinct {
            for arg in args {
                self.check_distinct_argument(arg)?;
            }
        }
        Ok(result)
    }

    fn check_distinct_argument(&self, arg: &Expr) -> Result<()> {
        if self.backend.can_order(arg.type_oid()) {
            return Ok(());
        }
        let type_name = self.backend.format_type(arg.type_oid());
        if self.backend.equality_operator(arg.type_oid()).is_valid() {
            return Err(Error::new(
                SqlState::UNDEFINED_FUNCTION,
                format!("could not identify an ordering operator for type {type_name}"),
            )
            .detail("Aggregates with DISTINCT must be able to sort their inputs.")
            .at(expr_location(arg)));
        }
        Err(Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("could not identify an equality operator for type {type_name}"),
        )
        .at(expr_location(arg)))
    }

    /// Finds the query an aggregate belongs to and whether it may stand there
    /// (`check_agglevels_and_constraints`).
    fn place_aggregate(&mut self, aggregate: &mut Aggref) -> Result<()> {
        let at = aggregate.location;
        let parts = || {
            let plain = aggregate
                .args
                .iter()
                .chain(aggregate.order_by.iter().map(|order| &order.expr));
            plain.chain(&aggregate.filter)
        };
        let level = parts().filter_map(innermost_level).min().unwrap_or(0);
        if parts().any(returns_set) {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "aggregate function calls cannot contain set-returning function calls",
            )
            .hint("You might be able to move the set-returning function into a LATERAL FROM item.")
            .at(parts().find_map(set_location).or(at)));
        }
        for part in parts() {
            if let Some(inner) = find(
                part,
                &|expr| matches!(expr, Expr::Aggref(own) if own.levels_up == level),
            ) {
                return Err(nested(inner));
            }
            if let Some(inner) = find(part, &|expr| matches!(expr, Expr::WindowFunc(_))) {
                return Err(Error::new(
                    SqlState::GROUPING_ERROR,
                    "aggregate function calls cannot contain window function calls",
                )
                .at(expr_location(inner)));
            }
        }
        for part in &aggregate.direct_args {
            if let Some(inner) = find(
                part,
                &|expr| matches!(expr, Expr::Aggref(own) if own.levels_up <= level),
            ) {
                return Err(nested(inner));
            }
        }
        let direct = aggregate.direct_args.iter().filter_map(innermost_level).min();
        if direct.is_some_and(|own| own < level) {
            return Err(Error::new(
                SqlState::GROUPING_ERROR,
                "outer-level aggregate cannot contain a lower-level variable in its direct arguments",
            )
            .at(at));
        }
        aggregate.levels_up = level;
        self.aggregate_allowed(level, "aggregate functions", at)?;
        if let Some(owner) = self.level_up_mut(level) {
            owner.has_aggregates = true;
        }
        Ok(())
    }

    /// Refuses aggregates (or GROUPING) in the clauses of their query that can't hold them.
    fn aggregate_allowed(&self, level: usize, what: &str, at: Option<u32>) -> Result<()> {
        let kind = self.level_up(level).map_or(ExprKind::None, |level| level.kind);
        let place = match kind {
            ExprKind::None
            | ExprKind::Other
            | ExprKind::Having
            | ExprKind::WindowPartition
            | ExprKind::WindowOrder
            | ExprKind::SelectTarget
            | ExprKind::OrderBy
            | ExprKind::DistinctOn
            | ExprKind::InsertTarget => return Ok(()),
            ExprKind::JoinOn | ExprKind::JoinUsing => "JOIN conditions",
            ExprKind::FromSubselect => {
                return Err(Error::new(
                    SqlState::GROUPING_ERROR,
                    format!("{what} are not allowed in FROM clause of their own query level"),
                )
                .at(at));
            }
            ExprKind::FromFunction => "functions in FROM",
            ExprKind::Where => "WHERE",
            ExprKind::Filter => "FILTER",
            ExprKind::WindowFrameRange => "window RANGE",
            ExprKind::WindowFrameRows => "window ROWS",
            ExprKind::WindowFrameGroups => "window GROUPS",
            ExprKind::UpdateSource => "UPDATE",
            ExprKind::MergeWhen => "MERGE WHEN conditions",
            ExprKind::GroupBy => "GROUP BY",
            ExprKind::Limit => "LIMIT",
            ExprKind::Offset => "OFFSET",
            ExprKind::Returning => "RETURNING",
            ExprKind::Values | ExprKind::ValuesSingle => "VALUES",
            ExprKind::CheckConstraint | ExprKind::DomainCheck => "check constraints",
            ExprKind::ColumnDefault | ExprKind::FunctionDefault => "DEFAULT expressions",
            ExprKind::IndexExpression => "index expressions",
            ExprKind::IndexPredicate => "index predicates",
            ExprKind::AlterColumnTransform => "transform expressions",
            ExprKind::ExecuteParameter => "EXECUTE parameters",
            ExprKind::TriggerWhen => "trigger WHEN conditions",
            ExprKind::Policy => "policy expressions",
            ExprKind::PartitionBound => "partition bound",
            ExprKind::PartitionExpression => "partition key expressions",
            ExprKind::CallArgument => "CALL arguments",
            ExprKind::CopyWhere => "COPY FROM WHERE conditions",
            ExprKind::GeneratedColumn => "column generation expressions",
        };
        Err(Error::new(SqlState::GROUPING_ERROR, format!("{what} are not allowed in {place}")).at(at))
    }

    /// GROUPING(...); which columns it means is found out when GROUP BY is known.
    pub fn grouping_function(&mut self, grouping: &ast::GroupingFunc) -> Result<Expr> {
        let at = position(grouping.location);
        if grouping.args.len() > 31 {
            return Err(Error::new(
                SqlState::TOO_MANY_ARGUMENTS,
                "GROUPING must have fewer than 32 arguments",
            )
            .at(at));
        }
        let args = self.transform_list(&grouping.args)?;
        self.aggregate_allowed(0, "grouping operations", at)?;
        self.level.has_aggregates = true;
        Ok(Expr::Grouping { refs: Vec::new(), args })
    }
}

/// The part of an expression that satisfies a test, parents first.
pub fn find<'e>(expr: &'e Expr, test: &dyn Fn(&Expr) -> bool) -> Option<&'e Expr> {
    let mut found = None;
    expr.visit(&mut |part| {
        if found.is_none() && test(part) {
            found = Some(part);
        }
    });
    found
}

fn nested(inner: &Expr) -> Error {
    Error::new(SqlState::GROUPING_ERROR, "aggregate function calls cannot be nested").at(expr_location(inner))
}

fn set_location(expr: &Expr) -> Option<u32> {
    find(expr, &|part| matches!(part, Expr::Func(call) if call.returns_set)).and_then(expr_location)
}

/// A coercion that the function's declared argument type has put around what was written.
fn strip_coercion(expr: &Expr) -> &Expr {
    match expr {
        Expr::Relabel { arg, .. } => arg,
        expr => expr,
    }
}

/// The innermost query level (0: this one) whose variables or aggregates the expression uses.
fn innermost_level(expr: &Expr) -> Option<usize> {
    level_in(expr, 0)
}

fn level_in(expr: &Expr, depth: usize) -> Option<usize> {
    let mut innermost: Option<usize> = None;
    let mut note = |level: Option<usize>| {
        if let Some(level) = level {
            innermost = Some(innermost.map_or(level, |known| known.min(level)));
        }
    };
    expr.visit(&mut |part| match part {
        Expr::Var(var) => note(var.levels_up.checked_sub(depth)),
        Expr::Aggref(aggregate) => note(aggregate.levels_up.checked_sub(depth)),
        Expr::SubLink(link) => note(query_level(&link.query, depth + 1)),
        _ => {}
    });
    innermost
}

fn query_level(query: &Query, depth: usize) -> Option<usize> {
    let mut innermost: Option<usize> = None;
    let mut note = |level: Option<usize>| {
        if let Some(level) = level {
            innermost = Some(innermost.map_or(level, |known| known.min(level)));
        }
    };
    query.for_each_expr(&mut |expr| note(level_in(expr, depth)));
    for entry in &query.range_table {
        if let crate::query::RangeTableKind::Subquery { query, .. } = &entry.kind {
            note(query_level(query, depth + 1));
        }
    }
    for cte in &query.ctes {
        note(query_level(&cte.query, depth + 1));
    }
    innermost
}
