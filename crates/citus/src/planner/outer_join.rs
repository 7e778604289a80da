//! `reference LEFT JOIN distributed ON reference.x = distributed.key`: each shard joins the rows of the reference
//! table whose value it would hold, and the first those without one, so that every row is preserved once
//! (`UpdateWhereClauseToPushdownRecurringOuterJoin`).

use std::sync::Arc;

use kumquat_postgres::query::expr::{FuncExpr, OpExpr};
use kumquat_postgres::query::{BoolOp, Expr, FromItem, FuncForm, JoinExpr, JoinKind, Query, RangeTableKind, Var};
use kumquat_types::{Datum, Implementation, Oid, lookup_procs, operators};

use super::analysis::{entries_of, is_equality};
use super::rewrite;
use crate::metadata::{Metadata, Shard, TableType};

/// An outer join that shards can do each for themselves.
pub struct PushedJoin {
    /// The reference table's column that belongs to shards as the distribution column does.
    column: Var,
    /// Range-table index of the distributed side.
    pub inner: usize,
    relation: Oid,
}

/// What makes an outer join one of these (`CanPushdownRecurringOuterJoin`).
pub fn pushed(query: &Query, join: &JoinExpr, metadata: &Metadata) -> Option<PushedJoin> {
    let (FromItem::Table(left), FromItem::Table(right)) = (&join.left, &join.right) else {
        return None;
    };
    let (outer, inner) = match join.kind {
        JoinKind::Left => (*left, *right),
        JoinKind::Right => (*right, *left),
        _ => return None,
    };
    let RangeTableKind::Relation { relation, .. } = query.entry(outer)?.kind else {
        return None;
    };
    if metadata.table_type(relation) != Some(TableType::Reference) || is_lateral(query, inner) {
        return None;
    }
    let quals = join.quals.as_ref()?;
    let conjuncts = match quals {
        Expr::Bool(BoolOp::And, args) => args.as_slice(),
        other => std::slice::from_ref(other),
    };
    conjuncts.iter().find_map(|conjunct| {
        let Expr::Op(op) = conjunct else { return None };
        let ([Expr::Var(a), Expr::Var(b)], true) = (op.args.as_slice(), is_equality(op.operator)) else {
            return None;
        };
        let (column, key) = match (a.varno == outer, b.varno == outer) {
            (true, false) => (a, b),
            (false, true) => (b, a),
            _ => return None,
        };
        let relation = key_relation(query, key, metadata)?;
        let is_hashed = column.type_oid == key.type_oid && hash_function(key.type_oid).is_some();
        (key.varno == inner && is_hashed).then(|| PushedJoin {
            column: column.clone(),
            inner,
            relation,
        })
    })
}

