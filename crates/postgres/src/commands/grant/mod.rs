//! GRANT and REVOKE on objects, after PostgreSQL's `ExecuteGrantStmt`.
//!
//! - [`targets`]: the objects that are meant. [`defaults`]: ALTER DEFAULT PRIVILEGES.

pub mod defaults;
pub mod targets;

use kumquat_sql::ast::{AccessPriv, DropBehavior, GrantStmt, GrantTarget, ObjectType};
use kumquat_types::{Error, Oid, Result, SqlState};

use self::targets::Target;
use super::privileges::{acl_of, has_grant_option, noun_and_name, permission_denied};
use super::{role, undefined_column};
use crate::backend::Backend;
use crate::catalog::acl::{AclChange, AclKind, change_owner, default_acl, privilege_letter, update_acl};
use crate::catalog::{AclItem, ObjectAddress, ObjectClass};
use crate::result::CommandTag;

pub fn execute(backend: &mut Backend<'_>, stmt: &GrantStmt) -> Result<CommandTag> {
    check_grantor(backend, stmt)?;
    let grantees = grantees(backend, stmt)?;
    let kind = targets::nominal_kind(&stmt.target);
    let wanted = Wanted::read(&stmt.privileges, kind, &stmt.target)?;
    for target in targets::find(backend, &stmt.target)? {
        let order = Order {
            stmt,
            grantees: &grantees,
        };
        order.carry_out(backend, &target, &wanted)?;
    }
    Ok(CommandTag::new(if stmt.is_grant { "GRANT" } else { "REVOKE" }))
}

fn check_grantor(backend: &Backend<'_>, stmt: &GrantStmt) -> Result<()> {
    let Some(spec) = &stmt.grantor else { return Ok(()) };
    if role::resolve(backend, spec)? == backend.session.current_user {
        return Ok(());
    }
    Err(Error::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        "grantor must be current user",
    ))
}

fn grantees(backend: &Backend<'_>, stmt: &GrantStmt) -> Result<Vec<Oid>> {
    stmt.grantees
        .iter()
        .map(|spec| role::resolve_grantee(backend, spec))
        .collect()
}

/// The privileges named, on the whole object and on columns.
struct Wanted {
    /// `None`: ALL.
    letters: Option<Vec<char>>,
    /// For each list of columns its letters; `None`: ALL.
    columns: Vec<(Option<char>, Vec<String>)>,
}

impl Wanted {
    fn read(privileges: &[AccessPriv], kind: AclKind, target: &GrantTarget) -> Result<Wanted> {
        let mut wanted = Wanted {
            letters: Some(Vec::new()),
            columns: Vec::new(),
        };
        if privileges.is_empty() {
            wanted.letters = None;
            return Ok(wanted);
        }
        for privilege in privileges {
            let letter = match &privilege.name {
                Some(name) => Some(privilege_letter(name).ok_or_else(|| {
                    Error::new(
                        SqlState::SYNTAX_ERROR,
                        format!("unrecognized privilege type \"{name}\""),
                    )
                })?),
                None => None,
            };
            if !privilege.columns.is_empty() {
                check_column_letter(letter, target)?;
                wanted.columns.push((letter, privilege.columns.clone()));
                continue;
            }
            if let (Some(letter), Some(letters)) = (letter, &mut wanted.letters) {
                check_letter(letter, kind, target)?;
                letters.push(letter);
            }
        }
        Ok(wanted)
    }
}

fn invalid_privilege(letter: char, noun: &str) -> Error {
    let name = crate::catalog::acl::privilege_name(letter);
    Error::new(
        SqlState::INVALID_GRANT_OPERATION,
        format!("invalid privilege type {name} for {noun}"),
    )
}

/// `GRANT ... ON TABLE` takes the privileges of sequences, too: which are meant is known later.
fn check_letter(letter: char, kind: AclKind, target: &GrantTarget) -> Result<()> {
    let fits = |kind: AclKind| kind.all_letters().contains(letter);
    let may_be_sequence = matches!(target, GrantTarget::Tables(_));
    if fits(kind) || may_be_sequence && fits(AclKind::Sequence) {
        return Ok(());
    }
    let noun = match target {
        GrantTarget::Functions(ObjectType::Procedure, _) => "procedure",
        GrantTarget::Functions(ObjectType::Routine, _) => "routine",
        GrantTarget::Named(ObjectType::Domain, _) => "domain",
        _ => kind.noun(),
    };
    Err(invalid_privilege(letter, noun))
}

