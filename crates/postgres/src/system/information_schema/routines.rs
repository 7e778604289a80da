//! routines, parameters: of functions that users made.

use kumquat_types::{Datum, Result, Volatility};

use super::type_facts::{self, data_type, type_name};
use super::{Table, database, read_only, schema, text, yes_or_no};
use crate::backend::Backend;
use crate::catalog::function::ArgumentMode;
use crate::catalog::{Function, FunctionBody, ProcKind};
use crate::ruleutils::deparse_expression;
use crate::system::relations::Rows;

fn specific_name(function: &Function) -> Datum {
    Datum::from(format!("{}_{}", function.name, function.oid))
}

pub fn routines(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut table = Table::new(
            "routines",
            &[
                "specific_catalog",
                "specific_schema",
                "specific_name",
                "routine_catalog",
                "routine_schema",
                "routine_name",
                "routine_type",
                "data_type",
                "type_udt_catalog",
                "type_udt_schema",
                "type_udt_name",
                "dtd_identifier",
                "routine_body",
                "routine_definition",
                "external_language",
                "parameter_style",
                "is_deterministic",
                "sql_data_access",
                "is_null_call",
                "schema_level_routine",
                "max_dynamic_result_sets",
                "security_type",
                "as_locator",
                "is_udt_dependent",
            ],
        );
        for function in backend.catalog()?.functions.values() {
            table.push(routine_row(backend, function));
        }
        Ok(table.rows)
    })
}

fn routine_row(backend: &Backend<'_>, function: &Function) -> Vec<Datum> {
    let procedure = function.kind == ProcKind::Procedure;
    let in_schema = schema(backend, function.schema);
    let name = Datum::Text(function.name.clone());
    let mut row = vec![
        database(backend),
        in_schema.clone(),
        specific_name(function),
        database(backend),
        in_schema,
        name,
        text(if procedure { "PROCEDURE" } else { "FUNCTION" }),
    ];
    if procedure {
        row.extend((0..4).map(|_| Datum::Null));
    } else {
        row.push(Datum::from(data_type(backend, function.result)));
        row.push(database(backend));
        row.extend(type_name(backend, function.result));
    }
    let own = backend.owns(function.owner);
    let source = match &function.body {
        FunctionBody::Source(source) | FunctionBody::Standard(source) => source,
    };
    row.extend([
        text("0"),
        text(if &*function.language == "sql" {
            "SQL"
        } else {
            "EXTERNAL"
        }),
        if own { Datum::Text(source.clone()) } else { Datum::Null },
        Datum::from(function.language.to_uppercase()),
        text("GENERAL"),
        yes_or_no(function.volatility == Volatility::Immutable),
        text("MODIFIES"),
        if procedure {
            Datum::Null
        } else {
            yes_or_no(function.strict)
        },
        yes_or_no(true),
        Datum::Int4(0),
        text(if function.security_definer {
            "DEFINER"
        } else {
            "INVOKER"
        }),
        yes_or_no(false),
        yes_or_no(false),
    ]);
    row
}

pub fn parameters(backend: &mut Backend<'_>) -> Result<Rows> {
    read_only(backend, |backend| {
        let mut names = vec![
            "specific_catalog",
            "specific_schema",
            "specific_name",
            "ordinal_position",
            "parameter_mode",
            "is_result",
            "as_locator",
            "parameter_name",
            "dtd_identifier",
            "parameter_default",
            "data_type",
            "udt_catalog",
            "udt_schema",
            "udt_name",
        ];
        names.dedup();
        let mut table = Table::new("parameters", &names);
        for function in backend.catalog()?.functions.values() {
            for (parameter, number) in function.parameters().zip(1..) {
                let mode = match parameter.mode {
                    ArgumentMode::In | ArgumentMode::Variadic => "IN",
                    ArgumentMode::Out | ArgumentMode::Table => "OUT",
                    ArgumentMode::InOut => "INOUT",
                };
                let default = match &parameter.default {
                    Some(expr) => Datum::from(deparse_expression(backend, expr, None, false)?),
                    None => Datum::Null,
                };
                let mut row = vec![
                    database(backend),
                    schema(backend, function.schema),
                    specific_name(function),
                    Datum::Int4(number),
                    text(mode),
                    yes_or_no(false),
                    yes_or_no(false),
                    parameter.name.clone().map_or(Datum::Null, Datum::Text),
                    Datum::from(number.to_string()),
                    default,
                    Datum::from(data_type(backend, parameter.type_oid)),
                    database(backend),
                ];
                row.extend(type_facts::type_name(backend, parameter.type_oid));
                table.push(row);
            }
        }
        Ok(table.rows)
    })
}
