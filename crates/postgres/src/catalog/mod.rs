//! The system catalog of one database: persistent maps, so that a copy costs nothing.
//!
//! Objects are found by oid; names lead to oids through the `*_names` maps. What psql and queries see of it
//! (pg_class, pg_attribute ...) is computed from here.
//!
//! - [`bootstrap`]: servers and databases as they are at first.
//! - [`namespace`]: names to objects by way of the search path; [`naming`]: names that nobody chose;
//!   [`format_type`]: how types are written; [`quote`]: how identifiers and strings are.
//! - [`description`]: what messages call an object; [`dependency`]: what hangs on what, and what goes with it;
//!   [`expression_references`]: what an expression needs.
//! - [`collation`], [`operator_class`]: what is built in of pg_collation, pg_am and pg_opclass;
//!   [`volatility`]: how far expressions may be relied on.
//! - [`relation`]: tables, views, indexes, sequences and their attributes; partition keys and bounds.
//! - [`constraint`]: primary, unique, foreign, check constraints.
//! - [`policy`]: row-level security policies; [`cast`]: user-defined casts.
//! - [`types`]: user-defined types; [`function`]: user-defined functions and triggers; [`aggregate`]: how
//!   user-defined aggregates are computed.
//! - [`role`]: roles and privileges; [`acl`]: what GRANT makes of them; [`object`]: object addresses and dependencies.

pub mod acl;
pub mod aggregate;
pub mod bootstrap;
pub mod cast;
pub mod collation;
pub mod constraint;
pub mod dependency;
pub mod description;
pub mod expression_references;
pub mod format_type;
pub mod function;
pub mod namespace;
pub mod naming;
pub mod object;
pub mod operator_class;
pub mod policy;
pub mod quote;
pub mod relation;
pub mod role;
pub mod types;
pub mod volatility;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use kumquat_types::Oid;

pub use collation::{collation_by_name, collation_name};
pub use constraint::{Constraint, ConstraintKind, ForeignKey, ForeignKeyAction, ForeignKeyMatch};
pub use function::{Function, FunctionBody, ProcKind, Trigger};
pub use object::{Dependency, DependencyKind, ObjectAddress, ObjectClass};
pub use relation::{
    Attribute, Generated, Identity, IndexColumn, IndexDefinition, PartitionBound, PartitionKey, PartitionStrategy,
    Persistence, RangeDatum, Relation, RelationKind, ReplicaIdentity, SequenceDefinition, SortOrder,
};
pub use role::{AclItem, Privileges, Role};
pub use types::{CompositeField, DomainConstraint, TypeDefinition, UserDefinedType};

/// Names are shared, not copied.
pub type Name = Arc<str>;

/// A schema (pg_namespace).
#[derive(Clone, Debug)]
pub struct Schema {
    pub oid: Oid,
    pub name: Name,
    pub owner: Oid,
    /// `None`: the default privileges.
    pub acl: Option<Vec<AclItem>>,
}

/// An installed extension (pg_extension).
#[derive(Clone, Debug)]
pub struct InstalledExtension {
    pub oid: Oid,
    pub name: Name,
    pub schema: Oid,
    pub version: Name,
}

/// An access method (pg_am).
#[derive(Clone, Debug)]
pub struct AccessMethod {
    pub oid: Oid,
    pub name: Name,
    /// `t` for tables, `i` for indexes.
    pub kind: char,
}

/// The objects of one database.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub schemas: OrdMap<Oid, Arc<Schema>>,
    pub schema_names: OrdMap<Name, Oid>,
    pub relations: OrdMap<Oid, Arc<Relation>>,
    /// By schema and name.
    pub relation_names: OrdMap<(Oid, Name), Oid>,
    pub constraints: OrdMap<Oid, Arc<Constraint>>,
    /// Constraints on a relation (`conrelid`), in order of oid.
    pub relation_constraints: OrdSet<(Oid, Oid)>,
    /// Foreign keys that reference a relation (`confrelid`), in order of oid.
    pub referencing_constraints: OrdSet<(Oid, Oid)>,
    /// Indexes on a relation (`indrelid`), in order of oid.
    pub relation_indexes: OrdSet<(Oid, Oid)>,
    /// Partitions and inheritance children of a relation (`inhparent`), in order of oid.
    pub children: OrdSet<(Oid, Oid)>,
    pub types: OrdMap<Oid, Arc<UserDefinedType>>,
    pub type_names: OrdMap<(Oid, Name), Oid>,
    pub functions: OrdMap<Oid, Arc<Function>>,
    /// By schema, name, oid: all overloads of a name are neighbours.
    pub function_names: OrdSet<(Oid, Name, Oid)>,
    /// By the oid of the function that they are.
    pub aggregates: OrdMap<Oid, Arc<aggregate::Aggregate>>,
    pub triggers: OrdMap<Oid, Arc<Trigger>>,
    /// Casts that users made, by source and target.
    pub casts: OrdMap<(Oid, Oid), cast::UserCast>,
    pub extensions: OrdMap<Name, Arc<InstalledExtension>>,
    /// pg_am, by name: PostgreSQL's own and those of installed extensions.
    pub access_methods: OrdMap<Name, AccessMethod>,
    pub dependencies: OrdSet<Dependency>,
    /// The same from the other side: dependent, referenced, kind.
    pub references: OrdSet<(ObjectAddress, ObjectAddress, DependencyKind)>,
    /// COMMENT ON, by object and column number (0: the object itself).
    pub descriptions: OrdMap<(ObjectAddress, i32), Name>,
    /// SECURITY LABEL, by object and provider.
    pub security_labels: OrdMap<(ObjectAddress, i32, Name), Name>,
    /// ALTER DEFAULT PRIVILEGES: by role, schema (0: all), object kind letter of pg_default_acl.
    pub default_acls: OrdMap<(Oid, Oid, char), Vec<AclItem>>,
}

