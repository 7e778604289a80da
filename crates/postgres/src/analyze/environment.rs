//! What input functions ask of a session while literals are read: settings, and names of catalog objects.

use kumquat_types::{
    EnumLabel, Environment, Error, Oid, Result, SqlState, UserType, all_operators, lookup_procs, operator_by_oid,
    oid::BUILTIN_TYPES, operators, proc_by_oid,
};

use crate::backend::Backend;
use crate::catalog::quote::{quote_identifier, quote_qualified};
use crate::catalog::{Name, TypeDefinition, naming::truncate_identifier};

/// The [`Environment`] of analysis: nothing in it moves time or draws random numbers.
pub struct CatalogEnvironment<'a, 'b>(pub &'a Backend<'b>);

impl Environment for CatalogEnvironment<'_, '_> {
    fn transaction_timestamp(&self) -> i64 {
        self.0.session.clock.transaction_start
    }

    fn statement_timestamp(&self) -> i64 {
        self.0.session.clock.statement_start
    }

    fn clock_timestamp(&mut self) -> i64 {
        self.0.session.clock.now
    }

    fn random(&mut self) -> f64 {
        0.0
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.0.setting(name)
    }

    fn reg_name(&self, reg_type: Oid, oid: u32) -> Option<String> {
        self.0.reg_name(reg_type, Oid(oid))
    }

    fn reg_lookup(&self, reg_type: Oid, name: &str) -> Result<Oid> {
        self.0.reg_lookup(reg_type, name)
    }

    fn user_type(&self, oid: Oid) -> Option<UserType> {
        self.0.environment_type(oid)
    }
}

