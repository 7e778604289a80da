//! What functions on values may ask of the session: time, chance, settings, names of objects, user-defined types.

use kumquat_types::{Datum, EnumLabel, Environment, Error, Oid, Result, SqlState, UserType, io};

use crate::backend::Backend;
use crate::catalog::TypeDefinition;
use crate::catalog::namespace::{qualified_name, undefined_schema};
use crate::catalog::quote::quote_identifier;
use crate::session::Transaction;
use crate::settings::value;
use crate::system::relations::initdb;

impl Environment for Backend<'_> {
    fn transaction_timestamp(&self) -> i64 {
        self.session.clock.transaction_start
    }

    fn statement_timestamp(&self) -> i64 {
        self.session.clock.statement_start
    }

    /// Moves on by a microsecond with each call, so that time passes inside a statement.
    fn clock_timestamp(&mut self) -> i64 {
        let clock = &mut self.session.clock;
        clock.now = clock.now.saturating_add(1);
        clock.now
    }

    /// SplitMix64: small, seeded, the same everywhere.
    fn random(&mut self) -> f64 {
        self.session.random = self.session.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.session.random;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn setting(&self, name: &str) -> Option<String> {
        let value = Backend::setting(self, name)?;
        Some(match self.setting_definition(name) {
            Some(definition) => value::show(definition, &value),
            None => value.to_string(),
        })
    }

    fn reg_name(&self, reg_type: Oid, oid: u32) -> Option<String> {
        let oid = Oid(oid);
        let catalog = self.catalog().ok()?;
        match reg_type {
            Oid::REGCLASS => Some(self.visible_relation_name(catalog.relation(oid)?)),
            Oid::REGTYPE => self.type_exists(oid).then(|| self.format_type(oid)),
            Oid::REGNAMESPACE => Some(quote_identifier(&catalog.schemas.get(&oid)?.name)),
            Oid::REGROLE => Some(quote_identifier(&self.name_of_role(oid)?)),
            Oid::REGPROC => self.function_name(oid),
            Oid::REGPROCEDURE => {
                let user_defined = catalog.functions.contains_key(&oid);
                if user_defined {
                    Some(self.procedure_signature(oid))
                } else {
                    self.builtin_signature(oid)
                }
            }
            Oid::REGOPERATOR => self.operator_signature(oid),
            Oid::REGCONFIG => Some(quote_identifier(initdb::name_of("pg_ts_config", oid)?)),
            Oid::REGDICTIONARY => Some(quote_identifier(initdb::name_of("pg_ts_dict", oid)?)),
            Oid::REGOPER => Some(kumquat_types::operator_by_oid(oid)?.name.to_string()),
            _ => None,
        }
    }

    fn reg_lookup(&self, reg_type: Oid, name: &str) -> Result<Oid> {
        match reg_type {
            Oid::REGCLASS => self.lookup_class(name),
            Oid::REGTYPE => {
                let type_name = kumquat_sql::parse_type_name(name)?;
                Ok(crate::analyze::resolve_type(self, &type_name)?.0)
            }
            Oid::REGNAMESPACE => {
                let schema = single_name(name)?;
                let found = self.find_schema(&schema)?.map(|schema| schema.oid);
                found.ok_or_else(|| undefined_schema(&schema))
            }
            Oid::REGROLE => {
                let role = single_name(name)?;
                self.server()?
                    .role_names
                    .get(role.as_str())
                    .copied()
                    .ok_or_else(|| Error::new(SqlState::UNDEFINED_OBJECT, format!("role \"{role}\" does not exist")))
            }
            Oid::REGPROC => self.lookup_function(name, None, name),
            Oid::REGPROCEDURE => {
                let (function, types) = self.split_signature(name)?;
                self.lookup_function(&function, Some(&types), name)
            }
            Oid::REGCONFIG => text_search_object("pg_ts_config", "text search configuration", name),
            Oid::REGDICTIONARY => text_search_object("pg_ts_dict", "text search dictionary", name),
            _ => Err(Error::not_modelled(format!(
                "input of type {}",
                self.format_type(reg_type)
            ))),
        }
    }

    fn user_type(&self, oid: Oid) -> Option<UserType> {
        let found = Backend::user_type(self, oid)?;
        Some(match &found.definition {
            TypeDefinition::Enum(labels) => UserType::Enum(labels.clone()),
            TypeDefinition::Composite { relation, fields } => {
                UserType::Composite(match self.catalog().ok()?.relation(*relation) {
                    Some(relation) => relation
                        .live_attributes()
                        .map(|attribute| (attribute.name.clone(), attribute.type_oid, attribute.type_modifier))
                        .collect(),
                    None => fields
                        .iter()
                        .map(|field| (field.name.clone(), field.type_oid, field.type_modifier))
                        .collect(),
                })
            }
            TypeDefinition::Domain {
                base, type_modifier, ..
            } => UserType::Domain(*base, *type_modifier),
            TypeDefinition::Array { element } => UserType::Array(*element),
            TypeDefinition::Range { subtype } => UserType::Range(*subtype),
            TypeDefinition::Shell => return None,
        })
    }

    fn check_enum_label(&self, type_oid: Oid, label: &EnumLabel) -> Result<()> {
        if !self.is_uncommitted_label(type_oid, label) {
            return Ok(());
        }
        Err(Error::new(
            SqlState::UNSAFE_NEW_ENUM_VALUE_USAGE,
            format!(
                "unsafe use of new value \"{}\" of enum type {}",
                label.label,
                self.format_type(type_oid)
            ),
        )
        .hint("New enum values must be committed before they can be used."))
    }
}

