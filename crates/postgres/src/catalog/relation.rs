//! Relations (pg_class) with their attributes (pg_attribute), and what makes them tables, indexes,
//! views, sequences or partitions.

use std::sync::Arc;

use kumquat_types::{Datum, Oid, builtin_type};

use super::policy::Policy;
use super::{AclItem, Name};
use crate::query::{Expr, Query};

/// `relkind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    Table,
    PartitionedTable,
    Index,
    PartitionedIndex,
    Sequence,
    View,
    MaterializedView,
    CompositeType,
    ForeignTable,
    /// A system catalog or a view of one, whose rows are computed.
    System,
}

/// `relpersistence`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    #[default]
    Permanent,
    Unlogged,
    Temporary,
}

/// One row of pg_class, with what hangs on it.
#[derive(Clone, Debug)]
pub struct Relation {
    pub oid: Oid,
    pub name: Name,
    pub schema: Oid,
    pub kind: RelationKind,
    pub owner: Oid,
    pub persistence: Persistence,
    /// In order of `attnum`, from 1; dropped ones stay in place.
    pub attributes: Arc<[Attribute]>,
    /// Oid of the row type (`reltype`), 0 for indexes and sequences.
    pub row_type: Oid,
    /// `heap`, `columnar`, `btree`, `hash`, `gin` ...
    pub access_method: Name,
    /// WITH (...) storage parameters, in the order given.
    pub options: Vec<(Name, Name)>,
    /// Parents by inheritance or partitioning.
    pub parents: Vec<Oid>,
    pub partition_key: Option<Arc<PartitionKey>>,
    /// The bound under which this is a partition of its parent.
    pub partition_bound: Option<Arc<PartitionBound>>,
    pub index: Option<Arc<IndexDefinition>>,
    /// The query of a view or materialized view.
    pub view: Option<Arc<Query>>,
    pub sequence: Option<SequenceDefinition>,
    pub replica_identity: ReplicaIdentity,
    pub row_security: bool,
    pub force_row_security: bool,
    /// Policies of row-level security, in order of name; they count while `row_security` is on.
    pub policies: Vec<Arc<Policy>>,
    /// What happens to a temporary table's rows at COMMIT: `D` its rows go, `d` it goes itself.
    pub on_commit: Option<char>,
    /// The type of CREATE TABLE ... OF, or 0.
    pub of_type: Oid,
    /// Materialized view: filled with data.
    pub populated: bool,
    pub acl: Option<Vec<AclItem>>,
}

impl Relation {
    /// A relation with nothing to it yet but its identity.
    pub fn new(oid: Oid, name: &str, schema: Oid, kind: RelationKind, owner: Oid) -> Relation {
        Relation {
            oid,
            name: name.into(),
            schema,
            kind,
            owner,
            persistence: Persistence::Permanent,
            attributes: Arc::from([]),
            row_type: Oid::INVALID,
            access_method: if matches!(kind, RelationKind::Table | RelationKind::MaterializedView) {
                "heap".into()
            } else {
                "".into()
            },
            options: Vec::new(),
            parents: Vec::new(),
            partition_key: None,
            partition_bound: None,
            index: None,
            view: None,
            sequence: None,
            replica_identity: Default::default(),
            row_security: false,
            force_row_security: false,
            policies: Vec::new(),
            on_commit: None,
            of_type: Oid::INVALID,
            populated: true,
            acl: None,
        }
    }

    /// Attributes that are not dropped.
    pub fn live_attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| !attribute.dropped)
    }

    pub fn attribute(&self, number: i16) -> Option<&Attribute> {
        usize::try_from(number)
            .ok()?
            .checked_sub(1)
            .and_then(|i| self.attributes.get(i))
    }

    /// The attribute of that name, unless dropped.
    pub fn attribute_by_name(&self, name: &str) -> Option<&Attribute> {
        self.live_attributes().find(|attribute| &*attribute.name == name)
    }

    pub fn is_partition(&self) -> bool {
        self.partition_bound.is_some()
    }

    /// A computed relation that is shown as a view.
    pub fn is_system_view(&self) -> bool {
        self.kind == RelationKind::System && &*self.access_method != "heap"
    }

    /// A view with the option `security_barrier`.
    pub fn is_security_barrier(&self) -> bool {
        let is_on = |value: &str| matches!(value, "true" | "on" | "1");
        let mut options = self.options.iter();
        options.any(|(name, value)| &**name == "security_barrier" && is_on(value))
    }

    /// Has rows of its own in storage.
    pub fn has_storage(&self) -> bool {
        matches!(self.kind, RelationKind::Table | RelationKind::MaterializedView)
    }
}