impl Backend<'_> {
    /// What functions need to know of a user-defined type.
    pub fn environment_type(&self, oid: Oid) -> Option<UserType> {
        Some(match &self.user_type(oid)?.definition {
            TypeDefinition::Enum(labels) => UserType::Enum(labels.iter().map(EnumLabel::clone).collect()),
            TypeDefinition::Composite { .. } => UserType::Composite(
                self.composite_fields(oid)?
                    .into_iter()
                    .filter(|field| !field.name.is_empty())
                    .map(|field| (field.name, field.type_oid, field.type_modifier))
                    .collect(),
            ),
            TypeDefinition::Domain {
                base, type_modifier, ..
            } => UserType::Domain(*base, *type_modifier),
            TypeDefinition::Range { subtype } => UserType::Range(*subtype),
            TypeDefinition::Array { element } => UserType::Array(*element),
            TypeDefinition::Shell => return None,
        })
    }

    /// The object's name as the type's output function prints it; `None`: there is no such object.
    pub fn reg_name(&self, reg_type: Oid, oid: Oid) -> Option<String> {
        match reg_type {
            Oid::REGCLASS => {
                let relation = self.catalog().ok()?.relation(oid)?;
                Some(self.visible_relation_name(relation))
            }
            Oid::REGTYPE => {
                let name = self.format_type(oid);
                (name != "???").then_some(name)
            }
            Oid::REGPROC => self.function_name(oid, false),
            Oid::REGPROCEDURE => self.function_name(oid, true),
            Oid::REGOPER => Some(operator_by_oid(oid)?.name.to_string()),
            Oid::REGOPERATOR => {
                let operator = operator_by_oid(oid)?;
                let side = |oid: Oid| match oid.is_valid() {
                    true => self.format_type(oid),
                    false => "NONE".into(),
                };
                Some(format!("{}({},{})", operator.name, side(operator.left), side(operator.right)))
            }
            Oid::REGNAMESPACE => Some(quote_identifier(&self.catalog().ok()?.schemas.get(&oid)?.name)),
            Oid::REGROLE => Some(quote_identifier(&self.server().ok()?.roles.get(&oid)?.name)),
            _ => None,
        }
    }

    fn function_name(&self, oid: Oid, with_arguments: bool) -> Option<String> {
        let (name, args) = if let Some(proc) = proc_by_oid(oid).or_else(|| self.extension_proc(oid)) {
            (quote_identifier(proc.name), proc.args.to_vec())
        } else {
            let function = self.catalog().ok()?.functions.get(&oid)?;
            let visible = self.function_is_visible(function);
            let name = match visible {
                true => quote_identifier(&function.name),
                false => quote_qualified(&self.schema_name(function.schema), &function.name),
            };
            (name, function.input_types().collect())
        };
        if !with_arguments {
            return Some(name);
        }
        let args: Vec<String> = args.into_iter().map(|arg| self.format_type(arg)).collect();
        Some(format!("{name}({})", args.join(",")))
    }

    /// The object a name means, as the type's input function looks it up.
    pub fn reg_lookup(&self, reg_type: Oid, text: &str) -> Result<Oid> {
        match reg_type {
            Oid::REGTYPE => self.lookup_type_text(text),
            Oid::REGPROCEDURE => self.lookup_procedure(text),
            Oid::REGOPER => lookup_operator(text),
            Oid::REGOPERATOR => self.lookup_operator_signature(text),
            _ => self.lookup_named(reg_type, &split_name(text)?),
        }
    }

    fn lookup_named(&self, reg_type: Oid, names: &[String]) -> Result<Oid> {
        let joined = names.join(".");
        match (reg_type, names) {
            (Oid::REGCLASS, _) => {
                let (schema, name) = crate::catalog::namespace::split_qualified(self, names)?;
                let found = self.find_relation_named(schema, name)?;
                found.map(|relation| relation.oid).ok_or_else(|| {
                    Error::new(
                        SqlState::UNDEFINED_TABLE,
                        format!("relation \"{joined}\" does not exist"),
                    )
                })
            }
            (Oid::REGPROC, _) => self.lookup_function(names),
            (Oid::REGNAMESPACE, [name]) => match self.find_schema(name)? {
                Some(schema) => Ok(schema.oid),
                None => Err(crate::catalog::namespace::undefined_schema(name)),
            },
            (Oid::REGROLE, [name]) => {
                let role = self.server()?.role_names.get(&Name::from(name.as_str()));
                role.copied().ok_or_else(|| {
                    Error::new(SqlState::UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
                })
            }
            (Oid::REGNAMESPACE | Oid::REGROLE, _) => Err(Error::new(SqlState::INVALID_NAME, "invalid name syntax")),
            _ => Err(Error::not_modelled(format!("type {}", self.format_type(reg_type)))),
        }
    }

    fn lookup_function(&self, names: &[String]) -> Result<Oid> {
        let candidates = self.functions_named(names)?;
        match candidates.as_slice() {
            [one] => Ok(one.oid()),
            [] => Err(Error::new(
                SqlState::UNDEFINED_FUNCTION,
                format!("function \"{}\" does not exist", names.join(".")),
            )),
            _ => Err(Error::new(
                SqlState::AMBIGUOUS_FUNCTION,
                format!("more than one function named \"{}\"", names.join(".")),
            )),
        }
    }

    fn lookup_procedure(&self, text: &str) -> Result<Oid> {
        let (names, types) = self.split_signature(text)?;
        let candidates = self.functions_named(&names)?;
        let found = candidates.iter().find(|candidate| candidate.input_types() == types);
        found.map(|candidate| candidate.oid()).ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_FUNCTION, format!("function \"{text}\" does not exist"))
        })
    }

    fn lookup_operator_signature(&self, text: &str) -> Result<Oid> {
        let (names, types) = self.split_signature(text)?;
        let name = names.last().map_or("", String::as_str);
        let found = all_operators()
            .iter()
            .find(|operator| operator.name == name && types == [operator.left, operator.right]);
        found.map(|operator| operator.oid).ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {text}"))
        })
    }

    /// Cuts `schema.name(type, type)`; NONE gives 0.
    fn split_signature(&self, text: &str) -> Result<(Vec<String>, Vec<Oid>)> {
        let parenthesis = |expected: &str| {
            Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                format!("expected a {expected} parenthesis"),
            )
        };
        let (name, rest) = text.split_once('(').ok_or_else(|| parenthesis("left"))?;
        let args = rest.trim_end().strip_suffix(')').ok_or_else(|| parenthesis("right"))?;
        let names = match split_name(name) {
            Ok(names) => names,
            Err(_) => name.split('.').map(|part| part.trim().to_string()).collect(),
        };
        let types = args.split(',').map(str::trim).filter(|arg| !arg.is_empty());
        let types = types.map(|arg| match arg.eq_ignore_ascii_case("none") {
            true => Ok(Oid::INVALID),
            false => self.lookup_type_text(arg),
        });
        Ok((names, types.collect::<Result<_>>()?))
    }

    /// A type from the text of its name: `int`, `character varying(20)`, `sales.mood[]` (`parseTypeString`).
    pub fn lookup_type_text(&self, text: &str) -> Result<Oid> {
        let mut name = text.trim();
        let mut dimensions = 0;
        while let Some((element, _)) = name.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
            name = element.trim_end();
            dimensions += 1;
        }
        let base = self.lookup_scalar_type_text(name)?;
        let found = match dimensions {
            0 => base,
            _ => base.map(|element| self.array_type(element)),
        };
        found.filter(|oid| oid.is_valid()).ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_OBJECT, format!("type \"{}\" does not exist", text.trim()))
        })
    }

    fn lookup_scalar_type_text(&self, name: &str) -> Result<Option<Oid>> {
        let bare = match (name.find('('), name.find(')')) {
            (Some(open), Some(close)) if open < close => {
                let (head, tail) = (name.get(..open), name.get(close + 1..));
                format!("{}{}", head.unwrap_or_default().trim_end(), tail.unwrap_or_default())
            }
            _ => name.to_string(),
        };
        let folded = bare.to_ascii_lowercase();
        let standard = match folded.as_str() {
            "int" => Some(Oid::INT4),
            "decimal" | "dec" => Some(Oid::NUMERIC),
            "float" => Some(Oid::FLOAT8),
            "char" | "character" => Some(Oid::BPCHAR),
            "time with time zone" => Some(Oid::TIMETZ),
            "timestamp with time zone" => Some(Oid::TIMESTAMPTZ),
            sql_name => BUILTIN_TYPES
                .iter()
                .find(|builtin| builtin.sql_name == sql_name && !sql_name.ends_with(']'))
                .map(|builtin| builtin.oid),
        };
        match standard {
            Some(oid) => Ok(Some(oid)),
            None => self.find_type(&split_name(&bare)?),
        }
    }
}

