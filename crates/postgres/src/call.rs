//! CALL: a procedure of the learner's, of PostgreSQL or of the extension.

use kumquat_sql::ast::{self, CallStmt};
use kumquat_types::{Chunk, Datum, Error, Oid, Result};

use crate::analyze::{self, ExprContext};
use crate::backend::Backend;
use crate::catalog::function::ArgumentMode;
use crate::driver::Outcome;
use crate::executor;
use crate::query::Expr;
use crate::result::{CommandTag, ResultColumn, ResultSet};

/// Runs a procedure; OUT and INOUT arguments come back as one row.
pub fn call_procedure(backend: &mut Backend<'_>, statement: &CallStmt) -> Result<Outcome> {
    let call = ast::Expr::FuncCall(Box::new(statement.call.clone()));
    let expr = analyze::analyze_expression(backend, None, &call, ExprContext::CallArgument, None)?;
    let Expr::Func(call) = &expr else {
        return Err(Error::internal("CALL of something else than a procedure"));
    };
    let tag = CommandTag::new("CALL");
    let Some(function) = backend.catalog()?.functions.get(&call.function).cloned() else {
        executor::evaluate(backend, &expr, &[])?;
        return Ok(Outcome::Command(tag));
    };
    let mut args = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        args.push(executor::evaluate(backend, arg, &[])?);
    }
    let arg_types: Vec<Oid> = call.args.iter().map(Expr::type_oid).collect();
    let columns: Vec<Oid> = function.outputs.iter().map(|output| output.type_oid).collect();
    let rows = executor::functions::call_set(backend, &function, &args, &arg_types, &columns)?;
    let outputs: Vec<_> = function
        .outputs
        .iter()
        .filter(|output| matches!(output.mode, ArgumentMode::Out | ArgumentMode::InOut))
        .collect();
    if outputs.is_empty() {
        return Ok(Outcome::Command(tag));
    }
    let described = outputs.iter().enumerate().map(|(index, output)| ResultColumn {
        name: output
            .name
            .clone()
            .unwrap_or_else(|| format!("column{}", index + 1).into()),
        type_oid: output.type_oid,
        type_modifier: -1,
    });
    let row: Vec<Datum> = rows.into_iter().next().unwrap_or_default();
    let result = ResultSet {
        columns: described.collect(),
        chunks: vec![Chunk::from_rows(&columns, [row])],
    };
    Ok(Outcome::Rows(result, tag))
}