/// One row of pg_attribute. Column `number - 1` of the table's heap holds its values, dropped or not.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// `attnum`, from 1.
    pub number: i16,
    pub name: Name,
    pub type_oid: Oid,
    pub type_modifier: i32,
    /// 0 for the type's default.
    pub collation: Oid,
    pub not_null: bool,
    pub dropped: bool,
    /// DEFAULT, or the expression of a generated column.
    pub default: Option<Arc<Expr>>,
    pub generated: Option<Generated>,
    pub identity: Option<Identity>,
    /// Value of rows that were there when the column was added (`attmissingval`).
    pub missing: Option<Datum>,
    /// Defined here and not only inherited.
    pub is_local: bool,
    pub inherited_count: i16,
    pub statistics_target: Option<i32>,
    /// `attstorage`: p, x, e, m.
    pub storage: char,
    pub compression: Option<Name>,
    /// SET (n_distinct = ...), in the order given.
    pub options: Vec<(Name, Name)>,
    pub acl: Option<Vec<AclItem>>,
}

impl Attribute {
    /// A nullable column without default.
    pub fn new(number: i16, name: &str, type_oid: Oid, type_modifier: i32) -> Attribute {
        Attribute {
            number,
            name: name.into(),
            type_oid,
            type_modifier,
            collation: Oid::INVALID,
            not_null: false,
            dropped: false,
            default: None,
            generated: None,
            identity: None,
            missing: None,
            is_local: true,
            inherited_count: 0,
            statistics_target: None,
            storage: builtin_type(type_oid).map_or('x', |t| char::from(t.storage)),
            compression: None,
            options: Vec::new(),
            acl: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generated {
    Stored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    Always,
    ByDefault,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplicaIdentity {
    #[default]
    Default,
    Full,
    Nothing,
    Index(Oid),
}

/// What makes a relation an index (pg_index).
#[derive(Clone, Debug)]
pub struct IndexDefinition {
    pub table: Oid,
    pub columns: Vec<IndexColumn>,
    /// INCLUDE columns.
    pub included: Vec<i16>,
    pub unique: bool,
    pub nulls_not_distinct: bool,
    pub primary: bool,
    pub exclusion: bool,
    /// Operators of an exclusion constraint, one a key column.
    pub exclusion_operators: Vec<Oid>,
    pub immediate: bool,
    pub clustered: bool,
    pub valid: bool,
    pub predicate: Option<Arc<Expr>>,
}

/// A key column: an attribute number, or 0 and an expression over the table (Vars with varno 1).
#[derive(Clone, Debug)]
pub struct IndexColumn {
    pub attribute: i16,
    pub expression: Option<Arc<Expr>>,
    pub collation: Option<Name>,
    /// Operator class when not the default.
    pub operator_class: Option<Name>,
    pub order: SortOrder,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SortOrder {
    pub descending: bool,
    pub nulls_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionStrategy {
    Range,
    List,
    Hash,
}

/// PARTITION BY of a partitioned table (pg_partitioned_table).
#[derive(Clone, Debug)]
pub struct PartitionKey {
    pub strategy: PartitionStrategy,
    pub columns: Vec<IndexColumn>,
    /// Type of each key column.
    pub types: Vec<Oid>,
}

/// FOR VALUES of a partition.
#[derive(Clone, Debug)]
pub enum PartitionBound {
    Range { from: Vec<RangeDatum>, to: Vec<RangeDatum> },
    List(Vec<Datum>),
    Hash { modulus: i32, remainder: i32 },
    Default,
}

#[derive(Clone, Debug)]
pub enum RangeDatum {
    MinValue,
    Value(Datum),
    MaxValue,
}

/// The fixed part of a sequence (pg_sequence); its value is in `Database::sequences`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceDefinition {
    pub type_oid: Oid,
    pub start: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cache: i64,
    pub cycle: bool,
}