fn lookup_operator(text: &str) -> Result<Oid> {
    let name = text.rsplit('.').next().unwrap_or(text);
    match operators(name) {
        [one] => Ok(one.oid),
        [] => Err(Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("operator does not exist: {text}"),
        )),
        _ => Err(Error::new(
            SqlState::AMBIGUOUS_FUNCTION,
            format!("more than one operator named {text}"),
        )),
    }
}

/// Functions of PostgreSQL by this name exist.
pub fn is_builtin_function(name: &str) -> bool {
    !lookup_procs(name).is_empty()
}

/// Cuts `schema."Name"` into its names, folded unless quoted (`stringToQualifiedNameList`).
pub fn split_name(text: &str) -> Result<Vec<String>> {
    let invalid = || Error::new(SqlState::INVALID_NAME, "invalid name syntax");
    let mut names = Vec::new();
    let mut rest = text.trim();
    loop {
        let (name, after) = next_name(rest).ok_or_else(invalid)?;
        names.push(truncate_identifier(&name).to_string());
        let after = after.trim_start();
        if after.is_empty() {
            return Ok(names);
        }
        rest = after.strip_prefix('.').ok_or_else(invalid)?.trim_start();
    }
}

/// The first name of a text and what follows it.
fn next_name(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c == '.' || c.is_ascii_whitespace()).unwrap_or(text.len());
        let (name, after) = text.split_at_checked(end)?;
        return (!name.is_empty()).then(|| (name.to_lowercase(), after));
    };
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return (!name.is_empty()).then_some((name, after)),
        }
    }
}