fn check_column_letter(letter: Option<char>, target: &GrantTarget) -> Result<()> {
    if !matches!(target, GrantTarget::Tables(_)) {
        return Err(Error::new(
            SqlState::INVALID_GRANT_OPERATION,
            "column privileges are only valid for relations",
        ));
    }
    match letter {
        Some(letter) if !AclKind::Column.all_letters().contains(letter) => Err(invalid_privilege(letter, "column")),
        _ => Ok(()),
    }
}

/// GRANT or REVOKE, with its grantees.
struct Order<'a> {
    stmt: &'a GrantStmt,
    grantees: &'a [Oid],
}

impl Order<'_> {
    fn carry_out(&self, backend: &mut Backend<'_>, target: &Target, wanted: &Wanted) -> Result<()> {
        let letters = match &wanted.letters {
            None => target.kind.all_letters().chars().collect(),
            Some(letters) => self.fitting_letters(backend, target, letters)?,
        };
        if !letters.is_empty() {
            self.change(backend, target.address, &letters, wanted.letters.is_none())?;
        }
        if !self.stmt.is_grant && target.address.class == ObjectClass::Relation && target.kind == AclKind::Table {
            self.revoke_from_columns(backend, target, &letters)?;
        }
        for (letter, columns) in &wanted.columns {
            let all: Vec<char> = AclKind::Column.all_letters().chars().collect();
            let letters = letter.map_or(all, |letter| vec![letter]);
            for column in columns {
                let relation = backend.relation_by_oid(target.address.oid)?;
                let attribute = relation
                    .attribute_by_name(column)
                    .ok_or_else(|| undefined_column(column, &relation.name))?;
                let address = ObjectAddress::column(relation.oid, attribute.number);
                self.change(backend, address, &letters, letter.is_none())?;
            }
        }
        Ok(())
    }

    /// GRANT ... ON TABLE of a sequence or a table: what does not fit is refused or left out.
    fn fitting_letters(&self, backend: &mut Backend<'_>, target: &Target, letters: &[char]) -> Result<Vec<char>> {
        let fits = |letter: &char| target.kind.all_letters().contains(*letter);
        if letters.iter().all(fits) {
            return Ok(letters.to_vec());
        }
        if target.kind == AclKind::Sequence {
            let (_, name) = noun_and_name(backend, target.address);
            backend.notice(Error::warning(
                SqlState::INVALID_GRANT_OPERATION,
                format!("sequence \"{name}\" only supports USAGE, SELECT, and UPDATE privileges"),
            ));
            return Ok(letters.iter().copied().filter(fits).collect());
        }
        let noun = match target.kind {
            AclKind::Table => "table",
            kind => kind.noun(),
        };
        let odd = letters.iter().find(|letter| !fits(letter));
        Err(invalid_privilege(odd.copied().unwrap_or('U'), noun))
    }

    /// What is revoked from a table is revoked from its columns, too.
    fn revoke_from_columns(&self, backend: &mut Backend<'_>, target: &Target, letters: &[char]) -> Result<()> {
        let of_columns: Vec<char> = letters
            .iter()
            .copied()
            .filter(|letter| AclKind::Column.all_letters().contains(*letter))
            .collect();
        let relation = backend.relation_by_oid(target.address.oid)?;
        for attribute in relation.live_attributes().filter(|attribute| attribute.acl.is_some()) {
            let address = ObjectAddress::column(relation.oid, attribute.number);
            self.change(backend, address, &of_columns, true)?;
        }
        Ok(())
    }

    /// Changes the list of one object (`restrict_and_check_grant` and what follows it).
    fn change(&self, backend: &mut Backend<'_>, object: ObjectAddress, letters: &[char], all: bool) -> Result<()> {
        let Some((kind, owner, acl)) = acl_of(backend, object) else {
            return Ok(());
        };
        let default = match kind {
            AclKind::Column => Vec::new(),
            kind => default_acl(kind, owner),
        };
        let mut items = acl.unwrap_or(default);
        let grantor = select_grantor(backend, object, owner, letters);
        let letters = self.permitted(backend, object, grantor, letters, all)?;
        if letters.is_empty() {
            return Ok(());
        }
        for grantee in self.grantees {
            if self.stmt.is_grant && self.stmt.grant_option && !grantee.is_valid() {
                return Err(Error::new(
                    SqlState::INVALID_GRANT_OPERATION,
                    "grant options can only be granted to roles",
                ));
            }
            let change = AclChange {
                grant: self.stmt.is_grant,
                grantor,
                grantee: *grantee,
                letters: &letters,
                grant_option: self.stmt.grant_option,
            };
            update_acl(&mut items, &change);
            if !self.stmt.is_grant {
                revoke_dependents(&mut items, owner, *grantee, &letters, self.stmt.behavior)?;
            }
        }
        let empty_column = kind == AclKind::Column && items.is_empty();
        set_acl(backend, object, (!empty_column).then_some(items))
    }

    /// The letters that the current role may grant on; with none it is refused, with some it is warned.
    fn permitted(
        &self,
        backend: &mut Backend<'_>,
        object: ObjectAddress,
        grantor: Oid,
        letters: &[char],
        all: bool,
    ) -> Result<Vec<char>> {
        let permitted: Vec<char> = letters
            .iter()
            .copied()
            .filter(|letter| has_grant_option(backend, grantor, object, *letter))
            .collect();
        if permitted.len() == letters.len() {
            return Ok(permitted);
        }
        let (noun, name) = noun_and_name(backend, object);
        if permitted.is_empty() {
            let role = backend.session.current_user;
            let holds_any = letters
                .iter()
                .any(|letter| super::privileges::has_privilege(backend, role, object, *letter))
                || acl_of(backend, object).is_some_and(|(kind, _, _)| {
                    kind.all_letters()
                        .chars()
                        .any(|letter| super::privileges::has_privilege(backend, role, object, letter))
                });
            if !holds_any {
                return Err(permission_denied(noun, &name));
            }
        }
        let count = match (permitted.is_empty(), self.stmt.is_grant) {
            (true, true) => "no privileges were granted",
            (true, false) => "no privileges could be revoked",
            (false, _) if all => return Ok(permitted),
            (false, true) => "not all privileges were granted",
            (false, false) => "not all privileges could be revoked",
        };
        let column = backend
            .relation_by_oid(object.oid)
            .ok()
            .and_then(|relation| relation.attribute(object.sub).map(|a| a.name.clone()))
            .filter(|_| object.class == ObjectClass::Relation);
        let what = match column {
            Some(column) => format!("column \"{column}\" of relation \"{name}\""),
            None => format!("\"{name}\""),
        };
        let sqlstate = if self.stmt.is_grant {
            SqlState::PRIVILEGE_NOT_GRANTED
        } else {
            SqlState::PRIVILEGE_NOT_REVOKED
        };
        backend.notice(Error::warning(sqlstate, format!("{count} for {what}")));
        Ok(permitted)
    }
}