/// The hash distributed table whose distribution column a column is, by way of subqueries too.
fn key_relation(query: &Query, column: &Var, metadata: &Metadata) -> Option<Oid> {
    match &query.entry(column.varno)?.kind {
        RangeTableKind::Relation { relation, .. } => {
            let table = metadata.table(*relation)?;
            let is_key = table.column == Some(column.attribute) && table.table_type() == TableType::HashDistributed;
            is_key.then_some(*relation)
        }
        RangeTableKind::Subquery { query, .. } => {
            let target = query
                .output_columns()
                .find(|target| target.number == column.attribute)?;
            match &target.expr {
                Expr::Var(inner) if query.set_operation.is_none() && inner.levels_up == 0 => {
                    key_relation(query, inner, metadata)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The entry, or one in the subquery that it is, refers to others.
fn is_lateral(query: &Query, index: usize) -> bool {
    query.entry(index).is_some_and(|entry| {
        entry.lateral
            || match &entry.kind {
                RangeTableKind::Subquery { query, .. } => {
                    let mut inside = query.from.iter().flat_map(entries_of);
                    inside.any(|index| is_lateral(query, index))
                }
                _ => false,
            }
    })
}

/// The joins of a query's FROM that shards do.
pub fn pushed_joins(query: &Query, metadata: &Metadata) -> Vec<PushedJoin> {
    let joins = query.from.iter().filter_map(|item| match item {
        FromItem::Join(join) => pushed(query, join, metadata),
        FromItem::Table(_) => None,
    });
    joins.collect()
}

/// True if the query or one in it has such a join.
pub fn has_pushed_joins(query: &Query, metadata: &Metadata) -> bool {
    let mut found = false;
    rewrite::for_each_query(query, &mut |query| found |= !pushed_joins(query, metadata).is_empty());
    found
}

/// The query as the shards at a place answer it: reference tables are restricted to what belongs there.
pub fn restrict_to_place(query: &mut Query, metadata: &Metadata, place: usize) {
    for join in pushed_joins(query, metadata) {
        let shard = metadata
            .colocated_shard(join.relation, place)
            .and_then(|shard| metadata.shard(shard));
        let Some(filter) = shard.and_then(|shard| belongs_to(&join.column, shard, place == 0)) else {
            continue;
        };
        query.quals = Some(match query.quals.take() {
            Some(quals) => Expr::Bool(BoolOp::And, vec![quals, filter]),
            None => filter,
        });
    }
    query.for_each_subquery_mut(&mut |subquery| restrict_to_place(Arc::make_mut(subquery), metadata, place));
}

/// `min < hash(column) AND hash(column) <= max`, the bounds compared as shards are sought.
fn belongs_to(column: &Var, shard: &Shard, is_first: bool) -> Option<Expr> {
    let interval = shard.interval?;
    let number = |value| Expr::constant(Datum::Int4(value), Oid::INT4);
    let call = |function: Oid, args: Vec<Expr>| {
        Expr::Func(Box::new(FuncExpr {
            function,
            args,
            result: Oid::INT4,
            returns_set: false,
            variadic: false,
            unwritten: Vec::new(),
            form: FuncForm::Call,
            type_modifier: -1,
            location: None,
        }))
    };
    let compare = |name: &str, left: Expr, right: Expr| {
        let order = function("btint4cmp", Oid::INT4)?;
        let operator = operators(name)
            .iter()
            .find(|found| (found.left, found.right) == (Oid::INT4, Oid::INT4))?;
        Some(Expr::Op(Box::new(OpExpr {
            operator: operator.oid,
            result: Oid::BOOL,
            args: vec![call(order, vec![left, right]), number(0)],
            location: None,
        })))
    };
    let hash = call(hash_function(column.type_oid)?, vec![Expr::Var(column.clone())]);
    let inside = Expr::Bool(
        BoolOp::And,
        vec![
            compare("<", number(interval.min), hash.clone())?,
            compare("<=", hash, number(interval.max))?,
        ],
    );
    let missing = Expr::NullTest {
        arg: Box::new(Expr::Var(column.clone())),
        is_null: true,
        row_test: false,
    };
    Some(match is_first {
        true => Expr::Bool(BoolOp::Or, vec![missing, inside]),
        false => inside,
    })
}

/// The function by which values of a type are hashed.
fn hash_function(type_oid: Oid) -> Option<Oid> {
    let name = match type_oid {
        Oid::INT2 => "hashint2",
        Oid::INT4 => "hashint4",
        Oid::INT8 => "hashint8",
        Oid::TEXT | Oid::VARCHAR => "hashtext",
        Oid::UUID => "uuid_hash",
        _ => return None,
    };
    function(name, if type_oid == Oid::VARCHAR { Oid::TEXT } else { type_oid })
}

fn function(name: &str, argument: Oid) -> Option<Oid> {
    let procs = lookup_procs(name);
    let found = procs.iter().find(|proc| {
        proc.args.first() == Some(&argument)
            && matches!(
                proc.implementation,
                Implementation::Scalar(_) | Implementation::Vector(..)
            )
    });
    found.map(|proc| proc.oid)
}
