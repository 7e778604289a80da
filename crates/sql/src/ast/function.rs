//! CREATE FUNCTION and PROCEDURE, DO, CALL, casts.

use super::{DefElem, Expr, FuncCall, Name, ObjectType, ObjectWithArgs, Statement, TypeName};

#[derive(Clone, Debug, PartialEq)]
pub struct CreateFunctionStmt {
    pub is_procedure: bool,
    pub replace: bool,
    pub name: Name,
    /// With `RETURNS TABLE (...)` the columns follow, of mode `Table`.
    pub parameters: Vec<FunctionParameter>,
    pub return_type: Option<TypeName>,
    /// `as` (one string, or two for C), `language`, `volatility`, `strict`, `security`, `leakproof`,
    /// `cost`, `rows`, `support`, `set`, `parallel`, `window`, `transform`.
    pub options: Vec<DefElem>,
    pub sql_body: Option<FunctionBody>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FunctionBody {
    /// `RETURN expr`
    Return(Expr),
    /// `BEGIN ATOMIC ... END`, perhaps with [`Statement::Return`].
    Atomic(Vec<Statement>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionParameter {
    pub name: Option<String>,
    pub type_name: TypeName,
    pub mode: FunctionParameterMode,
    pub default: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FunctionParameterMode {
    /// No mode was written: IN.
    #[default]
    Default,
    In,
    Out,
    InOut,
    Variadic,
    /// A column of RETURNS TABLE.
    Table,
}

/// ALTER FUNCTION, PROCEDURE, ROUTINE with new options.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterFunctionStmt {
    pub object_type: ObjectType,
    pub function: ObjectWithArgs,
    pub actions: Vec<DefElem>,
}

/// DO: options `as` and `language`.
#[derive(Clone, Debug, PartialEq)]
pub struct DoStmt {
    pub args: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CallStmt {
    pub call: FuncCall,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateCastStmt {
    pub source: TypeName,
    pub target: TypeName,
    pub function: Option<ObjectWithArgs>,
    pub context: CoercionContext,
    pub inout: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CoercionContext {
    Implicit,
    Assignment,
    #[default]
    Explicit,
}
