//! Opening a session: who, to which server and database, as libpq and the postmaster decide it.

use std::sync::Arc;

use imbl::OrdMap;
use kumquat_types::Oid;

use crate::catalog::{Name, Role};
use crate::extension::Extension;
use crate::server::{Database, Network, ServerId};
use crate::session::{Clock, Session, Transaction};
use crate::settings::{SettingValues, value};

/// What `\c` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionTarget {
    pub database: String,
    pub user: String,
    pub host: String,
    pub port: String,
}

/// Opens a session; clock, generator and files go on from the `previous` one. The error is what libpq says.
pub fn connect(
    network: &Network,
    target: &ConnectionTarget,
    previous: &Session,
    extension: &dyn Extension,
) -> Result<Session, String> {
    let place = format!(
        "connection to server at \"{}\" (127.0.0.1), port {} failed: ",
        target.host, target.port
    );
    let found = network.servers.iter().enumerate().find(|(_, server)| {
        !server.is_down()
            && server.port.to_string() == target.port
            && (*server.host == *target.host || target.host == "127.0.0.1")
    });
    let Some((index, server)) = found else {
        return Err(format!(
            "{place}Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
        ));
    };
    let fatal = |message: String| format!("{place}FATAL:  {message}");
    let role = server
        .role_names
        .get(target.user.as_str())
        .and_then(|oid| server.roles.get(oid))
        .ok_or_else(|| fatal(format!("role \"{}\" does not exist", target.user)))?;
    if !role.login {
        return Err(fatal(format!("role \"{}\" is not permitted to log in", target.user)));
    }
    let database = server
        .databases
        .get(target.database.as_str())
        .ok_or_else(|| fatal(format!("database \"{}\" does not exist", target.database)))?;
    if !database.allow_connections {
        return Err(fatal(format!(
            "database \"{}\" is not currently accepting connections",
            target.database
        )));
    }
    let settings = initial_settings(&server.default_settings, database, role, extension);
    Ok(Session {
        clock: previous.clock,
        random: previous.random,
        process_id: previous.process_id.saturating_add(1),
        files: previous.files.clone(),
        work_limit: previous.work_limit,
        settings,
        ..open(ServerId(index), database.name.clone(), role.oid)
    })
}

/// A session without history, for the first connection of all.
pub fn open(server: ServerId, database: Name, user: Oid) -> Session {
    Session {
        server,
        database,
        authenticated_user: user,
        session_user: user,
        current_user: user,
        process_id: 1000,
        settings: SettingValues::default(),
        transaction: Transaction::Idle,
        prepared: OrdMap::new(),
        cursors: OrdMap::new(),
        notices: Vec::new(),
        sequence_values: OrdMap::new(),
        last_sequence: None,
        clock: Clock::default(),
        random: 0,
        advisory_locks: Vec::new(),
        temporary_schema: None,
        transition_tables: Default::default(),
        call_stack: Vec::new(),
        trigger_depth: 0,
        nonatomic: false,
        began: None,
        depth: 0,
        work: 0,
        work_limit: crate::executor::WORK_LIMIT,
        extension: None,
        internal: false,
        files: OrdMap::new(),
    }
}

/// What ALTER DATABASE SET and ALTER ROLE SET ask for; the role's word is the last.
fn initial_settings(
    defaults: &[(Name, Name)],
    database: &Database,
    role: &Arc<Role>,
    extension: &dyn Extension,
) -> SettingValues {
    let mut settings = SettingValues::default();
    let of_role = |wanted: Oid| {
        role.settings
            .iter()
            .filter(move |(oid, _, _)| *oid == wanted)
            .map(|(_, name, value)| (name.clone(), value.clone()))
    };
    let all = defaults
        .iter()
        .cloned()
        .chain(database.settings.iter().cloned())
        .chain(of_role(Oid::INVALID))
        .chain(of_role(database.oid));
    for (name, text) in all {
        let known = crate::settings::definition::postgres_settings()
            .iter()
            .chain(extension.settings())
            .find(|definition| definition.name.eq_ignore_ascii_case(&name));
        let value = known.map_or(Some(text.clone()), |definition| {
            value::canonical(definition, &text).ok()
        });
        if let Some(value) = value {
            let key = Name::from(name.to_ascii_lowercase());
            settings.values.insert(key.clone(), value.clone());
            settings.reset.insert(key, value);
        }
    }
    settings
}
