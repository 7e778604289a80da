//! The objects that GRANT and REVOKE name.

use kumquat_sql::ast::{GrantTarget, ObjectName, ObjectType};
use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::acl::AclKind;
use crate::catalog::{ObjectAddress, ObjectClass, ProcKind, RelationKind};
use crate::commands::object;
use crate::commands::relation_kind::not_a;

/// An object with a list of its own.
pub struct Target {
    pub address: ObjectAddress,
    pub kind: AclKind,
}

impl Target {
    fn new(class: ObjectClass, oid: Oid, kind: AclKind) -> Target {
        Target {
            address: ObjectAddress::new(class, oid),
            kind,
        }
    }
}

/// The kind that the statement says.
pub fn nominal_kind(target: &GrantTarget) -> AclKind {
    match target {
        GrantTarget::Tables(_) => AclKind::Table,
        GrantTarget::Sequences(_) => AclKind::Sequence,
        GrantTarget::Functions(..) => AclKind::Function,
        GrantTarget::LargeObjects(_) => AclKind::Parameter,
        GrantTarget::Named(kind, _) | GrantTarget::AllInSchema(kind, _) | GrantTarget::Defaults(kind) => kind_of(*kind),
    }
}

pub fn kind_of(kind: ObjectType) -> AclKind {
    match kind {
        ObjectType::Sequence => AclKind::Sequence,
        ObjectType::Database => AclKind::Database,
        ObjectType::Function | ObjectType::Procedure | ObjectType::Routine => AclKind::Function,
        ObjectType::Language => AclKind::Language,
        ObjectType::Schema => AclKind::Schema,
        ObjectType::Type | ObjectType::Domain => AclKind::Type,
        ObjectType::Tablespace => AclKind::Tablespace,
        ObjectType::Parameter => AclKind::Parameter,
        _ => AclKind::Table,
    }
}

pub fn find(backend: &Backend<'_>, target: &GrantTarget) -> Result<Vec<Target>> {
    match target {
        GrantTarget::Tables(ranges) => ranges
            .iter()
            .map(|range| {
                let relation = backend.relation(range)?;
                if matches!(relation.kind, RelationKind::Index | RelationKind::PartitionedIndex) {
                    return Err(Error::new(
                        SqlState::WRONG_OBJECT_TYPE,
                        format!("\"{}\" is an index", relation.name),
                    ));
                }
                if relation.kind == RelationKind::CompositeType {
                    return Err(Error::new(
                        SqlState::WRONG_OBJECT_TYPE,
                        format!("\"{}\" is a composite type", relation.name),
                    ));
                }
                Ok(Target::new(ObjectClass::Relation, relation.oid, relation.acl_kind()))
            })
            .collect(),
        GrantTarget::Sequences(ranges) => ranges
            .iter()
            .map(|range| {
                let relation = backend.relation(range)?;
                if relation.kind != RelationKind::Sequence {
                    return Err(not_a(&relation.name, "sequence"));
                }
                Ok(Target::new(ObjectClass::Relation, relation.oid, AclKind::Sequence))
            })
            .collect(),
        GrantTarget::Functions(kind, objects) => objects
            .iter()
            .map(|object| {
                let oid = object::function_oid(backend, *kind, object)?;
                Ok(Target::new(ObjectClass::Function, oid, AclKind::Function))
            })
            .collect(),
        GrantTarget::Named(kind, names) => names
            .iter()
            .filter_map(|name| named(backend, *kind, name).transpose())
            .collect(),
        GrantTarget::AllInSchema(kind, schemas) => all_in_schemas(backend, *kind, schemas),
        GrantTarget::LargeObjects(_) => Err(Error::not_modelled("GRANT ON LARGE OBJECT")),
        GrantTarget::Defaults(_) => Ok(Vec::new()),
    }
}

/// An object that is named with its kind; `None` for a language, whose list is not kept.
fn named(backend: &Backend<'_>, kind: ObjectType, name: &[String]) -> Result<Option<Target>> {
    let text = name.join(".");
    match kind {
        ObjectType::Database => {
            let found = backend.server()?.databases.get(text.as_str());
            match found {
                Some(database) => Ok(Some(Target::new(
                    ObjectClass::Database,
                    database.oid,
                    AclKind::Database,
                ))),
                None => Err(Error::new(
                    SqlState::INVALID_CATALOG_NAME,
                    format!("database \"{text}\" does not exist"),
                )),
            }
        }
        ObjectType::Language => match text.as_str() {
            "sql" | "plpgsql" => Ok(None),
            "c" | "internal" => Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("language \"{text}\" is not trusted"),
            )
            .detail(
                "GRANT and REVOKE are not allowed on untrusted languages, because only superusers can use \
                 untrusted languages.",
            )),
            _ => Err(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("language \"{text}\" does not exist"),
            )),
        },
        ObjectType::Schema | ObjectType::Type | ObjectType::Domain => {
            let found = object::find(backend, kind, &ObjectName::Name(name.to_vec()))?;
            Ok(Some(Target {
                address: found.address,
                kind: kind_of(kind),
            }))
        }
        ObjectType::Tablespace => {
            crate::commands::create_table::check_tablespace(Some(&text))?;
            Err(Error::not_modelled("GRANT ON TABLESPACE"))
        }
        ObjectType::Parameter => Err(Error::not_modelled("GRANT ON PARAMETER")),
        kind => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("{} \"{text}\" does not exist", object::noun(kind)),
        )),
    }
}

fn all_in_schemas(backend: &Backend<'_>, kind: ObjectType, schemas: &[String]) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for schema in schemas {
        let schema = backend.schema(schema)?;
        let catalog = backend.catalog()?;
        let relations = catalog.relations.values().filter(|relation| relation.schema == schema);
        let functions = catalog.functions.values().filter(|function| function.schema == schema);
        match kind {
            ObjectType::Table => targets.extend(
                relations
                    .filter(|relation| {
                        matches!(
                            relation.kind,
                            RelationKind::Table
                                | RelationKind::View
                                | RelationKind::MaterializedView
                                | RelationKind::ForeignTable
                                | RelationKind::PartitionedTable
                                | RelationKind::System
                        )
                    })
                    .map(|relation| Target::new(ObjectClass::Relation, relation.oid, AclKind::Table)),
            ),
            ObjectType::Sequence => targets.extend(
                relations
                    .filter(|relation| relation.kind == RelationKind::Sequence)
                    .map(|relation| Target::new(ObjectClass::Relation, relation.oid, AclKind::Sequence)),
            ),
            kind => targets.extend(
                functions
                    .filter(|function| match kind {
                        ObjectType::Procedure => function.kind == ProcKind::Procedure,
                        ObjectType::Function => function.kind != ProcKind::Procedure,
                        _ => true,
                    })
                    .map(|function| Target::new(ObjectClass::Function, function.oid, AclKind::Function)),
            ),
        }
    }
    Ok(targets)
}
