//! CREATE and ALTER FUNCTION and PROCEDURE, after PostgreSQL's `functioncmds.c`.
//!
//! - [`parameters`]: arguments, defaults, what OUT and TABLE make of the result.
//! - [`attributes`]: LANGUAGE, VOLATILE, STRICT and kin. [`validate`]: bodies of SQL functions.

pub mod attributes;
pub mod parameters;
pub mod validate;

use std::sync::Arc;

use kumquat_sql::ast::{AlterFunctionStmt, CreateFunctionStmt, FunctionBody as AstBody, ObjectType};
use kumquat_types::{Error, Oid, Result, SqlState, Volatility};

use self::attributes::Attributes;
use super::grant::defaults::{self, Kind};
use super::object;
use crate::backend::Backend;
use crate::catalog::expression_references::query_references;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{DependencyKind, Function, FunctionBody, ObjectAddress, ObjectClass, ProcKind};
use crate::result::CommandTag;

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_FUNCTION_DEFINITION, message)
}

pub fn create(backend: &mut Backend<'_>, stmt: &CreateFunctionStmt, text: &str) -> Result<CommandTag> {
    let tag = CommandTag::new(if stmt.is_procedure {
        "CREATE PROCEDURE"
    } else {
        "CREATE FUNCTION"
    });
    let (schema, name) = backend.creation_target(&stmt.name)?;
    let name = truncate_identifier(name).to_string();
    backend.check_schema_create(schema)?;
    let attributes = Attributes::read(&stmt.options, stmt.is_procedure)?;
    let language = language(backend, &attributes, stmt)?;
    let signature = parameters::read(backend, stmt, &language)?;
    let body = body(stmt, &attributes, &language, text)?;
    let mut function = Function {
        oid: Oid::INVALID,
        name: name.as_str().into(),
        schema,
        owner: backend.session.current_user,
        kind: match (stmt.is_procedure, attributes.window) {
            (true, _) => ProcKind::Procedure,
            (false, true) => ProcKind::Window,
            (false, false) => ProcKind::Function,
        },
        language: language.as_str().into(),
        args: signature.args,
        outputs: signature.outputs,
        modes: signature.modes,
        result: signature.result,
        returns_set: signature.returns_set,
        strict: false,
        volatility: Volatility::Volatile,
        security_definer: false,
        leakproof: false,
        parallel: 'u',
        cost: 100.0,
        rows: if signature.returns_set { 1000.0 } else { 0.0 },
        settings: Vec::new(),
        body,
        acl: None,
    };
    attributes.apply(backend, &mut function)?;
    let existing = same_signature(backend, schema, &name, &function)?;
    if let Some(old) = existing {
        if !stmt.replace {
            return Err(Error::new(
                SqlState::DUPLICATE_FUNCTION,
                format!("function \"{name}\" already exists with same argument types"),
            ));
        }
        if !backend.owns(old.owner) {
            return Err(super::privileges::not_owner(old.noun(), &old.name));
        }
        check_replacement(backend, &old, &function)?;
        function.oid = old.oid;
        function.owner = old.owner;
        function.acl = old.acl.clone();
    } else {
        function.oid = backend.new_oid();
        function.acl = defaults::initial_acl(backend, Kind::Function, schema)?;
    }
    if backend.setting_bool("check_function_bodies") {
        validate::validate(backend, &function, stmt, text)?;
    }
    record_dependencies(backend, &function)?;
    put(backend, function)?;
    Ok(tag)
}

