//! pg_proc, pg_operator, pg_cast, pg_language.

use kumquat_types::catalog::{all_operators, all_procs, casts};
use kumquat_types::{CastContext, CastMethod, Datum, Oid, Proc, Result, Volatility};

use super::Rows;
use super::values::{
    acl, array, array_or_null, letter, oid, oid_vector, optional_text, options, shared, short_count, text,
};
use crate::backend::Backend;
use crate::catalog::cast::UserCast;
use crate::catalog::function::ArgumentMode;
use crate::catalog::well_known::{BOOTSTRAP_SUPERUSER, PG_CATALOG};
use crate::catalog::{Function, FunctionBody, ProcKind};
use crate::ruleutils::deparse_expression;

const INTERNAL: Oid = Oid(12);
const C: Oid = Oid(13);
const SQL: Oid = Oid(14);
const PLPGSQL: Oid = Oid(13_566);

pub fn pg_proc(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows: Rows = all_procs()
        .iter()
        .map(|proc| builtin_row(proc, PG_CATALOG, INTERNAL))
        .collect();
    rows.extend(
        backend
            .extension_procs()
            .iter()
            .map(|proc| builtin_row(proc, PG_CATALOG, C)),
    );
    for function in backend.catalog()?.functions.values() {
        rows.push(user_row(backend, function)?);
    }
    Ok(rows)
}

fn volatility_letter(volatility: Volatility) -> char {
    match volatility {
        Volatility::Immutable => 'i',
        Volatility::Stable => 's',
        Volatility::Volatile => 'v',
    }
}

fn builtin_row(proc: &Proc, schema: Oid, language: Oid) -> Vec<Datum> {
    let kind = match proc.kind {
        kumquat_types::ProcKind::Function => 'f',
        kumquat_types::ProcKind::Procedure => 'p',
        kumquat_types::ProcKind::Window => 'w',
        _ => 'a',
    };
    let all_types = proc.args.iter().chain(proc.out_types).map(|type_oid| oid(*type_oid));
    let out_mode = if proc.returns_set { 't' } else { 'o' };
    let last = proc.args.len().saturating_sub(1);
    let in_modes = (0..proc.args.len()).map(|at| match proc.variadic.is_valid() && at == last {
        true => letter('v'),
        false => letter('i'),
    });
    let modes: Vec<Datum> = in_modes
        .chain(proc.out_types.iter().map(|_| letter(out_mode)))
        .collect();
    let has_modes = !proc.out_types.is_empty() || proc.variadic.is_valid();
    let names: Vec<Datum> = proc.arg_names.iter().map(|name| text(name)).collect();
    let defaults = proc.defaults.join(", ");
    vec![
        oid(proc.oid),
        text(proc.name),
        oid(schema),
        oid(BOOTSTRAP_SUPERUSER),
        oid(language),
        Datum::Float4(1.0),
        Datum::Float4(if proc.returns_set { 1000.0 } else { 0.0 }),
        oid(proc.variadic),
        oid(Oid::INVALID),
        letter(kind),
        false.into(),
        false.into(),
        proc.strict.into(),
        proc.returns_set.into(),
        letter(volatility_letter(proc.volatility)),
        letter('s'),
        short_count(proc.args.len()),
        short_count(proc.defaults.len()),
        oid(proc.result),
        oid_vector(proc.args.iter().copied()),
        match has_modes {
            true => array(Oid::OID, all_types.collect()),
            false => Datum::Null,
        },
        match has_modes {
            true => array(Oid::CHAR, modes),
            false => Datum::Null,
        },
        array_or_null(Oid::TEXT, names),
        optional_text((!defaults.is_empty()).then_some(defaults)),
        Datum::Null,
        text(proc.internal),
        Datum::Null,
        Datum::Null,
        Datum::Null,
        Datum::Null,
    ]
}

fn mode_letter(mode: ArgumentMode) -> char {
    match mode {
        ArgumentMode::In => 'i',
        ArgumentMode::Out => 'o',
        ArgumentMode::InOut => 'b',
        ArgumentMode::Variadic => 'v',
        ArgumentMode::Table => 't',
    }
}

