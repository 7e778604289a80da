//! Access control lists as values: `acldefault`, `aclexplode`, `makeaclitem`.

use kumquat_types::{ArrayValue, Datum, Oid, Result};

use super::Arguments;
use crate::backend::Backend;
use crate::catalog::acl::{AclKind, default_acl, privilege_letter, privilege_name};
use crate::catalog::{AclItem, Privileges};
use crate::extension::FunctionCall;

pub fn call(backend: &mut Backend<'_>, name: &str, _: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Option<Datum>> {
    let backend = &*backend;
    Ok(Some(match name {
        "acldefault" => {
            let kind = match args.text(0) {
                "c" => AclKind::Column,
                "r" => AclKind::Table,
                "s" => AclKind::Sequence,
                "d" => AclKind::Database,
                "f" => AclKind::Function,
                "l" => AclKind::Language,
                "n" => AclKind::Schema,
                "T" => AclKind::Type,
                "t" => AclKind::Tablespace,
                "p" => AclKind::Parameter,
                _ => return Ok(Some(Datum::Null)),
            };
            acl_datum(backend, Some(&default_acl(kind, args.oid(1))))
        }
        "makeaclitem" => {
            let letters: Vec<char> = args
                .text(2)
                .split(',')
                .filter_map(|word| privilege_letter(word.trim()))
                .collect();
            let item = AclItem {
                grantee: args.oid(0),
                privileges: Privileges {
                    grantable: if args.bool(3) { letters.clone() } else { Vec::new() },
                    granted: letters,
                },
                grantor: args.oid(1),
            };
            Datum::from(item_text(backend, &item))
        }
        _ => return Ok(None),
    }))
}

fn item_text(backend: &Backend<'_>, item: &AclItem) -> String {
    item.text(&|role| {
        backend
            .name_of_role(role)
            .map_or_else(|| role.to_string(), |name| name.to_string())
    })
}

/// A list as an `aclitem[]`, NULL for none.
pub fn acl_datum(backend: &Backend<'_>, acl: Option<&[AclItem]>) -> Datum {
    let Some(items) = acl else { return Datum::Null };
    let values = items.iter().map(|item| Datum::from(item_text(backend, item))).collect();
    Datum::Array(ArrayValue::vector(Oid::ACLITEM, values).into())
}

/// `aclexplode`: a row for each privilege: grantor, grantee, privilege, grant option.
pub fn explode(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let Datum::Array(items) = args.get(0) else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    for text in items.values.iter().filter_map(Datum::as_str) {
        let Some((grantee, rest)) = text.rsplit_once('=') else {
            continue;
        };
        let Some((letters, grantor)) = rest.split_once('/') else {
            continue;
        };
        let role = |name: &str| -> Result<Oid> {
            let name = name.trim_matches('"').replace("\"\"", "\"");
            Ok(backend
                .server()?
                .role_names
                .get(name.as_str())
                .copied()
                .unwrap_or_default())
        };
        let (grantee, grantor) = (role(grantee)?, role(grantor)?);
        let mut letters = letters.chars().peekable();
        while let Some(letter) = letters.next() {
            let grantable = letters.next_if_eq(&'*').is_some();
            rows.push(vec![
                Datum::Oid(grantor.0),
                Datum::Oid(grantee.0),
                Datum::from(privilege_name(letter)),
                grantable.into(),
            ]);
        }
    }
    Ok(rows)
}
