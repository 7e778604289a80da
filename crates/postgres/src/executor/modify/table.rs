//! A table made ready to be written: its constraints and indexes, compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use kumquat_types::{Error, Oid, Result};

use super::exclusion::Exclusion;
use super::row_security;
use super::trigger::Armed;
use crate::backend::Backend;
use crate::catalog::{
    Catalog, Constraint, ConstraintKind, Generated, IndexDefinition, Name, PartitionBound, PartitionKey, Relation,
    RelationKind,
};
use crate::commands::partition::rows::key_expressions;
use crate::executor::context::Context;
use crate::executor::expr::compile::compile_all;
use crate::executor::expr::{Compiled, compile};
use crate::executor::indexing::{IndexKeys, table_layout};

/// A table and all that its rows must satisfy.
pub struct Table {
    pub relation: Arc<Relation>,
    pub types: Vec<Oid>,
    /// Generated columns (from 0) with their expressions.
    pub generated: Vec<(usize, Compiled)>,
    pub not_null: Vec<usize>,
    /// In order of name, as they are checked.
    pub checks: Vec<(Arc<Constraint>, Compiled)>,
    pub bounds: Vec<Bound>,
    pub uniques: Vec<Unique>,
    pub exclusions: Vec<Exclusion>,
    /// Foreign keys of the table, and those of others (or of itself) that reference it.
    pub foreign_keys: Vec<Arc<Constraint>>,
    pub referencing: Vec<Arc<Constraint>>,
    /// Enabled triggers, in order of name.
    pub triggers: Vec<Armed>,
    /// What policies ask of the rows of the statement, where this is its target.
    pub row_checks: Vec<row_security::Check>,
}

/// The bound under which the table is a partition, or one of its parents is.
pub struct Bound {
    pub key: Arc<PartitionKey>,
    pub values: Vec<Compiled>,
    pub bound: Arc<PartitionBound>,
    /// Bounds of the partitions beside a default one.
    pub others: Vec<Arc<PartitionBound>>,
}

/// A unique index.
pub struct Unique {
    pub oid: Oid,
    pub name: Name,
    pub definition: Arc<IndexDefinition>,
    pub keys: IndexKeys,
    /// Checked at the end of the statement or transaction, by this constraint.
    pub deferrable: Option<Arc<Constraint>>,
}

impl Table {
    pub fn open(backend: &Backend<'_>, oid: Oid) -> Result<Table> {
        let catalog = backend.catalog()?;
        let relation = catalog.relation(oid).cloned();
        let relation = relation.ok_or_else(|| Error::internal(format!("could not open relation with OID {oid}")))?;
        let layout = table_layout(&relation);
        let column = |number: i16| usize::try_from(number - 1).unwrap_or(0);
        let live = || relation.live_attributes();
        let mut generated = Vec::new();
        for attribute in live().filter(|attribute| attribute.generated == Some(Generated::Stored)) {
            if let Some(expression) = &attribute.default {
                generated.push((column(attribute.number), compile(backend, expression, &layout)?));
            }
        }
        let mut checks = Vec::new();
        let mut foreign_keys = Vec::new();
        for constraint in catalog.constraints_of(oid) {
            match &constraint.kind {
                ConstraintKind::Check { expression, .. } => {
                    checks.push((constraint.clone(), compile(backend, expression, &layout)?));
                }
                ConstraintKind::ForeignKey(_) => foreign_keys.push(constraint.clone()),
                _ => {}
            }
        }
        checks.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Ok(Table {
            types: relation.attributes.iter().map(|attribute| attribute.type_oid).collect(),
            generated,
            not_null: live()
                .filter(|attribute| attribute.not_null)
                .map(|a| column(a.number))
                .collect(),
            checks,
            bounds: bounds(backend, &relation)?,
            uniques: uniques(backend, &relation)?,
            exclusions: exclusions(backend, &relation)?,
            foreign_keys,
            referencing: referencing(backend, &relation)?,
            triggers: super::trigger::of_relation(backend, &relation)?,
            row_checks: Vec::new(),
            relation,
        })
    }

    pub fn oid(&self) -> Oid {
        self.relation.oid
    }

    pub fn is_partitioned(&self) -> bool {
        self.relation.kind == RelationKind::PartitionedTable
    }

