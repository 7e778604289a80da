//! Walking over expressions and queries, after PostgreSQL's `expression_tree_walker` and `_mutator`.

use std::sync::Arc;

use super::{Expr, FromItem, MergeActionKind, Query, RangeTableKind};

impl Expr {
    /// Calls `f` on each direct child; sublinks give their left-hand sides only, not their queries.
    pub fn for_each_child<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        match self {
            Expr::Var(_)
            | Expr::Const(_)
            | Expr::Param { .. }
            | Expr::CaseTest { .. }
            | Expr::SqlValue { .. }
            | Expr::CoerceToDomainValue { .. }
            | Expr::SetToDefault { .. }
            | Expr::InputColumn { .. } => {}
            Expr::Aggref(aggregate) => {
                aggregate.direct_args.iter().chain(&aggregate.args).for_each(&mut *f);
                aggregate.order_by.iter().for_each(|order| f(&order.expr));
                aggregate.filter.iter().for_each(f);
            }
            Expr::WindowFunc(window) => window.args.iter().chain(&window.filter).for_each(f),
            Expr::Func(call) => call.args.iter().for_each(f),
            Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => op.args.iter().for_each(f),
            Expr::ScalarArrayOp { args, .. } => args.iter().for_each(f),
            Expr::SubLink(link) => link.left.iter().for_each(f),
            Expr::SubPlan(plan) => {
                plan.left.iter().for_each(&mut *f);
                plan.args.iter().for_each(|(_, value)| f(value));
            }
            Expr::Subscript(subscript) => {
                f(&subscript.container);
                subscript
                    .lower
                    .iter()
                    .chain(&subscript.upper)
                    .flatten()
                    .for_each(&mut *f);
                subscript.assign.iter().for_each(f);
            }
            Expr::FieldStore { arg, fields, .. } => {
                f(arg);
                fields.iter().for_each(|(_, value)| f(value));
            }
            Expr::FieldSelect { arg, .. }
            | Expr::Relabel { arg, .. }
            | Expr::CoerceViaIo { arg, .. }
            | Expr::ConvertRowtype { arg, .. }
            | Expr::Collate { arg, .. }
            | Expr::NullTest { arg, .. }
            | Expr::BooleanTest { arg, .. }
            | Expr::CoerceToDomain { arg, .. } => f(arg),
            Expr::ArrayCoerce { arg, element, .. } => {
                f(arg);
                f(element);
            }
            Expr::Case {
                arg, whens, otherwise, ..
            } => {
                arg.as_deref().into_iter().for_each(&mut *f);
                for (condition, result) in whens {
                    f(condition);
                    f(result);
                }
                otherwise.as_deref().into_iter().for_each(f);
            }
            Expr::RowCompare { left, right, .. } => left.iter().chain(right).for_each(f),
            Expr::Bool(_, args)
            | Expr::Grouping { args, .. }
            | Expr::Array { elements: args, .. }
            | Expr::Row { args, .. }
            | Expr::Coalesce { args, .. }
            | Expr::MinMax { args, .. } => args.iter().for_each(f),
        }
    }

    /// The same, to change the children in place.
    pub fn for_each_child_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        match self {
            Expr::Var(_)
            | Expr::Const(_)
            | Expr::Param { .. }
            | Expr::CaseTest { .. }
            | Expr::SqlValue { .. }
            | Expr::CoerceToDomainValue { .. }
            | Expr::SetToDefault { .. }
            | Expr::InputColumn { .. } => {}
            Expr::Aggref(aggregate) => {
                aggregate
                    .direct_args
                    .iter_mut()
                    .chain(&mut aggregate.args)
                    .for_each(&mut *f);
                aggregate.order_by.iter_mut().for_each(|order| f(&mut order.expr));
                aggregate.filter.iter_mut().for_each(f);
            }
            Expr::WindowFunc(window) => window.args.iter_mut().chain(&mut window.filter).for_each(f),
            Expr::Func(call) => call.args.iter_mut().for_each(f),
            Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => op.args.iter_mut().for_each(f),
            Expr::ScalarArrayOp { args, .. } => args.iter_mut().for_each(f),
            Expr::SubLink(link) => link.left.iter_mut().for_each(f),
            Expr::SubPlan(plan) => {
                plan.left.iter_mut().for_each(&mut *f);
                plan.args.iter_mut().for_each(|(_, value)| f(value));
            }
            Expr::Subscript(subscript) => {
                f(&mut subscript.container);
                subscript
                    .lower
                    .iter_mut()
                    .chain(&mut subscript.upper)
                    .flatten()
                    .for_each(&mut *f);
                subscript.assign.iter_mut().for_each(f);
            }
            Expr::FieldStore { arg, fields, .. } => {
                f(arg);
                fields.iter_mut().for_each(|(_, value)| f(value));
            }
            Expr::FieldSelect { arg, .. }
            | Expr::Relabel { arg, .. }
            | Expr::CoerceViaIo { arg, .. }
            | Expr::ConvertRowtype { arg, .. }
            | Expr::Collate { arg, .. }
            | Expr::NullTest { arg, .. }
            | Expr::BooleanTest { arg, .. }
            | Expr::CoerceToDomain { arg, .. } => f(arg),
            Expr::ArrayCoerce { arg, element, .. } => {
                f(arg);
                f(element);
            }
            Expr::Case {
                arg, whens, otherwise, ..
            } => {
                arg.as_deref_mut().into_iter().for_each(&mut *f);
                for (condition, result) in whens {
                    f(condition);
                    f(result);
                }
                otherwise.as_deref_mut().into_iter().for_each(f);
            }
            Expr::RowCompare { left, right, .. } => left.iter_mut().chain(right).for_each(f),
            Expr::Bool(_, args)
            | Expr::Grouping { args, .. }
            | Expr::Array { elements: args, .. }
            | Expr::Row { args, .. }
            | Expr::Coalesce { args, .. }
            | Expr::MinMax { args, .. } => args.iter_mut().for_each(f),
        }
    }

    /// True if the expression or any part of it (sublinks' queries left out) satisfies `test`.
    pub fn any(&self, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
        if test(self) {
            return true;
        }
        let mut found = false;
        self.for_each_child(&mut |child| found = found || child.any(test));
        found
    }

    /// Calls `f` on the expression and all its parts, parents first (sublinks' queries left out).
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        f(self);
        self.for_each_child(&mut |child| child.visit(f));
    }

    /// Calls `f` on all parts and then on the expression itself.
    pub fn transform(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        self.for_each_child_mut(&mut |child| child.transform(f));
        f(self);
    }
}

