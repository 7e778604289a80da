//! Expressions, as the grammar leaves them: names are not looked up yet.

use super::{Location, Name, SelectStmt, SortBy, TypeName, WindowDef};

/// Any scalar expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    ColumnRef(ColumnRef),
    ParamRef(ParamRef),
    Const(AConst),
    TypeCast(Box<TypeCast>),
    Collate(Box<CollateClause>),
    /// An operator with one or two operands, and everything that is written like one.
    Op(Box<AExpr>),
    In(Box<InExpr>),
    Between(Box<BetweenExpr>),
    Bool(Box<BoolExpr>),
    NullTest(Box<NullTest>),
    BooleanTest(Box<BooleanTest>),
    FuncCall(Box<FuncCall>),
    NamedArg(Box<NamedArgExpr>),
    Indirection(Box<AIndirection>),
    Array(Box<AArrayExpr>),
    Row(Box<RowExpr>),
    SubLink(Box<SubLink>),
    Case(Box<CaseExpr>),
    Coalesce(Box<CoalesceExpr>),
    MinMax(Box<MinMaxExpr>),
    SqlValueFunction(Box<SqlValueFunction>),
    Grouping(Box<GroupingFunc>),
    /// `DEFAULT` as the value of a column.
    SetToDefault(Location),
    CurrentOf(Box<CurrentOfExpr>),
}

impl Expr {
    /// Where the expression is reported to be (PostgreSQL's `exprLocation`): for an operator or a
    /// cast the leftmost of its own position and its operands', for a function the leftmost of its
    /// name and its arguments.
    pub fn location(&self) -> Location {
        match self {
            Expr::ColumnRef(e) => e.location,
            Expr::ParamRef(e) => e.location,
            Expr::Const(e) => e.location,
            Expr::TypeCast(e) => e.location.leftmost(e.type_name.location).leftmost(e.arg.location()),
            Expr::Collate(e) => e.arg.location(),
            Expr::Op(e) => match &e.left {
                Some(left) => e.location.leftmost(left.location()),
                None => e.location,
            },
            Expr::In(e) => e.location.leftmost(e.expr.location()),
            Expr::Between(e) => e.location.leftmost(e.expr.location()),
            Expr::Bool(e) => e
                .args
                .first()
                .map_or(e.location, |arg| e.location.leftmost(arg.location())),
            Expr::NullTest(e) => e.location.leftmost(e.arg.location()),
            Expr::BooleanTest(e) => e.location.leftmost(e.arg.location()),
            Expr::FuncCall(e) => e
                .args
                .first()
                .map_or(e.location, |arg| e.location.leftmost(arg.location())),
            Expr::NamedArg(e) => e.location.leftmost(e.arg.location()),
            Expr::Indirection(e) => e.arg.location(),
            Expr::Array(e) => e.location,
            Expr::Row(e) => e.location,
            Expr::SubLink(e) => match &e.test {
                Some(test) => e.location.leftmost(test.location()),
                None => e.location,
            },
            Expr::Case(e) => e.location,
            Expr::Coalesce(e) => e.location,
            Expr::MinMax(e) => e.location,
            Expr::SqlValueFunction(e) => e.location,
            Expr::Grouping(e) => e.location,
            Expr::SetToDefault(location) => *location,
            Expr::CurrentOf(_) => Location::UNKNOWN,
        }
    }
}

/// `a`, `t.a`, `s.t.*`: names that may turn out to be a column, a row or a function argument.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnRef {
    pub fields: Vec<ColumnRefField>,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ColumnRefField {
    Name(String),
    /// `*`, always the last field.
    Star,
}

/// `$1`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamRef {
    pub number: i32,
    pub location: Location,
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub struct AConst {
    pub value: Value,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Digits that fit 32 bits.
    Integer(i32),
    /// Any other number, as written: to become `bigint` or `numeric`.
    Float(String),
    Boolean(bool),
    String(String),
    /// `b101` or `x1F`: the kind's letter, then the digits.
    BitString(String),
    Null,
}

/// `CAST(arg AS type)`, at `CAST`; `arg::type`, at the `::`; `type 'literal'`, at no place of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeCast {
    pub arg: Expr,
    pub type_name: TypeName,
    pub location: Location,
}

/// `arg COLLATE name`, at `COLLATE`. In a column definition it has no `arg`: see
/// [`ColumnDef::collation`](super::ColumnDef::collation).
#[derive(Clone, Debug, PartialEq)]
pub struct CollateClause {
    pub arg: Expr,
    pub collation: Name,
    pub location: Location,
}