fn user_row(backend: &Backend<'_>, function: &Function) -> Result<Vec<Datum>> {
    let parameters: Vec<_> = function.parameters().collect();
    let plain = parameters.iter().all(|parameter| parameter.mode == ArgumentMode::In);
    let named = parameters.iter().any(|parameter| parameter.name.is_some());
    let names = parameters
        .iter()
        .map(|parameter| parameter.name.as_ref().map_or_else(|| text(""), shared));
    let defaults = function
        .args
        .iter()
        .filter_map(|argument| argument.default.as_ref())
        .map(|expr| deparse_expression(backend, expr, None, false))
        .collect::<Result<Vec<_>>>()?;
    let variadic = function
        .args
        .iter()
        .find(|argument| argument.mode == ArgumentMode::Variadic)
        .and_then(|argument| backend.array_element(argument.type_oid));
    let (source, body) = match &function.body {
        FunctionBody::Source(source) => (shared(source), Datum::Null),
        FunctionBody::Standard(body) => (text(""), shared(body)),
    };
    Ok(vec![
        oid(function.oid),
        shared(&function.name),
        oid(function.schema),
        oid(function.owner),
        oid(match &*function.language {
            "sql" => SQL,
            "plpgsql" => PLPGSQL,
            "c" => C,
            _ => INTERNAL,
        }),
        Datum::Float4(function.cost as f32),
        Datum::Float4(function.rows as f32),
        oid(variadic.unwrap_or_default()),
        oid(Oid::INVALID),
        letter(match function.kind {
            ProcKind::Function => 'f',
            ProcKind::Procedure => 'p',
            ProcKind::Aggregate => 'a',
            ProcKind::Window => 'w',
        }),
        function.security_definer.into(),
        function.leakproof.into(),
        function.strict.into(),
        function.returns_set.into(),
        letter(volatility_letter(function.volatility)),
        letter(function.parallel),
        short_count(function.args.len()),
        short_count(defaults.len()),
        oid(function.result),
        oid_vector(function.input_types()),
        match plain {
            true => Datum::Null,
            false => array(Oid::OID, parameters.iter().map(|p| oid(p.type_oid)).collect()),
        },
        match plain {
            true => Datum::Null,
            false => array(
                Oid::CHAR,
                parameters.iter().map(|p| letter(mode_letter(p.mode))).collect(),
            ),
        },
        match named {
            true => array(Oid::TEXT, names.collect()),
            false => Datum::Null,
        },
        optional_text((!defaults.is_empty()).then(|| defaults.join(", "))),
        Datum::Null,
        source,
        Datum::Null,
        body,
        options(&function.settings),
        acl(backend, function.acl.as_deref()),
    ])
}

pub fn pg_operator(backend: &mut Backend<'_>) -> Result<Rows> {
    backend.catalog()?;
    Ok(all_operators()
        .iter()
        .map(|operator| {
            vec![
                oid(operator.oid),
                text(operator.name),
                oid(PG_CATALOG),
                oid(BOOTSTRAP_SUPERUSER),
                letter(if operator.left.is_valid() { 'b' } else { 'l' }),
                operator.can_merge.into(),
                operator.can_hash.into(),
                oid(operator.left),
                oid(operator.right),
                oid(operator.result),
                oid(operator.commutator),
                oid(operator.negator),
                oid(operator.function),
                oid(Oid::INVALID),
                oid(Oid::INVALID),
            ]
        })
        .collect())
}

pub fn pg_cast(backend: &mut Backend<'_>) -> Result<Rows> {
    const FIRST_OID: u32 = 10_035;
    let builtin = casts().iter().zip(FIRST_OID..);
    let builtin = builtin.map(|(cast, number)| UserCast {
        oid: Oid(number),
        source: cast.source,
        target: cast.target,
        method: cast.method,
        context: cast.context,
    });
    Ok(builtin
        .chain(backend.catalog()?.casts.values().copied())
        .map(|cast| {
            let (function, method) = match cast.method {
                CastMethod::Function(function) => (function, 'f'),
                CastMethod::Binary => (Oid::INVALID, 'b'),
                CastMethod::InOut => (Oid::INVALID, 'i'),
            };
            vec![
                oid(cast.oid),
                oid(cast.source),
                oid(cast.target),
                oid(function),
                letter(match cast.context {
                    CastContext::Implicit => 'i',
                    CastContext::Assignment => 'a',
                    CastContext::Explicit => 'e',
                }),
                letter(method),
            ]
        })
        .collect())
}

pub fn pg_language(backend: &mut Backend<'_>) -> Result<Rows> {
    let languages = [
        (INTERNAL, "internal", false, false),
        (C, "c", false, false),
        (SQL, "sql", false, true),
        (PLPGSQL, "plpgsql", true, true),
    ];
    let has_plpgsql = backend.catalog()?.extensions.contains_key("plpgsql");
    Ok(languages
        .into_iter()
        .filter(|(_, name, _, _)| has_plpgsql || *name != "plpgsql")
        .map(|(language, name, procedural, trusted)| {
            vec![
                oid(language),
                text(name),
                oid(BOOTSTRAP_SUPERUSER),
                procedural.into(),
                trusted.into(),
                oid(Oid::INVALID),
                oid(Oid::INVALID),
                oid(Oid::INVALID),
                Datum::Null,
            ]
        })
        .collect())
}