impl Query {
    /// Calls `f` on each top-level expression of the query, of its own level only: not on subqueries in
    /// FROM, CTEs or sublinks.
    pub fn for_each_expr<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        self.target_list
            .iter()
            .chain(&self.returning)
            .for_each(|target| f(&target.expr));
        self.quals
            .iter()
            .chain(&self.having)
            .chain(&self.limit)
            .chain(&self.offset)
            .for_each(&mut *f);
        for window in &self.windows {
            window.start_offset.iter().chain(&window.end_offset).for_each(&mut *f);
        }
        if let Some(conflict) = &self.on_conflict {
            conflict.arbiter.iter().chain(&conflict.arbiter_where).for_each(&mut *f);
            if let Some(update) = &conflict.update {
                update.set.iter().for_each(|target| f(&target.expr));
                update.quals.iter().for_each(&mut *f);
            }
        }
        for action in &self.merge_actions {
            action.condition.iter().for_each(&mut *f);
            match &action.action {
                MergeActionKind::Insert { targets, .. } | MergeActionKind::Update(targets) => {
                    targets.iter().for_each(|target| f(&target.expr));
                }
                MergeActionKind::Delete | MergeActionKind::DoNothing => {}
            }
        }
        self.from.iter().for_each(|item| join_quals(item, f));
        for entry in &self.range_table {
            match &entry.kind {
                RangeTableKind::Function { functions, .. } => functions.iter().for_each(|function| f(&function.expr)),
                RangeTableKind::Values { rows } => rows.iter().flatten().for_each(&mut *f),
                RangeTableKind::Relation {
                    sample: Some(sample), ..
                } => {
                    sample.args.iter().chain(&sample.repeatable).for_each(&mut *f);
                }
                _ => {}
            }
            entry.security_quals.iter().for_each(&mut *f);
        }
    }

    /// The same, to change the expressions in place. Join variables of the range table are included.
    pub fn for_each_expr_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        self.target_list
            .iter_mut()
            .chain(&mut self.returning)
            .for_each(|target| f(&mut target.expr));
        self.quals
            .iter_mut()
            .chain(&mut self.having)
            .chain(&mut self.limit)
            .chain(&mut self.offset)
            .for_each(&mut *f);
        for window in &mut self.windows {
            window
                .start_offset
                .iter_mut()
                .chain(&mut window.end_offset)
                .for_each(&mut *f);
        }
        if let Some(conflict) = &mut self.on_conflict {
            conflict
                .arbiter
                .iter_mut()
                .chain(&mut conflict.arbiter_where)
                .for_each(&mut *f);
            if let Some(update) = &mut conflict.update {
                update.set.iter_mut().for_each(|target| f(&mut target.expr));
                update.quals.iter_mut().for_each(&mut *f);
            }
        }
        for action in &mut self.merge_actions {
            action.condition.iter_mut().for_each(&mut *f);
            match &mut action.action {
                MergeActionKind::Insert { targets, .. } | MergeActionKind::Update(targets) => {
                    targets.iter_mut().for_each(|target| f(&mut target.expr));
                }
                MergeActionKind::Delete | MergeActionKind::DoNothing => {}
            }
        }
        for check in &mut self.check_options {
            check.condition.iter_mut().for_each(&mut *f);
        }
        for check in &mut self.row_checks {
            f(&mut check.condition);
        }
        self.from.iter_mut().for_each(|item| join_quals_mut(item, f));
        for entry in &mut self.range_table {
            match &mut entry.kind {
                RangeTableKind::Function { functions, .. } => {
                    functions.iter_mut().for_each(|function| f(&mut function.expr))
                }
                RangeTableKind::Values { rows } => Arc::make_mut(rows).iter_mut().flatten().for_each(&mut *f),
                RangeTableKind::Join { join_vars, .. } => join_vars.iter_mut().for_each(&mut *f),
                RangeTableKind::Relation {
                    sample: Some(sample), ..
                } => {
                    let sample = Arc::make_mut(sample);
                    sample.args.iter_mut().chain(&mut sample.repeatable).for_each(&mut *f);
                }
                _ => {}
            }
            entry.security_quals.iter_mut().for_each(&mut *f);
        }
    }

    /// Calls `f` on each query nested in this one: in FROM, in CTEs and in sublinks.
    pub fn for_each_subquery<'a>(&'a self, f: &mut dyn FnMut(&'a Arc<Query>)) {
        for entry in &self.range_table {
            if let RangeTableKind::Subquery { query, .. } = &entry.kind {
                f(query);
            }
        }
        self.ctes.iter().for_each(|cte| f(&cte.query));
        self.for_each_expr(&mut |expr| {
            expr.visit(&mut |part| {
                if let Expr::SubLink(link) = part {
                    f(&link.query);
                }
            });
        });
    }

    /// The same, to change the nested queries in place.
    pub fn for_each_subquery_mut(&mut self, f: &mut dyn FnMut(&mut Arc<Query>)) {
        for entry in &mut self.range_table {
            if let RangeTableKind::Subquery { query, .. } = &mut entry.kind {
                f(query);
            }
        }
        self.ctes.iter_mut().for_each(|cte| f(&mut cte.query));
        self.for_each_expr_mut(&mut |expr| {
            expr.transform(&mut |part| {
                if let Expr::SubLink(link) = part {
                    f(&mut link.query);
                }
            });
        });
    }
}

