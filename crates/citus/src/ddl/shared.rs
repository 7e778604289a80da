//! Roles, databases and their comments: what all databases of a server share. They are kept the same on all nodes
//! from whichever node they are changed on.

use std::sync::Arc;

use imbl::OrdMap;
use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{AclItem, Name, ObjectClass, Role};
use kumquat_postgres::server::Database;
use kumquat_types::{Oid, Result};

use super::snapshot::tell_other_nodes;
use crate::metadata;
use crate::shards::mirror::on_other_nodes;

pub struct SharedObjects {
    roles: OrdMap<Oid, Arc<Role>>,
    comments: OrdMap<(char, Oid), Name>,
    database: Properties,
}

/// What ALTER DATABASE and GRANT change of the session's database.
#[derive(Clone, PartialEq)]
struct Properties {
    owner: Oid,
    acl: Option<Vec<AclItem>>,
    connection_limit: i32,
    settings: Vec<(Name, Name)>,
}

impl Properties {
    fn of(database: &Database) -> Properties {
        Properties {
            owner: database.owner,
            acl: database.acl.clone(),
            connection_limit: database.connection_limit,
            settings: database.settings.clone(),
        }
    }
}

impl SharedObjects {
    pub fn take(backend: &Backend<'_>) -> Result<SharedObjects> {
        let server = backend.server()?;
        Ok(SharedObjects {
            roles: server.roles.clone(),
            comments: server.shared_descriptions.clone(),
            database: Properties::of(backend.database()?),
        })
    }

    /// Brings the other nodes in step with what has changed since.
    pub fn synchronize(&self, backend: &mut Backend<'_>, text: &str) -> Result<()> {
        let now = SharedObjects::take(backend)?;
        let roles_changed = !self.roles.ptr_eq(&now.roles);
        let comments_changed = !self.comments.ptr_eq(&now.comments) && self.comments != now.comments;
        let database_changed = self.database != now.database;
        if !roles_changed && !comments_changed && !database_changed {
            return Ok(());
        }
        if comments_changed && !roles_changed {
            metadata::ensure_coordinator(backend)?;
        }
        on_other_nodes(backend, |remote, _| {
            if database_changed {
                let database = remote.database_mut()?;
                database.owner = now.database.owner;
                database.acl = now.database.acl.clone();
                database.connection_limit = now.database.connection_limit;
                database.settings = now.database.settings.clone();
            }
            let server = remote.server_mut()?;
            if roles_changed {
                follow_roles(&self.roles, &now.roles, server);
            }
            if comments_changed {
                follow_comments(&self.comments, &now.comments, server);
            }
            Ok(())
        })?;
        if roles_changed {
            self.mark_roles(backend, &now.roles)?;
        }
        tell_other_nodes(backend, text)
    }

    /// New roles are in pg_dist_object, those that are gone no more.
    fn mark_roles(&self, backend: &mut Backend<'_>, now: &OrdMap<Oid, Arc<Role>>) -> Result<()> {
        let fresh: Vec<Oid> = now
            .keys()
            .copied()
            .filter(|oid| !self.roles.contains_key(oid))
            .collect();
        let gone: Vec<Oid> = self
            .roles
            .keys()
            .copied()
            .filter(|oid| !now.contains_key(oid))
            .collect();
        if fresh.is_empty() && gone.is_empty() {
            return Ok(());
        }
        metadata::update(backend, |metadata| {
            for role in fresh {
                metadata.mark_distributed(ObjectClass::Role, role);
            }
            for role in gone {
                metadata.unmark_distributed(ObjectClass::Role, role);
            }
        })
    }
}

fn follow_roles(
    then: &OrdMap<Oid, Arc<Role>>,
    now: &OrdMap<Oid, Arc<Role>>,
    server: &mut kumquat_postgres::server::Server,
) {
    for (oid, role) in then {
        if !now.contains_key(oid) && server.roles.remove(oid).is_some() {
            server.role_names.remove(&role.name);
        }
    }
    for (oid, role) in now {
        let is_same = then.get(oid).is_some_and(|old| Arc::ptr_eq(old, role));
        if is_same {
            continue;
        }
        if let Some(old) = server.roles.insert(*oid, role.clone()) {
            server.role_names.remove(&old.name);
        }
        server.role_names.insert(role.name.clone(), *oid);
    }
}

fn follow_comments(
    then: &OrdMap<(char, Oid), Name>,
    now: &OrdMap<(char, Oid), Name>,
    server: &mut kumquat_postgres::server::Server,
) {
    for object in then.keys().filter(|object| !now.contains_key(*object)) {
        server.shared_descriptions.remove(object);
    }
    for (object, comment) in now {
        if then.get(object) != Some(comment) {
            server.shared_descriptions.insert(*object, comment.clone());
        }
    }
}
