//! Analyzed expressions, after PostgreSQL's primnodes.

use std::sync::Arc;

use kumquat_types::{Datum, Oid};

use super::{Query, TargetEntry};
use crate::catalog::Name;

/// A typed expression. `location` fields are byte offsets into the statement, for errors at run time.
#[derive(Clone, Debug)]
pub enum Expr {
    Var(Var),
    Const(Const),
    Param {
        kind: ParamKind,
        number: usize,
        type_oid: Oid,
        type_modifier: i32,
    },
    Aggref(Box<Aggref>),
    /// GROUPING(...): targets by `sort_group_ref`, and the arguments as written.
    Grouping {
        refs: Vec<u32>,
        args: Vec<Expr>,
    },
    WindowFunc(Box<WindowFunc>),
    Func(Box<FuncExpr>),
    /// Binary or prefix operator: one or two arguments.
    Op(Box<OpExpr>),
    /// IS DISTINCT FROM: the equality operator, negated with NULLs as values.
    Distinct(Box<OpExpr>),
    NullIf(Box<OpExpr>),
    /// `left op ANY (array)`, or ALL.
    ScalarArrayOp {
        operator: Oid,
        any: bool,
        args: Box<[Expr; 2]>,
        location: Option<u32>,
    },
    Bool(BoolOp, Vec<Expr>),
    SubLink(Box<SubLink>),
    /// What the planner makes of a sublink that it could not pull up.
    SubPlan(Box<SubPlan>),
    /// One subscript a dimension; slices have both bounds. With `assign`, the new value is stored into a copy.
    Subscript(Box<SubscriptingRef>),
    /// Field of a composite value, by number from 1.
    FieldSelect {
        arg: Box<Expr>,
        field: i16,
        type_oid: Oid,
        type_modifier: i32,
    },
    /// New value for fields of a composite.
    FieldStore {
        arg: Box<Expr>,
        fields: Vec<(i16, Expr)>,
        type_oid: Oid,
    },
    /// Binary-compatible change of type.
    Relabel {
        arg: Box<Expr>,
        type_oid: Oid,
        type_modifier: i32,
        form: FuncForm,
    },
    /// By way of text.
    CoerceViaIo {
        arg: Box<Expr>,
        type_oid: Oid,
        form: FuncForm,
        location: Option<u32>,
    },
    /// Element by element; `element` is over `CaseTest`.
    ArrayCoerce {
        arg: Box<Expr>,
        element: Box<Expr>,
        type_oid: Oid,
        type_modifier: i32,
        form: FuncForm,
    },
    /// From one row type to another with the same fields.
    ConvertRowtype {
        arg: Box<Expr>,
        type_oid: Oid,
    },
    Collate {
        arg: Box<Expr>,
        collation: Name,
    },
    /// `arg`: CASE x WHEN; conditions are then over `CaseTest`.
    Case {
        arg: Option<Box<Expr>>,
        whens: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
        type_oid: Oid,
    },
    CaseTest {
        type_oid: Oid,
        type_modifier: i32,
    },
    Array {
        elements: Vec<Expr>,
        element_type: Oid,
        array_type: Oid,
        multi: bool,
    },
    /// ROW(...); `type_oid` is RECORD or a composite.
    Row {
        args: Vec<Expr>,
        names: Vec<Name>,
        type_oid: Oid,
        form: FuncForm,
    },
    /// `(a, b) < (c, d)`: operators column by column.
    RowCompare {
        op: RowCompareOp,
        operators: Vec<Oid>,
        left: Vec<Expr>,
        right: Vec<Expr>,
    },
    Coalesce {
        args: Vec<Expr>,
        type_oid: Oid,
    },
    MinMax {
        op: MinMaxOp,
        args: Vec<Expr>,
        type_oid: Oid,
    },
    SqlValue {
        value: SqlValue,
        type_oid: Oid,
        type_modifier: i32,
    },
    /// `row_test`: the argument is composite, tested field by field.
    NullTest {
        arg: Box<Expr>,
        is_null: bool,
        row_test: bool,
    },
    BooleanTest {
        arg: Box<Expr>,
        kind: BooleanTestKind,
    },
    CoerceToDomain {
        arg: Box<Expr>,
        domain: Oid,
        type_modifier: i32,
        form: FuncForm,
    },
    /// VALUE inside a domain's check.
    CoerceToDomainValue {
        type_oid: Oid,
        type_modifier: i32,
    },
    /// DEFAULT in VALUES or SET, replaced by the rewriter.
    SetToDefault {
        type_oid: Oid,
        type_modifier: i32,
    },
    /// A target of the input plan (1-based), made by the planner.
    InputColumn {
        column: usize,
        type_oid: Oid,
        type_modifier: i32,
    },
}

