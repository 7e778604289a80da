//! create_distributed_function: a function on all nodes, and where calls of it run.

use std::sync::Arc;

use kumquat_postgres::Backend;
use kumquat_postgres::analyze::coerce_expression;
use kumquat_postgres::catalog::function::ArgumentMode;
use kumquat_postgres::catalog::{Function, ObjectAddress, ObjectClass};
use kumquat_postgres::query::Expr;
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::{Arguments, signatures};
use crate::ddl::{dependencies, objects};
use crate::metadata::{self, ColocationId, ObjectKey, TableType};
use crate::settings;
use crate::shards::names::{qualified, relation_name};
use crate::tables::checks::{self, error, unsupported};
use crate::tables::colocation;
use crate::transaction::access;

/// create_distributed_function(function_name, distribution_arg_name, colocate_with, force_delegation)
pub fn create(backend: &mut Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let Some(oid) = args.oid(0).filter(|oid| oid.is_valid()) else {
        return Err(error(
            "the first parameter for create_distributed_function() should be a single a valid function or procedure \
             name followed by a list of parameters in parantheses",
        )
        .hint("skip the parameters with OUT argtype as they are not part of the signature in PostgreSQL"));
    };
    let Some(colocate_with) = args.text(2) else {
        return Err(error("colocate_with parameter should not be NULL")
            .hint("To use the default value, set colocate_with option to \"default\""));
    };
    let is_default = colocate_with.eq_ignore_ascii_case("default");
    let other = match is_default {
        true => None,
        false => Some(colocation::resolve_relation(backend, colocate_with)?),
    };
    metadata::ensure_coordinator(backend)?;
    let Some(function) = backend.catalog()?.functions.get(&oid).cloned() else {
        let own = signatures::procs().iter().find(|proc| proc.oid == oid);
        let name = own
            .or_else(|| kumquat_types::proc_by_oid(oid))
            .map_or("", |proc| proc.name);
        return Err(error(format!(
            "Citus extension functions({name}) cannot be distributed."
        )));
    };
    ensure_owner(backend, &function)?;
    let argument = args.text(1);
    let force = args.bool(3);
    if is_distributed_as_is(backend, oid)? && argument.is_none() && is_default && force.is_none() {
        let name = qualified(backend.catalog()?, function.schema, &function.name);
        backend.notice(
            Error::notice(format!("procedure {name} is already distributed"))
                .detail("Citus distributes procedures with CREATE [PROCEDURE|FUNCTION|AGGREGATE] commands"),
        );
        return Ok(Datum::Void);
    }
    access::ensure_sequential_for_object(backend, "function")?;
    let address = ObjectAddress::new(ObjectClass::Function, oid);
    dependencies::ensure_of_object(backend, address)?;
    objects::propagate(backend, address)?;
    let (index, group) = place_of_calls(backend, &function, argument, other)?;
    metadata::update(backend, |metadata| {
        let key = ObjectKey {
            class: ObjectClass::Function,
            oid,
        };
        let object = metadata.objects.entry(key).or_default();
        object.distribution_argument = index;
        object.colocation_id = group;
        object.force_delegation = force;
    })?;
    Ok(Datum::Void)
}

fn ensure_owner(backend: &Backend<'_>, function: &Function) -> Result<()> {
    let user = backend.session.current_user;
    let is_superuser = backend.server()?.roles.get(&user).is_some_and(|role| role.superuser);
    match is_superuser || function.owner == user {
        true => Ok(()),
        false => Err(Error::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("must be owner of function {}", function.name),
        )),
    }
}

/// The function is on all nodes already, and calls of it run anywhere.
fn is_distributed_as_is(backend: &Backend<'_>, oid: Oid) -> Result<bool> {
    let key = ObjectKey {
        class: ObjectClass::Function,
        oid,
    };
    Ok(metadata::of(backend)?.objects.get(&key).is_some_and(|object| {
        object.colocation_id.is_none() && object.distribution_argument.is_none() && object.force_delegation.is_none()
    }))
}

/// The distribution argument and the colocation group.
fn place_of_calls(
    backend: &Backend<'_>,
    function: &Function,
    argument: Option<&str>,
    other: Option<Oid>,
) -> Result<(Option<i32>, Option<ColocationId>)> {
    let name = &function.name;
    if let Some(argument) = argument {
        let (index, type_oid) = argument_of(function, argument)?;
        let group = group_for(backend, name, type_oid, other)?;
        return Ok((Some(index), Some(group)));
    }
    let Some(other) = other else { return Ok((None, None)) };
    match metadata::of(backend)?.table(other) {
        Some(table) if matches!(table.table_type(), TableType::Reference | TableType::SingleShard) => {
            Ok((None, Some(table.colocation_id)))
        }
        _ => Err(invalid_argument(
            name,
            "To provide \"colocate_with\" option with a distributed table, the distribution argument parameter should \
             also be provided",
        )),
    }
}

