//! CREATE CAST and DROP CAST, after `functioncmds.c`.

use kumquat_sql::ast::{CoercionContext, CreateCastStmt, ObjectName, ObjectType, TypeName};
use kumquat_types::{CastContext, CastMethod, Error, Oid, Result, SqlState, TypeKind, proc_by_oid};

use super::object;
use super::privileges;
use crate::analyze::resolve_type;
use crate::backend::Backend;
use crate::catalog::cast::UserCast;
use crate::catalog::{DependencyKind, ObjectAddress, ObjectClass, ProcKind};
use crate::result::CommandTag;

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_OBJECT_DEFINITION, message)
}

pub fn create(backend: &mut Backend<'_>, stmt: &CreateCastStmt) -> Result<CommandTag> {
    let source = cast_type(backend, &stmt.source, "source")?;
    let target = cast_type(backend, &stmt.target, "target")?;
    check_types_owner(backend, source, target)?;
    for type_oid in [source, target] {
        privileges::check(backend, ObjectAddress::new(ObjectClass::Type, type_oid), &['U'])?;
    }
    for (type_oid, which) in [(source, "source"), (target, "target")] {
        if backend.type_kind(type_oid) == Some(TypeKind::Domain) {
            let message = format!("cast will be ignored because the {which} data type is a domain");
            backend.notice(Error::warning(SqlState::WRONG_OBJECT_TYPE, message));
        }
    }
    let (method, arguments) = method(backend, stmt, source, target)?;
    if source == target && arguments < 2 {
        return Err(invalid("source data type and target data type are the same"));
    }
    if backend.catalog()?.find_cast(source, target).is_some() {
        let (source, target) = (backend.format_type(source), backend.format_type(target));
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!("cast from type {source} to type {target} already exists"),
        ));
    }
    store(backend, (source, target), method, context(stmt.context))?;
    Ok(CommandTag::new("CREATE CAST"))
}

fn context(written: CoercionContext) -> CastContext {
    match written {
        CoercionContext::Implicit => CastContext::Implicit,
        CoercionContext::Assignment => CastContext::Assignment,
        CoercionContext::Explicit => CastContext::Explicit,
    }
}

fn store(
    backend: &mut Backend<'_>,
    (source, target): (Oid, Oid),
    method: CastMethod,
    context: CastContext,
) -> Result<()> {
    let cast = UserCast {
        oid: backend.new_oid(),
        source,
        target,
        method,
        context,
    };
    let object = ObjectAddress::new(ObjectClass::Cast, cast.oid);
    let catalog = backend.catalog_mut()?;
    catalog.casts.insert((source, target), cast);
    for type_oid in [source, target] {
        let address = ObjectAddress::new(ObjectClass::Type, type_oid);
        catalog.record_dependency(object, address, DependencyKind::Normal);
    }
    if let CastMethod::Function(function) = method {
        let address = ObjectAddress::new(ObjectClass::Function, function);
        catalog.record_dependency(object, address, DependencyKind::Normal);
    }
    Ok(())
}

/// Takes a cast out of the catalog.
pub fn remove(backend: &mut Backend<'_>, oid: Oid) -> Result<()> {
    let key = backend.catalog()?.cast(oid).map(|cast| (cast.source, cast.target));
    if let Some(key) = key {
        backend.catalog_mut()?.casts.remove(&key);
    }
    Ok(())
}

/// Who owns one of a cast's types may drop it.
pub fn check_owner(backend: &Backend<'_>, oid: Oid) -> Result<()> {
    match backend.catalog()?.cast(oid) {
        Some(cast) => check_types_owner(backend, cast.source, cast.target),
        None => Ok(()),
    }
}

fn check_types_owner(backend: &Backend<'_>, source: Oid, target: Oid) -> Result<()> {
    let owns = |type_oid: Oid| match backend.user_type(type_oid) {
        Some(user) => backend.owns(user.owner),
        None => backend.superuser(),
    };
    if owns(source) || owns(target) {
        return Ok(());
    }
    Err(Error::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!(
            "must be owner of type {} or type {}",
            backend.format_type(source),
            backend.format_type(target)
        ),
    ))
}

