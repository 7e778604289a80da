//! pg_index, pg_indexes, pg_am, pg_opclass.

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::values::{int2_vector, letter, oid, oid_vector, optional_text, shared, short_count, shown_relations, text};
use crate::backend::Backend;
use crate::catalog::operator_class::{operator_classes, resolve};
use crate::catalog::well_known::{BOOTSTRAP_SUPERUSER, PG_CATALOG};
use crate::catalog::{IndexColumn, IndexDefinition, Relation, ReplicaIdentity};
use crate::commands::index::columns::column_type;
use crate::ruleutils::deparse_expression;
use crate::system::definition::index::index_definition;

pub fn pg_index(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for index in shown_relations(backend) {
        let Some(definition) = &index.index else { continue };
        let table = backend.relation_by_oid(definition.table)?;
        rows.push(index_row(backend, &index, definition, &table)?);
    }
    Ok(rows)
}

fn index_row(
    backend: &Backend<'_>,
    index: &Relation,
    definition: &IndexDefinition,
    table: &Relation,
) -> Result<Vec<Datum>> {
    let text_of = |expr| deparse_expression(backend, expr, Some(table), false);
    let keys = definition.columns.iter().map(|column| column.attribute);
    let expressions = definition
        .columns
        .iter()
        .filter_map(|column| column.expression.as_deref())
        .map(text_of)
        .collect::<Result<Vec<_>>>()?;
    let predicate = definition.predicate.as_deref().map(text_of).transpose()?;
    let class = |column: &IndexColumn| {
        let name: Vec<String> = column.operator_class.iter().map(|name| name.to_string()).collect();
        let found = resolve(backend, &index.access_method, &name, column_type(table, column));
        found.map_or(Oid::INVALID, |class| class.oid)
    };
    let collation = |column: &IndexColumn| match &column.collation {
        Some(name) => crate::catalog::collation_by_name(name).unwrap_or_default(),
        None => super::types::collation_of(backend, column_type(table, column)),
    };
    let option = |column: &IndexColumn| i16::from(column.order.descending) | i16::from(column.order.nulls_first) << 1;
    Ok(vec![
        oid(index.oid),
        oid(definition.table),
        short_count(definition.columns.len() + definition.included.len()),
        short_count(definition.columns.len()),
        definition.unique.into(),
        definition.nulls_not_distinct.into(),
        definition.primary.into(),
        definition.exclusion.into(),
        definition.immediate.into(),
        definition.clustered.into(),
        definition.valid.into(),
        false.into(),
        true.into(),
        true.into(),
        (table.replica_identity == ReplicaIdentity::Index(index.oid)).into(),
        int2_vector(keys.chain(definition.included.iter().copied())),
        oid_vector(definition.columns.iter().map(collation)),
        oid_vector(definition.columns.iter().map(class)),
        int2_vector(definition.columns.iter().map(option)),
        optional_text((!expressions.is_empty()).then(|| expressions.join(", "))),
        optional_text(predicate),
    ])
}

pub fn pg_indexes(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for index in shown_relations(backend) {
        let Some(definition) = &index.index else { continue };
        let table = backend.relation_by_oid(definition.table)?;
        rows.push(vec![
            Datum::Text(backend.schema_name(table.schema)),
            shared(&table.name),
            shared(&index.name),
            Datum::Null,
            optional_text(index_definition(backend, index.oid, false)?),
        ]);
    }
    Ok(rows)
}

pub fn pg_am(backend: &mut Backend<'_>) -> Result<Rows> {
    let methods = backend.catalog()?.access_methods.values();
    let mut rows: Vec<_> = methods.collect();
    rows.sort_by_key(|method| method.oid);
    let handler = |name: &str| match name {
        "heap" => 3,
        "btree" => 330,
        "hash" => 331,
        "gist" => 332,
        "gin" => 333,
        "spgist" => 334,
        "brin" => 335,
        _ => 0,
    };
    Ok(rows
        .into_iter()
        .map(|method| {
            vec![
                oid(method.oid),
                shared(&method.name),
                oid(Oid(handler(&method.name))),
                letter(method.kind),
            ]
        })
        .collect())
}

pub fn pg_opclass(backend: &mut Backend<'_>) -> Result<Rows> {
    let methods = &backend.catalog()?.access_methods;
    Ok(operator_classes()
        .iter()
        .map(|class| {
            let method = methods.get(class.method).map_or(Oid::INVALID, |method| method.oid);
            vec![
                oid(class.oid),
                oid(method),
                text(class.name),
                oid(PG_CATALOG),
                oid(BOOTSTRAP_SUPERUSER),
                oid(class.family),
                oid(class.input),
                class.is_default.into(),
                oid(class.key_type),
            ]
        })
        .collect())
}
