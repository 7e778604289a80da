//! What objects an expression or a query needs, after PostgreSQL's `recordDependencyOnExpr`.

use kumquat_types::{Datum, Oid};

use super::{Catalog, DependencyKind, ObjectAddress, ObjectClass};
use crate::query::{Const, Expr, Query, RangeTableKind, Var};

/// Objects an expression over one relation (varno 1) needs, its columns included.
pub fn expression_references(expr: &Expr, relation: Oid) -> Vec<ObjectAddress> {
    let mut found = References::default();
    found.expression(expr, &[Scope::Relation(relation)]);
    found.finish()
}

/// Objects a query needs.
pub fn query_references(query: &Query) -> Vec<ObjectAddress> {
    let mut found = References::default();
    found.query(query, &[]);
    found.finish()
}

/// The columns of its relation that an expression reads, in order of number, each once.
pub fn columns_read(expr: &Expr) -> Vec<i16> {
    let mut columns = Vec::new();
    expr.visit(&mut |part| {
        if let Expr::Var(var) = part {
            columns.push(var.attribute);
        }
    });
    columns.sort_unstable();
    columns.dedup();
    columns
}

impl Catalog {
    /// Records what an expression on a relation's part needs: columns of the relation itself with
    /// `on_self`, all else with a normal dependency.
    pub fn record_expression(&mut self, dependent: ObjectAddress, expr: &Expr, relation: Oid, on_self: DependencyKind) {
        for referenced in expression_references(expr, relation) {
            let own = referenced.class == ObjectClass::Relation && referenced.oid == relation;
            let kind = if own { on_self } else { DependencyKind::Normal };
            self.record_dependency(dependent, referenced, kind);
        }
    }
}

/// What range-table indexes mean at one level.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Relation(Oid),
    Query(&'a Query),
}

#[derive(Default)]
struct References(Vec<ObjectAddress>);

impl References {
    fn add(&mut self, class: ObjectClass, oid: Oid) {
        if oid.0 >= Oid::FIRST_NORMAL {
            self.0.push(ObjectAddress::new(class, oid));
        }
    }

    /// Each object once; one of which columns are needed not as a whole.
    fn finish(mut self) -> Vec<ObjectAddress> {
        self.0.sort_unstable();
        self.0.dedup();
        let all = self.0.clone();
        let mut next = all.iter().skip(1);
        self.0.retain(|object| {
            let next = next.next();
            let has_parts = next.is_some_and(|next| next.class == object.class && next.oid == object.oid);
            object.sub != 0 || !has_parts
        });
        self.0
    }

    fn query(&mut self, query: &Query, outer: &[Scope<'_>]) {
        let mut scopes = vec![Scope::Query(query)];
        scopes.extend_from_slice(outer);
        for entry in &query.range_table {
            match &entry.kind {
                RangeTableKind::Relation { relation, .. } => self.add(ObjectClass::Relation, *relation),
                RangeTableKind::Function { functions, .. } => {
                    functions.iter().for_each(|f| self.expression(&f.expr, &scopes));
                }
                RangeTableKind::Values { rows } => {
                    rows.iter().flatten().for_each(|expr| self.expression(expr, &scopes));
                }
                RangeTableKind::Subquery { query, .. } => self.query(query, &scopes),
                _ => {}
            }
        }
        for cte in &query.ctes {
            self.query(&cte.query, &scopes);
        }
        query.for_each_expr(&mut |expr| self.expression(expr, &scopes));
    }

    fn expression(&mut self, expr: &Expr, scopes: &[Scope<'_>]) {
        expr.visit(&mut |part| self.part(part, scopes));
    }

    fn part(&mut self, part: &Expr, scopes: &[Scope<'_>]) {
        match part {
            Expr::Var(var) => self.var(var, scopes),
            Expr::Const(constant) => self.constant(constant),
            Expr::Func(call) => {
                self.add(ObjectClass::Function, call.function);
                self.add(ObjectClass::Type, call.result);
            }
            Expr::Aggref(aggregate) => self.add(ObjectClass::Function, aggregate.function),
            Expr::WindowFunc(window) => self.add(ObjectClass::Function, window.function),
            Expr::SubLink(link) => self.query(&link.query, scopes),
            Expr::Param { type_oid, .. }
            | Expr::Relabel { type_oid, .. }
            | Expr::CoerceViaIo { type_oid, .. }
            | Expr::ArrayCoerce { type_oid, .. }
            | Expr::ConvertRowtype { type_oid, .. }
            | Expr::Row { type_oid, .. }
            | Expr::FieldSelect { type_oid, .. } => self.add(ObjectClass::Type, *type_oid),
            Expr::Array { array_type, .. } => self.add(ObjectClass::Type, *array_type),
            Expr::CoerceToDomain { domain, .. } => self.add(ObjectClass::Type, *domain),
            _ => {}
        }
    }

    fn var(&mut self, var: &Var, scopes: &[Scope<'_>]) {
        match scopes.get(var.levels_up) {
            Some(Scope::Relation(relation)) => self.column(*relation, var.attribute),
            Some(Scope::Query(query)) => match query.entry(var.varno).map(|entry| &entry.kind) {
                Some(RangeTableKind::Relation { relation, .. }) => self.column(*relation, var.attribute),
                Some(RangeTableKind::Join { join_vars, .. }) => {
                    let at = usize::try_from(var.attribute)
                        .ok()
                        .and_then(|number| number.checked_sub(1));
                    let inner = scopes.get(var.levels_up..).unwrap_or_default();
                    if let Some(expr) = at.and_then(|at| join_vars.get(at)) {
                        self.expression(expr, inner);
                    }
                }
                _ => {}
            },
            None => {}
        }
    }

    fn column(&mut self, relation: Oid, number: i16) {
        if relation.0 >= Oid::FIRST_NORMAL {
            self.0.push(ObjectAddress::column(relation, number.max(0)));
        }
    }

    /// A constant that is an object's oid (`'t'::regclass`), or of a user-defined type.
    fn constant(&mut self, constant: &Const) {
        self.add(ObjectClass::Type, constant.type_oid);
        let Datum::Oid(oid) = constant.value else { return };
        let class = match constant.type_oid {
            Oid::REGCLASS => ObjectClass::Relation,
            Oid::REGTYPE => ObjectClass::Type,
            Oid::REGPROC | Oid::REGPROCEDURE => ObjectClass::Function,
            Oid::REGNAMESPACE => ObjectClass::Schema,
            _ => return,
        };
        self.add(class, Oid(oid));
    }
}
