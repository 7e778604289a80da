//! CREATE INDEX, and the indexes of constraints, after PostgreSQL's `DefineIndex`.
//!
//! - [`columns`]: what the index is on; [`names`]: what it is called if nobody says.
//! - [`define`] makes it, with the constraint that it enforces, on a table and on its partitions.
//! - [`clone`]: indexes like another table's; [`using`]: ADD CONSTRAINT ... USING INDEX.

pub mod clone;
pub mod columns;
pub mod names;
pub mod using;

use std::sync::Arc;

use kumquat_sql::ast::IndexStmt;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::constraint::depend_on_columns;
use super::define::{already_exists, define_relation, skip_existing};
use super::relation_kind::kind_not_supported;
use super::{partition, reloptions};
use crate::backend::Backend;
use crate::catalog::expression_references::columns_read;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::operator_class::{self, IndexMethod, find_index_method};
use crate::catalog::{
    Attribute, Catalog, Constraint, ConstraintKind, DependencyKind, IndexColumn, IndexDefinition, Name, ObjectAddress,
    ObjectClass, Relation, RelationKind, SortOrder,
};
use crate::executor;
use crate::query::Expr;
use crate::result::CommandTag;

/// `INDEX_MAX_KEYS`.
const MAX_KEYS: usize = 32;

/// An index to be made; names are resolved.
#[derive(Clone, Debug)]
pub struct IndexRequest {
    pub table: Oid,
    pub name: Option<String>,
    pub method: Name,
    pub columns: Vec<IndexColumn>,
    pub included: Vec<i16>,
    pub unique: bool,
    pub nulls_not_distinct: bool,
    pub primary: bool,
    /// One a column; empty if it is not an exclusion constraint's.
    pub exclusion_operators: Vec<Oid>,
    pub predicate: Option<Arc<Expr>>,
    pub options: Vec<(Name, Name)>,
    pub constraint: Option<ConstraintRequest>,
    /// The index of the partitioned table that this one is a part of.
    pub parent: Oid,
    pub if_not_exists: bool,
    /// Not on partitions (`ON ONLY`).
    pub only: bool,
}

/// The constraint that the index enforces.
#[derive(Clone, Copy, Debug)]
pub struct ConstraintRequest {
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub parent: Oid,
}

impl IndexRequest {
    pub fn new(table: Oid, method: &str) -> IndexRequest {
        IndexRequest {
            table,
            name: None,
            method: method.into(),
            columns: Vec::new(),
            included: Vec::new(),
            unique: false,
            nulls_not_distinct: false,
            primary: false,
            exclusion_operators: Vec::new(),
            predicate: None,
            options: Vec::new(),
            constraint: None,
            parent: Oid::INVALID,
            if_not_exists: false,
            only: false,
        }
    }

    /// What DETAILs call the constraint.
    fn constraint_noun(&self) -> &'static str {
        match self {
            IndexRequest { primary: true, .. } => "PRIMARY KEY",
            IndexRequest { unique: true, .. } => "UNIQUE",
            _ => "EXCLUDE",
        }
    }
}

impl IndexColumn {
    /// A plain column in the default order.
    pub fn plain(attribute: i16) -> IndexColumn {
        IndexColumn {
            attribute,
            expression: None,
            collation: None,
            operator_class: None,
            order: SortOrder::default(),
        }
    }
}

pub fn create(backend: &mut Backend<'_>, stmt: &IndexStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("CREATE INDEX");
    if stmt.concurrent {
        backend.prevent_in_transaction_block("CREATE INDEX CONCURRENTLY")?;
    }
    let relation = backend.relation(&stmt.relation)?;
    check_table(&relation, stmt.concurrent)?;
    backend.check_relation_owner(&relation)?;
    super::create_table::check_tablespace(stmt.tablespace.as_deref())?;
    let method = stmt.access_method.as_deref().unwrap_or("btree");
    let mut request = IndexRequest::new(relation.oid, method);
    request.name = stmt.name.as_deref().map(|name| truncate_identifier(name).to_string());
    request.unique = stmt.unique;
    request.nulls_not_distinct = stmt.nulls_not_distinct;
    request.if_not_exists = stmt.if_not_exists;
    request.only = !stmt.relation.inherit;
    request.columns = columns::resolve(backend, &relation, method, &stmt.params)?;
    request.included = columns::included_elements(&relation, &stmt.including)?;
    request.predicate = columns::predicate(backend, &relation, stmt.where_clause.as_ref())?;
    request.options = reloptions::read(&stmt.options, reloptions::Kind::Index(&request.method))?;
    define(backend, request, true)?;
    Ok(tag)
}

