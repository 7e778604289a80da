//! The way through a query: what its tables are, and what its conditions say of their columns.

use kumquat_postgres::query::{
    BoolOp, Expr, FromItem, JoinKind, MergeActionKind, Query, RangeTableKind, SetOperation, SubLink, SubLinkKind, Var,
};
use kumquat_types::{Datum, Oid};

use super::{Analysis, Column, Restriction, TableUse, entries_of, is_equality, strip};
use crate::metadata::Metadata;
use crate::planner::constants;

/// What an output column of a range-table entry is, if it is a plain column of a table: of several tables, if
/// they are branches of a set operation.
type Origin = Vec<Column>;

/// One query level: origins of the columns of each range-table entry. Those of CTEs have none: what is asked of
/// them does not reach the tables below.
struct Scope {
    columns: Vec<Vec<Origin>>,
    /// The first table use that belongs to it.
    first_use: usize,
}

/// Looks through a query.
pub fn analyze(query: &Query, metadata: &Metadata, params: &[Datum]) -> Analysis {
    let mut analyzer = Analyzer {
        analysis: Analysis::default(),
        metadata,
        scopes: Vec::new(),
        params,
    };
    analyzer.query(query, false);
    analyzer.analysis
}

struct Analyzer<'a> {
    analysis: Analysis,
    metadata: &'a Metadata,
    scopes: Vec<Scope>,
    params: &'a [Datum],
}