/// In whose name the current role grants: the owner's if it may act as the owner, else its own or that of a
/// role it is a member of (`select_best_grantor`).
fn select_grantor(backend: &Backend<'_>, object: ObjectAddress, owner: Oid, letters: &[char]) -> Oid {
    let role = backend.session.current_user;
    if backend.has_privileges_of(role, owner) {
        return owner;
    }
    let Some((_, _, Some(acl))) = acl_of(backend, object) else {
        return role;
    };
    let holds = |candidate: Oid| {
        acl.iter().any(|item| {
            item.grantee == candidate && letters.iter().all(|letter| item.privileges.grantable.contains(letter))
        })
    };
    if holds(role) {
        return role;
    }
    let groups = acl.iter().map(|item| item.grantee);
    let found = groups
        .filter(|group| group.is_valid() && backend.has_privileges_of(role, *group))
        .find(|group| holds(*group));
    found.unwrap_or(role)
}

/// Who lost the right to grant must not have granted (RESTRICT), or loses that, too (CASCADE)
/// (`recursive_revoke`).
fn revoke_dependents(
    items: &mut Vec<AclItem>,
    owner: Oid,
    role: Oid,
    letters: &[char],
    behavior: DropBehavior,
) -> Result<()> {
    if role == owner {
        return Ok(());
    }
    let still: Vec<char> = items
        .iter()
        .filter(|item| item.grantee == role)
        .flat_map(|item| item.privileges.grantable.iter().copied())
        .collect();
    let lost: Vec<char> = letters
        .iter()
        .copied()
        .filter(|letter| !still.contains(letter))
        .collect();
    let dependent = items
        .iter()
        .find(|item| item.grantor == role && item.privileges.granted.iter().any(|letter| lost.contains(letter)))
        .map(|item| item.grantee);
    let Some(dependent) = dependent else { return Ok(()) };
    if behavior == DropBehavior::Restrict {
        return Err(Error::new(
            SqlState::DEPENDENT_PRIVILEGE_DESCRIPTORS_STILL_EXIST,
            "dependent privileges exist",
        )
        .hint("Use CASCADE to revoke them too."));
    }
    let change = AclChange {
        grant: false,
        grantor: role,
        grantee: dependent,
        letters: &lost,
        grant_option: false,
    };
    update_acl(items, &change);
    revoke_dependents(items, owner, dependent, &lost, behavior)?;
    revoke_dependents(items, owner, role, letters, behavior)
}

