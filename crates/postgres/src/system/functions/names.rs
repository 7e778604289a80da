//! Visibility, comments, names of roles.

use kumquat_types::{Datum, Oid, Result};

use super::Arguments;
use super::identity::class_of;
use crate::backend::Backend;
use crate::catalog::ObjectAddress;
use crate::commands::comment::shared_class;
use crate::extension::FunctionCall;
use crate::system::relations::descriptions::description;
use crate::system::relations::initdb;

pub fn call(backend: &mut Backend<'_>, name: &str, _: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Option<Datum>> {
    let oid = args.oid(0);
    let backend = &*backend;
    let catalog = backend.catalog()?;
    Ok(Some(match name {
        "pg_table_is_visible" => catalog
            .relation(oid)
            .map(|relation| backend.relation_is_visible(relation))
            .into(),
        "pg_type_is_visible" => {
            let known = kumquat_types::builtin_type(oid).is_some() || backend.user_type(oid).is_some();
            known.then(|| backend.type_is_visible(oid)).into()
        }
        "pg_function_is_visible" => match catalog.functions.get(&oid) {
            Some(function) => backend.function_is_visible(function).into(),
            None => backend.any_proc(oid).map(|_| true).into(),
        },
        "pg_operator_is_visible" => kumquat_types::operator_by_oid(oid).map(|_| true).into(),
        "pg_collation_is_visible" => crate::catalog::collation_name(oid).map(|_| true).into(),
        "pg_opclass_is_visible" => {
            let mut classes = crate::catalog::operator_class::operator_classes().iter();
            classes.find(|class| class.oid == oid).map(|_| true).into()
        }
        "pg_opfamily_is_visible" => visible("pg_opfamily", oid),
        "pg_conversion_is_visible" => visible("pg_conversion", oid),
        "pg_ts_config_is_visible" => visible("pg_ts_config", oid),
        "pg_ts_dict_is_visible" => visible("pg_ts_dict", oid),
        "pg_ts_parser_is_visible" => visible("pg_ts_parser", oid),
        "pg_ts_template_is_visible" => visible("pg_ts_template", oid),
        "pg_statistics_obj_is_visible" => Datum::Null,
        "pg_get_userbyid" => match backend.name_of_role(oid) {
            Some(name) => Datum::text(name),
            None => Datum::from(format!("unknown (OID={oid})")),
        },
        "obj_description" => object_comment(backend, oid, args.text(1)),
        "col_description" => {
            let address = ObjectAddress::column(oid, args.small(1));
            comment(backend, address)
        }
        "shobj_description" => match class_by_name(args.text(1)).and_then(shared_class) {
            Some(class) => {
                let found = backend.server()?.shared_descriptions.get(&(class, oid));
                found.map_or(Datum::Null, |text| Datum::text(text.clone()))
            }
            None => Datum::Null,
        },
        "pg_collation_for" => Datum::from("\"default\""),
        "pg_get_replica_identity_index" => replica_identity_index(backend, oid)?,
        "pg_relation_is_publishable" => catalog.relation(oid).map(|relation| relation.has_storage()).into(),
        "pg_relation_is_updatable" => updatable_events(backend, oid)?.into(),
        "pg_column_is_updatable" => {
            let column = catalog
                .relation(oid)
                .and_then(|relation| relation.attribute(args.small(1)));
            let events = updatable_events(backend, oid)?;
            column.map(|_| events & 20 == 20 || events & 4 != 0).into()
        }
        _ => return Ok(None),
    }))
}

/// Objects that initdb made are in `pg_catalog`, which is always searched.
fn visible(catalog: &str, oid: Oid) -> Datum {
    initdb::name_of(catalog, oid).map(|_| true).into()
}

fn comment(backend: &Backend<'_>, address: ObjectAddress) -> Datum {
    backend.comment(address).map_or(Datum::Null, Datum::Text)
}

/// The oid of a relation of `pg_catalog`.
fn catalog_by_name(name: &str) -> Option<Oid> {
    let found = crate::system::relations().iter().find(|relation| relation.name == name);
    found.map(|relation| relation.oid)
}

fn class_by_name(catalog: &str) -> Option<crate::catalog::ObjectClass> {
    class_of(catalog_by_name(catalog)?)
}

/// The comment of an object of the named catalog; without one, of any that has the oid.
fn object_comment(backend: &Backend<'_>, oid: Oid, catalog: &str) -> Datum {
    let catalogs: Vec<Oid> = match catalog {
        "" => super::identity::CLASSES.iter().map(|(catalog, _)| *catalog).collect(),
        catalog => catalog_by_name(catalog).into_iter().collect(),
    };
    let mut comments = catalogs.into_iter().map(|catalog| {
        let given = class_of(catalog).map(|class| comment(backend, ObjectAddress::new(class, oid)));
        match given {
            Some(comment) if !comment.is_null() => comment,
            _ => description(catalog, oid).map_or(Datum::Null, Datum::Text),
        }
    });
    comments.find(|comment| !comment.is_null()).unwrap_or_default()
}

fn replica_identity_index(backend: &Backend<'_>, oid: Oid) -> Result<Datum> {
    use crate::catalog::ReplicaIdentity;
    let catalog = backend.catalog()?;
    let Some(relation) = catalog.relation(oid) else {
        return Ok(Datum::Null);
    };
    let index = match relation.replica_identity {
        ReplicaIdentity::Index(index) => Some(index),
        ReplicaIdentity::Default => catalog
            .indexes_of(oid)
            .find(|index| index.index.as_ref().is_some_and(|definition| definition.primary))
            .map(|index| index.oid),
        _ => None,
    };
    Ok(index.map_or(Datum::Null, |index| Datum::Oid(index.0)))
}

/// Bits of UPDATE (4), INSERT (8) and DELETE (16), as far as a relation takes them.
fn updatable_events(backend: &Backend<'_>, oid: Oid) -> Result<i32> {
    use crate::catalog::RelationKind;
    const ALL: i32 = 4 | 8 | 16;
    let Some(relation) = backend.catalog()?.relation(oid) else {
        return Ok(0);
    };
    Ok(match (relation.kind, &relation.view) {
        (RelationKind::Table | RelationKind::PartitionedTable, _) => ALL,
        (RelationKind::View, Some(query)) if crate::commands::view::not_updatable(query).is_none() => ALL,
        _ => 0,
    })
}
