//! Who may do what: role membership, ownership and access control lists, after PostgreSQL's `aclchk.c`.

use kumquat_types::{Error, Oid, Result, SqlState};

use crate::backend::Backend;
use crate::catalog::acl::{AclKind, default_acl};
use crate::catalog::well_known::{BOOTSTRAP_SUPERUSER, DATABASE_OWNER_ROLE};
use crate::catalog::{AclItem, ObjectAddress, ObjectClass, Relation, RelationKind};

pub fn permission_denied(noun: &str, name: &str) -> Error {
    Error::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("permission denied for {noun} {name}"),
    )
}

/// Checks that the current role holds the privileges (letters of an aclitem) on an object; any column
/// privilege will not do.
pub fn check(backend: &Backend<'_>, object: ObjectAddress, letters: &[char]) -> Result<()> {
    check_as(backend, backend.session.current_user, object, letters)
}

/// The same for another role, such as a view's owner.
pub fn check_as(backend: &Backend<'_>, role: Oid, object: ObjectAddress, letters: &[char]) -> Result<()> {
    if letters
        .iter()
        .all(|letter| has_privilege(backend, role, object, *letter))
    {
        return Ok(());
    }
    let (noun, name) = noun_and_name(backend, object);
    Err(permission_denied(noun, &name))
}

/// Whether a role holds a privilege on an object, itself or by membership.
pub fn has_privilege(backend: &Backend<'_>, role: Oid, object: ObjectAddress, letter: char) -> bool {
    let Some((kind, owner, acl)) = acl_of(backend, object) else {
        return false;
    };
    has_in_acl(backend, role, kind, owner, acl.as_deref(), letter, false)
        || object.class == ObjectClass::Relation && predefined_role_allows(backend, role, object, letter)
        || object.class == ObjectClass::Schema
            && letter == 'U'
            && [READ_ALL_DATA, WRITE_ALL_DATA]
                .into_iter()
                .any(|group| backend.has_privileges_of(role, group))
}

/// Whether a role may grant a privilege on: owners may, and who holds it WITH GRANT OPTION.
pub fn has_grant_option(backend: &Backend<'_>, role: Oid, object: ObjectAddress, letter: char) -> bool {
    acl_of(backend, object)
        .is_some_and(|(kind, owner, acl)| has_in_acl(backend, role, kind, owner, acl.as_deref(), letter, true))
}

const READ_ALL_DATA: Oid = Oid(6181);
const WRITE_ALL_DATA: Oid = Oid(6182);

/// What `pg_read_all_data` and `pg_write_all_data` may do with any relation.
fn predefined_role_allows(backend: &Backend<'_>, role: Oid, object: ObjectAddress, letter: char) -> bool {
    let group = match letter {
        'r' => READ_ALL_DATA,
        'a' | 'w' | 'd' => WRITE_ALL_DATA,
        _ => return false,
    };
    object.sub == 0 && backend.has_privileges_of(role, group)
}

/// Whether a list, or the default one, gives a role a privilege.
pub fn has_in_acl(
    backend: &Backend<'_>,
    role: Oid,
    kind: AclKind,
    owner: Oid,
    acl: Option<&[AclItem]>,
    letter: char,
    grantable: bool,
) -> bool {
    if backend.is_superuser(role) {
        return true;
    }
    if grantable && backend.has_privileges_of(role, owner) {
        return true;
    }
    let default;
    let items = match acl {
        Some(items) => items,
        None => {
            default = default_acl(kind, owner);
            &default
        }
    };
    items.iter().any(|item| {
        let held = match grantable {
            true => &item.privileges.grantable,
            false => &item.privileges.granted,
        };
        held.contains(&letter)
            && (!item.grantee.is_valid() && !grantable || backend.has_privileges_of(role, item.grantee))
    })
}

/// Kind, owner and list of an object.
pub fn acl_of(backend: &Backend<'_>, object: ObjectAddress) -> Option<(AclKind, Oid, Option<Vec<AclItem>>)> {
    let catalog = backend.catalog().ok()?;
    Some(match object.class {
        ObjectClass::Relation => {
            let relation = catalog.relation(object.oid)?;
            if object.sub != 0 {
                let attribute = relation.attribute(object.sub)?;
                return Some((AclKind::Column, relation.owner, attribute.acl.clone()));
            }
            (relation.acl_kind(), relation.owner, relation.acl.clone())
        }
        ObjectClass::Schema => {
            let schema = catalog.schemas.get(&object.oid)?;
            (AclKind::Schema, schema.owner, schema.acl.clone())
        }
        ObjectClass::Function => match catalog.functions.get(&object.oid) {
            Some(function) => (AclKind::Function, function.owner, function.acl.clone()),
            None => (AclKind::Function, BOOTSTRAP_SUPERUSER, None),
        },
        ObjectClass::Type => match catalog.types.get(&object.oid) {
            Some(user) => (AclKind::Type, user.owner, user.acl.clone()),
            None => (AclKind::Type, BOOTSTRAP_SUPERUSER, None),
        },
        ObjectClass::Database => {
            let server = backend.server().ok()?;
            let database = server.databases.values().find(|database| database.oid == object.oid)?;
            (AclKind::Database, database.owner, database.acl.clone())
        }
        _ => return None,
    })
}

