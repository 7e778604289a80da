//! Descriptions of functions, operators and casts, as pg_proc, pg_operator and pg_cast hold them.

use crate::{Column, Datum, Oid, Result};

/// `provolatile` of pg_proc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// What a call can ask of the session that makes it. Implemented by the executor; values computed by
/// functions depend on nothing else.
pub trait Environment {
    /// Microseconds since 2000-01-01 UTC at the start of the transaction.
    fn transaction_timestamp(&self) -> i64;
    fn statement_timestamp(&self) -> i64;
    fn clock_timestamp(&mut self) -> i64;
    /// The next value of the session's generator, 0 <= x < 1.
    fn random(&mut self) -> f64;
    /// The value of a setting such as `timezone`, `datestyle`, `intervalstyle`, `extra_float_digits`, `bytea_output`.
    fn setting(&self, name: &str) -> Option<String>;
    /// What `regclassout` and its kin print for an oid of `reg_type` (e.g. `Oid::REGCLASS`); None: print the number.
    fn reg_name(&self, reg_type: Oid, oid: u32) -> Option<String>;
    /// What `regclassin` and its kin look up.
    fn reg_lookup(&self, reg_type: Oid, name: &str) -> Result<Oid>;
    /// A user-defined type (enum, composite, domain, range, their arrays).
    fn user_type(&self, oid: Oid) -> Option<UserType>;
    /// An error if a label of an enum was added by a transaction that has not committed (`check_safe_enum_use`).
    fn check_enum_label(&self, _type_oid: Oid, _label: &crate::EnumLabel) -> Result<()> {
        Ok(())
    }
}

/// What functions need to know of a type that is not built in.
#[derive(Clone, Debug)]
pub enum UserType {
    Enum(Vec<crate::EnumLabel>),
    /// name, type oid, type modifier of each attribute that is not dropped.
    Composite(Vec<(std::sync::Arc<str>, Oid, i32)>),
    /// base type and its type modifier; the domain's constraints are checked by the executor.
    Domain(Oid, i32),
    /// element type of an array.
    Array(Oid),
    /// subtype of a range.
    Range(Oid),
}

/// One call of a function: what it may look at beside its arguments.
pub struct Call<'a> {
    pub env: &'a mut dyn Environment,
    /// Actual argument types, for polymorphic functions.
    pub arg_types: &'a [Oid],
    pub result_type: Oid,
    pub collation: Oid,
    /// Name, type and type modifier of the columns that the query wants of a function that returns `record`
    /// (`AS t(id int, name text)`), else empty.
    pub columns: &'a [(std::sync::Arc<str>, Oid, i32)],
}

pub type ScalarFunction = fn(&mut Call<'_>, &[Datum]) -> Result<Datum>;
/// All rows at once; one column a row unless the function has OUT columns.
pub type SetFunction = fn(&mut Call<'_>, &[Datum]) -> Result<Vec<Vec<Datum>>>;
/// A typed kernel over whole columns of `rows` rows; NULLs are handled inside.
pub type Kernel = fn(&[&Column], usize) -> Result<Column>;

/// How a function is carried out.
#[derive(Clone, Copy)]
pub enum Implementation {
    Scalar(ScalarFunction),
    /// The same with a kernel for columns of the declared types.
    Vector(ScalarFunction, Kernel),
    Set(SetFunction),
    /// Carried out by the executor's aggregation or window operator under this name.
    Aggregate,
    Window,
    /// Needs the catalog, the storage or the session (`nextval`, `pg_get_viewdef`, Citus functions ...):
    /// found by the executor under the function's name, and refused by name if it is not there either.
    Backend,
}

/// `prokind` of pg_proc and `aggkind` of pg_aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcKind {
    Function,
    Procedure,
    Aggregate,
    /// `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)`, with the number of direct arguments.
    OrderedSet(u8),
    /// `rank(5) WITHIN GROUP (ORDER BY x)`, with the number of direct arguments.
    HypotheticalSet(u8),
    Window,
}

/// One row of pg_proc.
pub struct Proc {
    pub oid: Oid,
    pub name: &'static str,
    /// `prosrc`: the name under which it is implemented; the name itself if PostgreSQL writes it in SQL.
    pub internal: &'static str,
    /// Types of the input arguments (a variadic last one is the array type).
    pub args: &'static [Oid],
    /// Names of all arguments where any has one: inputs first, then OUT columns.
    pub arg_names: &'static [&'static str],
    /// Types of OUT or TABLE columns, empty if there are none.
    pub out_types: &'static [Oid],
    /// Default expressions (SQL) of the last arguments.
    pub defaults: &'static [&'static str],
    /// Element type of a VARIADIC last argument (`Oid::ANY` for "any"), else 0.
    pub variadic: Oid,
    pub result: Oid,
    pub kind: ProcKind,
    pub returns_set: bool,
    pub strict: bool,
    pub volatility: Volatility,
    pub implementation: Implementation,
}

/// One row of pg_operator. `left` is 0 for prefix operators.
pub struct Operator {
    pub oid: Oid,
    pub name: &'static str,
    pub left: Oid,
    pub right: Oid,
    pub result: Oid,
    /// oid of the function in pg_proc.
    pub function: Oid,
    /// 0 if none.
    pub commutator: Oid,
    pub negator: Oid,
    pub can_hash: bool,
    pub can_merge: bool,
}

/// `castcontext` of pg_cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CastContext {
    Implicit,
    Assignment,
    Explicit,
}

/// `castmethod` of pg_cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CastMethod {
    /// oid of the function in pg_proc.
    Function(Oid),
    /// Same representation: relabel only.
    Binary,
    /// Through the text form.
    InOut,
}

/// One row of pg_cast.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    pub source: Oid,
    pub target: Oid,
    pub context: CastContext,
    pub method: CastMethod,
}
