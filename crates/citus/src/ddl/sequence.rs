//! CREATE and ALTER SEQUENCE: sequences that distributed tables use count in ranges of their own on each node, which must
//! stay as they are.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{DependencyKind, ObjectClass};
use kumquat_postgres::commands::range_var;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{AlterSeqStmt, CreateSeqStmt, DefArg, DefElem, Statement};
use kumquat_types::{Oid, Result};

use super::{propagated, unsupported};
use crate::metadata;
use crate::shards::mirror;
use crate::tables::checks::error;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateSeqStmt, text: &str) -> Result<CommandTag> {
    if let Some(owner) = owner_of_options(backend, &stmt.options)?
        && metadata::of(backend)?.is_citus_table(owner)
    {
        return Err(
            unsupported("cannot create sequences that specify a distributed table in their OWNED BY option").hint(
                "Use a sequence in a distributed table by specifying a serial column type before creating any shards.",
            ),
        );
    }
    propagated(backend, &Statement::CreateSeq(Box::new(stmt.clone())), text)
}

/// The table that OWNED BY names.
fn owner_of_options(backend: &Backend<'_>, options: &[DefElem]) -> Result<Option<Oid>> {
    let names = options
        .iter()
        .find(|option| option.name == "owned_by")
        .map(|option| &option.arg);
    let Some(Some(DefArg::List(names))) = names else {
        return Ok(None);
    };
    match names.as_slice() {
        [table @ .., _] if !table.is_empty() => Ok(backend.find_relation(&range_var(table))?.map(|found| found.oid)),
        _ => Ok(None),
    }
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterSeqStmt, text: &str) -> Result<CommandTag> {
    if let Some(sequence) = backend.find_relation(&stmt.sequence)? {
        ensure_keeps_owner(backend, sequence.oid, &stmt.options)?;
        refuse(backend, sequence.oid)?;
    }
    propagated(backend, &Statement::AlterSeq(Box::new(stmt.clone())), text)
}

/// `ErrorIfDistributedAlterSeqOwnedBy`
fn ensure_keeps_owner(backend: &Backend<'_>, sequence: Oid, options: &[DefElem]) -> Result<()> {
    let owner = backend.catalog()?.sequence_owner(sequence).map(|(owner, _)| owner.oid);
    let (Some(owner), Some(wanted)) = (owner, owner_of_options(backend, options)?) else {
        return Ok(());
    };
    match metadata::of(backend)?.is_citus_table(owner) && owner != wanted {
        true => Err(unsupported(
            "cannot alter OWNED BY option of a sequence already owned by a distributed table",
        )),
        false => Ok(()),
    }
}

fn refuse(backend: &Backend<'_>, sequence: Oid) -> Result<()> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let is_identity = catalog
        .sequence_owner(sequence)
        .is_some_and(|(_, kind)| kind == DependencyKind::Internal);
    let is_used = metadata
        .tables
        .keys()
        .any(|table| mirror::sequences_of(catalog, *table).contains(&sequence));
    let is_distributed = metadata.is_distributed_object(ObjectClass::Relation, sequence);
    match is_distributed || (is_identity && is_used) {
        true => Err(error("Altering a distributed sequence is currently not supported.")),
        false => Ok(()),
    }
}
