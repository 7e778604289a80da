//! `pg_get_constraintdef` and kin: objects written out as SQL.

use kumquat_types::{Datum, Oid, Result};

use super::Arguments;
use crate::backend::Backend;
use crate::catalog::quote::quote_qualified;
use crate::commands::{range_var, undefined_column};
use crate::extension::FunctionCall;
use crate::system::definition::{constraint, function, index, partition, trigger, view};

pub fn call(backend: &Backend<'_>, call: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Option<Datum>> {
    let pretty = args.bool(1);
    let oid = args.oid(0);
    let text: Option<String> = match call.proc.name {
        "pg_get_constraintdef" => constraint::constraint_definition(backend, oid, pretty)?,
        "pg_get_indexdef" => match args.int(1) {
            0 => index::index_definition(backend, oid, args.bool(2))?,
            number => index::index_column(backend, oid, i32::try_from(number).unwrap_or(0), args.bool(2))?,
        },
        "pg_get_viewdef" => view_definition(backend, args)?,
        "pg_get_ruledef" => match backend.catalog()?.relation(oid).cloned() {
            Some(relation) => view::rule_definition(backend, &relation, pretty)?,
            None => None,
        },
        "pg_get_triggerdef" => trigger::trigger_definition(backend, oid, pretty)?,
        "pg_get_functiondef" => function::function_definition(backend, oid)?,
        "pg_get_function_arguments" => function::arguments(backend, oid)?,
        "pg_get_function_identity_arguments" => function::identity_arguments(backend, oid)?,
        "pg_get_function_result" => function::result(backend, oid)?,
        "pg_get_function_arg_default" => {
            function::argument_default(backend, oid, i32::try_from(args.int(1)).unwrap_or(0))?
        }
        "pg_get_function_sqlbody" => function::sql_body(backend, oid)?,
        "pg_get_partkeydef" => match backend.catalog()?.relation(oid).cloned() {
            Some(relation) => partition::key_definition(backend, &relation)?,
            None => None,
        },
        "pg_get_partition_constraintdef" => match backend.catalog()?.relation(oid).cloned() {
            Some(relation) => partition::constraint_definition(backend, &relation)?,
            None => None,
        },
        // The catalogs hold expressions written out already.
        "pg_get_expr" => Some(args.text(0).to_string()),
        "pg_get_serial_sequence" => serial_sequence(backend, args.text(0), args.text(1))?,
        "pg_get_statisticsobjdef"
        | "pg_get_statisticsobjdef_columns"
        | "pg_get_statisticsobjdef_expressions"
        | "querytree" => None,
        _ => return Ok(None),
    };
    Ok(Some(Datum::from(text)))
}

/// By oid or by name, pretty by a flag or by a column to wrap at.
fn view_definition(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Option<String>> {
    let pretty = args.len() > 1 && args.get(1).as_bool() != Some(false);
    let relation = if args.is_text(0) {
        let names = crate::catalog::namespace::qualified_name(args.text(0))?;
        backend.relation(&range_var(&names))?
    } else {
        match backend.catalog()?.relation(args.oid(0)) {
            Some(relation) => relation.clone(),
            None => return Ok(None),
        }
    };
    if relation.view.is_none() {
        return Ok(Some("Not a view".into()).filter(|_| args.is_text(0)));
    }
    view::view_definition(backend, &relation, pretty)
}

/// The sequence that a serial or identity column owns.
fn serial_sequence(backend: &Backend<'_>, table: &str, column: &str) -> Result<Option<String>> {
    let names = crate::catalog::namespace::qualified_name(table)?;
    let relation = backend.relation(&range_var(&names))?;
    let attribute = relation
        .attribute_by_name(column)
        .ok_or_else(|| undefined_column(column, &relation.name))?;
    let catalog = backend.catalog()?;
    let owned: Option<Oid> = catalog
        .owned_sequences(relation.oid, attribute.number)
        .map(|(sequence, _)| sequence)
        .next();
    let sequence = owned.and_then(|oid| catalog.relation(oid));
    Ok(sequence.map(|sequence| quote_qualified(&backend.schema_name(sequence.schema), &sequence.name)))
}
