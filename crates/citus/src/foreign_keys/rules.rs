//! What may reference what (`ErrorIfUnsupportedForeignConstraintExists`).
//!
//! ```text
//! from \ to      local   citus local  reference  distributed            single shard
//! local          yes     yes (1)      yes (1)    yes (2)                yes (2)
//! citus local    yes (1) yes          yes        no                     no
//! reference      yes (1) yes (3)      yes        no                     no
//! distributed    no      no           yes        colocated, on the key  no
//! single shard   no      no           yes        no                     colocated
//! ```
//! (1) the local table joins the metadata; (2) until the referencing table is distributed itself;
//! (3) without actions.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Catalog, ForeignKey, ForeignKeyAction};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::diagnosis::{self, Occasion};
use super::refusal::Rule;
use super::{OtherEnd, foreign_key, referencing_keys};
use crate::metadata::{self, DistributedTable, PartitionMethod, TableType};
use crate::session;
use crate::shards::create::calls_nextval;
use crate::shards::names::relation_name;

/// Checks the keys of a table that is in the metadata.
pub fn check_keys(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    let table = metadata::of(backend)?.table(relation).cloned();
    table.map_or(Ok(()), |table| check(backend, &table, Occasion::MakingTheKey))
}

/// Checks the keys of a table as if it were distributed like this.
pub fn check_keys_as(backend: &mut Backend<'_>, table: &DistributedTable) -> Result<()> {
    check(backend, table, Occasion::Distributing)
}

fn check(backend: &mut Backend<'_>, table: &DistributedTable, occasion: Occasion) -> Result<()> {
    for key in referencing_keys(backend, table.relation, OtherEnd::Any)? {
        if let Some(definition) = foreign_key(&key)
            && let Err((error, rule)) = check_key(backend, table, definition)
        {
            let refusal = diagnosis::diagnose(backend, table, &key, rule, occasion)?;
            session::log(backend, |log| log.trace.refused_key = Some(refusal));
            return Err(error);
        }
    }
    Ok(())
}

type Verdict = Result<(), (Error, Rule)>;

fn unsupported(message: &str) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

fn check_key(backend: &Backend<'_>, table: &DistributedTable, key: &ForeignKey) -> Verdict {
    let (Ok(metadata), Ok(catalog)) = (metadata::of(backend), backend.catalog()) else {
        return Ok(());
    };
    let referenced = match key.referenced == table.relation {
        true => Some(table),
        false => metadata.table(key.referenced),
    };
    let Some(referenced) = referenced else {
        return Err(not_distributed(catalog, table, key.referenced));
    };
    if sets_nextval_default(catalog, table.relation, key) {
        let message = "cannot create foreign key constraint since Citus does not support ON DELETE / UPDATE SET \
                       DEFAULT actions on the columns that default to sequences";
        return Err((Error::new(SqlState::INTERNAL_ERROR, message), Rule::SequenceDefault));
    }
    let everywhere = |table_type| matches!(table_type, TableType::CitusLocal | TableType::Reference);
    let (from, to) = (table.table_type(), referenced.table_type());
    if everywhere(from) {
        return match everywhere(to) {
            true => check_between_undistributed(catalog, from, to, key),
            false => Err((
                unsupported(
                    "cannot create foreign key constraint since foreign keys from reference tables and local tables \
                     to distributed tables are not supported",
                )
                .detail(
                    "Reference tables and local tables can only have foreign keys to reference tables and local tables",
                ),
                Rule::LocalToDistributed,
            )),
        };
    }
    if to != TableType::Reference && (table.colocation_id == 0 || table.colocation_id != referenced.colocation_id) {
        return Err((
            unsupported(
                "cannot create foreign key constraint since relations are not colocated or not referencing a \
                 reference table",
            )
            .detail(
                "A distributed table can only have foreign keys if it is referencing another colocated hash \
                 distributed table or a reference table",
            ),
            Rule::NotColocated,
        ));
    }
    check_distribution_column(table, referenced, key)
}

/// The referenced table is not in the metadata.
fn not_distributed(catalog: &Catalog, table: &DistributedTable, referenced: Oid) -> (Error, Rule) {
    let name = relation_name(catalog, referenced);
    let error = match table.table_type() == TableType::CitusLocal {
        true => unsupported(&format!(
            "cannot create foreign key constraint as \"{name}\" is a postgres local table"
        ))
        .hint(format!(
            "first add local table to citus metadata by using SELECT citus_add_local_table_to_metadata('{name}') and \
             execute the ALTER TABLE command to create the foreign key to local table"
        )),
        false => Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!("referenced table \"{name}\" must be a distributed table or a reference table"),
        )
        .detail("To enforce foreign keys, the referencing and referenced rows need to be stored on the same node.")
        .hint(create_reference_table_hint(&name)),
    };
    (error, Rule::ReferencedNotDistributed)
}

