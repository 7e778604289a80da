//! VACUUM, ANALYZE, CLUSTER, REINDEX, LOCK, CHECKPOINT and kin: checked as PostgreSQL checks them, with little
//! left to do.

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_sql::ast::{ClusterStmt, LockMode, LockStmt, RangeVar, ReindexStmt, ReindexTarget, VacuumStmt};
use kumquat_types::compare::compare;
use kumquat_types::{Chunk, Datum, Error, Oid, Result, SqlState};

use super::options;
use super::privileges::{has_privilege, permission_denied};
use super::relation_kind::not_a;
use super::{role, undefined_column};
use crate::backend::Backend;
use crate::catalog::{ObjectAddress, ObjectClass, Relation, RelationKind, SortOrder};
use crate::executor;
use crate::query::Expr;
use crate::result::CommandTag;
use crate::storage::{Heap, statistics};

/// What VACUUM (...) and ANALYZE (...) ask for.
#[derive(Default)]
struct VacuumOptions {
    analyze: bool,
    full: bool,
}

const VACUUM_OPTIONS: [&str; 12] = [
    "verbose",
    "skip_locked",
    "analyze",
    "freeze",
    "full",
    "disable_page_skipping",
    "index_cleanup",
    "process_toast",
    "truncate",
    "parallel",
    "buffer_usage_limit",
    "skip_database_stats",
];

fn vacuum_options(stmt: &VacuumStmt) -> Result<VacuumOptions> {
    let mut read = VacuumOptions {
        analyze: !stmt.is_vacuum,
        full: false,
    };
    for option in &stmt.options {
        let name = option.name.as_str();
        let known = match stmt.is_vacuum {
            true => VACUUM_OPTIONS.iter().take(10).any(|known| *known == name),
            false => matches!(name, "verbose" | "skip_locked"),
        };
        if !known {
            let command = if stmt.is_vacuum { "VACUUM" } else { "ANALYZE" };
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!("unrecognized {command} option \"{name}\""),
            )
            .at(option.location));
        }
        match name {
            "analyze" => read.analyze = options::boolean(option)?,
            "full" => read.full = options::boolean(option)?,
            "verbose" if options::boolean(option)? => {
                let command = if stmt.is_vacuum { "VACUUM" } else { "ANALYZE" };
                return Err(Error::not_modelled(format!("{command} VERBOSE")));
            }
            _ => {}
        }
    }
    Ok(read)
}

pub fn vacuum(backend: &mut Backend<'_>, stmt: &VacuumStmt) -> Result<CommandTag> {
    let read = vacuum_options(stmt)?;
    let command = if stmt.is_vacuum { "VACUUM" } else { "ANALYZE" };
    if stmt.is_vacuum {
        backend.prevent_in_transaction_block(command)?;
    }
    if stmt.is_vacuum && !read.analyze && stmt.relations.iter().any(|relation| !relation.columns.is_empty()) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "ANALYZE option must be specified when a column list is provided",
        ));
    }
    let mut tables: Vec<Oid> = Vec::new();
    for target in &stmt.relations {
        let relation = backend.relation(&target.relation)?;
        for column in &target.columns {
            if relation.attribute_by_name(column).is_none() {
                return Err(undefined_column(column, &relation.name));
            }
        }
        if may_maintain(backend, &relation, stmt.is_vacuum)? {
            add_partitions(backend, &mut tables, relation.oid)?;
        }
    }
    if stmt.relations.is_empty() {
        let catalog = backend.catalog()?;
        let own = catalog
            .relations
            .values()
            .filter(|relation| backend.owns(relation.owner));
        tables = own
            .filter(|relation| relation.has_storage())
            .map(|relation| relation.oid)
            .collect();
    }
    for table in tables {
        if read.full {
            rewrite(backend, table)?;
        }
        if read.analyze {
            gather_statistics(backend, table)?;
        }
    }
    Ok(CommandTag::new(command))
}

