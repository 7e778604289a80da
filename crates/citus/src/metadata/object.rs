//! Objects that Citus keeps the same on all nodes (pg_dist_object).

use kumquat_postgres::catalog::{ObjectAddress, ObjectClass};
use kumquat_types::Oid;

use super::{ColocationId, Metadata};

/// `classid` and `objid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    pub class: ObjectClass,
    pub oid: Oid,
}

/// One row of pg_dist_object, without its key.
#[derive(Clone, Debug, Default)]
pub struct DistributedObject {
    /// Of a distributed function: the argument (from 0) whose value says where a call runs.
    pub distribution_argument: Option<i32>,
    pub colocation_id: Option<ColocationId>,
    pub force_delegation: Option<bool>,
}

impl Metadata {
    pub fn is_distributed_object(&self, class: ObjectClass, oid: Oid) -> bool {
        self.objects.contains_key(&ObjectKey { class, oid })
    }

    pub fn mark_distributed(&mut self, class: ObjectClass, oid: Oid) {
        self.objects.entry(ObjectKey { class, oid }).or_default();
    }

    pub fn unmark_distributed(&mut self, class: ObjectClass, oid: Oid) {
        self.objects.remove(&ObjectKey { class, oid });
    }
}

impl From<ObjectKey> for ObjectAddress {
    fn from(key: ObjectKey) -> ObjectAddress {
        ObjectAddress::new(key.class, key.oid)
    }
}

/// The oid of the catalog an object is in, for `classid` columns.
pub fn catalog_oid(class: ObjectClass) -> Oid {
    Oid(match class {
        ObjectClass::Relation => 1259,
        ObjectClass::Constraint => 2606,
        ObjectClass::Type => 1247,
        ObjectClass::Function => 1255,
        ObjectClass::Schema => 2615,
        ObjectClass::Trigger => 2620,
        ObjectClass::Extension => 3079,
        ObjectClass::Default => 2604,
        ObjectClass::Role => 1260,
        ObjectClass::Database => 1262,
        ObjectClass::Rule => 2618,
        ObjectClass::Policy => 3256,
        ObjectClass::Cast => 2605,
    })
}
