//! A PL/pgSQL function as a tree, after the structs of PostgreSQL's `plpgsql.h`. Variables are names
//! still: who runs the function resolves them, block by block.

use crate::ast::{Indirection, Location, Name, SelectStmt, Statement, TypeName};

/// The body of a function, and the options that stand before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// `#variable_conflict`, where it is given.
    pub variable_conflict: Option<VariableConflict>,
    /// `#print_strict_params`, where it is given.
    pub print_strict_params: Option<bool>,
    pub body: Block,
    /// Declarations whose names hide those of variables further out.
    pub shadowing: Vec<(String, Location)>,
}

/// `#variable_conflict`: what a name means that is both a variable's and a column's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableConflict {
    Error,
    UseVariable,
    UseColumn,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub label: Option<String>,
    pub declarations: Vec<Declaration>,
    pub body: Vec<Stmt>,
    /// `EXCEPTION WHEN ...`
    pub handlers: Vec<ExceptionHandler>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    pub name: String,
    pub kind: DeclarationKind,
    pub line: u32,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub enum DeclarationKind {
    Variable {
        type_name: VariableType,
        constant: bool,
        not_null: bool,
        collation: Name,
        default: Option<Expression>,
    },
    /// `ALIAS FOR name` or `$n`
    Alias(Name),
    Cursor {
        /// `SCROLL`, `NO SCROLL`, or nothing said.
        scroll: Option<bool>,
        parameters: Vec<CursorParameter>,
        query: Box<Sql>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum VariableType {
    Type(TypeName),
    /// `name%TYPE`: of a variable, or of a table's column.
    TypeOf(Name),
    /// `table%ROWTYPE`
    RowOf(Name),
    /// `record`
    Record,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CursorParameter {
    pub name: String,
    pub type_name: VariableType,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExceptionHandler {
    pub conditions: Vec<Condition>,
    pub body: Vec<Stmt>,
    pub line: u32,
}

/// What a handler catches or RAISE raises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `OTHERS`
    Others,
    /// A name, and the SQLSTATEs it stands for. One that ends in `000` stands for its whole class.
    Named(String, Vec<String>),
    /// `SQLSTATE 'xxxxx'`
    SqlState(String),
}

/// An expression: what would follow SELECT. It may well have a FROM clause.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// As written, without the SELECT.
    pub text: String,
    /// The query with this text after SELECT.
    pub query: Box<SelectStmt>,
    pub location: Location,
}

/// A statement of SQL.
#[derive(Clone, Debug, PartialEq)]
pub struct Sql {
    /// As written, without the semicolon; where an INTO clause was there are blanks.
    pub text: String,
    pub statement: Statement,
    pub location: Location,
}

/// A variable, or a field or element of one, as the target of an assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// `x`, `label.x`, `record.field`, `label.record.field`, `$1`
    pub name: Name,
    /// Subscripts, and fields after a subscript.
    pub indirection: Vec<Indirection>,
    pub location: Location,
}

/// `INTO [STRICT] targets`
#[derive(Clone, Debug, PartialEq)]
pub struct Into {
    pub strict: bool,
    pub targets: Vec<Target>,
}

/// A statement and the line of the body that it begins on, from 1, as CONTEXT shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    pub line: u32,
    pub location: Location,
    pub kind: StmtKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    Block(Box<Block>),
    /// `target := expression`
    Assign {
        target: Target,
        expression: Expression,
        /// As written, without the semicolon.
        text: String,
    },
    If {
        /// IF and each ELSIF with what they lead to.
        branches: Vec<(Expression, Vec<Stmt>)>,
        otherwise: Vec<Stmt>,
    },
    Case {
        /// The operand of `CASE operand WHEN value, value THEN ...`.
        operand: Option<Expression>,
        /// With an operand each WHEN has a list of values, without one a single condition.
        whens: Vec<(Vec<Expression>, Vec<Stmt>)>,
        /// Missing: no match is an error.
        otherwise: Option<Vec<Stmt>>,
    },
    Loop {
        label: Option<String>,
        body: Vec<Stmt>,
    },
    While {
        label: Option<String>,
        condition: Expression,
        body: Vec<Stmt>,
    },
    /// `FOR variable IN [REVERSE] lower .. upper [BY step] LOOP`; the variable is the loop's own.
    ForInteger {
        label: Option<String>,
        variable: String,
        reverse: bool,
        lower: Expression,
        upper: Expression,
        step: Option<Expression>,
        body: Vec<Stmt>,
    },
    ForQuery {
        label: Option<String>,
        targets: Vec<Target>,
        query: Box<Sql>,
        body: Vec<Stmt>,
    },
    /// `FOR targets IN EXECUTE query USING params LOOP`
    ForExecute {
        label: Option<String>,
        targets: Vec<Target>,
        dynamic: Dynamic,
        body: Vec<Stmt>,
    },
    /// `FOR variable IN cursor (arguments) LOOP`; the variable is a record of the loop's own.
    ForCursor {
        label: Option<String>,
        variable: String,
        cursor: String,
        arguments: Vec<CursorArgument>,
        body: Vec<Stmt>,
    },
    /// `FOREACH targets SLICE n IN ARRAY expression LOOP`
    Foreach {
        label: Option<String>,
        targets: Vec<Target>,
        slice: i32,
        array: Expression,
        body: Vec<Stmt>,
    },
    /// `EXIT`, or `CONTINUE`
    Exit {
        is_exit: bool,
        label: Option<String>,
        condition: Option<Expression>,
    },
    Return(Option<Expression>),
    ReturnNext(Option<Expression>),
    ReturnQuery(Box<Sql>),
    ReturnExecute(Dynamic),
    Raise(Box<Raise>),
    Assert {
        condition: Expression,
        message: Option<Expression>,
    },
    /// A statement of SQL.
    Sql {
        sql: Box<Sql>,
        into: Option<Into>,
    },
    /// `PERFORM what-follows-SELECT`
    Perform(Expression),
    Execute {
        dynamic: Dynamic,
        into: Option<Into>,
    },
    /// `GET STACKED DIAGNOSTICS target = item, ...`
    GetDiagnostics {
        stacked: bool,
        items: Vec<(Target, DiagnosticsItem)>,
    },
    Open {
        cursor: Target,
        what: OpenWhat,
    },
    /// `FETCH direction FROM cursor INTO targets`, or MOVE without targets.
    Fetch {
        direction: FetchDirection,
        cursor: Target,
        into: Vec<Target>,
        is_move: bool,
    },
    Close(Target),
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Null,
}