fn create_reference_table_hint(name: &str) -> String {
    format!(
        "You could use SELECT create_reference_table('{name}') to replicate the referenced table to all nodes or \
         consider dropping the foreign key"
    )
}

/// An action sets a column to a default that takes the next value of a sequence.
pub(super) fn sets_nextval_default(catalog: &Catalog, relation: Oid, key: &ForeignKey) -> bool {
    let all = key.on_update == ForeignKeyAction::SetDefault
        || (key.on_delete == ForeignKeyAction::SetDefault && key.on_delete_columns.is_empty());
    let columns: &[i16] = match (all, key.on_delete) {
        (true, _) => &key.columns,
        (false, ForeignKeyAction::SetDefault) => &key.on_delete_columns,
        _ => &[],
    };
    let default = |column: &i16| catalog.relation(relation)?.attribute(*column)?.default.clone();
    columns
        .iter()
        .filter_map(default)
        .any(|default| calls_nextval(&default))
}

fn check_between_undistributed(catalog: &Catalog, from: TableType, to: TableType, key: &ForeignKey) -> Verdict {
    let acts = |action| !matches!(action, ForeignKeyAction::NoAction | ForeignKeyAction::Restrict);
    let has_action = acts(key.on_delete) || acts(key.on_update);
    if from == TableType::Reference && to == TableType::CitusLocal && has_action {
        let error = unsupported(
            "cannot define foreign key constraint, foreign keys from reference tables to local tables can only be \
             defined with NO ACTION or RESTRICT behaviors",
        )
        .hint(create_reference_table_hint(&relation_name(catalog, key.referenced)));
        return Err((error, Rule::ReferenceToLocalAction));
    }
    Ok(())
}

fn check_distribution_column(table: &DistributedTable, referenced: &DistributedTable, key: &ForeignKey) -> Verdict {
    let refused = || unsupported("cannot create foreign key constraint");
    let place = |columns: &[i16], column: Option<i16>| columns.iter().position(|number| Some(*number) == column);
    let here = place(&key.columns, table.column);
    let there = place(&key.referenced_columns, referenced.column);
    if here.is_some() {
        check_actions(key).map_err(|detail| (refused().detail(detail), Rule::ActionOnDistributionColumn))?;
    }
    let needs_column = !matches!(
        referenced.table_type(),
        TableType::Reference | TableType::CitusLocal | TableType::SingleShard
    );
    if needs_column && (here.is_none() || here != there) {
        let error = refused().detail(
            "Foreign keys are supported in two cases, either in between two colocated tables including partition \
             column in the same ordinal in the both tables or from distributed to reference tables",
        );
        return Err((error, Rule::NotOnDistributionColumn));
    }
    Ok(())
}

/// The detail of the refusal if an action would change the distribution column.
pub(super) fn check_actions(key: &ForeignKey) -> Result<(), &'static str> {
    if matches!(key.on_delete, ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault) {
        return Err(
            "SET NULL or SET DEFAULT is not supported in ON DELETE operation when distribution key is included in \
             the foreign key constraint",
        );
    }
    if matches!(
        key.on_update,
        ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault | ForeignKeyAction::Cascade
    ) {
        return Err(
            "SET NULL, SET DEFAULT or CASCADE is not supported in ON UPDATE operation when distribution key included \
             in the foreign constraint.",
        );
    }
    Ok(())
}

/// Unique and exclusion constraints must contain the distribution column (`ErrorIfUnsupportedConstraint`).
pub fn check_unique_constraints(backend: &Backend<'_>, table: &DistributedTable) -> Result<()> {
    if table.method == PartitionMethod::None || crate::settings::is_on(backend, "citus.allow_unsafe_constraints") {
        return Ok(());
    }
    let catalog = backend.catalog()?;
    let lacks_column = catalog.indexes_of(table.relation).any(|relation| {
        relation.index.as_ref().is_some_and(|index| {
            (index.unique || index.exclusion) && !index.columns.iter().any(|key| Some(key.attribute) == table.column)
        })
    });
    if !lacks_column {
        return Ok(());
    }
    let name = relation_name(catalog, table.relation);
    Err(unsupported(&format!("cannot create constraint on \"{name}\"")).detail(
        "Distributed relations cannot have UNIQUE, EXCLUDE, or PRIMARY KEY constraints that do not include the \
             partition column (with an equality operator if EXCLUDE).",
    ))
}
