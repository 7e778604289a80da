//! Index access methods and their operator classes (pg_am, pg_opclass).
//!
//! `operator_classes.txt` has a row a line: `oid method name type default family keytype`.

use std::sync::OnceLock;

use kumquat_types::{Error, Oid, Result, SqlState, TypeKind, builtin_type_by_name};

use super::TypeDefinition;
use crate::backend::Backend;

static ROWS: &str = include_str!("operator_classes.txt");

/// One row of pg_opclass.
#[derive(Clone, Copy, Debug)]
pub struct OperatorClass {
    pub oid: Oid,
    pub method: &'static str,
    pub name: &'static str,
    pub input: Oid,
    pub is_default: bool,
    pub family: Oid,
    pub key_type: Oid,
}

pub fn operator_classes() -> &'static [OperatorClass] {
    static TABLE: OnceLock<Vec<OperatorClass>> = OnceLock::new();
    TABLE.get_or_init(|| ROWS.lines().filter_map(parse).collect())
}

fn parse(line: &'static str) -> Option<OperatorClass> {
    let mut fields = line.split(' ');
    Some(OperatorClass {
        oid: Oid(fields.next()?.parse().ok()?),
        method: fields.next()?,
        name: fields.next()?,
        input: builtin_type_by_name(fields.next()?)?.oid,
        is_default: fields.next()? == "d",
        family: Oid(fields.next()?.parse().ok()?),
        key_type: Oid(fields.next()?.parse().ok()?),
    })
}

/// What an index access method can do.
#[derive(Clone, Copy, Debug)]
pub struct IndexMethod {
    pub name: &'static str,
    pub unique: bool,
    pub multicolumn: bool,
    pub include: bool,
    pub ordered: bool,
    pub exclusion: bool,
    pub clusterable: bool,
}

const INDEX_METHODS: [IndexMethod; 6] = [
    index_method("btree", "umioxc"),
    index_method("hash", "x"),
    index_method("gist", "mixc"),
    index_method("gin", "m"),
    index_method("spgist", "ix"),
    index_method("brin", "m"),
];

/// Abilities by their letters: unique, multicolumn, include, ordered, exclusion, clusterable.
const fn index_method(name: &'static str, abilities: &'static str) -> IndexMethod {
    let letters = abilities.as_bytes();
    IndexMethod {
        name,
        unique: has(letters, b'u'),
        multicolumn: has(letters, b'm'),
        include: has(letters, b'i'),
        ordered: has(letters, b'o'),
        exclusion: has(letters, b'x'),
        clusterable: has(letters, b'c'),
    }
}

const fn has(letters: &[u8], letter: u8) -> bool {
    match letters {
        [first, rest @ ..] => *first == letter || has(rest, letter),
        [] => false,
    }
}

/// The index access method of that name.
pub fn find_index_method(backend: &Backend<'_>, name: &str) -> Result<&'static IndexMethod> {
    if let Some(found) = INDEX_METHODS.iter().find(|method| method.name == name) {
        return Ok(found);
    }
    match backend.catalog()?.access_methods.get(name) {
        Some(method) if method.kind == 'i' => Err(Error::not_modelled(format!("access method \"{name}\""))),
        Some(_) => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("access method \"{name}\" is not of type INDEX"),
        )),
        None => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("access method \"{name}\" does not exist"),
        )),
    }
}

/// The operator class an index column uses: the one named, or the type's default (`ResolveOpClass`).
pub fn resolve(backend: &Backend<'_>, method: &str, name: &[String], type_oid: Oid) -> Result<&'static OperatorClass> {
    if name.is_empty() {
        return default_class(backend, method, type_oid).ok_or_else(|| no_default(backend, method, type_oid));
    }
    let bare = match name {
        [schema, bare] if schema == "pg_catalog" => bare,
        [bare] => bare,
        _ => return Err(undefined(name, method)),
    };
    let mut named = operator_classes()
        .iter()
        .filter(|class| class.method == method && class.name == bare)
        .peekable();
    if named.peek().is_none() {
        return Err(undefined(name, method));
    }
    named
        .find(|class| accepts(backend, class.input, type_oid))
        .ok_or_else(|| {
            Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "operator class \"{}\" does not accept data type {}",
                    name.join("."),
                    backend.format_type(type_oid)
                ),
            )
        })
}

