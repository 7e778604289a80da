//! CREATE AGGREGATE, after PostgreSQL's `DefineAggregate` and `AggregateCreate`.

use std::sync::Arc;

use kumquat_sql::ast::{DefElem, DefineStmt, FunctionParameterMode};
use kumquat_types::{Error, Oid, Result, SqlState, TypeKind, Volatility, builtin_type};

use super::function::{put, record_dependencies, same_signature};
use super::options;
use crate::analyze::{is_polymorphic, resolve_type, typed_call};
use crate::backend::Backend;
use crate::catalog::aggregate::Aggregate;
use crate::catalog::function::{ArgumentMode, FunctionArgument};
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{DependencyKind, Function, FunctionBody, Name, ObjectAddress, ObjectClass, ProcKind};
use crate::executor::aggregate::user::is_strict;
use crate::query::Expr;
use crate::result::CommandTag;

/// Options that change how PostgreSQL computes an aggregate, but not what it gives.
const UNUSED: [&str; 15] = [
    "combinefunc",
    "serialfunc",
    "deserialfunc",
    "msfunc",
    "minvfunc",
    "mfinalfunc",
    "mfinalfunc_extra",
    "mfinalfunc_modify",
    "finalfunc_modify",
    "sspace",
    "msspace",
    "mstype",
    "minitcond",
    "sortop",
    "parallel",
];

/// The options that count.
#[derive(Default)]
struct Options<'s> {
    sfunc: Option<&'s DefElem>,
    stype: Option<&'s DefElem>,
    finalfunc: Option<&'s DefElem>,
    initcond: Option<&'s DefElem>,
    basetype: Option<&'s DefElem>,
    final_extra: bool,
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_FUNCTION_DEFINITION, message)
}

pub fn create(backend: &mut Backend<'_>, stmt: &DefineStmt) -> Result<CommandTag> {
    let (schema, name) = backend.creation_target(&stmt.name)?;
    let name = truncate_identifier(name).to_string();
    backend.check_schema_create(schema)?;
    if stmt.direct_args >= 0 {
        return Err(Error::not_modelled("CREATE AGGREGATE of an ordered-set aggregate"));
    }
    let options = read_options(backend, stmt)?;
    let state = options
        .stype
        .ok_or_else(|| invalid("aggregate stype must be specified"))?;
    let transition = options
        .sfunc
        .ok_or_else(|| invalid("aggregate sfunc must be specified"))?;
    let args = arguments(backend, stmt, &options)?;
    let state_type = state_type(backend, state)?;
    let input: Vec<Oid> = args.iter().map(|argument| argument.type_oid).collect();
    let variadic = args
        .last()
        .is_some_and(|argument| argument.mode == ArgumentMode::Variadic);
    let transition = options::names(transition)?;
    let mut given = vec![state_type];
    given.extend(&input);
    let (transition_oid, transition_result) = lookup(backend, &transition, &given, variadic)?;
    if transition_result != state_type && !(is_polymorphic(transition_result) && is_polymorphic(state_type)) {
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!(
                "return type of transition function {} is not {}",
                transition.last().map_or("", String::as_str),
                backend.format_type(state_type)
            ),
        ));
    }
    let initial = options.initcond.map(options::string).transpose()?;
    if is_strict(backend, transition_oid)? && initial.is_none() && input.first() != Some(&state_type) {
        return Err(invalid(
            "must not omit initial value when transition function is strict and transition type is not compatible \
             with input type",
        ));
    }
    let (final_function, result) = match options.finalfunc {
        None => (None, state_type),
        Some(option) => {
            let names = options::names(option)?;
            let mut given = vec![state_type];
            if options.final_extra {
                given.extend(&input);
            }
            let (oid, result) = lookup(backend, &names, &given, variadic && options.final_extra)?;
            (Some((oid, qualified(backend, oid, &names)?)), result)
        }
    };
    if let Some(initial) = &initial
        && !is_polymorphic(state_type)
    {
        // It must be a value of the type.
        crate::executor::aggregate::user::initial_value(backend, initial, state_type)?;
    }
    let function = function(backend, (schema, &name), args, result);
    let aggregate = Aggregate {
        transition: qualified(backend, transition_oid, &transition)?,
        transition_function: transition_oid,
        final_function,
        final_extra: options.final_extra,
        variadic,
        state_type,
        initial: initial.map(Name::from),
    };
    enter(backend, function, aggregate, stmt.replace)?;
    Ok(CommandTag::new("CREATE AGGREGATE"))
}

