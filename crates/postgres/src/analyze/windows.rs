//! Window functions, OVER and the WINDOW clause, after PostgreSQL's `parse_agg.c` and `parse_clause.c`.

use kumquat_sql::ast;
use kumquat_types::{CastContext, Error, Oid, Result, SqlState};

use super::aggregates::find;
use super::candidates::{CallKind, Callable};
use super::coercion::Target;
use super::functions::Decoration;
use super::location::{expr_location, position};
use super::set_returning::returns_set;
use super::state::{Analyzer, ExprKind};
use crate::catalog::Name;
use crate::query::{
    Expr, Frame, FrameBound, FrameExclusion, FrameMode, SortGroupClause, TargetEntry, WindowClause, WindowFunc,
};

impl Analyzer<'_, '_> {
    /// Builds the window function node; its window is found or made (`transformWindowFuncCall`).
    pub fn window_call(
        &mut self,
        call: Decoration<'_>,
        callable: Callable,
        args: Vec<Expr>,
        result: Oid,
    ) -> Result<Expr> {
        let name = call.name.join(".");
        let Some(over) = call.over else {
            return Err(Error::internal("window function without a window"));
        };
        let refuse = |state: SqlState, message: String| Err(Error::new(state, message).at(call.at));
        let aggregate = callable.kind() == CallKind::Aggregate;
        if call.distinct {
            return refuse(
                SqlState::FEATURE_NOT_SUPPORTED,
                "DISTINCT is not implemented for window functions".into(),
            );
        }
        if aggregate && args.is_empty() && !call.star {
            return refuse(
                SqlState::WRONG_OBJECT_TYPE,
                format!("{name}(*) must be used to call a parameterless aggregate function"),
            );
        }
        if !call.order.is_empty() {
            return refuse(
                SqlState::FEATURE_NOT_SUPPORTED,
                "aggregate ORDER BY is not implemented for window functions".into(),
            );
        }
        if !aggregate && call.filter.is_some() {
            return refuse(
                SqlState::FEATURE_NOT_SUPPORTED,
                "FILTER is not implemented for non-aggregate window functions".into(),
            );
        }
        if args.iter().any(returns_set) {
            let at = args.iter().find_map(|arg| {
                find(arg, &|part| matches!(part, Expr::Func(call) if call.returns_set)).and_then(expr_location)
            });
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "window function calls cannot contain set-returning function calls",
            )
            .hint("You might be able to move the set-returning function into a LATERAL FROM item.")
            .at(at));
        }
        for arg in args.iter().chain(&call.filter) {
            if let Some(inner) = find(arg, &|part| matches!(part, Expr::WindowFunc(_))) {
                return Err(
                    Error::new(SqlState::WINDOWING_ERROR, "window function calls cannot be nested")
                        .at(expr_location(inner)),
                );
            }
        }
        self.window_allowed(call.at)?;
        let window = self.window_of(over)?;
        self.level.has_windows = true;
        Ok(Expr::WindowFunc(Box::new(WindowFunc {
            function: callable.oid(),
            args,
            star: call.star,
            aggregate,
            filter: call.filter,
            result,
            window,
            location: call.at,
        })))
    }

    fn window_allowed(&self, at: Option<u32>) -> Result<()> {
        let place = match self.level.kind {
            ExprKind::None
            | ExprKind::Other
            | ExprKind::SelectTarget
            | ExprKind::OrderBy
            | ExprKind::DistinctOn
            | ExprKind::InsertTarget => return Ok(()),
            ExprKind::JoinOn | ExprKind::JoinUsing => "JOIN conditions",
            ExprKind::FromFunction | ExprKind::FromSubselect => "functions in FROM",
            ExprKind::Where => "WHERE",
            ExprKind::Having => "HAVING",
            ExprKind::Filter => "FILTER",
            ExprKind::WindowPartition
            | ExprKind::WindowOrder
            | ExprKind::WindowFrameRange
            | ExprKind::WindowFrameRows
            | ExprKind::WindowFrameGroups => "window definitions",
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
        Err(Error::new(
            SqlState::WINDOWING_ERROR,
            format!("window functions are not allowed in {place}"),
        )
        .at(at))
    }

    /// The place among the query's windows of what OVER says; equal definitions are one window.
    fn window_of(&mut self, over: &ast::WindowDef) -> Result<usize> {
        let definitions = &self.level.window_definitions;
        if let Some(name) = &over.name {
            let found = definitions.iter().position(|own| own.name.as_ref() == Some(name));
            return found.ok_or_else(|| undefined_window(name).at(position(over.location)));
        }
        if let Some(found) = definitions.iter().position(|own| own.name.is_none() && own == over) {
            return Ok(found);
        }
        self.level.window_definitions.push(over.clone());
        Ok(self.level.window_definitions.len() - 1)
    }

    /// All windows of the query, those of the WINDOW clause first (`transformWindowDefinitions`).
    pub fn window_clauses(&mut self, targets: &mut Vec<TargetEntry>) -> Result<()> {
        let definitions = self.level.window_definitions.clone();
        for definition in &definitions {
            let clause = self.window_clause(definition, targets)?;
            self.level.windows.push(clause);
        }
        Ok(())
    }

    fn window_clause(&mut self, definition: &ast::WindowDef, targets: &mut Vec<TargetEntry>) -> Result<WindowClause> {
        let at = position(definition.location);
        let name = definition.name.as_deref().map(Name::from);
        if let Some(name) = &name
            && self
                .level
                .windows
                .iter()
                .any(|window| window.name.as_ref() == Some(name))
        {
            return Err(Error::new(
                SqlState::WINDOWING_ERROR,
                format!("window \"{name}\" is already defined"),
            )
            .at(at));
        }
        let base = match &definition.refname {
            Some(name) => {
                let found = self
                    .level
                    .windows
                    .iter()
                    .find(|window| window.name.as_deref() == Some(name));
                Some(found.cloned().ok_or_else(|| undefined_window(name).at(at))?)
            }
            None => None,
        };
        let order_by = self.sort_list(&definition.order, targets, ExprKind::WindowOrder)?;
        let partition_by = self.partition_list(&definition.partition, targets)?;
        let refname = definition.refname.as_deref().unwrap_or_default();
        let cannot = |message: String| Err(Error::new(SqlState::WINDOWING_ERROR, message).at(at));
        let (partition_by, order_by) = match &base {
            None => (partition_by, order_by),
            Some(_) if !partition_by.is_empty() => {
                return cannot(format!("cannot override PARTITION BY clause of window \"{refname}\""));
            }
            Some(base) if !order_by.is_empty() && !base.order_by.is_empty() => {
                return cannot(format!("cannot override ORDER BY clause of window \"{refname}\""));
            }
            Some(base) if base.frame.explicit => {
                let message = format!("cannot copy window \"{refname}\" because it has a frame clause");
                let plain = definition.name.is_none() && order_by.is_empty() && definition.frame.is_none();
                let error = Error::new(SqlState::WINDOWING_ERROR, message);
                return Err(match plain {
                    true => error.hint("Omit the parentheses in this OVER clause."),
                    false => error,
                }
                .at(at));
            }
            Some(base) => (
                base.partition_by.clone(),
                if order_by.is_empty() {
                    base.order_by.clone()
                } else {
                    order_by
                },
            ),
        };
        let mut clause = WindowClause {
            name,
            base: definition.refname.as_deref().map(Name::from),
            partition_by,
            order_by,
            frame: DEFAULT_FRAME,
            start_offset: None,
            end_offset: None,
            run_conditions: Vec::new(),
        };
        if let Some(frame) = &definition.frame {
            self.frame(frame, &mut clause, targets, at)?;
        }
        Ok(clause)
    }

    fn partition_list(&mut self, exprs: &[ast::Expr], targets: &mut Vec<TargetEntry>) -> Result<Vec<SortGroupClause>> {
        let mut result: Vec<SortGroupClause> = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let at = self.target_for(expr, targets, ExprKind::WindowPartition)?;
            let clause = self.group_clause(at, targets, position(expr.location()))?;
            if !result.iter().any(|own| own.target_ref == clause.target_ref) {
                result.push(clause);
            }
        }
        Ok(result)
    }

    fn frame(
        &mut self,
        frame: &ast::WindowFrame,
        clause: &mut WindowClause,
        targets: &[TargetEntry],
        at: Option<u32>,
    ) -> Result<()> {
        let mode = match frame.mode {
            ast::FrameMode::Range => FrameMode::Range,
            ast::FrameMode::Rows => FrameMode::Rows,
            ast::FrameMode::Groups => FrameMode::Groups,
        };
        let end = frame.end.as_ref().unwrap_or(&ast::FrameBound::CurrentRow);
        check_frame(&frame.start, end, at)?;
        let has_offset = [&frame.start, end].into_iter().any(|bound| offset_of(bound).is_some());
        if mode == FrameMode::Groups && clause.order_by.is_empty() {
            return Err(Error::new(SqlState::WINDOWING_ERROR, "GROUPS mode requires an ORDER BY clause").at(at));
        }
        if mode == FrameMode::Range && has_offset && clause.order_by.len() != 1 {
            return Err(Error::new(
                SqlState::WINDOWING_ERROR,
                "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
            )
            .at(at));
        }
        let ordered_type = clause
            .order_by
            .first()
            .and_then(|order| targets.iter().find(|target| target.sort_group_ref == order.target_ref))
            .map_or(Oid::INT8, |target| target.expr.type_oid());
        clause.frame = Frame {
            mode,
            start: bound_kind(&frame.start),
            end: bound_kind(end),
            exclusion: match frame.exclusion {
                ast::FrameExclusion::NoOthers => FrameExclusion::None,
                ast::FrameExclusion::CurrentRow => FrameExclusion::CurrentRow,
                ast::FrameExclusion::Group => FrameExclusion::Group,
                ast::FrameExclusion::Ties => FrameExclusion::Ties,
            },
            explicit: true,
        };
        clause.start_offset = self.frame_offset(&frame.start, mode, ordered_type)?;
        clause.end_offset = self.frame_offset(end, mode, ordered_type)?;
        Ok(())
    }

    /// `transformFrameOffset`.
    fn frame_offset(&mut self, bound: &ast::FrameBound, mode: FrameMode, ordered_type: Oid) -> Result<Option<Expr>> {
        let Some(offset) = offset_of(bound) else {
            return Ok(None);
        };
        let (kind, name) = match mode {
            FrameMode::Rows => (ExprKind::WindowFrameRows, "ROWS"),
            FrameMode::Groups => (ExprKind::WindowFrameGroups, "GROUPS"),
            FrameMode::Range => (ExprKind::WindowFrameRange, "RANGE"),
        };
        let expr = self.expression(offset, kind)?;
        let expr = match mode {
            FrameMode::Rows | FrameMode::Groups => self.coerce_to_specific(expr, Oid::INT8, name)?,
            FrameMode::Range => self.range_offset(expr, ordered_type)?,
        };
        if let Some(var) = find(&expr, &|part| matches!(part, Expr::Var(var) if var.levels_up == 0)) {
            return Err(Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                format!("argument of {name} must not contain variables"),
            )
            .at(expr_location(var)));
        }
        Ok(Some(expr))
    }

    /// The offset of a RANGE frame is of the type that the ordering column can be moved by.
    fn range_offset(&mut self, expr: Expr, ordered_type: Oid) -> Result<Expr> {
        let base = self.backend.base_type(ordered_type);
        let source = expr.type_oid();
        let supported: &[Oid] = match base {
            Oid::INT2 => &[Oid::INT2, Oid::INT4, Oid::INT8],
            Oid::INT4 => &[Oid::INT4, Oid::INT8, Oid::INT2],
            Oid::INT8 => &[Oid::INT8],
            Oid::FLOAT4 | Oid::FLOAT8 => &[Oid::FLOAT8],
            Oid::NUMERIC => &[Oid::NUMERIC],
            Oid::DATE | Oid::TIMESTAMP | Oid::TIMESTAMPTZ | Oid::INTERVAL | Oid::TIME | Oid::TIMETZ => &[Oid::INTERVAL],
            _ => {
                let error = Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!(
                        "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {}",
                        self.backend.format_type(ordered_type)
                    ),
                );
                return Err(error.at(expr_location(&expr)));
            }
        };
        let chosen = match supported {
            _ if supported.contains(&source) => Some(source),
            [first, ..] if source == Oid::UNKNOWN => Some(*first),
            _ => supported
                .iter()
                .copied()
                .find(|&to| self.backend.can_coerce(&[source], &[to], CastContext::Implicit)),
        };
        match chosen {
            Some(to) => self.coerce_type(expr, Target::implicit(to)),
            None => Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!(
                    "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {} and offset type {}",
                    self.backend.format_type(ordered_type),
                    self.backend.format_type(source)
                ),
            )
            .hint("Cast the offset value to an appropriate type.")
            .at(expr_location(&expr))),
        }
    }
}

/// RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW.
const DEFAULT_FRAME: Frame = Frame {
    mode: FrameMode::Range,
    start: FrameBound::UnboundedPreceding,
    end: FrameBound::CurrentRow,
    exclusion: FrameExclusion::None,
    explicit: false,
};

fn undefined_window(name: &str) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("window \"{name}\" does not exist"))
}

fn bound_kind(bound: &ast::FrameBound) -> FrameBound {
    match bound {
        ast::FrameBound::UnboundedPreceding => FrameBound::UnboundedPreceding,
        ast::FrameBound::Preceding(_) => FrameBound::Preceding,
        ast::FrameBound::CurrentRow => FrameBound::CurrentRow,
        ast::FrameBound::Following(_) => FrameBound::Following,
        ast::FrameBound::UnboundedFollowing => FrameBound::UnboundedFollowing,
    }
}

fn offset_of(bound: &ast::FrameBound) -> Option<&ast::Expr> {
    match bound {
        ast::FrameBound::Preceding(offset) | ast::FrameBound::Following(offset) => Some(offset),
        _ => None,
    }
}

/// A frame must not end before it starts.
fn check_frame(start: &ast::FrameBound, end: &ast::FrameBound, at: Option<u32>) -> Result<()> {
    use FrameBound::{CurrentRow, Following, Preceding, UnboundedFollowing, UnboundedPreceding};
    let complaint = match (bound_kind(start), bound_kind(end)) {
        (UnboundedFollowing, _) => "frame start cannot be UNBOUNDED FOLLOWING",
        (_, UnboundedPreceding) => "frame end cannot be UNBOUNDED PRECEDING",
        (CurrentRow, Preceding) => "frame starting from current row cannot have preceding rows",
        (Following, Preceding) => "frame starting from following row cannot have preceding rows",
        (Following, CurrentRow) => "frame starting from following row cannot end with current row",
        _ => return Ok(()),
    };
    Err(Error::new(SqlState::WINDOWING_ERROR, complaint).at(at))
}
