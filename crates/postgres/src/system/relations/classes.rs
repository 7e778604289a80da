//! pg_class, and the catalogs and views of tables, sequences, partitions and schemas.

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::values::{
    acl, int2_vector, int4, letter, oid, oid_vector, optional_text, options, role_name, shared, short_count,
    shown_relations,
};
use crate::backend::Backend;
use crate::catalog::{
    Constraint, ConstraintKind, PartitionBound, PartitionStrategy, Persistence, Relation, RelationKind, ReplicaIdentity,
};
use crate::system::definition::partition;

/// `relkind`.
pub fn kind_letter(relation: &Relation) -> char {
    match relation.kind {
        RelationKind::Table => 'r',
        RelationKind::PartitionedTable => 'p',
        RelationKind::Index => 'i',
        RelationKind::PartitionedIndex => 'I',
        RelationKind::Sequence => 'S',
        RelationKind::View => 'v',
        RelationKind::MaterializedView => 'm',
        RelationKind::CompositeType => 'c',
        RelationKind::ForeignTable => 'f',
        RelationKind::System if relation.is_system_view() => 'v',
        RelationKind::System => 'r',
    }
}

pub fn pg_class(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    shown_relations(backend)
        .iter()
        .map(|relation| class_row(backend, relation))
        .collect()
}

fn class_row(backend: &Backend<'_>, relation: &Relation) -> Result<Vec<Datum>> {
    let catalog = backend.catalog()?;
    let constraints: Vec<&Constraint> = catalog.constraints_of(relation.oid).map(AsRef::as_ref).collect();
    let checks = constraints
        .iter()
        .filter(|constraint| matches!(constraint.kind, ConstraintKind::Check { .. }));
    let keys = constraints
        .iter()
        .any(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_)))
        || catalog.constraints_referencing(relation.oid).next().is_some();
    let triggers = catalog
        .triggers
        .values()
        .any(|trigger| trigger.relation == relation.oid);
    let (pages, tuples) = analyzed_size(backend, relation)?;
    let am = catalog.access_methods.get(&relation.access_method);
    let stored = relation.has_storage() || matches!(relation.kind, RelationKind::Index | RelationKind::Sequence);
    let attributes = match relation.kind {
        RelationKind::Sequence => 3,
        _ => relation.attributes.len(),
    };
    Ok(vec![
        oid(relation.oid),
        shared(&relation.name),
        oid(relation.schema),
        oid(relation.row_type),
        oid(relation.of_type),
        oid(relation.owner),
        oid(am.map_or(Oid::INVALID, |am| am.oid)),
        oid(if stored { relation.oid } else { Oid::INVALID }),
        oid(Oid::INVALID),
        int4(pages),
        Datum::Float4(tuples),
        int4(0),
        oid(Oid::INVALID),
        catalog.indexes_of(relation.oid).next().is_some().into(),
        is_shared(&relation.name).into(),
        letter(match relation.persistence {
            Persistence::Permanent => 'p',
            Persistence::Unlogged => 'u',
            Persistence::Temporary => 't',
        }),
        letter(kind_letter(relation)),
        short_count(attributes),
        short_count(checks.count()),
        relation.view.is_some().into(),
        (keys || triggers).into(),
        catalog.children_of(relation.oid).next().is_some().into(),
        relation.row_security.into(),
        relation.force_row_security.into(),
        relation.populated.into(),
        letter(match relation.replica_identity {
            _ if !matches!(
                relation.kind,
                RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView
            ) =>
            {
                'n'
            }
            ReplicaIdentity::Default => 'd',
            ReplicaIdentity::Full => 'f',
            ReplicaIdentity::Nothing => 'n',
            ReplicaIdentity::Index(_) => 'i',
        }),
        (relation.is_partition() || relation.index.is_some() && !relation.parents.is_empty()).into(),
        oid(Oid::INVALID),
        oid(Oid(if relation.has_storage() { 717 } else { 0 })),
        oid(Oid(u32::from(relation.has_storage()))),
        acl(backend, relation.acl.as_deref()),
        options(&relation.options),
        optional_text(partition::bound_definition(backend, relation)?),
    ])
}

/// `relpages` and `reltuples`: what the last ANALYZE found, or 0 and -1.
fn analyzed_size(backend: &Backend<'_>, relation: &Relation) -> Result<(i32, f32)> {
    let statistics = backend
        .database()?
        .heaps
        .get(&relation.oid)
        .and_then(|heap| heap.statistics.clone());
    Ok(match statistics {
        Some(found) => (i32::try_from(found.pages).unwrap_or(i32::MAX), found.rows as f32),
        None if matches!(relation.kind, RelationKind::Sequence) => (1, 1.0),
        None if matches!(
            relation.kind,
            RelationKind::View | RelationKind::CompositeType | RelationKind::Index | RelationKind::PartitionedIndex
        ) =>
        {
            (i32::from(relation.kind == RelationKind::Index), 0.0)
        }
        None => (0, -1.0),
    })
}

