//! CREATE TYPE, ALTER TYPE, domains, and the statements that define by a list of attributes.

use super::{
    ColumnCollation, ColumnDef, Constraint, DefElem, DropBehavior, Expr, Name, ObjectType, RangeVar, TypeName,
};

/// `CREATE TYPE t AS (columns)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CompositeTypeStmt {
    pub type_name: RangeVar,
    pub columns: Vec<ColumnDef>,
}

/// `CREATE TYPE t AS ENUM (labels)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateEnumStmt {
    pub type_name: Name,
    pub labels: Vec<String>,
}

/// `CREATE TYPE t AS RANGE (options)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateRangeStmt {
    pub type_name: Name,
    pub params: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterEnumStmt {
    AddValue {
        type_name: Name,
        value: String,
        /// The value it goes next to, and whether it goes after it.
        neighbor: Option<(String, bool)>,
        if_not_exists: bool,
    },
    RenameValue {
        type_name: Name,
        old: String,
        new: String,
    },
}

/// `ALTER TYPE t SET (options)`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterTypeStmt {
    pub type_name: Name,
    pub options: Vec<DefElem>,
}

/// CREATE AGGREGATE, OPERATOR, TYPE (base or shell), TEXT SEARCH ..., COLLATION.
#[derive(Clone, Debug, PartialEq)]
pub struct DefineStmt {
    pub kind: ObjectType,
    pub name: Name,
    /// An aggregate's arguments, and how many of them are direct (-1: not an ordered-set aggregate).
    pub args: Vec<super::FunctionParameter>,
    pub direct_args: i32,
    /// An aggregate in the style before 8.2: the base type is an option.
    pub old_style: bool,
    pub definition: Vec<DefElem>,
    pub if_not_exists: bool,
    pub replace: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateDomainStmt {
    pub name: Name,
    pub type_name: TypeName,
    pub collation: Option<ColumnCollation>,
    pub constraints: Vec<Constraint>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterDomainStmt {
    pub name: Name,
    pub action: AlterDomainAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterDomainAction {
    /// `SET DEFAULT expr`, or `DROP DEFAULT` without one.
    Default(Option<Expr>),
    DropNotNull,
    SetNotNull,
    AddConstraint(Box<Constraint>),
    DropConstraint {
        name: String,
        behavior: DropBehavior,
        missing_ok: bool,
    },
    ValidateConstraint(String),
}