fn check_table(relation: &Relation, concurrent: bool) -> Result<()> {
    match relation.kind {
        RelationKind::Table | RelationKind::MaterializedView => Ok(()),
        RelationKind::PartitionedTable if concurrent => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!(
                "cannot create index on partitioned table \"{}\" concurrently",
                relation.name
            ),
        )),
        RelationKind::PartitionedTable => Ok(()),
        RelationKind::System if !crate::system::is_view(relation.oid) => Err(super::system_catalog(&relation.name)),
        kind => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("cannot create index on relation \"{}\"", relation.name),
        )
        .detail(kind_not_supported(kind))),
    }
}

/// Makes the index and gives its oid; `None` if one of its name was there and that is no error.
pub fn define(backend: &mut Backend<'_>, request: IndexRequest, build: bool) -> Result<Option<Oid>> {
    let table = backend.relation_by_oid(request.table)?;
    let method = find_index_method(backend, &request.method)?;
    check_request(backend, &request, &table, method)?;
    let name = match &request.name {
        Some(name) => {
            if request.if_not_exists && skip_existing(backend, table.schema, name)? {
                return Ok(None);
            }
            if backend.catalog()?.relation_by_name(table.schema, name).is_some() {
                return Err(already_exists(name));
            }
            name.clone()
        }
        None => names::choose(backend.catalog()?, &table, &request),
    };
    if request.constraint.is_some() && backend.find_constraint(table.oid, &name).is_some() {
        return Err(super::constraint::constraint_exists(&name, &table.name));
    }
    if request.primary {
        set_not_null(backend, &table, &request, build)?;
    }
    let index = store(backend, &table, &request, &name)?;
    if build && table.has_storage() {
        executor::build_index(backend, index)?;
    }
    if table.kind == RelationKind::PartitionedTable && !request.only {
        partition::index::create_on_partitions(backend, index, build)?;
    }
    Ok(Some(index))
}

fn check_request(backend: &Backend<'_>, request: &IndexRequest, table: &Relation, method: &IndexMethod) -> Result<()> {
    let refuse = |what: &str| {
        Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("access method \"{}\" does not support {what}", method.name),
        ))
    };
    if request.columns.len() + request.included.len() > MAX_KEYS {
        return Err(Error::new(
            SqlState::TOO_MANY_COLUMNS,
            format!("cannot use more than {MAX_KEYS} columns in an index"),
        ));
    }
    if request.unique && !method.unique {
        return refuse("unique indexes");
    }
    if !request.included.is_empty() && !method.include {
        return refuse("included columns");
    }
    if request.columns.len() > 1 && !method.multicolumn {
        return refuse("multicolumn indexes");
    }
    if !request.exclusion_operators.is_empty() {
        if !method.exclusion {
            return refuse("exclusion constraints");
        }
        if table.kind == RelationKind::PartitionedTable {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!(
                    "cannot create exclusion constraints on partitioned table \"{}\"",
                    table.name
                ),
            ));
        }
    }
    if request.primary {
        let catalog = backend.catalog()?;
        let mut indexes = catalog.indexes_of(table.oid);
        if indexes.any(|index| index.index.as_ref().is_some_and(|definition| definition.primary)) {
            return Err(Error::new(
                SqlState::INVALID_TABLE_DEFINITION,
                format!("multiple primary keys for table \"{}\" are not allowed", table.name),
            ));
        }
    }
    if request.unique {
        partition::index::check_unique(table, request)?;
    }
    Ok(())
}

/// Columns of a primary key are NOT NULL, on partitions and children, too.
fn set_not_null(backend: &mut Backend<'_>, table: &Relation, request: &IndexRequest, validate: bool) -> Result<()> {
    for column in &request.columns {
        super::alter_table::not_null::set(backend, table.oid, column.attribute, validate)?;
    }
    Ok(())
}

fn store(backend: &mut Backend<'_>, table: &Relation, request: &IndexRequest, name: &str) -> Result<Oid> {
    let kind = match table.kind {
        RelationKind::PartitionedTable => RelationKind::PartitionedIndex,
        _ => RelationKind::Index,
    };
    let mut index = Relation::new(Oid::INVALID, name, table.schema, kind, table.owner);
    index.persistence = table.persistence;
    index.access_method = request.method.clone();
    index.options = request.options.clone();
    index.attributes = index_attributes(backend, table, request).into();
    if request.parent.is_valid() {
        index.parents.push(request.parent);
    }
    index.index = Some(Arc::new(IndexDefinition {
        table: table.oid,
        columns: request.columns.clone(),
        included: request.included.clone(),
        unique: request.unique,
        nulls_not_distinct: request.nulls_not_distinct,
        primary: request.primary,
        exclusion: !request.exclusion_operators.is_empty(),
        exclusion_operators: request.exclusion_operators.clone(),
        immediate: !request.constraint.is_some_and(|constraint| constraint.deferrable),
        clustered: false,
        valid: !request.only,
        predicate: request.predicate.clone(),
    }));
    let oid = define_relation(backend, index)?;
    if let Some(constraint) = request.constraint {
        store_constraint(backend, table, request, name, oid, constraint)?;
    } else {
        depend_on_table(backend.catalog_mut()?, table.oid, request, oid);
    }
    if request.parent.is_valid() {
        let object = |oid| ObjectAddress::new(ObjectClass::Relation, oid);
        let catalog = backend.catalog_mut()?;
        catalog.record_dependency(object(oid), object(request.parent), DependencyKind::Partition);
        catalog.record_dependency(object(oid), object(table.oid), DependencyKind::PartitionTable);
    }
    Ok(oid)
}

