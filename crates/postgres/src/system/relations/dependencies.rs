//! pg_depend, pg_shdepend, pg_description, pg_shdescription.

use kumquat_types::{Datum, Oid, Result};

use super::Rows;
use super::descriptions::descriptions;
use super::values::{int4, letter, oid, shared};
use crate::backend::Backend;
use crate::catalog::{DependencyKind, ObjectAddress, ObjectClass};
use crate::commands::role::drop::{Tie, ties};
use crate::system::functions::identity::{catalog_of, default_oid};

/// Catalog, oid and column of an object.
fn address(object: ObjectAddress) -> [Datum; 3] {
    let (number, sub) = match object.class {
        ObjectClass::Default => (default_oid(object.oid, object.sub), 0),
        _ => (object.oid, object.sub),
    };
    [oid(catalog_of(object.class)), oid(number), int4(i32::from(sub))]
}

pub fn pg_depend(backend: &mut Backend<'_>) -> Result<Rows> {
    let dependencies = backend.catalog()?.dependencies.iter();
    Ok(dependencies
        .map(|dependency| {
            let kind = match dependency.kind {
                DependencyKind::Normal => 'n',
                DependencyKind::Auto => 'a',
                DependencyKind::Internal => 'i',
                DependencyKind::Partition => 'P',
                DependencyKind::PartitionTable => 'S',
                DependencyKind::Extension => 'e',
            };
            let mut row = address(dependency.dependent).to_vec();
            row.extend(address(dependency.referenced));
            row.push(letter(kind));
            row
        })
        .collect())
}

/// Owners and grantees.
pub fn pg_shdepend(backend: &mut Backend<'_>) -> Result<Rows> {
    let server = backend.server()?;
    let mut rows = Vec::new();
    for database in server.databases.values() {
        for role in server.roles.keys().filter(|role| role.0 >= Oid::FIRST_NORMAL) {
            for (object, tie) in ties(database, *role) {
                let mut row = vec![oid(database.oid)];
                row.extend(address(object));
                row.push(oid(catalog_of(ObjectClass::Role)));
                row.push(oid(*role));
                row.push(letter(match tie {
                    Tie::Owner => 'o',
                    Tie::Privileges => 'a',
                    Tie::Policy => 'r',
                }));
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

pub fn pg_description(backend: &mut Backend<'_>) -> Result<Rows> {
    let given = &backend.catalog()?.descriptions;
    let given = given
        .iter()
        .map(|((object, sub), comment)| (catalog_of(object.class), object.oid, *sub, comment));
    let builtin = descriptions()
        .iter()
        .map(|((catalog, object), text)| (*catalog, *object, 0, text));
    Ok(builtin
        .chain(given)
        .map(|(catalog, object, sub, text)| vec![oid(object), oid(catalog), int4(sub), shared(text)])
        .collect())
}

pub fn pg_shdescription(backend: &mut Backend<'_>) -> Result<Rows> {
    let descriptions = backend.server()?.shared_descriptions.iter();
    Ok(descriptions
        .map(|((class, object), comment)| {
            let class = match class {
                'r' => ObjectClass::Role,
                _ => ObjectClass::Database,
            };
            vec![oid(*object), oid(catalog_of(class)), shared(comment)]
        })
        .collect())
}
