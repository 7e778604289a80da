//! ORDER BY, DISTINCT and LIMIT, and how their expressions find output columns.

use kumquat_sql::ast::{self, ColumnRefField, NullsOrder, SortDirection};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::aggregates::find;
use super::coercion::Target;
use super::location::{expr_location, position};
use super::state::{Analyzer, ExprKind};
use crate::catalog::{Name, SortOrder};
use crate::query::{Distinct, Expr, SortGroupClause, TargetEntry};

impl Analyzer<'_, '_> {
    /// ORDER BY over a target list, which grows by what is not in it.
    pub fn sort_list(
        &mut self,
        sorts: &[ast::SortBy],
        targets: &mut Vec<TargetEntry>,
        kind: ExprKind,
    ) -> Result<Vec<SortGroupClause>> {
        let mut list: Vec<SortGroupClause> = Vec::with_capacity(sorts.len());
        for sort in sorts {
            let at = self.target_for(&sort.node, targets, kind)?;
            self.known_type(at, targets)?;
            let target_ref = self.target_ref(at, targets);
            let Some(target) = targets.get(at) else { continue };
            let (order, using) = self.sort_order(sort, &target.expr)?;
            if list.iter().any(|own| own.target_ref == target_ref) {
                continue;
            }
            list.push(SortGroupClause {
                target_ref,
                order,
                equality: self.backend.equality_operator(target.expr.type_oid()),
                using,
            });
        }
        Ok(list)
    }

    /// The direction of a sort item, whose type must have an order.
    pub fn sort_order(&self, sort: &ast::SortBy, expr: &Expr) -> Result<(SortOrder, Option<Name>)> {
        let (descending, using) = match &sort.direction {
            SortDirection::Default | SortDirection::Asc => (false, None),
            SortDirection::Desc => (true, None),
            SortDirection::Using(names) => {
                let at = position(sort.location);
                let descending = self.ordering_by_operator(names, expr.type_oid(), at)?;
                (descending, names.last().map(|name| Name::from(name.as_str())))
            }
        };
        self.check_orderable(expr, position(sort.node.location()))?;
        let nulls_first = match sort.nulls {
            NullsOrder::Default => descending,
            NullsOrder::First => true,
            NullsOrder::Last => false,
        };
        Ok((
            SortOrder {
                descending,
                nulls_first,
            },
            using,
        ))
    }

    /// The place of the target that an ORDER BY, GROUP BY or DISTINCT ON item means; a new one is added as junk.
    ///
    /// By SQL92 (`findTargetlistEntrySQL92`) a name or number is that of an output column; windows follow SQL99,
    /// where it is an expression like any other.
    pub fn target_for(&mut self, node: &ast::Expr, targets: &mut Vec<TargetEntry>, kind: ExprKind) -> Result<usize> {
        if !matches!(kind, ExprKind::WindowOrder | ExprKind::WindowPartition) {
            if let Some(at) = self.target_by_name(node, targets, kind)? {
                self.check_grouped(targets.get(at), kind)?;
                return Ok(at);
            }
            if let ast::Expr::Const(constant) = node {
                return self.target_by_number(constant, targets, kind);
            }
        }
        let expr = self.expression(node, kind)?;
        let found = targets
            .iter()
            .position(|target| strip_implicit(&target.expr).same_as(&expr) || target.expr.same_as(&expr));
        if let Some(at) = found {
            return Ok(at);
        }
        self.push_target(targets, expr, super::targets::column_name(node));
        if let Some(target) = targets.last_mut() {
            target.junk = true;
            target.origin = (Oid::INVALID, 0);
        }
        Ok(targets.len() - 1)
    }

