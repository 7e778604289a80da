//! How many groups rows fall into (`estimate_num_groups`), and how full hash buckets are.

use super::Bases;
use super::variable::Variable;
use crate::planner::cost::clamp_rows;
use crate::planner::vars::vars_of;
use crate::query::Expr;

/// Groups by these expressions among so many rows; whether that rests on a default.
pub fn count_groups(bases: &Bases, exprs: &[Expr], rows: f64) -> (f64, bool) {
    let rows = clamp_rows(rows);
    if exprs.is_empty() {
        return (1.0, false);
    }
    let mut used_default = false;
    // By table: its columns' distinct values, each once.
    let mut tables: Vec<(usize, Vec<(Expr, f64)>)> = Vec::new();
    let mut factor: f64 = 1.0;
    for expr in exprs {
        if expr.type_oid() == kumquat_types::Oid::BOOL && !matches!(expr, Expr::Var(_)) {
            factor *= 2.0;
            continue;
        }
        let variable = Variable::of(bases, expr);
        let parts: Vec<Expr> = match variable.statistics.is_some() || variable.unique {
            true => vec![expr.clone()],
            false => vars_of(expr).into_iter().map(Expr::Var).collect(),
        };
        for part in parts {
            let variable = Variable::of(bases, &part);
            let distinct = variable.distinct();
            used_default |= distinct.is_default;
            let varno = vars_of(&part).first().map_or(0, |var| var.varno);
            let at = match tables.iter().position(|(known, _)| *known == varno) {
                Some(at) => at,
                None => {
                    tables.push((varno, Vec::new()));
                    tables.len() - 1
                }
            };
            if let Some((_, columns)) = tables.get_mut(at)
                && !columns.iter().any(|(known, _)| known.same_as(&part))
            {
                columns.push((part, distinct.count));
            }
        }
    }
    if tables.is_empty() {
        return (clamp_rows(factor.min(rows)), used_default);
    }
    let mut groups = factor;
    for (varno, columns) in &tables {
        groups *= of_table(bases, *varno, columns);
    }
    (clamp_rows(groups.ceil().min(rows)), used_default)
}

/// Several columns have fewer combinations than their product; and conditions leave some only.
fn of_table(bases: &Bases, varno: usize, columns: &[(Expr, f64)]) -> f64 {
    let mut product: f64 = columns.iter().map(|(_, count)| count).product();
    let most = columns.iter().map(|(_, count)| *count).fold(1.0, f64::max);
    let Some(base) = bases.get(varno).filter(|base| base.tuples > 0.0) else {
        return product;
    };
    let mut limit = base.tuples;
    if columns.len() > 1 {
        limit *= 0.1;
        if limit < most {
            limit = most.min(base.tuples);
        }
    }
    product = product.min(limit);
    if product > 0.0 && base.rows < base.tuples {
        product *= 1.0 - ((base.tuples - base.rows) / base.tuples).powf(base.tuples / product);
    }
    clamp_rows(product)
}

/// The part of the rows in one hash bucket, and that of the most common value (`estimate_hash_bucket_stats`).
pub fn bucket_size(bases: &Bases, key: &Expr, buckets: f64) -> (f64, f64) {
    let variable = Variable::of(bases, key);
    let common = variable.common().first().map_or(0.0, |(_, frequency)| *frequency);
    let distinct = variable.distinct();
    if distinct.is_default {
        return (common.max(0.1), common);
    }
    let mut count = distinct.count;
    let average = (1.0 - variable.null_fraction()) / count;
    if variable.tuples > 0.0 && variable.rows > 0.0 {
        count = clamp_rows(count * variable.rows / variable.tuples);
    }
    let mut bucket = if count > buckets { 1.0 / buckets } else { 1.0 / count };
    if average > 0.0 && common > average {
        bucket *= common / average;
    }
    (bucket.clamp(1.0e-6, 1.0), common)
}
