//! LANGUAGE, AS, IMMUTABLE, STRICT, COST, SET ...: the options of CREATE and ALTER FUNCTION.

use kumquat_sql::ast::{DefArg, DefElem};
use kumquat_types::{Error, Result, SqlState, Volatility};

use super::invalid;
use crate::backend::Backend;
use crate::catalog::Function;
use crate::commands::{options, role};

#[derive(Default)]
pub struct Attributes<'a> {
    pub language: Option<&'a DefElem>,
    pub body: Option<&'a DefElem>,
    pub window: bool,
    volatility: Option<&'a DefElem>,
    strict: Option<&'a DefElem>,
    security: Option<&'a DefElem>,
    leakproof: Option<&'a DefElem>,
    cost: Option<&'a DefElem>,
    rows: Option<&'a DefElem>,
    parallel: Option<&'a DefElem>,
    settings: Vec<&'a DefElem>,
}

impl<'a> Attributes<'a> {
    pub fn read(given: &'a [DefElem], is_procedure: bool) -> Result<Attributes<'a>> {
        let mut attributes = Attributes::default();
        for option in given {
            let of_functions = matches!(
                option.name.as_str(),
                "window" | "volatility" | "strict" | "leakproof" | "cost" | "rows" | "support" | "parallel"
            );
            if is_procedure && of_functions {
                return Err(invalid("invalid attribute in procedure definition").at(option.location));
            }
            let place = match option.name.as_str() {
                "language" => &mut attributes.language,
                "as" => &mut attributes.body,
                "volatility" => &mut attributes.volatility,
                "strict" => &mut attributes.strict,
                "security" => &mut attributes.security,
                "leakproof" => &mut attributes.leakproof,
                "cost" => &mut attributes.cost,
                "rows" => &mut attributes.rows,
                "parallel" => &mut attributes.parallel,
                "set" => {
                    attributes.settings.push(option);
                    continue;
                }
                "window" => {
                    attributes.window = true;
                    continue;
                }
                "support" => return Err(Error::not_modelled("SUPPORT functions")),
                "transform" => return Err(Error::not_modelled("TRANSFORM FOR TYPE")),
                name => return Err(Error::internal(format!("option \"{name}\" not recognized"))),
            };
            options::set_once(place, option)?;
        }
        Ok(attributes)
    }

    pub fn apply(&self, backend: &Backend<'_>, function: &mut Function) -> Result<()> {
        if let Some(option) = self.volatility {
            function.volatility = match options::string(option)?.as_str() {
                "immutable" => Volatility::Immutable,
                "stable" => Volatility::Stable,
                _ => Volatility::Volatile,
            };
        }
        if let Some(option) = self.strict {
            function.strict = options::boolean(option)?;
        }
        if let Some(option) = self.security {
            function.security_definer = options::boolean(option)?;
        }
        if let Some(option) = self.leakproof {
            function.leakproof = options::boolean(option)?;
            if function.leakproof && !backend.superuser() {
                return Err(role::denied("only superuser can define a leakproof function"));
            }
        }
        if let Some(option) = self.cost {
            function.cost = positive(option, "COST")?;
        }
        if let Some(option) = self.rows {
            let rows = positive(option, "ROWS")?;
            if !function.returns_set {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    "ROWS is not applicable when function does not return a set",
                ));
            }
            function.rows = rows;
        }
        if let Some(option) = self.parallel {
            function.parallel = match options::string(option)?.as_str() {
                "safe" => 's',
                "restricted" => 'r',
                "unsafe" => 'u',
                _ => {
                    return Err(Error::new(
                        SqlState::SYNTAX_ERROR,
                        "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE",
                    ));
                }
            };
        }
        for option in &self.settings {
            let Some(DefArg::Set(set)) = &option.arg else { continue };
            match role::settings::read(backend, set)? {
                None => function.settings.clear(),
                Some((name, value)) => {
                    function.settings.retain(|(known, _)| *known != name);
                    function.settings.extend(value.map(|value| (name, value)));
                }
            }
        }
        Ok(())
    }
}

fn positive(option: &DefElem, word: &str) -> Result<f64> {
    let value = options::numeric(option)?;
    if value <= 0.0 {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("{word} must be positive"),
        ));
    }
    Ok(value)
}