impl Query {
    /// Takes away where the expressions stood, of nested queries as well: trees that are stored belong to no
    /// statement.
    pub fn forget_locations(&mut self) {
        self.for_each_expr_mut(&mut |expr| expr.forget_locations());
        self.for_each_subquery_mut(&mut |query| Arc::make_mut(query).forget_locations());
    }
}

impl Expr {
    /// Takes away where the expression and its parts stood.
    pub fn forget_locations(&mut self) {
        self.transform(&mut |part| match part {
            Expr::Var(var) => var.location = None,
            Expr::Const(constant) => constant.location = None,
            Expr::Aggref(aggregate) => aggregate.location = None,
            Expr::WindowFunc(window) => window.location = None,
            Expr::Func(call) => call.location = None,
            Expr::Op(op) | Expr::Distinct(op) | Expr::NullIf(op) => op.location = None,
            Expr::ScalarArrayOp { location, .. } | Expr::CoerceViaIo { location, .. } => *location = None,
            Expr::SubLink(link) => link.location = None,
            _ => {}
        });
    }
}

fn join_quals<'a>(item: &'a FromItem, f: &mut dyn FnMut(&'a Expr)) {
    if let FromItem::Join(join) = item {
        join_quals(&join.left, f);
        join_quals(&join.right, f);
        join.quals.iter().for_each(f);
    }
}

fn join_quals_mut(item: &mut FromItem, f: &mut dyn FnMut(&mut Expr)) {
    if let FromItem::Join(join) = item {
        join_quals_mut(&mut join.left, f);
        join_quals_mut(&mut join.right, f);
        join.quals.iter_mut().for_each(f);
    }
}
