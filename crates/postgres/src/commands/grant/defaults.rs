//! ALTER DEFAULT PRIVILEGES, and what new objects get by it.

use kumquat_sql::ast::{AlterDefaultPrivilegesStmt, GrantStmt, GrantTarget, ObjectType};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::{Wanted, grantees, targets};
use crate::backend::Backend;
use crate::catalog::AclItem;
use crate::catalog::acl::{AclChange, AclKind, default_acl, update_acl};
use crate::commands::role;
use crate::result::CommandTag;

/// `defaclobjtype`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Table,
    Sequence,
    Function,
    Type,
    Schema,
}

impl Kind {
    pub fn letter(self) -> char {
        match self {
            Kind::Table => 'r',
            Kind::Sequence => 'S',
            Kind::Function => 'f',
            Kind::Type => 'T',
            Kind::Schema => 'n',
        }
    }

    fn of(kind: ObjectType) -> Kind {
        match kind {
            ObjectType::Sequence => Kind::Sequence,
            ObjectType::Function | ObjectType::Procedure | ObjectType::Routine => Kind::Function,
            ObjectType::Type | ObjectType::Domain => Kind::Type,
            ObjectType::Schema => Kind::Schema,
            _ => Kind::Table,
        }
    }

    pub fn acl_kind(self) -> AclKind {
        match self {
            Kind::Table => AclKind::Table,
            Kind::Sequence => AclKind::Sequence,
            Kind::Function => AclKind::Function,
            Kind::Type => AclKind::Type,
            Kind::Schema => AclKind::Schema,
        }
    }
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterDefaultPrivilegesStmt) -> Result<CommandTag> {
    let action = &stmt.action;
    let GrantTarget::Defaults(object_type) = action.target else {
        return Err(Error::internal("default privileges are on kinds of objects"));
    };
    let kind = Kind::of(object_type);
    let wanted = Wanted::read(&action.privileges, targets::kind_of(object_type), &action.target)?;
    let grantees = grantees(backend, action)?;
    let roles = match stmt.roles.as_slice() {
        [] => vec![backend.session.current_user],
        specs => specs
            .iter()
            .map(|spec| {
                let role = role::resolve(backend, spec)?;
                role::check_member(backend, role)?;
                Ok(role)
            })
            .collect::<Result<_>>()?,
    };
    if kind == Kind::Schema && !stmt.schemas.is_empty() {
        return Err(Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS",
        ));
    }
    let schemas = match stmt.schemas.as_slice() {
        [] => vec![Oid::INVALID],
        names => names.iter().map(|name| backend.schema(name)).collect::<Result<_>>()?,
    };
    for role in roles {
        for schema in &schemas {
            change(backend, (role, *schema, kind), action, &grantees, &wanted)?;
        }
    }
    Ok(CommandTag::new("ALTER DEFAULT PRIVILEGES"))
}

/// The list that new objects start from: of a schema nothing, else what is the default anyhow.
fn change(
    backend: &mut Backend<'_>,
    (role, schema, kind): (Oid, Oid, Kind),
    action: &GrantStmt,
    grantees: &[Oid],
    wanted: &Wanted,
) -> Result<()> {
    let key = (role, schema, kind.letter());
    let untouched = match schema.is_valid() {
        true => Vec::new(),
        false => default_acl(kind.acl_kind(), role),
    };
    let all = || kind.acl_kind().all_letters().chars().collect();
    let letters = wanted.letters.clone().unwrap_or_else(all);
    let defaults = &mut backend.catalog_mut()?.default_acls;
    let mut items = defaults.get(&key).cloned().unwrap_or_else(|| untouched.clone());
    for grantee in grantees {
        let change = AclChange {
            grant: action.is_grant,
            grantor: role,
            grantee: *grantee,
            letters: &letters,
            grant_option: action.grant_option,
        };
        update_acl(&mut items, &change);
    }
    if same_items(&items, &untouched) {
        defaults.remove(&key);
    } else {
        defaults.insert(key, items);
    }
    Ok(())
}

/// The list a new object of the current role has (`get_user_default_acl`); `None`: the default one.
pub fn initial_acl(backend: &Backend<'_>, kind: Kind, schema: Oid) -> Result<Option<Vec<AclItem>>> {
    let catalog = backend.catalog()?;
    let owner = backend.session.current_user;
    let of = |schema| catalog.default_acls.get(&(owner, schema, kind.letter()));
    let (global, local) = (of(Oid::INVALID), of(schema).filter(|_| schema.is_valid()));
    if global.is_none() && local.is_none() {
        return Ok(None);
    }
    let default = default_acl(kind.acl_kind(), owner);
    let mut items = global.cloned().unwrap_or_else(|| default.clone());
    for item in local.into_iter().flatten() {
        for (letters, grant_option) in [(&item.privileges.granted, false), (&item.privileges.grantable, true)] {
            let change = AclChange {
                grant: true,
                grantor: item.grantor,
                grantee: item.grantee,
                letters,
                grant_option,
            };
            if !letters.is_empty() {
                update_acl(&mut items, &change);
            }
        }
    }
    Ok((!same_items(&items, &default)).then_some(items))
}

/// Lists that say the same, whatever their order (`aclequal`).
fn same_items(a: &[AclItem], b: &[AclItem]) -> bool {
    a.len() == b.len() && a.iter().all(|item| b.contains(item))
}

/// DROP OWNED: the role's own default privileges go, and it goes out of others'.
pub fn forget_role(backend: &mut Backend<'_>, role: Oid) -> Result<()> {
    let defaults = &mut backend.catalog_mut()?.default_acls;
    let all: Vec<_> = defaults.iter().map(|(key, acl)| (*key, acl.clone())).collect();
    for (key, acl) in all {
        if key.0 == role {
            defaults.remove(&key);
            continue;
        }
        let kept: Vec<AclItem> = acl
            .iter()
            .filter(|item| item.grantee != role && item.grantor != role)
            .cloned()
            .collect();
        if kept.len() != acl.len() {
            defaults.insert(key, kept);
        }
    }
    Ok(())
}
