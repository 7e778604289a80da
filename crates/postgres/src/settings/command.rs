//! SET, RESET and SHOW, and `set_config` and `current_setting` beside them.

use kumquat_sql::ast::{DefArg, DefElem, Expr, TypeCast, Value, VariableSetKind, VariableSetStmt};
use kumquat_types::datetime::{interval, zone::Zone};
use kumquat_types::typmod::typmod_in;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::check::{check_custom_name, check_string, list_setting, unrecognized};
use super::definition::{SettingContext, SettingDefinition, SettingType};
use super::value;
use crate::backend::Backend;
use crate::catalog::Name;
use crate::result::{CommandTag, ResultColumn, ResultSet};
use crate::session::Transaction;
use kumquat_types::{Chunk, Datum};

impl Backend<'_> {
    /// SET and RESET.
    pub fn set_variable(&mut self, statement: &VariableSetStmt) -> Result<CommandTag> {
        let tag = match statement.kind {
            VariableSetKind::Reset | VariableSetKind::ResetAll => "RESET",
            _ => "SET",
        };
        if statement.is_local && matches!(self.session.transaction, Transaction::Idle) {
            self.notice(Error::warning(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                "SET LOCAL can only be used in transaction blocks",
            ));
            return Ok(CommandTag::new(tag));
        }
        match &statement.kind {
            VariableSetKind::Value(values) => {
                let text = list_text(&statement.name, values)?;
                self.set_setting(&statement.name, Some(&text), statement.is_local)?;
            }
            VariableSetKind::Default | VariableSetKind::Reset => {
                self.set_setting(&statement.name, None, statement.is_local)?;
            }
            VariableSetKind::Current => {}
            VariableSetKind::ResetAll => {
                let keep = [
                    "role",
                    "session_authorization",
                    "transaction_isolation",
                    "transaction_read_only",
                ];
                let names: Vec<Name> = self.session.settings.values.keys().cloned().collect();
                for name in names.iter().filter(|name| !keep.contains(&&***name)) {
                    self.session.settings.reset(name);
                }
            }
            VariableSetKind::Multi(modes) => self.set_transaction_modes(&statement.name, modes)?,
            VariableSetKind::Snapshot(_) => return Err(Error::not_modelled("SET TRANSACTION SNAPSHOT")),
        }
        Ok(CommandTag::new(tag))
    }

    /// The text that ALTER ROLE SET and its kin keep for later sessions: as written, if SET would take it.
    pub fn checked_setting(&self, name: &str, values: &[Expr]) -> Result<Name> {
        let text = list_text(name, values)?;
        match self.setting_definition(name) {
            Some(definition) => {
                self.check_settable(definition)?;
                self.check_value(definition, &text)?;
            }
            None => check_custom_name(name, self.reserved_prefix(name))?,
        }
        Ok(text.into())
    }

    /// Sets a setting from its text, or with `None` resets it (`set_config_option`).
    pub fn set_setting(&mut self, name: &str, text: Option<&str>, local: bool) -> Result<()> {
        let key = Name::from(name.to_ascii_lowercase());
        match &*key {
            "role" => return self.set_role(text, local),
            "session_authorization" => return self.set_session_authorization(text, local),
            _ => {}
        }
        let value = match self.setting_definition(name) {
            Some(definition) => {
                self.check_settable(definition)?;
                let value = text.map(|text| self.check_value(definition, text)).transpose()?;
                self.check_transaction_mode(definition.name, value.as_deref())?;
                value
            }
            None => {
                if text.is_none() && !name.contains('.') && !self.session.settings.values.contains_key(&key) {
                    return Err(unrecognized(name));
                }
                check_custom_name(name, self.reserved_prefix(name))?;
                Some(text.unwrap_or("").into())
            }
        };
        self.store_setting(key, value, local);
        Ok(())
    }

    fn check_value(&self, definition: &SettingDefinition, text: &str) -> Result<Name> {
        let value = value::canonical(definition, text)?;
        if definition.setting_type != SettingType::String {
            return Ok(value);
        }
        let current = self.setting(definition.name).unwrap_or_else(|| "".into());
        Ok(check_string(definition, &value, &current)?.into())
    }

    fn check_settable(&self, definition: &SettingDefinition) -> Result<()> {
        let cannot = |rest: &str| {
            Err(Error::new(
                SqlState::CANT_CHANGE_RUNTIME_PARAM,
                format!("parameter \"{}\" cannot be changed{rest}", definition.name),
            ))
        };
        match definition.context {
            SettingContext::Internal => cannot(""),
            SettingContext::Postmaster => cannot(" without restarting the server"),
            SettingContext::Sighup => cannot(" now"),
            SettingContext::Backend | SettingContext::SuperuserBackend => Err(Error::new(
                SqlState::CANT_CHANGE_RUNTIME_PARAM,
                format!("parameter \"{}\" cannot be set after connection start", definition.name),
            )),
            SettingContext::Superuser if !self.current_user_is_superuser() => Err(Error::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!("permission denied to set parameter \"{}\"", definition.name),
            )),
            SettingContext::Superuser | SettingContext::User => Ok(()),
        }
    }

    /// Prefix of a dotted name that an extension claims as its own.
    fn reserved_prefix<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (prefix, _) = name.split_once('.')?;
        let owned = |definition: &SettingDefinition| {
            definition
                .name
                .split_once('.')
                .is_some_and(|(own, _)| own.eq_ignore_ascii_case(prefix))
        };
        self.extension.settings().iter().any(owned).then_some(prefix)
    }

    fn store_setting(&mut self, key: Name, value: Option<Name>, local: bool) {
        let settings = &mut self.session.settings;
        if local {
            if !settings.local.contains_key(&key) {
                let before = settings.values.get(&key).cloned();
                settings.local.insert(key.clone(), before);
            }
        } else {
            settings.local.remove(&key);
        }
        match value {
            Some(value) => {
                settings.values.insert(key, value);
            }
            None => settings.reset(&key),
        }
    }

    fn set_role(&mut self, text: Option<&str>, local: bool) -> Result<()> {
        let name = text.unwrap_or("none");
        let role = if name == "none" {
            self.session.session_user
        } else {
            let role = self.lookup_role(name)?;
            if !self.may_become(self.session.session_user, role) {
                return Err(Error::new(
                    SqlState::INSUFFICIENT_PRIVILEGE,
                    format!("permission denied to set role \"{name}\""),
                ));
            }
            role
        };
        self.store_setting("role".into(), (name != "none").then(|| name.into()), local);
        self.session.current_user = role;
        Ok(())
    }

    fn set_session_authorization(&mut self, text: Option<&str>, local: bool) -> Result<()> {
        let role = match text {
            None | Some("default") => self.session.authenticated_user,
            Some(name) => self.lookup_role(name)?,
        };
        let superuser = self
            .server()?
            .roles
            .get(&self.session.authenticated_user)
            .is_some_and(|role| role.superuser);
        if role != self.session.authenticated_user && !superuser {
            return Err(Error::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                "permission denied to set session authorization",
            ));
        }
        self.session.session_user = role;
        self.session.current_user = role;
        self.store_setting("role".into(), None, local);
        Ok(())
    }

    fn lookup_role(&self, name: &str) -> Result<Oid> {
        self.server()?.role_names.get(name).copied().ok_or_else(|| {
            Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("role \"{name}\" does not exist"),
            )
        })
    }

    /// Whether `member` is `role`, a superuser, or a member of it at any depth.
    fn may_become(&self, member: Oid, role: Oid) -> bool {
        let Ok(server) = self.server() else { return false };
        let (mut seen, mut queue) = (vec![member], vec![member]);
        while let Some(next) = queue.pop() {
            let Some(found) = server.roles.get(&next) else { continue };
            if next == role || (next == member && found.superuser) {
                return true;
            }
            for (parent, _) in &found.member_of {
                if !seen.contains(parent) {
                    seen.push(*parent);
                    queue.push(*parent);
                }
            }
        }
        false
    }

    pub fn current_user_is_superuser(&self) -> bool {
        self.server()
            .ok()
            .and_then(|server| server.roles.get(&self.session.current_user))
            .is_some_and(|role| role.superuser)
    }

    /// SET TRANSACTION and SET SESSION CHARACTERISTICS; also the modes of BEGIN.
    pub fn set_transaction_modes(&mut self, name: &str, modes: &[DefElem]) -> Result<()> {
        let session = name.starts_with("SESSION");
        if !session && matches!(self.session.transaction, Transaction::Idle) {
            self.notice(Error::warning(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                "SET TRANSACTION can only be used in transaction blocks",
            ));
            return Ok(());
        }
        for mode in modes {
            let text = match &mode.arg {
                Some(DefArg::String(text)) => text.clone(),
                Some(DefArg::Integer(number)) => if *number == 0 { "off" } else { "on" }.into(),
                Some(DefArg::Boolean(value)) => if *value { "on" } else { "off" }.into(),
                Some(DefArg::Expr(expr)) => constant_text(expr).unwrap_or_default(),
                _ => continue,
            };
            if session {
                self.set_setting(&format!("default_{}", mode.name), Some(&text), false)?;
            } else {
                self.set_setting(&mode.name, Some(&text), true)?;
            }
        }
        Ok(())
    }

    /// SHOW name, or SHOW ALL.
    pub fn show_variable(&mut self, name: &str) -> Result<ResultSet> {
        if name.eq_ignore_ascii_case("all") {
            return Ok(self.show_all());
        }
        let (title, value) = self.shown(name).ok_or_else(|| unrecognized(name))?;
        Ok(ResultSet {
            columns: vec![text_column(&title)],
            chunks: vec![Chunk::from_rows(&[Oid::TEXT], &[vec![Datum::text(value)]])],
        })
    }

    /// A setting's proper name and what SHOW prints for it.
    pub fn shown(&self, name: &str) -> Option<(String, String)> {
        let value = self.setting(name);
        match self.setting_definition(name) {
            Some(definition) => Some((definition.name.into(), value::show(definition, &value?))),
            None => Some((name.to_ascii_lowercase(), value?.to_string())),
        }
    }

    fn show_all(&self) -> ResultSet {
        let mut rows = Vec::new();
        let mut definitions: Vec<&SettingDefinition> = super::definition::postgres_settings()
            .iter()
            .chain(self.extension.settings())
            .collect();
        definitions.sort_by_key(|definition| definition.name.to_ascii_lowercase());
        for definition in definitions.into_iter().filter(|definition| !definition.hidden) {
            if let Some((name, value)) = self.shown(definition.name) {
                rows.push(vec![Datum::text(name), Datum::text(value), Datum::text("")]);
            }
        }
        ResultSet {
            columns: vec![text_column("name"), text_column("setting"), text_column("description")],
            chunks: vec![Chunk::from_rows(&[Oid::TEXT; 3], &rows)],
        }
    }
}

