//! CREATE TABLE, its columns, constraints and partitioning; CREATE TABLE AS.

use super::{DefElem, Expr, IndexElem, IntoClause, Location, Name, RangeVar, Statement, TypeName};

#[derive(Clone, Debug, PartialEq)]
pub struct CreateStmt {
    pub relation: RangeVar,
    pub elements: Vec<TableElement>,
    pub inherits: Vec<RangeVar>,
    /// `PARTITION OF parent` (the parent is the only one in `inherits`) `FOR VALUES ...`.
    pub partition_bound: Option<PartitionBoundSpec>,
    pub partition_spec: Option<PartitionSpec>,
    /// `CREATE TABLE t OF type`.
    pub of_type: Option<TypeName>,
    pub access_method: Option<String>,
    pub options: Vec<DefElem>,
    pub on_commit: OnCommitAction,
    pub tablespace: Option<String>,
    pub if_not_exists: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TableElement {
    Column(ColumnDef),
    Constraint(Constraint),
    Like(TableLikeClause),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDef {
    pub name: String,
    /// Missing in `CREATE TABLE ... OF` and in partitions.
    pub type_name: Option<TypeName>,
    pub compression: Option<String>,
    pub collation: Option<ColumnCollation>,
    pub constraints: Vec<Constraint>,
    /// `OPTIONS (...)` of a foreign table's column.
    pub fdw_options: Vec<DefElem>,
    pub location: Location,
}

/// `COLLATE name` of a column definition.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnCollation {
    pub name: Name,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    pub name: Option<String>,
    pub kind: ConstraintKind,
    pub attributes: ConstraintAttributes,
    pub location: Location,
}

/// What follows a constraint. A column constraint's DEFERRABLE and the like are constraints of their
/// own (`ConstraintKind::Attr*`), as in PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ConstraintAttributes {
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub not_valid: bool,
    pub no_inherit: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ConstraintKind {
    Null,
    NotNull,
    Default(Expr),
    /// `GENERATED ALWAYS | BY DEFAULT AS IDENTITY (options)`
    Identity {
        generated_when: GeneratedWhen,
        options: Vec<DefElem>,
    },
    /// `GENERATED ALWAYS AS (expr) STORED`
    Generated(Expr),
    Check(Expr),
    Primary(IndexConstraint),
    Unique {
        index: IndexConstraint,
        nulls_not_distinct: bool,
    },
    Exclusion {
        access_method: Option<String>,
        elements: Vec<ExclusionElem>,
        index: IndexConstraint,
        where_clause: Option<Expr>,
    },
    Foreign(ForeignKey),
    AttrDeferrable,
    AttrNotDeferrable,
    AttrDeferred,
    AttrImmediate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratedWhen {
    Always,
    ByDefault,
}

/// What the constraints share that are enforced by an index.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct IndexConstraint {
    /// Columns; empty in a column constraint.
    pub keys: Vec<String>,
    pub including: Vec<String>,
    pub options: Vec<DefElem>,
    /// `USING INDEX name`.
    pub index_name: Option<String>,
    pub index_tablespace: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExclusionElem {
    pub elem: IndexElem,
    pub operator: Name,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    /// Referencing columns; empty in a column constraint.
    pub columns: Vec<String>,
    pub table: RangeVar,
    /// Referenced columns; empty means the primary key.
    pub referenced: Vec<String>,
    pub match_type: ForeignKeyMatch,
    pub on_update: ForeignKeyAction,
    pub on_delete: ForeignKeyAction,
    /// `ON DELETE SET NULL (columns)`.
    pub on_delete_columns: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ForeignKeyMatch {
    #[default]
    Simple,
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ForeignKeyAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// `LIKE table INCLUDING ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct TableLikeClause {
    pub relation: RangeVar,
    pub options: LikeOptions,
}

/// What LIKE copies; `INCLUDING ALL` sets every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LikeOptions {
    pub comments: bool,
    pub compression: bool,
    pub constraints: bool,
    pub defaults: bool,
    pub generated: bool,
    pub identity: bool,
    pub indexes: bool,
    pub statistics: bool,
    pub storage: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnCommitAction {
    #[default]
    NoOption,
    PreserveRows,
    DeleteRows,
    Drop,
}

/// `PARTITION BY strategy (params)`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionSpec {
    pub strategy: PartitionStrategy,
    pub params: Vec<PartitionElem>,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionStrategy {
    List,
    Range,
    Hash,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PartitionElem {
    pub key: IndexKey,
    pub collation: Name,
    pub opclass: Name,
    pub location: Location,
}

/// What an index or a partition key is on.
#[derive(Clone, Debug, PartialEq)]
pub enum IndexKey {
    Column(String),
    Expr(Expr),
}

/// `FOR VALUES ...` or `DEFAULT`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionBoundSpec {
    pub bound: PartitionBound,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBound {
    Default,
    Hash {
        modulus: i32,
        remainder: i32,
    },
    In(Vec<Expr>),
    /// `MINVALUE` and `MAXVALUE` are column references of these names until parse analysis.
    Range {
        from: Vec<Expr>,
        to: Vec<Expr>,
    },
}

/// CREATE TABLE AS, CREATE MATERIALIZED VIEW.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTableAsStmt {
    pub into: IntoClause,
    /// A query or EXECUTE.
    pub query: Statement,
    pub materialized_view: bool,
    pub if_not_exists: bool,
}