/// Oids of the schemas and roles that are always there.
pub mod well_known {
    use kumquat_types::Oid;
    pub const PG_CATALOG: Oid = Oid(11);
    pub const PG_TOAST: Oid = Oid(99);
    pub const PUBLIC: Oid = Oid(2200);
    pub const INFORMATION_SCHEMA: Oid = Oid(13_000);
    /// The role `pg_database_owner`, whose only member is the current database's owner.
    pub const DATABASE_OWNER_ROLE: Oid = Oid(6171);
    /// The role `postgres`.
    pub const BOOTSTRAP_SUPERUSER: Oid = Oid(10);
}

impl Catalog {
    pub fn relation(&self, oid: Oid) -> Option<&Arc<Relation>> {
        self.relations.get(&oid)
    }

    pub fn relation_by_name(&self, schema: Oid, name: &str) -> Option<&Arc<Relation>> {
        self.relation_names
            .get(&(schema, Name::from(name)))
            .and_then(|oid| self.relations.get(oid))
    }

    pub fn constraints_of(&self, relation: Oid) -> impl Iterator<Item = &Arc<Constraint>> {
        members(&self.relation_constraints, relation).filter_map(|oid| self.constraints.get(&oid))
    }

    pub fn constraints_referencing(&self, relation: Oid) -> impl Iterator<Item = &Arc<Constraint>> {
        members(&self.referencing_constraints, relation).filter_map(|oid| self.constraints.get(&oid))
    }

    pub fn indexes_of(&self, relation: Oid) -> impl Iterator<Item = &Arc<Relation>> {
        members(&self.relation_indexes, relation).filter_map(|oid| self.relations.get(&oid))
    }

    pub fn children_of(&self, relation: Oid) -> impl Iterator<Item = &Arc<Relation>> {
        members(&self.children, relation).filter_map(|oid| self.relations.get(&oid))
    }

    /// Adds or replaces a relation and keeps the name, index and inheritance maps in step.
    pub fn put_relation(&mut self, relation: Relation) {
        if let Some(old) = self.relations.get(&relation.oid).cloned() {
            self.forget_relation_links(&old);
        }
        self.relation_names
            .insert((relation.schema, relation.name.clone()), relation.oid);
        if let Some(index) = &relation.index {
            self.relation_indexes.insert((index.table, relation.oid));
        }
        for parent in &relation.parents {
            self.children.insert((*parent, relation.oid));
        }
        self.relations.insert(relation.oid, Arc::new(relation));
    }

    pub fn remove_relation(&mut self, oid: Oid) {
        if let Some(old) = self.relations.remove(&oid) {
            self.forget_relation_links(&old);
        }
    }

    fn forget_relation_links(&mut self, old: &Relation) {
        self.relation_names.remove(&(old.schema, old.name.clone()));
        if let Some(index) = &old.index {
            self.relation_indexes.remove(&(index.table, old.oid));
        }
        for parent in &old.parents {
            self.children.remove(&(*parent, old.oid));
        }
    }

    /// Adds or replaces a constraint and keeps its links in step.
    pub fn put_constraint(&mut self, constraint: Constraint) {
        self.remove_constraint(constraint.oid);
        self.relation_constraints.insert((constraint.relation, constraint.oid));
        if let ConstraintKind::ForeignKey(key) = &constraint.kind {
            self.referencing_constraints.insert((key.referenced, constraint.oid));
        }
        self.constraints.insert(constraint.oid, Arc::new(constraint));
    }

    pub fn remove_constraint(&mut self, oid: Oid) {
        if let Some(old) = self.constraints.remove(&oid) {
            self.relation_constraints.remove(&(old.relation, oid));
            if let ConstraintKind::ForeignKey(key) = &old.kind {
                self.referencing_constraints.remove(&(key.referenced, oid));
            }
        }
    }
}

fn members(pairs: &OrdSet<(Oid, Oid)>, first: Oid) -> impl Iterator<Item = Oid> {
    pairs
        .range((first, Oid(0))..=(first, Oid(u32::MAX)))
        .map(|(_, second)| *second)
}
