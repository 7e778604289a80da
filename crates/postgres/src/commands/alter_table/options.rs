//! ALTER TABLE subcommands on the table as a whole: parameters, persistence, access method, replica identity,
//! row-level security.

use std::sync::Arc;

use kumquat_sql::ast::{AlterTableCmd, DefElem, ReplicaIdentity as AstIdentity};
use kumquat_types::{Error, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::{ConstraintKind, IndexDefinition, Name, Persistence, Relation, RelationKind, ReplicaIdentity};
use crate::commands::create_table::{check_tablespace, table_access_method};
use crate::commands::{maintenance, reloptions};

pub fn carry_out(backend: &mut Backend<'_>, relation: &Relation, command: &AlterTableCmd) -> Result<()> {
    let oid = relation.oid;
    match command {
        AlterTableCmd::SetRelOptions(options) => set_options(backend, relation, options),
        AlterTableCmd::ResetRelOptions(options) => reset_options(backend, relation, options),
        AlterTableCmd::SetLogged => set_persistence(backend, relation, Persistence::Permanent),
        AlterTableCmd::SetUnlogged => set_persistence(backend, relation, Persistence::Unlogged),
        AlterTableCmd::SetWithoutOids => Ok(()),
        AlterTableCmd::SetTablespace { name } => check_tablespace(Some(name)),
        AlterTableCmd::SetAccessMethod { name } => {
            if relation.kind == RelationKind::PartitionedTable {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "cannot change access method of a partitioned table",
                ));
            }
            let method = table_access_method(backend, name)?;
            backend.update_relation(oid, |relation| relation.access_method = method)
        }
        AlterTableCmd::ClusterOn { index } => {
            let index = maintenance::cluster_index(backend, relation, index)?;
            maintenance::mark_clustered(backend, oid, Some(index))
        }
        AlterTableCmd::SetWithoutCluster => maintenance::mark_clustered(backend, oid, None),
        AlterTableCmd::ReplicaIdentity(identity) => {
            let identity = replica_identity(backend, relation, identity)?;
            backend.update_relation(oid, |relation| relation.replica_identity = identity)
        }
        AlterTableCmd::EnableRowSecurity => backend.update_relation(oid, |relation| relation.row_security = true),
        AlterTableCmd::ForceRowSecurity => backend.update_relation(oid, |relation| relation.force_row_security = true),
        AlterTableCmd::DisableRowSecurity => backend.update_relation(oid, |relation| relation.row_security = false),
        AlterTableCmd::NoForceRowSecurity => {
            backend.update_relation(oid, |relation| relation.force_row_security = false)
        }
        AlterTableCmd::Rule { name, .. } => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("rule \"{name}\" for relation \"{}\" does not exist", relation.name),
        )),
        AlterTableCmd::DropOf => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a typed table", relation.name),
        )),
        AlterTableCmd::AddOf(type_name) => {
            crate::commands::object::type_oid(backend, type_name)?;
            Err(Error::not_modelled("ALTER TABLE ... OF"))
        }
        AlterTableCmd::DetachPartitionFinalize { .. } => {
            Err(Error::not_modelled("ALTER TABLE ... DETACH PARTITION ... FINALIZE"))
        }
        _ => Err(Error::not_modelled("this form of ALTER TABLE")),
    }
}

fn kind_of(relation: &Relation) -> reloptions::Kind<'_> {
    match relation.kind {
        RelationKind::Index | RelationKind::PartitionedIndex => reloptions::Kind::Index(&relation.access_method),
        kind => reloptions::Kind::of(kind),
    }
}

fn set_options(backend: &mut Backend<'_>, relation: &Relation, options: &[DefElem]) -> Result<()> {
    let new = reloptions::read(options, kind_of(relation))?;
    if let (RelationKind::View, Some(query)) = (relation.kind, &relation.view)
        && new.iter().any(|(name, _)| &**name == "check_option")
        && let Some(reason) = crate::commands::view::not_updatable(query)
    {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "WITH CHECK OPTION is supported only on automatically updatable views",
        )
        .hint(reason));
    }
    backend.update_relation(relation.oid, |relation| {
        let kept = |known: &Name| !new.iter().any(|(name, _)| name == known);
        relation.options.retain(|(known, _)| kept(known));
        relation.options.extend(new.iter().cloned());
    })
}