/// A query that is put together at run time, and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamic {
    pub query: Expression,
    pub using: Vec<Expression>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CursorArgument {
    pub name: Option<String>,
    pub value: Expression,
}

#[derive(Clone, Debug, PartialEq)]
pub enum OpenWhat {
    /// A cursor that was declared with its query.
    Bound {
        arguments: Vec<CursorArgument>,
    },
    For {
        scroll: Option<bool>,
        query: Box<Sql>,
    },
    ForExecute {
        scroll: Option<bool>,
        dynamic: Dynamic,
    },
}

/// How far FETCH goes. `ALL` is MOVE's alone.
#[derive(Clone, Debug, PartialEq)]
pub enum FetchDirection {
    Next,
    Prior,
    First,
    Last,
    Absolute(Expression),
    Relative(Expression),
    Forward(Expression),
    Backward(Expression),
    ForwardAll,
    BackwardAll,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Raise {
    pub level: RaiseLevel,
    /// Missing in `RAISE;` and where a format is given.
    pub condition: Option<Condition>,
    /// The format with its parameters, one for each `%`.
    pub format: Option<String>,
    pub parameters: Vec<Expression>,
    pub options: Vec<(RaiseOption, Expression)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RaiseLevel {
    Debug,
    Log,
    Info,
    Notice,
    Warning,
    Exception,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RaiseOption {
    Errcode,
    Message,
    Detail,
    Hint,
    Column,
    Constraint,
    Datatype,
    Table,
    Schema,
}

impl RaiseOption {
    pub fn keyword(self) -> &'static str {
        match self {
            RaiseOption::Errcode => "ERRCODE",
            RaiseOption::Message => "MESSAGE",
            RaiseOption::Detail => "DETAIL",
            RaiseOption::Hint => "HINT",
            RaiseOption::Column => "COLUMN",
            RaiseOption::Constraint => "CONSTRAINT",
            RaiseOption::Datatype => "DATATYPE",
            RaiseOption::Table => "TABLE",
            RaiseOption::Schema => "SCHEMA",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosticsItem {
    RowCount,
    PgContext,
    PgExceptionContext,
    PgExceptionDetail,
    PgExceptionHint,
    ReturnedSqlstate,
    ColumnName,
    ConstraintName,
    PgDatatypeName,
    MessageText,
    TableName,
    SchemaName,
}
