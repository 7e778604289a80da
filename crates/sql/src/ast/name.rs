//! Names of types, relations and other objects, and the options that many statements share.

use super::{Alias, Expr, Indirection, Location};

/// A name with its qualifiers, outermost first: `["public", "f"]`. Already folded and truncated.
pub type Name = Vec<String>;

/// A type as written: `numeric(10,2)`, `text[]`, `SETOF s.t`, `t.c%TYPE`.
///
/// Names of the standard are already PostgreSQL's own: `INT` is `pg_catalog.int4`, `DOUBLE PRECISION`
/// is `pg_catalog.float8`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    pub names: Name,
    pub setof: bool,
    /// `t.c%TYPE`: `names` are those of a column.
    pub pct_type: bool,
    /// For `interval` the field mask (see [`interval_fields`]), then the precision.
    pub typmods: Vec<Expr>,
    /// One entry a dimension: its size as written (PostgreSQL ignores it) or nothing.
    pub array_bounds: Vec<Option<i32>>,
    pub location: Location,
}

/// Bits of an interval type's field mask, PostgreSQL's `INTERVAL_MASK`.
pub mod interval_fields {
    pub const MONTH: i32 = 1 << 1;
    pub const YEAR: i32 = 1 << 2;
    pub const DAY: i32 = 1 << 3;
    pub const HOUR: i32 = 1 << 10;
    pub const MINUTE: i32 = 1 << 11;
    pub const SECOND: i32 = 1 << 12;
    /// `interval(3)`: all fields, with a precision.
    pub const FULL_RANGE: i32 = 0x7FFF;
}

/// A table, view, index or sequence as written.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeVar {
    pub catalog: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    /// False after `ONLY`.
    pub inherit: bool,
    pub persistence: Persistence,
    pub alias: Option<Alias>,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Persistence {
    #[default]
    Permanent,
    Unlogged,
    Temporary,
}

/// A column of a target list, an inserted or an assigned column.
///
/// In SELECT and RETURNING `name` is the `AS` label and `val` the expression; in INSERT's column
/// list `name` and `indirection` are the column and `val` is missing; in SET it is all three.
#[derive(Clone, Debug, PartialEq)]
pub struct ResTarget {
    pub name: Option<String>,
    pub indirection: Vec<Indirection>,
    pub val: Option<Expr>,
    pub location: Location,
}

/// A `name = value` option, as in `WITH (fillfactor = 70)`.
#[derive(Clone, Debug, PartialEq)]
pub struct DefElem {
    pub namespace: Option<String>,
    pub name: String,
    pub arg: Option<DefArg>,
    pub action: DefElemAction,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DefElemAction {
    #[default]
    Unspecified,
    Set,
    Add,
    Drop,
}

/// The value of a [`DefElem`].
#[derive(Clone, Debug, PartialEq)]
pub enum DefArg {
    String(String),
    Integer(i32),
    Float(String),
    Boolean(bool),
    /// A word or a type: `WITH (fillfactor = high)`, `AS bigint`.
    Type(TypeName),
    /// An operator, a qualified name, or a list of columns or strings.
    List(Vec<String>),
    Star,
    /// `SET x = y` of CREATE FUNCTION and the like.
    Set(Box<super::VariableSetStmt>),
    Expr(Expr),
}

/// `RESTRICT` or `CASCADE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DropBehavior {
    #[default]
    Restrict,
    Cascade,
}

/// A role as written in GRANT, OWNER TO, SET ROLE...
#[derive(Clone, Debug, PartialEq)]
pub struct RoleSpec {
    pub kind: RoleSpecKind,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleSpecKind {
    Name(String),
    CurrentRole,
    CurrentUser,
    SessionUser,
    Public,
}

/// A function, procedure, aggregate or operator with its argument types.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectWithArgs {
    pub name: Name,
    /// Input arguments; `None` stands for the missing operand of `NONE`.
    pub args: Vec<Option<TypeName>>,
    /// Arguments as declared, with modes and names.
    pub parameters: Vec<super::FunctionParameter>,
    /// No argument list was given at all.
    pub args_unspecified: bool,
}