fn reset_options(backend: &mut Backend<'_>, relation: &Relation, options: &[DefElem]) -> Result<()> {
    for option in options {
        if option.arg.is_some() {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "RESET must not include values for parameters",
            ));
        }
    }
    let name = |option: &DefElem| match &option.namespace {
        Some(namespace) => format!("{namespace}.{}", option.name),
        None => option.name.clone(),
    };
    let names: Vec<String> = options.iter().map(name).collect();
    backend.update_relation(relation.oid, |relation| {
        relation
            .options
            .retain(|(known, _)| !names.iter().any(|name| **known == **name));
    })
}

/// SET LOGGED, SET UNLOGGED: foreign keys must not point from a permanent table to one that is not.
fn set_persistence(backend: &mut Backend<'_>, relation: &Relation, persistence: Persistence) -> Result<()> {
    if relation.persistence == Persistence::Temporary {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!(
                "cannot change logged status of table \"{}\" because it is temporary",
                relation.name
            ),
        ));
    }
    if relation.persistence == persistence {
        return Ok(());
    }
    let catalog = backend.catalog()?;
    let (constraints, to_logged): (Vec<_>, bool) = match persistence {
        Persistence::Permanent => (catalog.constraints_of(relation.oid).collect(), true),
        _ => (catalog.constraints_referencing(relation.oid).collect(), false),
    };
    for constraint in constraints {
        let ConstraintKind::ForeignKey(key) = &constraint.kind else {
            continue;
        };
        let other = match to_logged {
            true => backend.relation_by_oid(key.referenced)?,
            false => backend.relation_by_oid(constraint.relation)?,
        };
        let clashes = other.oid != relation.oid && (other.persistence == Persistence::Permanent) != to_logged;
        if clashes {
            let (new, old) = match to_logged {
                true => ("logged", "unlogged"),
                false => ("unlogged", "logged"),
            };
            return Err(Error::new(
                SqlState::INVALID_TABLE_DEFINITION,
                format!(
                    "could not change table \"{}\" to {new} because it references {old} table \"{}\"",
                    relation.name, other.name
                ),
            ));
        }
    }
    backend.update_relation(relation.oid, |relation| relation.persistence = persistence)?;
    let indexes: Vec<_> = backend
        .catalog()?
        .indexes_of(relation.oid)
        .map(|index| index.oid)
        .collect();
    for index in indexes {
        backend.update_relation(index, |index| index.persistence = persistence)?;
    }
    Ok(())
}

fn replica_identity(backend: &Backend<'_>, relation: &Relation, identity: &AstIdentity) -> Result<ReplicaIdentity> {
    let name = match identity {
        AstIdentity::Default => return Ok(ReplicaIdentity::Default),
        AstIdentity::Full => return Ok(ReplicaIdentity::Full),
        AstIdentity::Nothing => return Ok(ReplicaIdentity::Nothing),
        AstIdentity::Index(name) => name,
    };
    let undefined = || {
        Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("index \"{name}\" for table \"{}\" does not exist", relation.name),
        )
    };
    let found = backend.catalog()?.relation_by_name(relation.schema, name).cloned();
    let index = found.ok_or_else(undefined)?;
    let wrong = |message: String| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
    let definition: Arc<IndexDefinition> = match &index.index {
        Some(definition) if definition.table == relation.oid => definition.clone(),
        _ => return wrong(format!("\"{name}\" is not an index for table \"{}\"", relation.name)),
    };
    if !definition.unique {
        return wrong(format!("cannot use non-unique index \"{name}\" as replica identity"));
    }
    if !definition.immediate {
        return wrong(format!("cannot use non-immediate index \"{name}\" as replica identity"));
    }
    if definition.columns.iter().any(|column| column.expression.is_some()) {
        return wrong(format!("cannot use expression index \"{name}\" as replica identity"));
    }
    if definition.predicate.is_some() {
        return wrong(format!("cannot use partial index \"{name}\" as replica identity"));
    }
    for column in &definition.columns {
        if let Some(attribute) = relation.attribute(column.attribute)
            && !attribute.not_null
        {
            return wrong(format!(
                "index \"{name}\" cannot be used as replica identity because column \"{}\" is nullable",
                attribute.name
            ));
        }
    }
    Ok(ReplicaIdentity::Index(index.oid))
}
