//! Servers as `initdb` leaves them: the predefined roles and schemas, the template databases.

use std::sync::{Arc, OnceLock};

use imbl::{OrdMap, Vector};
use kumquat_types::Oid;

use super::well_known::{BOOTSTRAP_SUPERUSER, DATABASE_OWNER_ROLE, INFORMATION_SCHEMA, PG_CATALOG, PG_TOAST, PUBLIC};
use super::{
    AccessMethod, AclItem, Attribute, Catalog, InstalledExtension, Name, ObjectAddress, ObjectClass, Relation,
    RelationKind, Role, Schema,
};
use crate::extension::SystemRelation;
use crate::server::{Database, Network, Server};

/// The database that the learner connects to.
pub const DEFAULT_DATABASE: &str = "lab";

/// Predefined roles beside the superuser, with their oids.
const PREDEFINED_ROLES: &[(u32, &str)] = &[
    (3373, "pg_monitor"),
    (3374, "pg_read_all_settings"),
    (3375, "pg_read_all_stats"),
    (3377, "pg_stat_scan_tables"),
    (4200, "pg_signal_backend"),
    (4544, "pg_checkpoint"),
    (4569, "pg_read_server_files"),
    (4570, "pg_write_server_files"),
    (4571, "pg_execute_server_program"),
    (6171, "pg_database_owner"),
    (6181, "pg_read_all_data"),
    (6182, "pg_write_all_data"),
];

/// The roles that `pg_monitor` is a member of.
const MONITOR_MEMBERSHIPS: [u32; 3] = [3374, 3375, 3377];

const ACCESS_METHODS: [(u32, &str, char); 7] = [
    (2, "heap", 't'),
    (403, "btree", 'i'),
    (405, "hash", 'i'),
    (783, "gist", 'i'),
    (2742, "gin", 'i'),
    (4000, "spgist", 'i'),
    (3580, "brin", 'i'),
];

/// Catalogs that hold what only a superuser may see.
const PRIVATE_RELATIONS: [&str; 5] = [
    "pg_authid",
    "pg_shadow",
    "pg_statistic",
    "pg_user_mapping",
    "pg_subscription",
];

impl Network {
    /// Fresh servers, each with the databases `postgres`, `template0`, `template1` and [`DEFAULT_DATABASE`].
    pub fn new(nodes: &[(&str, u16)]) -> Network {
        let servers: Vector<Server> = nodes.iter().map(|(host, port)| Server::new(host, *port)).collect();
        Network {
            servers,
            next_oid: Oid::FIRST_NORMAL + 1,
        }
    }
}

impl Server {
    pub fn new(host: &str, port: u16) -> Server {
        let roles: OrdMap<Oid, Arc<Role>> = initial_roles().map(|role| (role.oid, Arc::new(role))).collect();
        let databases = [
            (5, "postgres", false),
            (1, "template1", true),
            (4, "template0", true),
            (Oid::FIRST_NORMAL, DEFAULT_DATABASE, false),
        ];
        Server {
            host: host.into(),
            port,
            role_names: roles.values().map(|role| (role.name.clone(), role.oid)).collect(),
            roles,
            default_settings: Vec::new(),
            databases: databases
                .into_iter()
                .map(|(oid, name, is_template)| (Name::from(name), initial_database(oid, name, is_template)))
                .collect(),
            next_xid: 731,
            availability: crate::server::Availability::Up,
            prepared: OrdMap::new(),
            shared_descriptions: shared_descriptions(),
        }
    }
}

fn initial_roles() -> impl Iterator<Item = Role> {
    let superuser = Role {
        superuser: true,
        create_role: true,
        create_db: true,
        login: true,
        replication: true,
        bypass_rls: true,
        ..Role::plain(BOOTSTRAP_SUPERUSER, "postgres")
    };
    let predefined = PREDEFINED_ROLES.iter().map(|(oid, name)| {
        let mut role = Role::plain(Oid(*oid), name);
        if *name == "pg_monitor" {
            role.member_of = MONITOR_MEMBERSHIPS.iter().map(|group| (Oid(*group), false)).collect();
        }
        role
    });
    std::iter::once(superuser).chain(predefined)
}

impl Role {
    /// A role as CREATE ROLE without options makes it.
    pub fn plain(oid: Oid, name: &str) -> Role {
        Role {
            oid,
            name: name.into(),
            superuser: false,
            inherit: true,
            create_role: false,
            create_db: false,
            login: false,
            replication: false,
            bypass_rls: false,
            connection_limit: -1,
            password: None,
            valid_until: None,
            settings: Vec::new(),
            member_of: Vec::new(),
        }
    }
}

