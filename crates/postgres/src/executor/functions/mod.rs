//! Calls of user-defined functions: who they run as, with which settings, and what their results become.
//!
//! - [`sql`]: bodies in SQL; [`super::plpgsql`]: bodies in PL/pgSQL.
//! - [`inline`]: SQL functions that are a mere expression are put in place while planning.
//! - [`call`](mod@call): CALL and DO.

pub mod call;
pub mod inline;
pub mod sql;

use std::sync::Arc;

use kumquat_types::{Chunk, Datum, Error, Oid, RecordValue, Result, SqlState};

use super::context::{enter, leave};
use super::expr::composite::RowShape;
use super::plpgsql;
use crate::analyze::coerce_expression;
use crate::backend::Backend;
use crate::catalog::{Function, ProcKind};
use crate::commands::privileges;
use crate::query::{Expr, Var};

/// What a function gives: its rows, and the type of each column.
#[derive(Debug, Default)]
pub struct Rows {
    pub types: Vec<(Oid, i32)>,
    pub chunks: Vec<Chunk>,
}

/// Calls a function for one value.
pub fn call(
    backend: &mut Backend<'_>,
    function: &Arc<Function>,
    args: &[Datum],
    arg_types: &[Oid],
    result: Oid,
) -> Result<Datum> {
    let rows = run(backend, function, args, arg_types)?;
    if result == Oid::VOID {
        return Ok(Datum::Void);
    }
    let shape = result_shape(backend, function)?;
    let first = rows.chunks.iter().find(|chunk| chunk.rows > 0);
    let Some(first) = first else {
        return Ok(Datum::Null);
    };
    match shape {
        None => {
            let converted = convert(backend, &rows.types, &first.slice(0, 1), &[(result, -1)])?;
            Ok(converted.get(0, 0))
        }
        Some(shape) => Ok(record(backend, &rows, &first.slice(0, 1), &shape)?
            .into_iter()
            .next()
            .unwrap_or_default()),
    }
}

/// Calls a function in FROM: rows of these columns. One that returns no set gives one row.
pub fn call_set(
    backend: &mut Backend<'_>,
    function: &Arc<Function>,
    args: &[Datum],
    arg_types: &[Oid],
    columns: &[Oid],
) -> Result<Vec<Vec<Datum>>> {
    if function.strict && args.iter().any(Datum::is_null) {
        return Ok(match function.returns_set {
            true => Vec::new(),
            false => vec![vec![Datum::Null; columns.len()]],
        });
    }
    let rows = run(backend, function, args, arg_types)?;
    check_record(backend, function, &rows, columns)?;
    let wanted: Vec<(Oid, i32)> = columns.iter().map(|&type_oid| (type_oid, -1)).collect();
    let mut result = Vec::new();
    for chunk in &rows.chunks {
        let chunk = if function.returns_set {
            chunk.clone()
        } else {
            chunk.slice(0, 1)
        };
        let composite = rows.types.len() == 1 && columns.len() > 1;
        match composite {
            // A single column of rows is taken apart by who reads it.
            true => result.extend(chunk.iter_rows()),
            false => result.extend(convert(backend, &rows.types, &chunk, &wanted)?.iter_rows()),
        }
    }
    if !function.returns_set {
        result.truncate(1);
        if result.is_empty() {
            result.push(vec![Datum::Null; columns.len()]);
        }
    }
    Ok(result)
}

/// A row that a function in PL/pgSQL gives as `record` must have the columns that the query expects.
fn check_record(backend: &Backend<'_>, function: &Function, rows: &Rows, columns: &[Oid]) -> Result<()> {
    let first = rows
        .chunks
        .iter()
        .find(|chunk| chunk.rows > 0)
        .map(|chunk| chunk.get(0, 0));
    let is_record = function.result == Oid::RECORD && function.outputs.is_empty() && &*function.language == "plpgsql";
    let Some(Datum::Record(row)) = first.filter(|_| is_record && !function.returns_set) else {
        return Ok(());
    };
    let given: Vec<Oid> = row.types.iter().map(|(type_oid, _)| *type_oid).collect();
    let wanted: Vec<(Oid, i32)> = columns.iter().map(|type_oid| (*type_oid, -1)).collect();
    plpgsql::check_row(backend, &given, &wanted).map_err(|error| {
        let signature = backend.procedure_signature(function.oid);
        error.context(format!(
            "PL/pgSQL function {signature} while casting return value to function's return type"
        ))
    })
}