impl Backend<'_> {
    /// ALTER TYPE ... ADD VALUE has made the label in the transaction block that is open.
    fn is_uncommitted_label(&self, type_oid: Oid, label: &EnumLabel) -> bool {
        let Transaction::Open(block) = &self.session.transaction else {
            return false;
        };
        // Those that CREATE TYPE makes come before the type itself.
        if label.oid < type_oid {
            return false;
        }
        let before = block.before.servers.get(self.session.server.0);
        let before = before.and_then(|server| server.databases.get(&self.session.database));
        let known = before.and_then(|database| database.catalog.types.get(&type_oid));
        match known.map(|user| &user.definition) {
            Some(TypeDefinition::Enum(labels)) => !labels.iter().any(|known| known.oid == label.oid),
            _ => true,
        }
    }

    /// The text form of a value, `None` for NULL.
    pub fn output_text(&self, type_oid: Oid, value: &Datum) -> Option<String> {
        (!value.is_null()).then(|| io::output(self, type_oid, value).into_owned())
    }

    fn type_exists(&self, oid: Oid) -> bool {
        kumquat_types::builtin_type(oid).is_some() || Backend::user_type(self, oid).is_some()
    }

    fn function_name(&self, oid: Oid) -> Option<String> {
        let catalog = self.catalog().ok()?;
        match catalog.functions.get(&oid) {
            Some(function) => Some(self.visible_function_name(function)),
            None => {
                let name = self.any_proc(oid)?.name;
                let own = self.extension.procs().iter().filter(|proc| proc.name == name);
                let overloaded = kumquat_types::lookup_procs(name).len() + own.count() > 1;
                let prefix = if overloaded { "pg_catalog." } else { "" };
                Some(format!("{prefix}{}", quote_identifier(name)))
            }
        }
    }

    /// A function that is built in or the extension's.
    pub fn any_proc(&self, oid: Oid) -> Option<&'static kumquat_types::Proc> {
        kumquat_types::proc_by_oid(oid).or_else(|| self.extension.procs().iter().find(|proc| proc.oid == oid))
    }

    fn builtin_signature(&self, oid: Oid) -> Option<String> {
        let proc = self.any_proc(oid)?;
        let args: Vec<String> = proc.args.iter().map(|arg| self.format_type(*arg)).collect();
        Some(format!("{}({})", proc.name, args.join(",")))
    }

    /// `name(left,right)`, with NONE for the left side of a prefix operator.
    fn operator_signature(&self, oid: Oid) -> Option<String> {
        let operator = kumquat_types::operator_by_oid(oid)?;
        let left = match operator.left {
            Oid::INVALID => "NONE".to_string(),
            left => self.format_type(left),
        };
        Some(format!(
            "{}({left},{})",
            operator.name,
            self.format_type(operator.right)
        ))
    }

    fn lookup_class(&self, name: &str) -> Result<Oid> {
        if let Some(oid) = number(name) {
            return Ok(oid);
        }
        let names = qualified_name(name)?;
        if names.len() > 3 {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!("improper relation name (too many dotted names): {}", names.join(".")),
            ));
        }
        let (schema, relation) = crate::catalog::namespace::split_qualified(self, &names)?;
        let found = self.find_relation_named(schema, relation)?;
        found.map(|relation| relation.oid).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_TABLE,
                format!("relation \"{}\" does not exist", names.join(".")),
            )
        })
    }

    /// `shown`: as it was given.
    fn lookup_function(&self, name: &str, types: Option<&[Oid]>, shown: &str) -> Result<Oid> {
        if let (Some(oid), None) = (number(name), types) {
            return Ok(oid);
        }
        let names = qualified_name(name)?;
        let mut found: Vec<Oid> = self
            .find_functions(&names)?
            .iter()
            .filter(|function| types.is_none_or(|types| function.input_types().eq(types.iter().copied())))
            .map(|function| function.oid)
            .collect();
        if let Some(last) = names.last() {
            let builtin = kumquat_types::lookup_procs(last)
                .iter()
                .chain(self.extension_procs().iter().filter(|proc| proc.name == last.as_str()));
            found.extend(
                builtin
                    .filter(|proc| types.is_none_or(|types| proc.args == types))
                    .map(|proc| proc.oid),
            );
        }
        match found.as_slice() {
            [oid] => Ok(*oid),
            [] => Err(Error::new(
                SqlState::UNDEFINED_FUNCTION,
                format!("function \"{shown}\" does not exist"),
            )),
            _ if types.is_some() => found.first().copied().ok_or_else(|| Error::internal("no function")),
            _ => Err(Error::new(
                SqlState::AMBIGUOUS_FUNCTION,
                format!("more than one function named \"{shown}\""),
            )),
        }
    }

    /// `f(int, text)` as name and argument types.
    fn split_signature(&self, text: &str) -> Result<(String, Vec<Oid>)> {
        let Some((name, rest)) = text.split_once('(') else {
            return Err(Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                "expected a left parenthesis",
            ));
        };
        let Some(inner) = rest.trim_end().strip_suffix(')') else {
            return Err(Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                "expected a right parenthesis",
            ));
        };
        let mut types = Vec::new();
        for part in inner.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            types.push(crate::analyze::resolve_type(self, &kumquat_sql::parse_type_name(part)?)?.0);
        }
        Ok((name.trim().to_string(), types))
    }
}

fn number(text: &str) -> Option<Oid> {
    if text == "-" {
        return Some(Oid::INVALID);
    }
    text.parse().ok().map(Oid)
}

fn single_name(text: &str) -> Result<String> {
    match qualified_name(text)?.as_slice() {
        [name] => Ok(name.clone()),
        _ => Err(Error::new(SqlState::INVALID_NAME, "invalid name syntax")),
    }
}

/// An object of text search by name; all are in `pg_catalog`.
fn text_search_object(catalog: &str, what: &str, text: &str) -> Result<Oid> {
    if let Some(oid) = number(text) {
        return Ok(oid);
    }
    let names = qualified_name(text)?;
    let name = match names.as_slice() {
        [name] => Some(name),
        [schema, name] if schema == "pg_catalog" => Some(name),
        _ => None,
    };
    name.and_then(|name| initdb::oid_of(catalog, name)).ok_or_else(|| {
        let message = format!("{what} \"{}\" does not exist", names.join("."));
        Error::new(SqlState::UNDEFINED_OBJECT, message)
    })
}