fn invalid_argument(function: &str, hint: &str) -> Error {
    let message =
        format!("cannot distribute the function \"{function}\" since the distribution argument is not valid ");
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message).hint(hint)
}

/// All parameters in the order declared.
fn parameters(function: &Function) -> Vec<(Option<Arc<str>>, Oid)> {
    let (mut inputs, mut outputs) = (function.args.iter(), function.outputs.iter());
    let mut found = Vec::new();
    for mode in &function.modes {
        let parameter = match mode {
            ArgumentMode::Out | ArgumentMode::Table => outputs.next(),
            ArgumentMode::InOut => {
                outputs.next();
                inputs.next()
            }
            ArgumentMode::In | ArgumentMode::Variadic => inputs.next(),
        };
        found.extend(parameter.map(|parameter| (parameter.name.clone(), parameter.type_oid)));
    }
    found
}

/// `$1` or the name of a parameter: its place from 0, and its type.
fn argument_of(function: &Function, argument: &str) -> Result<(i32, Oid)> {
    const HINT: &str =
        "Either provide a valid function argument name or a valid \"$paramIndex\" to create_distributed_function()";
    let parameters = parameters(function);
    let place = match argument.strip_prefix('$') {
        Some(number) => {
            let number: i32 = number.parse().map_err(|_| {
                let message = format!("invalid input syntax for type integer: \"{number}\"");
                Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
            })?;
            usize::try_from(number).ok().and_then(|number| number.checked_sub(1))
        }
        None => parameters
            .iter()
            .position(|(name, _)| name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(argument))),
    };
    let found = place.and_then(|place| Some((i32::try_from(place).ok()?, parameters.get(place)?.1)));
    found.ok_or_else(|| invalid_argument(&function.name, HINT))
}

/// The group of the table named, or the one that a table distributed by this type would join
/// (`GetFunctionColocationId`).
fn group_for(backend: &Backend<'_>, function: &str, type_oid: Oid, other: Option<Oid>) -> Result<ColocationId> {
    let metadata = metadata::of(backend)?;
    if let Some(other) = other {
        ensure_fits(backend, function, type_oid, other)?;
        return Ok(metadata.table(other).map_or(0, |table| table.colocation_id));
    }
    let count = settings::integer(backend, "citus.shard_count");
    let group = metadata.default_colocation_group(count, 1, type_oid, colocation::type_collation(type_oid));
    let group = group.ok_or_else(|| {
        let message = format!("cannot distribute the function \"{function}\" since there is no table to colocate with");
        Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
            .hint("Provide a distributed table via \"colocate_with\" option to create_distributed_function()")
    })?;
    if let Some(table) = metadata.colocated_tables(group).next() {
        ensure_fits(backend, function, type_oid, table.relation)?;
    }
    Ok(group)
}

/// `EnsureFunctionCanBeColocatedWithTable`
fn ensure_fits(backend: &Backend<'_>, function: &str, type_oid: Oid, other: Oid) -> Result<()> {
    let name = relation_name(backend.catalog()?, other);
    let Some(table) = metadata::of(backend)?.table(other) else {
        return Err(error(format!("relation {name} is not distributed")));
    };
    let refused = |why: &str| {
        unsupported(format!(
            "cannot colocate function \"{function}\" and table \"{name}\" because {why}"
        ))
    };
    match table.table_type() {
        TableType::SingleShard => {
            return Err(refused(
                "distribution arguments are not supported when colocating with single shard distributed tables.",
            ));
        }
        TableType::Reference => {
            return Err(refused(
                "distribution arguments are not supported when colocating with reference tables.",
            ));
        }
        TableType::HashDistributed => {}
        _ => {
            return Err(refused(
                "colocate_with option is only supported for hash distributed tables and reference tables.",
            ));
        }
    }
    let column = table.column;
    let column_type = checks::relation(backend, other)?
        .attribute(column.unwrap_or_default())
        .map_or(type_oid, |attribute| attribute.type_oid);
    let has_cast = coerce_expression(backend, Expr::null(type_oid), (column_type, -1), true)?.is_some();
    if column_type == type_oid || has_cast {
        return Ok(());
    }
    Err(error(format!(
        "cannot colocate function \"{name}\" and table \"{function}\" because distribution column types don't match \
         and there is no coercion path"
    )))
}
