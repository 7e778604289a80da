//! The types that the extension brings: enums, and the composite type of a cluster clock.

use std::sync::Arc;

use kumquat_postgres::catalog::{Catalog, TypeDefinition, UserDefinedType, well_known};
use kumquat_types::{EnumLabel, Oid};

use super::CITUS_SCHEMA;

/// An enum type: its oid, schema, name and labels. Its array type has the next oid, its labels those after.
struct EnumType {
    oid: u32,
    schema: Oid,
    name: &'static str,
    labels: &'static [&'static str],
}

pub const DISTRIBUTION_TYPE: Oid = Oid(15_320);
pub const SHARD_TRANSFER_MODE: Oid = Oid(15_330);
pub const NODE_ROLE: Oid = Oid(15_340);
pub const JOB_STATUS: Oid = Oid(15_350);
pub const TASK_STATUS: Oid = Oid(15_360);
pub const COPY_FORMAT: Oid = Oid(15_380);
pub const CLUSTER_CLOCK: Oid = Oid(15_390);

static ENUMS: &[EnumType] = &[
    EnumType {
        oid: DISTRIBUTION_TYPE.0,
        schema: CITUS_SCHEMA,
        name: "distribution_type",
        labels: &["hash", "range", "append"],
    },
    EnumType {
        oid: SHARD_TRANSFER_MODE.0,
        schema: CITUS_SCHEMA,
        name: "shard_transfer_mode",
        labels: &["auto", "force_logical", "block_writes"],
    },
    EnumType {
        oid: NODE_ROLE.0,
        schema: well_known::PG_CATALOG,
        name: "noderole",
        labels: &["primary", "secondary", "unavailable"],
    },
    EnumType {
        oid: JOB_STATUS.0,
        schema: well_known::PG_CATALOG,
        name: "citus_job_status",
        labels: &[
            "scheduled",
            "running",
            "cancelling",
            "finished",
            "cancelled",
            "failing",
            "failed",
        ],
    },
    EnumType {
        oid: TASK_STATUS.0,
        schema: well_known::PG_CATALOG,
        name: "citus_task_status",
        labels: &[
            "blocked",
            "runnable",
            "running",
            "done",
            "cancelling",
            "error",
            "unscheduled",
            "cancelled",
        ],
    },
    EnumType {
        oid: COPY_FORMAT.0,
        schema: well_known::PG_CATALOG,
        name: "citus_copy_format",
        labels: &["csv", "binary", "text"],
    },
];

/// The oid of a type of Citus by its name.
pub fn by_name(name: &str) -> Option<Oid> {
    if name == "cluster_clock" {
        return Some(CLUSTER_CLOCK);
    }
    ENUMS
        .iter()
        .find(|found| found.name == name)
        .map(|found| Oid(found.oid))
}

/// The value of an enum type of Citus with this label.
pub fn enum_value(type_oid: Oid, label: &str) -> Option<EnumLabel> {
    let found = ENUMS.iter().find(|found| found.oid == type_oid.0)?;
    labels(found).find(|value| &*value.label == label)
}

fn labels(found: &'static EnumType) -> impl Iterator<Item = EnumLabel> {
    let labels = found.labels.iter().zip(1_u16..);
    labels.map(|(label, position)| EnumLabel {
        oid: Oid(found.oid + 1 + u32::from(position)),
        sort_order: f32::from(position),
        label: (*label).into(),
    })
}

/// Puts the types into a catalog that gets the extension.
pub fn install(catalog: &mut Catalog) {
    for found in ENUMS {
        let definition = TypeDefinition::Enum(labels(found).collect());
        put_with_array(catalog, Oid(found.oid), found.schema, found.name, definition);
    }
    put_with_array(
        catalog,
        CLUSTER_CLOCK,
        well_known::PG_CATALOG,
        "cluster_clock",
        TypeDefinition::Shell,
    );
}

fn put_with_array(catalog: &mut Catalog, oid: Oid, schema: Oid, name: &str, definition: TypeDefinition) {
    let array = Oid(oid.0 + 1);
    put(catalog, oid, schema, name.to_string(), array, definition);
    let element = TypeDefinition::Array { element: oid };
    put(catalog, array, schema, format!("_{name}"), Oid::INVALID, element);
}

fn put(catalog: &mut Catalog, oid: Oid, schema: Oid, name: String, array: Oid, definition: TypeDefinition) {
    let name: Arc<str> = name.into();
    catalog.type_names.insert((schema, name.clone()), oid);
    let found = UserDefinedType {
        oid,
        name,
        schema,
        owner: well_known::BOOTSTRAP_SUPERUSER,
        array,
        definition,
        acl: None,
    };
    catalog.types.insert(oid, Arc::new(found));
}
