//! Calls of user-defined functions: by language, with what holds for all of them.

use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::sql_function;
use crate::backend::Backend;
use crate::catalog::{Function, FunctionBody};
use crate::plpgsql;

/// Calls may nest this deep before `stack depth limit exceeded`.
const MAX_DEPTH: u32 = 100;

/// A call: the function, its arguments, and what is wanted of it.
pub struct Invocation<'a> {
    pub function: &'a Function,
    pub args: &'a [Datum],
    /// Actual types, where the declared ones are polymorphic.
    pub arg_types: &'a [Oid],
    /// Actual result type.
    pub result: Oid,
    /// Types of the columns wanted, for functions in FROM; empty: a single value a row.
    pub columns: &'a [Oid],
}

impl Invocation<'_> {
    pub fn source(&self) -> &str {
        match &self.function.body {
            FunctionBody::Source(text) | FunctionBody::Standard(text) => text,
        }
    }
}

/// Calls a function for one value.
pub fn call(
    backend: &mut Backend<'_>,
    function: &Function,
    args: &[Datum],
    arg_types: &[Oid],
    result: Oid,
) -> Result<Datum> {
    let invocation = Invocation {
        function,
        args,
        arg_types,
        result,
        columns: &[],
    };
    let rows = invoke(backend, &invocation)?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(Datum::Null);
    };
    match (result, row.len()) {
        (Oid::VOID, _) => Ok(Datum::Void),
        (_, 0) => Ok(Datum::Null),
        (_, 1) if function.outputs.len() < 2 => Ok(row.into_iter().next().unwrap_or_default()),
        _ => Ok(backend.make_record(function, row)),
    }
}

/// Calls a function that returns a set or several columns: a row of columns each.
pub fn call_set(
    backend: &mut Backend<'_>,
    function: &Function,
    args: &[Datum],
    arg_types: &[Oid],
    columns: &[Oid],
) -> Result<Vec<Vec<Datum>>> {
    let invocation = Invocation {
        function,
        args,
        arg_types,
        result: function.result,
        columns,
    };
    let mut rows = invoke(backend, &invocation)?;
    // A function that returns a composite value gives its fields where columns are wanted.
    for row in &mut rows {
        if let ([Datum::Record(record)], true) = (row.as_slice(), columns.len() > 1) {
            *row = record.values.clone();
        }
    }
    Ok(rows)
}

fn invoke(backend: &mut Backend<'_>, invocation: &Invocation<'_>) -> Result<Vec<Vec<Datum>>> {
    if backend.session.depth >= MAX_DEPTH {
        return Err(
            Error::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded").hint(
                "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the \
             platform's stack depth limit is adequate.",
            ),
        );
    }
    let saved = (backend.session.settings.clone(), backend.session.current_user);
    backend.session.depth += 1;
    for (name, value) in &invocation.function.settings {
        backend.set_setting(name, Some(value), true)?;
    }
    if invocation.function.security_definer {
        backend.session.current_user = invocation.function.owner;
    }
    let rows = match &*invocation.function.language {
        "sql" => sql_function::run(backend, invocation),
        "plpgsql" => plpgsql::call(backend, invocation),
        other => Err(Error::not_modelled(format!("language {other}"))),
    };
    backend.session.depth -= 1;
    if !invocation.function.settings.is_empty() {
        backend.session.settings = saved.0;
    }
    if invocation.function.security_definer {
        backend.session.current_user = saved.1;
    }
    rows
}

impl Backend<'_> {
    /// A row of a function's OUT columns as one value.
    fn make_record(&self, function: &Function, values: Vec<Datum>) -> Datum {
        use kumquat_types::{Environment, RecordValue, UserType};
        let (names, types) = match Environment::user_type(self, function.result) {
            Some(UserType::Composite(fields)) => fields
                .into_iter()
                .map(|(name, oid, modifier)| (name, (oid, modifier)))
                .unzip(),
            _ => function
                .outputs
                .iter()
                .enumerate()
                .map(|(index, output)| {
                    let name = output
                        .name
                        .clone()
                        .unwrap_or_else(|| format!("column{}", index + 1).into());
                    (name, (output.type_oid, -1))
                })
                .unzip::<_, _, Vec<_>, Vec<_>>(),
        };
        Datum::Record(std::sync::Arc::new(RecordValue {
            values,
            types: types.into(),
            names: names.into(),
        }))
    }
}