/// A relation of another kind or another's gives a warning and is left out.
fn may_maintain(backend: &mut Backend<'_>, relation: &Relation, vacuum: bool) -> Result<bool> {
    let verb = if vacuum { "vacuum" } else { "analyze" };
    let name = &relation.name;
    let reason = match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView => {
            if backend.owns(relation.owner) || backend.owns(backend.database()?.owner) {
                return Ok(true);
            }
            format!("only table or database owner can {verb} it")
        }
        RelationKind::System if !relation.is_system_view() => return Ok(false),
        _ => format!("cannot {verb} non-tables or special system tables"),
    };
    backend.notice(Error::warning(
        SqlState::WARNING,
        format!("skipping \"{name}\" --- {reason}"),
    ));
    Ok(false)
}

fn add_partitions(backend: &Backend<'_>, tables: &mut Vec<Oid>, table: Oid) -> Result<()> {
    let relation = backend.relation_by_oid(table)?;
    if relation.has_storage() {
        tables.push(table);
    }
    if relation.kind == RelationKind::PartitionedTable {
        let partitions: Vec<Oid> = backend.catalog()?.children_of(table).map(|child| child.oid).collect();
        for partition in partitions {
            add_partitions(backend, tables, partition)?;
        }
    }
    Ok(())
}

fn gather_statistics(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    if let Some(heap) = backend.database_mut()?.heaps.get_mut(&table) {
        let found = statistics::analyze(heap);
        Arc::make_mut(heap).statistics = Some(Arc::new(found));
    }
    Ok(())
}

/// Writes a table anew without its dead rows.
fn rewrite(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    if let Some(heap) = backend.database_mut()?.heaps.get_mut(&table) {
        Arc::make_mut(heap).compact();
    }
    rebuild_indexes(backend, table)
}

/// Writes a table anew in the order of an index.
fn sort_by_index(backend: &mut Backend<'_>, table: Oid, index: Oid) -> Result<()> {
    let (relation, index) = (backend.relation_by_oid(table)?, backend.relation_by_oid(index)?);
    let (Some(definition), Some(heap)) = (&index.index, backend.database()?.heaps.get(&table).cloned()) else {
        return Ok(());
    };
    let types: Vec<Oid> = relation.attributes.iter().map(|attribute| attribute.type_oid).collect();
    let rows = Chunk::concat(&types, &heap.live_chunks().collect::<Vec<_>>());
    let keys: Vec<Expr> = definition
        .columns
        .iter()
        .map(|column| column.expression_over(&relation))
        .collect();
    let values = executor::evaluate_over(backend, &keys, &rows)?;
    let orders: Vec<SortOrder> = definition.columns.iter().map(|column| column.order).collect();
    let mut places: Vec<u32> = (0..u32::try_from(rows.rows).unwrap_or(u32::MAX)).collect();
    places.sort_by(|a, b| {
        let at = |row: u32| values.row(row as usize);
        compare_keys(&at(*a), &at(*b), &orders)
    });
    let mut sorted = Heap::from_chunks([rows.take(&places)]);
    sorted.version = heap.version.saturating_add(1);
    sorted.statistics = heap.statistics.clone();
    backend.database_mut()?.heaps.insert(table, Arc::new(sorted));
    rebuild_indexes(backend, table)
}

fn compare_keys(a: &[Datum], b: &[Datum], orders: &[SortOrder]) -> Ordering {
    for ((a, b), order) in a.iter().zip(b).zip(orders) {
        let found = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if order.nulls_first => Ordering::Less,
            (true, false) => Ordering::Greater,
            (false, true) if order.nulls_first => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) if order.descending => compare(b, a),
            (false, false) => compare(a, b),
        };
        if found != Ordering::Equal {
            return found;
        }
    }
    Ordering::Equal
}

fn rebuild_indexes(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    let indexes: Vec<Oid> = backend.catalog()?.indexes_of(table).map(|index| index.oid).collect();
    for index in indexes {
        executor::build_index(backend, index)?;
    }
    Ok(())
}

