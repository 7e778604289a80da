//! SUPERUSER, LOGIN, PASSWORD ...: what CREATE ROLE and ALTER ROLE say of a role itself.

use kumquat_sql::ast::{DefElem, RoleOption};
use kumquat_types::{Datum, Error, Oid, Result, SqlState, io};

use crate::backend::Backend;
use crate::catalog::{Name, Role};
use crate::commands::options;

/// What was said; `None`: nothing.
#[derive(Default)]
pub struct Attributes {
    pub superuser: Option<bool>,
    pub inherit: Option<bool>,
    pub create_role: Option<bool>,
    pub create_db: Option<bool>,
    pub login: Option<bool>,
    pub replication: Option<bool>,
    pub bypass_rls: Option<bool>,
    connection_limit: Option<i32>,
    /// PASSWORD NULL is `Some(None)`.
    password: Option<Option<Name>>,
    valid_until: Option<Name>,
    sysid: bool,
    count: usize,
}

impl Attributes {
    pub fn read(given: &[RoleOption]) -> Result<Attributes> {
        let mut attributes = Attributes::default();
        let mut seen: Vec<&str> = Vec::new();
        for option in given {
            let RoleOption::Attribute(option) = option else {
                continue;
            };
            if seen.contains(&option.name.as_str()) {
                return Err(options::conflicting(option));
            }
            seen.push(&option.name);
            attributes.set(option)?;
        }
        attributes.count = seen.len();
        Ok(attributes)
    }

    fn set(&mut self, option: &DefElem) -> Result<()> {
        let flag = || options::boolean(option).map(Some);
        match option.name.as_str() {
            "superuser" => self.superuser = flag()?,
            "inherit" => self.inherit = flag()?,
            "createrole" => self.create_role = flag()?,
            "createdb" => self.create_db = flag()?,
            "canlogin" => self.login = flag()?,
            "isreplication" => self.replication = flag()?,
            "bypassrls" => self.bypass_rls = flag()?,
            "connectionlimit" => {
                let limit = options::int32(option)?;
                if limit < -1 {
                    return Err(Error::new(
                        SqlState::INVALID_PARAMETER_VALUE,
                        format!("invalid connection limit: {limit}"),
                    ));
                }
                self.connection_limit = Some(limit);
            }
            "password" => self.password = Some(option.arg.as_ref().and_then(super::text_of)),
            "validUntil" => self.valid_until = Some(options::string(option)?.into()),
            "sysid" => self.sysid = true,
            name => return Err(Error::internal(format!("option \"{name}\" not recognized"))),
        }
        Ok(())
    }

    /// Nothing else than a password: everybody may change their own.
    pub fn only_password(&self) -> bool {
        self.password.is_some() && self.count == 1
    }

    pub fn apply(&self, backend: &mut Backend<'_>, role: &mut Role) -> Result<()> {
        if self.sysid {
            backend.notice(Error::notice("SYSID can no longer be specified"));
        }
        for (given, place) in [
            (self.superuser, &mut role.superuser),
            (self.inherit, &mut role.inherit),
            (self.create_role, &mut role.create_role),
            (self.create_db, &mut role.create_db),
            (self.login, &mut role.login),
            (self.replication, &mut role.replication),
            (self.bypass_rls, &mut role.bypass_rls),
        ] {
            *place = given.unwrap_or(*place);
        }
        if let Some(limit) = self.connection_limit {
            role.connection_limit = limit;
        }
        if let Some(password) = &self.password {
            role.password = password.clone().filter(|text| !text.is_empty());
            if password.as_deref() == Some("") {
                backend.notice(Error::notice("empty string is not a valid password, clearing password"));
            }
        }
        if let Some(until) = &self.valid_until {
            let value = io::input(backend, Oid::TIMESTAMPTZ, -1, until)?;
            let text = backend.output_text(Oid::TIMESTAMPTZ, &value);
            role.valid_until = match value {
                Datum::Null => None,
                _ => text.map(Into::into),
            };
        }
        Ok(())
    }
}
