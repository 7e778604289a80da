//! ALTER TABLE and its kin (INDEX, VIEW, SEQUENCE, MATERIALIZED VIEW, FOREIGN TABLE, TYPE).

use super::{
    ColumnDef, Constraint, ConstraintAttributes, DefElem, DropBehavior, Expr, ObjectType, PartitionBoundSpec, RangeVar,
    RoleSpec, TypeName,
};

#[derive(Clone, Debug, PartialEq)]
pub struct AlterTableStmt {
    pub relation: RangeVar,
    pub commands: Vec<AlterTableCmd>,
    /// What the statement called it: TABLE, INDEX, VIEW, SEQUENCE...
    pub object_type: ObjectType,
    pub missing_ok: bool,
}

/// One subcommand, after PostgreSQL's `AlterTableType`.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterTableCmd {
    /// Also `ADD ATTRIBUTE` of a composite type, which alone may have a behaviour.
    AddColumn {
        column: ColumnDef,
        behavior: DropBehavior,
        missing_ok: bool,
    },
    /// `ALTER c SET DEFAULT expr`, or `DROP DEFAULT` without one.
    ColumnDefault {
        name: String,
        expr: Option<Expr>,
    },
    DropNotNull {
        name: String,
    },
    SetNotNull {
        name: String,
    },
    DropExpression {
        name: String,
        missing_ok: bool,
    },
    SetStatistics {
        column: ColumnOrNumber,
        value: i32,
    },
    SetColumnOptions {
        name: String,
        options: Vec<DefElem>,
    },
    ResetColumnOptions {
        name: String,
        options: Vec<DefElem>,
    },
    SetStorage {
        name: String,
        storage: String,
    },
    SetCompression {
        name: String,
        compression: String,
    },
    /// `ALTER c ADD GENERATED ... AS IDENTITY`; the constraint is of kind `Identity`.
    AddIdentity {
        name: String,
        constraint: Constraint,
    },
    /// Options `generated`, `restart` and those of a sequence.
    SetIdentity {
        name: String,
        options: Vec<DefElem>,
    },
    DropIdentity {
        name: String,
        missing_ok: bool,
    },
    DropColumn {
        name: String,
        behavior: DropBehavior,
        missing_ok: bool,
    },
    /// `ALTER c TYPE t COLLATE x USING expr`; the column's name, type and collation alone are set.
    AlterColumnType {
        column: ColumnDef,
        using: Option<Expr>,
        behavior: DropBehavior,
    },
    AlterColumnGenericOptions {
        name: String,
        options: Vec<DefElem>,
    },
    AddConstraint(Constraint),
    AlterConstraint {
        name: String,
        attributes: ConstraintAttributes,
    },
    ValidateConstraint {
        name: String,
    },
    DropConstraint {
        name: String,
        behavior: DropBehavior,
        missing_ok: bool,
    },
    ClusterOn {
        index: String,
    },
    SetWithoutCluster,
    SetLogged,
    SetUnlogged,
    SetWithoutOids,
    SetAccessMethod {
        name: String,
    },
    SetTablespace {
        name: String,
    },
    SetRelOptions(Vec<DefElem>),
    ResetRelOptions(Vec<DefElem>),
    /// `ENABLE [ALWAYS | REPLICA] | DISABLE TRIGGER name`.
    Trigger {
        firing: FiringMode,
        which: TriggerSelection,
    },
    Rule {
        firing: FiringMode,
        name: String,
    },
    AddInherit(RangeVar),
    DropInherit(RangeVar),
    AddOf(TypeName),
    DropOf,
    ReplicaIdentity(ReplicaIdentity),
    EnableRowSecurity,
    DisableRowSecurity,
    ForceRowSecurity,
    NoForceRowSecurity,
    GenericOptions(Vec<DefElem>),
    ChangeOwner(RoleSpec),
    AttachPartition {
        name: RangeVar,
        /// Missing for `ALTER INDEX ... ATTACH PARTITION`.
        bound: Option<PartitionBoundSpec>,
    },
    DetachPartition {
        name: RangeVar,
        concurrent: bool,
    },
    DetachPartitionFinalize {
        name: RangeVar,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnOrNumber {
    Name(String),
    /// A column of an index by its number, from 1.
    Number(i16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiringMode {
    Enable,
    EnableAlways,
    EnableReplica,
    Disable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerSelection {
    Named(String),
    All,
    User,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicaIdentity {
    Nothing,
    Full,
    Default,
    Index(String),
}

/// `ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterTableMoveAllStmt {
    pub object_type: ObjectType,
    pub from_tablespace: String,
    pub roles: Vec<RoleSpec>,
    pub to_tablespace: String,
    pub nowait: bool,
}