pub fn cluster(backend: &mut Backend<'_>, stmt: &ClusterStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("CLUSTER");
    let Some(range) = &stmt.relation else {
        backend.prevent_in_transaction_block("CLUSTER")?;
        let catalog = backend.catalog()?;
        let marked = catalog.relations.values().filter_map(|relation| {
            let definition = relation.index.as_ref()?;
            definition.clustered.then_some((definition.table, relation.oid))
        });
        for (table, index) in marked.collect::<Vec<_>>() {
            sort_by_index(backend, table, index)?;
        }
        return Ok(tag);
    };
    let relation = backend.relation(range)?;
    match relation.kind {
        RelationKind::Table | RelationKind::MaterializedView => {}
        RelationKind::PartitionedTable => return Err(Error::not_modelled("CLUSTER of a partitioned table")),
        _ => return Err(not_a(&relation.name, "table or materialized view")),
    }
    backend.check_relation_owner(&relation)?;
    let index = match &stmt.index_name {
        Some(name) => cluster_index(backend, &relation, name)?,
        None => {
            let mut indexes = backend.catalog()?.indexes_of(relation.oid);
            let marked = indexes.find(|index| index.index.as_ref().is_some_and(|d| d.clustered));
            let oid = marked.map(|index| index.oid);
            oid.ok_or_else(|| {
                Error::new(
                    SqlState::UNDEFINED_OBJECT,
                    format!("there is no previously clustered index for table \"{}\"", relation.name),
                )
            })?
        }
    };
    mark_clustered(backend, relation.oid, Some(index))?;
    sort_by_index(backend, relation.oid, index)?;
    Ok(tag)
}

/// An index on which a table can be clustered.
pub fn cluster_index(backend: &Backend<'_>, relation: &Relation, name: &str) -> Result<Oid> {
    let mut indexes = backend.catalog()?.indexes_of(relation.oid);
    let index = indexes.find(|index| *index.name == *name).ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("index \"{name}\" for table \"{}\" does not exist", relation.name),
        )
    })?;
    let refuse = |message: String| Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
    let method = crate::catalog::operator_class::find_index_method(backend, &index.access_method)?;
    if !method.clusterable {
        return refuse(format!(
            "cannot cluster on index \"{name}\" because access method does not support clustering"
        ));
    }
    match &index.index {
        Some(definition) if definition.predicate.is_some() => {
            refuse(format!("cannot cluster on partial index \"{name}\""))
        }
        Some(definition) if !definition.valid => refuse(format!("cannot cluster on invalid index \"{name}\"")),
        _ => Ok(index.oid),
    }
}

/// Remembers the index that a table was clustered on, or that it was on none.
pub fn mark_clustered(backend: &mut Backend<'_>, table: Oid, index: Option<Oid>) -> Result<()> {
    let indexes: Vec<Oid> = backend.catalog()?.indexes_of(table).map(|index| index.oid).collect();
    for oid in indexes {
        backend.update_relation(oid, |relation| {
            if let Some(definition) = &mut relation.index {
                Arc::make_mut(definition).clustered = Some(oid) == index;
            }
        })?;
    }
    Ok(())
}

pub fn reindex(backend: &mut Backend<'_>, stmt: &ReindexStmt) -> Result<CommandTag> {
    let mut concurrently = false;
    for option in &stmt.options {
        match option.name.as_str() {
            "concurrently" => concurrently = options::boolean(option)?,
            "tablespace" => super::create_table::check_tablespace(Some(&options::string(option)?))?,
            "verbose" if options::boolean(option)? => return Err(Error::not_modelled("REINDEX (VERBOSE)")),
            "verbose" => {}
            name => {
                return Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    format!("unrecognized REINDEX option \"{name}\""),
                )
                .at(option.location));
            }
        }
    }
    if concurrently {
        backend.prevent_in_transaction_block("REINDEX CONCURRENTLY")?;
    }
    let indexes = match &stmt.target {
        ReindexTarget::Index(range) => reindex_index(backend, range)?,
        ReindexTarget::Table(range) => reindex_table(backend, range)?,
        ReindexTarget::Schema(name) => {
            backend.prevent_in_transaction_block("REINDEX SCHEMA")?;
            let schema = backend.schema(name)?;
            let catalog = backend.catalog()?;
            let owner = catalog.schemas.get(&schema).map(|schema| schema.owner);
            if !owner.is_some_and(|owner| backend.owns(owner)) {
                return Err(super::privileges::not_owner("schema", name));
            }
            indexes_where(backend, |index| index.schema == schema)?
        }
        ReindexTarget::System(name) | ReindexTarget::Database(name) => {
            let word = match stmt.target {
                ReindexTarget::System(_) => "REINDEX SYSTEM",
                _ => "REINDEX DATABASE",
            };
            backend.prevent_in_transaction_block(word)?;
            if **name != *backend.session.database {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "can only reindex the currently open database",
                ));
            }
            match stmt.target {
                ReindexTarget::System(_) => Vec::new(),
                _ => indexes_where(backend, |_| true)?,
            }
        }
    };
    for index in indexes {
        executor::build_index(backend, index)?;
    }
    Ok(CommandTag::new("REINDEX"))
}