/// The index's own attributes, named as PostgreSQL names them.
fn index_attributes(backend: &Backend<'_>, table: &Relation, request: &IndexRequest) -> Vec<Attribute> {
    let keys = request.columns.iter().map(|column| {
        let (type_oid, modifier) = columns::column_type_and_modifier(table, column);
        let class: Vec<String> = column.operator_class.iter().map(|name| name.to_string()).collect();
        match operator_class::key_type(backend, &request.method, &class, type_oid) {
            Some(key_type) => (key_type, -1),
            None => (type_oid, modifier),
        }
    });
    let included = request.included.iter().map(|number| {
        let attribute = table.attribute(*number);
        attribute.map_or((Oid::INVALID, -1), |a| (a.type_oid, a.type_modifier))
    });
    let names = names::column_names(table, request);
    keys.chain(included)
        .zip(names)
        .zip(1..)
        .map(|(((type_oid, modifier), name), number)| Attribute::new(number, &name, type_oid, modifier))
        .collect()
}

fn store_constraint(
    backend: &mut Backend<'_>,
    table: &Relation,
    request: &IndexRequest,
    name: &str,
    index: Oid,
    constraint: ConstraintRequest,
) -> Result<()> {
    let oid = backend.new_oid();
    let columns: Vec<i16> = request.columns.iter().map(|column| column.attribute).collect();
    let child = constraint.parent.is_valid();
    let kind = match request.constraint_noun() {
        "PRIMARY KEY" => ConstraintKind::PrimaryKey {
            columns: columns.clone(),
            index,
        },
        "UNIQUE" => ConstraintKind::Unique {
            columns: columns.clone(),
            index,
        },
        _ => ConstraintKind::Exclusion {
            columns: columns.clone(),
            index,
        },
    };
    let catalog = backend.catalog_mut()?;
    catalog.put_constraint(Constraint {
        oid,
        name: name.into(),
        schema: table.schema,
        relation: table.oid,
        kind,
        deferrable: constraint.deferrable,
        initially_deferred: constraint.initially_deferred,
        validated: true,
        parent: constraint.parent,
        is_local: !child,
        inherited_count: i16::from(child),
        no_inherit: true,
    });
    let object = ObjectAddress::new(ObjectClass::Constraint, oid);
    let index = ObjectAddress::new(ObjectClass::Relation, index);
    catalog.record_dependency(index, object, DependencyKind::Internal);
    if child {
        let parent = ObjectAddress::new(ObjectClass::Constraint, constraint.parent);
        catalog.record_dependency(object, parent, DependencyKind::Partition);
        let table = ObjectAddress::new(ObjectClass::Relation, table.oid);
        catalog.record_dependency(object, table, DependencyKind::PartitionTable);
    }
    let columns: Vec<i16> = columns.into_iter().filter(|number| *number != 0).collect();
    depend_on_columns(backend, oid, table.oid, &columns)
}

/// An index without a constraint goes with its columns, or if it reads none, with its table.
pub fn depend_on_table(catalog: &mut Catalog, table: Oid, request: &IndexRequest, index: Oid) {
    let object = ObjectAddress::new(ObjectClass::Relation, index);
    let plain = request.columns.iter().map(|column| column.attribute);
    let mut columns: Vec<i16> = plain.chain(request.included.iter().copied()).collect();
    columns.retain(|number| *number != 0);
    for column in &columns {
        catalog.record_dependency(object, ObjectAddress::column(table, *column), DependencyKind::Auto);
    }
    let expressions = request.columns.iter().filter_map(|column| column.expression.as_ref());
    let mut reads = !columns.is_empty();
    for expr in expressions.chain(&request.predicate) {
        reads |= !columns_read(expr).is_empty();
        catalog.record_expression(object, expr, table, DependencyKind::Auto);
    }
    if !reads {
        let table = ObjectAddress::new(ObjectClass::Relation, table);
        catalog.record_dependency(object, table, DependencyKind::Auto);
    }
}