/// The language's name; `sql` is what a body without quotes is in.
fn language(backend: &Backend<'_>, attributes: &Attributes<'_>, stmt: &CreateFunctionStmt) -> Result<String> {
    let name = match attributes.language {
        Some(option) => super::options::string(option)?,
        None if stmt.sql_body.is_some() => "sql".into(),
        None => return Err(invalid("no language specified")),
    };
    match name.as_str() {
        "sql" => Ok(name),
        "plpgsql" if backend.catalog()?.extensions.contains_key("plpgsql") => Ok(name),
        "c" | "internal" => Err(Error::not_modelled(format!("language {name}"))),
        _ => {
            let error = Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("language \"{name}\" does not exist"),
            );
            let procedural = ["plperl", "plperlu", "plpython3u", "pltcl", "pltclu", "plpgsql"];
            Err(if procedural.contains(&name.as_str()) {
                error.hint("Use CREATE EXTENSION to load the language into the database.")
            } else {
                error
            })
        }
    }
}

fn body(stmt: &CreateFunctionStmt, attributes: &Attributes<'_>, language: &str, text: &str) -> Result<FunctionBody> {
    match (&stmt.sql_body, attributes.body) {
        (Some(_), Some(_)) => Err(invalid("duplicate function body specified")),
        (None, None) => Err(invalid("no function body specified")),
        (Some(_), None) if language != "sql" => Err(invalid("inline SQL function body only valid for language SQL")),
        (Some(body), None) => Ok(FunctionBody::Standard(standard_body(body, text)?.into())),
        (None, Some(option)) => match &option.arg {
            Some(kumquat_sql::ast::DefArg::List(parts)) => match parts.as_slice() {
                [source] => Ok(FunctionBody::Source(source.as_str().into())),
                _ => Err(invalid(format!("only one AS item needed for language \"{language}\""))),
            },
            _ => Ok(FunctionBody::Source(super::options::string(option)?.into())),
        },
    }
}

/// The text of `RETURN expr` or `BEGIN ATOMIC ... END`, as it stands in the statement.
fn standard_body(body: &AstBody, text: &str) -> Result<String> {
    let keyword = match body {
        AstBody::Return(_) => "return",
        AstBody::Atomic(_) => "begin",
    };
    let tail = validate::from_keyword(text, keyword);
    tail.map(|tail| tail.trim_end_matches([';', ' ', '\n', '\t', '\r']).to_string())
        .ok_or_else(|| Error::internal("a function body is not in its statement"))
}

/// A function of the schema with that name and the same input types.
pub fn same_signature(
    backend: &Backend<'_>,
    schema: Oid,
    name: &str,
    function: &Function,
) -> Result<Option<Arc<Function>>> {
    let mut others = backend.catalog()?.functions_named(schema, name);
    Ok(others
        .find(|other| other.input_types().eq(function.input_types()))
        .cloned())
}

/// What CREATE OR REPLACE may not change.
fn check_replacement(backend: &Backend<'_>, old: &Function, new: &Function) -> Result<()> {
    let drop_first = |message: String| {
        let verb = if old.kind == ProcKind::Procedure {
            "DROP PROCEDURE"
        } else {
            "DROP FUNCTION"
        };
        Err(Error::new(SqlState::INVALID_FUNCTION_DEFINITION, message)
            .hint(format!("Use {verb} {} first.", backend.procedure_signature(old.oid))))
    };
    if old.kind != new.kind {
        let was = match old.kind {
            ProcKind::Procedure => "a procedure",
            ProcKind::Window => "a window function",
            ProcKind::Aggregate => "an aggregate function",
            ProcKind::Function => "a function",
        };
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, "cannot change routine kind")
            .detail(format!("\"{}\" is {was}.", old.name)));
    }
    if old.result != new.result || old.returns_set != new.returns_set {
        return drop_first(match old.kind {
            ProcKind::Procedure => "cannot change whether a procedure has output parameters".into(),
            _ => "cannot change return type of existing function".into(),
        });
    }
    let types = |function: &Function| -> Vec<Oid> { function.outputs.iter().map(|o| o.type_oid).collect() };
    if old.result == Oid::RECORD && types(old) != types(new) {
        return drop_first("cannot change return type of existing function".into());
    }
    for (before, after) in old.args.iter().zip(&new.args) {
        if let Some(name) = &before.name
            && after.name.as_ref() != Some(name)
        {
            return drop_first(format!("cannot change name of input parameter \"{name}\""));
        }
        if before.default.is_some() && after.default.is_none() {
            return drop_first("cannot remove parameter defaults from existing function".into());
        }
    }
    Ok(())
}

