//! What any kind of object shares: DROP, COMMENT, RENAME, SET SCHEMA, OWNER TO, SECURITY LABEL.

use super::{DropBehavior, Name, ObjectWithArgs, RangeVar, RoleSpec, TypeName};

/// PostgreSQL's `ObjectType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    AccessMethod,
    Aggregate,
    Attribute,
    Cast,
    Column,
    Collation,
    Conversion,
    Database,
    Domain,
    DomainConstraint,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    ForeignServer,
    ForeignTable,
    Function,
    Index,
    Language,
    LargeObject,
    MaterializedView,
    Opclass,
    Operator,
    Opfamily,
    Parameter,
    Policy,
    Procedure,
    Publication,
    Role,
    Routine,
    Rule,
    Schema,
    Sequence,
    Statistics,
    Subscription,
    Table,
    TableConstraint,
    Tablespace,
    Transform,
    Trigger,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Type,
    View,
}

/// An object as a statement names it.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectName {
    /// Anything that is known by a (qualified) name. For a column, constraint, policy, rule or trigger
    /// the last part is its own name and those before are its table's.
    Name(Name),
    /// A type or domain.
    Type(TypeName),
    /// A constraint of a domain.
    DomainConstraint(TypeName, String),
    /// A function, procedure, routine, aggregate or operator.
    WithArgs(ObjectWithArgs),
    Cast(TypeName, TypeName),
    Transform(TypeName, String),
    /// An operator class or family: its name and access method.
    OfAccessMethod(Name, String),
    LargeObject(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct DropStmt {
    pub remove_type: ObjectType,
    pub objects: Vec<ObjectName>,
    pub behavior: DropBehavior,
    pub missing_ok: bool,
    pub concurrent: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CommentStmt {
    pub object_type: ObjectType,
    pub object: ObjectName,
    /// Missing: NULL, the comment is taken away.
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SecLabelStmt {
    pub provider: Option<String>,
    pub object_type: ObjectType,
    pub object: ObjectName,
    pub label: Option<String>,
}

/// The object of RENAME, SET SCHEMA: relations keep their `ONLY`.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterTarget {
    Relation(RangeVar),
    Object(ObjectName),
}

/// `ALTER ... RENAME ... TO new_name`.
#[derive(Clone, Debug, PartialEq)]
pub struct RenameStmt {
    /// What gets the new name.
    pub rename_type: ObjectType,
    /// For a column, attribute or constraint: what kind of thing it belongs to.
    pub relation_type: ObjectType,
    pub target: AlterTarget,
    /// The column, attribute, constraint, policy, rule or trigger of the target.
    pub subname: Option<String>,
    pub new_name: String,
    pub behavior: DropBehavior,
    pub missing_ok: bool,
}

/// `ALTER ... SET SCHEMA`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterObjectSchemaStmt {
    pub object_type: ObjectType,
    pub target: AlterTarget,
    pub new_schema: String,
    pub missing_ok: bool,
}

/// `ALTER ... OWNER TO` of what is not a relation (those are an
/// [`AlterTableCmd::ChangeOwner`](super::AlterTableCmd::ChangeOwner)).
#[derive(Clone, Debug, PartialEq)]
pub struct AlterOwnerStmt {
    pub object_type: ObjectType,
    pub object: ObjectName,
    pub new_owner: RoleSpec,
}

/// `ALTER ... [NO] DEPENDS ON EXTENSION`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterObjectDependsStmt {
    pub object_type: ObjectType,
    pub target: AlterTarget,
    pub subname: Option<String>,
    pub extension: String,
    pub remove: bool,
}
