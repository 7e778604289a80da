//! `current_setting`, `set_config`, and options as rows.

use kumquat_types::{Datum, Error, Result, SqlState};

use super::Arguments;
use crate::backend::Backend;
use crate::extension::FunctionCall;

pub fn call(backend: &mut Backend<'_>, name: &str, _: &FunctionCall<'_>, args: Arguments<'_>) -> Result<Option<Datum>> {
    Ok(Some(match name {
        "current_setting" => current_setting(backend, args.text(0), args.bool(1))?,
        "set_config" => {
            if args.get(0).is_null() {
                return Err(Error::new(
                    SqlState::NULL_VALUE_NOT_ALLOWED,
                    "SET requires parameter name",
                ));
            }
            let value = args.get(1).as_str();
            backend.set_setting(args.text(0), Some(value.unwrap_or("")), args.bool(2))?;
            current_setting(backend, args.text(0), true)?
        }
        _ => return Ok(None),
    }))
}

fn current_setting(backend: &Backend<'_>, name: &str, missing_ok: bool) -> Result<Datum> {
    match backend.shown(name) {
        Some((_, value)) => Ok(Datum::from(value)),
        None if missing_ok => Ok(Datum::Null),
        None => Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("unrecognized configuration parameter \"{name}\""),
        )),
    }
}

/// `pg_options_to_table`: `{a=b,c}` as rows of name and value.
pub fn options_to_table(args: Arguments<'_>) -> Result<Vec<Vec<Datum>>> {
    let Datum::Array(options) = args.get(0) else {
        return Ok(Vec::new());
    };
    let texts = options.values.iter().filter_map(Datum::as_str);
    Ok(texts
        .map(|option| match option.split_once('=') {
            Some((name, value)) => vec![Datum::from(name), Datum::from(value)],
            None => vec![Datum::from(option), Datum::Null],
        })
        .collect())
}