fn undefined(name: &[String], method: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!(
            "operator class \"{}\" does not exist for access method \"{method}\"",
            name.join(".")
        ),
    )
}

fn no_default(backend: &Backend<'_>, method: &str, type_oid: Oid) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!(
            "data type {} has no default operator class for access method \"{method}\"",
            backend.format_type(type_oid)
        ),
    )
    .hint("You must specify an operator class for the index or define a default operator class for the data type.")
}

/// The type an index keeps for a column, where it is not the column's own.
pub fn key_type(backend: &Backend<'_>, method: &str, class: &[String], type_oid: Oid) -> Option<Oid> {
    if method == "hash" {
        return Some(Oid::INT4);
    }
    match resolve(backend, method, class, type_oid).ok()?.key_type {
        Oid::INVALID => None,
        Oid::ANYELEMENT => backend.array_element(type_oid),
        key_type => Some(key_type),
    }
}

/// The default class of a type, exact before binary-compatible before polymorphic (`GetDefaultOpClass`).
pub fn default_class(backend: &Backend<'_>, method: &str, type_oid: Oid) -> Option<&'static OperatorClass> {
    let candidates = || {
        operator_classes()
            .iter()
            .filter(|class| class.method == method && class.is_default)
    };
    let base = base_type(backend, type_oid);
    candidates()
        .find(|class| class.input == base)
        .or_else(|| candidates().find(|class| accepts(backend, class.input, base)))
}

/// The type under all domains.
pub fn base_type(backend: &Backend<'_>, mut type_oid: Oid) -> Oid {
    while let Some(user) = backend.user_type(type_oid) {
        match user.definition {
            TypeDefinition::Domain { base, .. } => type_oid = base,
            _ => break,
        }
    }
    type_oid
}

/// Whether a class for `input` takes values of the type as they are.
fn accepts(backend: &Backend<'_>, input: Oid, type_oid: Oid) -> bool {
    let type_oid = base_type(backend, type_oid);
    if input == type_oid {
        return true;
    }
    let definition = backend.user_type(type_oid).map(|user| &user.definition);
    let kind = kumquat_types::builtin_type(type_oid).map(|t| t.kind);
    match input {
        Oid::ANYARRAY => backend.array_element(type_oid).is_some(),
        Oid::ANYENUM => matches!(definition, Some(TypeDefinition::Enum(_))),
        Oid::ANYRANGE => kind == Some(TypeKind::Range) || matches!(definition, Some(TypeDefinition::Range { .. })),
        Oid::ANYMULTIRANGE => kind == Some(TypeKind::Multirange),
        Oid::RECORD => matches!(definition, Some(TypeDefinition::Composite { .. })),
        _ => kumquat_types::find_cast(type_oid, input).is_some_and(|cast| {
            cast.method == kumquat_types::CastMethod::Binary && cast.context == kumquat_types::CastContext::Implicit
        }),
    }
}

/// The operator of that name that compares the two types as they are, if there is one (`oper` without
/// coercions, except those that change nothing).
pub fn find_binary_operator(backend: &Backend<'_>, name: &str, left: Oid, right: Oid) -> Option<Oid> {
    let all = kumquat_types::operators(name);
    let exact = all.iter().find(|op| op.left == left && op.right == right);
    let fitting = || {
        all.iter()
            .find(|op| op.left == op.right && accepts(backend, op.left, left) && accepts(backend, op.right, right))
    };
    exact.or_else(fitting).map(|operator| operator.oid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(operator_classes().len(), ROWS.lines().count());
    }
}