/// Runs a function's body as its owner wants it to run.
pub fn run(backend: &mut Backend<'_>, function: &Arc<Function>, args: &[Datum], arg_types: &[Oid]) -> Result<Rows> {
    check_execute(backend, function)?;
    enter(backend)?;
    let user = backend.session.current_user;
    let settings = (!function.settings.is_empty()).then(|| backend.session.settings.clone());
    let nonatomic = backend.session.nonatomic;
    let may_commit = function.kind == ProcKind::Procedure && settings.is_none() && !function.security_definer;
    backend.session.nonatomic = nonatomic && may_commit;
    if function.security_definer {
        backend.session.current_user = function.owner;
    }
    let result = apply_settings(backend, function).and_then(|()| match &*function.language {
        "sql" => sql::run(backend, function, args, arg_types),
        "plpgsql" => plpgsql::run(backend, function, args, arg_types),
        language => Err(Error::not_modelled(format!("language \"{language}\""))),
    });
    backend.session.current_user = user;
    backend.session.nonatomic = nonatomic;
    if let Some(settings) = settings {
        backend.session.settings = settings;
    }
    leave(backend);
    result
}

fn check_execute(backend: &Backend<'_>, function: &Function) -> Result<()> {
    let object = crate::catalog::ObjectAddress::new(crate::catalog::ObjectClass::Function, function.oid);
    if privileges::has_privilege(backend, backend.session.current_user, object, 'X') {
        return Ok(());
    }
    let noun = if function.kind == ProcKind::Procedure {
        "procedure"
    } else {
        "function"
    };
    Err(privileges::permission_denied(noun, &function.name))
}

fn apply_settings(backend: &mut Backend<'_>, function: &Function) -> Result<()> {
    for (name, value) in &function.settings {
        backend.set_setting(name, Some(value), true)?;
    }
    Ok(())
}

/// The fields of a result that is a row; `None`: a single value.
pub fn result_shape(backend: &Backend<'_>, function: &Function) -> Result<Option<RowShape>> {
    if function.outputs.len() > 1 {
        let outputs = function.outputs.iter();
        let name = |(at, output): (usize, &crate::catalog::function::FunctionArgument)| match &output.name {
            Some(name) => name.clone(),
            None => format!("column{}", at + 1).into(),
        };
        return Ok(Some(RowShape {
            types: outputs.clone().map(|output| (output.type_oid, -1)).collect(),
            attributes: (0..function.outputs.len()).collect(),
            names: outputs.enumerate().map(name).collect(),
        }));
    }
    let shape = RowShape::of_type(backend, function.result)?;
    Ok((!shape.types.is_empty()).then_some(shape))
}

/// Rows as values of a row type. A single column that holds rows already is taken as it is.
fn record(backend: &mut Backend<'_>, rows: &Rows, chunk: &Chunk, shape: &RowShape) -> Result<Vec<Datum>> {
    let whole = rows.types.len() == 1 && chunk.rows > 0 && matches!(chunk.get(0, 0), Datum::Record(_) | Datum::Null);
    let is_row = rows
        .types
        .first()
        .is_some_and(|(type_oid, _)| backend.is_composite(*type_oid));
    if whole && (is_row || shape.types.len() != 1 || matches!(chunk.get(0, 0), Datum::Record(_))) {
        return Ok((0..chunk.rows).map(|row| chunk.get(0, row)).collect());
    }
    let converted = convert(backend, &rows.types, chunk, &shape.types)?;
    let value = |values: Vec<Datum>| {
        Datum::Record(Arc::new(RecordValue {
            values,
            types: shape.types.clone(),
            names: shape.names.clone(),
        }))
    };
    Ok(converted.iter_rows().map(value).collect())
}

