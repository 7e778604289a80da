//! Access control lists: what their items say, how they are written, what GRANT and REVOKE make of them.

use kumquat_types::Oid;

use super::quote::quote_identifier;
use super::{AclItem, Privileges};

/// What kind of object a privilege is on; decides which letters it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclKind {
    Column,
    Table,
    Sequence,
    Database,
    Function,
    Language,
    Schema,
    Type,
    Tablespace,
    Parameter,
}

/// Every privilege: its letter and its name, in the order in which an aclitem lists them.
pub const PRIVILEGES: [(char, &str); 14] = [
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
];

/// The name of a privilege by its letter.
pub fn privilege_name(letter: char) -> &'static str {
    let found = PRIVILEGES.iter().find(|(known, _)| *known == letter);
    found.map_or("", |(_, name)| name)
}

/// The letter of a privilege by its name in any case.
pub fn privilege_letter(name: &str) -> Option<char> {
    if name.eq_ignore_ascii_case("temp") {
        return Some('T');
    }
    let found = PRIVILEGES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
    found.map(|(letter, _)| *letter)
}

impl AclKind {
    /// All privileges the kind of object has, in the order of an aclitem.
    pub fn all_letters(self) -> &'static str {
        match self {
            AclKind::Column => "arwx",
            AclKind::Table => "arwdDxt",
            AclKind::Sequence => "rwU",
            AclKind::Database => "CTc",
            AclKind::Function => "X",
            AclKind::Language | AclKind::Type => "U",
            AclKind::Schema => "UC",
            AclKind::Tablespace => "C",
            AclKind::Parameter => "sA",
        }
    }

    /// What the world has while nothing else was said.
    fn public_letters(self) -> &'static str {
        match self {
            AclKind::Database => "Tc",
            AclKind::Function => "X",
            AclKind::Language | AclKind::Type => "U",
            _ => "",
        }
    }

    /// The noun of `invalid privilege type X for NOUN`.
    pub fn noun(self) -> &'static str {
        match self {
            AclKind::Column => "column",
            AclKind::Table => "relation",
            AclKind::Sequence => "sequence",
            AclKind::Database => "database",
            AclKind::Function => "function",
            AclKind::Language => "language",
            AclKind::Schema => "schema",
            AclKind::Type => "type",
            AclKind::Tablespace => "tablespace",
            AclKind::Parameter => "parameter",
        }
    }
}

/// The list that holds while none is kept (`acldefault`).
pub fn default_acl(kind: AclKind, owner: Oid) -> Vec<AclItem> {
    let mut items = Vec::new();
    if !kind.public_letters().is_empty() {
        items.push(AclItem::new(Oid::INVALID, kind.public_letters(), owner));
    }
    if kind != AclKind::Column {
        items.push(AclItem::new(owner, kind.all_letters(), owner));
    }
    items
}

impl AclItem {
    pub fn new(grantee: Oid, letters: &str, grantor: Oid) -> AclItem {
        AclItem {
            grantee,
            privileges: Privileges {
                granted: letters.chars().collect(),
                grantable: Vec::new(),
            },
            grantor,
        }
    }

    /// `grantee=letters/grantor`, a `*` after what may be granted on.
    pub fn text(&self, role_name: &dyn Fn(Oid) -> String) -> String {
        let grantee = match self.grantee {
            Oid::INVALID => String::new(),
            role => quote_identifier(&role_name(role)),
        };
        let mut text = format!("{grantee}=");
        for letter in &self.privileges.granted {
            text.push(*letter);
            if self.privileges.grantable.contains(letter) {
                text.push('*');
            }
        }
        text.push('/');
        text.push_str(&quote_identifier(&role_name(self.grantor)));
        text
    }
}

/// Adds or removes letters, keeping aclitem order.
fn set_letters(into: &mut Vec<char>, letters: &[char], add: bool) {
    if add {
        into.extend(letters.iter().copied());
    } else {
        into.retain(|letter| !letters.contains(letter));
    }
    let rank = |letter: &char| PRIVILEGES.iter().position(|(known, _)| known == letter);
    into.sort_by_key(rank);
    into.dedup();
}

/// One change of a list.
pub struct AclChange<'a> {
    pub grant: bool,
    pub grantor: Oid,
    pub grantee: Oid,
    pub letters: &'a [char],
    /// WITH GRANT OPTION, or REVOKE GRANT OPTION FOR.
    pub grant_option: bool,
}

/// Carries out GRANT or REVOKE on a list (`aclupdate`). An item that has nothing left goes away.
pub fn update_acl(acl: &mut Vec<AclItem>, change: &AclChange<'_>) {
    let same = |item: &AclItem| item.grantee == change.grantee && item.grantor == change.grantor;
    let at = match acl.iter().position(same) {
        Some(at) => at,
        None if change.grant => {
            acl.push(AclItem::new(change.grantee, "", change.grantor));
            acl.len() - 1
        }
        None => return,
    };
    let Some(item) = acl.get_mut(at) else { return };
    if change.grant_option || !change.grant {
        set_letters(&mut item.privileges.grantable, change.letters, change.grant);
    }
    if change.grant || !change.grant_option {
        set_letters(&mut item.privileges.granted, change.letters, change.grant);
    }
    acl.retain(|item| !item.privileges.granted.is_empty());
}

/// The list with everything of one owner given to another (`aclnewowner`).
pub fn change_owner(acl: &[AclItem], old: Oid, new: Oid) -> Vec<AclItem> {
    let swap = |role: Oid| if role == old { new } else { role };
    let mut changed: Vec<AclItem> = Vec::new();
    for item in acl {
        let (grantee, grantor) = (swap(item.grantee), swap(item.grantor));
        match changed
            .iter_mut()
            .find(|other| other.grantee == grantee && other.grantor == grantor)
        {
            Some(other) => {
                set_letters(&mut other.privileges.granted, &item.privileges.granted, true);
                set_letters(&mut other.privileges.grantable, &item.privileges.grantable, true);
            }
            None => changed.push(AclItem {
                grantee,
                privileges: item.privileges.clone(),
                grantor,
            }),
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(acl: &[AclItem]) -> String {
        let name = |role: Oid| format!("r{role}");
        acl.iter().map(|item| item.text(&name)).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn granting_and_revoking_changes_one_item() {
        let mut acl = default_acl(AclKind::Table, Oid(1));
        assert_eq!(text(&acl), "r1=arwdDxt/r1");
        let mut change = AclChange {
            grant: true,
            grantor: Oid(1),
            grantee: Oid(2),
            letters: &['w', 'r'],
            grant_option: true,
        };
        update_acl(&mut acl, &change);
        assert_eq!(text(&acl), "r1=arwdDxt/r1,r2=r*w*/r1");
        change.grant = false;
        change.letters = &['w'];
        update_acl(&mut acl, &change);
        assert_eq!(text(&acl), "r1=arwdDxt/r1,r2=r*w/r1");
        change.grant_option = false;
        change.letters = &['r', 'w'];
        update_acl(&mut acl, &change);
        assert_eq!(text(&acl), "r1=arwdDxt/r1");
    }

    #[test]
    fn a_new_owner_takes_over_the_items_of_the_old_one() {
        let acl = [AclItem::new(Oid(1), "ar", Oid(1)), AclItem::new(Oid(2), "d", Oid(1))];
        assert_eq!(text(&change_owner(&acl, Oid(1), Oid(2))), "r2=ard/r2");
    }
}