impl Analyzer<'_> {
    /// Gives the origins of the query's output columns.
    fn query(&mut self, query: &Query, nullable: bool) -> Vec<Origin> {
        self.scopes.push(Scope {
            columns: Vec::new(),
            first_use: self.analysis.uses.len(),
        });
        for cte in &query.ctes {
            self.query(&cte.query, nullable);
        }
        let nullable_entries = nullable_entries(query);
        for (index, entry) in (1..).zip(&query.range_table) {
            let nullable = nullable || nullable_entries.contains(&index);
            let origins = match &entry.kind {
                RangeTableKind::Relation { relation, .. } => self.table(*relation, entry.columns.len(), nullable),
                RangeTableKind::Subquery { query, .. } => self.query(query, nullable),
                RangeTableKind::Join { join_vars, .. } => join_vars.iter().map(|expr| self.origin(expr)).collect(),
                _ => vec![Vec::new(); entry.columns.len()],
            };
            if let Some(scope) = self.scopes.last_mut() {
                scope.columns.push(origins);
            }
        }
        for item in &query.from {
            self.join_conditions(item);
        }
        if let Some(quals) = &query.quals {
            self.condition(quals, effect_of_quals(query));
        }
        self.sublinks(query);
        let outputs = match &query.set_operation {
            Some(operation) => self.set_operation(operation),
            None => query.output_columns().map(|target| self.origin(&target.expr)).collect(),
        };
        self.scopes.pop();
        outputs
    }

    fn table(&mut self, relation: Oid, columns: usize, nullable: bool) -> Vec<Origin> {
        let index = self.analysis.uses.len();
        let table = self.metadata.table(relation);
        self.analysis.uses.push(TableUse {
            relation,
            table_type: table.map(|table| table.table_type()),
            column: table.and_then(|table| table.column),
            colocation_id: table.map_or(0, |table| table.colocation_id),
            nullable,
            empty: false,
        });
        (1..).take(columns).map(|number| vec![(index, number)]).collect()
    }

    /// The table columns that an expression is, if it is a column and nothing else.
    fn origin(&self, expr: &Expr) -> Origin {
        match strip(expr) {
            Expr::Var(var) => self.origin_of_var(var),
            _ => Vec::new(),
        }
    }

    fn origin_of_var(&self, var: &Var) -> Origin {
        let level = self.scopes.len().checked_sub(var.levels_up + 1);
        let scope = level.and_then(|level| self.scopes.get(level));
        let entry = scope.and_then(|scope| scope.columns.get(var.varno.checked_sub(1)?));
        let attribute = usize::try_from(var.attribute)
            .ok()
            .and_then(|number| number.checked_sub(1));
        entry
            .zip(attribute)
            .and_then(|(entry, attribute)| entry.get(attribute))
            .cloned()
            .unwrap_or_default()
    }

    /// The outputs of the branches, aligned with each other.
    fn set_operation(&mut self, operation: &SetOperation) -> Vec<Origin> {
        match operation {
            SetOperation::Leaf(index) => self
                .scopes
                .last()
                .and_then(|scope| scope.columns.get(index.checked_sub(1)?))
                .cloned()
                .unwrap_or_default(),
            SetOperation::Node { left, right, .. } => {
                let (left, right) = (self.set_operation(left), self.set_operation(right));
                let aligned = left.into_iter().zip(right).map(|(mut left, right)| {
                    if let (Some(a), Some(b)) = (left.first(), right.first()) {
                        self.analysis.aligned.join(*a, *b);
                    } else {
                        return Vec::new();
                    }
                    left.extend(right);
                    left
                });
                aligned.collect()
            }
        }
    }

    fn join_conditions(&mut self, item: &FromItem) {
        let FromItem::Join(join) = item else { return };
        self.join_conditions(&join.left);
        self.join_conditions(&join.right);
        let Some(quals) = &join.quals else { return };
        let effect = match join.kind {
            JoinKind::Inner | JoinKind::Semi => Effect::Inner,
            JoinKind::Left | JoinKind::Anti => Effect::Outer(entries_of(&join.right)),
            JoinKind::Right => Effect::Outer(entries_of(&join.left)),
            JoinKind::Full => Effect::Outer(Vec::new()),
        };
        self.condition(quals, effect);
    }

    /// Takes from a condition what it says of columns.
    fn condition(&mut self, expr: &Expr, effect: Effect) {
        match expr {
            Expr::Bool(BoolOp::And, args) => args.iter().for_each(|arg| self.condition(arg, effect.clone())),
            Expr::Op(op) if is_equality(op.operator) && op.args.iter().any(is_true) => {
                op.args
                    .iter()
                    .filter(|arg| !is_true(arg))
                    .for_each(|arg| self.condition(arg, effect.clone()));
            }
            _ if constants::known(expr).is_some_and(|(value, _)| matches!(value, Datum::Bool(false) | Datum::Null)) => {
                if matches!(effect, Effect::Inner) {
                    self.no_rows();
                }
            }
            Expr::Op(op) if is_equality(op.operator) => {
                if let [left, right] = op.args.as_slice() {
                    self.equality(left, right, &effect);
                }
            }
            Expr::SubLink(link) if link.kind == SubLinkKind::Any && link.is_in => {
                self.in_subquery(link, &effect);
            }
            Expr::SubLink(link) if link.kind == SubLinkKind::Exists => {
                self.query(&link.query, true);
            }
            _ => self.restriction(expr, &effect),
        }
    }

    /// A condition of the query that is being looked through is false.
    fn no_rows(&mut self) {
        if self.scopes.len() == 1 {
            self.analysis.has_false_condition = true;
            return;
        }
        let first = self.scopes.last().map_or(0, |scope| scope.first_use);
        self.analysis
            .uses
            .iter_mut()
            .skip(first)
            .for_each(|table| table.empty = true);
    }

    fn equality(&mut self, left: &Expr, right: &Expr, effect: &Effect) {
        let (from, to) = (self.origin(left), self.origin(right));
        match (from.as_slice(), to.as_slice()) {
            ([], []) => {}
            ([from], [to]) => self.equal_columns((left, *from), (right, *to), effect),
            (from, to) if !from.is_empty() && !to.is_empty() => {
                // A column of a union: aligned with all branches, equal to none in particular.
                for column in from.iter().chain(to) {
                    self.analysis.aligned.join(from[0], *column);
                }
            }
            _ => {
                let (columns, value) = if from.is_empty() { (to, left) } else { (from, right) };
                if let Some(constant) = self.constant(value) {
                    let restriction = match constant.0.is_null() {
                        true => Restriction::Nothing,
                        false => Restriction::Values(vec![constant]),
                    };
                    for column in columns {
                        self.restrict(column, restriction.clone(), effect, left, right);
                    }
                }
            }
        }
    }

    fn equal_columns(&mut self, left: (&Expr, Column), right: (&Expr, Column), effect: &Effect) {
        let (left_type, right_type) = (strip(left.0).type_oid(), strip(right.0).type_oid());
        match left_type == right_type {
            true => self.analysis.aligned.join(left.1, right.1),
            // Integers are compared whatever their width, but hashed by it.
            false if is_integer(left_type) && is_integer(right_type) => {}
            false => return,
        }
        match effect {
            Effect::Inner => {
                // A column of an outer query restricts the inner one, and not the other way round.
                match (outer_level(left.0), outer_level(right.0)) {
                    (false, true) => self.analysis.implied.push((right.1, left.1)),
                    (true, false) => self.analysis.implied.push((left.1, right.1)),
                    _ => self.analysis.equal.join(left.1, right.1),
                }
            }
            Effect::Outer(nullable) => {
                let is_nullable = |expr: &Expr| varno(expr).is_some_and(|varno| nullable.contains(&varno));
                if is_nullable(left.0) {
                    self.analysis.implied.push((right.1, left.1));
                }
                if is_nullable(right.0) {
                    self.analysis.implied.push((left.1, right.1));
                }
            }
        }
    }

    /// `x IN (SELECT y ...)`: a semi join on x = y.
    fn in_subquery(&mut self, link: &SubLink, effect: &Effect) {
        let outputs = self.query(&link.query, false);
        for (left, origins) in link.left.iter().zip(outputs) {
            let outer = self.origin(left);
            if let ([outer], [inner]) = (outer.as_slice(), origins.as_slice()) {
                let same_type = link
                    .query
                    .output_columns()
                    .next()
                    .is_some_and(|target| strip(&target.expr).type_oid() == strip(left).type_oid());
                if !same_type {
                    continue;
                }
                self.analysis.aligned.join(*outer, *inner);
                match effect {
                    Effect::Inner => self.analysis.equal.join(*outer, *inner),
                    Effect::Outer(_) => self.analysis.implied.push((*outer, *inner)),
                }
            }
        }
    }

    /// `column IN (...)`, `column = 1 OR column = 2`.
    fn restriction(&mut self, expr: &Expr, effect: &Effect) {
        if let Some((column, values)) = self.values_of(expr) {
            let restriction = match values.is_empty() {
                true => Restriction::Nothing,
                false => Restriction::Values(values),
            };
            self.restrict(column, restriction, effect, expr, expr);
        } else {
            self.nested_sublinks(expr);
        }
    }

    fn values_of(&self, expr: &Expr) -> Option<(Column, Vec<(Datum, Oid)>)> {
        match expr {
            Expr::Op(op) if is_equality(op.operator) => {
                let [left, right] = op.args.as_slice() else { return None };
                let (columns, value) = match (self.origin(left).as_slice(), self.origin(right).as_slice()) {
                    ([column], []) => (*column, right),
                    ([], [column]) => (*column, left),
                    _ => return None,
                };
                let constant = self.constant(value)?;
                Some((
                    columns,
                    if constant.0.is_null() {
                        Vec::new()
                    } else {
                        vec![constant]
                    },
                ))
            }
            Expr::ScalarArrayOp {
                operator,
                any: true,
                args,
                ..
            } if is_equality(*operator) => {
                let [left, right] = args.as_ref();
                let column = *self.origin(left).first()?;
                let values = self.elements(right)?;
                Some((column, values))
            }
            Expr::Bool(BoolOp::Or, args) => {
                let mut all: Option<(Column, Vec<(Datum, Oid)>)> = None;
                for arg in args {
                    let (column, values) = self.values_of(arg)?;
                    match &mut all {
                        None => all = Some((column, values)),
                        Some((known, list)) if *known == column => list.extend(values),
                        Some(_) => return None,
                    }
                }
                all
            }
            Expr::Bool(BoolOp::And, args) => args.iter().find_map(|arg| self.values_of(arg)),
            _ => None,
        }
    }

    /// The elements of an array of constants that are not NULL.
    fn elements(&self, expr: &Expr) -> Option<Vec<(Datum, Oid)>> {
        match strip(expr) {
            Expr::Array { elements, .. } => {
                let values: Option<Vec<(Datum, Oid)>> = elements.iter().map(|element| self.constant(element)).collect();
                values.map(|values| values.into_iter().filter(|(value, _)| !value.is_null()).collect())
            }
            other => {
                let (Datum::Array(array), _) = self.constant(other)? else {
                    return None;
                };
                let element = array.element;
                let values = array.values.iter().filter(|value| !value.is_null());
                Some(values.map(|value| (value.clone(), element)).collect())
            }
        }
    }

    /// The value and type of a constant or of a parameter whose value is known.
    fn constant(&self, expr: &Expr) -> Option<(Datum, Oid)> {
        match strip(expr) {
            Expr::Param { number, type_oid, .. } => {
                let value = self.params.get(number.checked_sub(1)?)?;
                Some((value.clone(), *type_oid))
            }
            other => constants::known(other),
        }
    }

    fn restrict(&mut self, column: Column, restriction: Restriction, effect: &Effect, left: &Expr, right: &Expr) {
        match effect {
            Effect::Inner => self.analysis.restrictions.push((column, restriction)),
            Effect::Outer(nullable) => {
                let mut on_nullable = false;
                for expr in [left, right] {
                    expr.visit(&mut |part| {
                        on_nullable |= varno(part).is_some_and(|varno| nullable.contains(&varno));
                    });
                }
                if on_nullable {
                    self.analysis.direct.push((column, restriction));
                }
            }
        }
    }

    /// Sublinks in conditions that were not looked into yet.
    fn nested_sublinks(&mut self, expr: &Expr) {
        let mut queries = Vec::new();
        expr.visit(&mut |part| {
            if let Expr::SubLink(link) = part {
                queries.push(link.query.clone());
            }
        });
        for query in queries {
            self.query(&query, true);
        }
    }

    /// Sublinks in the target list, HAVING and so on.
    fn sublinks(&mut self, query: &Query) {
        let targets = query
            .target_list
            .iter()
            .chain(&query.returning)
            .map(|target| &target.expr);
        let exprs: Vec<&Expr> = targets
            .chain(&query.having)
            .chain(&query.limit)
            .chain(&query.offset)
            .collect();
        for expr in exprs {
            self.nested_sublinks(expr);
        }
    }
}