/// Columns of these types as columns of those, as on assignment.
pub fn convert(backend: &mut Backend<'_>, from: &[(Oid, i32)], rows: &Chunk, to: &[(Oid, i32)]) -> Result<Chunk> {
    let same = from.len() == to.len()
        && from
            .iter()
            .zip(to)
            .all(|(a, b)| a.0 == b.0 && (b.1 == -1 || a.1 == b.1));
    if same {
        return Ok(rows.clone());
    }
    let mut exprs = Vec::with_capacity(to.len());
    for (number, target) in (1..).zip(to) {
        let source = usize::try_from(number - 1).ok().and_then(|at| from.get(at));
        let Some(&(type_oid, type_modifier)) = source else {
            exprs.push(Expr::null(target.0));
            continue;
        };
        let column = Expr::Var(Var {
            varno: super::indexing::TABLE,
            attribute: number,
            type_oid,
            type_modifier,
            collation: Oid::INVALID,
            levels_up: 0,
            location: None,
        });
        exprs.push(match coerce_expression(backend, column.clone(), *target, true)? {
            Some(expr) => expr,
            None => Expr::CoerceViaIo {
                arg: Box::new(column),
                type_oid: target.0,
                form: crate::query::FuncForm::ImplicitCast,
                location: None,
            },
        });
    }
    super::evaluate_over(backend, &exprs, rows)
}

/// One value as a value of another type, as on assignment.
pub fn convert_value(backend: &mut Backend<'_>, value: Datum, from: Oid, to: (Oid, i32)) -> Result<Datum> {
    if from == to.0 && to.1 == -1 || value.is_null() && !is_domain(backend, to.0) {
        return Ok(value);
    }
    if value.is_null() {
        return check_domain(backend, value, to);
    }
    if let Datum::Record(given) = &value {
        let shape = RowShape::of_type(backend, to.0)?;
        if !shape.types.is_empty() {
            let row = fit(backend, given, &shape)?;
            return check_domain(backend, row, to);
        }
    }
    let rows = Chunk::from_rows(&[from], [[value]]);
    Ok(convert(backend, &[(from, -2)], &rows, &[to])?.get(0, 0))
}

/// A row as one of another shape, field by field; fields that it lacks are NULL.
pub fn fit(backend: &mut Backend<'_>, given: &RecordValue, shape: &RowShape) -> Result<Datum> {
    let mut values = Vec::with_capacity(shape.types.len());
    for (at, target) in shape.types.iter().enumerate() {
        let from = given.types.get(at).map_or(Oid::UNKNOWN, |(type_oid, _)| *type_oid);
        let value = given.values.get(at).cloned().unwrap_or_default();
        values.push(convert_value(backend, value, from, *target)?);
    }
    Ok(Datum::Record(Arc::new(RecordValue {
        values,
        types: shape.types.clone(),
        names: shape.names.clone(),
    })))
}

/// The value, which is of a type's base type, if the type is a domain that allows it, or none.
pub fn check_domain(backend: &mut Backend<'_>, value: Datum, to: (Oid, i32)) -> Result<Datum> {
    let base = super::expr::coerce::base_type(backend, to.0);
    if base == to.0 {
        return Ok(value);
    }
    let arg = Box::new(Expr::constant(value, base));
    let check = Expr::CoerceToDomain {
        arg,
        domain: to.0,
        type_modifier: -1,
        form: crate::query::FuncForm::ImplicitCast,
    };
    super::evaluate(backend, &check, &[])
}

fn is_domain(backend: &Backend<'_>, type_oid: Oid) -> bool {
    super::expr::coerce::base_type(backend, type_oid) != type_oid
}

/// `function f(integer) does not exist` in places where the catalog has lost one.
pub fn missing(oid: Oid) -> Error {
    Error::new(
        SqlState::UNDEFINED_FUNCTION,
        format!("cache lookup failed for function {oid}"),
    )
}