fn initial_database(oid: u32, name: &str, is_template: bool) -> Database {
    let template_acl = || vec![acl_item(Oid::INVALID, "c"), acl_item(BOOTSTRAP_SUPERUSER, "CTc")];
    Database {
        acl: is_template.then(template_acl),
        is_template,
        allow_connections: name != "template0",
        ..Database::new(Oid(oid), name, BOOTSTRAP_SUPERUSER)
    }
}

impl Database {
    /// An empty database, as CREATE DATABASE copies it from `template0`.
    pub fn new(oid: Oid, name: &str, owner: Oid) -> Database {
        Database {
            oid,
            name: name.into(),
            owner,
            acl: None,
            allow_connections: true,
            connection_limit: -1,
            is_template: false,
            settings: Vec::new(),
            catalog: initial_catalog().clone(),
            heaps: OrdMap::new(),
            sequences: OrdMap::new(),
            pending: Default::default(),
            extension: None,
        }
    }
}

fn shared_descriptions() -> OrdMap<(char, Oid), Name> {
    [
        (5, "default administrative connection database"),
        (1, "default template for new databases"),
        (4, "unmodifiable empty database"),
    ]
    .into_iter()
    .map(|(oid, comment)| (('d', Oid(oid)), Name::from(comment)))
    .collect()
}

fn acl_item(grantee: Oid, letters: &str) -> AclItem {
    AclItem::new(grantee, letters, BOOTSTRAP_SUPERUSER)
}

/// The catalog of an empty database; made once, shared by all.
fn initial_catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let mut catalog = Catalog::default();
        let usage = || vec![acl_item(BOOTSTRAP_SUPERUSER, "UC"), acl_item(Oid::INVALID, "U")];
        let owner = DATABASE_OWNER_ROLE;
        let public = vec![AclItem::new(owner, "UC", owner), AclItem::new(Oid::INVALID, "U", owner)];
        for (oid, name, owner, acl) in [
            (PG_TOAST, "pg_toast", BOOTSTRAP_SUPERUSER, None),
            (PG_CATALOG, "pg_catalog", BOOTSTRAP_SUPERUSER, Some(usage())),
            (PUBLIC, "public", owner, Some(public)),
            (
                INFORMATION_SCHEMA,
                "information_schema",
                BOOTSTRAP_SUPERUSER,
                Some(usage()),
            ),
        ] {
            let name: Name = name.into();
            catalog.schema_names.insert(name.clone(), oid);
            catalog.schemas.insert(oid, Arc::new(Schema { oid, name, owner, acl }));
        }
        for (schema, text) in [
            (PG_TOAST, "reserved schema for TOAST tables"),
            (PG_CATALOG, "system catalog schema"),
            (PUBLIC, "standard public schema"),
        ] {
            let address = ObjectAddress::new(ObjectClass::Schema, schema);
            catalog.descriptions.insert((address, 0), text.into());
        }
        let plpgsql = InstalledExtension {
            oid: Oid(13_563),
            name: "plpgsql".into(),
            schema: PG_CATALOG,
            version: "1.0".into(),
        };
        catalog.extensions.insert(plpgsql.name.clone(), Arc::new(plpgsql));
        for (oid, name, kind) in ACCESS_METHODS {
            let name: Name = name.into();
            let oid = Oid(oid);
            catalog
                .access_methods
                .insert(name.clone(), AccessMethod { oid, name, kind });
        }
        catalog.install_system_relations(crate::system::relations());
        catalog
    })
}

impl Catalog {
    /// Enters relations whose rows are computed, PostgreSQL's own or an extension's.
    pub fn install_system_relations(&mut self, relations: &[SystemRelation]) {
        for system in relations {
            let Some(schema) = self.schema_names.get(system.schema).copied() else {
                continue;
            };
            self.put_relation(system_relation(system, schema));
        }
    }
}

fn system_relation(system: &SystemRelation, schema: Oid) -> Relation {
    let columns = system.columns.iter().zip(1..);
    let attributes = columns.map(|(column, number)| Attribute::new(number, column.name, column.type_oid, -1));
    let mut relation = Relation::new(
        system.oid,
        system.name,
        schema,
        RelationKind::System,
        BOOTSTRAP_SUPERUSER,
    );
    relation.attributes = attributes.collect();
    relation.access_method = if system.kind == 'v' { "" } else { "heap" }.into();
    if !PRIVATE_RELATIONS.contains(&system.name) {
        relation.acl = Some(vec![
            acl_item(BOOTSTRAP_SUPERUSER, "arwdDxt"),
            acl_item(Oid::INVALID, "r"),
        ]);
    }
    relation
}
