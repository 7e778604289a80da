//! ALTER SEQUENCE: sequences that distributed tables use count in ranges of their own on each node, which must
//! stay as they are.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{DependencyKind, ObjectClass};
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{AlterSeqStmt, Statement};
use kumquat_types::{Oid, Result};

use super::propagated;
use crate::metadata;
use crate::shards::mirror;
use crate::tables::checks::error;

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterSeqStmt, text: &str) -> Result<CommandTag> {
    if let Some(sequence) = backend.find_relation(&stmt.sequence)? {
        refuse(backend, sequence.oid)?;
    }
    propagated(backend, &Statement::AlterSeq(Box::new(stmt.clone())), text)
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