/// Rows of a MERGE's source that match nothing are inserted: its condition restricts the target alone.
fn effect_of_quals(query: &Query) -> Effect {
    let inserts = query
        .merge_actions
        .iter()
        .any(|action| matches!(action.action, MergeActionKind::Insert { .. }));
    match inserts {
        true => Effect::Outer(query.result_relation.into_iter().collect()),
        false => Effect::Inner,
    }
}

/// To which tables a condition speaks.
#[derive(Clone)]
enum Effect {
    /// Every row of the result meets it.
    Inner,
    /// It is the condition of an outer join that has these entries on its nullable side.
    Outer(Vec<usize>),
}

fn is_integer(type_oid: Oid) -> bool {
    [Oid::INT2, Oid::INT4, Oid::INT8].contains(&type_oid)
}

fn is_true(expr: &Expr) -> bool {
    matches!(strip(expr), Expr::Const(constant) if matches!(constant.value, Datum::Bool(true)))
}

fn varno(expr: &Expr) -> Option<usize> {
    match strip(expr) {
        Expr::Var(var) if var.levels_up == 0 => Some(var.varno),
        _ => None,
    }
}

fn outer_level(expr: &Expr) -> bool {
    matches!(strip(expr), Expr::Var(var) if var.levels_up > 0)
}

/// Entries on the nullable side of an outer join.
fn nullable_entries(query: &Query) -> Vec<usize> {
    fn collect(item: &FromItem, found: &mut Vec<usize>) {
        let FromItem::Join(join) = item else { return };
        match join.kind {
            JoinKind::Left | JoinKind::Anti => found.extend(entries_of(&join.right)),
            JoinKind::Right => found.extend(entries_of(&join.left)),
            JoinKind::Full => {
                found.extend(entries_of(&join.left));
                found.extend(entries_of(&join.right));
            }
            JoinKind::Inner | JoinKind::Semi => {}
        }
        collect(&join.left, found);
        collect(&join.right, found);
    }
    let mut found = Vec::new();
    query.from.iter().for_each(|item| collect(item, &mut found));
    found
}