fn indexes_where(backend: &Backend<'_>, test: impl Fn(&Relation) -> bool) -> Result<Vec<Oid>> {
    let relations = backend.catalog()?.relations.values();
    Ok(relations
        .filter(|relation| relation.kind == RelationKind::Index && test(relation))
        .map(|relation| relation.oid)
        .collect())
}

fn reindex_index(backend: &Backend<'_>, range: &RangeVar) -> Result<Vec<Oid>> {
    let index = backend.relation(range)?;
    let Some(definition) = &index.index else {
        return Err(not_a(&index.name, "index"));
    };
    let table = backend.relation_by_oid(definition.table)?;
    if !backend.owns(table.owner) {
        return Err(super::privileges::not_owner("index", &index.name));
    }
    parts_of(backend, index.oid)
}

/// The index itself, or the parts of a partitioned one.
fn parts_of(backend: &Backend<'_>, index: Oid) -> Result<Vec<Oid>> {
    let relation = backend.relation_by_oid(index)?;
    if relation.kind == RelationKind::Index {
        return Ok(vec![index]);
    }
    let children: Vec<Oid> = backend.catalog()?.children_of(index).map(|part| part.oid).collect();
    let mut parts = Vec::new();
    for child in children {
        parts.extend(parts_of(backend, child)?);
    }
    Ok(parts)
}

fn reindex_table(backend: &mut Backend<'_>, range: &RangeVar) -> Result<Vec<Oid>> {
    let table = backend.relation(range)?;
    match table.kind {
        RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView => {}
        RelationKind::System if !table.is_system_view() => return Ok(Vec::new()),
        _ => return Err(not_a(&table.name, "table or materialized view")),
    }
    backend.check_relation_owner(&table)?;
    let mut tables = Vec::new();
    add_partitions(backend, &mut tables, table.oid)?;
    let catalog = backend.catalog()?;
    let indexes: Vec<Oid> = tables
        .iter()
        .flat_map(|table| catalog.indexes_of(*table))
        .map(|index| index.oid)
        .collect();
    if indexes.is_empty() {
        backend.notice(Error::notice(format!(
            "table \"{}\" has no indexes to reindex",
            table.name
        )));
    }
    Ok(indexes)
}

pub fn lock(backend: &mut Backend<'_>, stmt: &LockStmt) -> Result<CommandTag> {
    backend.require_transaction_block("LOCK TABLE")?;
    for range in &stmt.relations {
        let relation = backend.relation(range)?;
        match relation.kind {
            RelationKind::Table | RelationKind::PartitionedTable | RelationKind::View | RelationKind::System => {}
            _ => return Err(not_a(&relation.name, "table or view")),
        }
        let object = ObjectAddress::new(ObjectClass::Relation, relation.oid);
        let role = backend.session.current_user;
        let enough = match stmt.mode {
            LockMode::AccessShare => "rwadD",
            LockMode::RowExclusive | LockMode::RowShare => "awdD",
            _ => "wdD",
        };
        if !enough
            .chars()
            .any(|letter| has_privilege(backend, role, object, letter))
        {
            return Err(permission_denied(relation.noun(), &relation.name));
        }
    }
    Ok(CommandTag::new("LOCK TABLE"))
}

pub fn checkpoint(backend: &Backend<'_>) -> Result<CommandTag> {
    const PG_CHECKPOINT: Oid = Oid(4544);
    if !backend.has_privileges_of(backend.session.current_user, PG_CHECKPOINT) {
        return Err(role::denied(
            "must be superuser or have privileges of pg_checkpoint to do CHECKPOINT",
        ));
    }
    Ok(CommandTag::new("CHECKPOINT"))
}