fn text_column(name: &str) -> ResultColumn {
    ResultColumn {
        name: name.into(),
        type_oid: Oid::TEXT,
        type_modifier: -1,
    }
}

/// The values of SET as one text (`flatten_set_variable_args`).
fn list_text(name: &str, values: &[Expr]) -> Result<String> {
    let quoted = list_setting(name);
    if values.len() > 1 && quoted.is_none() {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("SET {name} takes only one argument"),
        ));
    }
    let words = values.iter().map(|value| {
        let text = constant_text(value).ok_or_else(|| Error::not_modelled("this value of SET"))?;
        Ok(if quoted == Some(true) && values_is_word(value) {
            crate::catalog::quote::quote_identifier(&text)
        } else {
            text
        })
    });
    Ok(words.collect::<Result<Vec<_>>>()?.join(", "))
}

fn values_is_word(value: &Expr) -> bool {
    matches!(value, Expr::Const(constant) if matches!(constant.value, Value::String(_)))
}

/// `SET TIME ZONE INTERVAL '2' HOUR`, the only cast that SET knows: the name of the zone so far east.
fn interval_text(cast: &TypeCast) -> Option<String> {
    let text = constant_text(&cast.arg)?;
    let modifiers = cast.type_name.typmods.iter().map(|modifier| match modifier {
        Expr::Const(constant) => match constant.value {
            Value::Integer(number) => Some(number),
            _ => None,
        },
        _ => None,
    });
    let modifiers: Vec<i32> = modifiers.collect::<Option<_>>()?;
    let typmod = match modifiers.as_slice() {
        [] => -1,
        modifiers => typmod_in(Oid::INTERVAL, modifiers).ok()?,
    };
    let span = interval::parse(&text, typmod).ok()?;
    let east = i32::try_from(span.micros / 1_000_000).ok()?;
    (span.months == 0 && span.days == 0).then(|| Zone::fixed(east).name.to_string())
}

/// The text of a constant in SET, numbers included.
pub fn constant_text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Const(constant) => match &constant.value {
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(text) | Value::String(text) => Some(text.clone()),
            Value::Boolean(value) => Some(if *value { "true" } else { "false" }.into()),
            Value::BitString(_) | Value::Null => None,
        },
        Expr::TypeCast(cast) => interval_text(cast),
        _ => None,
    }
}