    /// A column of this attribute number takes part in a unique index or an exclusion constraint.
    pub fn is_unique_column(&self, attribute: i16) -> bool {
        let unique = self.uniques.iter().map(|unique| &unique.definition);
        let mut definitions = unique.chain(self.exclusions.iter().map(|exclusion| &exclusion.definition));
        definitions.any(|definition| {
            let mut keys = definition.columns.iter();
            keys.any(|key| key.attribute == attribute || key.expression.is_some()) || definition.predicate.is_some()
        })
    }
}

fn bounds(backend: &Backend<'_>, relation: &Arc<Relation>) -> Result<Vec<Bound>> {
    let catalog = backend.catalog()?;
    let layout = table_layout(relation);
    let mut found = Vec::new();
    let mut child = relation.clone();
    while let Some(bound) = child.partition_bound.clone()
        && let Some(parent) = child.parents.first().and_then(|oid| catalog.relation(*oid)).cloned()
        && let Some(key) = parent.partition_key.clone()
    {
        let siblings = catalog
            .children_of(parent.oid)
            .filter(|sibling| sibling.oid != child.oid);
        found.push(Bound {
            values: compile_all(backend, &key_expressions(&parent, relation), &layout)?,
            others: match *bound {
                PartitionBound::Default => siblings.filter_map(|s| s.partition_bound.clone()).collect(),
                _ => Vec::new(),
            },
            key,
            bound,
        });
        child = parent;
    }
    Ok(found)
}

fn uniques(backend: &Backend<'_>, relation: &Relation) -> Result<Vec<Unique>> {
    let catalog = backend.catalog()?;
    let mut found = Vec::new();
    for index in catalog.indexes_of(relation.oid) {
        let Some(definition) = index.index.clone().filter(|definition| definition.unique) else {
            continue;
        };
        found.push(Unique {
            oid: index.oid,
            name: index.name.clone(),
            keys: IndexKeys::new(backend, relation, &definition)?,
            deferrable: deferrable_constraint(catalog, relation, index.oid),
            definition,
        });
    }
    Ok(found)
}

fn exclusions(backend: &Backend<'_>, relation: &Relation) -> Result<Vec<Exclusion>> {
    let catalog = backend.catalog()?;
    let mut found = Vec::new();
    for index in catalog.indexes_of(relation.oid) {
        if let Some(definition) = index.index.clone().filter(|definition| definition.exclusion) {
            let deferrable = deferrable_constraint(catalog, relation, index.oid);
            found.push(Exclusion::new(backend, relation, index, definition, deferrable)?);
        }
    }
    Ok(found)
}

/// The constraint that an index stands for, if its check may wait.
fn deferrable_constraint(catalog: &Catalog, relation: &Relation, index: Oid) -> Option<Arc<Constraint>> {
    let stands_for = |constraint: &&Arc<Constraint>| match &constraint.kind {
        ConstraintKind::PrimaryKey { index: own, .. }
        | ConstraintKind::Unique { index: own, .. }
        | ConstraintKind::Exclusion { index: own, .. } => *own == index,
        _ => false,
    };
    let constraint = catalog.constraints_of(relation.oid).find(stands_for);
    constraint.filter(|constraint| constraint.deferrable).cloned()
}

/// Foreign keys that reference the table or, if it is a partition, one of its parents. Those on partitions that
/// come from a parent's own key are left to the parent's.
fn referencing(backend: &Backend<'_>, relation: &Relation) -> Result<Vec<Arc<Constraint>>> {
    let catalog = backend.catalog()?;
    let mut found = Vec::new();
    let mut waiting = vec![relation.oid];
    while let Some(oid) = waiting.pop() {
        let own = catalog
            .constraints_referencing(oid)
            .filter(|constraint| !constraint.parent.is_valid());
        found.extend(own.cloned());
        let parents = catalog.relation(oid).filter(|relation| relation.is_partition());
        waiting.extend(parents.iter().flat_map(|relation| relation.parents.iter().copied()));
    }
    found.sort_by_key(|constraint| constraint.oid);
    Ok(found)
}

/// Tables that a statement writes to, opened once.
#[derive(Default)]
pub struct Tables {
    open: BTreeMap<Oid, Table>,
}

impl Tables {
    pub fn get(&mut self, ctx: &Context<'_, '_>, oid: Oid) -> Result<&mut Table> {
        match self.open.entry(oid) {
            std::collections::btree_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => Ok(entry.insert(Table::open(ctx.backend, oid)?)),
        }
    }
}