/// Catalogs that all databases share.
fn is_shared(name: &str) -> bool {
    matches!(
        name,
        "pg_authid"
            | "pg_auth_members"
            | "pg_database"
            | "pg_tablespace"
            | "pg_shdepend"
            | "pg_shdescription"
            | "pg_shseclabel"
            | "pg_db_role_setting"
            | "pg_parameter_acl"
            | "pg_replication_origin"
            | "pg_subscription"
    )
}

pub fn pg_tables(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let catalog = backend.catalog()?;
    let is_table = |relation: &Relation| matches!(kind_letter(relation), 'r' | 'p');
    Ok(shown_relations(backend)
        .iter()
        .filter(|relation| is_table(relation))
        .map(|relation| {
            vec![
                Datum::Text(backend.schema_name(relation.schema)),
                shared(&relation.name),
                role_name(backend, relation.owner),
                Datum::Null,
                catalog.indexes_of(relation.oid).next().is_some().into(),
                false.into(),
                has_triggers(backend, relation).into(),
                relation.row_security.into(),
            ]
        })
        .collect())
}

/// Triggers of its own, or those by which PostgreSQL enforces foreign keys.
pub fn has_triggers(backend: &Backend<'_>, relation: &Relation) -> bool {
    let Ok(catalog) = backend.catalog() else { return false };
    catalog
        .triggers
        .values()
        .any(|trigger| trigger.relation == relation.oid)
        || catalog.constraints_referencing(relation.oid).next().is_some()
        || catalog
            .constraints_of(relation.oid)
            .any(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_)))
}

pub fn pg_sequence(backend: &mut Backend<'_>) -> Result<Rows> {
    Ok(shown_relations(backend)
        .iter()
        .filter_map(|relation| {
            let sequence = relation.sequence?;
            Some(vec![
                oid(relation.oid),
                oid(sequence.type_oid),
                sequence.start.into(),
                sequence.increment.into(),
                sequence.max.into(),
                sequence.min.into(),
                sequence.cache.into(),
                sequence.cycle.into(),
            ])
        })
        .collect())
}

pub fn pg_sequences(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let values = &backend.database()?.sequences;
    Ok(shown_relations(backend)
        .iter()
        .filter_map(|relation| {
            let sequence = relation.sequence?;
            let value = values.get(&relation.oid).filter(|value| value.is_called);
            Some(vec![
                Datum::Text(backend.schema_name(relation.schema)),
                shared(&relation.name),
                role_name(backend, relation.owner),
                oid(sequence.type_oid),
                sequence.start.into(),
                sequence.min.into(),
                sequence.max.into(),
                sequence.increment.into(),
                sequence.cycle.into(),
                sequence.cache.into(),
                value.map(|value| value.last_value).into(),
            ])
        })
        .collect())
}

pub fn pg_inherits(backend: &mut Backend<'_>) -> Result<Rows> {
    let mut rows = Vec::new();
    for relation in shown_relations(backend) {
        for (parent, number) in relation.parents.iter().zip(1..) {
            rows.push(vec![oid(relation.oid), oid(*parent), int4(number), false.into()]);
        }
    }
    Ok(rows)
}

pub fn pg_partitioned_table(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let catalog = backend.catalog()?;
    let mut rows = Vec::new();
    for relation in shown_relations(backend) {
        let Some(key) = &relation.partition_key else { continue };
        let default = catalog
            .children_of(relation.oid)
            .find(|partition| matches!(partition.partition_bound.as_deref(), Some(PartitionBound::Default)));
        let expressions: Vec<String> = key
            .columns
            .iter()
            .filter_map(|column| column.expression.as_ref())
            .map(|expr| crate::ruleutils::deparse_expression(backend, expr, Some(&relation), false))
            .collect::<Result<_>>()?;
        let method = match key.strategy {
            PartitionStrategy::Hash => "hash",
            _ => "btree",
        };
        let classes = key.types.iter().map(|type_oid| {
            let class = crate::catalog::operator_class::default_class(backend, method, *type_oid);
            class.map_or(Oid::INVALID, |class| class.oid)
        });
        rows.push(vec![
            oid(relation.oid),
            letter(match key.strategy {
                PartitionStrategy::Range => 'r',
                PartitionStrategy::List => 'l',
                PartitionStrategy::Hash => 'h',
            }),
            short_count(key.columns.len()),
            oid(default.map_or(Oid::INVALID, |partition| partition.oid)),
            int2_vector(key.columns.iter().map(|column| column.attribute)),
            oid_vector(classes),
            oid_vector(
                key.types
                    .iter()
                    .map(|type_oid| super::types::collation_of(backend, *type_oid)),
            ),
            optional_text((!expressions.is_empty()).then(|| expressions.join(", "))),
        ]);
    }
    Ok(rows)
}

pub fn pg_namespace(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let schemas = backend.catalog()?.schemas.values();
    Ok(schemas
        .map(|schema| {
            vec![
                oid(schema.oid),
                shared(&schema.name),
                oid(schema.owner),
                acl(backend, schema.acl.as_deref()),
            ]
        })
        .collect())
}