/// Puts a list in its place; `None`: the default again.
pub fn set_acl(backend: &mut Backend<'_>, object: ObjectAddress, acl: Option<Vec<AclItem>>) -> Result<()> {
    match object.class {
        ObjectClass::Relation if object.sub != 0 => {
            return backend.update_attribute(object.oid, object.sub, |attribute| attribute.acl = acl);
        }
        ObjectClass::Relation => return backend.update_relation(object.oid, |relation| relation.acl = acl),
        ObjectClass::Database => {
            let server = backend.server_mut()?;
            let found = server.databases.iter().find(|(_, database)| database.oid == object.oid);
            let name = found.map(|(name, _)| name.clone());
            if let Some(database) = name.and_then(|name| server.databases.get_mut(&name)) {
                database.acl = acl;
            }
            return Ok(());
        }
        _ => {}
    }
    let catalog = backend.catalog_mut()?;
    match object.class {
        ObjectClass::Schema => {
            if let Some(schema) = catalog.schemas.get_mut(&object.oid) {
                std::sync::Arc::make_mut(schema).acl = acl;
            }
        }
        ObjectClass::Function => {
            if let Some(function) = catalog.functions.get_mut(&object.oid) {
                std::sync::Arc::make_mut(function).acl = acl;
            }
        }
        ObjectClass::Type => {
            if let Some(user) = catalog.types.get_mut(&object.oid) {
                std::sync::Arc::make_mut(user).acl = acl;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Takes a role out of the lists of an object and its columns (DROP OWNED).
pub fn revoke_all_from(backend: &mut Backend<'_>, object: ObjectAddress, role: Oid) -> Result<()> {
    let without = |acl: Vec<AclItem>| -> Vec<AclItem> {
        acl.into_iter()
            .filter(|item| item.grantee != role && item.grantor != role)
            .collect()
    };
    if let Some((_, _, Some(acl))) = acl_of(backend, object) {
        set_acl(backend, object, Some(without(acl)))?;
    }
    if object.class == ObjectClass::Relation && object.sub == 0 {
        let relation = backend.relation_by_oid(object.oid)?;
        for attribute in relation.attributes.iter() {
            if let Some(acl) = attribute.acl.clone() {
                let acl = without(acl);
                let address = ObjectAddress::column(relation.oid, attribute.number);
                set_acl(backend, address, (!acl.is_empty()).then_some(acl))?;
            }
        }
    }
    Ok(())
}

/// The object's list after a change of owner.
pub fn hand_over(acl: Option<&[AclItem]>, old: Oid, new: Oid) -> Option<Vec<AclItem>> {
    acl.map(|items| change_owner(items, old, new))
}