fn cast_type(backend: &Backend<'_>, name: &TypeName, which: &str) -> Result<Oid> {
    let type_oid = resolve_type(backend, name).map_err(|mut error| {
        error.position = None;
        error
    })?;
    let type_oid = type_oid.0;
    if backend.type_kind(type_oid) == Some(TypeKind::Pseudo) {
        let name = backend.format_type(type_oid);
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{which} data type {name} is a pseudo-type"),
        ));
    }
    Ok(type_oid)
}

/// How the cast is done, and how many arguments its function takes.
fn method(backend: &Backend<'_>, stmt: &CreateCastStmt, source: Oid, target: Oid) -> Result<(CastMethod, usize)> {
    if let Some(function) = &stmt.function {
        let name = ObjectName::WithArgs(function.clone());
        let function = object::find(backend, ObjectType::Function, &name)?.address.oid;
        return Ok((
            CastMethod::Function(function),
            check_function(backend, function, source, target)?,
        ));
    }
    if stmt.inout {
        return Ok((CastMethod::InOut, 0));
    }
    check_binary(backend, source, target)?;
    Ok((CastMethod::Binary, 0))
}

fn check_function(backend: &Backend<'_>, oid: Oid, source: Oid, target: Oid) -> Result<usize> {
    let user = backend.catalog()?.functions.get(&oid);
    let (args, result, is_plain, returns_set) = match (user, proc_by_oid(oid)) {
        (Some(user), _) => (
            user.args.iter().map(|argument| argument.type_oid).collect(),
            user.result,
            user.kind == ProcKind::Function,
            user.returns_set,
        ),
        (None, Some(proc)) => (
            proc.args.to_vec(),
            proc.result,
            proc.kind == kumquat_types::ProcKind::Function,
            proc.returns_set,
        ),
        (None, None) => (Vec::new(), Oid::INVALID, false, false),
    };
    let first = match args.as_slice() {
        [first] | [first, _] | [first, _, _] => *first,
        _ => return Err(invalid("cast function must take one to three arguments")),
    };
    if !backend.is_binary_coercible(source, first) {
        return Err(invalid(
            "argument of cast function must match or be binary-coercible from source data type",
        ));
    }
    if args.get(1).is_some_and(|second| *second != Oid::INT4) {
        return Err(invalid("second argument of cast function must be type integer"));
    }
    if args.get(2).is_some_and(|third| *third != Oid::BOOL) {
        return Err(invalid("third argument of cast function must be type boolean"));
    }
    if !backend.is_binary_coercible(result, target) {
        return Err(invalid(
            "return data type of cast function must match or be binary-coercible to target data type",
        ));
    }
    if !is_plain {
        return Err(invalid("cast function must be a normal function"));
    }
    if returns_set {
        return Err(invalid("cast function must not return a set"));
    }
    Ok(args.len())
}

/// WITHOUT FUNCTION: both types must have the same representation.
fn check_binary(backend: &Backend<'_>, source: Oid, target: Oid) -> Result<()> {
    if !backend.superuser() {
        return Err(Error::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            "must be superuser to create a cast WITHOUT FUNCTION",
        ));
    }
    let is = |kind: TypeKind| [source, target].iter().any(|oid| backend.type_kind(*oid) == Some(kind));
    let what = if is(TypeKind::Composite) {
        "composite data types are not binary-compatible"
    } else if is(TypeKind::Enum) {
        "enum data types are not binary-compatible"
    } else if [source, target].iter().any(|oid| backend.array_element(*oid).is_some()) {
        "array data types are not binary-compatible"
    } else if is(TypeKind::Domain) {
        "domain data types must not be marked binary-compatible"
    } else {
        return Err(Error::not_modelled(
            "CREATE CAST ... WITHOUT FUNCTION between these types",
        ));
    };
    Err(invalid(what))
}
