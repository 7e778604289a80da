//! TRUNCATE: the shards of all tables that it reaches are emptied, too.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Catalog;
use kumquat_postgres::result::CommandTag;
use kumquat_sql::ast::{DropBehavior, Statement, TruncateStmt};
use kumquat_types::{Oid, Result};

use super::follow::shard_tables;
use crate::connection::Connection;
use crate::metadata;
use crate::trace::Sql;
use crate::transaction::{self, access};

pub fn truncate(backend: &mut Backend<'_>, stmt: &TruncateStmt, text: &str) -> Result<CommandTag> {
    let tables = reached_tables(backend, stmt)?;
    for table in &tables {
        access::check_conflicts(backend, *table, access::AccessKind::Ddl)?;
    }
    let tag = backend.standard_utility(&Statement::Truncate(Box::new(stmt.clone())), text)?;
    for table in tables {
        if metadata::of(backend)?.is_citus_table(table) {
            empty_shards(backend, table)?;
            access::record_parallel(backend, table, access::AccessKind::Ddl)?;
        }
    }
    Ok(tag)
}

/// The tables named, their partitions and children, and with CASCADE those that reference them.
fn reached_tables(backend: &Backend<'_>, stmt: &TruncateStmt) -> Result<Vec<Oid>> {
    let catalog = backend.catalog()?;
    let mut tables = Vec::new();
    for range in &stmt.relations {
        if let Some(found) = backend.find_relation(range)? {
            reach(catalog, found.oid, range.inherit, &mut tables);
        }
    }
    if stmt.behavior == DropBehavior::Cascade {
        let mut at = 0;
        while let Some(table) = tables.get(at).copied() {
            at = at.saturating_add(1);
            for key in catalog.constraints_referencing(table) {
                reach(catalog, key.relation, true, &mut tables);
            }
        }
    }
    Ok(tables)
}

fn reach(catalog: &Catalog, table: Oid, with_children: bool, tables: &mut Vec<Oid>) {
    if tables.contains(&table) {
        return;
    }
    tables.push(table);
    if with_children {
        for child in catalog.children_of(table) {
            reach(catalog, child.oid, true, tables);
        }
    }
}

fn empty_shards(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    for shard in shard_tables(backend, table)? {
        let connection = Connection::open(backend, shard.node)?;
        transaction::join(backend, &connection, true)?;
        connection.run(backend, |remote| {
            let heaps = &mut remote.database_mut()?.heaps;
            if heaps.contains_key(&shard.table) {
                heaps.insert(shard.table, Arc::default());
            }
            Ok(())
        })?;
        let catalog = backend.catalog()?;
        let schema = catalog.relation(table).map(|found| found.schema).unwrap_or_default();
        let name = crate::shards::names::relation_name(catalog, table);
        let name = crate::shards::names::shard_name(&name, shard.shard);
        let name = crate::shards::names::qualified(catalog, schema, &name);
        let message = format!("TRUNCATE TABLE {name} CASCADE");
        if metadata::of(backend)?.shards_of(table).len() == 1 {
            connection.tell_local(backend, &message);
        }
        connection.record(backend, Sql::text(message), 0)?;
    }
    Ok(())
}
