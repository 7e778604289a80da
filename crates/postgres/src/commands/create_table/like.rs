//! `LIKE table INCLUDING ...`: columns at once, the rest once the new table is there.

use kumquat_sql::ast::{LikeOptions, TableLikeClause};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::column::{NewColumn, NewSequence};
use crate::backend::Backend;
use crate::catalog::{ObjectAddress, Relation, RelationKind, SequenceDefinition};
use crate::commands::attribute_map::AttributeMap;
use crate::commands::relation_kind::kind_not_supported;
use crate::commands::{constraint, index, privileges};
use kumquat_sql::ast::{DefArg, DefElem, DefElemAction, Location};

/// A LIKE clause whose table was found.
pub struct Like {
    pub source: Oid,
    pub options: LikeOptions,
}

/// The columns that LIKE gives, and what is left to do later.
pub fn read(backend: &Backend<'_>, clause: &TableLikeClause, _schema: Oid) -> Result<(Like, Vec<NewColumn>)> {
    let source = backend
        .relation(&clause.relation)
        .map_err(|e| e.at(clause.relation.location))?;
    let kinds = [
        RelationKind::Table,
        RelationKind::View,
        RelationKind::MaterializedView,
        RelationKind::CompositeType,
        RelationKind::ForeignTable,
        RelationKind::PartitionedTable,
        RelationKind::System,
    ];
    if !kinds.contains(&source.kind) {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("relation \"{}\" is invalid in LIKE clause", source.name),
        )
        .detail(kind_not_supported(source.kind))
        .at(clause.relation.location));
    }
    let object = ObjectAddress::new(crate::catalog::ObjectClass::Relation, source.oid);
    if source.kind != RelationKind::CompositeType {
        privileges::check(backend, object, &['r'])?;
    }
    let columns = source
        .live_attributes()
        .map(|attribute| column_like(backend, &source, attribute.number, &clause.options))
        .collect::<Result<_>>()?;
    let like = Like {
        source: source.oid,
        options: clause.options,
    };
    Ok((like, columns))
}

fn column_like(backend: &Backend<'_>, source: &Relation, number: i16, options: &LikeOptions) -> Result<NewColumn> {
    let old = source
        .attribute(number)
        .ok_or_else(|| Error::internal("a column is gone"))?;
    let mut attribute = crate::catalog::Attribute::new(0, &old.name, old.type_oid, old.type_modifier);
    attribute.collation = old.collation;
    attribute.not_null = old.not_null;
    attribute.storage = match options.storage {
        true => old.storage,
        false => super::column::storage_of(backend, old.type_oid),
    };
    if options.compression {
        attribute.compression = old.compression.clone();
    }
    let mut column = NewColumn {
        attribute,
        default: None,
        cooked: None,
        sequence: None,
        location: Location::UNKNOWN,
    };
    if let (Some(identity), true) = (old.identity, options.identity) {
        column.attribute.identity = Some(identity);
        let catalog = backend.catalog()?;
        let definition = catalog
            .owned_sequences(source.oid, number)
            .find_map(|(sequence, _)| catalog.relation(sequence)?.sequence);
        column.sequence = Some(NewSequence {
            options: definition.map(|d| sequence_options(&d)).unwrap_or_default(),
            type_oid: old.type_oid,
            identity: true,
        });
    }
    Ok(column)
}

/// A sequence's parameters as options that make one like it (`sequence_options`).
fn sequence_options(sequence: &SequenceDefinition) -> Vec<DefElem> {
    let option = |name: &str, arg: DefArg| DefElem {
        namespace: None,
        name: name.into(),
        arg: Some(arg),
        action: DefElemAction::Unspecified,
        location: Location::UNKNOWN,
    };
    let number = |value: i64| DefArg::Float(value.to_string());
    vec![
        option("cache", number(sequence.cache)),
        option("cycle", DefArg::Boolean(sequence.cycle)),
        option("increment", number(sequence.increment)),
        option("maxvalue", number(sequence.max)),
        option("minvalue", number(sequence.min)),
        option("start", number(sequence.start)),
    ]
}

/// Copies what needs both tables to be there (`expandTableLikeClause`).
pub fn expand(backend: &mut Backend<'_>, table: Oid, like: &Like) -> Result<()> {
    let (source, target) = (backend.relation_by_oid(like.source)?, backend.relation_by_oid(table)?);
    let map = AttributeMap::by_name(&source, &target);
    for old in source.live_attributes() {
        let wanted = match old.generated {
            Some(_) => like.options.generated,
            None => like.options.defaults,
        };
        let Some(number) = map.get(old.number) else { continue };
        if let (true, Some(default)) = (wanted, &old.default) {
            let expr = map.apply(default);
            if old.generated.is_some() {
                backend.update_attribute(table, number, |attribute| attribute.generated = old.generated)?;
            }
            super::store_default(backend, table, number, Some(expr))?;
        }
        if like.options.comments {
            backend.copy_comment(
                ObjectAddress::column(source.oid, old.number),
                ObjectAddress::column(table, number),
            )?;
        }
    }
    if like.options.constraints {
        constraint::check::copy(backend, like.source, table, &map, like.options.comments)?;
    }
    if like.options.indexes {
        index::clone::copy_indexes(backend, like.source, table, &map, like.options.comments)?;
    }
    Ok(())
}