impl Relation {
    pub fn acl_kind(&self) -> AclKind {
        match self.kind {
            RelationKind::Sequence => AclKind::Sequence,
            _ => AclKind::Table,
        }
    }

    /// What messages call the relation: `table`, `view`, `sequence` ...
    pub fn noun(&self) -> &'static str {
        match self.kind {
            RelationKind::Index | RelationKind::PartitionedIndex => "index",
            RelationKind::Sequence => "sequence",
            RelationKind::View => "view",
            RelationKind::MaterializedView => "materialized view",
            RelationKind::ForeignTable => "foreign table",
            RelationKind::CompositeType => "type",
            RelationKind::System if crate::system::is_view(self.oid) => "view",
            RelationKind::Table | RelationKind::PartitionedTable | RelationKind::System => "table",
        }
    }
}

/// The words of `permission denied for NOUN NAME`.
pub fn noun_and_name(backend: &Backend<'_>, object: ObjectAddress) -> (&'static str, String) {
    let unknown = || ("object", object.oid.to_string());
    let Ok(catalog) = backend.catalog() else {
        return unknown();
    };
    match object.class {
        ObjectClass::Relation => match catalog.relation(object.oid) {
            Some(relation) => (relation.noun(), relation.name.to_string()),
            None => unknown(),
        },
        ObjectClass::Schema => ("schema", backend.schema_name(object.oid).to_string()),
        ObjectClass::Function => match catalog.functions.get(&object.oid) {
            Some(function) => (function.noun(), function.name.to_string()),
            None => match kumquat_types::proc_by_oid(object.oid) {
                Some(proc) => ("function", proc.name.to_string()),
                None => unknown(),
            },
        },
        ObjectClass::Type => ("type", backend.format_type(object.oid)),
        ObjectClass::Database => {
            let name = backend.server().ok().and_then(|server| {
                let mut databases = server.databases.values();
                databases.find(|database| database.oid == object.oid)
            });
            name.map_or_else(unknown, |database| ("database", database.name.to_string()))
        }
        _ => unknown(),
    }
}

impl Backend<'_> {
    pub fn is_superuser(&self, role: Oid) -> bool {
        self.server()
            .ok()
            .and_then(|server| server.roles.get(&role))
            .is_some_and(|role| role.superuser)
    }

    /// The current role is a superuser.
    pub fn superuser(&self) -> bool {
        self.is_superuser(self.session.current_user)
    }

    /// Member of a group, directly or not, or the group itself; superusers are members of all.
    pub fn is_member_of(&self, role: Oid, group: Oid) -> bool {
        self.is_superuser(role) || self.reaches_group(role, group, false)
    }

    /// Holds the privileges of a group: a member by way of roles that INHERIT only.
    pub fn has_privileges_of(&self, role: Oid, group: Oid) -> bool {
        self.is_superuser(role) || self.reaches_group(role, group, true)
    }

    /// Member of a group whether superuser or not (`is_member_of_role_nosuper`).
    pub fn reaches_group(&self, role: Oid, group: Oid, inheriting: bool) -> bool {
        if role == group {
            return true;
        }
        let (Ok(server), Ok(database)) = (self.server(), self.database()) else {
            return false;
        };
        let mut reached = vec![role];
        let mut next = 0;
        while let Some(current) = reached.get(next).copied() {
            next += 1;
            let Some(data) = server.roles.get(&current) else {
                continue;
            };
            if inheriting && !data.inherit {
                continue;
            }
            let owner_group = (database.owner == current).then_some(DATABASE_OWNER_ROLE);
            for parent in data.member_of.iter().map(|(parent, _)| *parent).chain(owner_group) {
                if parent == group {
                    return true;
                }
                if !reached.contains(&parent) {
                    reached.push(parent);
                }
            }
        }
        false
    }

    /// The current role owns what this role owns.
    pub fn owns(&self, owner: Oid) -> bool {
        self.has_privileges_of(self.session.current_user, owner)
    }

    pub fn check_relation_owner(&self, relation: &Relation) -> Result<()> {
        if self.owns(relation.owner) {
            return Ok(());
        }
        Err(not_owner(relation.noun(), &relation.name))
    }

    pub fn may_use_schema(&self, schema: Oid) -> bool {
        let object = ObjectAddress::new(ObjectClass::Schema, schema);
        has_privilege(self, self.session.current_user, object, 'U')
    }

    pub fn check_schema_usage(&self, schema: Oid) -> Result<()> {
        check(self, ObjectAddress::new(ObjectClass::Schema, schema), &['U'])
    }

    pub fn check_schema_create(&self, schema: Oid) -> Result<()> {
        check(self, ObjectAddress::new(ObjectClass::Schema, schema), &['C'])
    }
}

pub fn not_owner(noun: &str, name: &str) -> Error {
    Error::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("must be owner of {noun} {name}"),
    )
}
