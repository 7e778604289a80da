//! Roles (pg_authid, pg_auth_members) and privileges (aclitem).

use kumquat_types::Oid;

use super::Name;

#[derive(Clone, Debug)]
pub struct Role {
    pub oid: Oid,
    pub name: Name,
    pub superuser: bool,
    pub inherit: bool,
    pub create_role: bool,
    pub create_db: bool,
    pub login: bool,
    pub replication: bool,
    pub bypass_rls: bool,
    pub connection_limit: i32,
    pub password: Option<Name>,
    /// Timestamp text as given.
    pub valid_until: Option<Name>,
    /// ALTER ROLE ... SET; database oid (0: all), setting, value.
    pub settings: Vec<(Oid, Name, Name)>,
    /// Roles this one is a member of, with admin option.
    pub member_of: Vec<(Oid, bool)>,
}

/// Privileges as the letters of an aclitem: `r` SELECT, `w` UPDATE, `a` INSERT, `d` DELETE, `D` TRUNCATE,
/// `x` REFERENCES, `t` TRIGGER, `X` EXECUTE, `U` USAGE, `C` CREATE, `c` CONNECT, `T` TEMPORARY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// Letters held, in aclitem order.
    pub granted: Vec<char>,
    /// Letters held WITH GRANT OPTION.
    pub grantable: Vec<char>,
}

/// `grantee=privileges/grantor`; grantee 0 is PUBLIC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclItem {
    pub grantee: Oid,
    pub privileges: Privileges,
    pub grantor: Oid,
}