/// A function needs its schema, the types of its arguments and result, and what its defaults need.
pub fn record_dependencies(backend: &mut Backend<'_>, function: &Function) -> Result<()> {
    let object = ObjectAddress::new(ObjectClass::Function, function.oid);
    let types: Vec<Oid> = function
        .args
        .iter()
        .chain(&function.outputs)
        .map(|argument| argument.type_oid)
        .chain([function.result])
        .collect();
    let body = body_references(backend, function);
    let catalog = backend.catalog_mut()?;
    catalog.forget_references(object);
    for referenced in body {
        catalog.record_dependency(object, referenced, DependencyKind::Normal);
    }
    let schema = ObjectAddress::new(ObjectClass::Schema, function.schema);
    catalog.record_dependency(object, schema, DependencyKind::Normal);
    for type_oid in types {
        let type_object = ObjectAddress::new(ObjectClass::Type, type_oid);
        catalog.record_dependency(object, type_object, DependencyKind::Normal);
    }
    for default in function.args.iter().filter_map(|argument| argument.default.as_ref()) {
        catalog.record_expression(object, default, Oid::INVALID, DependencyKind::Normal);
    }
    Ok(())
}

/// What the body of a function needs: one without quotes is kept as queries, whose objects can't go before it.
fn body_references(backend: &Backend<'_>, function: &Function) -> Vec<ObjectAddress> {
    let FunctionBody::Standard(_) = &function.body else {
        return Vec::new();
    };
    let statements = crate::executor::functions::sql::statements(function);
    let queries = statements.and_then(|(statements, _)| validate::standard_queries(backend, function, &statements));
    queries.iter().flatten().flat_map(query_references).collect()
}

/// Adds or replaces a function and keeps its name in step.
pub fn put(backend: &mut Backend<'_>, function: Function) -> Result<()> {
    let catalog = backend.catalog_mut()?;
    if let Some(old) = catalog.functions.get(&function.oid) {
        let key = (old.schema, old.name.clone(), old.oid);
        catalog.function_names.remove(&key);
    }
    let key = (function.schema, function.name.clone(), function.oid);
    catalog.function_names.insert(key);
    catalog.functions.insert(function.oid, Arc::new(function));
    Ok(())
}

/// No other function of the name takes the same arguments (ALTER ... RENAME, SET SCHEMA).
pub fn check_free(backend: &Backend<'_>, function: &Function, schema: Oid, name: &str) -> Result<()> {
    if same_signature(backend, schema, name, function)?.is_none() {
        return Ok(());
    }
    let types: Vec<String> = function.input_types().map(|oid| backend.format_type(oid)).collect();
    Err(Error::new(
        SqlState::DUPLICATE_FUNCTION,
        format!(
            "function {name}({}) already exists in schema \"{}\"",
            types.join(", "),
            backend.schema_name(schema)
        ),
    ))
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterFunctionStmt) -> Result<CommandTag> {
    let oid = object::function_oid(backend, stmt.object_type, &stmt.function)?;
    let function = object::user_function(backend, oid)?;
    if !backend.owns(function.owner) {
        return Err(super::privileges::not_owner(function.noun(), &function.name));
    }
    let attributes = Attributes::read(&stmt.actions, function.kind == ProcKind::Procedure)?;
    let mut changed = Function::clone(&function);
    attributes.apply(backend, &mut changed)?;
    put(backend, changed)?;
    let words = match stmt.object_type {
        ObjectType::Procedure => "ALTER PROCEDURE",
        ObjectType::Routine => "ALTER ROUTINE",
        _ => "ALTER FUNCTION",
    };
    Ok(CommandTag::new(words))
}
