//! Statements that are not queries, and what they mean for the other nodes.
//!
//! A statement is checked in Citus's words, carried out on this node as PostgreSQL does, and then carried to the
//! other nodes: [`propagated`] compares this node's catalog with what it was before and brings the other nodes and
//! the shards in step. What needs the rows of the shards - new columns, constraints, indexes - is run on each
//! shard under the shard's names.
//!
//! - [`alter_table`], [`create_table`], [`index`], [`truncate`], [`drop`], [`rename`], [`trigger`], [`policy`], [`sequence`]:
//!   statements on tables
//! - [`columnar_options`]: storage parameters of columnar tables
//! - [`schema`], [`database`]: schemas and databases
//! - [`snapshot`]: what was before, and what has changed; [`follow`]: shards in step with their table;
//!   [`shared`]: roles and properties of the database
//! - [`objects`], [`dependencies`]: schemas, types, functions, views on other nodes, with what they need
//! - [`node_sync`]: a node that is added gets everything

pub mod alter_table;
pub mod columnar_options;
pub mod create_table;
pub mod database;
pub mod dependencies;
pub mod drop;
pub mod follow;
pub mod index;
pub mod node_sync;
pub mod objects;
pub mod policy;
pub mod rename;
pub mod schema;
pub mod sequence;
pub mod shared;
pub mod snapshot;
pub mod trigger;
pub mod truncate;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::RelationKind;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{ClusterStmt, ObjectType, Statement};
use kumquat_types::{Error, Result, SqlState};

use crate::metadata;
use crate::transaction::access;
use crate::{session, settings};
use snapshot::Snapshot;

/// Carries out a statement that is not a query.
pub fn utility(backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
    match columnar_options::extract(backend, statement)? {
        Some(extracted) => {
            let tag = dispatch(backend, &extracted.statement, text)?;
            crate::columnar::after_utility(backend)?;
            columnar_options::set(backend, &extracted)?;
            Ok(tag)
        }
        None => dispatch(backend, statement, text),
    }
}

fn dispatch(backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
    if backend.session.internal || session::of(backend).propagation_off > 0 {
        return backend.standard_utility(statement, text);
    }
    if !settings::is_on(backend, "citus.enable_ddl_propagation") {
        return unpropagated(backend, statement, text);
    }
    if let Some(kind) = object_kind(statement).filter(|_| snapshot::may_create(backend)) {
        access::ensure_sequential_for_object(backend, kind)?;
    }
    if matches!(statement, Statement::CreateRole(_))
        && !settings::is_on(backend, "citus.enable_create_role_propagation")
    {
        backend.notice(
            Error::notice("not propagating CREATE ROLE/USER commands to other nodes")
                .hint("Connect to other nodes directly to manually create all necessary users and roles."),
        );
    }
    match statement {
        Statement::AlterTable(stmt) => alter_table::alter(backend, stmt, text),
        Statement::Create(_) | Statement::CreateTableAs(_) | Statement::Select(_) => {
            create_table::create(backend, statement, text)
        }
        Statement::Index(stmt) => index::create(backend, stmt, text),
        Statement::Truncate(stmt) => truncate::truncate(backend, stmt, text),
        Statement::Drop(stmt) => drop::drop(backend, stmt, text),
        Statement::Rename(stmt) => rename::rename(backend, stmt, text),
        Statement::AlterObjectSchema(stmt) => rename::set_schema(backend, stmt, text),
        Statement::CreateTrig(stmt) => trigger::create(backend, stmt, text),
        Statement::CreatePolicy(stmt) => policy::create(backend, stmt, text),
        Statement::AlterPolicy(stmt) => policy::alter(backend, stmt, text),
        Statement::CreateSeq(stmt) => sequence::create(backend, stmt, text),
        Statement::AlterSeq(stmt) => sequence::alter(backend, stmt, text),
        Statement::Cluster(stmt) => cluster(backend, stmt, text),
        Statement::CreateSchema(stmt) => schema::create(backend, stmt, text),
        Statement::Createdb(_) | Statement::Dropdb(_) => database::execute(backend, statement, text),
        _ => propagated(backend, statement, text),
    }
}

/// CLUSTER: each table by its name (`PreprocessClusterStmt`).
fn cluster(backend: &mut Backend<'_>, stmt: &ClusterStmt, text: &str) -> Result<CommandTag> {
    let warn = |backend: &mut Backend<'_>, message: &str, hint: &str| {
        if settings::is_on(backend, "citus.enable_unsupported_feature_messages") {
            backend.notice(Error::warning(SqlState::WARNING, message).hint(hint));
        }
    };
    let found = match &stmt.relation {
        Some(range) => backend.find_relation(range)?,
        None => {
            let hint = "Provide a specific table in order to CLUSTER distributed tables.";
            warn(backend, "not propagating CLUSTER command to worker nodes", hint);
            None
        }
    };
    let is_citus_table = |oid| metadata::of(backend).is_ok_and(|metadata| metadata.is_citus_table(oid));
    if let Some(found) = found.filter(|found| is_citus_table(found.oid)) {
        if found.kind == RelationKind::PartitionedTable {
            let message = "not propagating CLUSTER command for partitioned table to worker nodes";
            let hint = "Provide a child partition table names in order to CLUSTER distributed partitioned tables.";
            warn(backend, message, hint);
        } else if stmt.options.iter().any(|option| option.name == "verbose") {
            return Err(Error::new(SqlState::INTERNAL_ERROR, "cannot run CLUSTER command")
                .detail("VERBOSE option is currently unsupported for distributed tables."));
        }
    }
    propagated(backend, &Statement::Cluster(Box::new(stmt.clone())), text)
}

/// Carries out a statement and brings the other nodes in step.
pub fn propagated(backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
    let before = Snapshot::take(backend)?;
    let tag = backend.standard_utility(statement, text)?;
    before.synchronize(backend, text)?;
    Ok(tag)
}

/// With `citus.enable_ddl_propagation` off, statements stay on this node, but may not take the distribution column
/// from a table.
fn unpropagated(backend: &mut Backend<'_>, statement: &Statement, text: &str) -> Result<CommandTag> {
    if let Statement::AlterTable(stmt) = statement {
        alter_table::checks::refuse_dropping_distribution_column(backend, stmt)?;
    }
    let tag = backend.standard_utility(statement, text)?;
    crate::shards::drop::drop_vanished_tables(backend)?;
    Ok(tag)
}

/// What Citus calls the kind of object that a statement makes or changes, if it is one that is kept on all nodes
/// over a single connection each.
fn object_kind(statement: &Statement) -> Option<&'static str> {
    match statement {
        Statement::CompositeType(_) | Statement::CreateEnum(_) | Statement::AlterEnum(_) | Statement::AlterType(_) => {
            Some("type")
        }
        Statement::CreateDomain(_) | Statement::AlterDomain(_) => Some("domain"),
        Statement::CreateFunction(_) | Statement::AlterFunction(_) => Some("function"),
        Statement::CreateSchema(_) => Some("schema"),
        Statement::Rename(stmt) if stmt.rename_type == ObjectType::Schema => Some("schema"),
        Statement::AlterDatabase(_) | Statement::AlterDatabaseSet(_) => Some("database"),
        Statement::AlterOwner(stmt) if stmt.object_type == ObjectType::Database => Some("database"),
        Statement::CreateExtension(_) | Statement::AlterExtension(_) => Some("extension"),
        _ => None,
    }
}

fn unsupported(message: impl Into<String>) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}
