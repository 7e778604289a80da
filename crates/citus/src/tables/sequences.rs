//! Sequences that give defaults to columns of Citus tables: one type each, the same on all nodes
//! (`EnsureDistributedSequencesHaveOneType`).

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{DependencyKind, ObjectClass, Relation};
use kumquat_postgres::query::Expr;
use kumquat_types::{Datum, Oid, Result, proc_by_oid};

use super::checks::{self, error};
use crate::metadata;
use crate::session;
use crate::shards::names::qualified_name;

/// The sequence that a default takes its values from by `nextval`.
pub fn sequence_of_default(default: &Expr) -> Option<Oid> {
    sequences_of_default(default).pop()
}

/// `GetDependentSequencesWithRelation`
fn refuse_several(relation: &Relation) -> Result<()> {
    let several = relation.live_attributes().any(|column| {
        column
            .default
            .as_deref()
            .is_some_and(|default| sequences_of_default(default).len() > 1)
    });
    match several {
        true => Err(error(
            "More than one sequence in a column default is not supported for distribution or for adding local tables \
             to metadata",
        )),
        false => Ok(()),
    }
}

fn sequences_of_default(default: &Expr) -> Vec<Oid> {
    let mut found = Vec::new();
    default.visit(&mut |part| {
        if let Expr::Func(call) = part
            && proc_by_oid(call.function).is_some_and(|proc| proc.name == "nextval")
            && let Some(Expr::Const(constant)) = call.args.first()
            && let Datum::Oid(sequence) = &constant.value
        {
            found.push(Oid(*sequence));
        }
    });
    found
}

/// The columns of a table that have such defaults, with their types and sequences.
fn columns_with_sequences(relation: &Relation) -> Vec<(i16, Oid, Oid)> {
    relation
        .live_attributes()
        .filter_map(|column| {
            let sequence = sequence_of_default(column.default.as_deref()?)?;
            Some((column.number, column.type_oid, sequence))
        })
        .collect()
}

/// Gives the sequences of a table the types of the columns they are for; refuses one that is used for columns of
/// different types.
pub fn fit_types(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let relation = checks::relation(backend, oid)?;
    mark_owned(backend, &relation)?;
    refuse_several(&relation)?;
    for (_, type_oid, sequence) in columns_with_sequences(&relation) {
        ensure_one_type(backend, oid, sequence, type_oid)?;
        let current = checks::relation(backend, sequence)?
            .sequence
            .as_ref()
            .map(|found| found.type_oid);
        let is_integer = [Oid::INT2, Oid::INT4, Oid::INT8].contains(&type_oid);
        if is_integer && current.is_some_and(|current| current != type_oid) {
            let text = format!(
                "ALTER SEQUENCE {} AS {}",
                qualified_name(backend.catalog()?, sequence),
                backend.format_type(type_oid)
            );
            let statement = kumquat_sql::parse(&text)?;
            session::without_propagation(backend, |backend| backend.standard_utility(&statement, &text))?;
        }
        metadata::update(backend, |metadata| {
            metadata.mark_distributed(ObjectClass::Relation, sequence);
        })?;
    }
    Ok(())
}

/// Sequences that belong to columns go with the table, whether a default uses them or not.
fn mark_owned(backend: &mut Backend<'_>, relation: &Relation) -> Result<()> {
    let catalog = backend.catalog()?;
    let owned: Vec<Oid> = relation
        .live_attributes()
        .flat_map(|column| catalog.owned_sequences(relation.oid, column.number))
        .filter(|(_, kind)| *kind == DependencyKind::Auto)
        .map(|(sequence, _)| sequence)
        .collect();
    if owned.is_empty() {
        return Ok(());
    }
    metadata::update(backend, |metadata| {
        for sequence in owned {
            metadata.mark_distributed(ObjectClass::Relation, sequence);
        }
    })
}

/// `EnsureSequenceTypeSupported`
fn ensure_one_type(backend: &Backend<'_>, oid: Oid, sequence: Oid, type_oid: Oid) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let tables = metadata
        .tables
        .keys()
        .copied()
        .filter(|table| *table != oid)
        .chain([oid]);
    for table in tables {
        let Some(relation) = catalog.relation(table) else {
            continue;
        };
        let other = columns_with_sequences(relation)
            .into_iter()
            .find(|(_, other_type, used)| *used == sequence && *other_type != type_oid);
        if let Some((number, ..)) = other {
            return Err(error(format!(
                "The sequence {} is already used for a different type in column {number} of the table {}",
                qualified_name(catalog, sequence),
                qualified_name(catalog, table)
            )));
        }
    }
    Ok(())
}