/// Column `attribute` (0: the whole row) of entry `varno`, `levels_up` queries further out.
#[derive(Clone, Debug, PartialEq)]
pub struct Var {
    pub varno: usize,
    pub attribute: i16,
    pub type_oid: Oid,
    pub type_modifier: i32,
    pub collation: Oid,
    pub levels_up: usize,
    pub location: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct Const {
    pub value: Datum,
    pub type_oid: Oid,
    pub type_modifier: i32,
    pub location: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// $n of a prepared statement or function.
    External,
    /// Set by an outer plan for its subplans.
    Executor,
}

/// How a function call or coercion was written, for deparsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FuncForm {
    Call,
    ExplicitCast,
    ImplicitCast,
    /// EXTRACT(... FROM ...), TRIM(...) and kin.
    SqlSyntax,
    /// Not written: `nextval` of an identity column, which asks for no privilege on its sequence (`NextValueExpr`).
    Identity,
}

#[derive(Clone, Debug)]
pub struct FuncExpr {
    /// pg_proc oid: built-in, of an extension, or user-defined.
    pub function: Oid,
    pub args: Vec<Expr>,
    pub result: Oid,
    pub returns_set: bool,
    /// VARIADIC was written, or the last argument collects a variadic tail.
    pub variadic: bool,
    /// Places of arguments that nobody wrote: they have their defaults.
    pub unwritten: Vec<usize>,
    pub form: FuncForm,
    /// Result type modifier of a length-coercion cast, else -1.
    pub type_modifier: i32,
    pub location: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct OpExpr {
    /// pg_operator oid.
    pub operator: Oid,
    pub result: Oid,
    pub args: Vec<Expr>,
    pub location: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct Aggref {
    pub function: Oid,
    /// Direct arguments of ordered-set aggregates.
    pub direct_args: Vec<Expr>,
    pub args: Vec<Expr>,
    pub star: bool,
    pub distinct: bool,
    pub order_by: Vec<AggregateOrder>,
    pub filter: Option<Expr>,
    pub within_group: bool,
    pub variadic: bool,
    pub result: Oid,
    /// Query level it belongs to, counted outwards.
    pub levels_up: usize,
    pub location: Option<u32>,
}

/// ORDER BY (or DISTINCT) inside an aggregate: an expression and its direction.
#[derive(Clone, Debug)]
pub struct AggregateOrder {
    pub expr: Expr,
    pub order: crate::catalog::SortOrder,
}

#[derive(Clone, Debug)]
pub struct WindowFunc {
    pub function: Oid,
    pub args: Vec<Expr>,
    pub star: bool,
    pub aggregate: bool,
    pub filter: Option<Expr>,
    pub result: Oid,
    /// Index into `Query::windows`, from 0.
    pub window: usize,
    pub location: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    And,
    Or,
    Not,
}

#[derive(Clone, Debug)]
pub struct SubLink {
    pub kind: SubLinkKind,
    /// ANY/ALL/row comparison: left-hand expressions, the columns of the query they are compared with (over
    /// `InputColumn`, coerced where need be), and the operators.
    pub left: Vec<Expr>,
    pub right: Vec<Expr>,
    pub operators: Vec<Oid>,
    pub query: Arc<Query>,
    pub result: Oid,
    pub location: Option<u32>,
    /// Written as IN.
    pub is_in: bool,
}

/// A sublink whose query has been planned.
#[derive(Clone, Debug)]
pub struct SubPlan {
    /// Index into `PlannedQuery::subplans`.
    pub plan: usize,
    pub kind: SubLinkKind,
    /// As in [`SubLink`].
    pub left: Vec<Expr>,
    pub operators: Vec<Oid>,
    /// What the subplan needs of the outer row: executor parameters and their values.
    pub args: Vec<(usize, Expr)>,
    /// Its rows are gathered in a hash table once (uncorrelated ANY).
    pub hashed: bool,
    pub result: Oid,
    pub type_modifier: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubLinkKind {
    Exists,
    Any,
    All,
    /// Scalar subquery.
    Expr,
    Array,
    RowCompare(RowCompareOp),
    /// `UPDATE ... SET (a, b) = (SELECT ...)`: column `n` of the row.
    MultiExpr(usize),
}

#[derive(Clone, Debug)]
pub struct SubscriptingRef {
    pub container: Expr,
    /// Per dimension: lower (slices only) and upper.
    pub lower: Vec<Option<Expr>>,
    pub upper: Vec<Option<Expr>>,
    pub is_slice: bool,
    pub assign: Option<Expr>,
    pub result: Oid,
    pub type_modifier: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCompareOp {
    Less,
    LessEqual,
    Equal,
    GreaterEqual,
    Greater,
    NotEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinMaxOp {
    Greatest,
    Least,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlValue {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BooleanTestKind {
    IsTrue,
    IsNotTrue,
    IsFalse,
    IsNotFalse,
    IsUnknown,
    IsNotUnknown,
}

impl Expr {
    pub fn constant(value: Datum, type_oid: Oid) -> Expr {
        Expr::Const(Const {
            value,
            type_oid,
            type_modifier: -1,
            location: None,
        })
    }

    pub fn null(type_oid: Oid) -> Expr {
        Expr::constant(Datum::Null, type_oid)
    }

    /// The oid of the expression's type (PostgreSQL's `exprType`).
    pub fn type_oid(&self) -> Oid {
        match self {
            Expr::Var(var) => var.type_oid,
            Expr::Const(constant) => constant.type_oid,
            Expr::Aggref(aggregate) => aggregate.result,
            Expr::Grouping { .. } => Oid::INT4,
            Expr::WindowFunc(window) => window.result,
            Expr::Func(call) => call.result,
            Expr::Op(op) => op.result,
            Expr::NullIf(op) => op.args.first().map_or(Oid::TEXT, Expr::type_oid),
            Expr::Subscript(subscript) => subscript.result,
            Expr::SubLink(link) => link.result,
            Expr::SubPlan(plan) => plan.result,
            Expr::Collate { arg, .. } => arg.type_oid(),
            Expr::Array { array_type, .. } => *array_type,
            Expr::CoerceToDomain { domain, .. } => *domain,
            Expr::Distinct(_)
            | Expr::ScalarArrayOp { .. }
            | Expr::Bool(..)
            | Expr::RowCompare { .. }
            | Expr::NullTest { .. }
            | Expr::BooleanTest { .. } => Oid::BOOL,
            Expr::Param { type_oid, .. }
            | Expr::FieldSelect { type_oid, .. }
            | Expr::FieldStore { type_oid, .. }
            | Expr::Relabel { type_oid, .. }
            | Expr::CoerceViaIo { type_oid, .. }
            | Expr::ArrayCoerce { type_oid, .. }
            | Expr::ConvertRowtype { type_oid, .. }
            | Expr::Case { type_oid, .. }
            | Expr::CaseTest { type_oid, .. }
            | Expr::Row { type_oid, .. }
            | Expr::Coalesce { type_oid, .. }
            | Expr::MinMax { type_oid, .. }
            | Expr::SqlValue { type_oid, .. }
            | Expr::CoerceToDomainValue { type_oid, .. }
            | Expr::SetToDefault { type_oid, .. }
            | Expr::InputColumn { type_oid, .. } => *type_oid,
        }
    }

    /// The type modifier, -1 if none (PostgreSQL's `exprTypmod`).
    pub fn type_modifier(&self) -> i32 {
        match self {
            Expr::Var(var) => var.type_modifier,
            Expr::Const(constant) => constant.type_modifier,
            Expr::Func(call) => call.type_modifier,
            Expr::Subscript(subscript) => subscript.type_modifier,
            Expr::SubPlan(plan) => plan.type_modifier,
            Expr::Collate { arg, .. } => arg.type_modifier(),
            Expr::Param { type_modifier, .. }
            | Expr::FieldSelect { type_modifier, .. }
            | Expr::Relabel { type_modifier, .. }
            | Expr::ArrayCoerce { type_modifier, .. }
            | Expr::CaseTest { type_modifier, .. }
            | Expr::SqlValue { type_modifier, .. }
            | Expr::CoerceToDomain { type_modifier, .. }
            | Expr::CoerceToDomainValue { type_modifier, .. }
            | Expr::SetToDefault { type_modifier, .. }
            | Expr::InputColumn { type_modifier, .. } => *type_modifier,
            Expr::SubLink(link) if link.kind == SubLinkKind::Expr => link
                .query
                .output_columns()
                .next()
                .map_or(-1, |target: &TargetEntry| target.expr.type_modifier()),
            Expr::Coalesce { args, .. } | Expr::MinMax { args, .. } => common_modifier(args.iter()),
            Expr::Case { whens, otherwise, .. } => {
                common_modifier(whens.iter().map(|(_, result)| result).chain(otherwise.as_deref()))
            }
            _ => -1,
        }
    }
}

fn common_modifier<'a>(mut exprs: impl Iterator<Item = &'a Expr>) -> i32 {
    let Some(first) = exprs.next() else { return -1 };
    let (type_oid, modifier) = (first.type_oid(), first.type_modifier());
    if exprs.all(|expr| expr.type_oid() == type_oid && expr.type_modifier() == modifier) {
        modifier
    } else {
        -1
    }
}
