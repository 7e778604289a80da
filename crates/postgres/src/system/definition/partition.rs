//! `pg_get_partkeydef`, FOR VALUES, `pg_get_partition_constraintdef`.

use kumquat_types::{Datum, Oid, Result};

use super::bracketed;
use crate::backend::Backend;
use crate::catalog::quote::quote_identifier;
use crate::catalog::{IndexColumn, PartitionBound, PartitionKey, RangeDatum, Relation};
use crate::commands::partition::bound::{compare_lower, literal, range_text};
use crate::query::{Const, Expr};
use crate::ruleutils::deparse_expression;

/// `RANGE (a, lower(b))`; `None` if the table is not partitioned.
pub fn key_definition(backend: &Backend<'_>, relation: &Relation) -> Result<Option<String>> {
    let Some(key) = &relation.partition_key else {
        return Ok(None);
    };
    let columns = key
        .columns
        .iter()
        .map(|column| {
            let mut text = column_text(backend, relation, column)?;
            if let Some(collation) = &column.collation {
                text.push_str(&format!(" COLLATE {}", quote_identifier(collation)));
            }
            if let Some(class) = &column.operator_class {
                text.push_str(&format!(" {}", quote_identifier(class)));
            }
            Ok(text)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Some(format!("{} ({})", key.strategy.keyword(), columns.join(", "))))
}

fn column_text(backend: &Backend<'_>, relation: &Relation, column: &IndexColumn) -> Result<String> {
    match &column.expression {
        None => {
            let attribute = relation.attribute(column.attribute);
            Ok(attribute.map_or_else(String::new, |attribute| quote_identifier(&attribute.name)))
        }
        Some(expr) => Ok(bracketed(
            expr,
            deparse_expression(backend, expr, Some(relation), false)?,
        )),
    }
}

/// `FOR VALUES ...` or `DEFAULT`; `None` if the relation is no partition.
pub fn bound_definition(backend: &Backend<'_>, relation: &Relation) -> Result<Option<String>> {
    let (Some(bound), Some(parent)) = (&relation.partition_bound, relation.parents.first()) else {
        return Ok(None);
    };
    let parent = backend.relation_by_oid(*parent)?;
    let Some(key) = &parent.partition_key else {
        return Ok(None);
    };
    Ok(Some(match &**bound {
        PartitionBound::Default => "DEFAULT".into(),
        PartitionBound::Hash { modulus, remainder } => {
            format!("FOR VALUES WITH (modulus {modulus}, remainder {remainder})")
        }
        PartitionBound::List(values) => {
            let type_oid = key.types.first().copied().unwrap_or_default();
            let words: Vec<String> = values.iter().map(|value| literal(backend, type_oid, value)).collect();
            format!("FOR VALUES IN ({})", words.join(", "))
        }
        PartitionBound::Range { from, to } => format!(
            "FOR VALUES FROM {} TO {}",
            range_text(backend, key, from),
            range_text(backend, key, to)
        ),
    }))
}

/// What all rows of a partition satisfy, those of the partitions above it included; `None` if it is none.
pub fn constraint_definition(backend: &Backend<'_>, relation: &Relation) -> Result<Option<String>> {
    let mut parts = Vec::new();
    let mut current = relation.clone();
    while let (Some(bound), Some(parent)) = (current.partition_bound.clone(), current.parents.first()) {
        let parent = backend.relation_by_oid(*parent)?;
        if let Some(key) = &parent.partition_key {
            let mut own = bound_terms(backend, &parent, key, &bound)?;
            own.append(&mut parts);
            parts = own;
        }
        current = Relation::clone(&parent);
    }
    Ok(match parts.as_slice() {
        [] => None,
        [single] => Some(single.clone()),
        parts => Some(format!("({})", parts.join(" AND "))),
    })
}

/// The terms of a bound, each in parentheses.
fn bound_terms(
    backend: &Backend<'_>,
    parent: &Relation,
    key: &PartitionKey,
    bound: &PartitionBound,
) -> Result<Vec<String>> {
    let columns = key
        .columns
        .iter()
        .map(|column| match &column.expression {
            Some(expr) => deparse_expression(backend, expr, Some(parent), false),
            None => column_text(backend, parent, column),
        })
        .collect::<Result<Vec<_>>>()?;
    match bound {
        PartitionBound::Default => default_terms(backend, parent, key, &columns),
        PartitionBound::Hash { modulus, remainder } => Ok(vec![format!(
            "satisfies_hash_partition('{}'::oid, {modulus}, {remainder}, {})",
            parent.oid,
            columns.join(", ")
        )]),
        PartitionBound::List(values) => list_terms(backend, key, &columns, values),
        PartitionBound::Range { from, to } => {
            let mut terms = not_null_terms(&columns);
            terms.append(&mut range_terms(backend, key, &columns, from, to)?);
            Ok(terms)
        }
    }
}

/// No other partition takes the row. Of ranges, that the key is not null is said once for all of them; of lists,
/// the values of all make one.
fn default_terms(
    backend: &Backend<'_>,
    parent: &Relation,
    key: &PartitionKey,
    columns: &[String],
) -> Result<Vec<String>> {
    let mut ranges = Vec::new();
    let mut values = Vec::new();
    for sibling in backend.catalog()?.children_of(parent.oid) {
        match sibling.partition_bound.as_deref() {
            Some(PartitionBound::Range { from, to }) => {
                let terms = range_terms(backend, key, columns, from, to)?;
                ranges.push((from.clone(), joined(terms, " AND ")));
            }
            Some(PartitionBound::List(own)) => values.extend(own.iter().cloned()),
            _ => {}
        }
    }
    if !values.is_empty() {
        if let Some(type_oid) = key.types.first() {
            values.sort_by(|a, b| kumquat_types::compare::compare_typed(*type_oid, a, b));
        }
        let terms = list_terms(backend, key, columns, &values)?;
        return Ok(vec![format!("(NOT {})", joined(terms, " AND "))]);
    }
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    ranges.sort_by(|(a, _), (b, _)| compare_lower(key, a, b));
    let mut terms = not_null_terms(columns);
    terms.push(joined(ranges.into_iter().map(|(_, term)| term).collect(), " OR "));
    Ok(vec![format!("(NOT {})", joined(terms, " AND "))])
}

fn not_null_terms(columns: &[String]) -> Vec<String> {
    columns.iter().map(|column| format!("({column} IS NOT NULL)")).collect()
}

fn joined(terms: Vec<String>, with: &str) -> String {
    match terms.as_slice() {
        [single] => single.clone(),
        terms => format!("({})", terms.join(with)),
    }
}

fn constant(backend: &Backend<'_>, type_oid: Oid, value: &Datum) -> Result<String> {
    let constant = Expr::Const(Const {
        value: value.clone(),
        type_oid,
        type_modifier: -1,
        location: None,
    });
    deparse_expression(backend, &constant, None, false)
}

fn list_terms(backend: &Backend<'_>, key: &PartitionKey, columns: &[String], values: &[Datum]) -> Result<Vec<String>> {
    let (Some(column), Some(type_oid)) = (columns.first(), key.types.first()) else {
        return Ok(Vec::new());
    };
    let constants = values
        .iter()
        .filter(|value| !value.is_null())
        .map(|value| constant(backend, *type_oid, value))
        .collect::<Result<Vec<_>>>()?;
    let equal = match constants.as_slice() {
        [] => None,
        [single] => Some(format!("({column} = {single})")),
        several => Some(format!("({column} = ANY (ARRAY[{}]))", several.join(", "))),
    };
    let has_null = values.iter().any(Datum::is_null);
    Ok(match (equal, has_null) {
        (Some(equal), true) => vec![format!("(({column} IS NULL) OR {equal})")],
        (None, _) => vec![format!("({column} IS NULL)")],
        (Some(equal), false) => vec![format!("({column} IS NOT NULL)"), equal],
    })
}

fn range_terms(
    backend: &Backend<'_>,
    key: &PartitionKey,
    columns: &[String],
    from: &[RangeDatum],
    to: &[RangeDatum],
) -> Result<Vec<String>> {
    let mut terms = Vec::new();
    // As long as both ends agree, the column has just one value.
    let mut start = 0;
    for ((column, type_oid), (low, high)) in columns.iter().zip(&key.types).zip(from.iter().zip(to)) {
        match (low, high) {
            (RangeDatum::Value(low), RangeDatum::Value(high))
                if kumquat_types::compare::compare_typed(*type_oid, low, high) == std::cmp::Ordering::Equal =>
            {
                terms.push(format!("({column} = {})", constant(backend, *type_oid, low)?));
                start += 1;
            }
            _ => break,
        }
    }
    for (bounds, strict, last) in [(from, ">", ">="), (to, "<", "<")] {
        if let Some(term) = one_end(backend, key, columns, bounds, start, strict, last)? {
            terms.push(term);
        }
    }
    Ok(terms)
}

/// `(a > 1) OR ((a = 1) AND (b >= 2))`: the row lies beyond the bound.
fn one_end(
    backend: &Backend<'_>,
    key: &PartitionKey,
    columns: &[String],
    bounds: &[RangeDatum],
    start: usize,
    strict: &str,
    last: &str,
) -> Result<Option<String>> {
    let mut arms: Vec<String> = Vec::new();
    let mut equal: Vec<String> = Vec::new();
    let count = bounds.len();
    for at in start..count {
        let (Some(RangeDatum::Value(value)), Some(column), Some(type_oid)) =
            (bounds.get(at), columns.get(at), key.types.get(at))
        else {
            break;
        };
        let value = constant(backend, *type_oid, value)?;
        let followed = matches!(bounds.get(at + 1), Some(RangeDatum::Value(_)));
        // After MINVALUE below or MAXVALUE above nothing more is asked: the value itself belongs.
        let inclusive_tail = matches!(
            (bounds.get(at + 1), strict),
            (Some(RangeDatum::MinValue), ">") | (Some(RangeDatum::MaxValue), "<")
        );
        let operator = match (followed, inclusive_tail) {
            (true, _) => strict,
            (false, true) => match strict {
                ">" => ">=",
                _ => "<=",
            },
            (false, false) if at + 1 < count => strict,
            (false, false) => last,
        };
        let mut terms = equal.clone();
        terms.push(format!("({column} {operator} {value})"));
        arms.push(joined(terms, " AND "));
        equal.push(format!("({column} = {value})"));
        if !followed {
            break;
        }
    }
    Ok((!arms.is_empty()).then(|| joined(arms, " OR ")))
}
