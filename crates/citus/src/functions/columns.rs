//! column_name_to_column and column_to_column_name: distribution columns as pg_dist_partition keeps them.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::Attribute;
use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use crate::tables::checks;

/// A column as PostgreSQL writes the node that stands for it.
pub fn column_text(column: &Attribute) -> String {
    format!(
        "{{VAR :varno 1 :varattno {0} :vartype {1} :vartypmod {2} :varcollid {3} :varlevelsup 0 :varnosyn 1 \
         :varattnosyn {0} :location -1}}",
        column.number, column.type_oid, column.type_modifier, column.collation
    )
}

/// column_name_to_column(table_name, column_name)
pub fn name_to_column(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(relation), Some(name)) = (args.oid(0), args.text(1)) else {
        return Ok(Datum::Null);
    };
    let relation = checks::relation(backend, relation)?;
    let column = checks::distribution_column(&relation, name)?;
    Ok(Datum::from(column_text(column)))
}

/// column_to_column_name(table_name, column_var_text)
pub fn column_to_name(backend: &Backend<'_>, args: Arguments<'_>) -> Result<Datum> {
    let (Some(relation), Some(text)) = (args.oid(0), args.text(1)) else {
        return Ok(Datum::Null);
    };
    let Some(rest) = text.trim_start().strip_prefix("{VAR ") else {
        let token = text.split_whitespace().next().unwrap_or_default();
        let message = format!("unrecognized token: \"{token}\"");
        return Err(Error::new(SqlState::INTERNAL_ERROR, message));
    };
    let number = rest
        .split_once(":varattno ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse::<i16>().ok());
    let relation = checks::relation(backend, relation)?;
    match number.and_then(|number| relation.attribute(number)) {
        Some(column) if !column.dropped => Ok(Datum::text(column.name.clone())),
        _ => {
            let message = format!(
                "attribute {} of relation \"{}\" does not exist",
                number.unwrap_or(0),
                relation.name
            );
            Err(Error::new(SqlState::UNDEFINED_COLUMN, message))
        }
    }
}
