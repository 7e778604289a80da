//! GRANT, REVOKE, default privileges, row-level security policies.

use super::{DropBehavior, Expr, Name, ObjectType, ObjectWithArgs, RangeVar, RoleSpec};

/// GRANT or REVOKE of privileges on objects.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantStmt {
    pub is_grant: bool,
    pub target: GrantTarget,
    /// Empty: ALL PRIVILEGES.
    pub privileges: Vec<AccessPriv>,
    pub grantees: Vec<RoleSpec>,
    /// `WITH GRANT OPTION`, or `REVOKE GRANT OPTION FOR`.
    pub grant_option: bool,
    pub grantor: Option<RoleSpec>,
    pub behavior: DropBehavior,
}

#[derive(Clone, Debug, PartialEq)]
pub enum GrantTarget {
    Tables(Vec<RangeVar>),
    Sequences(Vec<RangeVar>),
    /// Functions, procedures or routines, as the type says.
    Functions(ObjectType, Vec<ObjectWithArgs>),
    /// Databases, schemas, domains, types, languages, tablespaces, foreign servers and wrappers,
    /// parameters.
    Named(ObjectType, Vec<Name>),
    LargeObjects(Vec<String>),
    /// `ALL TABLES IN SCHEMA s`
    AllInSchema(ObjectType, Vec<String>),
    /// Of ALTER DEFAULT PRIVILEGES: `TABLES`, `FUNCTIONS`...
    Defaults(ObjectType),
}

/// A privilege, perhaps on columns. In GRANT role it is a role's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPriv {
    /// Missing: `ALL (columns)`.
    pub name: Option<String>,
    pub columns: Vec<String>,
}

/// GRANT or REVOKE of roles.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantRoleStmt {
    pub is_grant: bool,
    pub granted: Vec<AccessPriv>,
    pub grantees: Vec<RoleSpec>,
    pub admin_option: bool,
    pub grantor: Option<RoleSpec>,
    pub behavior: DropBehavior,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterDefaultPrivilegesStmt {
    pub schemas: Vec<String>,
    pub roles: Vec<RoleSpec>,
    pub action: GrantStmt,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreatePolicyStmt {
    pub name: String,
    pub table: RangeVar,
    /// `all`, `select`, `insert`, `update`, `delete`.
    pub command: String,
    pub permissive: bool,
    pub roles: Vec<RoleSpec>,
    pub using: Option<Expr>,
    pub with_check: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterPolicyStmt {
    pub name: String,
    pub table: RangeVar,
    /// Empty: unchanged.
    pub roles: Vec<RoleSpec>,
    pub using: Option<Expr>,
    pub with_check: Option<Expr>,
}