/// An operator expression; `location` is that of the operator.
#[derive(Clone, Debug, PartialEq)]
pub struct AExpr {
    pub kind: AExprKind,
    /// The operator, perhaps with a schema: `["+"]`, `["pg_catalog", "+"]`. `LIKE` and its kin are
    /// `~~`, `!~~`, `~~*`, `!~~*`; `SIMILAR TO` is `~` or `!~`.
    pub name: Name,
    /// Missing for a prefix operator.
    pub left: Option<Expr>,
    pub right: Expr,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AExprKind {
    Op,
    /// `left op ANY (array)`
    OpAny,
    /// `left op ALL (array)`
    OpAll,
    /// `IS DISTINCT FROM`
    Distinct,
    /// `IS NOT DISTINCT FROM`
    NotDistinct,
    NullIf,
    /// `[NOT] LIKE`; with `ESCAPE` the right side is a call of `pg_catalog.like_escape`.
    Like,
    ILike,
    /// `[NOT] SIMILAR TO`; the right side is a call of `pg_catalog.similar_to_escape`.
    Similar,
}

/// `expr [NOT] IN (a, b, ...)`; with a subquery it is a [`SubLink`].
#[derive(Clone, Debug, PartialEq)]
pub struct InExpr {
    pub expr: Expr,
    pub list: Vec<Expr>,
    pub negated: bool,
    pub location: Location,
}

/// `expr [NOT] BETWEEN [SYMMETRIC] low AND high`.
#[derive(Clone, Debug, PartialEq)]
pub struct BetweenExpr {
    pub expr: Expr,
    pub low: Expr,
    pub high: Expr,
    pub symmetric: bool,
    pub negated: bool,
    pub location: Location,
}

/// `AND`, `OR`, `NOT`. `a AND b AND c` is one node with three arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct BoolExpr {
    pub op: BoolOp,
    pub args: Vec<Expr>,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    And,
    Or,
    Not,
}

/// `arg IS [NOT] NULL`.
#[derive(Clone, Debug, PartialEq)]
pub struct NullTest {
    pub arg: Expr,
    pub is_not: bool,
    pub location: Location,
}

/// `arg IS [NOT] TRUE | FALSE | UNKNOWN`.
#[derive(Clone, Debug, PartialEq)]
pub struct BooleanTest {
    pub arg: Expr,
    pub truth: Truth,
    pub is_not: bool,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    Unknown,
}

/// A call of a function, an aggregate or a window function.
#[derive(Clone, Debug, PartialEq)]
pub struct FuncCall {
    pub name: Name,
    pub args: Vec<Expr>,
    /// `ORDER BY` inside the parentheses, or that of `WITHIN GROUP`.
    pub agg_order: Vec<SortBy>,
    pub agg_filter: Option<Expr>,
    pub over: Option<WindowDef>,
    pub agg_within_group: bool,
    /// `count(*)`.
    pub agg_star: bool,
    pub agg_distinct: bool,
    /// The last argument was marked `VARIADIC`.
    pub func_variadic: bool,
    /// How it was written, for printing it again.
    pub format: CoercionForm,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CoercionForm {
    /// `f(a, b)`
    #[default]
    ExplicitCall,
    /// The standard's own syntax: `EXTRACT(year FROM d)`, `d AT TIME ZONE z`, `TRIM(BOTH FROM s)`.
    SqlSyntax,
}

/// `name => arg` or `name := arg`.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArgExpr {
    pub name: String,
    pub arg: Expr,
    pub location: Location,
}

/// Subscripts and fields of anything: `(row).field`, `a[1]`, `t.a[1:2].x`.
#[derive(Clone, Debug, PartialEq)]
pub struct AIndirection {
    pub arg: Expr,
    pub indirection: Vec<Indirection>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Indirection {
    Field(String),
    Star,
    Index(Expr),
    Slice(Option<Expr>, Option<Expr>),
}

/// `ARRAY[a, b]`, and the inner `[c, d]` of a nested one.
#[derive(Clone, Debug, PartialEq)]
pub struct AArrayExpr {
    pub elements: Vec<Expr>,
    pub location: Location,
}

/// `ROW(a, b)` or `(a, b)`.
#[derive(Clone, Debug, PartialEq)]
pub struct RowExpr {
    pub args: Vec<Expr>,
    /// Written with `ROW`.
    pub explicit: bool,
    pub location: Location,
}

/// A subquery as (part of) an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct SubLink {
    pub kind: SubLinkKind,
    /// The left side of `IN`, `ANY`, `ALL`.
    pub test: Option<Expr>,
    /// The operator of `ANY` and `ALL`; empty for `IN`.
    pub oper_name: Name,
    pub subselect: SelectStmt,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubLinkKind {
    Exists,
    All,
    Any,
    /// A single value.
    Expr,
    Array,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CaseExpr {
    pub arg: Option<Expr>,
    pub whens: Vec<CaseWhen>,
    pub default: Option<Expr>,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CaseWhen {
    pub expr: Expr,
    pub result: Expr,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CoalesceExpr {
    pub args: Vec<Expr>,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MinMaxExpr {
    pub op: MinMaxOp,
    pub args: Vec<Expr>,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinMaxOp {
    Greatest,
    Least,
}

/// A function of the standard that is called without parentheses: `CURRENT_DATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlValueFunction {
    pub op: SqlValueFunctionOp,
    /// The precision of `CURRENT_TIME(3)` and its kin.
    pub typmod: Option<i32>,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlValueFunctionOp {
    CurrentDate,
    CurrentTime,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentRole,
    CurrentUser,
    User,
    SessionUser,
    CurrentCatalog,
    CurrentSchema,
}

/// `GROUPING(a, b)`.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupingFunc {
    pub args: Vec<Expr>,
    pub location: Location,
}

/// `WHERE CURRENT OF cursor`.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentOfExpr {
    pub cursor_name: String,
}