fn read_options<'s>(backend: &mut Backend<'_>, stmt: &'s DefineStmt) -> Result<Options<'s>> {
    let mut options = Options::default();
    for option in &stmt.definition {
        match option.name.as_str() {
            "sfunc" | "sfunc1" => options.sfunc = Some(option),
            "stype" | "stype1" => options.stype = Some(option),
            "finalfunc" => options.finalfunc = Some(option),
            "initcond" | "initcond1" => options.initcond = Some(option),
            "basetype" if stmt.old_style => options.basetype = Some(option),
            "finalfunc_extra" => options.final_extra = options::boolean(option)?,
            "hypothetical" if options::boolean(option)? => {
                return Err(invalid("only ordered-set aggregates can be hypothetical"));
            }
            "hypothetical" => {}
            name if UNUSED.contains(&name) => {}
            name => backend.notice(Error::warning(
                SqlState::SYNTAX_ERROR,
                format!("aggregate attribute \"{name}\" not recognized"),
            )),
        }
    }
    Ok(options)
}

fn arguments(backend: &Backend<'_>, stmt: &DefineStmt, options: &Options<'_>) -> Result<Vec<FunctionArgument>> {
    if stmt.old_style {
        let base = options
            .basetype
            .ok_or_else(|| invalid("aggregate input type must be specified"))?;
        if options::string(base).is_ok_and(|text| text.eq_ignore_ascii_case("any")) {
            return Ok(Vec::new());
        }
        return Ok(vec![FunctionArgument {
            name: None,
            type_oid: resolve_type(backend, &options::type_name(base)?)?.0,
            mode: ArgumentMode::In,
            default: None,
        }]);
    }
    let mut args = Vec::with_capacity(stmt.args.len());
    for parameter in &stmt.args {
        args.push(FunctionArgument {
            name: parameter.name.as_deref().map(Name::from),
            type_oid: resolve_type(backend, &parameter.type_name)?.0,
            mode: match parameter.mode {
                FunctionParameterMode::Default | FunctionParameterMode::In => ArgumentMode::In,
                FunctionParameterMode::Variadic => ArgumentMode::Variadic,
                _ => return Err(invalid("aggregates cannot have output arguments")),
            },
            default: None,
        });
    }
    Ok(args)
}

fn state_type(backend: &Backend<'_>, option: &DefElem) -> Result<Oid> {
    let (type_oid, _) = resolve_type(backend, &options::type_name(option)?)?;
    if type_oid == Oid::INTERNAL {
        return Err(Error::not_modelled("an aggregate whose state is of type internal"));
    }
    let pseudo = builtin_type(type_oid).is_some_and(|builtin| builtin.kind == TypeKind::Pseudo);
    if pseudo && !is_polymorphic(type_oid) {
        return Err(invalid(format!(
            "aggregate transition data type cannot be {}",
            backend.format_type(type_oid)
        )));
    }
    Ok(type_oid)
}

