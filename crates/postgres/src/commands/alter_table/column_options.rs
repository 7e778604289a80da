//! ALTER COLUMN: STATISTICS, STORAGE, COMPRESSION, SET (options).

use kumquat_sql::ast::{ColumnOrNumber, DefElem};
use kumquat_types::{Error, Result, SqlState};

use super::live_column;
use crate::backend::Backend;
use crate::catalog::{Name, Relation};
use crate::commands::create_table::column::{compression, storage_of};
use crate::commands::options;

fn invalid_value(message: String) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

pub fn set_statistics(
    backend: &mut Backend<'_>,
    relation: &Relation,
    column: &ColumnOrNumber,
    value: i32,
) -> Result<()> {
    const MAX: i32 = 10_000;
    if value < -1 {
        return Err(invalid_value(format!("statistics target {value} is too low")));
    }
    if value > MAX {
        backend.notice(Error::warning(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("lowering statistics target to {MAX}"),
        ));
    }
    let attribute = match column {
        ColumnOrNumber::Name(name) => live_column(relation, name)?,
        ColumnOrNumber::Number(number) => relation.attribute(*number).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!(
                    "column number {number} of relation \"{}\" does not exist",
                    relation.name
                ),
            )
        })?,
    };
    let target = (value >= 0).then_some(value.min(MAX));
    backend.update_attribute(relation.oid, attribute.number, |attribute| {
        attribute.statistics_target = target;
    })
}

pub fn set_storage(backend: &mut Backend<'_>, relation: &Relation, name: &str, storage: &str) -> Result<()> {
    let letter = match storage.to_ascii_lowercase().as_str() {
        "plain" => 'p',
        "external" => 'e',
        "extended" => 'x',
        "main" => 'm',
        _ => return Err(invalid_value(format!("invalid storage type \"{storage}\""))),
    };
    let attribute = live_column(relation, name)?;
    if letter != 'p' && storage_of(backend, attribute.type_oid) == 'p' {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!(
                "column data type {} can only have storage PLAIN",
                backend.format_type(attribute.type_oid)
            ),
        ));
    }
    backend.update_attribute(relation.oid, attribute.number, |attribute| attribute.storage = letter)
}

pub fn set_compression(backend: &mut Backend<'_>, relation: &Relation, name: &str, method: &str) -> Result<()> {
    let attribute = live_column(relation, name)?;
    let method = compression(backend, attribute, method)?;
    backend.update_attribute(relation.oid, attribute.number, |attribute| {
        attribute.compression = method
    })
}

pub fn set_options(backend: &mut Backend<'_>, relation: &Relation, name: &str, given: &[DefElem]) -> Result<()> {
    let attribute = live_column(relation, name)?;
    let mut kept = attribute.options.clone();
    for option in given {
        check_option(option)?;
        let value = options::numeric(option)?;
        if value < -1.0 {
            let text = options::string(option)?;
            return Err(invalid_value(format!(
                "value {text} out of bounds for option \"{}\"",
                option.name
            ))
            .detail("Valid values are between \"-1.000000\" and \"179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123347747797926204144832.000000\"."));
        }
        kept.retain(|(known, _)| **known != *option.name);
        kept.push((Name::from(option.name.as_str()), options::string(option)?.into()));
    }
    backend.update_attribute(relation.oid, attribute.number, |attribute| attribute.options = kept)
}

fn check_option(option: &DefElem) -> Result<()> {
    match option.name.as_str() {
        "n_distinct" | "n_distinct_inherited" => Ok(()),
        name => Err(invalid_value(format!("unrecognized parameter \"{name}\""))),
    }
}

pub fn reset_options(backend: &mut Backend<'_>, relation: &Relation, name: &str, given: &[DefElem]) -> Result<()> {
    let attribute = live_column(relation, name)?;
    let mut kept = attribute.options.clone();
    kept.retain(|(known, _)| !given.iter().any(|option| **known == *option.name));
    backend.update_attribute(relation.oid, attribute.number, |attribute| attribute.options = kept)
}