    fn target_by_name(&mut self, node: &ast::Expr, targets: &[TargetEntry], kind: ExprKind) -> Result<Option<usize>> {
        let ast::Expr::ColumnRef(reference) = node else {
            return Ok(None);
        };
        let [ColumnRefField::Name(name)] = reference.fields.as_slice() else {
            return Ok(None);
        };
        let at = position(reference.location);
        // In GROUP BY, columns of FROM come before output columns of that name.
        if kind == ExprKind::GroupBy && self.has_local_column(name, at)? {
            return Ok(None);
        }
        let mut found: Option<usize> = None;
        for (place, target) in targets.iter().enumerate() {
            if target.junk || *target.name != **name {
                continue;
            }
            match found.and_then(|first| targets.get(first)) {
                None => found = Some(place),
                Some(first) if first.expr.same_as(&target.expr) => {}
                Some(_) => {
                    return Err(Error::new(
                        SqlState::AMBIGUOUS_COLUMN,
                        format!("{} \"{name}\" is ambiguous", clause_name(kind)),
                    )
                    .at(at));
                }
            }
        }
        Ok(found)
    }

    fn target_by_number(&mut self, constant: &ast::AConst, targets: &[TargetEntry], kind: ExprKind) -> Result<usize> {
        let at = position(constant.location);
        let ast::Value::Integer(wanted) = constant.value else {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!("non-integer constant in {}", clause_name(kind)),
            )
            .at(at));
        };
        let mut visible = targets.iter().enumerate().filter(|(_, target)| !target.junk);
        let found = usize::try_from(wanted)
            .ok()
            .and_then(|n| n.checked_sub(1))
            .and_then(|n| visible.nth(n));
        match found {
            Some((place, target)) => {
                self.check_grouped(Some(target), kind)?;
                Ok(place)
            }
            None => Err(Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                format!("{} position {wanted} is not in select list", clause_name(kind)),
            )
            .at(at)),
        }
    }

    /// Output columns named in GROUP BY must not hold aggregates (`checkTargetlistEntrySQL92`).
    fn check_grouped(&self, target: Option<&TargetEntry>, kind: ExprKind) -> Result<()> {
        let Some(target) = target.filter(|_| kind == ExprKind::GroupBy) else {
            return Ok(());
        };
        if let Some(aggregate) = find(
            &target.expr,
            &|part| matches!(part, Expr::Aggref(own) if own.levels_up == 0),
        ) {
            return Err(Error::new(
                SqlState::GROUPING_ERROR,
                "aggregate functions are not allowed in GROUP BY",
            )
            .at(expr_location(aggregate)));
        }
        if let Some(window) = find(&target.expr, &|part| matches!(part, Expr::WindowFunc(_))) {
            return Err(Error::new(
                SqlState::WINDOWING_ERROR,
                "window functions are not allowed in GROUP BY",
            )
            .at(expr_location(window)));
        }
        Ok(())
    }

    /// An untyped literal that is sorted or grouped by becomes text.
    pub fn known_type(&mut self, at: usize, targets: &mut [TargetEntry]) -> Result<()> {
        if let Some(target) = targets.get_mut(at)
            && target.expr.type_oid() == Oid::UNKNOWN
        {
            let expr = std::mem::replace(&mut target.expr, Expr::null(Oid::TEXT));
            target.expr = self.coerce_type(expr, Target::implicit(Oid::TEXT))?;
        }
        Ok(())
    }

    /// The `sort_group_ref` of a target, given to it if it has none (`assignSortGroupRef`).
    pub fn target_ref(&mut self, at: usize, targets: &mut [TargetEntry]) -> u32 {
        let Some(target) = targets.get_mut(at) else { return 0 };
        if target.sort_group_ref == 0 {
            target.sort_group_ref = self.new_target_ref();
        }
        target.sort_group_ref
    }

    /// A grouping clause for a target, whose type must have equality.
    pub fn group_clause(
        &mut self,
        at: usize,
        targets: &mut [TargetEntry],
        location: Option<u32>,
    ) -> Result<SortGroupClause> {
        self.known_type(at, targets)?;
        let target_ref = self.target_ref(at, targets);
        let Some(target) = targets.get(at) else {
            return Err(Error::internal("no such target"));
        };
        Ok(SortGroupClause {
            target_ref,
            order: SortOrder::default(),
            equality: self.check_equatable(&target.expr, location)?,
            using: None,
        })
    }

    /// SELECT DISTINCT (`transformDistinctClause`).
    pub fn distinct_all(&mut self, targets: &mut [TargetEntry], sorts: &[SortGroupClause]) -> Result<Distinct> {
        let mut list = Vec::with_capacity(targets.len());
        for sort in sorts {
            let target = targets.iter().find(|target| target.sort_group_ref == sort.target_ref);
            if let Some(target) = target.filter(|target| target.junk) {
                return Err(Error::new(
                    SqlState::INVALID_COLUMN_REFERENCE,
                    "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                )
                .at(expr_location(&target.expr)));
            }
            list.push(sort.clone());
        }
        for at in 0..targets.len() {
            if targets.get(at).is_none_or(|target| target.junk) {
                continue;
            }
            let location = targets.get(at).and_then(|target| expr_location(&target.expr));
            let clause = self.group_clause(at, targets, location)?;
            if !list.iter().any(|own| own.target_ref == clause.target_ref) {
                list.push(clause);
            }
        }
        match list.is_empty() {
            true => Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "SELECT DISTINCT must have at least one column",
            )),
            false => Ok(Distinct::All(list)),
        }
    }

    /// SELECT DISTINCT ON (...) (`transformDistinctOnClause`).
    pub fn distinct_on(
        &mut self,
        exprs: &[ast::Expr],
        targets: &mut Vec<TargetEntry>,
        sorts: &[SortGroupClause],
    ) -> Result<Distinct> {
        let mut wanted = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let at = self.target_for(expr, targets, ExprKind::DistinctOn)?;
            wanted.push((at, self.target_ref(at, targets), position(expr.location())));
        }
        let mismatch = |at: Option<u32>| {
            Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
            )
            .at(at)
        };
        let mut list: Vec<SortGroupClause> = Vec::new();
        let mut skipped = false;
        for sort in sorts {
            match wanted.iter().find(|(_, target_ref, _)| *target_ref == sort.target_ref) {
                Some((.., at)) if skipped => return Err(mismatch(*at)),
                Some(_) => list.push(sort.clone()),
                None => skipped = true,
            }
        }
        for (at, target_ref, location) in wanted {
            if list.iter().any(|own| own.target_ref == target_ref) {
                continue;
            }
            if skipped {
                return Err(mismatch(location));
            }
            list.push(self.group_clause(at, targets, location)?);
        }
        Ok(Distinct::On(list))
    }

    /// LIMIT or OFFSET (`transformLimitClause`).
    pub fn limit_clause(&mut self, clause: Option<&ast::Expr>, kind: ExprKind, name: &str) -> Result<Option<Expr>> {
        let Some(clause) = clause else { return Ok(None) };
        let expr = self.expression(clause, kind)?;
        let expr = self.coerce_to_specific(expr, Oid::INT8, name)?;
        if let Some(var) = find(&expr, &|part| matches!(part, Expr::Var(var) if var.levels_up == 0)) {
            return Err(Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                format!("argument of {name} must not contain variables"),
            )
            .at(expr_location(var)));
        }
        Ok(Some(expr))
    }
}

/// The clause as its errors call it (`ParseExprKindName`).
pub fn clause_name(kind: ExprKind) -> &'static str {
    match kind {
        ExprKind::GroupBy => "GROUP BY",
        ExprKind::DistinctOn => "DISTINCT ON",
        _ => "ORDER BY",
    }
}

/// The expression under coercions that nobody wrote (`strip_implicit_coercions`).
pub fn strip_implicit(expr: &Expr) -> &Expr {
    use crate::query::FuncForm::ImplicitCast;
    match expr {
        Expr::Func(call) if call.form == ImplicitCast => call.args.first().map_or(expr, strip_implicit),
        Expr::Relabel { arg, form, .. }
        | Expr::CoerceViaIo { arg, form, .. }
        | Expr::ArrayCoerce { arg, form, .. }
        | Expr::CoerceToDomain { arg, form, .. }
            if *form == ImplicitCast =>
        {
            strip_implicit(arg)
        }
        expr => expr,
    }
}
