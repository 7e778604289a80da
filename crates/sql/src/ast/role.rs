//! Roles: CREATE, ALTER, DROP, and what they own.

use super::{DefElem, DropBehavior, RoleSpec, VariableSetStmt};

/// Options, named as PostgreSQL's: `superuser`, `createdb`, `createrole`, `inherit`, `canlogin`,
/// `isreplication`, `bypassrls` (booleans), `connectionlimit`, `password` (without a value: NULL),
/// `validUntil`, `addroleto`, `rolemembers`, `adminmembers` (lists), `sysid`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateRoleStmt {
    pub kind: RoleStmtKind,
    pub name: String,
    pub options: Vec<RoleOption>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleStmtKind {
    Role,
    User,
    Group,
}

/// An option of a role: one with a value, or a list of other roles.
#[derive(Clone, Debug, PartialEq)]
pub enum RoleOption {
    Attribute(DefElem),
    AddRoleTo(Vec<RoleSpec>),
    RoleMembers(Vec<RoleSpec>),
    AdminMembers(Vec<RoleSpec>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterRoleStmt {
    pub role: RoleSpec,
    pub options: Vec<RoleOption>,
    /// Of `ALTER GROUP g DROP USER ...` alone: members are taken away.
    pub drop_members: bool,
}

/// `ALTER ROLE r IN DATABASE d SET ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterRoleSetStmt {
    /// Missing: ALL.
    pub role: Option<RoleSpec>,
    pub database: Option<String>,
    pub set: VariableSetStmt,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DropRoleStmt {
    pub roles: Vec<RoleSpec>,
    pub missing_ok: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DropOwnedStmt {
    pub roles: Vec<RoleSpec>,
    pub behavior: DropBehavior,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ReassignOwnedStmt {
    pub roles: Vec<RoleSpec>,
    pub new_role: RoleSpec,
}