/// The function of this name that takes values of these types, and its result. Polymorphic types are tried with
/// integers in their place.
fn lookup(backend: &Backend<'_>, names: &[String], types: &[Oid], variadic: bool) -> Result<(Oid, Oid)> {
    let args = types
        .iter()
        .map(|&type_oid| Expr::null(sample_of(backend, type_oid)))
        .collect();
    let found = typed_call(backend, names, args, variadic).map_err(|mut error| {
        (error.hint, error.position) = (None, None);
        error
    })?;
    let Expr::Func(call) = found else {
        return Err(invalid(format!("function {} is not a plain function", names.join("."))));
    };
    let (inputs, declared) = match backend.catalog()?.functions.get(&call.function) {
        Some(function) => (function.input_types().collect(), function.result),
        None => match kumquat_types::proc_by_oid(call.function) {
            Some(proc) => (proc.args.to_vec(), proc.result),
            None => (types.to_vec(), call.result),
        },
    };
    let same = |(given, taken): (&Oid, &Oid)| !is_polymorphic(*given) || given == taken;
    if !types.iter().zip(&inputs).all(same) {
        let types: Vec<String> = types.iter().map(|&type_oid| backend.format_type(type_oid)).collect();
        let message = format!("function {}({}) does not exist", names.join("."), types.join(", "));
        return Err(Error::new(SqlState::UNDEFINED_FUNCTION, message));
    }
    let generic = types.iter().any(|&type_oid| is_polymorphic(type_oid)) && is_polymorphic(declared);
    Ok((call.function, if generic { declared } else { call.result }))
}

fn sample_of(backend: &Backend<'_>, type_oid: Oid) -> Oid {
    match backend.format_type(type_oid).as_str() {
        "anyarray" | "anycompatiblearray" => Oid::INT4_ARRAY,
        "anyrange" | "anycompatiblerange" => Oid::INT4RANGE,
        _ if is_polymorphic(type_oid) => Oid::INT4,
        _ => type_oid,
    }
}

/// The name under which the function is found whatever the search path is.
fn qualified(backend: &Backend<'_>, function: Oid, names: &[String]) -> Result<Vec<String>> {
    Ok(match backend.catalog()?.functions.get(&function) {
        Some(function) => vec![
            backend.schema_name(function.schema).to_string(),
            function.name.to_string(),
        ],
        None => names.to_vec(),
    })
}

fn function(backend: &Backend<'_>, (schema, name): (Oid, &str), args: Vec<FunctionArgument>, result: Oid) -> Function {
    Function {
        oid: Oid::INVALID,
        name: name.into(),
        schema,
        owner: backend.session.current_user,
        kind: ProcKind::Aggregate,
        language: "internal".into(),
        modes: args.iter().map(|argument| argument.mode).collect(),
        args,
        outputs: Vec::new(),
        result,
        returns_set: false,
        strict: false,
        volatility: Volatility::Immutable,
        security_definer: false,
        leakproof: false,
        parallel: 'u',
        cost: 1.0,
        rows: 0.0,
        settings: Vec::new(),
        body: FunctionBody::Source("aggregate_dummy".into()),
        acl: None,
    }
}

fn enter(backend: &mut Backend<'_>, mut function: Function, aggregate: Aggregate, replace: bool) -> Result<()> {
    match same_signature(backend, function.schema, &function.name, &function)? {
        Some(old) if replace && old.kind == ProcKind::Aggregate => {
            if old.result != function.result {
                return Err(invalid("cannot change return type of existing function").hint(format!(
                    "Use DROP AGGREGATE {} first.",
                    backend.procedure_signature(old.oid)
                )));
            }
            function.oid = old.oid;
        }
        Some(old) if replace => {
            let was = if old.kind == ProcKind::Function {
                "a function"
            } else {
                "a procedure"
            };
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, "cannot change routine kind")
                .detail(format!("\"{}\" is {was}.", old.name)));
        }
        Some(_) => {
            return Err(Error::new(
                SqlState::DUPLICATE_FUNCTION,
                format!("function \"{}\" already exists with same argument types", function.name),
            ));
        }
        None => function.oid = backend.new_oid(),
    }
    let oid = function.oid;
    record_dependencies(backend, &function)?;
    put(backend, function)?;
    let needed = [
        Some(aggregate.transition_function),
        aggregate.final_function.as_ref().map(|(oid, _)| *oid),
    ];
    let catalog = backend.catalog_mut()?;
    for needed in needed.into_iter().flatten() {
        if !catalog.functions.contains_key(&needed) {
            continue;
        }
        catalog.record_dependency(
            ObjectAddress::new(ObjectClass::Function, oid),
            ObjectAddress::new(ObjectClass::Function, needed),
            DependencyKind::Normal,
        );
    }
    catalog.aggregates.insert(oid, Arc::new(aggregate));
    Ok(())
}
